//! How many calls a second one core serves, natively. `benches/wasm.mjs` measures the same work in wasm;
//! `cargo xtask bench` prints both. One line per measurement: name, tab, calls per second.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

// The samples of the tests, and the world they are for.
#[path = "../tests/it/table.rs"]
#[allow(dead_code, unused_imports, clippy::panic, clippy::unwrap_used, reason = "the tests in it are not built")]
mod table;
#[path = "../tests/it/wire.rs"]
#[allow(dead_code, unused_imports, clippy::panic, clippy::unwrap_used, reason = "the tests in it are not built")]
mod wire;

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use kms_playground::{
    arn::Region,
    authz::simulate::Scenario,
    clock::Span,
    crypto::secret::Secret32,
    endpoint::{self, Outcome, Request, Tracing},
    entropy::Seed,
    envelope::{self, Header, Members},
    estate::principal::Caller,
    kms::{Setting, World, increase::Increase},
    timeline::Input,
};
use serde_json::{Value, json};

/// What the samples exercise is for the tests to note.
mod conformance {
    pub(crate) fn note(_operation: &str, _body: &str, _outcome: &kms_playground::endpoint::Outcome) {}
}

fn main() {
    for (name, length) in [("4 KiB", 4 << 10), ("1 MiB", 1 << 20)] {
        let plaintext = vec![7; length];
        let header = header(length as u64);
        let key = Secret32::from_bytes([7; 32]);
        measure(&format!("AES-256-GCM, envelope of {name}"), || {
            black_box(envelope::seal_all(&header, &key, &plaintext).ok());
        });
    }
    decisions();
    every_operation();
    for keys in [10, 100_000] {
        let mut bench = Bench::with_keys(keys);
        if keys == 10 {
            for (operation, body) in bench.calls() {
                bench.measure(&operation, &operation, &body, Tracing::Off);
                bench.measure(&format!("{operation}, traced"), &operation, &body, Tracing::On);
            }
            let (operation, body) = bench.calls().swap_remove(0);
            bench.count_requests();
            bench.measure(&format!("{operation}, counted"), &operation, &body, Tracing::Off);
        } else {
            let (operation, body) = bench.calls().swap_remove(0);
            bench.measure(&format!("{operation}, 100,000 keys"), &operation, &body, Tracing::Off);
        }
    }
}

/// Decisions about scenarios: the verdict alone, with everything that was looked at, and that as JSON text.
fn decisions() {
    let scenarios: BTreeMap<String, Value> = serde_json::from_str(include_str!("scenarios.json")).expect("scenarios");
    for (name, scenario) in scenarios {
        let scenario = Scenario::parse(&scenario.to_string()).expect("a scenario");
        measure(&format!("decision, {name}, verdict"), || {
            black_box(scenario.decide(false));
        });
        measure(&format!("decision, {name}, explained"), || {
            black_box(scenario.decide(true));
        });
        measure(&format!("decision, {name}, as text"), || {
            black_box(serde_json::to_string(&scenario.explain(scenario.decide(true))).ok());
        });
    }
}

/// A request for each operation of the table, on a copy of the same world each time. What was asked before is written
/// down for `wasm.mjs`, which asks the same.
fn every_operation() {
    let talk = table::prepared("key", "blob", "alias/orders");
    let asked: Vec<Value> = talk.timeline.steps().iter().filter_map(|step| words(&step.input)).collect();
    let mut samples = Vec::new();
    let pending = table::prepared("pending", "pendingBlob", "alias/going");
    for (operation, body) in table::SAMPLES {
        let talk = if *operation == "CancelKeyDeletion" { &pending } else { &talk };
        let request = Request::new(administrator(), Region::US_EAST_1, operation, talk.filled(body, operation));
        measure(&format!("sample of {operation}"), || {
            let mut world = World::clone(talk.timeline.world());
            black_box(endpoint::call(&mut world, &request, 1, Tracing::Off));
        });
        samples.extend(words(&Input::Call(request)));
    }
    let text = json!({ "requests": asked, "samples": samples }).to_string();
    fs::create_dir_all("target/bench").and_then(|()| fs::write("target/bench/samples.json", text)).expect("target/");
}

