//! Grants: permission to use one key, given to one principal, beside every policy. A grant allows and never denies.
//!
//! Sources: API reference, CreateGrant and GrantConstraints; Developer Guide, "Grants in AWS KMS", "Creating grants".

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{AccountId, GrantId, KeyArn, NotAName, serde_as_text},
    clock::Timestamp,
    crypto::{
        context::EncryptionContext,
        mac::{self, MacAlgorithm},
        secret::SecretBytes,
        step::Trace,
    },
    entropy::Entropy,
    kms::spec::{KeySpec, KeyUsage},
    policy::principal::PolicyPrincipal,
};

/// One grant.
#[derive(Clone, Deserialize, Serialize)]
pub struct Grant {
    pub id: GrantId,
    pub key: KeyArn,
    pub terms: Terms,
    pub created: Timestamp,
    /// The account of whoever created it.
    pub issuing_account: AccountId,
    /// The grant that allowed to create it, where no policy did. It may have ended since.
    pub parent: Option<GrantId>,
}

/// What is agreed in a grant: all that CreateGrant says of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Who may use the key.
    pub grantee: GrantPrincipal,
    /// Who may end the grant, beside those who may anyway.
    pub retiring: Option<GrantPrincipal>,
    /// INVARIANT: never empty.
    pub operations: BTreeSet<GrantOperation>,
    pub constraints: Constraints,
    /// A second request with the same name and otherwise the same terms makes no second grant.
    pub name: Option<String>,
}

impl Terms {
    /// Whether every operation of the grant is one of `parent`, as a grant made by permission of a grant must have it.
    pub fn operations_within(&self, parent: &Self) -> bool {
        self.operations.is_subset(&parent.operations)
    }
}

/// Whom a grant names: an account, user, role or session by its ARN, or an AWS service by its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantPrincipal(PolicyPrincipal);

impl GrantPrincipal {
    pub fn named(&self) -> &PolicyPrincipal {
        &self.0
    }

    /// Whether it is an AWS service that acts for itself.
    pub fn is_service(&self) -> bool {
        matches!(self.0, PolicyPrincipal::Service(_))
    }
}

impl From<PolicyPrincipal> for GrantPrincipal {
    fn from(principal: PolicyPrincipal) -> Self {
        Self(principal)
    }
}

/// Reads what `Display` writes: an ARN, or the name of a service.
impl FromStr for GrantPrincipal {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text.starts_with("arn:") { text.parse().map(Self) } else { PolicyPrincipal::service(text).map(Self) }
    }
}

impl fmt::Display for GrantPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Narrows a grant to some requests.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Constraints {
    pub encryption_context: Option<ContextConstraint>,
    /// The resource for which an AWS service asks. Callers that are no service are not asked for one.
    pub source_arn: Option<String>,
}

impl Constraints {
    /// Whether every request that these let through `parent` lets through too.
    pub fn within(&self, parent: &Self) -> bool {
        let context = match (&self.encryption_context, &parent.encryption_context) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(parent)) => own.within(parent),
        };
        context && (parent.source_arn.is_none() || self.source_arn == parent.source_arn)
    }
}

/// For example `EncryptionContextSubset tenant=7`.
impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.encryption_context, &self.source_arn) {
            (None, None) => f.write_str("none"),
            (Some(context), None) => write!(f, "{} {}", context.name(), context.pairs()),
            (None, Some(arn)) => write!(f, "SourceArn {arn}"),
            (Some(context), Some(arn)) => write!(f, "{} {}, SourceArn {arn}", context.name(), context.pairs()),
        }
    }
}

/// What a grant asks of the encryption context. Names and values are compared with their case.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum ContextConstraint {
    /// Exactly these pairs.
    Equals(EncryptionContext),
    /// These pairs and any others.
    Subset(EncryptionContext),
}

