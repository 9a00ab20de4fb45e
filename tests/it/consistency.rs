//! Eventual consistency: what decides before, at and after the moment when a change is known everywhere.

use kms_playground::{
    arn::Region,
    clock::Span,
    endpoint::{self, Outcome, Request, Tracing},
    entropy::Seed,
    kms::{Consistency, Setting, World},
};
use serde_json::{Value, json};

const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/Administrator";
const DEVELOPER: &str = "arn:aws:iam::111122223333:user/Developer";
const FIVE_MINUTES: i64 = 300_000;

/// A world with one key, `alias/orders`, of which the developer may do only what a grant, a tag or an alias gives.
struct Scene {
    world: World,
    key: String,
    grant: Value,
}

impl Scene {
    fn new(consistency: Consistency) -> Self {
        let mut world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        world.set(Setting::Consistency(consistency));
        let mut scene = Self { world, key: String::new(), grant: Value::Null };
        let made = scene.administer("CreateKey", json!({}));
        scene.key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        let allow = |action: &str, condition: Value| json!({ "Effect": "Allow", "Principal": { "AWS": DEVELOPER }, "Action": action, "Resource": "*", "Condition": condition });
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": ADMINISTRATOR }, "Action": "kms:*", "Resource": "*" },
            allow("kms:GenerateDataKey", json!({ "StringEquals": { "aws:ResourceTag/team": "blue" } })),
            allow("kms:GenerateDataKeyWithoutPlaintext", json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/orders" } })),
        ] });
        scene.change("PutKeyPolicy", json!({ "Policy": policy.to_string(), "BypassPolicyLockoutSafetyCheck": true }));
        scene
    }

    fn ask(&mut self, caller: &str, operation: &str, body: &Value) -> Outcome {
        let request = Request::new(caller.parse().unwrap(), Region::US_EAST_1, operation, body.to_string());
        endpoint::call(&mut self.world, &request, 1, Tracing::On)
    }

    fn administer(&mut self, operation: &str, body: Value) -> Value {
        let outcome = self.ask(ADMINISTRATOR, operation, &body);
        assert!(outcome.fault.is_none(), "{operation}: {}", outcome.response.body);
        serde_json::from_str(&outcome.response.body).unwrap_or_default()
    }

    fn change(&mut self, operation: &str, mut body: Value) -> Value {
        let member = if operation.ends_with("Alias") { "TargetKeyId" } else { "KeyId" };
        if operation != "DeleteAlias" {
            body[member] = json!(self.key);
        }
        self.administer(operation, body)
    }

    /// One line of a table.
    fn act(&mut self, deed: &str) {
        match deed {
            "grant" => {
                self.grant =
                    self.change("CreateGrant", json!({ "GranteePrincipal": DEVELOPER, "Operations": ["Encrypt"] }));
            }
            "revoke" => _ = self.change("RevokeGrant", json!({ "GrantId": self.grant["GrantId"] })),
            "retire" => _ = self.administer("RetireGrant", json!({ "GrantToken": self.grant["GrantToken"] })),
            "untag" => _ = self.change("UntagResource", json!({ "TagKeys": ["team"] })),
            "name" => _ = self.change("CreateAlias", json!({ "AliasName": "alias/orders" })),
            "rename" => {
                self.change("CreateAlias", json!({ "AliasName": "alias/invoices" }));
                self.change("DeleteAlias", json!({ "AliasName": "alias/orders" }));
            }
            "away" => {
                let other = self.administer("CreateKey", json!({}))["KeyMetadata"]["KeyId"].clone();
                self.administer("UpdateAlias", json!({ "AliasName": "alias/orders", "TargetKeyId": other }));
            }
            "instant" => _ = self.world.set(Setting::Consistency(Consistency::Instant)),
            "eventual" => _ = self.world.set(Setting::Consistency(Consistency::Eventual)),
            _ => {
                if let Some(team) = deed.strip_prefix("tag ") {
                    self.change("TagResource", json!({ "Tags": [{ "TagKey": "team", "TagValue": team }] }));
                } else {
                    let millis: i64 = deed.parse().unwrap_or_else(|_| panic!("{deed}"));
                    self.world.advance(Span::from_millis(millis));
                }
            }
        }
    }

    fn try_it(&mut self, how: &str) -> Outcome {
        let key = json!({ "KeyId": self.key });
        let sealing = |tokens: Value| json!({ "KeyId": key["KeyId"], "Plaintext": "aGVsbG8=", "GrantTokens": tokens });
        match how {
            "encrypt" => self.ask(DEVELOPER, "Encrypt", &sealing(json!([]))),
            "token" => {
                let body = sealing(json!([self.grant["GrantToken"]]));
                self.ask(DEVELOPER, "Encrypt", &body)
            }
            "tagged" => self.ask(DEVELOPER, "GenerateDataKey", &json!({ "KeyId": self.key, "KeySpec": "AES_256" })),
            "named" => {
                let body = json!({ "KeyId": self.key, "KeySpec": "AES_256" });
                self.ask(DEVELOPER, "GenerateDataKeyWithoutPlaintext", &body)
            }
            _ => panic!("{how}"),
        }
    }
}

