//! From a refusal to what goes over the wire. Every sentence is made here, AWS's own where it is known.

use serde::Serialize;
use serde_json::json;

use crate::{
    crypto::{attestation::NotAttested, x509::BrokenChain},
    endpoint::{model, outcome::Response},
    kms::{KmsError, Quota, import_token::TokenProblem, quota::Exceeded},
    ops::refusal::{
        GrantProblem, Missing, Refusal, SemanticError, SerializationError, SigningError, StateRefusal, Violation,
    },
};

mod stores;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The `__type`, for example `NotFoundException`.
    pub kind: &'static str,
    pub status: u16,
    /// Some of AWS's errors have no message.
    pub message: Option<String>,
}

impl Fault {
    /// `operation` decides between types where operations differ in the errors they know.
    pub fn new(refusal: &Refusal, operation: Option<&str>) -> Self {
        let (kind, message) = describe(refusal, operation);
        let status = if kind == "KMSInternalException" { 500 } else { 400 };
        Self { kind, status, message }
    }

    /// The body names the type and the message; AccessDeniedException writes `Message`.
    pub fn response(&self) -> Response {
        let body = match &self.message {
            None => json!({ "__type": self.kind }),
            Some(message) if self.kind == "AccessDeniedException" => {
                json!({ "__type": self.kind, "Message": message })
            }
            Some(message) => json!({ "__type": self.kind, "message": message }),
        };
        Response { status: self.status, body: body.to_string() }
    }
}

/// The Developer Guide has it in "Throttling AWS KMS requests".
const THROTTLED: &str = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";

const CIPHERTEXT_KEY_UNKNOWN: &str = "The ciphertext refers to a customer master key that does not exist, does not \
                                      exist in this region, or you are not allowed to access.";

fn describe(refusal: &Refusal, operation: Option<&str>) -> (&'static str, Option<String>) {
    match refusal {
        Refusal::UnknownCaller => {
            ("UnrecognizedClientException", Some("The security token included in the request is invalid.".to_owned()))
        }
        Refusal::Signing(error) => signing(error),
        Refusal::UnknownOperation { target } => {
            ("UnknownOperationException", Some(format!("no operation of KMS is named by the target `{target}`")))
        }
        Refusal::Serialization(error) => ("SerializationException", Some(serialization(error))),
        Refusal::Shape(violations) => ("ValidationException", Some(constraints(violations))),
        Refusal::Semantic(error) => ("ValidationException", Some(semantic(error))),
        Refusal::Missing(missing) => not_found(missing, operation),
        Refusal::Denied(decision) => ("AccessDeniedException", decision.access_denied_message()),
        Refusal::Throttled => ("ThrottlingException", Some(THROTTLED.to_owned())),
        Refusal::CiphertextKeyUnknown => ("AccessDeniedException", Some(CIPHERTEXT_KEY_UNKNOWN.to_owned())),
        Refusal::State { key, refusal } => {
            let (kind, phrase) = in_state(*refusal);
            (kind, Some(format!("{key} {phrase}.")))
        }
        Refusal::Algorithm { algorithm, key_spec } => (
            "InvalidKeyUsageException",
            Some(format!("Algorithm {algorithm} is incompatible with key spec {key_spec}.")),
        ),
        Refusal::KeyUsage { key, usage, operation } => (
            "InvalidKeyUsageException",
            Some(format!("{key} key usage is {usage} which is not valid for {operation}.")),
        ),
        Refusal::KeySpecUnsupported { key, spec } => (
            "UnsupportedOperationException",
            Some(format!("{key} key spec is {spec} which is not valid for this operation.")),
        ),
        Refusal::OriginUnsupported { key, origin } => (
            "UnsupportedOperationException",
            Some(format!("{key} origin is {} which is not valid for this operation.", origin.as_str())),
        ),
        Refusal::SpecOfOrigin { spec, origin } => (
            "UnsupportedOperationException",
            Some(format!("KeySpec {spec} is not supported for Origin {}.", origin.as_str())),
        ),
        Refusal::NotPrimary { key } => {
            ("UnsupportedOperationException", Some(format!("{key} is not a multi-Region primary key.")))
        }
        Refusal::NoSuchRegion { name } => {
            ("UnsupportedOperationException", Some(format!("{name} is none of this playground's Regions.")))
        }
        Refusal::NoKeyStoreHas { what } => {
            ("UnsupportedOperationException", Some(format!("{what} is not supported in a custom key store.")))
        }
        Refusal::MemberOfSpec { member, spec } => (
            "UnsupportedOperationException",
            Some(format!("{member} is only supported for symmetric encryption KMS keys, and the key spec is {spec}.")),
        ),
        Refusal::Wrapping { algorithm, wrapping_key, spec } => (
            "UnsupportedOperationException",
            Some(format!(
                "WrappingAlgorithm {algorithm} with WrappingKeySpec {wrapping_key} is not supported for key material of \
                 key spec {spec}."
            )),
        ),
        Refusal::ImportToken(TokenProblem::Invalid) => (
            "InvalidImportTokenException",
            Some("The import token is invalid or is associated with a different KMS key.".to_owned()),
        ),
        Refusal::ImportToken(TokenProblem::Expired) => {
            ("ExpiredImportTokenException", Some("The import token has expired.".to_owned()))
        }
        Refusal::OnlyInChina { what } => {
            ("UnsupportedOperationException", Some(format!("{what} is only supported in China Regions.")))
        }
        Refusal::InvalidSignature => ("KMSInvalidSignatureException", None),
        Refusal::InvalidMac => ("KMSInvalidMacException", None),
        Refusal::DryRun => (
            "DryRunOperationException",
            Some("The request would have succeeded, but the DryRun option is set.".to_owned()),
        ),
        Refusal::InvalidGrantToken => ("InvalidGrantTokenException", Some("Invalid grant token.".to_owned())),
        Refusal::InvalidGrantId { given } => ("InvalidGrantIdException", Some(format!("Invalid grant ID '{given}'"))),
        Refusal::InvalidPrincipal { given } => {
            ("InvalidArnException", Some(format!("ARN does not refer to a valid principal: {given}")))
        }
        Refusal::InvalidMarker => ("InvalidMarkerException", Some("Invalid marker.".to_owned())),
        Refusal::InvalidCiphertext => ("InvalidCiphertextException", None),
        Refusal::IncorrectKey => (
            "IncorrectKeyException",
            Some("The key ID in the request does not identify a CMK that can perform this operation.".to_owned()),
        ),
        Refusal::Kms(error) => kms(error),
        Refusal::NotInThisBuild { what } => (
            "NotInThisBuildException",
            Some(format!("AWS KMS has this, this build of the playground does not: {what}")),
        ),
        Refusal::Internal { why } => ("KMSInternalException", Some((*why).to_owned())),
    }
}

