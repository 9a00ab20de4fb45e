//! Resource quotas at both of their sides: the last that is allowed, and the first that is not.

use std::sync::LazyLock;

use kms_playground::{
    arn::{AliasArn, KeyArn, KeyId, Region},
    clock::Span,
    endpoint::{self, Outcome, Request, Tracing, render},
    entropy::Seed,
    estate::principal::Caller,
    kms::{Key, Kind, Origin, Quota, Rules, Setting, World, advance::Due, grant::Terms, spec::KeySpec, spec::KeyUsage},
    policy::{Policy, PolicyKind},
    timeline::Timeline,
};
use serde_json::json;

/// The key that most rows are about.
static KEY: LazyLock<KeyArn> =
    LazyLock::new(|| "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap());

/// A quota, its figure by the rules, how a world gets so many less one, the request for one more, and how that is refused.
struct Row {
    quota: Quota,
    rules: Rules,
    most: u32,
    fill: fn(&mut World, u32),
    operation: &'static str,
    body: fn(u32) -> String,
    refused: &'static str,
}

fn rows() -> Vec<Row> {
    use Rules::{Classic, Today};
    let row =
        |quota, rules, most, fill, operation, body, refused| Row { quota, rules, most, fill, operation, body, refused };
    let keys = "Account 111122223333 in us-east-1 has the N customer managed KMS keys it may have";
    let replicas = "Account 111122223333 in eu-west-1 has the N customer managed KMS keys it may have";
    let per_key = "KEY has the N aliases a key may have";
    let per_account = "Account 111122223333 in us-east-1 has the N aliases it may have";
    let grants = "KEY has the N grants a key may have";
    let rotations = "KEY has had the N on-demand rotations a key may have";
    let tags = "KEY would have more than N tags";
    let policy = "The key policy has 32769 bytes; at most N are allowed";
    vec![
        row(Quota::Keys, Classic, 1_000, fill_keys, "CreateKey", nothing, keys),
        row(Quota::Keys, Today, 100_000, fill_keys, "CreateKey", nothing, keys),
        row(Quota::Keys, Classic, 1_000, fill_replica_region, "ReplicateKey", replicate, replicas),
        row(Quota::Aliases, Classic, 1_100, fill_aliases, "CreateAlias", alias, per_account),
        row(Quota::AliasesPerKey, Today, 50, fill_aliases, "CreateAlias", alias, per_key),
        row(Quota::GrantsPerKey, Classic, 2_500, fill_grants, "CreateGrant", grant, grants),
        row(Quota::GrantsPerKey, Today, 50_000, fill_grants, "CreateGrant", grant, grants),
        row(Quota::OnDemandRotationsPerKey, Classic, 25, fill_rotations, "RotateKeyOnDemand", key_id, rotations),
        row(Quota::OnDemandRotationsPerKey, Today, 25, fill_rotations, "RotateKeyOnDemand", key_id, rotations),
        row(Quota::TagsPerKey, Classic, 50, fill_tags, "TagResource", tag, tags),
        row(Quota::TagsPerKey, Today, 50, fill_tags, "TagResource", tag, tags),
        row(Quota::KeyPolicyBytes, Classic, 32_768, fill_nothing, "PutKeyPolicy", policy_of, policy),
        row(Quota::KeyPolicyBytes, Today, 32_768, fill_nothing, "PutKeyPolicy", policy_of, policy),
    ]
}

#[test]
fn the_last_is_made_and_the_one_after_it_refused() {
    for Row { quota, rules, most, fill, operation, body, refused } in rows() {
        let mut world = world(rules);
        fill(&mut world, most - 1);
        let last = ask(&mut world, operation, body(most));
        assert_eq!(last.response.status, 200, "{quota:?}, {rules}, the {most}th: {}", last.response.body);
        let fault = ask(&mut world, operation, body(most + 1)).fault;
        let fault = fault.unwrap_or_else(|| panic!("{quota:?}, {rules}: one more than {most}"));
        let expected = refused.replace('N', &most.to_string()).replace("KEY", &KEY.to_string());
        assert_eq!((fault.kind, fault.message), ("LimitExceededException", Some(expected)), "{quota:?}, {rules}");
        assert_eq!(quota.most(rules), Some(most));
    }
}

#[test]
fn what_one_rule_set_does_not_know_is_not_counted() {
    assert_eq!((Quota::Aliases.most(Rules::Today), Quota::AliasesPerKey.most(Rules::Classic)), (None, None));
    let mut world = world(Rules::Classic);
    fill_aliases(&mut world, 51);
    world.set(Setting::Rules(Rules::Today));
    assert_eq!(ask(&mut world, "CreateAlias", alias(52)).fault.unwrap().kind, "LimitExceededException");
}

#[test]
fn keys_count_until_they_are_gone_and_only_where_they_are() {
    let mut world = world(Rules::Classic);
    fill_keys(&mut world, 1_000);
    let full = |world: &World, region: &str, operation: &str, body: &str| {
        let mut draft = world.clone();
        asked_in(&mut draft, region.parse().unwrap(), operation, body.to_owned()).fault.map(|fault| fault.kind)
    };
    assert_eq!(full(&world, "us-east-1", "CreateKey", "{}"), Some("LimitExceededException"));
    assert_eq!(full(&world, "eu-west-1", "CreateKey", "{}"), None, "in another Region");
    let managed = r#"{"KeyId": "alias/aws/s3"}"#;
    assert_eq!(full(&world, "us-east-1", "DescribeKey", managed), None, "AWS managed keys do not count");

    ask(&mut world, "DescribeKey", managed.to_owned());
    assert_eq!(world.count_keys(KEY.account, KEY.region), 1_000);
    let schedule = json!({ "KeyId": KEY.id.to_string(), "PendingWindowInDays": 7 }).to_string();
    assert_eq!(ask(&mut world, "ScheduleKeyDeletion", schedule).response.status, 200);
    assert_eq!(full(&world, "us-east-1", "CreateKey", "{}"), Some("LimitExceededException"), "pending deletion counts");
    world.advance(Span::days(7));
    assert_eq!(full(&world, "us-east-1", "CreateKey", "{}"), None, "deleted");
    let saved = serde_json::to_string(&world).unwrap();
    let opened: World = serde_json::from_str(&saved).unwrap();
    assert_eq!(opened.count_keys(KEY.account, KEY.region), 999, "the count is found again in a saved world");
    assert_eq!(serde_json::to_string(&opened).unwrap(), saved);
}

#[test]
fn above_the_quota_no_condition_on_aliases_matches() {
    let policy = json!({ "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "kms:PutKeyPolicy", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "kms:Encrypt", "Resource": "*",
          "Condition": { "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/n1" } } },
    ] });
    for (aliases, expected) in [(50, 200), (51, 400)] {
        let mut world = world(Rules::Classic);
        fill_aliases(&mut world, aliases);
        world.set(Setting::Rules(Rules::Today));
        let body = json!({ "KeyId": KEY.id.to_string(), "Policy": policy.to_string() }).to_string();
        assert_eq!(ask(&mut world, "PutKeyPolicy", body).response.status, 200);
        let encrypt = json!({ "KeyId": KEY.id.to_string(), "Plaintext": "aGk=" }).to_string();
        assert_eq!(ask(&mut world, "Encrypt", encrypt).response.status, expected, "{aliases} aliases");
    }
}

