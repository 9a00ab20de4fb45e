//! What is proven of all requests holds for every request of a small world, and what is refuted does not: each claim is
//! held against an enumeration that knows nothing of how it was decided.

use std::collections::BTreeMap;

use kms_playground::{
    analysis::prove,
    authz::{decision::Verdict, simulate::Scenario},
    policy::{Policy, PolicyKind, context::RequestContext},
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const HOME: &str = "111122223333";
const OTHER: &str = "444455556666";
/// What claims are about: the first, or all.
const ACTIONS: &[&str] = &["Decrypt", "DescribeKey", "PutKeyPolicy"];

/// A principal, what follows from who it is, and the names by which a claim can mean it.
struct Somebody {
    principal: Value,
    context: BTreeMap<&'static str, String>,
    names: Vec<String>,
}

fn everybody() -> Vec<Somebody> {
    let mut all = Vec::new();
    for account in [HOME, OTHER, "777788889999"] {
        let mut push = |principal: Value, kind: &str, arn: String, own: Option<String>| {
            let mut context = BTreeMap::from([
                ("aws:PrincipalArn", arn.clone()),
                ("aws:PrincipalType", kind.to_owned()),
                ("aws:PrincipalAccount", account.to_owned()),
                ("kms:CallerAccount", account.to_owned()),
                ("aws:PrincipalIsAWSService", "false".to_owned()),
            ]);
            if let Some(name) = own {
                context.insert("aws:username", name);
            }
            all.push(Somebody { principal, context, names: vec![account.to_owned(), arn] });
        };
        push(
            json!({"kind": "account-root", "account": account}),
            "Account",
            format!("arn:aws:iam::{account}:root"),
            None,
        );
        for name in ["Ann", "Bob"] {
            let arn = format!("arn:aws:iam::{account}:user/{name}");
            push(json!({"kind": "user", "arn": arn}), "User", arn, Some(name.to_owned()));
        }
        for role in ["App", "Batch"] {
            let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/s");
            push(
                json!({"kind": "role-session", "arn": arn}),
                "AssumedRole",
                format!("arn:aws:iam::{account}:role/{role}"),
                None,
            );
        }
    }
    for service in ["s3.amazonaws.com", "sns.amazonaws.com"] {
        let context = BTreeMap::from([
            ("aws:PrincipalIsAWSService", "true".to_owned()),
            ("aws:PrincipalServiceName", service.to_owned()),
        ]);
        let principal = json!({"kind": "service", "service": service});
        all.push(Somebody { principal, context, names: vec![service.to_owned()] });
    }
    all
}

/// What else a request can have: pairs, the service that passes it on, a second factor, an address; each only where
/// anybody mentions it.
fn contexts(service: bool, mentions: impl Fn(&str) -> bool) -> Vec<Value> {
    let pairs: &[&[(&str, &str)]] = &[
        &[],
        &[("tenant", "7")],
        &[("tenant", "77")],
        &[("tenant", "8")],
        &[("TENANT", "7")],
        &[("doc", "1")],
        &[("doc", "1"), ("tenant", "7")],
    ];
    let pairs = if mentions("EncryptionContext") { pairs } else { &pairs[..1] };
    let of = |name, values: &'static [Option<&'static str>]| if mentions(name) { values } else { &values[..1] };
    let mut all = Vec::new();
    for pairs in pairs {
        for &passed in of("Via", &[None, Some("s3.us-east-1.amazonaws.com"), Some("ec2.us-east-1.amazonaws.com")]) {
            for &factor in of("MultiFactor", &[None, Some("true"), Some("false")]) {
                for &address in of("SourceIp", &[None, Some("203.0.113.7"), Some("2001:db8::1")]) {
                    if service && (passed.is_some() || factor.is_some()) {
                        continue;
                    }
                    let mut context = json!({});
                    for (name, value) in *pairs {
                        context[format!("kms:EncryptionContext:{name}")] = json!(value);
                    }
                    if !pairs.is_empty() {
                        context["kms:EncryptionContextKeys"] = pairs.iter().map(|(name, _)| *name).collect();
                    }
                    let open =
                        [("kms:ViaService", passed), ("aws:MultiFactorAuthPresent", factor), ("aws:SourceIp", address)];
                    for (key, value) in open {
                        if let Some(value) = value {
                            context[key] = json!(value);
                        }
                    }
                    if !service {
                        context["aws:ViaAWSService"] = json!(passed.is_some().to_string());
                    }
                    all.push(context);
                }
            }
        }
    }
    all
}

/// With which policies of its own a principal is asked about, as members of a scenario.
fn owns(claim: &Value, somebody: &Somebody) -> Vec<Value> {
    let all = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let nothing = json!({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}});
    let at_home = somebody.context.get("aws:PrincipalAccount").is_none_or(|account| account == HOME);
    if claim.get("nobody").is_some() {
        return vec![json!({"identityPolicies": [all]})];
    }
    if claim.get("always").is_some() {
        return vec![if at_home { json!({}) } else { json!({"identityPolicies": [all]}) }];
    }
    vec![
        json!({"identityPolicies": [all]}),
        json!({}),
        json!({"permissionsBoundary": nothing}),
        json!({"identityPolicies": [all], "permissionsBoundary": all}),
    ]
}

