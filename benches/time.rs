//! How long a hundred years take a thousand keys, natively. `benches/wasm.mjs` measures the same in wasm; `cargo xtask
//! bench` prints both beside the goal. One line per measurement: name, tab, times per second.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use kms_playground::{
    arn::Region,
    clock::Span,
    endpoint::{self, Request, Tracing},
    entropy::Seed,
    estate::principal::Caller,
    kms::World,
};
use serde_json::{Value, json};

fn main() {
    for (name, members) in [("single-Region", json!({})), ("multi-Region", json!({ "MultiRegion": true }))] {
        let world = world(&members);
        measure(&format!("advance, 100 years, 1,000 {name} keys"), || {
            let mut world = world.clone();
            let events = world.advance(Span::days(36_525));
            assert!(events.len() > 99_000);
            (world, events)
        });
    }
}

/// A thousand keys that rotate every year.
fn world(members: &Value) -> World {
    let mut world = World::new("2030-01-01T00:00:00Z".parse().expect("a time"), Seed::from_number(7));
    let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().expect("an ARN");
    let mut serial = 0;
    let mut ask = |world: &mut World, operation: &str, body: &Value| -> Value {
        serial += 1;
        let request = Request::new(caller.clone(), Region::US_EAST_1, operation, body.to_string());
        let outcome = endpoint::call(world, &request, serial, Tracing::Off);
        assert_eq!(outcome.response.status, 200, "{}", outcome.response.body);
        serde_json::from_str(&outcome.response.body).unwrap_or_default()
    };
    for _ in 0..1000 {
        let made = ask(&mut world, "CreateKey", members);
        ask(&mut world, "EnableKeyRotation", &json!({ "KeyId": made["KeyMetadata"]["KeyId"] }));
    }
    world
}

/// Repeats `work` twenty times, without counting how long its result takes to go away.
#[expect(clippy::disallowed_methods, reason = "a bench is the one place that measures time")]
fn measure<T>(name: &str, mut work: impl FnMut() -> T) {
    let mut took = Duration::ZERO;
    for _ in 0..TIMES {
        let start = Instant::now();
        let result = black_box(work());
        took += start.elapsed();
        drop(result);
    }
    println!("{name}\t{:.1}", f64::from(TIMES) / took.as_secs_f64());
}

const TIMES: u32 = 20;
