//! Requests to begin with, at least one for each operation, so that nobody faces an empty form.
//!
//! A text may refer to what is there: `${key}` is the id of the key behind `alias/orders`, which is made if it is not
//! there; `${Name}` is the last member of that name in an answer; `${account}` and `${region}` are the caller's.

use serde_json::Value;

use crate::{
    arn::{AliasArn, Region},
    crypto::memo,
    estate::principal::Caller,
    lang::msg,
    timeline::{SlowKey, StepResult, Timeline},
};

/// One request, and those that have to come before it.
#[derive(PartialEq)]
pub struct Example {
    pub operation: &'static str,
    /// For example `a message of 5 bytes`.
    pub title: &'static str,
    /// Whose request it is, as [`Caller::short_name`] says it.
    pub by: &'static str,
    /// Operations and their bodies; or `+` and a length of time that passes.
    before: &'static [(&'static str, &'static str)],
    body: &'static str,
}

/// An example in a world: the steps before it are made, its own request is not yet sent.
pub struct Prepared {
    pub timeline: Timeline,
    pub caller: Caller,
    pub body: String,
}

/// The examples of an operation.
pub fn of(operation: &str) -> impl Iterator<Item = &'static Example> {
    EXAMPLES.iter().filter(move |example| example.operation == operation)
}

impl Example {
    /// The request, if it needs nothing from before.
    pub fn plain(&self) -> Option<&'static str> {
        (self.before.is_empty() && !self.body.contains("${")).then_some(self.body)
    }

    /// The first slow key that [`Self::prepare`] would have to make.
    pub fn slow_key(&self, timeline: &Timeline, caller: &Caller, region: Region) -> Option<SlowKey> {
        let names_one = self.before.iter().any(|(_, body)| body.contains("RSA_"));
        names_one.then(|| memo::missing(|| drop(self.prepare(timeline, caller, region)))).flatten()
    }

    /// Makes what the example needs, for the account of `caller`.
    pub fn prepare(&self, timeline: &Timeline, caller: &Caller, region: Region) -> Prepared {
        let mut timeline = timeline.clone();
        let administrator = principal(&timeline, caller, ADMINISTRATOR);
        let wants_key = self.before.iter().map(|(_, body)| *body).chain([self.body]);
        if wants_key.into_iter().any(|body| body.contains("${key}") || body.contains(ALIAS)) {
            let there = orders(&timeline, &administrator, region).is_some();
            for (operation, body) in MAKE_ORDERS.iter().filter(|_| !there) {
                let body = filled(body, &timeline, &administrator, region);
                timeline.call(administrator.clone(), region, operation, body);
            }
        }
        for (operation, body) in self.before {
            if let Some(span) = body.strip_prefix('+').and_then(|span| span.parse().ok()) {
                timeline.advance(span);
                continue;
            }
            let body = filled(body, &timeline, &administrator, region);
            timeline.call(administrator.clone(), region, operation, body);
        }
        let caller = principal(&timeline, caller, self.by);
        let body = filled(self.body, &timeline, &caller, region);
        Prepared { timeline, caller, body }
    }
}

/// Whoever is called that in the account of `caller`, or `caller` where nobody is.
pub(super) fn principal(timeline: &Timeline, caller: &Caller, name: &str) -> Caller {
    let mut all = timeline.world().estate.callers().into_iter();
    all.find(|other| other.account() == caller.account() && other.short_name() == name)
        .unwrap_or_else(|| caller.clone())
}

/// The last value of a member in the answers up to the present.
pub fn answered(timeline: &Timeline, member: &str) -> Option<String> {
    let behind = timeline.steps().get(..timeline.cursor()).unwrap_or_default();
    behind.iter().rev().find_map(|step| match &step.result {
        StepResult::Answered(outcome) if outcome.fault.is_none() && outcome.response.body.contains(member) => {
            find(&serde_json::from_str(&outcome.response.body).ok()?, member)
        }
        StepResult::Answered(_) | StepResult::Passed(_) | StepResult::Served(_) => None,
    })
}

