//! What values of `Action` and `Resource` cover.

use super::{
    context::RequestContext,
    template::{Piece, Reading, Template, pieces},
    wildcard::Wildcard,
};

/// A value of `Action`, compared without regard to case.
#[derive(Debug)]
pub struct ActionPattern(Option<Wildcard>);

impl ActionPattern {
    /// `*`, or a service prefix, a colon and a name; nothing else is an action.
    pub(super) fn new(text: &str) -> Option<Self> {
        let pattern = || Some(Self(Some(Wildcard::new(&text.to_ascii_lowercase()))));
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

    /// Stands for what is no action, and covers none.
    pub(super) const NOTHING: Self = Self(None);

    /// `folded` is an action in lower case, for example `kms:decrypt`.
    pub fn matches(&self, folded: &str) -> bool {
        self.0.as_ref().is_some_and(|pattern| pattern.matches(folded))
    }
}

/// A value of `Resource`, or of a condition on an ARN.
#[derive(Debug)]
pub struct ResourcePattern(Shape);

#[derive(Debug)]
enum Shape {
    Anything,
    /// A wildcard does not reach across the first five colons.
    Arn(Box<[Template; 6]>),
    /// Not of the form of an ARN. A key policy may hold it, and it names no resource.
    Nothing,
}

impl ResourcePattern {
    /// A value of `Resource`; only what comes after the fifth colon can have variables.
    pub(super) fn new(text: &str, variables: bool) -> Self {
        if Wildcard::new(text).is_anything() {
            return Self(Shape::Anything);
        }
        let Some(ArnParts(parts)) = ArnParts::of(text) else { return Self(Shape::Nothing) };
        let [.., last] = parts;
        let last = Template::new(last, Reading { variables, wildcards: true });
        let mut parts = parts.map(|part| Template::new(part, Reading { variables: false, wildcards: true }));
        if let Some(slot) = parts.last_mut() {
            *slot = last;
        }
        Self(Shape::Arn(Box::new(parts)))
    }

    /// A value of an ARN operator, which can have variables everywhere.
    pub(super) fn condition(text: &str, variables: bool) -> Self {
        if Wildcard::new(text).is_anything() {
            return Self(Shape::Anything);
        }
        let mut parts: Vec<Vec<Piece>> = vec![Vec::new()];
        // The colons of a variable are its own, and so are those of its value.
        for piece in pieces(text, Reading { variables, wildcards: true }) {
            let Piece::Text(text) = &piece else {
                if let Some(part) = parts.last_mut() {
                    part.push(piece);
                }
                continue;
            };
            let left = 6_usize.saturating_sub(parts.len()) + 1;
            for (nth, cut) in text.splitn(left, ':').enumerate() {
                if nth > 0 {
                    parts.push(Vec::new());
                }
                if let Some(part) = parts.last_mut().filter(|_| !cut.is_empty()) {
                    part.push(Piece::Text(cut.into()));
                }
            }
        }
        let parts: Vec<Template> = parts.into_iter().map(Template::of).collect();
        Self(parts.try_into().map_or(Shape::Nothing, |parts| Shape::Arn(Box::new(parts))))
    }

    /// An ARN outside any policy, which may have wildcards.
    pub fn of_arn(text: &str) -> Self {
        Self::condition(text, false)
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
    pub fn matches(&self, arn: &ArnParts<'_>, context: &RequestContext) -> bool {
        match &self.0 {
            Shape::Anything => true,
            Shape::Arn(patterns) => patterns
                .iter()
                .zip(arn.0)
                .all(|(pattern, part)| pattern.is_anything() || pattern.matches(part, context)),
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
        assert_eq!(
            ActionPattern::new(pattern).unwrap().matches(&action.to_ascii_lowercase()),
            matched,
            "{pattern} against {action}"
        );
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
        assert_eq!(
            ResourcePattern::new(pattern, false).matches(&parts, &RequestContext::default()),
            matched,
            "{pattern} against {arn}"
        );
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
        assert!(ResourcePattern::new("*", false).matches_no_resource());
        assert!(!ResourcePattern::new("arn:aws:kms:*:*:*", false).matches_no_resource());
    }
}
