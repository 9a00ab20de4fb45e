//! The header of an envelope: written once, parsed strictly, and kept as the bytes that every chunk authenticates.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{damaged::DamagedEnvelope, read};
use crate::{
    arn::{KeyArn, NotAName, serde_as_text},
    crypto::context::EncryptionContext,
};

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The KMS key that wrapped the data key.
    pub key: KeyArn,
    /// Under which the data key was wrapped; Decrypt must be given the same.
    pub encryption_context: EncryptionContext,
    /// The data key as KMS returned it encrypted, 1 to 6,144 bytes.
    pub wrapped_data_key: Vec<u8>,
    /// To suggest when the file is saved again.
    pub file_name: FileName,
    /// Missing where the browser did not know it.
    pub media_type: Option<MediaType>,
    /// In bytes, at most 2^40.
    pub plaintext_length: u64,
    /// In bytes, 2^10 to 2^26.
    pub chunk_length: u32,
    /// Random; the first bytes of the nonce of each chunk.
    pub nonce_prefix: [u8; 7],
}

/// A well-formed header and the exact bytes of the file before the first chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    members: Members,
    prefix: Vec<u8>,
}

impl Header {
    /// No prefix is longer, in bytes: whoever has read so much of a file need not read more for its header.
    pub const LONGEST_PREFIX: usize = BEFORE_HEADER + HEADER_LIMIT as usize;
    /// In bytes: what the page uses, large enough that the cost of a chunk is in its bytes.
    pub const USUAL_CHUNK_LENGTH: u32 = 1 << 20;

    /// The header of a new envelope.
    ///
    /// # Errors
    ///
    /// [`InvalidMember`] when a number or a length is outside its limits, or the encryption context too long for a
    /// header.
    pub fn new(members: Members) -> Result<Self, InvalidMember> {
        members.check()?;
        let written = Written {
            version: VERSION,
            algorithm: ALGORITHM,
            key_id: &members.key,
            encryption_context: &members.encryption_context,
            wrapped_data_key: STANDARD.encode(&members.wrapped_data_key),
            file_name: &members.file_name,
            media_type: members.media_type.as_ref(),
            plaintext_length: members.plaintext_length,
            chunk_length: members.chunk_length,
            nonce_prefix: STANDARD.encode(members.nonce_prefix),
        };
        #[expect(clippy::expect_used, reason = "texts, numbers and a map of text to text always serialise")]
        let json = serde_json::to_vec(&written).expect("a header serialises");
        let length = u32::try_from(json.len()).ok().filter(|length| *length <= HEADER_LIMIT);
        let too_long = InvalidMember { member: "encryptionContext", expected: "a header of at most 65,536 bytes" };
        let prefix = [MAGIC.as_slice(), &length.ok_or(too_long)?.to_be_bytes(), &json].concat();
        Ok(Self { members, prefix })
    }

    /// Reads the header at the start of `file`, which may go on or stop after it.
    ///
    /// # Errors
    ///
    /// [`DamagedEnvelope::HeaderCutShort`] says how many bytes it needs; everything else is final.
    pub fn parse(file: &[u8]) -> Result<Self, DamagedEnvelope> {
        let cut_short = |needs: usize| DamagedEnvelope::HeaderCutShort { needs: needs as u64, got: file.len() as u64 };
        let Some((magic, rest)) = file.split_first_chunk() else {
            let possible = MAGIC.starts_with(file);
            return Err(if possible { cut_short(BEFORE_HEADER) } else { DamagedEnvelope::NotAnEnvelope });
        };
        match magic {
            MAGIC => {}
            [b'K', b'M', b'S', b'E', b'N', b'V', digit @ b'2'..=b'9', b'\n'] => {
                return Err(DamagedEnvelope::NewerVersion { version: u64::from(digit - b'0') });
            }
            _ => return Err(DamagedEnvelope::NotAnEnvelope),
        }
        let (length, rest) = rest.split_first_chunk().ok_or_else(|| cut_short(BEFORE_HEADER))?;
        let length = u32::from_be_bytes(*length);
        if length > HEADER_LIMIT {
            return Err(DamagedEnvelope::HeaderTooLong { length });
        }
        let prefix_length = BEFORE_HEADER + length as usize;
        let json = rest.get(..length as usize).ok_or_else(|| cut_short(prefix_length))?;
        let members = read::members(json)?;
        members.check()?;
        Ok(Self { members, prefix: file.get(..prefix_length).unwrap_or_default().to_vec() })
    }

    /// What the header says.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Magic, header length and header as they stand in the file: the additional data of every chunk.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }
}

impl Members {
    fn check(&self) -> Result<(), InvalidMember> {
        let limits = [
            ("wrappedDataKey", (1..=6144).contains(&self.wrapped_data_key.len()), "1 to 6,144 bytes in base64"),
            ("plaintextLength", self.plaintext_length <= 1 << 40, "a number of bytes, at most 2^40"),
            ("chunkLength", (1 << 10..=1 << 26).contains(&self.chunk_length), CHUNK_LENGTH),
        ];
        match limits.into_iter().find(|(_, within, _)| !within) {
            Some((member, _, expected)) => Err(InvalidMember { member, expected }),
            None => Ok(()),
        }
    }
}

