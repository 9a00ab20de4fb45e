//! Eventual consistency, if a world is told to have it: what changes is not known everywhere at once ("Eventual
//! consistency"; Developer Guide, "Grants in AWS KMS"; "ABAC for AWS KMS").
//!
//! Only permission waits. What is asked by name is answered as it is: a list of grants, a key's tags, the key behind an
//! alias.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
    sync::Arc,
};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{AliasName, GrantId, KeyArn, NotAName, serde_as_text},
    clock::{Span, Timestamp},
    kms::{
        grant::{Grant, KeyGrants},
        key::Key,
        world::World,
    },
};

/// How long a change takes to be known everywhere: of the "seconds, up to five minutes" of AWS the most.
pub const DELAY: Span = Span::minutes(5);

/// When a changed grant, tag or alias begins to decide who may do what.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Consistency {
    /// At once.
    #[default]
    Instant,
    /// After [`DELAY`].
    Eventual,
}

impl Consistency {
    pub const ALL: [Self; 2] = [Self::Instant, Self::Eventual];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Eventual => "eventual",
        }
    }
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Consistency {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = Self::ALL.into_iter().find(|consistency| consistency.as_str() == text);
        found.ok_or(NotAName { expected: "a consistency, which is instant or eventual" })
    }
}

serde_as_text!(Consistency);

/// What of a grant is not known everywhere yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantLag {
    /// It is new, and gives nothing before that moment unless its token is passed.
    Begins { at: Timestamp, has_token: bool },
    /// It has ended, and gives what it gave until that moment.
    Ends { at: Timestamp },
}

/// What else about a key decides as it was before it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lag {
    pub of: Lagging,
    /// When the change is known everywhere.
    pub until: Timestamp,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Lagging {
    Tags,
    Aliases,
}

/// What has changed and is not known everywhere yet. Absent where everything is at once.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Spreading(Option<Changes>);

#[derive(Clone, Default, Deserialize, Serialize)]
struct Changes {
    /// New grants, and when they begin.
    new: OrdMap<GrantId, Timestamp>,
    /// Grants that ended before they are forgotten.
    ended: OrdMap<KeyArn, Vec<(Timestamp, Arc<Grant>)>>,
    /// What keys had, in the order in which that was changed.
    before: OrdMap<KeyArn, Vec<(Timestamp, Before)>>,
}

/// What a key had before a change.
#[derive(Clone, Deserialize, Serialize)]
enum Before {
    Tags(BTreeMap<String, String>),
    Aliases(BTreeSet<AliasName>),
}

impl Before {
    fn what(&self) -> Lagging {
        match self {
            Self::Tags(_) => Lagging::Tags,
            Self::Aliases(_) => Lagging::Aliases,
        }
    }
}

impl Spreading {
    /// Of a world in which nothing has to spread.
    pub(super) fn is_instant(&self) -> bool {
        self.0.is_none()
    }

    /// From now on. What was changed before is known everywhere.
    pub(super) fn go_by(&mut self, consistency: Consistency) {
        match consistency {
            Consistency::Instant => self.0 = None,
            Consistency::Eventual => _ = self.0.get_or_insert_default(),
        }
    }

    pub(super) fn grant_begins(&mut self, id: GrantId, now: Timestamp) {
        if let Some(changes) = &mut self.0 {
            changes.new.insert(id, now.after(DELAY));
        }
    }

    /// A grant that is not known everywhere yet will not be, so there is nobody who could still go by it.
    pub(super) fn grant_ends(&mut self, grant: &Grant, now: Timestamp) {
        let Some(changes) = &mut self.0 else { return };
        if changes.new.remove(&grant.id).is_none_or(|begins| begins <= now) {
            changes.ended.entry(grant.key).or_default().push((now.after(DELAY), Arc::new(grant.clone())));
        }
    }

    pub(super) fn tags_change(&mut self, key: &Key, now: Timestamp) {
        self.change(key.arn, now, || Before::Tags(key.tags.clone()));
    }

