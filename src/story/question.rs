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
    kms::World,
};

/// May this principal do this with that?
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub caller: Caller,
    /// For example `Decrypt`.
    pub operation: &'static str,
    pub key: KeyArn,
    /// The encryption context, for the operations that take one.
    pub context: BTreeMap<String, String>,
}

/// The operations that can be asked about. RetireGrant takes a grant rather than a permission, and key stores take a world
/// of their own to get as far as the decision.
pub fn operations() -> impl Iterator<Item = &'static str> {
    let names = model::operations().map(|(name, _)| name);
    names.filter(|name| *name != "RetireGrant" && !name.contains("CustomKeyStore"))
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
        let timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let draft = timeline.draft(std::iter::empty());
        let key = timeline.world().keys().next().unwrap().arn;
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
