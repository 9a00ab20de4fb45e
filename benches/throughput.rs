//! How many calls a second one core serves, natively. `benches/wasm.mjs` measures the same work in wasm;
//! `cargo xtask bench` prints both. One line per measurement: name, tab, calls per second.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use kms_playground::{
    arn::Region,
    crypto::secret::Secret32,
    endpoint::{self, Outcome, Request, Tracing},
    entropy::Seed,
    envelope::{self, Header, Members},
    estate::principal::Caller,
    kms::World,
};
use serde_json::{Value, json};

fn main() {
    for (name, length) in [("4 KiB", 4 << 10), ("1 MiB", 1 << 20)] {
        let plaintext = vec![7; length];
        let header = header(length as u64);
        let key = Secret32::from_bytes([7; 32]);
        measure(&format!("AES-256-GCM, envelope of {name}"), || {
            black_box(envelope::seal_all(&header, &key, &plaintext).ok());
        });
    }
    for keys in [10, 100_000] {
        let mut bench = Bench::with_keys(keys);
        if keys == 10 {
            for (operation, body) in bench.calls() {
                bench.measure(&operation, &operation, &body, Tracing::Off);
                bench.measure(&format!("{operation}, traced"), &operation, &body, Tracing::On);
            }
        } else {
            let (operation, body) = bench.calls().swap_remove(0);
            bench.measure(&format!("{operation}, 100,000 keys"), &operation, &body, Tracing::Off);
        }
    }
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
        let caller = "arn:aws:iam::111122223333:user/Administrator".parse().expect("an ARN");
        let world = World::new(start, Seed::from_number(7));
        let mut bench = Self { world, caller, key_id: String::new(), serial: 0 };
        for _ in 0..count {
            let created = bench.answer("CreateKey", "{}", Tracing::Off);
            bench.key_id = created["KeyMetadata"]["KeyId"].as_str().expect("a key id").to_owned();
        }
        bench
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

/// Repeats `work` for about half a second, after a tenth of that to warm up.
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
    println!("{name}\t{:.0}", run(Duration::from_millis(500)));
}