impl ContextConstraint {
    /// What it is called on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "EncryptionContextEquals",
            Self::Subset(_) => "EncryptionContextSubset",
        }
    }

    /// The pairs it asks for.
    pub fn pairs(&self) -> &EncryptionContext {
        match self {
            Self::Equals(pairs) | Self::Subset(pairs) => pairs,
        }
    }

    /// Whether a request with this context is let through.
    pub fn holds(&self, context: &EncryptionContext) -> bool {
        match self {
            Self::Equals(pairs) => context == pairs,
            Self::Subset(pairs) => contains(context, pairs),
        }
    }

    /// Whether every context that this lets through `parent` lets through too.
    pub fn within(&self, parent: &Self) -> bool {
        match (self, parent) {
            (Self::Equals(own) | Self::Subset(own), Self::Subset(parent)) => contains(own, parent),
            (Self::Equals(own), Self::Equals(parent)) => own == parent,
            (Self::Subset(_), Self::Equals(_)) => false,
        }
    }
}

fn contains(context: &EncryptionContext, pairs: &EncryptionContext) -> bool {
    pairs.pairs().all(|(name, value)| context.value(name) == Some(value))
}

/// What a grant can allow, in AWS's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantOperation {
    Decrypt,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    ReEncryptFrom,
    ReEncryptTo,
    Sign,
    Verify,
    GetPublicKey,
    CreateGrant,
    RetireGrant,
    DescribeKey,
    GenerateDataKeyPair,
    GenerateDataKeyPairWithoutPlaintext,
    GenerateMac,
    VerifyMac,
    DeriveSharedSecret,
    Encapsulate,
    Decapsulate,
}

/// Which keys an operation exists for.
#[derive(Clone, Copy)]
enum For {
    AnyKey,
    Usage(KeyUsage),
    Symmetric,
    Asymmetric,
}

/// Each operation with its name on the wire, which is that of the permission without `kms:`.
const OPERATIONS: &[(GrantOperation, &str, For)] = &[
    (GrantOperation::Decrypt, "Decrypt", For::Usage(KeyUsage::EncryptDecrypt)),
    (GrantOperation::Encrypt, "Encrypt", For::Usage(KeyUsage::EncryptDecrypt)),
    (GrantOperation::GenerateDataKey, "GenerateDataKey", For::Symmetric),
    (GrantOperation::GenerateDataKeyWithoutPlaintext, "GenerateDataKeyWithoutPlaintext", For::Symmetric),
    (GrantOperation::ReEncryptFrom, "ReEncryptFrom", For::Usage(KeyUsage::EncryptDecrypt)),
    (GrantOperation::ReEncryptTo, "ReEncryptTo", For::Usage(KeyUsage::EncryptDecrypt)),
    (GrantOperation::Sign, "Sign", For::Usage(KeyUsage::SignVerify)),
    (GrantOperation::Verify, "Verify", For::Usage(KeyUsage::SignVerify)),
    (GrantOperation::GetPublicKey, "GetPublicKey", For::Asymmetric),
    (GrantOperation::CreateGrant, "CreateGrant", For::AnyKey),
    (GrantOperation::RetireGrant, "RetireGrant", For::AnyKey),
    (GrantOperation::DescribeKey, "DescribeKey", For::AnyKey),
    (GrantOperation::GenerateDataKeyPair, "GenerateDataKeyPair", For::Symmetric),
    (GrantOperation::GenerateDataKeyPairWithoutPlaintext, "GenerateDataKeyPairWithoutPlaintext", For::Symmetric),
    (GrantOperation::GenerateMac, "GenerateMac", For::Usage(KeyUsage::GenerateVerifyMac)),
    (GrantOperation::VerifyMac, "VerifyMac", For::Usage(KeyUsage::GenerateVerifyMac)),
    (GrantOperation::DeriveSharedSecret, "DeriveSharedSecret", For::Usage(KeyUsage::KeyAgreement)),
    (GrantOperation::Encapsulate, "Encapsulate", For::Usage(KeyUsage::EncapsulateDecapsulate)),
    (GrantOperation::Decapsulate, "Decapsulate", For::Usage(KeyUsage::EncapsulateDecapsulate)),
];

