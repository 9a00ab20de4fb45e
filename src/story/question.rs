//! A question about permissions, and the smallest request that asks it: one that gets as far as the decision.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    arn::{KeyArn, Region},
    endpoint::{
        Request,
        model::{self, Member, Shape, ShapeKind},
    },
    estate::principal::Caller,
    kms::{World, grant::GrantPrincipal},
};

/// May this principal do this with that?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub caller: Caller,
    /// For example `Decrypt`.
    pub operation: &'static str,
    pub key: KeyArn,
    /// The encryption context, for the operations that take one.
    pub context: BTreeMap<String, String>,
}

/// The operations that can be asked about: all of them.
pub fn operations() -> impl Iterator<Item = &'static str> {
    model::operations().map(|(name, _)| name)
}

impl Question {
    /// The request: in the key's Region, as a dry run where there is such a thing, and with stand-ins for what has no
    /// say in the decision.
    pub fn request(&self, world: &World) -> Request {
        let mut body = Map::new();
        if let Some(operation) = model::operation(self.operation) {
            for (name, member) in &operation.input.members {
                let required = operation.input.required.contains(name);
                if let Some(value) = self.member(name, member, required, world) {
                    body.insert(name.clone(), value);
                }
            }
        }
        Request::new(self.caller.clone(), self.key.region, self.operation, Value::Object(body).to_string())
    }

    /// The requests of one caller for every operation on a key.
    pub fn of_every_operation(
        caller: &Caller,
        key: KeyArn,
        context: &BTreeMap<String, String>,
        world: &World,
    ) -> Vec<Request> {
        let question = |operation| Self { caller: caller.clone(), operation, key, context: context.clone() };
        operations().map(|operation| question(operation).request(world)).collect()
    }

    /// Whether the operation takes an encryption context.
    pub fn takes_context(operation: &str) -> bool {
        model::operation(operation)
            .is_some_and(|operation| operation.input.members.keys().any(|name| name.ends_with("EncryptionContext")))
    }

    fn member(&self, name: &str, member: &Member, required: bool, world: &World) -> Option<Value> {
        let optional = |name: &str| match (name, self.operation) {
            ("DryRun", _) => Some(json!(true)),
            ("DryRunModifiers", "Decrypt" | "ReEncrypt") => Some(json!(["IGNORE_CIPHERTEXT"])),
            ("KeyId", "ListAliases") => None,
            ("KeyId" | "SourceKeyId" | "DestinationKeyId" | "TargetKeyId", _) => Some(json!(self.key.to_string())),
            ("KeySpec", "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext") => Some(json!("AES_256")),
            ("ExpirationModel", _) => Some(json!("KEY_MATERIAL_DOES_NOT_EXPIRE")),
            ("NumberOfBytes", "GenerateRandom") => Some(json!(32)),
            ("CloudHsmClusterId", "CreateCustomKeyStore") => Some(json!("cluster-234567abcdefg")),
            ("KeyStorePassword" | "TrustAnchorCertificate", "CreateCustomKeyStore") => Some(json!("a-stand-in")),
            // The one that names the caller, if one does.
            ("GrantId", "RetireGrant") => {
                let named = self.caller.principals();
                let is_named = |name: &GrantPrincipal| named.contains(name.named());
                let mut grants = world.grants().of(&self.key).iter(None).peekable();
                let first = grants.peek().copied();
                let found =
                    grants.find(|it| is_named(&it.terms.grantee) || it.terms.retiring.as_ref().is_some_and(is_named));
                found.or(first).map(|grant| json!(grant.id.to_string()))
            }
            ("GranteePrincipal", "CreateGrant") | ("RetiringPrincipal", "ListRetirableGrants") => {
                Some(json!(self.caller.to_string()))
            }
            ("EncryptionContext" | "SourceEncryptionContext" | "DestinationEncryptionContext", _) => {
                (!self.context.is_empty()).then(|| json!(self.context))
            }
            _ => None,
        };
        let stand_in = || match name {
            "AliasName" => {
                let of_key = world.aliases_of(self.key).next().filter(|_| self.operation != "CreateAlias");
                json!(of_key.map_or("alias/a-new-name", |alias| alias.as_str()))
            }
            "Operations" => json!(["Decrypt"]),
            "Tags" => json!([{"TagKey": "team", "TagValue": "billing"}]),
            "TagKeys" => json!(["team"]),
            "Policy" => json!(world.key(&self.key).map(|key| key.policy.text())),
            "ReplicaRegion" | "PrimaryRegion" => {
                json!(Region::ALL.iter().find(|region| **region != self.key.region).map(ToString::to_string))
            }
            _ => of_shape(member),
        };
        optional(name).or_else(|| required.then(stand_in))
    }
}

fn of_shape(member: &Member) -> Value {
    let Member::Plain(Shape { kind, values, .. }) = member else { return json!({}) };
    match (values.as_ref().and_then(|values| values.first()), kind) {
        (Some(first), _) => json!(first),
        (None, ShapeKind::Blob) => json!("AA=="),
        (None, ShapeKind::Boolean) => json!(true),
        (None, ShapeKind::Integer | ShapeKind::Timestamp) => json!(1),
        (None, ShapeKind::List) => json!([]),
        (None, ShapeKind::Map) => json!({}),
        (None, ShapeKind::String) => json!("x"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        endpoint::Tracing,
        entropy::Seed,
        ops::table::{self, Entry},
        timeline::Timeline,
    };

    #[test]
    fn every_operation_with_a_permission_gets_as_far_as_the_decision() {
        let mut timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let developer = "arn:aws:iam::111122223333:user/Developer";
        let grant = format!(r#"{{"KeyId": "KEY", "GranteePrincipal": "{developer}", "Operations": ["Decrypt"]}}"#);
        let key = timeline.world().keys().next().unwrap().arn;
        let grant = grant.replace("KEY", &key.to_string());
        let administrator: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        assert!(timeline.call(administrator, Region::US_EAST_1, "CreateGrant", grant).fault.is_none());
        let draft = timeline.draft(std::iter::empty());
        let context = BTreeMap::from([("tenant".to_owned(), "7".to_owned())]);
        let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        for operation in operations() {
            let Some(Entry { spec, .. }) = table::find(operation) else { continue };
            let question = Question { caller: caller.clone(), operation, key, context: context.clone() };
            let outcome = draft.explain(&question.request(draft.world()), Tracing::On);
            let decided = outcome.decisions.first().map(|decision| &*decision.action);
            let expected = spec.demands.first().map(|demand| demand.action);
            assert_eq!(decided, expected, "{}: {}", spec.name, outcome.response.body);
        }
    }
}
