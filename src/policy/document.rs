//! A policy as a value: statements, their elements, and where each stands in the text.

use std::sync::Arc;

use serde::Serialize;

use super::{
    SourceSpan,
    condition::Condition,
    matching::{ActionPattern, ResourcePattern},
    principal::PolicyPrincipal,
};

/// The whole of one policy.
pub(super) struct Document {
    pub(super) version: Option<Version>,
    pub(super) version_span: Option<SourceSpan>,
    pub(super) id: Option<String>,
    pub(super) statements: Vec<Statement>,
}

/// The version of the policy language, not of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Version {
    /// `2008-10-17`: `${...}` is ordinary text.
    V2008,
    /// `2012-10-17`: `${...}` is a policy variable.
    V2012,
}

/// What a matching statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    Allow,
    Deny,
}

/// One statement. One that lacks an element does nothing; of a key policy, AWS stores it without actions or resources.
#[derive(Debug)]
pub struct Statement {
    pub sid: Option<Arc<str>>,
    pub effect: Effect,
    /// Absent in policies of identities.
    pub principals: Option<Element<PolicyPrincipal>>,
    pub actions: Option<Element<ActionPattern>>,
    pub resources: Option<Element<ResourcePattern>>,
    /// All have to hold.
    pub conditions: Vec<Condition>,
    /// From brace to brace.
    pub span: SourceSpan,
}

/// An element of a statement with its alternatives; at least one.
#[derive(Debug)]
pub struct Element<T> {
    pub values: Vec<Spanned<T>>,
    /// `NotPrincipal`, `NotAction` or `NotResource`: everything but the values.
    pub negated: bool,
    /// The element's name.
    pub name_span: SourceSpan,
    /// The element's whole value: a text, a list or an object.
    pub span: SourceSpan,
}

impl<T> Element<T> {
    /// The first alternative that satisfies `matches`.
    pub fn find(&self, matches: impl Fn(&T) -> bool) -> Option<&Spanned<T>> {
        self.values.iter().find(|alternative| matches(&alternative.value))
    }
}

/// A value and the JSON text, quotes included, that it was read from.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    pub value: T,
    pub span: SourceSpan,
}
