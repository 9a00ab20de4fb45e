//! Questions without a step: what would be answered now, also if policies were other than they are.

use std::sync::Arc;

use crate::{
    analysis::lint,
    arn::KeyArn,
    endpoint::{
        self, Outcome, Request, Tracing,
        audit::{self, Record},
    },
    estate::attachment::{Attachment, Place},
    kms::{Key, World},
    policy::{Policy, PolicyKind},
    timeline::Timeline,
};

// What is found in a policy, for whoever shows it.
pub use crate::analysis::{
    Edit, apply,
    lint::{Finding, Severity},
};

/// Where a policy stands that can be written anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyPlace {
    Key(KeyArn),
    /// Anywhere else, under a name.
    Attached {
        place: Place,
        name: Arc<str>,
    },
}

impl PolicyPlace {
    fn kind(&self) -> PolicyKind {
        match self {
            Self::Key(_) => PolicyKind::Key,
            Self::Attached { place, .. } => place.kind(),
        }
    }

    /// The text that stands there; nothing where there is no policy.
    pub fn text_in(&self, world: &World) -> Option<String> {
        let policy = match self {
            Self::Key(arn) => world.key(arn).map(|key| &key.policy),
            Self::Attached { place, name } => world.estate.attached_at(place, name).map(|attached| &attached.policy),
        };
        policy.map(|policy| policy.text().to_owned())
    }
}

/// The world as it is, but for some policies. Never becomes the world.
#[derive(Clone)]
pub struct Draft {
    world: World,
    pub(super) serial: u64,
}

impl Timeline {
    /// The present with other policies in their places; without a text, with none there, which no key can be. A text
    /// that is no policy, and a key, principal or account that is not there, changes nothing.
    pub fn draft<'a>(&self, texts: impl Iterator<Item = (&'a PolicyPlace, Option<&'a str>)>) -> Draft {
        let mut world = World::clone(self.world());
        for (place, text) in texts {
            put(&mut world, place, text);
        }
        Draft { world, serial: self.serial() }
    }

    /// Everything to be said about a policy's text.
    pub fn check_policy(text: &str, place: &PolicyPlace) -> Vec<Finding> {
        lint::lint(text, place.kind())
    }
}

impl Draft {
    /// What a request would be answered, and why. Whatever it does is forgotten.
    pub fn explain(&self, request: &Request, tracing: Tracing) -> Outcome {
        endpoint::call(&mut self.world.clone(), request, self.serial, tracing)
    }

    /// What CloudTrail would keep of that.
    pub fn record(&self, request: &Request, outcome: &Outcome) -> Vec<Record> {
        audit::of_request(request, outcome, &self.world, self.serial)
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// The same moment in another world.
    pub(super) fn in_world(&self, world: World) -> Self {
        Self { world, serial: self.serial }
    }
}

pub(super) fn put(world: &mut World, place: &PolicyPlace, text: Option<&str>) {
    match place {
        PolicyPlace::Key(arn) => {
            let key = world.key(arn).map(|key| Key::clone(key));
            let policy = text.and_then(|text| Policy::parse(text, place.kind()).ok());
            if let (Some(mut key), Some(policy)) = (key, policy) {
                key.policy = policy;
                world.put_key(key);
            }
        }
        PolicyPlace::Attached { place, name } => {
            let attachment = Attachment { place: place.clone(), name: name.clone(), document: text.map(Arc::from) };
            // What cannot be put there is not there.
            let _ = world.estate.attach(&attachment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arn::Region, authz::decision::Verdict, entropy::Seed, estate::principal::Caller};

    fn timeline() -> Timeline {
        Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7))
    }

    const DENY: &str =
        r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}}"#;
    const DENY_ALL: &str = r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;

    #[test]
    fn a_draft_answers_with_its_policies_and_leaves_the_world_alone() {
        let timeline = timeline();
        let key = PolicyPlace::Key(timeline.world().keys().next().unwrap().arn);
        let PolicyPlace::Key(arn) = key else { unreachable!() };
        let developer: Caller = "arn:aws:iam::111122223333:user/Developer".parse().unwrap();
        let place: Place = format!("policies of {developer}").parse().unwrap();
        let own = PolicyPlace::Attached { place, name: "UseKeys".into() };
        let nobody = "policies of arn:aws:iam::111122223333:user/Nobody".parse().unwrap();
        let elsewhere = PolicyPlace::Attached { place: nobody, name: "UseKeys".into() };
        let body = format!(r#"{{"KeyId": "{arn}", "Plaintext": "aGk="}}"#);
        let request = Request::new(developer, Region::US_EAST_1, "Encrypt", body);
        let before = timeline.snapshot();
        for (texts, expected) in [
            (vec![], Verdict::Allowed),
            (vec![(&key, Some(DENY))], Verdict::ExplicitlyDenied),
            (vec![(&key, Some("{")), (&key, None)], Verdict::Allowed),
            (vec![(&own, Some(DENY_ALL))], Verdict::ExplicitlyDenied),
            (vec![(&elsewhere, Some(DENY_ALL))], Verdict::Allowed),
        ] {
            let outcome = timeline.draft(texts.into_iter()).explain(&request, Tracing::On);
            assert_eq!(outcome.decisions.last().unwrap().verdict, expected);
        }
        assert_eq!(timeline.snapshot(), before);
    }
}
