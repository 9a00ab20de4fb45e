//! The client's half of envelope encryption, for scripts without the page: the data key seals a file, and opens it.

use serde::Deserialize;
use wasm_bindgen::{JsError, prelude::wasm_bindgen};
use zeroize::Zeroizing;

use crate::{
    arn::KeyArn,
    crypto::{context::EncryptionContext, secret::Secret32},
    envelope::{self, Header, Members},
    ops::wire::Blob,
    web::outside,
};

/// The members of GenerateDataKey's response that sealing needs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKey {
    key_id: KeyArn,
    ciphertext_blob: Blob,
    plaintext: Blob,
}

/// Seals `plaintext` into an envelope file with a data key of 32 bytes.
///
/// `data_key` is the body of GenerateDataKey's response, `context` the encryption context of the request as a JSON
/// object.
///
/// # Errors
///
/// When a text is not of that form, the data key is not of 32 bytes, or the file name is none.
#[wasm_bindgen(js_name = sealEnvelope)]
pub fn seal_envelope(data_key: &str, context: &str, file_name: &str, plaintext: &[u8]) -> Result<Vec<u8>, JsError> {
    let data_key: DataKey = serde_json::from_str(data_key)?;
    let context: EncryptionContext = serde_json::from_str(context)?;
    let header = Header::new(Members {
        key: data_key.key_id,
        encryption_context: context,
        wrapped_data_key: data_key.ciphertext_blob.0.clone(),
        file_name: file_name.parse()?,
        media_type: None,
        plaintext_length: plaintext.len() as u64,
        chunk_length: Header::USUAL_CHUNK_LENGTH,
        nonce_prefix: outside::nonce_prefix(),
    })?;
    Ok(envelope::seal_all(&header, &key(&data_key.plaintext.0)?, plaintext)?)
}

/// Opens an envelope file with its plaintext data key of 32 bytes.
///
/// # Errors
///
/// When the key is of another length, or the envelope is damaged; the message says where and what to do.
#[wasm_bindgen(js_name = openEnvelope)]
pub fn open_envelope(file: &[u8], data_key: Vec<u8>) -> Result<Vec<u8>, JsError> {
    let data_key = Zeroizing::new(data_key);
    let (_, plaintext) = envelope::open_all(file, &key(&data_key)?)?;
    Ok(plaintext.expose().to_vec())
}

fn key(bytes: &[u8]) -> Result<Secret32, JsError> {
    Secret32::from_slice(bytes)
        .ok_or_else(|| JsError::new(&format!("a data key of {} bytes, expected 32", bytes.len())))
}