fn holds(conditions: &Value, context: &Value) -> bool {
    let text = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": conditions}});
    let policy = Policy::parse(&text.to_string(), PolicyKind::Identity).unwrap();
    let mut known = RequestContext::default();
    for (key, value) in context.as_object().unwrap() {
        match value {
            Value::Array(values) => known.set_many(key, values.iter().map(|value| value.as_str().unwrap())),
            value => known.set(key, value.as_str().unwrap()),
        }
    }
    policy.statements()[0].conditions.iter().all(|condition| condition.holds(&known).0)
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().map(|list| list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()).unwrap_or_default()
}

/// Whether the verdicts, under the new and the old policy, are against the claim.
fn speaks_against(claim: &Value, meant: impl Fn(&[String]) -> bool, context: &Value, verdicts: [Verdict; 2]) -> bool {
    let [now, before] = verdicts.map(|verdict| verdict == Verdict::Allowed);
    if let Some(nobody) = claim.get("nobody") {
        let excused = nobody.get("unless").is_some_and(|conditions| holds(conditions, context));
        return now && !excused && !meant(&names(&nobody["but"]));
    }
    if let Some(always) = claim.get("always") {
        let asked = always.get("when").is_none_or(|conditions| holds(conditions, context));
        return !now && asked && meant(&names(&always["principals"]));
    }
    now && !before
}