fn signing(error: &SigningError) -> (&'static str, Option<String>) {
    let (kind, message) = match error {
        SigningError::NoAuthorization => {
            ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned())
        }
        SigningError::Incomplete { header, missing } => {
            let missing = missing.iter().map(|name| format!("Authorization header requires '{name}' parameter. "));
            ("IncompleteSignatureException", format!("{}Authorization={header}", missing.collect::<String>()))
        }
        SigningError::NoDate => (
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
        ),
        SigningError::OtherService => {
            ("InvalidSignatureException", "Credential should be scoped to correct service: 'kms'.".to_owned())
        }
        SigningError::OtherRegion { region } => (
            "InvalidSignatureException",
            format!("Credential should be scoped to a valid region. '{region}' is none of this playground's."),
        ),
        SigningError::Expired { signed, earliest, now } => (
            "InvalidSignatureException",
            format!("Signature expired: {signed} is now earlier than {earliest} ({now} - 5 min.)"),
        ),
        SigningError::NotYetCurrent { signed, latest, now } => (
            "InvalidSignatureException",
            format!("Signature not yet current: {signed} is still later than {latest} ({now} + 5 min.)"),
        ),
        SigningError::Mismatch => (
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details."
                .to_owned(),
        ),
    };
    (kind, Some(message))
}

fn in_state(refusal: StateRefusal) -> (&'static str, &'static str) {
    match refusal {
        StateRefusal::Disabled => ("DisabledException", "is disabled"),
        StateRefusal::PendingDeletion => ("KMSInvalidStateException", "is pending deletion"),
        StateRefusal::NotPendingDeletion => ("KMSInvalidStateException", "is not pending deletion"),
        StateRefusal::PendingImport => ("KMSInvalidStateException", "is pending import"),
        StateRefusal::Unavailable => ("KMSInvalidStateException", "is unavailable"),
        StateRefusal::Creating => ("KMSInvalidStateException", "is creating"),
        StateRefusal::Updating => ("KMSInvalidStateException", "is updating"),
    }
}

