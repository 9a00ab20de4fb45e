//! Wildcards: `*` is any run of characters, `?` is any one.
//!
//! The texts matched against are names of actions and resources, which are ASCII; so a byte is a character.

use std::fmt;

use crate::arn::AccountId;

/// A pattern with the work that does not depend on the text done once.
struct Wildcard {
    /// Runs of `*` are one `*`.
    pattern: Box<[u8]>,
    /// How many bytes a matching text has at least.
    shortest: usize,
}

impl Wildcard {
    fn new(pattern: &str) -> Self {
        let mut bytes = pattern.as_bytes().to_vec();
        bytes.dedup_by(|next, previous| *next == b'*' && *previous == b'*');
        let shortest = bytes.iter().filter(|byte| **byte != b'*').count();
        Self { pattern: bytes.into(), shortest }
    }

    /// Whether every text matches.
    fn is_anything(&self) -> bool {
        *self.pattern == *b"*"
    }

    /// Only the last `*` met is ever tried again: an earlier one that has found a place for what follows it need not
    /// look for another. So the work is bounded by the text's length times the longest stretch between two stars, and
    /// a pattern that needs more bytes than there are costs nothing.
    fn matches(&self, text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
        if self.shortest > text.len() {
            return false;
        }
        let (mut at, mut next) = (0, 0);
        // Where to resume after the last star: the pattern behind it, and the text it may not yet have swallowed.
        let mut resume: Option<(usize, usize)> = None;
        while let Some(&byte) = text.get(at) {
            match self.pattern.get(next) {
                Some(b'*') => {
                    next += 1;
                    if next == self.pattern.len() {
                        return true;
                    }
                    resume = Some((next, at));
                }
                Some(&wanted) if wanted == b'?' || same(wanted, byte) => {
                    at += 1;
                    next += 1;
                }
                Some(_) | None => {
                    let Some((after_star, from)) = resume else { return false };
                    (next, at) = (after_star, from + 1);
                    resume = Some((next, at));
                }
            }
        }
        self.pattern.get(next..).is_none_or(|rest| rest.iter().all(|byte| *byte == b'*'))
    }
}

/// Shows the pattern.
impl fmt::Debug for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.pattern))
    }
}

/// A value of `Action`, compared without regard to case.
#[derive(Debug)]
pub struct ActionPattern(Wildcard);

impl ActionPattern {
    /// `*`, or a service prefix, a colon and a name; nothing else is an action.
    pub(super) fn new(text: &str) -> Option<Self> {
        let pattern = || Some(Self(Wildcard::new(&text.to_ascii_lowercase())));
        if text == "*" {
            return pattern();
        }
        let (prefix, name) = text.split_once(':')?;
        let in_prefix = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-' | b'_');
        let well_formed =
            !prefix.is_empty() && !name.is_empty() && prefix.bytes().all(in_prefix) && name.bytes().all(in_name);
        if well_formed { pattern() } else { None }
    }

    /// `action` is for example `kms:Decrypt`.
    pub fn matches(&self, action: &str) -> bool {
        self.0.matches(action.as_bytes(), |wanted, byte| wanted == byte.to_ascii_lowercase())
    }
}

/// A condition that an AWS service meets when it makes a request for one of its callers, and nothing else does:
/// `kms:CallerAccount` and `kms:ViaService`.
#[derive(Debug)]
pub struct ThroughService {
    account: AccountId,
    service: Wildcard,
}

impl ThroughService {
    pub(super) fn new(account: AccountId, service: &str) -> Self {
        Self { account, service: Wildcard::new(service) }
    }

    /// `service` made the request for a caller of `account`; it is for example `s3.us-east-1.amazonaws.com`, and absent
    /// where the caller asks directly.
    pub fn lets(&self, account: AccountId, service: Option<&str>) -> bool {
        self.account == account && service.is_some_and(|name| self.service.matches(name.as_bytes(), |a, b| a == b))
    }
}

/// A value of `Resource`.
#[derive(Debug)]
pub struct ResourcePattern(Shape);

#[derive(Debug)]
enum Shape {
    Anything,
    /// A wildcard does not reach across the first five colons.
    Arn(Box<[Wildcard; 6]>),
    /// Not of the form of an ARN. A key policy may hold it, and it names no resource.
    Nothing,
}

impl ResourcePattern {
    pub(super) fn new(text: &str) -> Self {
        if Wildcard::new(text).is_anything() {
            return Self(Shape::Anything);
        }
        let shape =
            ArnParts::of(text).map_or(Shape::Nothing, |ArnParts(parts)| Shape::Arn(Box::new(parts.map(Wildcard::new))));
        Self(shape)
    }

    /// Whether the pattern could name any resource at all.
    pub(super) fn is_well_formed(&self) -> bool {
        !matches!(self.0, Shape::Nothing)
    }

    /// Whether the pattern covers a request that names no resource; only `*` does.
    pub fn matches_no_resource(&self) -> bool {
        matches!(self.0, Shape::Anything)
    }

