//! Worlds that were written down, by every version of the playground that wrote any: each of them opens, for ever.

use std::fs;

use kms_playground::{arn::Region, timeline::Timeline};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/worlds");

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}")).unwrap()
}

/// What `Encrypt` with the context `tenant` = `7` made of `hello` in the saved worlds, two rotations before they were
/// saved.
const SEALED: &str = "AQH/hLWOMDqwalMBzXxB7qStQXc32+iaclthfJP0JgTaaXezIJDhp0ZBo2WCcrS6UFn+UHNMNBVVqVn8YWz9tt8dQ779Z9bdwD9O\
                      ciyP/GSiyb8=";

/// The keys of the saved worlds by their ids: spec, state, and how many key materials.
const KEYS: &[(&str, &str, &str, usize)] = &[
    ("75c60b4a-7dcb-4824-85f5-eef731f45b79", "HMAC_256", "Enabled", 1),
    ("8dccb387-e9d2-4c01-8551-362c0dcb8672", "SYMMETRIC_DEFAULT", "Disabled", 1),
    ("bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0", "SYMMETRIC_DEFAULT", "Enabled", 3),
    ("f664d381-785b-47e3-a3ee-082a579718ba", "SYMMETRIC_DEFAULT", "PendingDeletion", 1),
    ("mrk-632faef5266539d0ce2751bfde2deb54", "ECC_NIST_P256", "Enabled", 1),
];

#[test]
fn every_saved_world_opens_with_all_that_is_in_it() {
    for (name, steps) in [("saved-1.json", 0), ("saved-1-with-history.json", 14)] {
        let mut timeline = Timeline::restore(&read(name)).unwrap_or_else(|damage| panic!("{name}: {damage}"));
        assert_eq!(timeline.cursor(), steps, "{name}");
        assert_eq!(timeline.world().now.to_string(), "2030-04-11T00:00:00Z", "{name}");
        let mut keys: Vec<_> = timeline
            .world()
            .keys()
            .map(|key| (key.arn.id.to_string(), key.spec.as_str(), key.state.as_str(), key.materials().len()))
            .collect();
        keys.sort();
        let expected: Vec<_> =
            KEYS.iter().map(|(id, spec, state, materials)| ((*id).to_owned(), *spec, *state, *materials)).collect();
        assert_eq!(keys, expected, "{name}");

        let caller = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap();
        let body = format!(r#"{{"CiphertextBlob": "{SEALED}", "EncryptionContext": {{"tenant": "7"}}}}"#);
        let outcome = timeline.call(caller, Region::US_EAST_1, "Decrypt", body);
        assert!(outcome.response.body.contains(r#""Plaintext":"aGVsbG8=""#), "{name}: {}", outcome.response.body);
    }
}
