//! Names: accounts, Regions, keys, grants, requests and aliases, parsed once at the edge and typed from there on.
//!
//! Knows nothing of what exists. A [`KeyArn`] is a well-formed name, not a key.

use std::{
    cmp::Ordering,
    fmt::{self, Write as _},
    str::FromStr,
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Serialises a type as its `Display` text and reads it back with `FromStr`.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&$crate::arn::text(self))
            }
        }

        $crate::arn::deserialize_from_text!($type);
    )+};
}
pub(crate) use serde_as_text;

/// The way back, and the text for `Debug`.
macro_rules! deserialize_from_text {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}
pub(crate) use deserialize_from_text;

/// `to_string` without its reallocations: every ARN but that of a long alias fits at once.
pub(crate) fn text(name: &dyn fmt::Display) -> String {
    let mut text = String::with_capacity(96);
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{name}");
    text
}

/// A text that is not the name it was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAName {
    /// What was expected, for example `a key ARN`.
    pub expected: &'static str,
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}", self.expected)
    }
}

impl std::error::Error for NotAName {}

/// Twelve decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// AWS itself, where nobody's account is meant. No customer has it.
    pub const AWS: Self = Self(0);
    /// The one that AWS's documentation gives its readers, and that the worlds begin in.
    pub const EXAMPLE: Self = Self(111_122_223_333);
}

impl FromStr for AccountId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "an account id of 12 digits" };
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong);
        }
        text.parse().map(AccountId).map_err(|_| wrong)
    }
}

impl AccountId {
    /// In two halves that fit 32 bits: wasm divides 64 of them ten times as slowly.
    fn digits(self) -> [u8; 12] {
        let mut digits = [b'0'; 12];
        let (high, low) = digits.split_at_mut(6);
        for (half, number) in [(high, self.0 / 1_000_000), (low, self.0 % 1_000_000)] {
            let mut rest = u32::try_from(number).unwrap_or_default();
            for digit in half.iter_mut().rev() {
                *digit += u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        digits
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

/// One of the commercial Regions the playground knows.
///
/// INVARIANT: in the order of their names. One byte, because every map of keys compares and copies it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Region {
    ApNortheast1,
    ApSoutheast1,
    ApSoutheast2,
    EuCentral1,
    EuNorth1,
    EuWest1,
    EuWest2,
    UsEast1,
    UsEast2,
    UsWest2,
}

impl Region {
    /// Every Region a world has.
    pub const ALL: &'static [Self] = &[
        Self::ApNortheast1,
        Self::ApSoutheast1,
        Self::ApSoutheast2,
        Self::EuCentral1,
        Self::EuNorth1,
        Self::EuWest1,
        Self::EuWest2,
        Self::UsEast1,
        Self::UsEast2,
        Self::UsWest2,
    ];
    /// Where a new session starts.
    pub const US_EAST_1: Self = Self::UsEast1;

    /// For example `us-east-1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApNortheast1 => "ap-northeast-1",
            Self::ApSoutheast1 => "ap-southeast-1",
            Self::ApSoutheast2 => "ap-southeast-2",
            Self::EuCentral1 => "eu-central-1",
            Self::EuNorth1 => "eu-north-1",
            Self::EuWest1 => "eu-west-1",
            Self::EuWest2 => "eu-west-2",
            Self::UsEast1 => "us-east-1",
            Self::UsEast2 => "us-east-2",
            Self::UsWest2 => "us-west-2",
        }
    }
}

impl FromStr for Region {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let known = Self::ALL.iter().find(|region| region.as_str() == text);
        known.copied().ok_or(NotAName { expected: "a Region of this playground" })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key id: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// Not a number, which would take more room: the maps of keys are full of them.
    bytes: [u8; 16],
    multi_region: bool,
}

impl KeyId {
    /// A single-Region id from 16 random bytes, as a version 4 UUID (RFC 9562).
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self { bytes: uuid_bits(bytes).to_be_bytes(), multi_region: false }
    }

    /// A multi-Region id from 16 random bytes.
    pub fn multi_region_from_random(bytes: [u8; 16]) -> Self {
        Self { bytes, multi_region: true }
    }

    /// Not after any other id in the order of ids.
    pub const FIRST: Self = Self { bytes: [0; 16], multi_region: false };

    fn bits(self) -> u128 {
        u128::from_be_bytes(self.bytes)
    }

    /// Whether the id has the `mrk-` form.
    pub fn is_multi_region(self) -> bool {
        self.multi_region
    }
}

/// Sets the version and variant bits of a version 4 UUID (RFC 9562, section 5.4).
fn uuid_bits(bytes: [u8; 16]) -> u128 {
    let version = 0x4_u128 << 76;
    let variant = 0b10_u128 << 62;
    let cleared = u128::from_be_bytes(bytes) & !(0xF_u128 << 76) & !(0b11_u128 << 62);
    cleared | version | variant
}