fn not_found(missing: &Missing, operation: Option<&str>) -> (&'static str, Option<String>) {
    let knows = |kind: &str| {
        let model = operation.and_then(model::operation);
        model.is_some_and(|model| model.errors.iter().any(|error| error == kind))
    };
    match missing {
        Missing::ArnForm { given } if knows("InvalidArnException") => {
            ("InvalidArnException", Some(format!("Invalid arn '{given}'")))
        }
        Missing::AliasForm { given } if knows("InvalidAliasNameException") => {
            ("InvalidAliasNameException", Some(format!("Invalid alias name '{given}': it must be 'alias/' and a name")))
        }
        Missing::KeyIdForm { given } | Missing::ArnForm { given } => {
            ("NotFoundException", Some(format!("Invalid keyId '{given}'")))
        }
        Missing::OtherRegion { region } => ("NotFoundException", Some(format!("Invalid arn {region}"))),
        Missing::AliasForm { given } => ("NotFoundException", Some(format!("Alias {given} is not found."))),
        Missing::Key(arn) => ("NotFoundException", Some(format!("Key '{arn}' does not exist"))),
        Missing::Alias(arn) => ("NotFoundException", Some(format!("Alias {arn} is not found."))),
        Missing::Grant(id) => ("NotFoundException", Some(format!("Grant {id} is not found."))),
    }
}

fn kms(error: &KmsError) -> (&'static str, Option<String>) {
    match error {
        KmsError::AliasExists(arn) => {
            ("AlreadyExistsException", Some(format!("An alias with the name {arn} already exists")))
        }
        KmsError::KeyExists(arn) => (
            "AlreadyExistsException",
            Some(format!("The multi-Region key {} already exists in {}", arn.id, arn.region)),
        ),
        KmsError::AlreadyPrimary(key) => {
            ("UnsupportedOperationException", Some(format!("{key} is the primary key already.")))
        }
        KmsError::AliasReserved(arn) => (
            "InvalidAliasNameException",
            Some(format!("{} begins with alias/aws/, which is reserved for AWS services", arn.name)),
        ),
        KmsError::Quota(exceeded) => ("LimitExceededException", Some(full(exceeded))),
        KmsError::TagReserved(name) => {
            ("TagException", Some(format!("Tag key '{name}' begins with aws:, which is reserved")))
        }
        KmsError::TagTwice(name) => ("TagException", Some(format!("Tag key '{name}' is given twice"))),
        KmsError::RotationImminent(key) => {
            ("ConflictException", Some(format!("{key} is rotated automatically within the next 20 minutes")))
        }
        KmsError::MaterialMissing(key) => ("KMSInvalidStateException", Some(format!("{key} is pending import."))),
        KmsError::NothingToRotateTo(key) => {
            ("KMSInvalidStateException", Some(format!("{key} has no key material pending rotation.")))
        }
        KmsError::ReplicasLackMaterial(key) => (
            "KMSInvalidStateException",
            Some(format!("{key} has replica keys without the key material that is pending rotation.")),
        ),
        KmsError::RotationPending(key) => {
            ("KMSInvalidStateException", Some(format!("{key} has key material pending rotation.")))
        }
        KmsError::MaterialUnfit { key, spec } => (
            "IncorrectKeyMaterialException",
            Some(format!("The key material is not valid for {key}, which is {spec}.")),
        ),
        KmsError::OtherMaterial(key) => (
            "IncorrectKeyMaterialException",
            Some(format!("The key material is not the one that was imported into {key} before.")),
        ),
        KmsError::MaterialKnown(key) => {
            ("IncorrectKeyMaterialException", Some(format!("The key material is already associated with {key}.")))
        }
        KmsError::NoSuchMaterial { key, id } => {
            ("NotFoundException", Some(format!("Key material {id} is not associated with {key}.")))
        }
        KmsError::Policy(error) => ("MalformedPolicyDocumentException", Some(error.to_string())),
        KmsError::UnknownPrincipal(principal) => (
            "MalformedPolicyDocumentException",
            Some(format!(
                "Policy contains a statement with one or more invalid principals. (`{principal}` does not exist)"
            )),
        ),
        KmsError::Store(error) => {
            let (kind, message) = stores::describe(error);
            (kind, Some(message))
        }
        KmsError::Lockout => (
            "MalformedPolicyDocumentException",
            Some("The new key policy will not allow you to update the key policy in the future.".to_owned()),
        ),
    }
}

