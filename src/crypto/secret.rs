//! Keys and plaintexts in types that are zeroised on drop and cannot be printed.
//!
//! INVARIANT: no `Debug`, no `Display` and no plain serialisation. A secret leaves only where somebody wrote `expose`
//! or `cleartext_snapshot`, so searching for these two words finds every such place.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A key of 256 bits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret32([u8; 32]);

impl Secret32 {
    /// Takes the bytes over; the caller's copy is the caller's to wipe.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of 32 bytes that `bytes` holds, or nothing if they are more or fewer.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key itself.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Secret bytes of any length: a plaintext, a data key, an imported key.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes over without copying them.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes; a length is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a secret in the clear, as base64 text, for `#[serde(with = "secret::cleartext_snapshot")]`.
///
/// A snapshot of a world holds its key material, as the disks of a KMS hold it wrapped under a domain key. Whoever has
/// the snapshot has the keys.
pub mod cleartext_snapshot {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use zeroize::Zeroizing;

    use super::{Secret32, SecretBytes};

    /// A secret that a snapshot may hold.
    pub trait Snapshotted: Sized {
        /// The bytes that are written.
        fn expose_to_snapshot(&self) -> &[u8];

        /// The secret again, or nothing if the bytes are too many or too few.
        fn from_snapshot(bytes: Vec<u8>) -> Option<Self>;
    }

    impl Snapshotted for Secret32 {
        fn expose_to_snapshot(&self) -> &[u8] {
            self.expose()
        }

        fn from_snapshot(bytes: Vec<u8>) -> Option<Self> {
            Self::from_slice(&Zeroizing::new(bytes))
        }
    }

    impl Snapshotted for SecretBytes {
        fn expose_to_snapshot(&self) -> &[u8] {
            self.expose()
        }

        fn from_snapshot(bytes: Vec<u8>) -> Option<Self> {
            Some(Self::from_vec(bytes))
        }
    }

    /// The secret as standard base64 with padding (RFC 4648, section 4).
    ///
    /// # Errors
    ///
    /// Those of the serialiser.
    pub fn serialize<T: Snapshotted, S: Serializer>(secret: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(secret.expose_to_snapshot())))
    }

    /// The secret from its base64 text.
    ///
    /// # Errors
    ///
    /// When the text is not base64 or has the wrong length for the type.
    pub fn deserialize<'de, T: Snapshotted, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // The message must not repeat what was read.
        let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("a secret is not base64"))?;
        T::from_snapshot(bytes).ok_or_else(|| D::Error::custom("a secret of the wrong length"))
    }

    /// The same for a secret that may be absent: for `#[serde(default, skip_serializing_if = "Option::is_none")]`.
    pub mod optional {
        use serde::{Deserializer, Serializer};

        use super::Snapshotted;

        /// # Errors
        ///
        /// Those of the serialiser.
        pub fn serialize<T: Snapshotted, S: Serializer>(secret: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => super::serialize(secret, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// # Errors
        ///
        /// When the text is not base64 or has the wrong length for the type.
        pub fn deserialize<'de, T: Snapshotted, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Deserialize, Serialize)]
    struct Snapshot {
        #[serde(with = "cleartext_snapshot")]
        key: Secret32,
        #[serde(with = "cleartext_snapshot")]
        plaintext: SecretBytes,
    }

    #[track_caller]
    fn check(key: &str, plaintext: &str, readable: bool) {
        let text = format!(r#"{{"key":"{key}","plaintext":"{plaintext}"}}"#);
        let read: Result<Snapshot, _> = serde_json::from_str(&text);
        match read {
            Ok(snapshot) => {
                assert!(readable, "{text}");
                assert_eq!(serde_json::to_string(&snapshot).unwrap(), text);
            }
            Err(error) => {
                assert!(!readable, "{error}");
                assert!(!error.to_string().contains(key), "{error}");
            }
        }
    }

    #[test]
    fn secrets_are_wiped_when_dropped_and_cannot_be_printed() {
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<Secret32>();
        is_wiped::<SecretBytes>();
        is_wiped::<crate::entropy::Seed>();

        // For a type with `Debug` both implementations fit, and this does not compile.
        trait NotPrinted<Which> {
            fn is_not_printed() {}
        }
        struct Otherwise;
        impl<T> NotPrinted<()> for T {}
        impl<T: std::fmt::Debug> NotPrinted<Otherwise> for T {}
        <Secret32 as NotPrinted<_>>::is_not_printed();
        <SecretBytes as NotPrinted<_>>::is_not_printed();
        <crate::entropy::Seed as NotPrinted<_>>::is_not_printed();
    }

    #[test]
    fn a_snapshot_holds_secrets_as_base64_and_errors_do_not_repeat_them() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        check(key, "", true);
        check(key, "AQI=", true);
        check(key, "AQI", false);
        check("AQI=", "", false);
        check("n0t base64!", "", false);
    }
}
