//! Key stores: every way to fail to connect, and what was encrypted before a disconnection.

use std::collections::BTreeSet;

use kms_playground::{
    clock::Span,
    crypto::{outer, step::StepKind},
    endpoint::{Outcome, model},
    entropy::Seed,
    kms::{World, snapshot, store::premises},
    timeline::{StepResult, Timeline},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

const PUBLIC: &str = "public proxy";
const VPC: &str = "proxy in a VPC";
const CLUSTER: &str = "cluster";

fn ask(timeline: &mut Timeline, operation: &str, body: Value) -> (Value, std::rc::Rc<Outcome>) {
    let caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
    let outcome = timeline.call(caller, kms_playground::arn::Region::US_EAST_1, operation, body.to_string());
    (serde_json::from_str(&outcome.response.body).unwrap_or_default(), outcome)
}

/// A new world with a store of that kind, not connected, and the store's id.
fn with_store(kind: &str) -> (Timeline, String) {
    let mut timeline = Timeline::new(World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7)));
    let mut body = if kind == CLUSTER {
        json!({
            "CloudHsmClusterId": premises::CLUSTER, "TrustAnchorCertificate": premises::CERTIFICATE,
            "KeyStorePassword": premises::PASSWORD,
        })
    } else {
        json!({
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyUriEndpoint": premises::ENDPOINT,
            "XksProxyUriPath": premises::PATH, "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyAuthenticationCredential":
                { "AccessKeyId": premises::ACCESS_KEY_ID, "RawSecretAccessKey": premises::SECRET_ACCESS_KEY },
        })
    };
    if kind == VPC {
        body["XksProxyConnectivity"] = json!("VPC_ENDPOINT_SERVICE");
        body["XksProxyVpcEndpointServiceName"] = json!(premises::VPC_SERVICE);
    }
    body["CustomKeyStoreName"] = json!("mine");
    let (created, outcome) = ask(&mut timeline, "CreateCustomKeyStore", body);
    let id = created["CustomKeyStoreId"].as_str().unwrap_or_else(|| panic!("{:?}", outcome.fault)).to_owned();
    (timeline, id)
}

fn connect(timeline: &mut Timeline, store: &str) {
    let (_, outcome) = ask(timeline, "ConnectCustomKeyStore", json!({ "CustomKeyStoreId": store }));
    assert_eq!(outcome.fault, None);
    timeline.advance(Span::minutes(20));
}

fn disconnect(timeline: &mut Timeline, store: &str) {
    let (_, outcome) = ask(timeline, "DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": store }));
    assert_eq!(outcome.fault, None);
    timeline.advance(Span::minutes(1));
}

fn state(timeline: &mut Timeline, store: &str) -> (String, String) {
    let (answer, _) = ask(timeline, "DescribeCustomKeyStores", json!({ "CustomKeyStoreId": store }));
    let entry = &answer["CustomKeyStores"][0];
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    (text("ConnectionState"), text("ConnectionErrorCode"))
}

fn simulate(timeline: &mut Timeline, kind: &str, set: &str) {
    let set: Value = serde_json::from_str(set).unwrap();
    let incident = if kind == CLUSTER {
        json!({ "cluster": { "id": premises::CLUSTER, "set": set } })
    } else {
        json!({ "proxy": { "endpoint": premises::ENDPOINT, "set": set } })
    };
    timeline.simulate(serde_json::from_value(incident).unwrap()).unwrap();
}