impl GrantOperation {
    /// All of them, in AWS's order.
    pub fn all() -> impl Iterator<Item = Self> {
        OPERATIONS.iter().map(|(operation, ..)| *operation)
    }

    /// The value of `GrantOperation` on the wire.
    pub fn as_str(self) -> &'static str {
        OPERATIONS.iter().find(|(operation, ..)| *operation == self).map_or("", |(_, name, _)| name)
    }

    /// Whether keys of that spec and usage can do it.
    pub fn fits(self, spec: KeySpec, usage: KeyUsage) -> bool {
        OPERATIONS.iter().find(|(operation, ..)| *operation == self).is_some_and(|(.., kind)| match kind {
            For::AnyKey => true,
            For::Usage(wanted) => usage == *wanted,
            For::Symmetric => spec == KeySpec::SymmetricDefault,
            For::Asymmetric => spec.scheme().is_some(),
        })
    }

    /// Whether a constraint on the encryption context bears on requests for it. It never does on those without one.
    pub fn minds_context(self) -> bool {
        !matches!(self, Self::DescribeKey | Self::RetireGrant | Self::CreateGrant)
    }
}

impl fmt::Display for GrantOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for GrantOperation {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let found = OPERATIONS.iter().find(|(_, name, _)| *name == text);
        found.map(|(operation, ..)| *operation).ok_or(NotAName { expected: "an operation of grants" })
    }
}

serde_as_text!(GrantPrincipal, GrantOperation);

/// The grants of one key.
#[derive(Clone, Default)]
pub struct KeyGrants {
    by_id: OrdMap<GrantId, Arc<Grant>>,
    /// INVARIANT: grantee and id of each grant in `by_id`, and nothing else.
    by_grantee: OrdSet<(GrantPrincipal, GrantId)>,
}

impl KeyGrants {
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn get(&self, id: GrantId) -> Option<&Arc<Grant>> {
        self.by_id.get(&id)
    }

    /// All of them in the order of their ids, those after `after` only.
    pub fn iter(&self, after: Option<GrantId>) -> impl Iterator<Item = &Arc<Grant>> {
        let first = after.unwrap_or(GrantId::FIRST);
        self.by_id.range(first..).filter(move |(id, _)| after != Some(**id)).map(|(_, grant)| grant)
    }

    pub(super) fn insert(&mut self, grant: Arc<Grant>) {
        self.by_grantee.insert((grant.terms.grantee.clone(), grant.id));
        self.by_id.insert(grant.id, grant);
    }

    /// Those of one grantee, likewise.
    pub fn given_to(&self, grantee: GrantPrincipal, after: Option<GrantId>) -> impl Iterator<Item = &Arc<Grant>> {
        let first = (grantee.clone(), after.unwrap_or(GrantId::FIRST));
        let ids = self.by_grantee.range(first..).take_while(move |(named, _)| *named == grantee).map(|(_, id)| *id);
        ids.filter(move |id| after != Some(*id)).filter_map(|id| self.by_id.get(&id))
    }
}

/// Every grant of a world.
#[derive(Clone, Default)]
pub struct Grants {
    /// INVARIANT: no key without a grant.
    of_key: OrdMap<KeyArn, KeyGrants>,
    /// INVARIANT: each grant with a retiring principal, and nothing else.
    by_retiring: OrdMap<(GrantPrincipal, GrantId), KeyArn>,
    /// What a key without grants has.
    none: KeyGrants,
}

impl Grants {
    /// The grants of one key.
    pub fn of(&self, key: &KeyArn) -> &KeyGrants {
        self.of_key.get(key).unwrap_or(&self.none)
    }

