//! What KMS encrypts for an enclave, opened by the enclave.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kms_playground::{
    arn::Region,
    crypto::{enclave, step::StepKind},
};
use serde_json::{Map, Value, json};

use crate::wire::Conversation;

fn body(talk: &mut Conversation, operation: &str, mut body: Value, attested: bool) -> Map<String, Value> {
    if attested {
        let document = &talk.bound["attestation"];
        body["Recipient"] = json!({"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": document});
    }
    let outcome = talk.ask("Administrator", Region::US_EAST_1, operation, body.to_string(), operation);
    assert!(outcome.fault.is_none(), "{operation}: {}", outcome.response.body);
    let kinds: Vec<StepKind> = outcome.crypto.iter().map(|step| step.kind).collect();
    for kind in [StepKind::Attest, StepKind::Deliver] {
        assert_eq!(kinds.contains(&kind), attested, "{operation}: {kinds:?}");
    }
    serde_json::from_str(&outcome.response.body).unwrap()
}

/// What is in the clear without a recipient is the same for a recipient, and nowhere else.
#[track_caller]
fn check(operation: &str, member: &str, request: &str) {
    let mut talk = Conversation::prepared();
    let request: Value = serde_json::from_str(&talk.filled(request, operation)).unwrap();
    let before = talk.clone();
    let clear = body(&mut talk, operation, request.clone(), false);
    let mut talk = before;
    let private = enclave::key_pair(&talk.timeline.world().entropy, "image").unwrap();
    let attested = body(&mut talk, operation, request, true);
    assert!(!attested.contains_key(member), "{operation}");
    assert!(!attested.contains_key("KeyMaterialId"), "{operation}");
    let message = STANDARD.decode(attested["CiphertextForRecipient"].as_str().unwrap()).unwrap();
    let opened = enclave::open(&private, &message).ok().unwrap();
    // The same world draws the same bytes for the same request, and those of the recipient only after them.
    assert_eq!(STANDARD.encode(opened.expose()), clear[member].as_str().unwrap(), "{operation}");
    let other = enclave::key_pair(&talk.timeline.world().entropy, "other").unwrap();
    assert!(enclave::open(&other, &message).is_err());
}

#[test]
fn the_enclave_opens_what_others_get_in_the_clear() {
    check("Decrypt", "Plaintext", r#"{"CiphertextBlob": "${blob}"}"#);
    check("GenerateDataKey", "Plaintext", r#"{"KeyId": "${key}", "NumberOfBytes": 1024}"#);
    check("GenerateRandom", "Plaintext", r#"{"NumberOfBytes": 32}"#);
    check("GenerateDataKeyPair", "PrivateKeyPlaintext", r#"{"KeyId": "${key}", "KeyPairSpec": "ECC_NIST_P521"}"#);
    check(
        "DeriveSharedSecret",
        "SharedSecret",
        r#"{"KeyId": "${keyAgree}", "KeyAgreementAlgorithm": "ECDH", "PublicKey": "${otherPublic}"}"#,
    );
}