/// 128 bits in the 8-4-4-4-12 form of a UUID. By hand and at once: every answer names its key and its request, and
/// formatting is slow in wasm.
fn uuid(bits: u128) -> [u8; 36] {
    let mut uuid = [b'-'; 36];
    let digits = uuid.iter_mut().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23));
    for ((_, slot), digit) in digits.zip(hex(bits)) {
        *slot = digit;
    }
    uuid
}

/// The 32 lower-case hexadecimal digits of 128 bits.
fn hex(bits: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bits.to_be_bytes()) {
        *pair = [byte >> 4, byte & 0xF].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
    digits
}

impl FromStr for KeyId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a key id" };
        let (digits, multi_region) = match text.strip_prefix("mrk-") {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let length = if multi_region { 32 } else { 36 };
        if digits.len() != length {
            return Err(wrong);
        }
        let mut bytes = [0_u8; 16];
        let mut count = 0_usize;
        for (at, byte) in digits.bytes().enumerate() {
            let digit = match byte {
                b'-' if !multi_region && matches!(at, 8 | 13 | 18 | 23) => continue,
                _ if !multi_region && matches!(at, 8 | 13 | 18 | 23) => return Err(wrong),
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return Err(wrong),
            };
            if let Some(slot) = bytes.get_mut(count / 2) {
                *slot = *slot << 4 | digit;
            }
            count += 1;
        }
        Ok(Self { bytes, multi_region })
    }
}

impl PartialOrd for KeyId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As numbers: that is a comparison or two, where bytes are a loop.
impl Ord for KeyId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bits().cmp(&other.bits()).then(self.multi_region.cmp(&other.multi_region))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.multi_region {
            f.write_str("mrk-")?;
            f.write_str(str::from_utf8(&hex(self.bits())).unwrap_or_default())
        } else {
            f.write_str(str::from_utf8(&uuid(self.bits())).unwrap_or_default())
        }
    }
}

/// The id of a grant: 32 random bytes as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId([u128; 2]);

impl GrantId {
    /// Not after any other id in the order of ids.
    pub const FIRST: Self = Self([0; 2]);

    /// An id from 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let (halves, _) = bytes.as_chunks::<16>();
        let half = |nth: usize| halves.get(nth).copied().map_or(0, u128::from_be_bytes);
        Self([half(0), half(1)])
    }

    /// The 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (slot, half) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(self.0) {
            *slot = half.to_be_bytes();
        }
        bytes
    }
}

impl FromStr for GrantId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a grant id of 64 hexadecimal digits" };
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if text.len() != 64 || !text.bytes().all(is_digit) {
            return Err(wrong);
        }
        let (high, low) = text.split_at(32);
        let half = |digits: &str| u128::from_str_radix(digits, 16).map_err(|_| wrong);
        Ok(Self([half(high)?, half(low)?]))
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|half| f.write_str(str::from_utf8(&hex(*half)).unwrap_or_default()))
    }
}

/// A UUID that names one request, or a record of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u128);

impl RequestId {
    /// An id from 16 random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(uuid_bits(bytes))
    }
}

impl FromStr for RequestId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a request id" };
        u128::from_str_radix(&text.replace('-', ""), 16).map(Self).map_err(|_| wrong)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&uuid(self.0)).unwrap_or_default())
    }
}

/// `arn:aws:kms:REGION:ACCOUNT:key/KEY-ID`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    pub account: AccountId,
    pub region: Region,
    pub id: KeyId,
}

impl FromStr for KeyArn {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        match text.parse()? {
            KeyRef::Arn(arn) => Ok(arn),
            KeyRef::Id(_) | KeyRef::Alias(_) | KeyRef::AliasArn(_) => Err(NotAName { expected: "a key ARN" }),
        }
    }
}

impl KeyArn {
    /// The ARN as text. At once, for the same reason as a UUID: every answer and every decision has one.
    pub fn line(&self) -> Line {
        let (uuid, digits);
        let id: [&[u8]; 2] = if self.id.multi_region {
            digits = hex(self.id.bits());
            [b"mrk-", &digits]
        } else {
            uuid = self::uuid(self.id.bits());
            [b"", &uuid]
        };
        let account = self.account.digits();
        let mut line = Line { bytes: [0; 96], length: 0 };
        for part in [b"arn:aws:kms:", self.region.as_str().as_bytes(), b":", &account, b":key/"].into_iter().chain(id) {
            line.push(part);
        }
        line
    }
}

/// A text that needs no memory of its own, as long as the longest key ARN and a little more.
pub struct Line {
    bytes: [u8; 96],
    length: usize,
}

impl Line {
    fn push(&mut self, part: &[u8]) {
        let end = self.length + part.len();
        if let Some(slot) = self.bytes.get_mut(self.length..end) {
            slot.copy_from_slice(part);
            self.length = end;
        }
    }

    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|line| str::from_utf8(line).ok()).unwrap_or_default()
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line().as_str())
    }
}

