//! Every error that KMS answers with: what it means, why it came here, and what to do.

use crate::{
    authz::decision::{Decision, Verdict},
    endpoint::{Outcome, fault::Fault},
    lang::{self, msg, tr},
    ops::stage::StageResult,
};

/// An error in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What this error says wherever it comes.
    pub meaning: &'static str,
    /// What brought it about in this request.
    pub why: String,
    pub remedy: &'static str,
}

/// The error of an outcome in words; nothing for a request that succeeded.
pub fn explain(outcome: &Outcome) -> Option<Explained> {
    let fault = outcome.fault.as_ref()?;
    let (meaning, remedy) = in_general(fault.kind);
    let denied = outcome.decisions.iter().rfind(|decision| decision.verdict != Verdict::Allowed);
    let why = match denied {
        Some(decision) => why_denied(decision),
        None => why(fault, outcome),
    };
    Some(Explained { meaning, why, remedy })
}

/// What an error means wherever it comes, and what to do.
pub fn in_general(kind: &str) -> (&'static str, &'static str) {
    let (_, meaning, remedy) = row(kind).unwrap_or(&UNLISTED);
    (lang::text(meaning), lang::text(remedy))
}

/// Why a decision is not an allowance, in a sentence.
pub fn why_denied(decision: &Decision) -> String {
    let reports = decision.checks.iter().flat_map(|check| &check.statements);
    let deny = reports.into_iter().find(|statement| !statement.allows && statement.matched);
    match (decision.verdict, deny) {
        (Verdict::ExplicitlyDenied, Some(statement)) => tr!(
            "The statement {format} says Deny, and a Deny wins over every Allow.",
            format = statement.sid.as_deref().map_or_else(|| statement.index.to_string(), |sid| format!("`{sid}`"))
        ),
        (Verdict::ExplicitlyDenied, None) => tr!("A statement says Deny, and a Deny wins over every Allow.").to_owned(),
        _ => tr!(
            "No statement of the key policy or of the caller's own policies allows `{action}` here, no grant does, and what is \
             not allowed is denied.",
            action = decision.action
        ),
    }
}

fn why(fault: &Fault, outcome: &Outcome) -> String {
    let stage = outcome.stages.iter().find(|record| record.result == StageResult::Refused);
    let place = stage.map_or_else(String::new, |record| {
        tr!("The request got as far as the stage “{stage}”. ", stage = lang::text(record.stage.name()))
    });
    match &fault.message {
        Some(message) => tr!("{place}KMS says: {message}", place, message),
        None => tr!("{place}AWS gives no message with this error, so that it tells an attacker nothing.", place),
    }
}

fn row(kind: &str) -> Option<&'static Row> {
    ROWS.iter().find(|(name, ..)| *name == kind)
}