#[test]
fn what_is_asked_for_comes_two_days_later_and_stays() {
    let increase = |region: &str, quota: &str, to: u32| -> Setting {
        let increase = json!({ "account": "111122223333", "region": region, "quota": quota, "to": to });
        serde_json::from_value(json!({ "increase": increase })).unwrap()
    };
    let mut timeline = Timeline::new(world(Rules::Classic));
    timeline.set(increase("us-east-1", "Customer managed keys", 1_001));
    timeline.set(increase("us-east-1", "CreateKey request rate", 8));
    timeline.advance(Span::hours(1));
    timeline.set(increase("us-east-1", "CreateKey request rate", 6));
    let most = |timeline: &Timeline, region: &str| {
        let (world, region) = (timeline.world(), region.parse().unwrap());
        let rate = world.account_rate("CreateKey request rate".parse().unwrap(), KEY.account, region);
        (world.most(Quota::Keys, KEY.account, region).unwrap(), rate.to_string())
    };
    assert_eq!(
        timeline.world().next_due().map(|(at, due)| (at.to_string(), due)),
        Some(("2030-01-03T00:00:00Z".to_owned(), Due::Increase))
    );
    assert!(timeline.advance(Span::minutes(47 * 60 - 1)).is_empty());
    assert_eq!(most(&timeline, "us-east-1"), (1_000, "5".to_owned()));
    let events: Vec<String> = timeline.advance(Span::minutes(1)).iter().map(render::event).collect();
    expect_test::expect![[r#"
        2030-01-03T00:00:00Z Customer managed keys raised to 1001: account 111122223333 in us-east-1
        2030-01-03T00:00:00Z CreateKey request rate raised to 8: account 111122223333 in us-east-1"#]]
    .assert_eq(&events.join("\n"));
    assert_eq!(most(&timeline, "us-east-1"), (1_001, "8".to_owned()));
    assert_eq!(most(&timeline, "eu-west-1"), (1_000, "5".to_owned()), "in another Region");
    timeline.advance(Span::hours(1));
    assert_eq!(most(&timeline, "us-east-1"), (1_001, "8".to_owned()), "less than there is changes nothing");

    let restored = Timeline::restore(&timeline.snapshot()).unwrap();
    assert_eq!(most(&restored, "us-east-1"), (1_001, "8".to_owned()));
    assert_eq!(restored.snapshot(), timeline.snapshot());
    let mut world = World::clone(restored.world());
    fill_keys(&mut world, 1_001);
    assert!(ask(&mut world, "CreateKey", nothing(0)).fault.unwrap().message.unwrap().contains("has the 1001 customer"));
    world.set(Setting::Rules(Rules::Today));
    assert_eq!(
        world.most(Quota::Keys, KEY.account, KEY.region),
        Some(100_000),
        "what was raised is the least there is"
    );

    for fixed in ["Tags per key", "Custom key store request rate", "Key policy bytes", "Wishes"] {
        let asked = json!({ "account": "111122223333", "region": "us-east-1", "quota": fixed, "to": 1 });
        let refused = serde_json::from_value::<Setting>(json!({ "increase": asked })).unwrap_err();
        assert!(refused.to_string().contains("a quota that AWS raises"), "{refused}");
    }
}

/// A world with [`KEY`] alone, which is a multi-Region key too when it has to be.
fn world(rules: Rules) -> World {
    let mut world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    world.set(Setting::Rules(rules));
    add(&mut world, *KEY);
    world
}

fn add(world: &mut World, arn: KeyArn) {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| {
        let text = r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}}"#;
        Policy::parse(text, PolicyKind::Key).unwrap()
    });
    let kind = Kind { spec: KeySpec::SymmetricDefault, usage: KeyUsage::EncryptDecrypt, origin: Origin::AwsKms };
    let key = Key::create(arn, kind, POLICY.clone(), String::new(), world.now, &mut world.entropy);
    world.add_key(key).unwrap();
}