/// What is done, in order, with milliseconds that pass in between; what is tried then; and what comes of it with eventual
/// consistency and without.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("", "encrypt", "AccessDeniedException", "AccessDeniedException"),
    ("grant", "encrypt", "AccessDeniedException", "ok"),
    ("grant", "token", "ok", "ok"),
    ("grant, 299999", "encrypt", "AccessDeniedException", "ok"),
    ("grant, 299999", "token", "ok", "ok"),
    ("grant, 300000", "encrypt", "ok", "ok"),
    ("grant, 300000", "token", "ok", "ok"),
    // The end of a grant takes as long.
    ("grant, 300000, revoke", "encrypt", "ok", "AccessDeniedException"),
    ("grant, 300000, revoke", "token", "InvalidGrantTokenException", "InvalidGrantTokenException"),
    ("grant, 300000, revoke, 299999", "encrypt", "ok", "AccessDeniedException"),
    ("grant, 300000, revoke, 300000", "encrypt", "AccessDeniedException", "AccessDeniedException"),
    ("grant, 300000, retire, 299999", "encrypt", "ok", "AccessDeniedException"),
    ("grant, 300000, retire, 300000", "encrypt", "AccessDeniedException", "AccessDeniedException"),
    // One that was never known everywhere gives nothing after its end.
    ("grant, 299999, revoke", "encrypt", "AccessDeniedException", "AccessDeniedException"),
    ("grant, 299999, revoke, 1", "encrypt", "AccessDeniedException", "AccessDeniedException"),
    // Tags and aliases decide as they were.
    ("tag blue", "tagged", "AccessDeniedException", "ok"),
    ("tag blue, 299999", "tagged", "AccessDeniedException", "ok"),
    ("tag blue, 300000", "tagged", "ok", "ok"),
    ("tag blue, 300000, untag, 299999", "tagged", "ok", "AccessDeniedException"),
    ("tag blue, 300000, untag, 300000", "tagged", "AccessDeniedException", "AccessDeniedException"),
    // Of several changes each is known in its turn.
    ("tag blue, 100000, tag red, 199999", "tagged", "AccessDeniedException", "AccessDeniedException"),
    ("tag blue, 100000, tag red, 200000", "tagged", "ok", "AccessDeniedException"),
    ("tag blue, 100000, tag red, 299999", "tagged", "ok", "AccessDeniedException"),
    ("tag blue, 100000, tag red, 300000", "tagged", "AccessDeniedException", "AccessDeniedException"),
    ("name", "named", "AccessDeniedException", "ok"),
    ("name, 299999", "named", "AccessDeniedException", "ok"),
    ("name, 300000", "named", "ok", "ok"),
    ("name, 300000, rename, 299999", "named", "ok", "AccessDeniedException"),
    ("name, 300000, rename, 300000", "named", "AccessDeniedException", "AccessDeniedException"),
    ("name, 300000, away, 299999", "named", "ok", "AccessDeniedException"),
    ("name, 300000, away, 300000", "named", "AccessDeniedException", "AccessDeniedException"),
    // Whatever waits is known at once when the world is told so, and what was so before it was told waits for nothing.
    ("grant, tag blue, instant", "encrypt", "ok", "ok"),
    ("grant, tag blue, instant", "tagged", "ok", "ok"),
    ("grant, tag blue, instant, eventual", "encrypt", "ok", "ok"),
    ("grant, tag blue, instant, eventual", "tagged", "ok", "ok"),
];