/// As the arguments of `Endpoint::answer`.
fn words(input: &Input) -> Option<Value> {
    match input {
        Input::Call(Request { caller, region, target, body, forwarding: _ }) => {
            Some(json!([caller.to_string(), region.to_string(), target, body]))
        }
        _ => None,
    }
}

fn administrator() -> Caller {
    "arn:aws:iam::111122223333:user/Administrator".parse().expect("an ARN")
}

struct Bench {
    world: World,
    caller: Caller,
    key_id: String,
    serial: u64,
}

impl Bench {
    fn with_keys(count: u32) -> Self {
        let start = "2030-01-01T00:00:00Z".parse().expect("a time");
        let caller = administrator();
        let world = World::new(start, Seed::from_number(7));
        let mut bench = Self { world, caller, key_id: String::new(), serial: 0 };
        for _ in 0..count {
            let created = bench.answer("CreateKey", "{}", Tracing::Off);
            bench.key_id = created["KeyMetadata"]["KeyId"].as_str().expect("a key id").to_owned();
        }
        bench
    }

    /// Requests are counted from now on, and none is throttled for a while.
    fn count_requests(&mut self) {
        self.world.set(Setting::Throttling(true));
        let quota = "Cryptographic operations (symmetric) request rate".parse().expect("a quota");
        let (account, region) = (self.caller.account(), Region::US_EAST_1);
        self.world.set(Setting::Increase(Increase { account, region, quota, to: u32::MAX }));
        self.world.advance(Span::days(2));
    }

    /// What is measured, with the bodies it takes: the same context and lengths for each.
    fn calls(&mut self) -> Vec<(String, String)> {
        let context = json!({ "tenant": "7" });
        let generate = json!({ "KeyId": self.key_id, "KeySpec": "AES_256", "EncryptionContext": context });
        let encrypt = json!({ "KeyId": self.key_id, "Plaintext": "AAAA".repeat(8), "EncryptionContext": context });
        let sealed = self.answer("Encrypt", &encrypt.to_string(), Tracing::Off);
        let decrypt = json!({ "CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context });
        [("GenerateDataKey", generate), ("Encrypt", encrypt), ("Decrypt", decrypt)]
            .map(|(operation, body)| (operation.to_owned(), body.to_string()))
            .into()
    }

    fn measure(&mut self, name: &str, operation: &str, body: &str, tracing: Tracing) {
        measure(name, || {
            let outcome = self.call(operation, body, tracing);
            if tracing == Tracing::On {
                black_box(serde_json::to_string(&outcome).ok());
            }
        });
    }

    fn call(&mut self, operation: &str, body: &str, tracing: Tracing) -> Outcome {
        self.serial += 1;
        let request = Request::new(self.caller.clone(), Region::US_EAST_1, operation, body);
        black_box(endpoint::call(&mut self.world, &request, self.serial, tracing))
    }

    fn answer(&mut self, operation: &str, body: &str, tracing: Tracing) -> Value {
        let outcome = self.call(operation, body, tracing);
        assert_eq!(outcome.response.status, 200, "{}", outcome.response.body);
        serde_json::from_str(&outcome.response.body).expect("JSON")
    }
}

fn header(length: u64) -> Header {
    Header::new(Members {
        key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().expect("an ARN"),
        encryption_context: [("tenant", "7")].into_iter().collect(),
        wrapped_data_key: vec![1; 110],
        file_name: "file".parse().expect("a file name"),
        media_type: None,
        plaintext_length: length,
        chunk_length: Header::USUAL_CHUNK_LENGTH,
        nonce_prefix: [1; 7],
    })
    .expect("a header")
}

/// Repeats `work` for about half a second after a tenth of that, and takes the best tenth: what else the machine does counts
/// for nothing.
#[expect(clippy::disallowed_methods, reason = "a bench is the one place that measures time")]
fn measure(name: &str, mut work: impl FnMut()) {
    let mut run = |span: Duration| {
        let (start, mut calls) = (Instant::now(), 0_u32);
        while start.elapsed() < span {
            for _ in 0..16 {
                work();
            }
            calls += 16;
        }
        f64::from(calls) / start.elapsed().as_secs_f64()
    };
    run(Duration::from_millis(50));
    let best = (0..5).map(|_| run(Duration::from_millis(100))).fold(0.0, f64::max);
    println!("{name}\t{best:.0}");
}