    /// The grants that `retiring` may end by name, in the order of their ids, those after `after` only.
    pub fn retirable_by(&self, retiring: GrantPrincipal, after: Option<GrantId>) -> impl Iterator<Item = &Arc<Grant>> {
        let first = (retiring.clone(), after.unwrap_or(GrantId::FIRST));
        self.by_retiring
            .range(first..)
            .take_while(move |((named, _), _)| *named == retiring)
            .filter(move |((_, id), _)| after != Some(*id))
            .filter_map(|((_, id), key)| self.of(key).get(*id))
    }

    pub(super) fn insert(&mut self, grant: Arc<Grant>) {
        let mut grants = self.of(&grant.key).clone();
        if let Some(retiring) = &grant.terms.retiring {
            self.by_retiring.insert((retiring.clone(), grant.id), grant.key);
        }
        let key = grant.key;
        grants.insert(grant);
        self.of_key.insert(key, grants);
    }

    pub(super) fn remove(&mut self, grant: &Grant) {
        let mut grants = self.of(&grant.key).clone();
        grants.by_id.remove(&grant.id);
        grants.by_grantee.remove(&(grant.terms.grantee.clone(), grant.id));
        if let Some(retiring) = &grant.terms.retiring {
            self.by_retiring.remove(&(retiring.clone(), grant.id));
        }
        if grants.is_empty() {
            self.of_key.remove(&grant.key);
        } else {
            self.of_key.insert(grant.key, grants);
        }
    }

    pub(super) fn remove_key(&mut self, key: &KeyArn) {
        for grant in self.of_key.remove(key).unwrap_or_default().by_id.values() {
            if let Some(retiring) = &grant.terms.retiring {
                self.by_retiring.remove(&(retiring.clone(), grant.id));
            }
        }
    }
}

/// Stored as a list; the orders by which grants are found follow from it.
impl Serialize for Grants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.of_key.values().flat_map(|grants| grants.by_id.values()))
    }
}

impl<'de> Deserialize<'de> for Grants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut grants = Self::default();
        Vec::<Arc<Grant>>::deserialize(deserializer)?.into_iter().for_each(|grant| grants.insert(grant));
        Ok(grants)
    }
}

/// A text that stands for a grant and was given out with it: base64 of a nonce, the grant's id, a tag, and the ARN of
/// its key. The tag, HMAC-SHA-256 under the world's own key over all the rest, is what makes it one.
pub fn token(grant: &Grant, entropy: &mut Entropy) -> String {
    let named = Named { nonce: entropy.draw(), id: grant.id, key: grant.key.to_string() };
    let tag = mac::generate(MacAlgorithm::HmacSha256, &own_key(entropy), &named.message(), &mut Trace::off());
    STANDARD.encode([named.nonce.as_slice(), &named.id.to_bytes(), &tag, named.key.as_bytes()].concat())
}

/// The grant that a token stands for, if this world gave it out; whether it still exists is another question.
pub fn read_token(token: &str, entropy: &Entropy) -> Option<(KeyArn, GrantId)> {
    let bytes = STANDARD.decode(token).ok()?;
    let (nonce, rest) = bytes.split_first_chunk::<16>()?;
    let (id, rest) = rest.split_first_chunk::<32>()?;
    let (tag, key) = rest.split_first_chunk::<32>()?;
    let named = Named { nonce: *nonce, id: GrantId::from_bytes(*id), key: str::from_utf8(key).ok()?.to_owned() };
    let genuine = mac::verify(MacAlgorithm::HmacSha256, &own_key(entropy), &named.message(), tag, &mut Trace::off());
    if genuine { Some((named.key.parse().ok()?, named.id)) } else { None }
}

/// What the tag of a token is over.
struct Named {
    nonce: [u8; 16],
    id: GrantId,
    key: String,
}

impl Named {
    fn message(&self) -> Vec<u8> {
        [b"grant token".as_slice(), &self.nonce, &self.id.to_bytes(), self.key.as_bytes()].concat()
    }
}

fn own_key(entropy: &Entropy) -> SecretBytes {
    SecretBytes::from_vec(entropy.own_key().to_vec())
}

#[cfg(test)]
mod tests;
