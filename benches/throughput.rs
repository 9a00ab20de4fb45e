//! How many calls a second one core serves, natively. `benches/wasm.mjs` measures the same work in wasm;
//! `cargo xtask bench` prints both. One line per measurement: name, tab, calls per second.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use kms_playground::entropy::{Entropy, Seed};

fn main() {
    let mut entropy = Entropy::new(Seed::from_number(7));
    measure("draw 32 random bytes", || {
        black_box(entropy.draw::<32>());
    });
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