fn ask(world: &mut World, operation: &str, body: String) -> Outcome {
    asked_in(world, Region::US_EAST_1, operation, body)
}

fn asked_in(world: &mut World, region: Region, operation: &str, body: String) -> Outcome {
    let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
    endpoint::call(world, &Request::new(caller, region, operation, body), 1, Tracing::Off)
}

fn fill_nothing(_: &mut World, _: u32) {}

fn fill_keys(world: &mut World, count: u32) {
    // One is there.
    for nth in 1..count {
        add(world, KeyArn { id: KeyId::from_random(u128::from(nth).to_be_bytes()), ..*KEY });
    }
}

fn fill_replica_region(world: &mut World, count: u32) {
    let region = "eu-west-1".parse().unwrap();
    for nth in 0..count {
        add(world, KeyArn { region, id: KeyId::from_random(u128::from(nth).to_be_bytes()), ..*KEY });
    }
    for nth in 0..2 {
        add(world, KeyArn { id: KeyId::multi_region_from_random([nth; 16]), ..*KEY });
    }
}

fn fill_aliases(world: &mut World, count: u32) {
    for nth in 1..=count {
        let alias =
            AliasArn { account: KEY.account, region: KEY.region, name: format!("alias/n{nth}").parse().unwrap() };
        world.add_alias(alias, *KEY).unwrap();
    }
}

fn fill_grants(world: &mut World, count: u32) {
    let terms: Terms = serde_json::from_value(json!({
        "grantee": "arn:aws:iam::111122223333:user/Developer",
        "retiring": null,
        "operations": ["Decrypt"],
        "constraints": { "encryption_context": null, "source_arn": null },
        "name": null,
    }))
    .unwrap();
    for _ in 0..count {
        world.add_grant(*KEY, terms.clone(), KEY.account, None).unwrap();
    }
}

fn fill_rotations(world: &mut World, count: u32) {
    for _ in 0..count {
        assert_eq!(ask(world, "RotateKeyOnDemand", key_id(0)).response.status, 200);
    }
}

fn fill_tags(world: &mut World, count: u32) {
    for nth in 0..count {
        assert_eq!(ask(world, "TagResource", tag(100 + nth)).response.status, 200);
    }
}

fn nothing(_: u32) -> String {
    "{}".to_owned()
}

fn key_id(_: u32) -> String {
    json!({ "KeyId": KEY.id.to_string() }).to_string()
}

fn replicate(nth: u32) -> String {
    let id = KeyId::multi_region_from_random([u8::from(nth.is_multiple_of(2)); 16]);
    json!({ "KeyId": id.to_string(), "ReplicaRegion": "eu-west-1" }).to_string()
}

fn alias(nth: u32) -> String {
    json!({ "AliasName": format!("alias/n{nth}"), "TargetKeyId": KEY.id.to_string() }).to_string()
}

fn grant(_: u32) -> String {
    let grantee = "arn:aws:iam::111122223333:user/Developer";
    json!({ "KeyId": KEY.id.to_string(), "GranteePrincipal": grantee, "Operations": ["Decrypt"] }).to_string()
}

fn tag(nth: u32) -> String {
    json!({ "KeyId": KEY.id.to_string(), "Tags": [{ "TagKey": nth.to_string(), "TagValue": "" }] }).to_string()
}

/// A policy of so many bytes.
fn policy_of(bytes: u32) -> String {
    let policy =
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#;
    let spaces = " ".repeat(usize::try_from(bytes).unwrap() - policy.len());
    json!({ "KeyId": KEY.id.to_string(), "Policy": format!("{policy}{spaces}") }).to_string()
}