fn find(value: &Value, member: &str) -> Option<String> {
    match value {
        Value::Object(members) => match members.get(member) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => members.values().find_map(|value| find(value, member)),
        },
        Value::Array(elements) => elements.iter().find_map(|value| find(value, member)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn orders(timeline: &Timeline, caller: &Caller, region: Region) -> Option<String> {
    let name = ALIAS.parse().ok()?;
    let alias = timeline.world().alias(&AliasArn { account: caller.account(), region, name })?;
    Some(alias.key.id.to_string())
}

/// What cannot be filled in stays as it is, to be read.
pub(super) fn filled(body: &str, timeline: &Timeline, caller: &Caller, region: Region) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        let value = match name {
            "key" => orders(timeline, caller, region),
            "account" => Some(caller.account().to_string()),
            "region" => Some(region.to_string()),
            "elsewhere" => Region::ALL.iter().find(|other| **other != region).map(ToString::to_string),
            member => answered(timeline, member),
        };
        text.push_str(before);
        text.push_str(&value.unwrap_or_else(|| format!("${{{name}}}")));
        rest = tail;
    }
    text.push_str(rest);
    text
}

const ALIAS: &str = "alias/orders";
const ADMINISTRATOR: &str = "user/Administrator";
const KEY_ADMIN: &str = "user/KMSKeyAdmin";
const DEVELOPER: &str = "user/Developer";
const APPLICATION: &str = "role/OrdersApp";

