//! Who can do what with a key of the present, and what would change an answer.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;

use crate::{
    analysis::{
        difference::{self, Line},
        matrix::{self, Matrix},
        suggest::{Change, Suggestion, Trial},
    },
    arn::KeyArn,
    authz::{
        decision::{Decision, Verdict},
        facts, permission,
        simulate::{self, KEY_POLICY, KnownRequests, Party, Setting},
    },
    crypto::context::EncryptionContext,
    endpoint::{self, Request, Tracing, frame::operation_of},
    estate::{attachment::Place, principal::Caller},
    kms::World,
    policy::{Policy, PolicyKind, context::RequestContext},
    timeline::ask::{self, Draft, PolicyPlace},
};

/// What is known of requests about a key, whoever makes them.
#[derive(Clone, Default)]
pub struct Known {
    requests: Arc<KnownRequests>,
    /// Each permission that was asked for, with the operation that asks for it.
    asked: BTreeMap<String, String>,
}

impl Known {
    /// The operation that asks for a permission, which is for example `kms:ReEncryptFrom`. Nothing for what nobody asks
    /// for: synchronizing is for AWS alone, and retiring takes a grant.
    pub fn operation_of(&self, action: &str) -> Option<&str> {
        self.asked.get(action).map(String::as_str)
    }
}

/// A key with all that bears on it and everybody who can send a request.
pub struct Access {
    key: KeyArn,
    setting: Setting,
}

impl Draft {
    /// Tries requests of the root user of the key's account, one for each operation, to see what is known of each. They
    /// are made where everything is allowed, so that every permission is asked for.
    pub fn known(&self, key: &KeyArn, requests: impl IntoIterator<Item = Request>) -> Known {
        let (mut known, mut asked) = (KnownRequests::default(), BTreeMap::new());
        let Some(world) = permissive(self.world(), key) else { return Known::default() };
        let draft = self.in_world(world);
        let mut sender = RequestContext::default();
        facts::of_sender(&draft.world().estate, &Caller::Root(key.account), true, &mut sender);
        for request in requests {
            let outcome = draft.explain(&request, Tracing::On);
            for decision in &outcome.decisions {
                known.learn(decision, &sender);
                let operation = operation_of(&request.target).unwrap_or_default().to_owned();
                asked.entry(decision.action.to_string()).or_insert(operation);
            }
        }
        Known { requests: Arc::new(known), asked }
    }

    /// Everybody's access to a key; nothing if there is no such key.
    pub fn access(&self, key: &KeyArn, context: &BTreeMap<String, String>, known: &Known) -> Option<Access> {
        let context: EncryptionContext = context.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let key = self.world().key(key)?;
        let setting = Setting::of_key(self.world(), key, Some(context), Arc::clone(&known.requests));
        Some(Access { key: key.arn, setting })
    }
}

impl Access {
    /// Every principal against every permission, those of the key's account first.
    pub fn matrix(&self) -> Matrix {
        matrix::matrix(&self.setting)
    }
}

/// What the answer is to become.
pub use crate::analysis::suggest::{Effect, Elsewhere, Wanted};

/// A search for changes that make a decision the wanted one, which goes on a little each time it is asked to.
pub struct Search {
    trial: Trial,
    key: KeyArn,
    draft: Draft,
    request: Request,
    wanted: Wanted,
    /// Of the decision.
    action: String,
    resource: String,
}

/// Changes that together make a decision the wanted one: made, and the request asked again, before they are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    pub title: String,
    pub steps: Vec<RemedyStep>,
    /// What else becomes allowed.
    pub opens: Vec<Effect>,
    /// What else is no longer allowed.
    pub closes: Vec<Effect>,
    /// It does more than was asked for.
    pub broader: bool,
    /// Another permission that the request needs and does not get, though it now gets this one.
    pub wanting: Option<String>,
}

/// One of the changes.
#[derive(Clone, Debug, PartialEq)]
pub enum RemedyStep {
    /// Another text for a policy, which may be a new one, and the lines that it changes.
    Write { place: PolicyPlace, is_new: bool, text: String, lines: Vec<Line> },
    /// A request by somebody who may make it.
    Call(Request),
}