    pub(super) fn aliases_change<'a>(
        &mut self,
        key: KeyArn,
        before: impl Iterator<Item = &'a AliasName>,
        now: Timestamp,
    ) {
        self.change(key, now, || Before::Aliases(before.cloned().collect()));
    }

    fn change(&mut self, key: KeyArn, now: Timestamp, before: impl FnOnce() -> Before) {
        if let Some(changes) = &mut self.0 {
            changes.before.entry(key).or_default().push((now.after(DELAY), before()));
        }
    }

    /// Forgets a key that is gone.
    pub(super) fn forget_key(&mut self, key: &KeyArn) {
        if let Some(changes) = &mut self.0 {
            changes.ended.remove(key);
            changes.before.remove(key);
        }
    }

    /// Forgets what is known everywhere by now.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let Some(Changes { new, ended, before }) = &mut self.0 else { return };
        *new = new.iter().filter(|(_, begins)| **begins > now).map(|(id, begins)| (*id, *begins)).collect();
        *ended = still(ended, now);
        *before = still(before, now);
    }

    /// What that key had of it when it last was known everywhere, if it has changed since.
    fn before(&self, key: &KeyArn, what: Lagging, now: Timestamp) -> Option<&Before> {
        let changes = self.0.as_ref()?.before.get(key)?;
        changes.iter().find(|(until, before)| *until > now && before.what() == what).map(|(_, before)| before)
    }
}

/// What is not known everywhere by now.
fn still<T: Clone>(
    changes: &OrdMap<KeyArn, Vec<(Timestamp, T)>>,
    now: Timestamp,
) -> OrdMap<KeyArn, Vec<(Timestamp, T)>> {
    let of_key = |(key, changes): (&KeyArn, &Vec<(Timestamp, T)>)| {
        let left: Vec<_> = changes.iter().filter(|(until, _)| *until > now).cloned().collect();
        (!left.is_empty()).then_some((*key, left))
    };
    changes.iter().filter_map(of_key).collect()
}

impl World {
    /// When changes begin to decide.
    pub fn consistency(&self) -> Consistency {
        if self.spreading.is_instant() { Consistency::Instant } else { Consistency::Eventual }
    }

    /// The grants of a key that have a say in a request with those tokens, and what is not yet known of them everywhere.
    pub fn deciding_grants(
        &self,
        key: &KeyArn,
        tokens: &[GrantId],
    ) -> (Cow<'_, KeyGrants>, BTreeMap<GrantId, GrantLag>) {
        let grants = Cow::Borrowed(self.grants().of(key));
        let Some(changes) = &self.spreading.0 else { return (grants, BTreeMap::new()) };
        let begins = |grant: &Arc<Grant>| {
            let at = *changes.new.get(&grant.id).filter(|begins| **begins > self.now)?;
            Some((grant.id, GrantLag::Begins { at, has_token: tokens.contains(&grant.id) }))
        };
        let mut lags: BTreeMap<GrantId, GrantLag> = grants.iter(None).filter_map(begins).collect();
        let mut grants = grants;
        let ended = changes.ended.get(key).into_iter().flatten();
        for (at, grant) in ended.filter(|(at, _)| *at > self.now) {
            lags.insert(grant.id, GrantLag::Ends { at: *at });
            grants.to_mut().insert(Arc::clone(grant));
        }
        (grants, lags)
    }

    /// The tags of a key by which it is decided who may use it.
    pub fn deciding_tags<'a>(&'a self, key: &'a Key) -> &'a BTreeMap<String, String> {
        match self.spreading.before(&key.arn, Lagging::Tags, self.now) {
            Some(Before::Tags(tags)) => tags,
            Some(Before::Aliases(_)) | None => &key.tags,
        }
    }

    /// The names of a key by which that is decided.
    pub fn deciding_aliases(&self, key: KeyArn) -> Vec<&AliasName> {
        match self.spreading.before(&key, Lagging::Aliases, self.now) {
            Some(Before::Aliases(names)) => names.iter().collect(),
            Some(Before::Tags(_)) | None => self.aliases_of(key).collect(),
        }
    }

    /// What about a key has changed and does not decide yet.
    pub fn lags(&self, key: &KeyArn) -> Vec<Lag> {
        let changes = self.spreading.0.iter().filter_map(|changes| changes.before.get(key)).flatten();
        let waiting = changes.filter(|(until, _)| *until > self.now);
        waiting.map(|(until, before)| Lag { of: before.what(), until: *until }).collect()
    }
}