/// A member of the header that cannot have the value it was to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMember {
    /// As the header calls it, for example `chunkLength`.
    pub member: &'static str,
    /// What it should have been, for example `7 bytes in base64`.
    pub expected: &'static str,
}

impl fmt::Display for InvalidMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the member `{}` of the header is wrong: expected {}", self.member, self.expected)
    }
}

impl std::error::Error for InvalidMember {}

/// The last component of a path, 1 to 255 bytes without control characters: fit to suggest for a download.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

impl FileName {
    /// Without any directory.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = NotAName;

    /// Drops the directories of a path, of either kind of slash.
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() || name.len() > 255 || name == "." || name == ".." || name.contains(char::is_control) {
            return Err(NotAName { expected: "a file name of 1 to 255 bytes without control characters" });
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a browser says a file is, for example `text/plain`; nobody has looked into the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaType(String);

impl MediaType {
    /// For example `text/plain`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaType {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || text.len() > 255 || !text.contains('/') {
            return Err(NotAName { expected: "a media type such as text/plain, of at most 255 ASCII characters" });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(FileName, MediaType);

/// The header in the order in which it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u64,
    algorithm: &'static str,
    key_id: &'a KeyArn,
    encryption_context: &'a EncryptionContext,
    wrapped_data_key: String,
    file_name: &'a FileName,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a MediaType>,
    plaintext_length: u64,
    chunk_length: u32,
    nonce_prefix: String,
}

pub(super) const MAGIC: &[u8; 8] = b"KMSENV1\n";
/// Magic and header length, in bytes.
pub(super) const BEFORE_HEADER: usize = 12;
/// In bytes.
pub(super) const HEADER_LIMIT: u32 = 1 << 16;
pub(super) const VERSION: u64 = 1;
pub(super) const ALGORITHM: &str = "AES-256-GCM";
pub(super) const CHUNK_LENGTH: &str = "a number of bytes from 1,024 to 67,108,864";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(text.parse::<FileName>().ok().as_ref().map(FileName::as_str), expected, "{text:?}");
    }

    #[test]
    fn a_file_name_is_the_last_component_of_a_path() {
        check("notes.txt", Some("notes.txt"));
        check("../../etc/passwd", Some("passwd"));
        check("C:\\Users\\me\\notes.txt", Some("notes.txt"));
        check("übung 1…txt", Some("übung 1…txt"));
        check(&"x".repeat(255), Some(&"x".repeat(255)));
        check(&"x".repeat(256), None);
        check(&"ü".repeat(128), None);
        for text in ["", "/", "notes/", ".", "..", "a/..", "a\nb", "a\0", "a\u{85}b"] {
            check(text, None);
        }
    }

    #[track_caller]
    fn check_type(text: &str, well_formed: bool) {
        assert_eq!(text.parse::<MediaType>().is_ok(), well_formed, "{text:?}");
    }

    #[test]
    fn a_media_type_is_short_ascii() {
        check_type("text/plain", true);
        check_type("text/html; charset=utf-8", true);
        check_type(&format!("a/{}", "x".repeat(253)), true);
        check_type(&format!("a/{}", "x".repeat(254)), false);
        for text in ["", "text", "text/\n", "text/ü"] {
            check_type(text, false);
        }
    }

    #[track_caller]
    fn check_limits(change: impl FnOnce(&mut Members), expected: Result<(), &'static str>) {
        let mut members = Members {
            key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
            encryption_context: EncryptionContext::default(),
            wrapped_data_key: vec![1],
            file_name: "a".parse().unwrap(),
            media_type: None,
            plaintext_length: 0,
            chunk_length: 1 << 10,
            nonce_prefix: [0; 7],
        };
        change(&mut members);
        let header = Header::new(members);
        assert_eq!(header.as_ref().map(|_| ()).map_err(|invalid| invalid.member), expected);
        if let Ok(header) = header {
            assert!(header.prefix().len() <= Header::LONGEST_PREFIX);
            assert_eq!(Header::parse(header.prefix()), Ok(header));
        }
    }

    #[test]
    fn limits_hold_on_both_sides() {
        check_limits(|_| {}, Ok(()));
        check_limits(|members| members.wrapped_data_key.clear(), Err("wrappedDataKey"));
        check_limits(|members| members.wrapped_data_key = vec![0; 6144], Ok(()));
        check_limits(|members| members.wrapped_data_key = vec![0; 6145], Err("wrappedDataKey"));
        check_limits(|members| members.plaintext_length = 1 << 40, Ok(()));
        check_limits(|members| members.plaintext_length = (1 << 40) + 1, Err("plaintextLength"));
        check_limits(|members| members.chunk_length = (1 << 10) - 1, Err("chunkLength"));
        check_limits(|members| members.chunk_length = 1 << 26, Ok(()));
        check_limits(|members| members.chunk_length = (1 << 26) + 1, Err("chunkLength"));
        let context = |length| [("a", "x".repeat(length))].into_iter().collect::<EncryptionContext>();
        check_limits(|members| members.encryption_context = context(65_000), Ok(()));
        check_limits(|members| members.encryption_context = context(65_536), Err("encryptionContext"));
    }
}