impl Access {
    /// Begins to look for what would make a decision about a request the wanted one.
    pub fn search(&self, draft: &Draft, request: &Request, decision: &Decision, wanted: Wanted) -> Option<Search> {
        let permission = permission::named(&decision.action)?;
        let named = |party: &Party| {
            // Any session of a role stands for all.
            let own = party.principal.parse::<Caller>().ok();
            own.is_some_and(|own| {
                (own.account(), own.short_name()) == (request.caller.account(), request.caller.short_name())
            })
        };
        let party = self.setting.parties.iter().position(named)?;
        let resource = decision.resource.clone();
        let account = resource.split(':').nth(4).and_then(|account| account.parse().ok());
        let asked = simulate::Request {
            permission,
            account: account.unwrap_or_else(|| request.caller.account()),
            resource: resource.clone(),
            context: decision.context.clone(),
            encryption_context: self.setting.encryption_context.clone(),
        };
        Some(Search {
            trial: Trial::new(self.setting.clone(), party, asked, wanted),
            key: self.key,
            draft: draft.clone(),
            request: request.clone(),
            wanted,
            action: decision.action.to_string(),
            resource,
        })
    }
}

impl Search {
    /// Looks at one more; false where there is none left.
    pub fn go_on(&mut self) -> bool {
        self.trial.go_on()
    }

    /// What was found, narrowest first.
    pub fn found(self) -> Vec<Remedy> {
        let Self { trial, key, draft, request, wanted, action, resource } = self;
        let remedy = |suggestion: Suggestion| {
            let mut world = draft.world().clone();
            let mut steps = Vec::new();
            for change in suggestion.changes {
                steps.push(make(change, key, &request.caller, &mut world, draft.serial)?);
            }
            let outcome = draft.in_world(world).explain(&request, Tracing::Off);
            let decided = |it: &&Decision| it.action == action && it.resource == resource;
            let verdict = outcome.decisions.iter().find(decided)?.verdict;
            let made = (verdict == Verdict::Allowed) == (wanted == Wanted::Allowed);
            let refused = outcome.decisions.iter().find(|decision| decision.verdict != Verdict::Allowed);
            let wanting = refused.filter(|_| wanted == Wanted::Allowed).map(|refused| refused.action.to_string());
            let Suggestion { title, opens, closes, broader, .. } = suggestion;
            made.then_some(Remedy { title, steps, opens, closes, broader, wanting })
        };
        trial.told().into_iter().filter_map(remedy).collect()
    }
}

/// Makes a change in a world, and tells how it is made. Nothing where nobody can make it.
fn make(change: Change, key: KeyArn, asker: &Caller, world: &mut World, serial: u64) -> Option<RemedyStep> {
    let (operation, body) = match change {
        Change::Policy { document, text, .. } => {
            let place = place_of(&document, key, asker)?;
            let before = place.text_in(world);
            ask::put(world, &place, Some(&text));
            let there = place.text_in(world).is_some_and(|there| there == text);
            let lines = difference::lines(before.as_deref().unwrap_or_default(), &text);
            return there.then_some(RemedyStep::Write { place, is_new: before.is_none(), text, lines });
        }
        Change::CreateGrant(body) => ("CreateGrant", body),
        Change::RevokeGrant(id) => ("RevokeGrant", json!({"KeyId": key.to_string(), "GrantId": id})),
    };
    let body = body.to_string();
    let home = world.estate.callers().into_iter().filter(|caller| caller.account() == key.account);
    home.chain([asker.clone()]).find_map(|caller| {
        let request = Request::new(caller, key.region, operation, body.clone());
        let outcome = endpoint::call(world, &request, serial, Tracing::Off);
        outcome.fault.is_none().then_some(RemedyStep::Call(request))
    })
}

/// Where a document of a setting stands; a new one is a policy of whoever asks.
fn place_of(document: &str, key: KeyArn, asker: &Caller) -> Option<PolicyPlace> {
    if document == KEY_POLICY {
        return Some(PolicyPlace::Key(key));
    }
    if let Some((place, name)) = simulate::place_and_name(document) {
        return Some(PolicyPlace::Attached { place, name: name.into() });
    }
    let place = match asker {
        Caller::Root(_) | Caller::Service { .. } => return None,
        Caller::User { account, name } => Place::User(*account, name.clone()),
        Caller::RoleSession { account, role, .. } => Place::Role(*account, role.clone()),
    };
    Some(PolicyPlace::Attached { place, name: NEW_POLICY.into() })
}

/// What a policy is called that somebody has not had before.
const NEW_POLICY: &str = "Extra";

/// The same world where the root user of the key's account may do everything with the key.
fn permissive(world: &World, key: &KeyArn) -> Option<World> {
    let mut world = world.clone();
    if let Some(account) = world.estate.accounts.get_mut(&key.account) {
        account.endpoint = None;
    }
    if let Some(organization) = world.estate.organization.as_mut() {
        organization.service_control.clear();
        organization.resource_control.clear();
    }
    let mut key = world.key(key).map(|key| key.as_ref().clone())?;
    key.policy = Policy::parse(ALL, PolicyKind::Key).ok()?;
    world.put_key(key);
    Some(world)
}

const ALL: &str = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
