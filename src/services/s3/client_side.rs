//! Encryption before anything is sent, as the S3 Encryption Client does it: S3 stores what the client encrypted, and neither
//! S3 nor anybody on the way has the key.

use serde_json::{Value, json};

use crate::{
    crypto::secret::SecretBytes,
    endpoint::fault::Fault,
    lang::{Message, message},
};

use super::{
    super::{
        Cx, ServiceError, flow,
        form::Parameters,
        seal::{self, Bytes},
    },
    Object, Put, SERVICE,
};

/// Whoever encrypts before S3 gets anything.
pub struct Client {
    pub name: &'static str,
    /// How it asks KMS.
    pub ask: fn(&mut Cx<'_>, &'static str, &Value, Message) -> Result<Value, Fault>,
}

/// What stands in a client's way.
pub enum ClientError {
    Kms(Fault),
    Other(ServiceError),
}

/// The S3 Encryption Client, which asks KMS itself.
const CLIENT: Client = Client {
    name: "S3 Encryption Client",
    ask: |cx, operation, members, why| cx.ask_as_client(CLIENT.name, operation, members, why),
};

/// What the client binds the data key to: the algorithm that it protects the object with.
const CONTEXT: (&str, &str) = ("aws:x-amz-cek-alg", "AES/GCM/NoPadding");

impl Client {
    /// Encrypts what is to be put, and has its wrapped key stored beside it.
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn seal<'a>(
        &self,
        cx: &mut Cx<'_>,
        mut put: Put<'a>,
        key_id: &str,
        body: &[u8],
    ) -> Result<(Put<'a>, Bytes), ClientError> {
        let members = json!({ "KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": { CONTEXT.0: CONTEXT.1 } });
        let answer = (self.ask)(cx, "GenerateDataKey", &members, message!("a data key"))?;
        let data_key = seal::key(&answer, "Plaintext")?;
        let sealed = cx.seal(self.name, message!("encrypts before anything is sent"), &data_key, "", body);
        cx.tell_of(self.name, message!("The plaintext data key is erased from memory."));
        let wrapped = Bytes::from(seal::blob(&answer, "CiphertextBlob")?);
        let metadata = [
            ("x-amz-key-v2", wrapped.to_base64()),
            ("x-amz-wrap-alg", "kms+context".to_owned()),
            ("x-amz-cek-alg", CONTEXT.1.to_owned()),
            ("x-amz-matdesc", json!({ CONTEXT.0: CONTEXT.1 }).to_string()),
        ];
        put.metadata = metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok((put, sealed))
    }

    /// Decrypts what S3 gave out.
    ///
    /// # Errors
    ///
    /// What KMS answers, or that no client encrypted the object.
    pub fn open(&self, cx: &mut Cx<'_>, body: Vec<u8>, object: &Object) -> Result<SecretBytes, ClientError> {
        let of_client = object.metadata.get("x-amz-key-v2").zip(object.metadata.get("x-amz-matdesc"));
        let Some((wrapped, context)) = of_client else {
            let message = "Instruction file not found for S3 object: it was not written by the S3 Encryption Client.";
            return Err(ServiceError::new("S3EncryptionClientException", 400, message).into());
        };
        let context: Value = serde_json::from_str(context).map_err(|_| ServiceError::internal())?;
        let members = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
        let answer = (self.ask)(cx, "Decrypt", &members, message!("the data key"))?;
        let data_key = seal::key(&answer, "Plaintext")?;
        Ok(cx.open(self.name, message!("decrypts what it got"), &data_key, "", &Bytes::from(body))?)
    }
}

pub(super) fn put(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let put = Put::new(parameters.text("Bucket"), parameters.text("Key"));
    let (put, sealed) = CLIENT.seal(cx, put, parameters.text("KmsKeyId"), &parameters.bytes("Body"))?;
    cx.acting_as(cx.caller.clone(), |cx| cx.through(&SERVICE, |cx| put.store(cx, &sealed.0)))
}

pub(super) fn get(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (bucket, key) = (parameters.text("Bucket"), parameters.text("Key"));
    let (body, object) =
        cx.acting_as(cx.caller.clone(), |cx| cx.through(&SERVICE, |cx| cx.read_object(bucket, key, None, true)))?;
    let plaintext = CLIENT.open(cx, body, &object)?;
    Ok(object.answer(plaintext.expose()))
}

impl From<Fault> for ClientError {
    fn from(fault: Fault) -> Self {
        Self::Kms(fault)
    }
}

impl From<ServiceError> for ClientError {
    fn from(error: ServiceError) -> Self {
        Self::Other(error)
    }
}

/// The client passes on what KMS answers.
impl From<ClientError> for ServiceError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Kms(fault) => Self::new(fault.kind, fault.status, flow::sentence(&fault)),
            ClientError::Other(error) => error,
        }
    }
}