/// What happens while a store of the kind connects, what undoes it, and the error code.
const FAILURES: &[(&str, &str, &str, &str)] = &[
    (CLUSTER, r#"{"password": "another-one"}"#, r#"{"password": "not-a-secret"}"#, "INVALID_CREDENTIALS"),
    (CLUSTER, r#"{"state": "Deleted"}"#, r#"{"state": "Active"}"#, "CLUSTER_NOT_FOUND"),
    (CLUSTER, r#"{"state": "Initialized"}"#, r#"{"state": "Active"}"#, "NETWORK_ERRORS"),
    (CLUSTER, r#"{"network": "SecurityGroupClosed"}"#, r#"{"network": "Open"}"#, "NETWORK_ERRORS"),
    (CLUSTER, r#"{"network": "Errors"}"#, r#"{"network": "Open"}"#, "NETWORK_ERRORS"),
    (CLUSTER, r#"{"network": "InternalError"}"#, r#"{"network": "Open"}"#, "INTERNAL_ERROR"),
    (CLUSTER, r#"{"hsms": {"us-east-1a": 0}}"#, r#"{"hsms": {"us-east-1a": 1}}"#, "INSUFFICIENT_CLOUDHSM_HSMS"),
    (CLUSTER, r#"{"kmsuser": "LockedOut"}"#, r#"{"kmsuser": "LoggedOut"}"#, "USER_LOCKED_OUT"),
    (CLUSTER, r#"{"kmsuser": "Missing"}"#, r#"{"kmsuser": "LoggedOut"}"#, "USER_NOT_FOUND"),
    (CLUSTER, r#"{"kmsuser": "LoggedIn"}"#, r#"{"kmsuser": "LoggedOut"}"#, "USER_LOGGED_IN"),
    (CLUSTER, r#"{"network": "SubnetNotFound"}"#, r#"{"network": "Open"}"#, "SUBNET_NOT_FOUND"),
    (
        CLUSTER,
        r#"{"network": "InsufficientFreeAddresses"}"#,
        r#"{"network": "Open"}"#,
        "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
    ),
    (
        PUBLIC,
        r#"{"credential": {"accessKeyId": "ANOTHER", "rawSecretAccessKey": "one"}}"#,
        r#"{"credential": {"accessKeyId": "PLAYGROUNDXKSPROXY23", "rawSecretAccessKey": "this/is/not/a/secret/of/the/playground/proxy"}}"#,
        "INVALID_CREDENTIALS",
    ),
    (PUBLIC, r#"{"condition": "NetworkErrors"}"#, UP, "NETWORK_ERRORS"),
    (PUBLIC, r#"{"condition": "InternalError"}"#, UP, "INTERNAL_ERROR"),
    (PUBLIC, r#"{"condition": "AccessDenied"}"#, UP, "XKS_PROXY_ACCESS_DENIED"),
    (PUBLIC, r#"{"condition": "NotReachable"}"#, UP, "XKS_PROXY_NOT_REACHABLE"),
    (PUBLIC, r#"{"condition": "Slow"}"#, UP, "XKS_PROXY_TIMED_OUT"),
    (PUBLIC, r#"{"condition": "InvalidResponse"}"#, UP, "XKS_PROXY_INVALID_RESPONSE"),
    (PUBLIC, r#"{"condition": "InvalidTls"}"#, UP, "XKS_PROXY_INVALID_TLS_CONFIGURATION"),
    (PUBLIC, r#"{"path": "/moved/kms/xks/v1"}"#, r#"{"path": "/kms/xks/v1"}"#, "XKS_PROXY_INVALID_CONFIGURATION"),
    // The service is none of a public endpoint's business.
    (PUBLIC, r#"{"condition": "VpcServiceNotFound"}"#, UP, ""),
    (VPC, r#"{"condition": "VpcServiceNotFound"}"#, UP, "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND"),
    (VPC, r#"{"condition": "VpcServiceInvalidConfiguration"}"#, UP, "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"),
    (VPC, r#"{"condition": "NotReachable"}"#, UP, "XKS_PROXY_NOT_REACHABLE"),
    (VPC, UP, UP, ""),
    (CLUSTER, r#"{"network": "Open"}"#, r#"{"network": "Open"}"#, ""),
];

const UP: &str = r#"{"condition": "Up"}"#;

#[test]
fn a_connection_fails_for_every_reason_and_then_succeeds() {
    let mut met = BTreeSet::new();
    for (kind, broken, mended, code) in FAILURES {
        let (mut timeline, store) = with_store(kind);
        let _ = ask(&mut timeline, "ConnectCustomKeyStore", json!({ "CustomKeyStoreId": store }));
        assert_eq!(state(&mut timeline, &store).0, "CONNECTING");
        simulate(&mut timeline, kind, broken);
        timeline.advance(Span::minutes(20));
        let expected = if code.is_empty() { "CONNECTED" } else { "FAILED" };
        assert_eq!(state(&mut timeline, &store), (expected.to_owned(), (*code).to_owned()), "{kind}: {broken}");
        met.insert((*code).to_owned());
        if code.is_empty() {
            continue;
        }
        let (_, refused) = ask(&mut timeline, "ConnectCustomKeyStore", json!({ "CustomKeyStoreId": store }));
        assert_eq!(refused.fault.as_ref().unwrap().kind, "CustomKeyStoreInvalidStateException", "{kind}: {broken}");
        disconnect(&mut timeline, &store);
        simulate(&mut timeline, kind, mended);
        connect(&mut timeline, &store);
        assert_eq!(state(&mut timeline, &store).0, "CONNECTED", "{kind}: {mended}");
    }
    met.remove("");
    let entry = &model::structure("CustomKeyStoresListEntry").unwrap().members["ConnectionErrorCode"];
    let model::Member::Plain(shape) = entry else { panic!("a structure") };
    let modelled: BTreeSet<String> = shape.values.clone().unwrap().into_iter().collect();
    assert_eq!(met, modelled);
}

/// A key in a connected store of the kind.
fn with_key(kind: &str) -> (Timeline, String, String) {
    let (mut timeline, store) = with_store(kind);
    connect(&mut timeline, &store);
    let mut body = json!({ "CustomKeyStoreId": store, "Origin": "AWS_CLOUDHSM" });
    if kind != CLUSTER {
        body["Origin"] = json!("EXTERNAL_KEY_STORE");
        body["XksKeyId"] = json!("external-orders");
    }
    let (created, outcome) = ask(&mut timeline, "CreateKey", body);
    let key = created["KeyMetadata"]["KeyId"].as_str().unwrap_or_else(|| panic!("{:?}", outcome.fault)).to_owned();
    (timeline, store, key)
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn unbase64(text: &Value) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_encrypted_before_a_disconnection_decrypts_after_it(
        plaintext in vec(any::<u8>(), 1..4096),
        context in "[a-z]{0,8}",
        flip in any::<proptest::sample::Index>(),
        cluster in any::<bool>(),
    ) {
        let (mut timeline, store, key) = with_key(if cluster { CLUSTER } else { PUBLIC });
        let context = json!({ "of": context });
        let body = json!({ "KeyId": key, "Plaintext": base64(&plaintext), "EncryptionContext": context });
        let (sealed, _) = ask(&mut timeline, "Encrypt", body);
        let sealed = unbase64(&sealed["CiphertextBlob"]);
        let open = |bytes: &[u8]| json!({ "CiphertextBlob": base64(bytes), "EncryptionContext": context });

        disconnect(&mut timeline, &store);
        let (_, away) = ask(&mut timeline, "Decrypt", open(&sealed));
        prop_assert_eq!(away.fault.as_ref().map(|fault| fault.kind), Some("KMSInvalidStateException"));

        connect(&mut timeline, &store);
        let (opened, _) = ask(&mut timeline, "Decrypt", open(&sealed));
        prop_assert_eq!(unbase64(&opened["Plaintext"]), plaintext);

        let mut flipped = sealed.clone();
        let bit = flip.index(flipped.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (_, refused) = ask(&mut timeline, "Decrypt", open(&flipped));
        prop_assert!(refused.fault.is_some());
    }
}

#[test]
fn an_external_key_store_encrypts_twice_and_records_both() {
    let (mut timeline, _, key) = with_key(PUBLIC);
    let (sealed, outcome) = ask(&mut timeline, "Encrypt", json!({ "KeyId": key, "Plaintext": "aGVsbG8=" }));
    let kinds: Vec<StepKind> = outcome.crypto.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Derive, StepKind::Seal, StepKind::SealOutside]);
    let [_, inner, around] = outcome.crypto.as_slice() else { panic!("{} steps", outcome.crypto.len()) };
    assert!(around.inputs.iter().any(|field| field.bytes == inner.outputs[0].bytes), "the blob is sealed again");
    let bytes = unbase64(&sealed["CiphertextBlob"]);
    assert_eq!(around.outputs[0].bytes, bytes);
    assert!(outer::Outer::parse(&bytes).is_ok());
    let (opened, outcome) = ask(&mut timeline, "Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    let kinds: Vec<StepKind> = outcome.crypto.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::OpenOutside, StepKind::Derive, StepKind::Open]);
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
}

#[test]
fn a_cluster_keeps_the_material_and_kms_has_none_of_it() {
    let (mut timeline, _, key) = with_key(CLUSTER);
    let world = timeline.world();
    let held = world.keys().next().unwrap();
    assert!(held.secret(held.current().unwrap()).is_none());
    let (sealed, _) = ask(&mut timeline, "Encrypt", json!({ "KeyId": key, "Plaintext": "aGVsbG8=" }));
    let incident = json!({ "cluster": { "id": premises::CLUSTER, "set": { "losesKey": key } } });
    timeline.simulate(serde_json::from_value(incident).unwrap()).unwrap();
    let (described, _) = ask(&mut timeline, "DescribeKey", json!({ "KeyId": key }));
    assert_eq!(described["KeyMetadata"]["KeyState"], "Enabled");
    let (_, outcome) = ask(&mut timeline, "Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    assert_eq!(outcome.fault.as_ref().unwrap().kind, "KMSInvalidStateException");
    // Undone, the key is back.
    timeline.go_to(timeline.cursor() - 3);
    let (opened, _) = ask(&mut timeline, "Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
}

#[test]
fn a_deleted_key_is_deleted_in_the_cluster_if_kms_is_connected() {
    for (connected, left) in [(true, 0), (false, 1)] {
        let (mut timeline, store, key) = with_key(CLUSTER);
        let _ = ask(&mut timeline, "ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
        if !connected {
            disconnect(&mut timeline, &store);
        }
        timeline.advance(Span::days(7));
        let text = serde_json::to_value(timeline.world().as_ref()).unwrap();
        let keys = text["premises"]["clusters"][premises::CLUSTER]["keys"].as_object().unwrap();
        assert_eq!(keys.len(), left, "connected: {connected}");
    }
}

#[test]
fn incidents_are_steps_that_replay() {
    let (mut timeline, store, key) = with_key(PUBLIC);
    simulate(&mut timeline, PUBLIC, r#"{"key": {"id": "external-orders", "is": "Disabled"}}"#);
    let encrypt = json!({ "KeyId": key, "Plaintext": "aGVsbG8=" });
    let (_, refused) = ask(&mut timeline, "Encrypt", encrypt.clone());
    let message = refused.fault.as_ref().unwrap().message.clone().unwrap();
    assert!(message.contains("the external key is not enabled"), "{message}");
    let again = Timeline::restore(&timeline.snapshot()).unwrap();
    let text = |timeline: &Timeline| serde_json::to_string(timeline.world().as_ref()).unwrap();
    assert_eq!(text(&again), text(&timeline));
    assert_eq!(again.steps().len(), timeline.steps().len());
    let labels: Vec<String> = again.steps().iter().map(|step| step.label()).collect();
    assert!(labels.contains(&format!("incident at {}", premises::ENDPOINT)), "{labels:?}");

    let nowhere = r#"{"proxy": {"endpoint": "https://nowhere.example", "set": {"condition": "Slow"}}}"#;
    assert!(timeline.simulate(serde_json::from_str(nowhere).unwrap()).is_err());
    assert!(matches!(again.steps().last().unwrap().result, StepResult::Answered(_)));
    assert_eq!(state(&mut timeline, &store).0, "CONNECTED");
}

#[test]
fn worlds_saved_before_there_were_key_stores_get_what_a_new_world_has() {
    let timeline = Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
    let mut saved: Value = serde_json::from_str(&timeline.checkpoint()).unwrap();
    let world = saved["state"]["start"].as_object_mut().unwrap();
    assert!(world.remove("stores").is_some() && world.remove("premises").is_some());
    let restored = Timeline::restore(&saved.to_string()).unwrap();
    let text = |timeline: &Timeline| snapshot::write(timeline.world().as_ref());
    assert_eq!(text(&restored), text(&timeline));
}