/// A request of the small world that speaks against the claim.
fn search(setting: &Value, claim: &Value) -> Option<(Value, Value)> {
    let old = claim.pointer("/nothingNew/since").unwrap_or(&setting["keyPolicy"]);
    let one = claim.as_object().unwrap().values().any(|claim| claim["actions"] == json!(["kms:Decrypt"]));
    let text = format!("{setting}{claim}");
    let actions = if one { &ACTIONS[..1] } else { ACTIONS };
    for somebody in everybody() {
        let meant = |names: &[String]| somebody.names.iter().any(|name| names.contains(name));
        for own in owns(claim, &somebody) {
            let scenario = |policy: &Value| {
                let mut scenario = own.clone();
                scenario["principal"] = somebody.principal.clone();
                scenario["keyPolicy"] = policy.clone();
                scenario["request"] = json!({"action": "kms:Decrypt", "resource": {"arn": KEY}});
                Scenario::parse(&scenario.to_string()).unwrap()
            };
            let [new, old] = [&setting["keyPolicy"], old].map(scenario);
            for action in actions {
                for mut context in contexts(somebody.principal["kind"] == "service", |name| text.contains(name)) {
                    let context_of = context.as_object_mut().unwrap();
                    context_of.extend(somebody.context.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
                    if *action != "Decrypt" {
                        context_of.retain(|key, _| !key.starts_with("kms:EncryptionContext"));
                    }
                    let request =
                        json!({"action": format!("kms:{action}"), "resource": {"arn": KEY}, "context": context});
                    let ask = |scenario: &Scenario| scenario.ask(&request.to_string(), false).unwrap().verdict;
                    let now = ask(&new);
                    let verdicts = [now, if claim.get("nothingNew").is_some() { ask(&old) } else { now }];
                    if speaks_against(claim, meant, &context, verdicts) {
                        return Some((somebody.principal, request));
                    }
                }
            }
        }
    }
    None
}

fn condition() -> impl Strategy<Value = Value> + Clone {
    let one = |operator: &str, key: &str, value: &str| json!({operator: {key: value}});
    let tenant = "kms:EncryptionContext:tenant";
    prop::sample::select(vec![
        json!({}),
        json!({}),
        one("StringEquals", tenant, "7"),
        one("StringNotEquals", tenant, "7"),
        one("StringEqualsIfExists", tenant, "7"),
        one("StringLike", "kms:EncryptionContext:Tenant", "7*"),
        one("Null", tenant, "false"),
        one("ForAllValues:StringEquals", "kms:EncryptionContextKeys", "tenant"),
        one("ForAnyValue:StringLike", "kms:EncryptionContextKeys", "t*"),
        one("StringEquals", "kms:CallerAccount", HOME),
        one("StringNotEquals", "aws:PrincipalAccount", OTHER),
        one("StringLike", "aws:PrincipalAccount", "1*"),
        one("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/A*"),
        one("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/Ann"),
        one("StringLike", "aws:username", "A*"),
        one("StringEquals", "aws:PrincipalType", "User"),
        one("Bool", "aws:PrincipalIsAWSService", "true"),
        one("StringEquals", "aws:PrincipalServiceName", "s3.amazonaws.com"),
        one("Bool", "aws:MultiFactorAuthPresent", "true"),
        one("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
        one("StringLike", "kms:ViaService", "s3.*"),
        one("Null", "kms:ViaService", "true"),
        one("Bool", "aws:ViaAWSService", "true"),
        one("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        one("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ])
}

fn statement() -> impl Strategy<Value = Value> {
    let principal = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": HOME}),
        json!({"AWS": OTHER}),
        json!({"AWS": "arn:aws:iam::111122223333:user/Ann"}),
        json!({"AWS": ["arn:aws:iam::111122223333:role/App", "arn:aws:iam::444455556666:role/App"]}),
        json!({"AWS": "arn:aws:sts::111122223333:assumed-role/App/s"}),
        json!({"Service": "s3.amazonaws.com"}),
    ]);
    let action = prop::sample::select(vec!["kms:*", "kms:D*", "kms:Decrypt", "kms:Put*"]);
    (any::<bool>(), principal, action, condition(), condition(), 0..8).prop_map(
        |(allows, principal, action, one, other, not)| {
            let mut statement = json!({
                "Effect": if allows || not == 7 { "Allow" } else { "Deny" },
                "Action": action,
                "Resource": "*",
                "Condition": one,
            });
            for (operator, keys) in other.as_object().unwrap() {
                statement["Condition"][operator] = keys.clone();
            }
            let not_principal = not == 6 && !allows && principal != json!("*");
            statement[if not_principal { "NotPrincipal" } else { "Principal" }] = principal;
            statement
        },
    )
}

fn policy() -> impl Strategy<Value = Value> {
    let statements = prop::collection::vec(statement(), 1..4);
    statements.prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn claim() -> impl Strategy<Value = Value> {
    let names = prop::sample::subsequence(
        vec![
            HOME,
            OTHER,
            "arn:aws:iam::111122223333:user/Ann",
            "arn:aws:iam::444455556666:role/App",
            "s3.amazonaws.com",
        ],
        1..4,
    );
    let actions = prop::sample::select(vec![vec!["kms:Decrypt"], vec!["kms:D*", "kms:PutKeyPolicy"]]);
    let named = (names, actions.clone(), condition(), any::<bool>());
    prop_oneof![
        named.clone().prop_map(|(names, actions, unless, conditional)| {
            let mut claim = json!({"nobody": {"actions": actions, "but": names}});
            if conditional && unless != json!({}) {
                claim["nobody"]["unless"] = unless;
            }
            claim
        }),
        named.prop_map(|(names, actions, when, conditional)| {
            let mut claim = json!({"always": {"actions": actions, "principals": names}});
            if conditional {
                claim["always"]["when"] = when;
            }
            claim
        }),
        (policy(), actions).prop_map(|(since, actions)| json!({"nothingNew": {"since": since, "actions": actions}})),
    ]
}

/// The names by which a claim can mean the principal of a scenario.
fn names_of(principal: &Value) -> Vec<String> {
    let member = |name: &str| principal[name].as_str().map(str::to_owned);
    let account = principal["arn"].as_str().and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
    let members = ["arn", "account", "roleArn", "userArn", "service"].map(member);
    members.into_iter().chain([account]).flatten().collect()
}

/// Whether the answer says what the enumeration found.
fn check(setting: &Value, claim: &Value) -> &'static str {
    let answer = prove::of_text(&setting.to_string(), &claim.to_string()).unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    match answer["answer"].as_str().unwrap() {
        "proven" => {
            assert_eq!(search(setting, claim), None, "{setting} {claim} is proven");
            "proven"
        }
        "refuted" => {
            let decide = |policy: &Value| {
                let mut scenario = answer["scenario"].clone();
                scenario["keyPolicy"] = policy.clone();
                Scenario::parse(&scenario.to_string()).unwrap().decide(false).verdict
            };
            let old = claim.pointer("/nothingNew/since").unwrap_or(&setting["keyPolicy"]);
            let verdicts = [decide(&setting["keyPolicy"]), decide(old)];
            let own = names_of(&answer["scenario"]["principal"]);
            let meant = |names: &[String]| own.iter().any(|name| names.contains(name));
            let context = &answer["scenario"]["request"]["context"];
            assert!(speaks_against(claim, meant, context, verdicts), "{setting} {claim} is not refuted by {answer}");
            "refuted"
        }
        other => panic!("{other}: {answer}"),
    }
}

#[test]
fn proofs_agree_with_enumeration() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let told = std::cell::RefCell::new(BTreeMap::<&str, u32>::new());
    runner
        .run(&(policy(), claim()), |(policy, claim)| {
            let answer = check(&json!({"key": {"arn": KEY}, "keyPolicy": policy}), &claim);
            *told.borrow_mut().entry(answer).or_default() += 1;
            Ok(())
        })
        .unwrap();
    assert!(told.borrow().values().all(|count| *count > CASES / 8) && told.borrow().len() == 2, "{told:?}");
}

const CASES: u32 = 64;
