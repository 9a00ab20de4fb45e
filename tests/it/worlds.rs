//! Worlds that were written down, by every version of the playground that wrote any: each of them opens, for ever.

use std::fs;

use kms_playground::{
    arn::Region,
    clock::Span,
    entropy::Seed,
    timeline::{
        Timeline,
        bundle::{Bundle, Bundled, DamagedBundle},
    },
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/worlds");

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}")).unwrap()
}

fn open(text: &str) -> Result<Timeline, String> {
    Timeline::open(text, "2031-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(9))
        .map_err(|damage| damage.to_string())
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

/// A timeline's answer, its status first.
fn ask(timeline: &mut Timeline, caller: &str, region: Region, operation: &str, body: &str) -> String {
    let response = timeline.call(caller.parse().unwrap(), region, operation, body).response.clone();
    format!("{} {}", response.status, response.body)
}

#[test]
fn every_world_file_opens_with_what_it_says() {
    let mut timeline = open(&read("file-1.json")).unwrap();
    let (ann, batch) = ("arn:aws:iam::111122223333:user/Ann", "arn:aws:sts::111122223333:assumed-role/Batch/nightly");
    let world = timeline.world();
    assert_eq!(world.now.to_string(), "2030-01-01T00:00:00Z");
    let ids: Vec<String> = world.estate.access_keys.keys().map(ToString::to_string).collect();
    let expected = "AKIA111122223333ANN AKIA111122223333ANNA AKIA111122223333MINE AKIA111122223333ROOT \
                    AKIA777788889999ROOT ASIA111122223333BATC ASIA111122223333MINE";
    assert_eq!(ids.join(" "), expected);
    let shown: Vec<String> = world
        .keys()
        .map(|key| format!("{} {} {} {:?} {:?}", key.arn, key.spec, key.state.as_str(), key.rotation, key.tags))
        .collect();
    expect_test::expect![[r#"
        arn:aws:kms:us-east-1:111122223333:key/01d4fc51-4921-48f9-992f-31478264a596 ECC_NIST_P256 Disabled Off {}
        arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab SYMMETRIC_DEFAULT Enabled On { period_days: 90, next: 2030-04-01T00:00:00Z } {"team": "blue"}
        arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab SYMMETRIC_DEFAULT Enabled Off {}
        arn:aws:kms:eu-west-1:777788889999:key/bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0 HMAC_256 Enabled Off {}"#]].assert_eq(&shown.join("\n"));

    let us = Region::US_EAST_1;
    let sealed = ask(&mut timeline, ann, us, "Encrypt", r#"{"KeyId": "alias/old-orders", "Plaintext": "aGVsbG8="}"#);
    let blob = sealed.split('"').nth(3).unwrap();
    let opened = ask(&mut timeline, batch, us, "Decrypt", &format!(r#"{{"CiphertextBlob": "{blob}"}}"#));
    assert!(opened.starts_with(r#"200 {"EncryptionAlgorithm":"SYMMETRIC_DEFAULT","KeyId":"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#), "{opened}");
    assert!(ask(&mut timeline, "arn:aws:iam::111122223333:user/Anna", us, "ListKeys", "{}").starts_with("400"));
    // HMAC-SHA-256 of `hello` under the bytes 0 to 31.
    let key = timeline.world().keys().find(|key| key.spec.as_str() == "HMAC_256").unwrap().arn;
    let body = format!(r#"{{"KeyId": "{key}", "Message": "aGVsbG8=", "MacAlgorithm": "HMAC_SHA_256"}}"#);
    let tag = ask(&mut timeline, ann, "eu-west-1".parse().unwrap(), "GenerateMac", &body);
    assert!(tag.contains(r#""Mac":"U8QCcqcMFcpO4K9N8fFV"#), "{tag}");
}

#[test]
fn a_world_file_may_begin_with_every_kind_of_policy() {
    let mut timeline = open(&read("file-1-policies.json")).unwrap();
    let (ann, ben) = ("arn:aws:iam::111122223333:user/Ann", "arn:aws:iam::111122223333:user/Ben");
    let batch = "arn:aws:sts::111122223333:assumed-role/Batch/nightly";
    for (caller, operation, expected) in [
        (ann, "ListKeys", "200"),
        (ben, "ListKeys", "200"),
        (batch, "ListKeys", "200"),
        (ann, "ListAliases", "with an explicit deny in a service control policy"),
        (ann, "CreateKey", "because no identity-based policy allows"),
        (batch, "CreateKey", "because no session policy allows"),
    ] {
        let answer = ask(&mut timeline, caller, Region::US_EAST_1, operation, "{}");
        assert!(answer.contains(expected), "{caller} {operation}: {answer}");
    }
    for (from, to, expected) in [
        (
            r#"["Ann", "Ben"]"#,
            r#"["Ann", "Bob"]"#,
            "line 19, column 28, `accounts.111122223333.groups.Readers.users[1]`: expected a user",
        ),
        (r#""scps": { "1"#, r#""scps": { "2"#, "expected a policy of `root` or of an account of this world"),
        (r#""rcps": { "root""#, r#""rcps": { "ou-1""#, "expected `root` or an account of this world"),
    ] {
        let refused = open(&read("file-1-policies.json").replace(from, to)).map(|_| ()).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn the_example_in_the_readme_is_a_world() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, example) = readme.split_once("```json\n").unwrap();
    let mut timeline = open(example.split_once("\n```").unwrap().0).unwrap();
    let ann = "arn:aws:iam::111122223333:user/Ann";
    let described = ask(&mut timeline, ann, Region::US_EAST_1, "DescribeKey", r#"{"KeyId": "alias/orders"}"#);
    assert!(described.contains("1234abcd-12ab-34cd-56ef-1234567890ab"), "{described}");
}

#[test]
fn what_a_world_file_leaves_out_is_as_in_a_new_world() {
    let timeline = open(r#"{"format": "kms-playground world file", "version": 1}"#).unwrap();
    let new =
        Timeline::new(kms_playground::kms::World::new("2031-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(9)));
    assert!(timeline.snapshot() == new.snapshot());
}

#[test]
fn a_world_file_chooses_its_rules() {
    let waiting = open(r#"{"format": "kms-playground world file", "version": 1, "consistency": "eventual"}"#).unwrap();
    assert_eq!(waiting.world().consistency().as_str(), "eventual");
    let counting = open(r#"{"format": "kms-playground world file", "version": 1, "throttling": true}"#).unwrap();
    assert!(counting.world().throttles());
    for (rules, expected) in [(r#", "rules": "classic""#, "classic"), (r#", "rules": "today""#, "today"), ("", "today")]
    {
        let timeline = open(&format!(r#"{{"format": "kms-playground world file", "version": 1{rules}}}"#)).unwrap();
        assert_eq!((timeline.world().rules().as_str(), timeline.world().throttles()), (expected, false));
    }
}

#[test]
fn a_damaged_world_is_refused_with_the_place() {
    let file = |members: &str| format!("{{\"format\": \"kms-playground world file\", \"version\": 1,\n{members}}}");
    let key = |members: &str| file(&format!("\"keys\": [{{}},\n  {{{members}}}]"));
    let saved = read("saved-1.json");
    let damaged = [
        file("\"start\": \"soon\""),
        file("\"seed\": -1"),
        file("\"seed\": 7, \"seed\": 8"),
        file("\"rules\": \"old\""),
        file("\"throttling\": \"on\""),
        file("\"consistency\": true"),
        file("\"kesy\": []"),
        file("\"keys\": {}"),
        file("\"keys\": [\n"),
        file("\"accounts\": {\"1\": {}}"),
        file("\"accounts\": {}, \"keys\": [{}]"),
        file("\"accounts\": {\"111122223333\": {\"users\": {\"A n\": {}}}}"),
        file(
            "\"accounts\": {\"111122223333\": {\"users\": {\"Ann\": {\"policies\":\n{\"All\":\n{\"Statement\": {\"Efect\": \"Allow\"}}}}}}}",
        ),
        file(
            "\"accounts\": {\"111122223333\": {\"users\": {\"Ann\": {\"accessKeys\": [{\"id\": \"AKIA111122223333ROOT\", \"secret\": \"s\"}]}}}}",
        ),
        file(
            "\"accounts\": {\"111122223333\": {\"users\": {\"Ann\": {\"accessKeys\": [{\"id\": \"AKIA111122223333ANNA\"}]}}}}",
        ),
        key("\"id\": \"mine\""),
        file(
            "\"keys\": [{\"id\": \"mrk-1234abcd12ab34cd56ef1234567890ab\"}, {\"id\": \"mrk-1234abcd12ab34cd56ef1234567890ab\", \"region\": \"eu-west-1\"}]",
        ),
        key("\"account\": \"777788889999\""),
        key("\"region\": \"mars-north-1\""),
        key("\"spec\": \"AES\""),
        key("\"spec\": \"HMAC_256\", \"usage\": \"SIGN_VERIFY\""),
        key("\"spec\": \"RSA_2048\""),
        key("\"material\": \"c2VjcmV0\""),
        key("\"material\": \"n0t base64\""),
        key(
            "\"policy\": {\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"777788889999\"}, \"Action\": \"*\", \"Resource\": \"*\"}}",
        ),
        key("\"policy\": \"{\""),
        key("\"tags\": {\"aws:x\": \"\"}"),
        key("\"tags\": {\"x\": 7}"),
        key(&format!("\"description\": \"{}\"", "a".repeat(8193))),
        key("\"aliases\": [\"orders\"]"),
        key("\"aliases\": [\"alias/a\", \"alias/a\"]"),
        key("\"aliases\": [\"alias/aws/s3\"]"),
        key("\"rotationPeriodInDays\": 89"),
        key("\"spec\": \"HMAC_256\", \"rotationPeriodInDays\": 90"),
        key("\"enabled\": \"no\""),
        r#"{"format": "kms-playground world file", "version": 2}"#.to_owned(),
        r#"{"format": "kms-playground world file"}"#.to_owned(),
        r#"{"format": "kms-playground world"}"#.to_owned(),
        "[]".to_owned(),
        saved.replace("\"version\":1", "\"version\":2"),
        saved.replace("\"AwsKms\"", "\"Moon\""),
        saved.replace("\"state\":{", "\"state\":\n{\n").replace("\"HMAC_256\"", "\"HMAC_1\""),
        saved[..900].to_owned(),
    ];
    // Where in a key it is found out that something does not fit is no promise.
    let within_a_key = regex_lite::Regex::new(r"column \d{4,}").unwrap();
    let mut refused = String::new();
    for text in damaged {
        let damage = open(&text).err().unwrap_or_else(|| panic!("opens: {text}"));
        assert!(!damage.contains("c2VjcmV0"), "{damage}");
        let damage = damage.chars().take(400).collect::<String>();
        refused += &format!("{}\n", within_a_key.replace(&damage, "column …"));
    }
    expect_test::expect_file![format!("{FOLDER}/damaged.txt")].assert_eq(&refused);
}

#[test]
fn all_worlds_in_one_file_come_back_with_what_was_undone_and_damage_is_told() {
    let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    timeline.advance(Span::days(3));
    timeline.go_to(2);
    let world = Bundled {
        name: "Mine".to_owned(),
        beginning: timeline.beginning(),
        steps: timeline.steps().iter().map(|step| step.written()).collect(),
        cursor: 2,
        slow_keys: None,
    };
    let bundle = Bundle { worlds: vec![world], settings: [("theme".to_owned(), "dark".to_owned())].into() };
    let text = bundle.to_json();
    let read = Bundle::from_json(&text).unwrap();
    assert_eq!(read, bundle);
    let again = &read.worlds[0];
    let mut resumed = Timeline::resume(&again.beginning, &again.steps, 2).unwrap();
    assert_eq!((resumed.cursor(), resumed.steps().len()), (2, 5));
    assert_eq!(resumed.snapshot(), timeline.snapshot());
    resumed.go_to(5);
    timeline.go_to(5);
    assert_eq!(resumed.snapshot(), timeline.snapshot());
    for cut in (0..text.len()).step_by(211) {
        assert!(Bundle::from_json(&text[..cut]).is_err(), "cut at {cut}");
    }
    assert!(Timeline::resume(&again.beginning, &["{}".to_owned()], 1).is_err());
    assert_eq!(Bundle::from_json("{}"), Err(DamagedBundle::NotOne));
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(Bundle::from_json(&newer), Err(DamagedBundle::Version { got: 2 }));
}