impl Serialize for KeyArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.line().as_str())
    }
}

/// `alias/…`, 7 to 256 characters of `[a-zA-Z0-9:/_-]` (CreateAlias, AliasName).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(Arc<str>);

impl AliasName {
    /// Not after any other name in the order of names: `-` sorts before every other character a name may have.
    pub fn first() -> Self {
        Self("alias/-".into())
    }

    /// With the `alias/` prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is of the form that only AWS services create.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with("alias/aws/")
    }
}

impl FromStr for AliasName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'/' | b'_' | b'-');
        let name = text.strip_prefix("alias/").filter(|rest| !rest.is_empty() && rest.bytes().all(allowed));
        match name {
            Some(_) if text.len() <= 256 => Ok(Self(text.into())),
            _ => Err(NotAName { expected: "an alias name" }),
        }
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `arn:aws:kms:REGION:ACCOUNT:alias/NAME`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasArn {
    pub account: AccountId,
    pub region: Region,
    pub name: AliasName,
}

impl FromStr for AliasArn {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        match text.parse()? {
            KeyRef::AliasArn(arn) => Ok(arn),
            KeyRef::Id(_) | KeyRef::Alias(_) | KeyRef::Arn(_) => Err(NotAName { expected: "an alias ARN" }),
        }
    }
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:kms:{}:{}:{}", self.region, self.account, self.name)
    }
}

/// What a `KeyId` parameter may hold: a key id, key ARN, alias name or alias ARN.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyRef {
    Id(KeyId),
    Arn(KeyArn),
    Alias(AliasName),
    AliasArn(AliasArn),
}

impl FromStr for KeyRef {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a key id, key ARN, alias name or alias ARN" };
        if text.starts_with("alias/") {
            return text.parse().map(Self::Alias);
        }
        let Some(rest) = text.strip_prefix("arn:aws:kms:") else {
            return text.parse().map(Self::Id).map_err(|_| wrong);
        };
        let mut parts = rest.splitn(3, ':');
        let (Some(region), Some(account), Some(resource)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong);
        };
        let (region, account) = (region.parse()?, account.parse()?);
        match resource.strip_prefix("key/") {
            Some(id) => Ok(Self::Arn(KeyArn { account, region, id: id.parse()? })),
            None => Ok(Self::AliasArn(AliasArn { account, region, name: resource.parse()? })),
        }
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Arn(arn) => arn.fmt(f),
            Self::Alias(name) => name.fmt(f),
            Self::AliasArn(arn) => arn.fmt(f),
        }
    }
}

serde_as_text!(AccountId, Region, KeyId, GrantId, RequestId, AliasName, AliasArn, KeyRef);
deserialize_from_text!(KeyArn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_the_order_of_their_names() {
        assert!(Region::ALL.is_sorted());
        assert!(Region::ALL.is_sorted_by_key(|region| region.as_str()));
    }

    #[track_caller]
    fn check(text: &str, well_formed: bool) {
        let parsed = text.parse::<KeyRef>();
        assert_eq!(parsed.is_ok(), well_formed, "{text}");
        if let Ok(reference) = parsed {
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn key_references_survive_a_round_trip_and_near_misses_are_refused() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let mrk = "mrk-1234abcd12ab34cd56ef1234567890ab";
        check(id, true);
        check(mrk, true);
        check(&format!("arn:aws:kms:us-east-1:111122223333:key/{id}"), true);
        check(&format!("arn:aws:kms:us-east-1:111122223333:key/{mrk}"), true);
        check("alias/orders", true);
        check("alias/aws/s3", true);
        check("arn:aws:kms:us-east-1:111122223333:alias/orders", true);

        check("", false);
        check(&id[1..], false);
        check(&id.to_uppercase(), false);
        check(&mrk[..35], false);
        check(&id.replace('-', ""), false);
        check("alias/", false);
        check("alias/with space", false);
        check(&format!("alias/{}", "a".repeat(251)), false);
        check(&format!("alias/{}", "a".repeat(250)), true);
        check(&format!("arn:aws:kms:us-east-1:11112222333:key/{id}"), false);
        check(&format!("arn:aws:kms:mars-north-1:111122223333:key/{id}"), false);
        check(&format!("arn:aws:s3:us-east-1:111122223333:key/{id}"), false);
        check("arn:aws:kms:us-east-1:111122223333:orders", false);
    }

    #[test]
    fn grant_ids_survive_a_round_trip_and_near_misses_are_refused() {
        let digits = "0123456789abcdef".repeat(4);
        let id: GrantId = digits.parse().unwrap();
        assert_eq!(id.to_string(), digits);
        assert_eq!(GrantId::from_bytes(id.to_bytes()), id);
        for wrong in ["", &digits[1..], &format!("{digits}0"), &digits.to_uppercase(), &digits.replace('0', "+")] {
            assert!(wrong.parse::<GrantId>().is_err(), "{wrong}");
        }
    }
}
