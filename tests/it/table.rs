//! The list of operations against the API model, and every operation against every state, identifier and caller.
//!
//! The expected tables are files in `tests/data/tables/`: a row an operation, a cell `ok` or the error.

use std::collections::BTreeSet;

use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    endpoint::{Outcome, model},
    kms::{KeySpec, grant::GrantOperation, usage::Tracked},
    ops::{
        spec::States,
        table::{self, OPERATIONS},
    },
};

use crate::wire::Conversation;

/// A request for every operation that succeeds with `${it}` an enabled key, `${itBlob}` a ciphertext of it and
/// `${itAlias}` an alias of it. CancelKeyDeletion is the exception: its key is pending deletion.
pub(crate) const SAMPLES: &[(&str, &str)] = &[
    ("CancelKeyDeletion", r#"{"KeyId": "${it}"}"#),
    ("ConnectCustomKeyStore", r#"{"CustomKeyStoreId": "${store}"}"#),
    ("CreateAlias", r#"{"AliasName": "alias/new", "TargetKeyId": "${it}"}"#),
    (
        "CreateCustomKeyStore",
        r#"{"CustomKeyStoreName": "new", "CloudHsmClusterId": "cluster-playground7", "TrustAnchorCertificate": "${certificate}", "KeyStorePassword": "not-a-secret"}"#,
    ),
    (
        "CreateGrant",
        r#"{"KeyId": "${it}", "GranteePrincipal": "arn:aws:iam::111122223333:user/Developer", "Operations": ["Encrypt"]}"#,
    ),
    ("CreateKey", r#"{"Description": "new", "Tags": [{"TagKey": "team", "TagValue": "blue"}]}"#),
    (
        "Decapsulate",
        r#"{"KeyId": "${itKem}", "EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": "${itCapsule}"}"#,
    ),
    ("Decrypt", r#"{"CiphertextBlob": "${itBlob}", "KeyId": "${it}"}"#),
    ("DeleteAlias", r#"{"AliasName": "${itAlias}"}"#),
    ("DeleteCustomKeyStore", r#"{"CustomKeyStoreId": "${store}"}"#),
    ("DeleteImportedKeyMaterial", r#"{"KeyId": "${itOwn}"}"#),
    (
        "DeriveSharedSecret",
        r#"{"KeyId": "${itAgree}", "KeyAgreementAlgorithm": "ECDH", "PublicKey": "${otherPublic}"}"#,
    ),
    ("DescribeCustomKeyStores", r#"{"CustomKeyStoreId": "${store}"}"#),
    ("DescribeKey", r#"{"KeyId": "${it}"}"#),
    ("DisableKey", r#"{"KeyId": "${it}"}"#),
    ("DisableKeyRotation", r#"{"KeyId": "${it}"}"#),
    ("DisconnectCustomKeyStore", r#"{"CustomKeyStoreId": "${connecting}"}"#),
    ("EnableKey", r#"{"KeyId": "${it}"}"#),
    ("EnableKeyRotation", r#"{"KeyId": "${it}", "RotationPeriodInDays": 365}"#),
    ("Encapsulate", r#"{"KeyId": "${itKem}", "EncapsulationAlgorithm": "ML_KEM"}"#),
    ("Encrypt", r#"{"KeyId": "${it}", "Plaintext": "${text:hello}"}"#),
    ("GenerateDataKey", r#"{"KeyId": "${it}", "NumberOfBytes": 32}"#),
    ("GenerateDataKeyPair", r#"{"KeyId": "${it}", "KeyPairSpec": "ECC_NIST_P256"}"#),
    ("GenerateDataKeyPairWithoutPlaintext", r#"{"KeyId": "${it}", "KeyPairSpec": "ECC_NIST_EDWARDS25519"}"#),
    ("GenerateDataKeyWithoutPlaintext", r#"{"KeyId": "${it}", "NumberOfBytes": 32}"#),
    ("GenerateMac", r#"{"KeyId": "${itMac}", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256"}"#),
    ("GenerateRandom", r#"{"NumberOfBytes": 32}"#),
    ("GetKeyLastUsage", r#"{"KeyId": "${it}"}"#),
    ("GetKeyPolicy", r#"{"KeyId": "${it}", "PolicyName": "default"}"#),
    ("GetKeyRotationStatus", r#"{"KeyId": "${it}"}"#),
    (
        "GetParametersForImport",
        r#"{"KeyId": "${itOwn}", "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}"#,
    ),
    ("GetPublicKey", r#"{"KeyId": "${itSign}"}"#),
    (
        "ImportKeyMaterial",
        r#"{"KeyId": "${itOwn}", "ImportToken": "${itToken}", "EncryptedKeyMaterial": "${itWrapped}", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}"#,
    ),
    ("ListAliases", r#"{"KeyId": "${it}", "Limit": 10}"#),
    ("ListGrants", r#"{"KeyId": "${it}", "Limit": 10}"#),
    ("ListKeyPolicies", r#"{"KeyId": "${it}", "Limit": 10}"#),
    ("ListKeyRotations", r#"{"KeyId": "${it}", "Limit": 10}"#),
    ("ListKeys", r#"{"Limit": 10}"#),
    ("ListResourceTags", r#"{"KeyId": "${it}", "Limit": 10}"#),
    ("ListRetirableGrants", r#"{"RetiringPrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Limit": 10}"#),
    ("PutKeyPolicy", r#"{"KeyId": "${it}", "Policy": "${policy}"}"#),
    ("ReEncrypt", r#"{"CiphertextBlob": "${itBlob}", "SourceKeyId": "${it}", "DestinationKeyId": "${it}"}"#),
    (
        "ReplicateKey",
        r#"{"KeyId": "${itMrk}", "ReplicaRegion": "us-west-2", "Tags": [{"TagKey": "team", "TagValue": "blue"}]}"#,
    ),
    ("RetireGrant", r#"{"KeyId": "${it}", "GrantId": "${itGrant}"}"#),
    ("RevokeGrant", r#"{"KeyId": "${it}", "GrantId": "${itGrant}"}"#),
    ("RotateKeyOnDemand", r#"{"KeyId": "${it}"}"#),
    ("ScheduleKeyDeletion", r#"{"KeyId": "${it}", "PendingWindowInDays": 7}"#),
    (
        "Sign",
        r#"{"KeyId": "${itSign}", "Message": "${text:hello}", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}"#,
    ),
    ("TagResource", r#"{"KeyId": "${it}", "Tags": [{"TagKey": "team", "TagValue": "blue"}]}"#),
    ("UntagResource", r#"{"KeyId": "${it}", "TagKeys": ["team"]}"#),
    ("UpdateAlias", r#"{"AliasName": "alias/orders", "TargetKeyId": "${it}"}"#),
    ("UpdateCustomKeyStore", r#"{"CustomKeyStoreId": "${store}", "NewCustomKeyStoreName": "renamed"}"#),
    ("UpdateKeyDescription", r#"{"KeyId": "${it}", "Description": "changed"}"#),
    ("UpdatePrimaryRegion", r#"{"KeyId": "${itMrk}", "PrimaryRegion": "eu-west-1"}"#),
    (
        "Verify",
        r#"{"KeyId": "${itSign}", "Message": "${text:hello}", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256", "Signature": "${itSignature}"}"#,
    ),
    (
        "VerifyMac",
        r#"{"KeyId": "${itMac}", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256", "Mac": "${itTag}"}"#,
    ),
];

/// Both ends of the operations that name two keys.
const ONE_END: &[(&str, &str, &str)] = &[
    (
        "ReEncrypt from it",
        "ReEncrypt",
        r#"{"CiphertextBlob": "${itBlob}", "SourceKeyId": "${it}", "DestinationKeyId": "${other}"}"#,
    ),
    ("ReEncrypt to it", "ReEncrypt", r#"{"CiphertextBlob": "${otherBlob}", "DestinationKeyId": "${it}"}"#),
    ("Decrypt, key not named", "Decrypt", r#"{"CiphertextBlob": "${itBlob}"}"#),
    ("UpdateAlias from it", "UpdateAlias", r#"{"AliasName": "${itAlias}", "TargetKeyId": "${other}"}"#),
];

const POLICY: &str =
    r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}}"#;

/// Kinds of keys: what their names end in, how they are made, and what is made with them under which name.
const KINDS: &[(&str, &str, &str)] = &[
    ("", "{}", r#"Encrypt {"KeyId": "$", "Plaintext": "${text:hello}"} >> *Blob:CiphertextBlob"#),
    (
        "Mac",
        r#"{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}"#,
        r#"GenerateMac {"KeyId": "$", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256"} >> *Tag:Mac"#,
    ),
    (
        "Sign",
        r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#,
        r#"Sign {"KeyId": "$", "Message": "${text:hello}", "SigningAlgorithm": "ECDSA_SHA_256"} >> *Signature:Signature"#,
    ),
    (
        "Kem",
        r#"{"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}"#,
        r#"Encapsulate {"KeyId": "$", "EncapsulationAlgorithm": "ML_KEM"} >> *Capsule:SharedSecretCiphertextBlob"#,
    ),
    ("Agree", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}"#, r#"GetPublicKey {"KeyId": "$"}"#),
    ("Mrk", "{}", r#"DescribeKey {"KeyId": "$"}"#),
];

/// The prepared world with multi-Region keys in it: a primary with a replica in Europe for each of the usual states, and
/// keys of all kinds in the states that only multi-Region keys have.
fn with_sets() -> Conversation {
    thread_local! {
        static PREPARED: Conversation = prepare_sets();
    }
    PREPARED.with(Clone::clone)
}

fn prepare_sets() -> Conversation {
    let mut talk = Conversation::prepared();
    with_imported(&mut talk);
    let mut say = |line: String| talk.go_through(&line);
    let (here, there) = ("us-east-1", "eu-west-1");
    let mut make = |name: &str, region: &str, kinds: &[(&str, &str, &str)]| {
        for (kind, members, use_of_it) in kinds {
            let body = members.replacen('{', r#"{"MultiRegion": true, "#, 1).replace(", }", "}");
            let binds = format!("{name}{kind}:KeyMetadata.KeyId,{name}Arn{kind}:KeyMetadata.Arn");
            say(format!("Administrator@{region} CreateKey {body} >> {binds}"));
            let use_of_it = use_of_it.replace(r#""$""#, &format!(r#""${{{name}{kind}}}""#)).replace('*', name);
            say(format!("Administrator@{region} {use_of_it}"));
            if name != "creating" {
                let to = if region == here { there } else { here };
                say(format!(
                    r#"Administrator@{region} ReplicateKey {{"KeyId": "${{{name}{kind}}}", "ReplicaRegion": "{to}"}}"#
                ));
            }
        }
    };
    let mrk = &KINDS[KINDS.len() - 1..];
    make("key", here, mrk);
    make("disabled", here, mrk);
    make("pending", there, mrk);
    make("waiting", here, KINDS);
    make("updating", there, KINDS);
    make("creating", there, KINDS);
    say("+10s".to_owned());
    say(r#"Administrator DisableKey {"KeyId": "${disabledMrk}"}"#.to_owned());
    say(r#"Administrator ScheduleKeyDeletion {"KeyId": "${pendingMrk}"}"#.to_owned());
    for (kind, ..) in KINDS {
        say(format!(
            r#"Administrator@{there} UpdatePrimaryRegion {{"KeyId": "${{updating{kind}}}", "PrimaryRegion": "{here}"}}"#
        ));
        say(format!(
            r#"Administrator@{there} ReplicateKey {{"KeyId": "${{creating{kind}}}", "ReplicaRegion": "{here}"}}"#
        ));
    }
    for name in ["waiting", "updating", "creating"] {
        say(format!(r#"Administrator CreateAlias {{"AliasName": "alias/{name}", "TargetKeyId": "${{{name}}}"}}"#));
    }
    for (kind, ..) in KINDS {
        say(format!(r#"Administrator ScheduleKeyDeletion {{"KeyId": "${{waiting{kind}}}"}}"#));
    }
    say(r#"Administrator DescribeKey {"KeyId": "alias/aws/s3"} >> managedArn:KeyMetadata.Arn"#.to_owned());
    talk.go_through(STORES);
    with_imported_moved(&mut talk);
    talk
}

/// A key store that is not connected, and one on the way.
const STORES: &str = r#"
! {"cluster": {"id": "cluster-playground7", "set": {"restored": "cluster-another2345"}}}
! {"cluster": {"id": "cluster-another2345", "set": {"certificate": "another"}}}
Administrator CreateCustomKeyStore {"CustomKeyStoreName": "outside", "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyUriEndpoint": "https://xks.playground.example", "XksProxyUriPath": "/kms/xks/v1", "XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyAuthenticationCredential": {"AccessKeyId": "PLAYGROUNDXKSPROXY23", "RawSecretAccessKey": "this/is/not/a/secret/of/the/playground/proxy"}} >> store:CustomKeyStoreId
Administrator CreateCustomKeyStore {"CustomKeyStoreName": "cluster", "CloudHsmClusterId": "cluster-another2345", "TrustAnchorCertificate": "another", "KeyStorePassword": "not-a-secret"} >> connecting:CustomKeyStoreId
Administrator ConnectCustomKeyStore {"CustomKeyStoreId": "${connecting}"}
"#;

/// After [`STORES`]: a key whose store was connected and is no longer.
const UNAVAILABLE: &str = r#"
Administrator ConnectCustomKeyStore {"CustomKeyStoreId": "${store}"}
+5m
Administrator CreateKey {"CustomKeyStoreId": "${store}", "Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "external-orders"} >> away:KeyMetadata.KeyId
Administrator CreateAlias {"AliasName": "alias/away", "TargetKeyId": "${away}"}
Administrator Encrypt {"KeyId": "${away}", "Plaintext": "${text:hello}"} >> awayBlob:CiphertextBlob
Administrator CreateGrant {"KeyId": "${away}", "GranteePrincipal": "arn:aws:iam::111122223333:user/KMSKeyAdmin", "RetiringPrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Operations": ["DescribeKey"]} >> awayGrant:GrantId
Administrator DisconnectCustomKeyStore {"CustomKeyStoreId": "${store}"}
"#;

/// Keys of origin `EXTERNAL` as they are made before ten seconds pass: one in each state, some in Europe first, and one of
/// every kind that lacks its material. No encapsulation key can, so one that agrees stands for it.
fn with_imported(talk: &mut Conversation) {
    for (name, region) in [("key", "us-east-1"), ("disabled", "us-east-1"), ("lacking", "us-east-1")] {
        talk.go_through(&format!(
            r#"Administrator CreateKey {{"Origin": "EXTERNAL"}} >> {name}Own:KeyMetadata.KeyId,{name}ArnOwn:KeyMetadata.Arn"#
        ));
        bring(talk, name, region, "${zeros:32}");
    }
    for (name, region) in
        [("waiting", "us-east-1"), ("set", "us-east-1"), ("updating", "eu-west-1"), ("creating", "eu-west-1")]
    {
        talk.go_through(&format!(
            r#"Administrator@{region} CreateKey {{"Origin": "EXTERNAL", "MultiRegion": true}} >> {name}Own:KeyMetadata.KeyId"#
        ));
        bring(talk, name, region, "${zeros:32}");
    }
    talk.go_through(
        r#"
keyArnToken = ${keyToken}
keyArnWrapped = ${keyWrapped}
Administrator DisableKey {"KeyId": "${disabledOwn}"}
Administrator CreateKey {"Origin": "EXTERNAL"} >> pendingOwn:KeyMetadata.KeyId
pendingToken = ${keyToken}
pendingWrapped = ${keyWrapped}
Administrator ScheduleKeyDeletion {"KeyId": "${pendingOwn}", "PendingWindowInDays": 7}
Administrator ReplicateKey {"KeyId": "${waitingOwn}", "ReplicaRegion": "eu-west-1"}
Administrator@eu-west-1 ReplicateKey {"KeyId": "${updatingOwn}", "ReplicaRegion": "us-east-1"}
lacking = ${lackingOwn}
Administrator CreateAlias {"AliasName": "alias/lacking", "TargetKeyId": "${lacking}"}
Administrator Encrypt {"KeyId": "${lacking}", "Plaintext": "${text:hello}"} >> lackingBlob:CiphertextBlob
Administrator DeleteImportedKeyMaterial {"KeyId": "${lacking}"}
Administrator ReplicateKey {"KeyId": "${setOwn}", "ReplicaRegion": "eu-west-1"}
lackingMrk = ${setOwn}
Administrator CreateKey {"Origin": "EXTERNAL", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"} >> lackingMac:KeyMetadata.KeyId
lackingTag = ${keyTag}
Administrator CreateKey {"Origin": "EXTERNAL", "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"} >> lackingAgree:KeyMetadata.KeyId
lackingKem = ${lackingAgree}
lackingCapsule = ${keyCapsule}
Administrator CreateKey {"Origin": "EXTERNAL", "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} >> signingOwn:KeyMetadata.KeyId
Administrator GenerateDataKeyPair {"KeyId": "${key}", "KeyPairSpec": "ECC_NIST_P256"} >> private:PrivateKeyPlaintext
"#,
    );
    bring(talk, "signing", "us-east-1", "${private}");
    talk.go_through(
        r#"
lackingSign = ${signingOwn}
lackingSignature = ${keySignature}
Administrator DeleteImportedKeyMaterial {"KeyId": "${lackingSign}"}
"#,
    );
}

/// What becomes of them afterwards.
fn with_imported_moved(talk: &mut Conversation) {
    bring(talk, "updating", "us-east-1", "${zeros:32}");
    talk.go_through(
        r#"
Administrator ScheduleKeyDeletion {"KeyId": "${waitingOwn}"}
Administrator DeleteImportedKeyMaterial {"KeyId": "${setOwn}"}
Administrator@eu-west-1 UpdatePrimaryRegion {"KeyId": "${updatingOwn}", "PrimaryRegion": "us-east-1"}
Administrator@eu-west-1 ReplicateKey {"KeyId": "${creatingOwn}", "ReplicaRegion": "us-east-1"}
"#,
    );
}

/// Imports material into `${nameOwn}`, with `${nameToken}` and as `${nameWrapped}`.
fn bring(talk: &mut Conversation, name: &str, region: &str, material: &str) {
    talk.go_through(&format!(
        r#"
Administrator@{region} GetParametersForImport {{"KeyId": "${{{name}Own}}", "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}} >> {name}Token:ImportToken,{name}Wrapping:PublicKey
{name}Wrapped <- RSAES_OAEP_SHA_256 ${{{name}Wrapping}} {material}
Administrator@{region} ImportKeyMaterial {{"KeyId": "${{{name}Own}}", "ImportToken": "${{{name}Token}}", "EncryptedKeyMaterial": "${{{name}Wrapped}}", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}}
"#
    ));
}

/// A prepared world in which `it`, `itBlob` and `itAlias` are what the bound `key`, `blob` and `alias` are called.
pub(crate) fn prepared(key: &str, blob: &str, alias: &str) -> Conversation {
    let mut talk = with_sets();
    if key == "away" {
        talk.go_through(UNAVAILABLE);
    }
    let of = |name: &str| talk.bound.get(name).cloned().unwrap_or_else(|| name.to_owned());
    let names = [
        ("it", of(key)),
        ("itBlob", of(blob)),
        ("itAlias", alias.to_owned()),
        ("itGrant", of(&format!("{key}Grant"))),
        ("itMac", of(&format!("{key}Mac"))),
        ("itTag", of(&format!("{key}Tag"))),
        ("itSign", of(&format!("{key}Sign"))),
        ("itSignature", of(&format!("{key}Signature"))),
        ("itKem", of(&format!("{key}Kem"))),
        ("itCapsule", of(&format!("{key}Capsule"))),
        ("itAgree", of(&format!("{key}Agree"))),
        ("itMrk", of(&format!("{key}Mrk"))),
        ("itOwn", of(&format!("{key}Own"))),
        ("itToken", of(&format!("{key}Token"))),
        ("itWrapped", of(&format!("{key}Wrapped"))),
        ("policy", POLICY.to_owned()),
    ];
    talk.bound.extend(names.map(|(name, value)| (name.to_owned(), value)));
    talk
}

/// Each operation of the samples with its rows: label, operation, body.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SAMPLES.iter().map(|(operation, body)| (*operation, *operation, *body)).chain(ONE_END.iter().copied())
}

/// Asks as `caller` and gives `ok` or the error's name without `Exception`.
fn cell(talk: &Conversation, caller: &str, operation: &str, body: &str) -> String {
    let mut talk = talk.clone();
    let body = talk.filled(body, operation);
    verdict(&talk.ask(caller, Region::US_EAST_1, operation, body, operation))
}

fn verdict(outcome: &Outcome) -> String {
    outcome.fault.as_ref().map_or("ok".to_owned(), |fault| fault.kind.trim_end_matches("Exception").to_owned())
}

/// Lines of a table, each column as wide as its widest cell.
fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let rows: Vec<Vec<String>> =
        [head.iter().map(|cell| (*cell).to_owned()).collect()].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column)));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[test]
fn every_operation_is_of_the_api_model_and_has_a_sample() {
    let model: BTreeSet<&str> = model::operations().map(|(name, _)| name).collect();
    let present: BTreeSet<&str> = OPERATIONS.iter().map(|entry| entry.spec.name).collect();
    assert!(present.is_subset(&model), "{:?}", present.difference(&model));
    assert_eq!(SAMPLES.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), present);
    let talk = Conversation::prepared();
    for absent in model.difference(&present) {
        assert_eq!(cell(&talk, "Administrator", absent, "{}"), "NotInThisBuild", "{absent}");
    }
}

#[test]
fn every_key_spec_and_usage_is_of_the_api_model() {
    let input = &model::operation("CreateKey").unwrap().input;
    let values = |member: &str| match &input.members[member] {
        model::Member::Plain(shape) => shape.values.clone().unwrap(),
        model::Member::Reference { structure } => panic!("{member} is a {structure}"),
    };
    for spec in KeySpec::all() {
        assert!(values("KeySpec").iter().any(|name| name == spec.as_str()), "{spec}");
        assert_eq!(spec.as_str().parse(), Ok(spec));
        for usage in spec.usages() {
            assert!(values("KeyUsage").iter().any(|name| name == usage.as_str()), "{usage}");
            assert_eq!(usage.as_str().parse(), Ok(usage));
            assert!(!spec.algorithms(usage).is_empty(), "{spec} for {usage}");
        }
    }
}

#[test]
fn the_operations_of_grants_are_those_of_the_api_model_and_their_permissions_are_grantable() {
    let input = &model::operation("CreateGrant").unwrap().input;
    let model::Member::Plain(list) = &input.members["Operations"] else { panic!("a structure") };
    let model::Member::Plain(element) = list.member.as_deref().unwrap() else { panic!("a structure") };
    let names: Vec<&str> = GrantOperation::all().map(GrantOperation::as_str).collect();
    assert_eq!(names, *element.values.as_ref().unwrap());
    assert!(GrantOperation::all().is_sorted());
    let demands = OPERATIONS.iter().flat_map(|entry| entry.spec.demands);
    let grantable: BTreeSet<&str> =
        demands.filter(|demand| demand.grantable).map(|demand| &demand.action[4..]).collect();
    assert_eq!(grantable, names.into_iter().collect());
}

/// What the API model says counts as use of a key, and it does use key material.
#[test]
fn every_use_of_key_material_is_tracked() {
    let model::Member::Plain(shape) = &model::structure("KeyLastUsageData").unwrap().members["Operation"] else {
        panic!("a structure")
    };
    let tracked: BTreeSet<&str> = Tracked::all().map(Tracked::as_str).collect();
    assert_eq!(tracked, shape.values.as_ref().unwrap().iter().map(String::as_str).collect());
    let uses = |entry: &&table::Entry| {
        entry.spec.demands.iter().any(|demand| matches!(demand.states, States::Use | States::UsePair))
    };
    let using: BTreeSet<&str> = OPERATIONS.iter().filter(uses).map(|entry| entry.spec.name).collect();
    assert!(tracked.is_subset(&using), "{:?}", tracked.difference(&using));
}

#[test]
fn the_documents_count_the_operations_rightly() {
    let claim = format!("{} of the {} operations", OPERATIONS.len(), model::operations().count());
    for (place, text) in
        [("README.md", include_str!("../../README.md")), ("www/differs.md", include_str!("../../www/differs.md"))]
    {
        assert!(text.contains(&claim), "{place} does not say `{claim}`");
    }
}

#[test]
fn every_demand_is_decided_in_order() {
    for (operation, body) in SAMPLES {
        let mut talk = match *operation {
            "CancelKeyDeletion" => prepared("pending", "pendingBlob", "alias/going"),
            _ => prepared("key", "blob", "alias/orders"),
        };
        let body = talk.filled(body, operation);
        let outcome = talk.ask("Administrator", Region::US_EAST_1, operation, body, operation);
        assert_eq!(verdict(&outcome), "ok", "{operation}");
        let demanded: Vec<&str> =
            table::find(operation).unwrap().spec.demands.iter().map(|demand| demand.action).collect();
        let decided: Vec<&str> = outcome.decisions.iter().map(|decision| &*decision.action).collect();
        assert_eq!(decided, demanded, "{operation}");
    }
}

/// "Key states of AWS KMS keys", the rows of this build.
#[test]
pub(crate) fn states_allow_what_they_allow() {
    let states = [
        ("key", "blob", "alias/orders"),
        ("disabled", "disabledBlob", "alias/off"),
        ("pending", "pendingBlob", "alias/going"),
        ("waiting", "waitingBlob", "alias/waiting"),
        ("creating", "creatingBlob", "alias/creating"),
        ("updating", "updatingBlob", "alias/updating"),
        ("away", "awayBlob", "alias/away"),
        ("lacking", "lackingBlob", "alias/lacking"),
    ];
    // Key stores have symmetric encryption keys only.
    let cannot_be_away = |body: &str| {
        ["${itMac}", "${itSign}", "${itKem}", "${itAgree}", "${itMrk}", "${itOwn}"].iter().any(|it| body.contains(it))
    };
    let rows = rows().filter(|(_, _, body)| body.contains("${it")).map(|(label, operation, body)| {
        let cells = states.iter().map(|(key, blob, alias)| match *key {
            "away" if cannot_be_away(body) => "n/a".to_owned(),
            key => cell(&prepared(key, blob, alias), "Administrator", operation, body),
        });
        [label.to_owned()].into_iter().chain(cells).collect()
    });
    let head = [
        "",
        "Enabled",
        "Disabled",
        "PendingDeletion",
        "PendingReplicaDeletion",
        "Creating",
        "Updating",
        "Unavailable",
        "PendingImport",
    ];
    let table = table(&head, rows.collect());
    expect_file!["../data/tables/states.txt"].assert_eq(&table);
}

#[test]
pub(crate) fn identifiers_name_keys_where_they_may() {
    let forms = [
        ("id", "key"),
        ("ARN", "keyArn"),
        ("alias", "alias/orders"),
        ("alias ARN", "arn:aws:kms:us-east-1:111122223333:alias/orders"),
        ("not there", "00000000-0000-4000-8000-000000000000"),
        ("alias not there", "alias/nothing"),
        ("other Region", "europeArn"),
        ("other account", "foreignArn"),
        ("no id", "orders"),
        ("no ARN", "arn:aws:kms:us-east-1:111122223333:key"),
        ("no Region", "arn:aws:kms:moon-1:111122223333:key/00000000-0000-4000-8000-000000000000"),
    ];
    let rows = rows().filter(|(_, _, body)| body.contains("${it}")).map(|(label, operation, body)| {
        let cells = forms.iter().map(|(_, form)| cell(&prepared(form, "blob", ""), "root", operation, body));
        [label.to_owned()].into_iter().chain(cells).collect()
    });
    let head: Vec<&str> = [""].into_iter().chain(forms.iter().map(|(name, _)| *name)).collect();
    expect_file!["../data/tables/identifiers.txt"].assert_eq(&table(&head, rows.collect()));
}

#[test]
pub(crate) fn callers_may_what_their_policies_allow() {
    let callers =
        ["root", "Administrator", "KMSKeyAdmin", "Developer", "OrdersApp", "Nobody", "444455556666/Administrator"];
    let rows = rows().map(|(label, operation, body)| {
        let cells = callers.iter().map(|caller| match operation {
            "CancelKeyDeletion" => cell(&prepared("pending", "pendingBlob", "alias/going"), caller, operation, body),
            _ => cell(&prepared("keyArn", "blob", "alias/orders"), caller, operation, body),
        });
        [label.to_owned()].into_iter().chain(cells).collect()
    });
    let head: Vec<&str> = [""].into_iter().chain(callers).collect();
    expect_file!["../data/tables/callers.txt"].assert_eq(&table(&head, rows.collect()));
}

/// An AWS managed key is there to be looked at; only its service may do more.
#[test]
fn a_key_that_aws_manages_is_only_read() {
    let callers = ["root", "Administrator", "Developer", "444455556666/Administrator"];
    let rows = rows().filter(|(_, _, body)| body.contains("${it}")).map(|(label, operation, body)| {
        let cells = callers.iter().map(|caller| cell(&prepared("managedArn", "blob", ""), caller, operation, body));
        [label.to_owned()].into_iter().chain(cells).collect()
    });
    let head: Vec<&str> = [""].into_iter().chain(callers).collect();
    expect_file!["../data/tables/managed.txt"].assert_eq(&table(&head, rows.collect()));
}
