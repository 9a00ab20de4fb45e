//! The S3 Encryption Client: S3 stores what the client encrypted, and neither S3 nor anybody on the way has the key.

use imbl::OrdMap;
use serde_json::{Value, json};

use crate::crypto::secret::Secret32;

use super::{
    super::{
        Cx, ServiceError, flow,
        form::Parameters,
        seal::{self, Bytes},
    },
    Put, SERVICE,
};

const CLIENT: &str = "S3 Encryption Client";
/// What the client binds the data key to: the algorithm that it protects the object with.
const CONTEXT: (&str, &str) = ("aws:x-amz-cek-alg", "AES/GCM/NoPadding");

pub(super) fn put(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (bucket, key) = (parameters.text("Bucket"), parameters.text("Key"));
    let members = json!({
        "KeyId": parameters.text("KmsKeyId"),
        "KeySpec": "AES_256",
        "EncryptionContext": { CONTEXT.0: CONTEXT.1 },
    });
    let caller = cx.caller.clone();
    let answer = cx
        .ask_directly(caller, "GenerateDataKey", &members, "a data key, which the client asks for itself")
        .map_err(refused)?;
    let data_key = seal::key(&answer, "Plaintext")?;
    let sealed = cx.seal(CLIENT, "encrypts before anything is sent", &data_key, "", &parameters.bytes("Body"));
    cx.tell_of(CLIENT, "The plaintext data key is erased from memory.");
    let wrapped = Bytes::from(seal::blob(&answer, "CiphertextBlob")?);
    let metadata = [
        ("x-amz-key-v2", wrapped.to_base64()),
        ("x-amz-wrap-alg", "kms+context".to_owned()),
        ("x-amz-cek-alg", CONTEXT.1.to_owned()),
        ("x-amz-matdesc", json!({ CONTEXT.0: CONTEXT.1 }).to_string()),
    ];
    let metadata: OrdMap<String, String> = metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    cx.acting_as(cx.caller.clone(), |cx| {
        cx.through(&SERVICE, |cx| Put { metadata, ..Put::new(bucket, key) }.store(cx, &sealed.0))
    })
}

pub(super) fn get(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (bucket, key) = (parameters.text("Bucket"), parameters.text("Key"));
    let (body, object) =
        cx.acting_as(cx.caller.clone(), |cx| cx.through(&SERVICE, |cx| cx.read_object(bucket, key, None, true)))?;
    let of_client = object.metadata.get("x-amz-key-v2").zip(object.metadata.get("x-amz-matdesc"));
    let Some((wrapped, context)) = of_client else {
        let message = "Instruction file not found for S3 object: it was not written by the S3 Encryption Client.";
        return Err(ServiceError::new("S3EncryptionClientException", 400, message));
    };
    let context: Value = serde_json::from_str(context).map_err(|_| ServiceError::internal())?;
    let members = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
    let caller = cx.caller.clone();
    let answer = cx
        .ask_directly(caller, "Decrypt", &members, "the data key, which the client asks for itself")
        .map_err(refused)?;
    let data_key: Secret32 = seal::key(&answer, "Plaintext")?;
    let plaintext = cx.open(CLIENT, "decrypts what it got", &data_key, "", &Bytes::from(body))?;
    Ok(object.answer(plaintext.expose()))
}

/// The client passes on what KMS answers.
fn refused(fault: crate::endpoint::fault::Fault) -> ServiceError {
    ServiceError::new(fault.kind, fault.status, flow::sentence(&fault))
}
