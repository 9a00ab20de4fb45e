//! Every error that KMS answers with: what it means, why it came here, and what to do.

use crate::{
    authz::decision::{Decision, Verdict},
    endpoint::{Outcome, fault::Fault},
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
    (meaning, remedy)
}

/// Why a decision is not an allowance, in a sentence.
pub fn why_denied(decision: &Decision) -> String {
    let reports = decision.checks.iter().flat_map(|check| &check.statements);
    let deny = reports.into_iter().find(|statement| !statement.allows && statement.matched);
    match (decision.verdict, deny) {
        (Verdict::ExplicitlyDenied, Some(statement)) => format!(
            "The statement {} says Deny, and a Deny wins over every Allow.",
            statement.sid.as_deref().map_or_else(|| statement.index.to_string(), |sid| format!("`{sid}`"))
        ),
        (Verdict::ExplicitlyDenied, None) => "A statement says Deny, and a Deny wins over every Allow.".to_owned(),
        _ => format!(
            "No statement of the key policy or of the caller's own policies allows `{}` here, no grant does, and what is \
             not allowed is denied.",
            decision.action
        ),
    }
}

fn why(fault: &Fault, outcome: &Outcome) -> String {
    let stage = outcome.stages.iter().find(|record| record.result == StageResult::Refused);
    let place = stage
        .map_or_else(String::new, |record| format!("The request got as far as the stage “{}”. ", record.stage.name()));
    match &fault.message {
        Some(message) => format!("{place}KMS says: {message}"),
        None => format!("{place}AWS gives no message with this error, so that it tells an attacker nothing."),
    }
}

fn row(kind: &str) -> Option<&'static Row> {
    ROWS.iter().find(|(name, ..)| *name == kind)
}