#[test]
fn what_changed_decides_when_it_is_known_everywhere() {
    for (deeds, how, eventual, instant) in ROWS {
        for (consistency, expected) in [(Consistency::Eventual, eventual), (Consistency::Instant, instant)] {
            let mut scene = Scene::new(consistency);
            deeds.split(", ").filter(|deed| !deed.is_empty()).for_each(|deed| scene.act(deed));
            let outcome = scene.try_it(how);
            let got = outcome.fault.as_ref().map_or("ok", |fault| fault.kind);
            assert_eq!(got, *expected, "{deeds}; {how}, {consistency}");
            // A saved world goes on as this one.
            let opened: World = serde_json::from_str(&serde_json::to_string(&scene.world).unwrap()).unwrap();
            let again = Scene { world: opened, ..scene }.try_it(how);
            assert_eq!(again.fault.map_or("ok", |fault| fault.kind), *expected, "{deeds}; {how}, {consistency}, saved");
        }
    }
}

#[test]
fn a_decision_says_what_is_not_known_yet_and_until_when() {
    let mut scene = Scene::new(Consistency::Eventual);
    ["tag blue", "1000", "grant"].into_iter().for_each(|deed| scene.act(deed));
    let decision = |outcome: &Outcome| serde_json::to_value(&outcome.decisions).unwrap()[0].clone();
    let begun = |outcome: &Outcome| {
        let checks = decision(outcome)["checks"].clone();
        let grants =
            checks.as_array().unwrap().iter().find(|check| check["check"] == "Grants").unwrap()["grants"].clone();
        grants[0]["findings"][0].clone()
    };
    let denied = scene.try_it("encrypt");
    let from = "from 2030-01-01T00:05:01Z on, or with its token";
    assert_eq!(
        begun(&denied),
        json!({ "part": "Begun", "want": from, "got": "earlier, without its token", "matched": false })
    );
    assert_eq!(decision(&denied)["lags"], json!([{ "of": "Tags", "until": "2030-01-01T00:05:00Z" }]));
    assert_eq!(
        begun(&scene.try_it("token")),
        json!({ "part": "Begun", "want": from, "got": "its token", "matched": true })
    );
    scene.act("300000");
    assert_eq!(begun(&scene.try_it("encrypt"))["part"], "Grantee");
    assert!(decision(&scene.try_it("encrypt")).get("lags").is_none());
    scene.act("revoke");
    let known = "ended, which is known everywhere from 2030-01-01T00:10:01Z on";
    assert_eq!(
        begun(&scene.try_it("encrypt")),
        json!({ "part": "Ended", "want": known, "got": "earlier", "matched": true })
    );
}

#[test]
fn a_world_forgets_what_is_known_everywhere_and_an_instant_one_has_nothing_to_forget() {
    let deeds = ["grant", "tag blue", "name", "300000", "revoke", "untag", "rename"];
    for (consistency, waits) in [(Consistency::Instant, false), (Consistency::Eventual, true)] {
        let mut scene = Scene::new(consistency);
        let written = |world: &World| serde_json::to_value(world).unwrap()["spreading"].clone();
        let empty = written(&scene.world);
        assert_eq!(empty.is_null(), !waits);
        deeds.into_iter().for_each(|deed| scene.act(deed));
        assert_eq!(written(&scene.world) != empty, waits);
        let mut whole = scene.world.clone();
        whole.advance(Span::from_millis(FIVE_MINUTES));
        for millis in [0, 100_000, FIVE_MINUTES - 1, FIVE_MINUTES] {
            let mut cut = scene.world.clone();
            cut.advance(Span::from_millis(millis));
            cut.advance(Span::from_millis(FIVE_MINUTES - millis));
            assert_eq!(serde_json::to_string(&cut).unwrap(), serde_json::to_string(&whole).unwrap(), "cut at {millis}");
        }
        assert_eq!(written(&whole), empty);
    }
}