const MAKE_ORDERS: &[(&str, &str)] =
    &[("CreateKey", "{}"), ("CreateAlias", r#"{"AliasName": "alias/orders", "TargetKeyId": "${KeyId}"}"#)];

const SIGNING: (&str, &str) = ("CreateKey", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#);
const HMAC: (&str, &str) = ("CreateKey", r#"{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}"#);
const AGREEING: (&str, &str) = ("CreateKey", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}"#);
const KEM: (&str, &str) = ("CreateKey", r#"{"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}"#);
const IMPORTED: (&str, &str) = ("CreateKey", r#"{"Origin": "EXTERNAL"}"#);
const MULTI_REGION: (&str, &str) = ("CreateKey", r#"{"MultiRegion": true}"#);
const SOON: (&str, &str) = ("", "+5m");
const GRANT: (&str, &str) = (
    "CreateGrant",
    r#"{"KeyId": "${key}", "GranteePrincipal": "arn:aws:iam::${account}:role/OrdersApp", "RetiringPrincipal": "arn:aws:iam::${account}:user/Administrator", "Operations": ["Encrypt", "Decrypt"]}"#,
);
const STORE: (&str, &str) = (
    "CreateCustomKeyStore",
    r#"{"CustomKeyStoreName": "vault", "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyUriEndpoint": "https://xks.playground.example", "XksProxyUriPath": "/kms/xks/v1", "XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyAuthenticationCredential": {"AccessKeyId": "PLAYGROUNDXKSPROXY23", "RawSecretAccessKey": "this/is/not/a/secret/of/the/playground/proxy"}}"#,
);

const fn one(
    operation: &'static str,
    title: &'static str,
    by: &'static str,
    before: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Example {
    Example { operation, title, by, before, body }
}

#[rustfmt::skip]
const EXAMPLES: &[Example] = &[
    one("CreateKey", msg!("a symmetric key with a description and a tag"), KEY_ADMIN, &[], r#"{"Description": "invoices of 2030", "Tags": [{"TagKey": "team", "TagValue": "billing"}]}"#),
    one("CreateKey", "an RSA key of 4,096 bits that signs", ADMINISTRATOR, &[], r#"{"KeySpec": "RSA_4096", "KeyUsage": "SIGN_VERIFY"}"#),
    one("CreateKey", msg!("by somebody who may not"), APPLICATION, &[], "{}"),
    one("DescribeKey", "the key behind alias/orders", DEVELOPER, &[], r#"{"KeyId": "alias/orders"}"#),
    one("ListKeys", msg!("the first keys"), DEVELOPER, &[], r#"{"Limit": 10}"#),
    one("UpdateKeyDescription", msg!("a new description"), KEY_ADMIN, &[], r#"{"KeyId": "${key}", "Description": "orders of all tenants"}"#),
    one("GetPublicKey", msg!("of a fresh signing key"), ADMINISTRATOR, &[SIGNING], r#"{"KeyId": "${KeyId}"}"#),
    one("GetKeyLastUsage", msg!("after an Encrypt"), ADMINISTRATOR, &[("Encrypt", r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8="}"#)], r#"{"KeyId": "${key}"}"#),
    one("Encrypt", msg!("“hello”, for tenant 7"), DEVELOPER, &[], r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8=", "EncryptionContext": {"tenant": "7"}}"#),
    one("Encrypt", msg!("as a dry run"), DEVELOPER, &[], r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8=", "DryRun": true}"#),
    one("Decrypt", msg!("what was just encrypted for tenant 7"), DEVELOPER, &[("Encrypt", r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8=", "EncryptionContext": {"tenant": "7"}}"#)], r#"{"CiphertextBlob": "${CiphertextBlob}", "EncryptionContext": {"tenant": "7"}}"#),
    one("Decrypt", msg!("with another context, which is refused"), DEVELOPER, &[("Encrypt", r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8=", "EncryptionContext": {"tenant": "7"}}"#)], r#"{"CiphertextBlob": "${CiphertextBlob}", "EncryptionContext": {"tenant": "8"}}"#),
    one("ReEncrypt", msg!("to another encryption context"), DEVELOPER, &[("Encrypt", r#"{"KeyId": "alias/orders", "Plaintext": "aGVsbG8="}"#)], r#"{"CiphertextBlob": "${CiphertextBlob}", "DestinationKeyId": "alias/orders", "DestinationEncryptionContext": {"tenant": "7"}}"#),
    one("GenerateDataKey", "of 256 bits, for tenant 7", APPLICATION, &[], r#"{"KeyId": "alias/orders", "KeySpec": "AES_256", "EncryptionContext": {"tenant": "7"}}"#),
    one("GenerateDataKeyWithoutPlaintext", "of 256 bits", APPLICATION, &[], r#"{"KeyId": "alias/orders", "KeySpec": "AES_256"}"#),
    one("GenerateDataKeyPair", msg!("on the curve P-256"), APPLICATION, &[], r#"{"KeyId": "alias/orders", "KeyPairSpec": "ECC_NIST_P256"}"#),
    one("GenerateDataKeyPair", msg!("RSA, 2,048 bits"), APPLICATION, &[], r#"{"KeyId": "alias/orders", "KeyPairSpec": "RSA_2048"}"#),
    one("GenerateDataKeyPairWithoutPlaintext", msg!("on the curve P-256"), APPLICATION, &[], r#"{"KeyId": "alias/orders", "KeyPairSpec": "ECC_NIST_P256"}"#),
    one("GenerateRandom", "32 bytes", DEVELOPER, &[], r#"{"NumberOfBytes": 32}"#),
    one("Sign", msg!("“hello”, with a fresh key"), ADMINISTRATOR, &[SIGNING], r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "SigningAlgorithm": "ECDSA_SHA_256"}"#),
    one("Verify", msg!("the signature of “hello”"), ADMINISTRATOR, &[SIGNING, ("Sign", r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "SigningAlgorithm": "ECDSA_SHA_256"}"#)], r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "Signature": "${Signature}", "SigningAlgorithm": "ECDSA_SHA_256"}"#),
    one("GenerateMac", "of “hello”, with a fresh key", ADMINISTRATOR, &[HMAC], r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "MacAlgorithm": "HMAC_SHA_256"}"#),
    one("VerifyMac", msg!("that of “hello”"), ADMINISTRATOR, &[HMAC, ("GenerateMac", r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "MacAlgorithm": "HMAC_SHA_256"}"#)], r#"{"KeyId": "${KeyId}", "Message": "aGVsbG8=", "Mac": "${Mac}", "MacAlgorithm": "HMAC_SHA_256"}"#),
    one("DeriveSharedSecret", msg!("between two fresh keys"), ADMINISTRATOR, &[AGREEING, ("GetPublicKey", r#"{"KeyId": "${KeyId}"}"#), AGREEING], r#"{"KeyId": "${KeyId}", "KeyAgreementAlgorithm": "ECDH", "PublicKey": "${PublicKey}"}"#),
    one("Encapsulate", msg!("with a fresh ML-KEM key"), ADMINISTRATOR, &[KEM], r#"{"KeyId": "${KeyId}", "EncapsulationAlgorithm": "ML_KEM"}"#),
    one("Decapsulate", msg!("what was just encapsulated"), ADMINISTRATOR, &[KEM, ("Encapsulate", r#"{"KeyId": "${KeyId}", "EncapsulationAlgorithm": "ML_KEM"}"#)], r#"{"KeyId": "${KeyId}", "EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": "${SharedSecretCiphertextBlob}"}"#),
    one("EnableKey", msg!("after it was disabled"), KEY_ADMIN, &[("DisableKey", r#"{"KeyId": "${key}"}"#)], r#"{"KeyId": "${key}"}"#),
    one("DisableKey", "the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("ScheduleKeyDeletion", "in 7 days", KEY_ADMIN, &[], r#"{"KeyId": "${key}", "PendingWindowInDays": 7}"#),
    one("CancelKeyDeletion", msg!("after it was scheduled"), KEY_ADMIN, &[("ScheduleKeyDeletion", r#"{"KeyId": "${key}"}"#)], r#"{"KeyId": "${key}"}"#),
    one("CreateAlias", msg!("a second name"), KEY_ADMIN, &[], r#"{"AliasName": "alias/shop", "TargetKeyId": "${key}"}"#),
    one("UpdateAlias", msg!("to a fresh key"), KEY_ADMIN, &[("CreateKey", "{}")], r#"{"AliasName": "alias/orders", "TargetKeyId": "${KeyId}"}"#),
    one("DeleteAlias", "alias/orders", KEY_ADMIN, &[], r#"{"AliasName": "alias/orders"}"#),
    one("ListAliases", msg!("all of this Region"), DEVELOPER, &[], "{}"),
    one("GetKeyPolicy", "of the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("PutKeyPolicy", msg!("the account decides"), KEY_ADMIN, &[], r#"{"KeyId": "${key}", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"Account\", \"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::${account}:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}]}"}"#),
    one("PutKeyPolicy", msg!("one that locks everybody out, which is refused"), KEY_ADMIN, &[], r#"{"KeyId": "${key}", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": []}"}"#),
    one("ListKeyPolicies", "of the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("CreateGrant", msg!("OrdersApp may encrypt and decrypt"), ADMINISTRATOR, &[], GRANT.1),
    one("ListGrants", msg!("after one was made"), ADMINISTRATOR, &[GRANT], r#"{"KeyId": "${key}"}"#),
    one("ListRetirableGrants", msg!("those of Administrator"), ADMINISTRATOR, &[GRANT], r#"{"RetiringPrincipal": "arn:aws:iam::${account}:user/Administrator"}"#),
    one("RetireGrant", msg!("one that was just made"), ADMINISTRATOR, &[GRANT], r#"{"GrantToken": "${GrantToken}"}"#),
    one("RevokeGrant", msg!("one that was just made"), ADMINISTRATOR, &[GRANT], r#"{"KeyId": "${key}", "GrantId": "${GrantId}"}"#),
    one("EnableKeyRotation", "every 180 days", KEY_ADMIN, &[], r#"{"KeyId": "${key}", "RotationPeriodInDays": 180}"#),
    one("DisableKeyRotation", "of the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("GetKeyRotationStatus", "of the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("ListKeyRotations", msg!("after one on demand"), KEY_ADMIN, &[("RotateKeyOnDemand", r#"{"KeyId": "${key}"}"#)], r#"{"KeyId": "${key}"}"#),
    one("RotateKeyOnDemand", "the key behind alias/orders", KEY_ADMIN, &[], r#"{"KeyId": "${key}"}"#),
    one("GetParametersForImport", msg!("for a key without material"), ADMINISTRATOR, &[IMPORTED], r#"{"KeyId": "${KeyId}", "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}"#),
    one("ImportKeyMaterial", msg!("bytes that are not wrapped, which is refused"), ADMINISTRATOR, &[IMPORTED, ("GetParametersForImport", r#"{"KeyId": "${KeyId}", "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}"#)], r#"{"KeyId": "${KeyId}", "ImportToken": "${ImportToken}", "EncryptedKeyMaterial": "bm90IHdyYXBwZWQ=", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}"#),
    one("DeleteImportedKeyMaterial", msg!("of a key without material"), ADMINISTRATOR, &[IMPORTED], r#"{"KeyId": "${KeyId}"}"#),
    one("ReplicateKey", msg!("to another Region"), ADMINISTRATOR, &[MULTI_REGION], r#"{"KeyId": "${KeyId}", "ReplicaRegion": "${elsewhere}"}"#),
    one("UpdatePrimaryRegion", msg!("to a replica"), ADMINISTRATOR, &[MULTI_REGION, ("ReplicateKey", r#"{"KeyId": "${KeyId}", "ReplicaRegion": "${elsewhere}"}"#), SOON], r#"{"KeyId": "${KeyId}", "PrimaryRegion": "${elsewhere}"}"#),
    one("TagResource", "team = billing", KEY_ADMIN, &[], r#"{"KeyId": "${key}", "Tags": [{"TagKey": "team", "TagValue": "billing"}]}"#),
    one("UntagResource", "team", KEY_ADMIN, &[("TagResource", r#"{"KeyId": "${key}", "Tags": [{"TagKey": "team", "TagValue": "billing"}]}"#)], r#"{"KeyId": "${key}", "TagKeys": ["team"]}"#),
    one("ListResourceTags", msg!("after one was added"), KEY_ADMIN, &[("TagResource", r#"{"KeyId": "${key}", "Tags": [{"TagKey": "team", "TagValue": "billing"}]}"#)], r#"{"KeyId": "${key}"}"#),
    one("CreateCustomKeyStore", msg!("an external key store"), ADMINISTRATOR, &[], STORE.1),
    one("ConnectCustomKeyStore", msg!("one that was just made"), ADMINISTRATOR, &[STORE], r#"{"CustomKeyStoreId": "${CustomKeyStoreId}"}"#),
    one("DescribeCustomKeyStores", msg!("all of this Region"), ADMINISTRATOR, &[], "{}"),
    one("UpdateCustomKeyStore", msg!("a new name"), ADMINISTRATOR, &[STORE], r#"{"CustomKeyStoreId": "${CustomKeyStoreId}", "NewCustomKeyStoreName": "safe"}"#),
    one("DisconnectCustomKeyStore", msg!("one that was just connected"), ADMINISTRATOR, &[STORE, ("ConnectCustomKeyStore", r#"{"CustomKeyStoreId": "${CustomKeyStoreId}"}"#), SOON], r#"{"CustomKeyStoreId": "${CustomKeyStoreId}"}"#),
    one("DeleteCustomKeyStore", msg!("one that was just made"), ADMINISTRATOR, &[STORE], r#"{"CustomKeyStoreId": "${CustomKeyStoreId}"}"#),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{endpoint::model, entropy::Seed, ops::table};

    #[test]
    fn every_operation_has_an_example_and_one_that_fails_says_so() {
        let caller: Caller = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap();
        let start = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        for (operation, _) in model::operations() {
            assert!(of(operation).next().is_some(), "{operation} has no example");
            // What this build does not have is refused by name; RSA is tested where it does not take so long.
            let quick = |example: &&Example| !example.body.contains("RSA_") && table::find(operation).is_some();
            for example in of(operation).filter(quick) {
                let Prepared { mut timeline, caller, body } = example.prepare(&start, &caller, Region::US_EAST_1);
                let outcome = timeline.call(caller, Region::US_EAST_1, operation, body.clone());
                let fails = ["refused", "dry run", "may not"].iter().any(|words| example.title.contains(words));
                let told = format!("{operation}, {}: {body} is answered {}", example.title, outcome.response.body);
                assert_eq!(outcome.fault.is_some(), fails, "{told}");
                assert!(timeline.steps().iter().rev().skip(1).all(|step| !step.refused()), "{told}");
            }
        }
    }
}
