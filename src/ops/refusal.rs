//! Why a request was refused, as typed facts. The sentence is made once, in `endpoint::fault`.

use crate::{
    arn::{AliasArn, GrantId, KeyArn},
    authz::decision::Decision,
    crypto::attestation::NotAttested,
    kms::{KeySpec, KeyUsage, KmsError, Origin, StoreError, grant::GrantOperation, import_token::TokenProblem},
};

/// One request refused.
#[derive(Debug)]
pub enum Refusal {
    /// The caller does not exist in this world.
    UnknownCaller,
    /// The signature is missing, unreadable or wrong.
    Signing(SigningError),
    /// The target names no operation of the API.
    UnknownOperation {
        target: String,
    },
    /// The body is not what JSON 1.1 asks for.
    Serialization(SerializationError),
    /// Members that break the API model, all of them.
    Shape(Vec<Violation>),
    /// A rule between members, or one the model does not know.
    Semantic(SemanticError),
    Missing(Missing),
    Denied(Box<Decision>),
    /// There were more requests than a request quota has room for.
    Throttled,
    /// A ciphertext without `KeyId` whose key is not here, or is not the caller's to know of.
    CiphertextKeyUnknown,
    State {
        key: KeyArn,
        refusal: StateRefusal,
    },
    /// The algorithm is not one of the key's.
    Algorithm {
        algorithm: String,
        key_spec: KeySpec,
    },
    /// The key is for something else.
    KeyUsage {
        key: KeyArn,
        usage: KeyUsage,
        operation: &'static str,
    },
    /// The operation does not exist for keys of this spec.
    KeySpecUnsupported {
        key: KeyArn,
        spec: KeySpec,
    },
    /// The operation does not exist for keys of this origin.
    OriginUnsupported {
        key: KeyArn,
        origin: Origin,
    },
    /// Keys of this spec cannot have that origin.
    SpecOfOrigin {
        spec: KeySpec,
        origin: Origin,
    },
    /// Only the primary key of a multi-Region set can do it.
    NotPrimary {
        key: KeyArn,
    },
    /// AWS may have the Region; the playground does not.
    NoSuchRegion {
        name: String,
    },
    /// No key in a custom key store can be like that.
    NoKeyStoreHas {
        what: &'static str,
    },
    /// Keys of this spec have no such member of a request.
    MemberOfSpec {
        member: &'static str,
        spec: KeySpec,
    },
    /// Key material of that spec does not travel under that wrapping key in that way.
    Wrapping {
        algorithm: String,
        wrapping_key: String,
        spec: KeySpec,
    },
    ImportToken(TokenProblem),
    /// Everything held, and nothing was done.
    DryRun,
    InvalidGrantToken,
    /// Not of the form of a grant id.
    InvalidGrantId {
        given: String,
    },
    /// A grant names nobody who exists.
    InvalidPrincipal {
        given: String,
    },
    InvalidMarker,
    /// The ciphertext or its encryption context is not what was sealed.
    InvalidCiphertext,
    /// AWS has it in its China Regions, of which the playground has none.
    OnlyInChina {
        what: &'static str,
    },
    /// The tag is not the message's.
    InvalidMac,
    /// The signature is not the key's for this message.
    InvalidSignature,
    /// The ciphertext is another key's.
    IncorrectKey,
    Kms(KmsError),
    /// AWS has it; this build does not.
    NotInThisBuild {
        what: String,
    },
    /// A rule of this program was broken. Never seen; the tests look for it.
    Internal {
        why: &'static str,
    },
}

