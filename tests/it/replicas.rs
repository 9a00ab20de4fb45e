//! Sets of related multi-Region keys under random histories.

use kms_playground::{
    arn::{KeyArn, Region},
    clock::Span,
    endpoint::{self, Outcome, Request, Tracing},
    entropy::{Entropy, Seed},
    estate::principal::Caller,
    kms::World,
};
use serde_json::{Value, json};

/// Whatever happened before, in whatever order: what any key of the set sealed, every key of the set opens that can be
/// used, and they have the same materials.
#[test]
fn what_one_region_sealed_every_region_opens() {
    for seed in 0..12 {
        let mut history = History::new(seed);
        for _ in 0..40 {
            history.step();
            history.check();
        }
    }
}

struct History {
    world: World,
    chance: Entropy,
    id: String,
    blobs: Vec<String>,
    serial: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(seed));
        let chance = Entropy::new(Seed::from_number(1000 + seed));
        let mut history = Self { world, chance, id: String::new(), blobs: Vec::new(), serial: 0 };
        let made = history.ask(Region::US_EAST_1, "CreateKey", json!({ "MultiRegion": true }));
        history.id = body(&made)["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        history
    }

    /// One of `count`.
    fn pick(&mut self, count: usize) -> usize {
        let [first, second, ..]: [u8; 16] = self.chance.draw();
        usize::from(u16::from_be_bytes([first, second])) % count
    }

    fn region(&mut self) -> Region {
        Region::ALL[self.pick(4)]
    }

    fn ask(&mut self, region: Region, operation: &str, body: Value) -> Outcome {
        self.serial += 1;
        let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let request = Request::new(caller, region, operation, body.to_string());
        endpoint::call(&mut self.world, &request, self.serial, Tracing::Off)
    }

    /// Something that may or may not be possible now.
    fn step(&mut self) {
        let (region, other, key) = (self.region(), self.region(), json!(self.id));
        let (operation, body) = match self.pick(10) {
            0 => ("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": other.as_str() })),
            1 => ("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": other.as_str() })),
            2 => ("RotateKeyOnDemand", json!({ "KeyId": key })),
            3 => ("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 })),
            4 => ("DisableKey", json!({ "KeyId": key })),
            5 => ("EnableKey", json!({ "KeyId": key })),
            6 => ("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })),
            7 => ("CancelKeyDeletion", json!({ "KeyId": key })),
            8 => {
                let spans = [Span::seconds(3), Span::seconds(20), Span::days(8), Span::days(91)];
                let span = spans[self.pick(spans.len())];
                self.world.advance(span);
                return;
            }
            _ => {
                // What is saved and opened again is the same set.
                self.world = serde_json::from_str(&serde_json::to_string(&self.world).unwrap()).unwrap();
                return;
            }
        };
        self.ask(region, operation, body);
    }

    fn keys(&self) -> Vec<KeyArn> {
        self.world.keys().map(|key| key.arn).filter(|arn| arn.id.to_string() == self.id).collect()
    }

    fn check(&mut self) {
        let keys = self.keys();
        let sets: Vec<(Vec<_>, _, _)> = keys
            .iter()
            .filter_map(|arn| self.world.key(arn))
            .map(|key| {
                (key.materials().iter().map(|material| material.id()).collect(), key.primary_arn(), key.rotation)
            })
            .collect();
        assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
        assert!(sets.iter().all(|(_, primary, _)| keys.contains(primary)), "a set without a primary: {keys:?}");
        for arn in keys {
            let id = json!(self.id);
            let sealed = self.ask(arn.region, "Encrypt", json!({ "KeyId": id, "Plaintext": "aGVsbG8=" }));
            if sealed.fault.is_some() {
                continue;
            }
            self.blobs.push(body(&sealed)["CiphertextBlob"].as_str().unwrap().to_owned());
            for blob in self.blobs.clone() {
                let opened = self.ask(arn.region, "Decrypt", json!({ "CiphertextBlob": blob }));
                assert_eq!(opened.fault, None, "{arn}");
                assert_eq!(body(&opened)["Plaintext"], "aGVsbG8=", "{arn}");
                assert_eq!(body(&opened)["KeyId"], json!(arn));
            }
        }
    }
}

fn body(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.response.body).unwrap()
}