/// The `__type`, its meaning, and what to do.
type Row = (&'static str, &'static str, &'static str);

const UNLISTED: Row = ("", msg!("KMS refused the request."), msg!("Change the request and send it once more."));

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("AccessDeniedException", msg!("The caller may not do this with that."), msg!("Act as somebody who may, or change a policy. The tab Reasons shows every statement that was looked at.")),
    ("AlreadyExistsException", msg!("The name is taken in this account and Region."), msg!("Choose another name, or use UpdateAlias to point the one there is elsewhere.")),
    ("CloudHsmClusterInUseException", msg!("Another key store has this CloudHSM cluster, or one that shares its backups."), msg!("Name a cluster of its own.")),
    ("CloudHsmClusterInvalidConfigurationException", msg!("The cluster lacks what a key store needs: security group, subnets, or active HSMs."), msg!("Put the cluster right: two active HSMs in different zones, and one to connect.")),
    ("CloudHsmClusterNotActiveException", msg!("The CloudHSM cluster is not active."), msg!("Initialise and activate the cluster first.")),
    ("CloudHsmClusterNotFoundException", msg!("There is no CloudHSM cluster of this id here."), msg!("Check the id of the cluster, its account and its Region.")),
    ("CloudHsmClusterNotRelatedException", msg!("The new cluster has no common history with the old one."), msg!("Name a cluster made from a backup of the old one.")),
    ("ConflictException", msg!("Something else is about to happen to the same thing."), msg!("Wait until it is over, then ask again. Here you can move the clock.")),
    ("CustomKeyStoreHasCMKsException", msg!("The key store still has keys."), msg!("Schedule their deletion, let the waiting period pass, and delete the store then.")),
    ("CustomKeyStoreInvalidStateException", msg!("The connection of the key store does not allow this."), msg!("Connect or disconnect it first; DescribeCustomKeyStores tells its state.")),
    ("CustomKeyStoreNameInUseException", msg!("Another key store of this Region has that name."), msg!("Choose another name.")),
    ("CustomKeyStoreNotFoundException", msg!("There is no key store of that id or name here."), msg!("Look it up with DescribeCustomKeyStores.")),
    ("DependencyTimeoutException", msg!("Something inside AWS did not answer in time."), msg!("Send the request again.")),
    ("DisabledException", msg!("The key is turned off. Nothing is lost, but nobody can use it."), msg!("Call EnableKey, then try once more.")),
    ("DryRunOperationException", msg!("Good news: the request would have succeeded. A dry run does nothing and always ends in an error."), msg!("Take DryRun out to do it.")),
    ("ExpiredImportTokenException", msg!("The import token is older than 24 hours."), msg!("Call GetParametersForImport again and wrap the material anew.")),
    ("IncompleteSignatureException", msg!("The header Authorization lacks something."), msg!("Sign with AWS Signature Version 4; every AWS client does.")),
    ("IncorrectKeyException", msg!("The ciphertext was sealed by another key than the request names."), msg!("Name the key that sealed it, or name none.")),
    ("IncorrectKeyMaterialException", msg!("The imported material is not what this key had before."), msg!("Import the same bytes again: a key takes back its own material only.")),
    ("IncorrectTrustAnchorException", msg!("The certificate is not the one the cluster was initialised with."), msg!("Give the file customerCA.crt of the cluster.")),
    ("InvalidAliasNameException", msg!("The name is not one an alias can have."), msg!("Use alias/ and letters, digits, /, _ and -, but not alias/aws/.")),
    ("InvalidArnException", msg!("The ARN is not of the right form, names something of another kind, or a principal that does not exist."), msg!("Copy the ARN from an answer, pick the key from the list, or name somebody who exists.")),
    ("InvalidCiphertextException", msg!("Ciphertext and encryption context are not exactly what was sealed."), msg!("Give the untouched ciphertext and the same context, to the letter.")),
    ("InvalidGrantIdException", msg!("This is no grant id, which has 64 hexadecimal digits."), msg!("Copy it from the answer of CreateGrant or ListGrants.")),
    ("InvalidGrantTokenException", msg!("The grant token is of no grant here."), msg!("Use the token that CreateGrant answered with, or none.")),
    ("InvalidImportTokenException", msg!("The import token was made for another key or another public key."), msg!("Use token and public key of the same GetParametersForImport.")),
    ("InvalidKeyUsageException", msg!("The key is made for something else: a key has one usage for ever."), msg!("Use a key of the right usage and an algorithm of its spec; DescribeKey lists them.")),
    ("InvalidMarkerException", msg!("The marker is not one that a list answered with."), msg!("Take NextMarker as it came, for the same list.")),
    ("InvalidSignatureException", msg!("The signature on the request is not the caller's."), msg!("Check the secret access key, the Region and the clock.")),
    ("KMSInternalException", msg!("KMS itself failed."), msg!("At AWS, send it again. Here it is a mistake of the playground: please report it.")),
    ("KMSInvalidMacException", msg!("The authentication code is not that of this message and key."), msg!("Check message, key and algorithm; one changed byte is enough.")),
    ("KMSInvalidSignatureException", msg!("The signature is not that of this message and key."), msg!("Check message, message type, key and algorithm; one changed byte is enough.")),
    ("KMSInvalidStateException", msg!("The state of the key does not allow this."), msg!("DescribeKey tells the state. CancelKeyDeletion saves a key that waits for its deletion.")),
    ("KeyUnavailableException", msg!("The key cannot be reached at the moment."), msg!("Send the request again.")),
    ("LimitExceededException", msg!("A quota is full: so many of these, and no more."), msg!("Remove some, or at AWS ask for more.")),
    ("MalformedPolicyDocumentException", msg!("The policy is not one KMS can accept."), msg!("Check the JSON, that its principals exist, and that it lets you change it again.")),
    ("MissingAuthenticationTokenException", msg!("The request is not signed."), msg!("Sign with AWS Signature Version 4; every AWS client does.")),
    ("NotFoundException", msg!("There is no such thing in this account and Region."), msg!("Pick a key from the list, or choose another Region at the top.")),
    ("NotInThisBuildException", msg!("AWS KMS can do this; this build of the playground cannot yet. AWS does not have this error."), msg!("Choose another operation or value.")),
    ("SerializationException", msg!("The body is not JSON of the right types."), msg!("Correct the JSON; blobs are base64 text, times are seconds.")),
    ("TagException", msg!("The tags cannot be so: one twice, or a reserved name."), msg!("Give each tag key once, none of which begins with aws:.")),
    ("ThrottlingException", msg!("The account has sent more requests in this second than its quota lets through."), msg!("Wait and try again, ever longer, as AWS clients do by themselves. Here you can move the clock.")),
    ("UnknownOperationException", msg!("KMS has no operation of that name."), msg!("Check the header X-Amz-Target.")),
    ("UnrecognizedClientException", msg!("The caller does not exist."), msg!("Choose somebody of this world at the top.")),
    ("UnsupportedOperationException", msg!("Keys of this kind cannot do that."), msg!("Use a key of a kind that can: rotation, for example, is for symmetric keys with material of KMS.")),
    ("ValidationException", msg!("The request breaks a rule of the API."), msg!("Change the members that the message names; the form shows their limits.")),
    ("XksKeyAlreadyInUseException", msg!("A KMS key is already connected to that external key."), msg!("Name another external key.")),
    ("XksKeyInvalidConfigurationException", msg!("The external key is not enabled or not for AES-256 encryption."), msg!("Put it right in the external key manager.")),
    ("XksKeyNotFoundException", msg!("The proxy knows no external key of that id."), msg!("Check the id in the external key manager.")),
    ("XksProxyIncorrectAuthenticationCredentialException", msg!("The proxy does not accept the credential."), msg!("Give the access key id and secret that the proxy has.")),
    ("XksProxyInvalidConfigurationException", msg!("The proxy is not set up as KMS needs it."), msg!("Check the proxy's configuration.")),
    ("XksProxyInvalidResponseException", msg!("The proxy answered something that KMS does not understand."), msg!("Check the proxy against the XKS API.")),
    ("XksProxyUriEndpointInUseException", msg!("Another key store uses this endpoint in another way."), msg!("Use another endpoint or another path.")),
    ("XksProxyUriInUseException", msg!("Another key store has this endpoint and path."), msg!("Give each key store a path of its own.")),
    ("XksProxyUriUnreachableException", msg!("KMS does not reach the proxy."), msg!("Check the address, its certificate and the network.")),
    ("XksProxyVpcEndpointServiceInUseException", msg!("Another key store uses this VPC endpoint service."), msg!("Name another service.")),
    ("XksProxyVpcEndpointServiceInvalidConfigurationException", msg!("The VPC endpoint service is not set up as KMS needs it."), msg!("Check its load balancer, zones and private DNS name.")),
    ("XksProxyVpcEndpointServiceNotFoundException", msg!("There is no VPC endpoint service of that name here."), msg!("Check its name and owner, and that KMS may use it.")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::endpoint::model;

    #[test]
    fn every_error_of_the_api_is_explained_once() {
        let listed: BTreeSet<&str> = ROWS.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(listed.len(), ROWS.len(), "one is listed twice");
        let errors = model::operations().flat_map(|(_, operation)| &operation.errors);
        let missing: BTreeSet<&String> = errors.filter(|kind| !listed.contains(kind.as_str())).collect();
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn every_error_this_program_makes_is_explained() {
        let source = include_str!("../endpoint/fault.rs");
        let quoted = source.split('"').filter(|text| text.ends_with("Exception") && !text.contains(' '));
        let missing: BTreeSet<&str> = quoted.filter(|kind| row(kind).is_none()).collect();
        assert_eq!(missing, BTreeSet::new());
    }
}