impl From<KmsError> for Refusal {
    fn from(error: KmsError) -> Self {
        Self::Kms(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Kms(KmsError::Store(error))
    }
}

impl From<TokenProblem> for Refusal {
    fn from(problem: TokenProblem) -> Self {
        Self::ImportToken(problem)
    }
}

impl From<SigningError> for Refusal {
    fn from(error: SigningError) -> Self {
        Self::Signing(error)
    }
}

/// A signature that does not hold (IAM User Guide, "Troubleshoot AWS Signature Version 4"). Times are as in `X-Amz-Date`.
#[derive(Debug)]
pub enum SigningError {
    NoAuthorization,
    /// Parameters of the header `Authorization` that are not there.
    Incomplete {
        header: String,
        missing: Vec<&'static str>,
    },
    /// No `X-Amz-Date`, or one that is no time.
    NoDate,
    OtherService,
    OtherRegion {
        region: String,
    },
    Expired {
        signed: String,
        earliest: String,
        now: String,
    },
    NotYetCurrent {
        signed: String,
        latest: String,
        now: String,
    },
    Mismatch,
}

/// A body that is not the JSON it should be.
#[derive(Debug)]
pub enum SerializationError {
    /// `at` is the first byte that is no UTF-8, counted from 0.
    NotUtf8 {
        at: usize,
    },
    /// Line and column are counted from 1.
    NotJson {
        problem: String,
        line: usize,
        column: usize,
    },
    NotAnObject {
        got: &'static str,
    },
    /// `at` is a path such as `grantTokens.1.member`.
    WrongType {
        at: String,
        expected: &'static str,
        got: &'static str,
    },
    NotBase64 {
        at: String,
    },
}

/// One member that breaks one constraint of the API model.
#[derive(Debug)]
pub struct Violation {
    /// `Value '6'`, `Value null` or, for secret members, `Value`.
    pub value: String,
    /// For example `pendingWindowInDays`.
    pub at: String,
    /// For example `Member must have value greater than or equal to 7`.
    pub constraint: String,
}

/// A `ValidationException` with a sentence of its own.
#[derive(Debug)]
pub enum SemanticError {
    /// GenerateDataKey takes exactly one of the two.
    KeySpecOrNumberOfBytes,
    /// Decrypt and ReEncrypt take a ciphertext, except in a dry run that ignores it.
    CiphertextMissing,
    /// Such a dry run has to name the key.
    KeyIdMissing,
    /// `IGNORE_CIPHERTEXT` only goes with a dry run.
    ModifierWithoutDryRun,
    /// The two names of the same parameter disagree.
    KeySpecTwice,
    /// Keys of that spec cannot have that usage.
    KeyUsageOfSpec {
        usage: String,
        spec: KeySpec,
    },
    /// Only symmetric encryption keys have a usage of their own accord.
    KeyUsageMissing,
    /// The algorithm does not take such a message.
    MessageTypeOfAlgorithm {
        message_type: String,
        algorithm: String,
    },
    /// A digest is as long as the hash.
    DigestLength {
        algorithm: String,
    },
    /// Agreement takes two keys of one curve.
    PublicKeyOfOtherCurve {
        spec: KeySpec,
    },
    /// RSA has no additional data to hold a context.
    ContextOfAsymmetric,
    /// RSA takes less than its modulus, in bytes.
    PlaintextTooLong {
        algorithm: &'static str,
        spec: KeySpec,
        most: usize,
    },
    /// An alias moves between keys of one kind.
    AliasToOtherKind,
    Grant(GrantProblem),
    /// The store is of another type than the origin takes, or the origin takes none.
    OriginOfStore {
        kind: &'static str,
        origin: &'static str,
    },
    /// The origin takes a key store.
    StoreIdMissing {
        origin: &'static str,
    },
    /// Keys of origin `EXTERNAL_KEY_STORE`, and no others, have an external key.
    XksKeyId {
        needed: bool,
    },
    /// A member that a key store of the type needs, or cannot have.
    StoreMember {
        member: &'static str,
        kind: &'static str,
        needed: bool,
    },
    /// DescribeCustomKeyStores takes one of the two.
    StoreIdAndName,
    VpcServiceMissing,
    VpcServiceOfPublic,
    /// Material that expires needs a date, and other material has none.
    ValidToOfExpirationModel {
        expires: bool,
    },
    /// Material expires in the future, within a year.
    ValidToOutOfRange,
    /// New material has no id before it is there.
    MaterialIdOfNew,
    /// Only the name `default` exists.
    PolicyName,
    /// A recipient is a document and an algorithm.
    RecipientIncomplete,
    /// The document of a recipient does not hold.
    NotAttested(NotAttested),
    /// The names and values of an encryption context take more than 65,535 bytes each, or there are more pairs.
    EncryptionContextTooLarge,
}

/// Terms that no grant can have, and requests about grants that name none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantProblem {
    /// A principal or a service principal, one of the two.
    Grantee,
    /// At most one of them.
    Retiring,
    /// A service as grantee takes a source and a retiring principal.
    ServiceTerms,
    NoOperations,
    /// A grant that allows only to create grants.
    OnlyCreateGrant,
    /// Keys of that spec and usage cannot do it.
    OperationOfKey {
        operation: GrantOperation,
        spec: KeySpec,
        usage: KeyUsage,
    },
    /// At most one constraint on the encryption context.
    TwoConstraints,
    /// At most 8 pairs.
    TooManyPairs,
    /// At most 384 characters of values.
    ValuesTooLong,
    /// Only symmetric encryption keys have an encryption context.
    ConstraintOfKey {
        spec: KeySpec,
    },
    /// By its token, or by its id and its key.
    WhichGrant,
    /// By a principal or a service principal, one of the two.
    WhoseGrants,
}

/// Something named that is not there.
#[derive(Debug)]
pub enum Missing {
    /// Not of the form of a key identifier, or of a form the operation does not take.
    KeyIdForm {
        given: String,
    },
    /// Not of the form of an ARN, where the operation has an error for that.
    ArnForm {
        given: String,
    },
    /// An ARN of another Region.
    OtherRegion {
        region: String,
    },
    /// Not `alias/` and a name.
    AliasForm {
        given: String,
    },
    Key(KeyArn),
    Alias(AliasArn),
    Grant(GrantId),
}

/// What AWS answers about a key in the wrong state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateRefusal {
    Disabled,
    PendingDeletion,
    NotPendingDeletion,
    PendingImport,
    Unavailable,
    Creating,
    Updating,
}