/// The `__type`, its meaning, and what to do.
type Row = (&'static str, &'static str, &'static str);

const UNLISTED: Row = ("", "KMS refused the request.", "Change the request and send it once more.");

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("AccessDeniedException", "The caller may not do this with that.", "Act as somebody who may, or change a policy. The tab Reasons shows every statement that was looked at."),
    ("AlreadyExistsException", "The name is taken in this account and Region.", "Choose another name, or use UpdateAlias to point the one there is elsewhere."),
    ("CloudHsmClusterInUseException", "Another key store has this CloudHSM cluster, or one that shares its backups.", "Name a cluster of its own."),
    ("CloudHsmClusterInvalidConfigurationException", "The cluster lacks what a key store needs: security group, subnets, or active HSMs.", "Put the cluster right: two active HSMs in different zones, and one to connect."),
    ("CloudHsmClusterNotActiveException", "The CloudHSM cluster is not active.", "Initialise and activate the cluster first."),
    ("CloudHsmClusterNotFoundException", "There is no CloudHSM cluster of this id here.", "Check the id of the cluster, its account and its Region."),
    ("CloudHsmClusterNotRelatedException", "The new cluster has no common history with the old one.", "Name a cluster made from a backup of the old one."),
    ("ConflictException", "Something else is about to happen to the same thing.", "Wait until it is over, then ask again. Here you can move the clock."),
    ("CustomKeyStoreHasCMKsException", "The key store still has keys.", "Schedule their deletion, let the waiting period pass, and delete the store then."),
    ("CustomKeyStoreInvalidStateException", "The connection of the key store does not allow this.", "Connect or disconnect it first; DescribeCustomKeyStores tells its state."),
    ("CustomKeyStoreNameInUseException", "Another key store of this Region has that name.", "Choose another name."),
    ("CustomKeyStoreNotFoundException", "There is no key store of that id or name here.", "Look it up with DescribeCustomKeyStores."),
    ("DependencyTimeoutException", "Something inside AWS did not answer in time.", "Send the request again."),
    ("DisabledException", "The key is turned off. Nothing is lost, but nobody can use it.", "Call EnableKey, then try once more."),
    ("DryRunOperationException", "Good news: the request would have succeeded. A dry run does nothing and always ends in an error.", "Take DryRun out to do it."),
    ("ExpiredImportTokenException", "The import token is older than 24 hours.", "Call GetParametersForImport again and wrap the material anew."),
    ("IncompleteSignatureException", "The header Authorization lacks something.", "Sign with AWS Signature Version 4; every AWS client does."),
    ("IncorrectKeyException", "The ciphertext was sealed by another key than the request names.", "Name the key that sealed it, or name none."),
    ("IncorrectKeyMaterialException", "The imported material is not what this key had before.", "Import the same bytes again: a key takes back its own material only."),
    ("IncorrectTrustAnchorException", "The certificate is not the one the cluster was initialised with.", "Give the file customerCA.crt of the cluster."),
    ("InvalidAliasNameException", "The name is not one an alias can have.", "Use alias/ and letters, digits, /, _ and -, but not alias/aws/."),
    ("InvalidArnException", "The ARN is not of the right form, names something of another kind, or a principal that does not exist.", "Copy the ARN from an answer, pick the key from the list, or name somebody who exists."),
    ("InvalidCiphertextException", "Ciphertext and encryption context are not exactly what was sealed.", "Give the untouched ciphertext and the same context, to the letter."),
    ("InvalidGrantIdException", "This is no grant id, which has 64 hexadecimal digits.", "Copy it from the answer of CreateGrant or ListGrants."),
    ("InvalidGrantTokenException", "The grant token is of no grant here.", "Use the token that CreateGrant answered with, or none."),
    ("InvalidImportTokenException", "The import token was made for another key or another public key.", "Use token and public key of the same GetParametersForImport."),
    ("InvalidKeyUsageException", "The key is made for something else: a key has one usage for ever.", "Use a key of the right usage and an algorithm of its spec; DescribeKey lists them."),
    ("InvalidMarkerException", "The marker is not one that a list answered with.", "Take NextMarker as it came, for the same list."),
    ("InvalidSignatureException", "The signature on the request is not the caller's.", "Check the secret access key, the Region and the clock."),
    ("KMSInternalException", "KMS itself failed.", "At AWS, send it again. Here it is a mistake of the playground: please report it."),
    ("KMSInvalidMacException", "The authentication code is not that of this message and key.", "Check message, key and algorithm; one changed byte is enough."),
    ("KMSInvalidSignatureException", "The signature is not that of this message and key.", "Check message, message type, key and algorithm; one changed byte is enough."),
    ("KMSInvalidStateException", "The state of the key does not allow this.", "DescribeKey tells the state. CancelKeyDeletion saves a key that waits for its deletion."),
    ("KeyUnavailableException", "The key cannot be reached at the moment.", "Send the request again."),
    ("LimitExceededException", "A quota is full: so many of these, and no more.", "Remove some, or at AWS ask for more."),
    ("MalformedPolicyDocumentException", "The policy is not one KMS can accept.", "Check the JSON, that its principals exist, and that it lets you change it again."),
    ("MissingAuthenticationTokenException", "The request is not signed.", "Sign with AWS Signature Version 4; every AWS client does."),
    ("NotFoundException", "There is no such thing in this account and Region.", "Pick a key from the list, or choose another Region at the top."),
    ("NotInThisBuildException", "AWS KMS can do this; this build of the playground cannot yet. AWS does not have this error.", "Choose another operation or value."),
    ("SerializationException", "The body is not JSON of the right types.", "Correct the JSON; blobs are base64 text, times are seconds."),
    ("TagException", "The tags cannot be so: one twice, or a reserved name.", "Give each tag key once, none of which begins with aws:."),
    ("ThrottlingException", "The account has sent more requests in this second than its quota lets through.", "Wait and try again, ever longer, as AWS clients do by themselves. Here you can move the clock."),
    ("UnknownOperationException", "KMS has no operation of that name.", "Check the header X-Amz-Target."),
    ("UnrecognizedClientException", "The caller does not exist.", "Choose somebody of this world at the top."),
    ("UnsupportedOperationException", "Keys of this kind cannot do that.", "Use a key of a kind that can: rotation, for example, is for symmetric keys with material of KMS."),
    ("ValidationException", "The request breaks a rule of the API.", "Change the members that the message names; the form shows their limits."),
    ("XksKeyAlreadyInUseException", "A KMS key is already connected to that external key.", "Name another external key."),
    ("XksKeyInvalidConfigurationException", "The external key is not enabled or not for AES-256 encryption.", "Put it right in the external key manager."),
    ("XksKeyNotFoundException", "The proxy knows no external key of that id.", "Check the id in the external key manager."),
    ("XksProxyIncorrectAuthenticationCredentialException", "The proxy does not accept the credential.", "Give the access key id and secret that the proxy has."),
    ("XksProxyInvalidConfigurationException", "The proxy is not set up as KMS needs it.", "Check the proxy's configuration."),
    ("XksProxyInvalidResponseException", "The proxy answered something that KMS does not understand.", "Check the proxy against the XKS API."),
    ("XksProxyUriEndpointInUseException", "Another key store uses this endpoint in another way.", "Use another endpoint or another path."),
    ("XksProxyUriInUseException", "Another key store has this endpoint and path.", "Give each key store a path of its own."),
    ("XksProxyUriUnreachableException", "KMS does not reach the proxy.", "Check the address, its certificate and the network."),
    ("XksProxyVpcEndpointServiceInUseException", "Another key store uses this VPC endpoint service.", "Name another service."),
    ("XksProxyVpcEndpointServiceInvalidConfigurationException", "The VPC endpoint service is not set up as KMS needs it.", "Check its load balancer, zones and private DNS name."),
    ("XksProxyVpcEndpointServiceNotFoundException", "There is no VPC endpoint service of that name here.", "Check its name and owner, and that KMS may use it."),
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
