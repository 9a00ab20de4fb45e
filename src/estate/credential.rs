//! Access keys: what a request is signed with, and whom that makes it come from.
//!
//! The keys of the worlds that the playground makes are no secrets and say so. Their ids are no ids of AWS either, whose
//! alphabet (base32) has no `1`: they cannot be mistaken for real ones, nor sign anything at AWS.

use std::{fmt, str::FromStr};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroize;

use crate::{
    arn::{AccountId, NotAName, serde_as_text},
    estate::{account::Account, principal::Caller},
};

/// 16 to 128 letters and digits (IAM API reference, AccessKey), for example `AKIA111122223333ADMN`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessKeyId(String);

impl FromStr for AccessKeyId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let fits = (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAName { expected: "an access key id" }) }
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(AccessKeyId);

/// Whom an access key stands for, and the secrets that go with it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct AccessKey {
    pub caller: Caller,
    pub secret: SecretText,
    /// What temporary credentials, those of a role session, carry beside their signature.
    pub session_token: Option<SecretText>,
}

impl AccessKey {
    /// The one that a new world would have under this id.
    pub fn built_in(id: &AccessKeyId, caller: Caller) -> Self {
        let session_token = id.0.starts_with("ASIA").then(|| SecretText(format!("session-token-of-{id}")));
        Self { caller, secret: SecretText(format!("this/is/not/a/secret{id}")), session_token }
    }
}

/// A secret that signs. Zeroised on drop; its `Debug` does not show it.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// One access key for every caller of a new world: `AKIA`, or `ASIA` for a role session, the account, and four letters
/// with a number where others of the account begin with the same.
pub(super) fn built_in<'a>(
    accounts: impl Iterator<Item = (&'a AccountId, &'a Account)>,
) -> OrdMap<AccessKeyId, AccessKey> {
    let mut keys = OrdMap::new();
    for (&account, held) in accounts {
        let root = (Caller::Root(account), "AKIA", "ROOT".to_owned());
        let users = held
            .users
            .keys()
            .map(|name| (Caller::User { account, name: name.clone() }, "AKIA", letters(&name.to_string())));
        let sessions = held.roles.keys().filter_map(|role| {
            let caller = Caller::RoleSession { account, role: role.clone(), session: "session".parse().ok()? };
            Some((caller, "ASIA", letters(&role.to_string())))
        });
        for (caller, kind, letters) in std::iter::once(root).chain(users).chain(sessions) {
            let first = format!("{kind}{account}{letters}");
            let others = keys.keys().filter(|key: &&AccessKeyId| key.0.starts_with(&first)).count();
            let id = if others == 0 { first } else { format!("{first}{}", others + 1) };
            if let Ok(id) = id.parse() {
                let key = AccessKey::built_in(&id, caller);
                keys.insert(id, key);
            }
        }
    }
    keys
}

/// The first four letters of a name in capitals, for example `DEVE`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).take(4).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::Estate;

    #[test]
    fn every_caller_of_a_new_world_has_one_access_key() {
        let estate = Estate::default_world();
        for caller in estate.callers() {
            let keys: Vec<_> = estate.access_keys.iter().filter(|(_, key)| key.caller == caller).collect();
            let [(id, key)] = keys.as_slice() else { panic!("{caller} has {} access keys", keys.len()) };
            assert_eq!((id.to_string().len(), key.secret.expose().len()), (20, 40), "{caller}");
            let temporary = matches!(caller, Caller::RoleSession { .. });
            assert_eq!(key.session_token.is_some(), temporary, "{caller}");
        }
        assert_eq!(estate.access_keys.len(), estate.callers().len());
    }

    #[test]
    fn an_access_key_id_has_16_to_128_letters_and_digits() {
        for (text, fits) in [
            ("AKIA111122223333ADMI".to_owned(), true),
            ("A".repeat(16), true),
            ("A".repeat(15), false),
            ("A".repeat(128), true),
            ("A".repeat(129), false),
            ("AKIA111122223333ADM/".to_owned(), false),
        ] {
            assert_eq!(text.parse::<AccessKeyId>().is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let key = Estate::default_world().access_keys.values().next().cloned().unwrap();
        assert!(!format!("{key:?}").contains("not/a/secret"));
    }
}