fn full(Exceeded { quota, most, wanted, of }: &Exceeded) -> String {
    match quota {
        Quota::Keys => format!("{of} has the {most} customer managed KMS keys it may have"),
        Quota::Aliases => format!("{of} has the {most} aliases it may have"),
        Quota::AliasesPerKey => format!("{of} has the {most} aliases a key may have"),
        Quota::GrantsPerKey => format!("{of} has the {most} grants a key may have"),
        Quota::KeyPolicyBytes => format!("The key policy has {wanted} bytes; at most {most} are allowed"),
        Quota::KeyStores => format!("{of} has the {most} custom key stores it may have"),
        Quota::OnDemandRotationsPerKey => format!("{of} has had the {most} on-demand rotations a key may have"),
        Quota::TagsPerKey => format!("{of} would have more than {most} tags"),
    }
}

fn constraints(violations: &[Violation]) -> String {
    let noun = if violations.len() == 1 { "error" } else { "errors" };
    let listed: Vec<String> = violations
        .iter()
        .map(|broken| {
            format!("{} at '{}' failed to satisfy constraint: {}", broken.value, broken.at, broken.constraint)
        })
        .collect();
    format!("{} validation {noun} detected: {}", violations.len(), listed.join("; "))
}

fn serialization(error: &SerializationError) -> String {
    match error {
        SerializationError::NotJson { problem, line, column } => {
            format!("the body is not JSON: {problem} (line {line}, column {column})")
        }
        SerializationError::NotUtf8 { at } => format!("the body is not UTF-8 from byte {at}"),
        SerializationError::NotAnObject { got } => format!("the body is {got}, expected a JSON object"),
        SerializationError::WrongType { at, expected, got } => format!("`{at}` is {got}, expected {expected}"),
        SerializationError::NotBase64 { at } => format!("`{at}` is not base64"),
    }
}

fn semantic(error: &SemanticError) -> String {
    match error {
        SemanticError::KeySpecOrNumberOfBytes => "Please specify either number of bytes or key spec.".to_owned(),
        SemanticError::CiphertextMissing => {
            "CiphertextBlob is required unless DryRun is set with the modifier IGNORE_CIPHERTEXT.".to_owned()
        }
        SemanticError::KeyIdMissing => "A dry run that ignores the ciphertext has to name the key.".to_owned(),
        SemanticError::ModifierWithoutDryRun => "DryRunModifiers can only be used when DryRun is set.".to_owned(),
        SemanticError::KeySpecTwice => {
            "KeySpec and CustomerMasterKeySpec are the same parameter and have different values.".to_owned()
        }
        SemanticError::KeyUsageOfSpec { usage, spec } => {
            format!("KeyUsage {usage} is not compatible with KeySpec {spec}.")
        }
        SemanticError::KeyUsageMissing => {
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.".to_owned()
        }
        SemanticError::MessageTypeOfAlgorithm { message_type, algorithm } => {
            format!("MessageType {message_type} is not valid for SigningAlgorithm {algorithm}.")
        }
        SemanticError::DigestLength { algorithm } => format!("Digest is invalid length for algorithm {algorithm}."),
        SemanticError::PublicKeyOfOtherCurve { spec } => {
            format!("PublicKey must be the DER-encoded SubjectPublicKeyInfo of a point on the curve of {spec}.")
        }
        SemanticError::ContextOfAsymmetric => {
            "EncryptionContext is only valid for symmetric encryption KMS keys.".to_owned()
        }
        SemanticError::PlaintextTooLong { algorithm, spec, most } => {
            format!("Plaintext is longer than the {most} bytes that {spec} encrypts with {algorithm}.")
        }
        SemanticError::OriginOfStore { kind, origin } => {
            format!("Origin {origin} is not valid in a custom key store of type {kind}.")
        }
        SemanticError::StoreIdMissing { origin } => format!("CustomKeyStoreId is required for Origin {origin}."),
        SemanticError::XksKeyId { needed: true } => "XksKeyId is required for Origin EXTERNAL_KEY_STORE.".to_owned(),
        SemanticError::XksKeyId { needed: false } => "XksKeyId is only valid for Origin EXTERNAL_KEY_STORE.".to_owned(),
        SemanticError::StoreMember { member, kind, needed } => {
            format!("{member} is {} for CustomKeyStoreType {kind}.", if *needed { "required" } else { "not valid" })
        }
        SemanticError::StoreIdAndName => "Specify either CustomKeyStoreId or CustomKeyStoreName, not both.".to_owned(),
        SemanticError::VpcServiceMissing => {
            "XksProxyVpcEndpointServiceName is required for XksProxyConnectivity VPC_ENDPOINT_SERVICE.".to_owned()
        }
        SemanticError::VpcServiceOfPublic => {
            "XksProxyVpcEndpointServiceName and XksProxyVpcEndpointServiceOwner are only valid for XksProxyConnectivity \
             VPC_ENDPOINT_SERVICE."
                .to_owned()
        }
        SemanticError::AliasToOtherKind => {
            "The current and the new KMS key must be of the same type and have the same key usage.".to_owned()
        }
        SemanticError::Grant(problem) => grant(*problem),
        SemanticError::ValidToOfExpirationModel { expires: true } => {
            "ValidTo is required when ExpirationModel is KEY_MATERIAL_EXPIRES.".to_owned()
        }
        SemanticError::ValidToOfExpirationModel { expires: false } => {
            "ValidTo is not valid when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.".to_owned()
        }
        SemanticError::ValidToOutOfRange => "ValidTo must be in the future, at most 365 days from now.".to_owned(),
        SemanticError::MaterialIdOfNew => {
            "KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.".to_owned()
        }
        SemanticError::PolicyName => "The only valid policy name is default.".to_owned(),
        SemanticError::RecipientIncomplete => {
            "Recipient takes both an AttestationDocument and a KeyEncryptionAlgorithm.".to_owned()
        }
        SemanticError::NotAttested(why) => not_attested(*why),
        SemanticError::EncryptionContextTooLarge => {
            "The encryption context has a name, a value or a number of pairs over 65535.".to_owned()
        }
    }
}

