//! Worlds as links: what is in them and what is not, what becomes of damaged ones, and that old ones open for ever.

use std::{collections::BTreeSet, fs};

use kms_playground::{
    arn::Region,
    clock::Span,
    entropy::Seed,
    estate::{attachment::Attachment, principal::Caller},
    timeline::{
        Timeline,
        share::{self, DamagedLink, Material, Place},
    },
};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;

use crate::table;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/Administrator";

fn ask(timeline: &mut Timeline, operation: &str, body: &str) -> String {
    let caller = ADMINISTRATOR.parse().unwrap();
    timeline.call(caller, Region::US_EAST_1, operation, body).response.body.clone()
}

/// A world with one of everything that holds a secret.
fn lived() -> Timeline {
    let text = fs::read_to_string(format!("{FOLDER}/worlds/saved-1-with-history.json")).unwrap();
    let mut timeline = Timeline::restore(&text).unwrap();
    for (operation, body) in [
        ("CreateKey", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#),
        ("CreateKey", r#"{"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}"#),
        ("CreateAlias", r#"{"AliasName": "alias/shared", "TargetKeyId": "bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0"}"#),
        (
            "CreateGrant",
            r#"{"KeyId": "bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0", "GranteePrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Operations": ["Encrypt"]}"#,
        ),
    ] {
        let answer = ask(&mut timeline, operation, body);
        assert!(!answer.contains("__type"), "{operation}: {answer}");
    }
    timeline.advance(Span::days(1_000));
    timeline
}

fn shared(timeline: &Timeline, material: Material) -> String {
    timeline.to_shared(material, &Place::default()).unwrap()
}

fn open(text: &str) -> Timeline {
    Timeline::from_shared(text, Seed::from_number(9)).unwrap_or_else(|damage| panic!("{damage}")).timeline
}

/// Every text in a snapshot that stands where secrets stand, and the seed.
fn secrets(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text)
                        if ["secret", "password", "plaintext", "session_token"].contains(&name.as_str()) =>
                    {
                        found.insert(text.clone());
                    }
                    Value::Array(_) if name == "seed" => _ = found.insert(value.to_string()),
                    other => secrets(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| secrets(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What nobody is surprised to find: the passwords of every new world, which say that they are none.
fn is_public(secret: &str) -> bool {
    let new =
        Timeline::new(kms_playground::kms::World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(1)));
    let mut known = BTreeSet::new();
    secrets(&serde_json::from_str(&new.snapshot()).unwrap(), &mut known);
    known.contains(secret) && secret.len() < 70
}

#[test]
fn no_secret_is_in_a_link_unless_it_is_asked_for() {
    let stores = table::prepared("key", "blob", "alias/orders").timeline;
    for timeline in [lived(), stores] {
        let mut all = BTreeSet::new();
        secrets(&serde_json::from_str(&timeline.checkpoint()).unwrap(), &mut all);
        all.retain(|secret| !is_public(secret));
        assert!(all.len() > 2, "{all:?}");
        let content = |material| String::from_utf8(share::unfolded(&shared(&timeline, material)).unwrap()).unwrap();
        let (without, with) = (content(Material::Withheld), content(Material::Included));
        for secret in &all {
            assert!(!without.contains(secret), "{secret}");
        }
        let seed = all.iter().find(|secret| secret.starts_with('[')).unwrap();
        assert!(with.contains(seed), "the search finds what is there");
    }
}

#[test]
fn a_link_with_key_material_is_the_same_world_to_the_byte() {
    let timeline = lived();
    let place = Place {
        view: Some("#/rotation".to_owned()),
        caller: Some(ADMINISTRATOR.parse().unwrap()),
        region: Some(Region::US_EAST_1),
    };
    let text = timeline.to_shared(Material::Included, &place).unwrap();
    let opened = Timeline::from_shared(&text, Seed::from_number(9)).unwrap();
    assert_eq!((opened.place, opened.material), (place, Material::Included));
    assert_eq!(opened.timeline.snapshot(), timeline.snapshot());
}

#[test]
fn without_key_material_the_receiver_gets_the_same_world_and_opens_nothing_old() {
    let mut timeline = lived();
    let sealed = ask(&mut timeline, "Encrypt", r#"{"KeyId": "alias/shared", "Plaintext": "aGVsbG8="}"#);
    let sealed = serde_json::from_str::<Value>(&sealed).unwrap()["CiphertextBlob"].clone();
    let text = shared(&timeline, Material::Withheld);
    let mut received = open(&text);
    let facts = |timeline: &Timeline| {
        let world = timeline.world();
        let keys = world.keys().map(|key| {
            let since: Vec<_> = key.materials().iter().map(|material| (material.since, material.by)).collect();
            let aliases: Vec<_> = world.aliases_of(key.arn).map(ToString::to_string).collect();
            format!("{} {} {:?} {:?} {since:?} {aliases:?}", key.arn, key.spec, key.state, key.rotation)
        });
        (world.now, keys.collect::<Vec<_>>(), world.estate.callers())
    };
    assert_eq!(facts(&received), facts(&timeline));
    let decrypt = serde_json::json!({ "CiphertextBlob": sealed }).to_string();
    assert!(ask(&mut timeline, "Decrypt", &decrypt).contains("aGVsbG8="));
    let refused = ask(&mut received, "Decrypt", &decrypt);
    assert!(refused.contains("AccessDeniedException") || refused.contains("InvalidCiphertextException"), "{refused}");
    // Everything works with the fresh material, also what follows from rotations before.
    let own = ask(&mut received, "Encrypt", r#"{"KeyId": "alias/shared", "Plaintext": "aGVsbG8="}"#);
    let own = serde_json::from_str::<Value>(&own).unwrap()["CiphertextBlob"].clone();
    for timeline in [&mut timeline, &mut received] {
        timeline.advance(Span::days(800));
    }
    let decrypt = serde_json::json!({ "CiphertextBlob": own }).to_string();
    assert!(ask(&mut received, "Decrypt", &decrypt).contains("aGVsbG8="));
    let keys: Vec<_> = received.world().keys().map(|key| (key.arn, key.usage, key.state)).collect();
    for (key, usage, state) in keys {
        if state.as_str() != "Enabled" {
            continue;
        }
        let (operation, more) = match usage.as_str() {
            "SIGN_VERIFY" => ("GetPublicKey", ""),
            "GENERATE_VERIFY_MAC" => ("GenerateMac", r#", "Message": "aGk=", "MacAlgorithm": "HMAC_SHA_256""#),
            _ => ("Encrypt", r#", "Plaintext": "aGk=""#),
        };
        let caller: Caller = format!("arn:aws:iam::{}:root", key.account).parse().unwrap();
        let body = format!(r#"{{"KeyId": "{key}"{more}}}"#);
        let [here, there] = [&mut timeline, &mut received]
            .map(|timeline| timeline.call(caller.clone(), key.region, operation, body.clone()).response.clone());
        assert_eq!(there.status, here.status, "{key} {operation}: {}", there.body);
    }
    // Two who open the same link have nothing in common.
    let other = Timeline::from_shared(&text, Seed::from_number(10)).unwrap().timeline;
    let materials = |timeline: &Timeline| -> Vec<_> {
        timeline.world().keys().flat_map(|key| key.materials().iter().map(|it| it.id())).collect()
    };
    assert!(materials(&open(&text)).iter().zip(materials(&other)).any(|(one, other)| *one != other));
}

#[test]
fn what_a_newcomer_did_fits_into_a_link() {
    let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    for number in 0..10 {
        ask(&mut timeline, "Encrypt", &format!(r#"{{"KeyId": "alias/orders", "Plaintext": "aGVsbG8{number}"}}"#));
    }
    for material in [Material::Withheld, Material::Included] {
        let length = shared(&timeline, material).len();
        assert!(length <= share::LONGEST_LINK, "{material:?}: {length}");
    }
}

#[test]
fn what_is_no_link_is_refused_in_words() {
    let good = shared(&lived(), Material::Withheld);
    let bomb = share::folded(&vec![b' '; share::LARGEST_WORLD + 1]);
    for (text, expected) in [
        (String::new(), DamagedLink::NotOne),
        ("hello".to_owned(), DamagedLink::NotOne),
        (good.replacen("1.", "2.", 1), DamagedLink::Version { got: 2 }),
        (good.replacen("1.", "0.", 1), DamagedLink::Version { got: 0 }),
        ("1.".to_owned(), DamagedLink::NotWhole),
        (format!("{good}A"), DamagedLink::NotWhole),
        (format!("1.{}", "A".repeat(share::LONGEST_TEXT)), DamagedLink::TooLarge),
        (bomb, DamagedLink::TooLarge),
        (share::written(b"this is not deflated"), DamagedLink::Content),
        (share::folded(b"{}"), DamagedLink::Content),
        (share::folded(br#"{"place": {"caller": "nobody"}, "fresh": true, "world": {}}"#), DamagedLink::Content),
        (
            share::folded(br#"{"place": {}, "fresh": true, "world": {}}"#),
            DamagedLink::World(kms_playground::kms::snapshot::DamagedSnapshot::NotASnapshot),
        ),
    ] {
        let damage = Timeline::from_shared(&text, Seed::from_number(9)).err();
        assert_eq!(damage, Some(expected), "{}", text.chars().take(60).collect::<String>());
    }
}

/// What `Encrypt` with the context `tenant` = `7` made of `hello` in the world of the links of version 1.
const SEALED: &str = "AQH/hLWOMDqwalMBzXxB7qStQXc32+iaclthfJP0JgTaaXezIJDhp0ZBo2WCcrS6UFn+UHNMNBVVqVn8YWz9tt8dQ779Z9bdwD9O\
                      ciyP/GSiyb8=";

/// The links that every released version made of the world in `tests/data/worlds/saved-1-with-history.json`, in the view
/// of rotations, and how many steps each holds.
const LINKS: &[(&str, Material, usize)] =
    &[("1-with-material", Material::Included, 14), ("1-without-material", Material::Withheld, 0)];

#[test]
fn every_link_that_was_ever_made_opens() {
    let mut there: Vec<String> = fs::read_dir(format!("{FOLDER}/shares"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".link", ""))
        .collect();
    there.sort();
    assert_eq!(there, LINKS.iter().map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>());
    for (name, material, steps) in LINKS {
        let text = fs::read_to_string(format!("{FOLDER}/shares/{name}.link")).unwrap();
        let opened =
            Timeline::from_shared(&text, Seed::from_number(9)).unwrap_or_else(|damage| panic!("{name}: {damage}"));
        let mut timeline = opened.timeline;
        assert_eq!((opened.material, timeline.cursor()), (*material, *steps), "{name}");
        assert_eq!(opened.place.view.as_deref(), Some("#/rotation"), "{name}");
        assert_eq!(timeline.world().now.to_string(), "2030-04-11T00:00:00Z", "{name}");
        assert_eq!(timeline.world().keys().count(), 5, "{name}");
        let body = format!(r#"{{"CiphertextBlob": "{SEALED}", "EncryptionContext": {{"tenant": "7"}}}}"#);
        let caller = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap();
        let answer = timeline.call(caller, Region::US_EAST_1, "Decrypt", body).response.body.clone();
        assert_eq!(answer.contains(r#""Plaintext":"aGVsbG8=""#), *material == Material::Included, "{name}: {answer}");
    }
}

fn text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| shared(&lived(), Material::Included));
    &TEXT
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_link_that_was_cut_short_is_refused(at in any::<Index>()) {
        let text = text();
        let refused = Timeline::from_shared(&text[..at.index(text.len())], Seed::from_number(9)).is_err();
        prop_assert!(refused);
    }

    #[test]
    fn a_link_in_which_one_bit_changed_is_refused(at in any::<Index>(), bit in 0_u8..7) {
        let mut bytes = text().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        let refused = Timeline::from_shared(&changed, Seed::from_number(9)).is_err();
        prop_assert!(refused, "at {}", at);
    }

    #[test]
    fn whatever_a_world_went_through_comes_back(steps in proptest::collection::vec((0_usize..4, 0_u32..400), 0..12)) {
        let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        for (kind, number) in steps {
            match kind {
                0 => _ = ask(&mut timeline, "CreateKey", &format!(r#"{{"Description": "{number}"}}"#)),
                1 => _ = timeline.advance(Span::days(number)),
                2 => _ = timeline.attach(Attachment {
                    place: "policies of arn:aws:iam::111122223333:role/OrdersApp".parse().unwrap(),
                    name: format!("Policy{number}").as_str().into(),
                    document: Some(r#"{"Statement": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}"#.into()),
                }),
                _ => _ = ask(&mut timeline, "EnableKeyRotation", r#"{"KeyId": "alias/orders"}"#),
            }
        }
        let included = open(&shared(&timeline, Material::Included));
        prop_assert!(included.snapshot() == timeline.snapshot());
        let withheld = open(&shared(&timeline, Material::Withheld));
        let names = |timeline: &Timeline| timeline.world().keys().map(|key| key.arn).collect::<Vec<_>>();
        prop_assert_eq!(names(&withheld), names(&timeline));
    }
}
