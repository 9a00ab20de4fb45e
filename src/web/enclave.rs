//! A simulated Nitro enclave for scripts: what it sends to KMS as `Recipient`, and how it opens what comes back.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

use crate::{
    crypto::{
        enclave::{self, Wishes},
        pair::Unfit,
        rsa,
        secret::SecretBytes,
    },
    kms::World,
    ops::wire::Blob,
};

/// `{"image": …, "publicKey": …, "userData": …, "nonce": …}`, none of which has to be there.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// What runs in the enclave; its measurements follow from it.
    image: String,
    /// A key of the caller's own, DER SubjectPublicKeyInfo. Without it the enclave has one.
    public_key: Option<Blob>,
    user_data: Option<Blob>,
    nonce: Option<Blob>,
}

/// An enclave as it is now. Its document holds for three hours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    attestation_document: Blob,
    /// `PCR0` and so on, each in hexadecimal digits.
    measurements: BTreeMap<String, String>,
    public_key: Blob,
    /// PKCS#8, DER; only of a key that is the enclave's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<Blob>,
}

pub(super) fn simulate(world: &World, wanted: &Wanted) -> Result<Shown, JsError> {
    let unfit = |_: Unfit| JsError::new("an enclave that cannot be simulated");
    let (private, public_key) = match &wanted.public_key {
        Some(own) => (None, own.0.clone()),
        None => {
            let private = enclave::key_pair(&world.entropy, &wanted.image).map_err(unfit)?;
            let public = rsa::public_key(&private).map_err(unfit)?;
            (Some(private), public)
        }
    };
    let wishes = Wishes {
        public_key: Some(&public_key),
        user_data: wanted.user_data.as_ref().map(|data| data.0.as_slice()),
        nonce: wanted.nonce.as_ref().map(|nonce| nonce.0.as_slice()),
    };
    let document = enclave::attest(&world.entropy, world.now, &wanted.image, wishes).map_err(unfit)?;
    let measurements = enclave::measurements(&wanted.image);
    Ok(Shown {
        attestation_document: Blob(document),
        measurements: measurements.iter().map(|(number, value)| (format!("PCR{number}"), hex(value))).collect(),
        public_key: Blob(public_key),
        private_key: private.map(|private| Blob(private.expose().to_vec())),
    })
}

/// Opens a `CiphertextForRecipient` with the enclave's private key (PKCS#8, DER).
///
/// # Errors
///
/// When it is none, or is for another key.
#[wasm_bindgen(js_name = openForRecipient)]
pub fn open_for_recipient(private_key: Vec<u8>, ciphertext: &[u8]) -> Result<Vec<u8>, JsError> {
    let opened = enclave::open(&SecretBytes::from_vec(private_key), ciphertext);
    let plaintext = opened.map_err(|_| JsError::new("this is no ciphertext for the owner of this private key"))?;
    Ok(plaintext.expose().to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