fn grant(problem: GrantProblem) -> String {
    let fixed = match problem {
        GrantProblem::Grantee => "Exactly one of GranteePrincipal and GranteeServicePrincipal must be specified.",
        GrantProblem::Retiring => "RetiringPrincipal and RetiringServicePrincipal cannot both be specified.",
        GrantProblem::ServiceTerms => {
            "A grant with a GranteeServicePrincipal must have a SourceArn constraint and a RetiringPrincipal or \
             RetiringServicePrincipal."
        }
        GrantProblem::NoOperations => "Grants must contain at least one operation.",
        GrantProblem::OnlyCreateGrant => "Grants must not contain only the CreateGrant operation.",
        GrantProblem::TwoConstraints => "More than one constraint supplied",
        GrantProblem::TooManyPairs => "An encryption context constraint can have at most 8 pairs.",
        GrantProblem::ValuesTooLong => {
            "The encryption context values of a constraint can have at most 384 characters together."
        }
        GrantProblem::WhichGrant => "Grant token OR (grant ID, key ID) must be specified.",
        GrantProblem::WhoseGrants => "Exactly one of RetiringPrincipal and RetiringServicePrincipal must be specified.",
        GrantProblem::OperationOfKey { operation, spec, usage } => {
            return format!(
                "Operation {operation} is not valid for a KMS key with key spec {spec} and key usage {usage}."
            );
        }
        GrantProblem::ConstraintOfKey { spec } => {
            return format!("An encryption context constraint is not valid for a KMS key with key spec {spec}.");
        }
    };
    fixed.to_owned()
}

/// How AWS words these is not recorded.
fn not_attested(why: NotAttested) -> String {
    let why = match why {
        NotAttested::Malformed { part } => return format!("The attestation document is malformed: {part}."),
        NotAttested::Chain(BrokenChain::Expired { until }) => {
            return format!("The attestation document has expired: its certificates were valid until {until}.");
        }
        NotAttested::Chain(BrokenChain::NotYetValid { from }) => {
            return format!("The attestation document is not valid yet: its certificates are from {from}.");
        }
        NotAttested::Chain(BrokenChain::UnknownRoot) => {
            "its certificates do not begin with the root of this playground's enclaves or of AWS's"
        }
        NotAttested::Chain(BrokenChain::Link) => "its certificates were not issued by one another",
        NotAttested::Chain(BrokenChain::Length) => "it has too many certificates",
        NotAttested::Chain(BrokenChain::Unreadable) => "a certificate in it is unreadable",
        NotAttested::Signature => "its signature is not that of its certificate",
        NotAttested::NoPublicKey => "it contains no public key",
        NotAttested::PublicKey => "its public key is not an RSA key of 2048 to 4096 bits",
    };
    format!("The attestation document is not valid: {why}.")
}