    /// Whether the pattern covers the resource of this name. Case matters.
    pub fn matches(&self, arn: &ArnParts<'_>) -> bool {
        match &self.0 {
            Shape::Anything => true,
            Shape::Arn(patterns) => patterns
                .iter()
                .zip(arn.0)
                .all(|(pattern, part)| pattern.is_anything() || pattern.matches(part.as_bytes(), |a, b| a == b)),
            Shape::Nothing => false,
        }
    }
}

/// An ARN cut at its first five colons, so that one cut serves every pattern.
#[derive(Clone, Copy)]
pub struct ArnParts<'a>([&'a str; 6]);

impl<'a> ArnParts<'a> {
    /// Absent if the text does not start with `arn:` or has fewer than five colons.
    pub fn of(text: &'a str) -> Option<Self> {
        let mut cut = text.splitn(6, ':');
        let mut next = || cut.next();
        let parts = [next()?, next()?, next()?, next()?, next()?, next()?];
        if parts.first() == Some(&"arn") { Some(Self(parts)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_action(pattern: &str, action: &str, matched: bool) {
        assert_eq!(ActionPattern::new(pattern).unwrap().matches(action), matched, "{pattern} against {action}");
    }

    #[test]
    fn actions_match_without_regard_to_case_and_only_as_a_whole() {
        check_action("*", "kms:Decrypt", true);
        check_action("kms:*", "kms:Decrypt", true);
        check_action("KMS:dEcrypt", "kms:Decrypt", true);
        check_action("kms:Decryp", "kms:Decrypt", false);
        check_action("kms:Decrypt1", "kms:Decrypt", false);
        check_action("kms:Decryp?", "kms:Decrypt", true);
        check_action("kms:Decrypt?", "kms:Decrypt", false);
        check_action("kms:Decrypt*", "kms:Decrypt", true);
        check_action("kms:*crypt", "kms:Decrypt", true);
        check_action("kms:*crypt", "kms:ReEncryptTo", false);
        check_action("kms:*crypt*o", "kms:ReEncryptTo", true);
        check_action("kms:**T?", "kms:ReEncryptTo", true);
        check_action("kms:ReEncrypt", "kms:ReEncryptFrom", false);
        check_action("kms:ReEncrypt", "kms:ReEncryptTo", false);
        check_action("kms:ReEncrypt*", "kms:ReEncryptFrom", true);
        check_action("kms:ReEncrypt*", "kms:ReEncryptTo", true);
        check_action("kms:GenerateDataKey*", "kms:GenerateDataKeyPair", true);
        check_action("kms:GenerateDataKey", "kms:GenerateDataKeyPair", false);
        check_action("s3:*", "kms:Decrypt", false);
    }

    #[test]
    fn an_action_has_a_prefix_and_a_name() {
        for text in ["", "**", "Decrypt", "kms", "kms:", ":Decrypt", "k*:Decrypt", "kms:De crypt", "kms:a:b", "kms:é"]
        {
            assert!(ActionPattern::new(text).is_none(), "{text}");
        }
    }

    #[track_caller]
    fn check_resource(pattern: &str, arn: &str, matched: bool) {
        let parts = ArnParts::of(arn).unwrap();
        assert_eq!(ResourcePattern::new(pattern).matches(&parts), matched, "{pattern} against {arn}");
    }

    #[test]
    fn resources_match_part_by_part() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        check_resource("*", key, true);
        check_resource("**", key, true);
        check_resource(key, key, true);
        check_resource("arn:aws:kms:*:*:key/*", key, true);
        check_resource("arn:*:*:*:*:*", key, true);
        check_resource("arn:aws:kms:us-*-1:111122223333:key/1234abcd-*", key, true);
        check_resource("arn:aws:kms:us-east-?:*:key/*", key, true);
        check_resource("arn:aws:kms:us-west-2:*:key/*", key, false);
        check_resource("arn:aws:kms:*:444455556666:key/*", key, false);
        check_resource("arn:aws:kms:*:*:alias/*", key, false);
        check_resource("arn:aws:kms:*:*:KEY/*", key, false);
        check_resource("arn:aws:kms:*", key, false);
        check_resource("arn:aws:kms:*:key/*", key, false);
        check_resource("arn:*", key, false);
        check_resource("1234abcd-12ab-34cd-56ef-1234567890ab", key, false);
        check_resource("kms:Encrypt", key, false);
        check_resource("", key, false);
        check_resource("arn:aws:kms:*:*:alias/a*:b", "arn:aws:kms:us-east-1:111122223333:alias/a:c:b", true);
        assert!(ResourcePattern::new("*").matches_no_resource());
        assert!(!ResourcePattern::new("arn:aws:kms:*:*:*").matches_no_resource());
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_text_times_stretch() {
        let always = |_: u8, _: u8| true;
        let exact = |wanted: u8, byte: u8| wanted == byte;
        let text = "a".repeat(200_000);
        let stars = Wildcard::new(&format!("{}b", "a*".repeat(50_000)));
        assert!(!stars.matches(text.as_bytes(), exact));
        assert!(stars.matches(format!("{text}b").as_bytes(), exact));
        assert!(!Wildcard::new(&"a*".repeat(200_001)).matches(text.as_bytes(), always));
        assert!(!Wildcard::new(&format!("{}b", "*".repeat(200_000))).matches(text.as_bytes(), exact));
    }
}
