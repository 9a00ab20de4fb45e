//! What lies on the desk: the question, the edited policies, the pinned questions, and where one looks.

use std::{collections::BTreeMap, rc::Rc};

use serde_json::Value;
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    authz::decision::SourceSpan,
    endpoint::{Outcome, Request, frame::operation_of},
    kms::World,
    story::question::{self, Question},
    timeline::{Timeline, ask::PolicyPlace},
};

/// One value, one reducer.
#[derive(Clone, Default)]
pub(super) struct Desk {
    /// The question; its caller is whoever acts at the time.
    pub asked: Option<Question>,
    pub drafts: Drafts,
    /// Questions that are asked again whenever something changes; those to begin with until there are others.
    pub pins: Option<Rc<Vec<Question>>>,
    /// What the key policy that was begun with shows.
    pub about: Option<&'static str>,
    /// The document that is open.
    pub open: Option<PolicyPlace>,
    /// Which of several decisions is looked at.
    pub decision: Option<usize>,
    /// Where the player stands, if it was moved.
    pub at: Option<usize>,
    /// The stretch of the open document that is pointed at from outside it.
    pub lit: Option<SourceSpan>,
    /// What is pointed at in the document: check and statement.
    pub pointed: Option<(usize, usize)>,
    /// Whether the whole matrix is open, and which operations are looked for in it.
    pub matrix: bool,
    pub wanted: String,
    /// Whether the lockout safety check is skipped when a key policy is put.
    pub bypass: bool,
    /// What KMS said to the last policy that was put.
    pub said: Option<(PolicyPlace, String)>,
    /// The permission that is looked at where a request needs several, if its number was not chosen.
    pub action: Option<String>,
    /// Whether only what an edit changed is shown of the matrix.
    pub changed_only: bool,
    /// The change that was applied last.
    pub applied: Option<Rc<Applied>>,
}

/// A change of policies that was applied, with what was before and after it.
pub(super) struct Applied {
    pub title: String,
    pub before: (Rc<Timeline>, Drafts),
    pub after: (Rc<Timeline>, Drafts),
}

/// Policies as they are being written; without a text, those that the question is asked without.
pub(super) type Drafts = Rc<BTreeMap<PolicyPlace, Option<String>>>;

pub(super) enum DeskAction {
    Ask(Question),
    Pins(Vec<Question>),
    Write(PolicyPlace, String),
    Without(PolicyPlace),
    Discard(PolicyPlace),
    Begin(&'static str),
    Open(PolicyPlace),
    Decision(usize),
    At(usize),
    Light(Option<SourceSpan>),
    Point(Option<(usize, usize)>),
    Matrix(bool),
    Want(String),
    Bypass(bool),
    Said(PolicyPlace, String),
    /// Look at the decision about this permission.
    About(Option<String>),
    ChangedOnly(bool),
    /// Something was applied, and a document is worth a look.
    Apply(Rc<Applied>, Option<PolicyPlace>),
    /// The drafts as they were.
    Restore(Drafts),
}

impl Reducible for Desk {
    type Action = DeskAction;

    fn reduce(self: Rc<Self>, action: DeskAction) -> Rc<Self> {
        let mut next = Self::clone(&self);
        match action {
            DeskAction::Ask(question) => {
                next.asked = Some(question);
                next.matrix = false;
                (next.at, next.decision, next.lit, next.pointed) = (None, None, None, None);
            }
            DeskAction::Pins(pins) => next.pins = Some(Rc::new(pins)),
            DeskAction::Write(place, text) => {
                Rc::make_mut(&mut next.drafts).insert(place, Some(text));
                (next.lit, next.said, next.at) = (None, None, None);
            }
            DeskAction::Without(place) => {
                Rc::make_mut(&mut next.drafts).insert(place.clone(), None);
                (next.open, next.lit, next.said, next.at) = (Some(place), None, None, None);
            }
            DeskAction::Discard(place) => {
                Rc::make_mut(&mut next.drafts).remove(&place);
                (next.lit, next.said, next.at) = (None, None, None);
            }
            DeskAction::Begin(about) => next.about = Some(about),
            DeskAction::Open(place) => (next.open, next.lit) = (Some(place), None),
            DeskAction::Decision(decision) => (next.decision, next.at) = (Some(decision), None),
            DeskAction::At(at) => next.at = Some(at),
            DeskAction::Light(span) => next.lit = span,
            DeskAction::Point(at) => next.pointed = at,
            DeskAction::Matrix(open) => next.matrix = open,
            DeskAction::Want(wanted) => next.wanted = wanted,
            DeskAction::Bypass(bypass) => next.bypass = bypass,
            DeskAction::Said(place, words) => next.said = Some((place, words)),
            DeskAction::About(action) => (next.action, next.decision) = (action, None),
            DeskAction::ChangedOnly(only) => next.changed_only = only,
            DeskAction::Apply(applied, open) => {
                next.drafts = Rc::clone(&applied.after.1);
                next.open = open.or(next.open);
                next.applied = Some(applied);
                (next.lit, next.said, next.at) = (None, None, None);
            }
            DeskAction::Restore(drafts) => {
                next.drafts = drafts;
                (next.applied, next.lit, next.said, next.at) = (None, None, None, None);
            }
        }
        Rc::new(next)
    }
}

pub(super) type DeskHandle = UseReducerHandle<Desk>;

/// A request of the history as a question, if it is about a key.
pub(super) fn question_of(request: &Request, outcome: &Outcome, world: &World) -> Option<Question> {
    let name = operation_of(&request.target)?;
    let operation = question::operations().find(|operation| *operation == name)?;
    let of_decision = outcome.decisions.iter().find_map(|decision| decision.resource.parse::<KeyArn>().ok());
    let key = of_decision.or_else(|| world.keys().map(|key| key.arn).next())?;
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let context = body.get("EncryptionContext").or_else(|| body.get("SourceEncryptionContext"));
    let pairs = context.and_then(Value::as_object).into_iter().flatten();
    let context = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    Some(Question { caller: request.caller.clone(), operation, key, context })
}
