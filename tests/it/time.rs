//! What holds of time, whatever happened before: it can be cut anywhere, taken back, and rotates nothing out of reach.

use std::rc::Rc;

use kms_playground::{
    arn::{KeyArn, KeyId, Region},
    clock::Span,
    endpoint::Outcome,
    entropy::Seed,
    estate::principal::Caller,
    kms::{EventKind, KeyState, World},
    timeline::Timeline,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

/// One thing that is done, to the key that is counted from the first one on.
#[derive(Clone, Debug)]
enum Deed {
    Ask {
        operation: &'static str,
        key: usize,
        members: Value,
    },
    Seal {
        key: usize,
    },
    /// A span, and where it is cut in two, in thousandths.
    Wait {
        millis: i64,
        cut: i64,
    },
}

const ELSEWHERE: &str = "eu-west-1";

fn deed() -> impl Strategy<Value = Deed> {
    let ask = |operation, members: Vec<Value>| {
        (0..5_usize, select(members)).prop_map(move |(key, members)| Deed::Ask { operation, key, members })
    };
    let days = |name: &str, days: &[u32]| days.iter().map(|days| json!({ name: days })).collect::<Vec<_>>();
    let none = || vec![json!({})];
    prop_oneof![
        4 => ask("CreateKey", vec![json!({}), json!({}), json!({ "MultiRegion": true }), json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" })]),
        4 => ask("EnableKeyRotation", days("RotationPeriodInDays", &[90, 91, 365, 2560])),
        1 => ask("DisableKeyRotation", none()),
        3 => ask("RotateKeyOnDemand", none()),
        2 => ask("DisableKey", none()),
        3 => ask("EnableKey", none()),
        2 => ask("ScheduleKeyDeletion", days("PendingWindowInDays", &[7, 8, 30])),
        2 => ask("CancelKeyDeletion", none()),
        2 => ask("ReplicateKey", vec![json!({ "ReplicaRegion": ELSEWHERE })]),
        1 => ask("UpdatePrimaryRegion", vec![json!({ "PrimaryRegion": ELSEWHERE }), json!({ "PrimaryRegion": "us-east-1" })]),
        6 => (0..5_usize).prop_map(|key| Deed::Seal { key }),
        8 => (select(vec![0_i64, 1, 10_000, 86_400_000, 604_800_000, 7_776_000_000, 31_536_000_000, 94_608_000_000]), -1..2_i64, 0..1001_i64)
            .prop_map(|(millis, nudge, cut)| Deed::Wait { millis: (millis + nudge).max(0), cut }),
    ]
}

/// A ciphertext, and the key that sealed it.
struct Sealed {
    blob: String,
    key: KeyArn,
    /// Whether a key that could open it has ever been gone for good.
    lost: bool,
}

struct Life {
    timeline: Timeline,
    keys: Vec<KeyId>,
    sealed: Vec<Sealed>,
}

impl Life {
    fn new() -> Self {
        let world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let mut life = Self { timeline: Timeline::new(world), keys: Vec::new(), sealed: Vec::new() };
        life.ask(0, "CreateKey", json!({}));
        life
    }

    /// In the Region where the key is, or was: multi-Region keys of an odd number elsewhere, if they are there.
    fn region(&self, key: KeyId, nth: usize) -> Region {
        let there = KeyArn { region: ELSEWHERE.parse().unwrap(), ..self.arn(key) };
        if nth % 2 == 1 && self.timeline.world().key(&there).is_some() { there.region } else { Region::US_EAST_1 }
    }

    fn arn(&self, id: KeyId) -> KeyArn {
        KeyArn { account: "111122223333".parse().unwrap(), region: Region::US_EAST_1, id }
    }

    fn ask(&mut self, nth: usize, operation: &str, mut body: Value) -> Rc<Outcome> {
        let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let mut region = Region::US_EAST_1;
        if operation != "CreateKey" {
            let id = self.keys[nth % self.keys.len()];
            region = self.region(id, nth);
            body["KeyId"] = json!(id.to_string());
        }
        let outcome = self.timeline.call(caller, region, operation, body.to_string());
        if operation == "CreateKey" {
            self.keys.extend(outcome.events.first().and_then(|event| event.about.key()).map(|arn| arn.id));
        }
        outcome
    }

    fn opens(&mut self, blob: &str, region: Region) -> bool {
        let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let body = json!({ "CiphertextBlob": blob }).to_string();
        let outcome = self.timeline.call(caller, region, "Decrypt", body);
        self.timeline.go_to(self.timeline.cursor() - 1);
        outcome.fault.is_none()
    }

    fn bytes(&self) -> String {
        serde_json::to_string(self.timeline.world().as_ref()).unwrap()
    }

    fn do_it(&mut self, deed: &Deed) -> Result<(), TestCaseError> {
        let (before, step) = (self.bytes(), self.timeline.cursor());
        match deed {
            Deed::Ask { operation, key, members } => _ = self.ask(*key, operation, members.clone()),
            Deed::Seal { key } => {
                let outcome = self.ask(*key, "Encrypt", json!({ "Plaintext": "aGVsbG8=" }));
                let answer: Value = serde_json::from_str(&outcome.response.body).unwrap();
                if let (Some(blob), Some(key)) = (answer["CiphertextBlob"].as_str(), answer["KeyId"].as_str()) {
                    self.sealed.push(Sealed { blob: blob.to_owned(), key: key.parse().unwrap(), lost: false });
                }
            }
            Deed::Wait { millis, cut } => {
                let first = millis * cut / 1000;
                let mut cut_in_two = World::clone(self.timeline.world());
                let mut events = cut_in_two.advance(Span::from_millis(first));
                events.extend(cut_in_two.advance(Span::from_millis(millis - first)));
                let whole = self.timeline.advance(Span::from_millis(*millis));
                prop_assert_eq!(events.as_slice(), &*whole);
                prop_assert!(serde_json::to_string(&cut_in_two).unwrap() == self.bytes(), "cut at {first} of {millis}");
                prop_assert!(whole.is_sorted_by_key(|event| event.at));
                for event in whole.iter().filter(|event| event.kind == EventKind::KeyDeleted) {
                    let id = event.about.key().unwrap().id;
                    self.sealed.iter_mut().filter(|sealed| sealed.key.id == id).for_each(|sealed| sealed.lost = true);
                }
            }
        }
        let after = self.bytes();
        self.timeline.go_to(step);
        prop_assert!(self.bytes() == before, "undo of {deed:?}");
        self.timeline.go_to(step + 1);
        prop_assert!(self.bytes() == after, "redo of {deed:?}");
        Ok(())
    }

    /// Every ciphertext opens wherever a key of its set can be used, and nowhere once all of them are gone.
    fn check(&mut self) -> Result<(), TestCaseError> {
        for nth in 0..self.sealed.len() {
            let Sealed { blob, key, lost } = &self.sealed[nth];
            let (blob, key, lost) = (blob.clone(), *key, *lost);
            for region in [Region::US_EAST_1, ELSEWHERE.parse().unwrap()] {
                let state = self.timeline.world().key(&KeyArn { region, ..key }).map(|key| key.state);
                let usable = matches!(state, Some(KeyState::Enabled | KeyState::Updating { .. }));
                prop_assert!(!(usable && lost), "a key is back");
                prop_assert_eq!(self.opens(&blob, region), usable, "{} in {}, {:?}", key, region, state);
            }
        }
        Ok(())
    }
}

#[test]
fn time_can_be_cut_anywhere_and_taken_back_and_rotates_nothing_out_of_reach() {
    let config = Config { cases: 120, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let lives = runner.run(&vec(deed(), 1..40), |deeds| {
        let mut life = Life::new();
        for deed in &deeds {
            life.do_it(deed)?;
            life.check()?;
        }
        Ok(())
    });
    if let Err(failure) = lives {
        panic!("{failure}");
    }
}

/// So many rotations that their materials are named only when somebody asks.
#[test]
fn what_a_long_time_draws_is_what_many_short_ones_draw() {
    let mut life = Life::new();
    life.keys.clear();
    let members = [json!({}), json!({ "MultiRegion": true })];
    for nth in 0..20 {
        life.ask(nth, "CreateKey", members[nth % 2].clone());
        life.ask(nth, "EnableKeyRotation", json!({ "RotationPeriodInDays": 90 + nth }));
        if nth % 4 == 1 {
            life.ask(nth, "ReplicateKey", json!({ "ReplicaRegion": ELSEWHERE }));
        }
        life.timeline.advance(Span::hours(1));
        life.do_it(&Deed::Seal { key: nth }).unwrap();
    }
    let before = World::clone(life.timeline.world());
    let mut in_steps = before.clone();
    let events: Vec<_> = (0..100).flat_map(|_| in_steps.advance(Span::days(150))).collect();
    let whole = life.timeline.advance(Span::days(15_000));
    assert!(whole.len() > 2500, "{}", whole.len());
    assert!(*whole == *events);
    assert!(life.bytes() == serde_json::to_string(&in_steps).unwrap());
    for nth in 0..3 {
        life.do_it(&Deed::Seal { key: nth }).unwrap();
    }
    life.check().unwrap();
    // What is gone is gone, and what was written down is the same.
    for nth in [0, 1, 3] {
        life.ask(nth, "ScheduleKeyDeletion", json!({ "PendingWindowInDays": 7 }));
    }
    life.do_it(&Deed::Wait { millis: 8 * 86_400_000, cut: 500 }).unwrap();
    life.check().unwrap();
    let opened: World = serde_json::from_str(&life.bytes()).unwrap();
    assert!(serde_json::to_string(&opened).unwrap() == life.bytes());
    let gone = life.arn(life.keys[0]);
    let materials = before.key(&gone).unwrap().materials();
    assert!(!life.bytes().contains(&materials[0].id().to_string()));
}
