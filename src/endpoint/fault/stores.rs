//! What custom key stores refuse, in sentences: those of the Developer Guide ("Troubleshooting external key stores", "How
//! to respond to a cryptographic operation failure") where it has them, else ours.

use crate::kms::store::{Cause, ClusterLacks, ConnectionError, ExternalKeyFault, StoreError};

pub(super) fn describe(error: &StoreError) -> (&'static str, String) {
    match error {
        StoreError::NotFound { given } => {
            ("CustomKeyStoreNotFoundException", format!("The custom key store {given} does not exist."))
        }
        StoreError::NameInUse { name } => {
            ("CustomKeyStoreNameInUseException", format!("The custom key store name {name} is already in use."))
        }
        StoreError::State { id, connection } => (
            "CustomKeyStoreInvalidStateException",
            format!("The custom key store {id} is {}, which is not valid for this operation.", connection.as_str()),
        ),
        StoreError::HasKeys { id } => {
            ("CustomKeyStoreHasCMKsException", format!("The custom key store {id} contains KMS keys."))
        }
        StoreError::ClusterNotFound { cluster } => {
            ("CloudHsmClusterNotFoundException", format!("KMS cannot find the CloudHSM cluster {cluster}."))
        }
        StoreError::ClusterInUse { cluster } => (
            "CloudHsmClusterInUseException",
            format!(
                "The CloudHSM cluster {cluster} is already associated with a custom key store, or shares a backup \
                 history with a cluster that is."
            ),
        ),
        StoreError::ClusterNotActive { cluster } => {
            ("CloudHsmClusterNotActiveException", format!("The CloudHSM cluster {cluster} is not active."))
        }
        StoreError::ClusterConfiguration { cluster, lacks } => {
            let lacks = match lacks {
                ClusterLacks::TwoHsms => "two active HSMs in different Availability Zones",
                ClusterLacks::OneHsm => "an active HSM",
                ClusterLacks::SecurityGroup => "a security group that allows TCP traffic on ports 2223-2225",
            };
            (
                "CloudHsmClusterInvalidConfigurationException",
                format!("The CloudHSM cluster {cluster} must have {lacks}."),
            )
        }
        StoreError::IncorrectTrustAnchor => (
            "IncorrectTrustAnchorException",
            "The trust anchor certificate is not the one of the CloudHSM cluster.".to_owned(),
        ),
        StoreError::ClusterNotRelated { cluster } => (
            "CloudHsmClusterNotRelatedException",
            format!("The CloudHSM cluster {cluster} has a different cluster certificate than the original cluster."),
        ),
        StoreError::UriInUse => (
            "XksProxyUriInUseException",
            "The proxy URI endpoint and path are already associated with another external key store in this Region."
                .to_owned(),
        ),
        StoreError::EndpointInUse => (
            "XksProxyUriEndpointInUseException",
            "The proxy URI endpoint is already associated with another external key store in this Region.".to_owned(),
        ),
        StoreError::VpcServiceInUse => (
            "XksProxyVpcEndpointServiceInUseException",
            "The VPC endpoint service is already associated with another external key store in this Region.".to_owned(),
        ),
        StoreError::Proxy(code) => (of_proxy(*code), connection(*code).to_owned()),
        StoreError::Unusable { cause, .. } => ("CustomKeyStoreInvalidStateException", sentence(*cause).to_owned()),
        StoreError::ExternalKey(fault) => new_external_key(*fault),
        StoreError::ExternalKeyInUse { external_key } => (
            "XksKeyAlreadyInUseException",
            format!("The external key {external_key} is already associated with a KMS key in this custom key store."),
        ),
        StoreError::Key { cause, .. } => ("KMSInvalidStateException", sentence(*cause).to_owned()),
        StoreError::NoRandomBytes { id } => (
            "UnsupportedOperationException",
            format!("The custom key store {id} is an external key store, which is not valid for this operation."),
        ),
        StoreError::NotOfThisKind { id, kind } => {
            ("ValidationException", format!("A parameter is not valid for the custom key store {id} of type {kind}."))
        }
        StoreError::Connectivity => (
            "ValidationException",
            "To change XksProxyConnectivity to PUBLIC_ENDPOINT you must also change XksProxyUriEndpoint.".to_owned(),
        ),
    }
}

/// The exception of CreateCustomKeyStore and UpdateCustomKeyStore for what a proxy answered.
fn of_proxy(code: ConnectionError) -> &'static str {
    match code {
        ConnectionError::InvalidCredentials => "XksProxyIncorrectAuthenticationCredentialException",
        ConnectionError::XksProxyInvalidResponse => "XksProxyInvalidResponseException",
        ConnectionError::XksProxyInvalidConfiguration
        | ConnectionError::XksProxyInvalidTlsConfiguration
        | ConnectionError::XksProxyAccessDenied => "XksProxyInvalidConfigurationException",
        ConnectionError::XksVpcEndpointServiceNotFound => "XksProxyVpcEndpointServiceNotFoundException",
        ConnectionError::XksVpcEndpointServiceInvalidConfiguration => {
            "XksProxyVpcEndpointServiceInvalidConfigurationException"
        }
        ConnectionError::XksProxyNotReachable
        | ConnectionError::XksProxyTimedOut
        | ConnectionError::NetworkErrors
        | ConnectionError::InternalError
        | ConnectionError::ClusterNotFound
        | ConnectionError::InsufficientCloudhsmHsms
        | ConnectionError::UserLockedOut
        | ConnectionError::UserNotFound
        | ConnectionError::UserLoggedIn
        | ConnectionError::SubnetNotFound
        | ConnectionError::InsufficientFreeAddressesInSubnet => "XksProxyUriUnreachableException",
    }
}

fn sentence(cause: Cause) -> &'static str {
    match cause {
        Cause::Connection(code) => connection(code),
        Cause::BackingKeyLost => "KMS cannot find the key material of the KMS key in your CloudHSM cluster.",
        Cause::ExternalKey(ExternalKeyFault::NotFound) => {
            "The external key store proxy rejected the request because it could not find the external key."
        }
        Cause::ExternalKey(ExternalKeyFault::Disabled) => {
            "The external key store proxy rejected the request because the external key is not enabled in the external \
             key manager."
        }
        Cause::ExternalKey(ExternalKeyFault::KeySpec | ExternalKeyFault::KeyUsage) => {
            "The external key store proxy rejected the request because the external key does not support the requested \
             operation."
        }
        Cause::OuterCiphertext => {
            "The external key store proxy rejected the request because the specified ciphertext or additional \
             authenticated data is corrupted, missing, or otherwise invalid."
        }
        Cause::InnerCiphertext => {
            "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is \
             corrupted, missing, or otherwise invalid."
        }
    }
}

fn connection(code: ConnectionError) -> &'static str {
    match code {
        ConnectionError::InvalidCredentials => {
            "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the \
             credentials for your external key store and update if necessary."
        }
        ConnectionError::XksProxyAccessDenied => {
            "The external key store proxy denied access to the operation. Verify that the user and the external key are \
             both authorized for this operation, and try the request again."
        }
        ConnectionError::XksProxyNotReachable => {
            "AWS KMS cannot communicate with the external key store proxy. Verify that your external key store proxy is \
             active and is connected to the network, and that its URI path and endpoint URI or VPC service name are \
             correct in your external key store."
        }
        ConnectionError::NetworkErrors | ConnectionError::InternalError => {
            "AWS KMS cannot communicate with the key store behind the custom key store. This might be a transient \
             network issue."
        }
        ConnectionError::XksProxyTimedOut => {
            "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the \
             request. If you see this error repeatedly, report it to your external key store proxy administrator."
        }
        ConnectionError::XksProxyInvalidResponse => {
            "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, \
             consult your external key store proxy administrator."
        }
        ConnectionError::XksProxyInvalidConfiguration => {
            "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for \
             your external key store and update if necessary."
        }
        ConnectionError::XksProxyInvalidTlsConfiguration => {
            "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, \
             including its certificate."
        }
        ConnectionError::XksVpcEndpointServiceNotFound => {
            "AWS KMS cannot find the VPC endpoint service of the external key store proxy."
        }
        ConnectionError::XksVpcEndpointServiceInvalidConfiguration => {
            "The VPC endpoint service does not fulfill the requirements for an external key store."
        }
        ConnectionError::ClusterNotFound
        | ConnectionError::InsufficientCloudhsmHsms
        | ConnectionError::UserLockedOut
        | ConnectionError::UserNotFound
        | ConnectionError::UserLoggedIn
        | ConnectionError::SubnetNotFound
        | ConnectionError::InsufficientFreeAddressesInSubnet => "KMS cannot communicate with your CloudHSM cluster",
    }
}

/// Why CreateKey does not take an external key.
fn new_external_key(fault: ExternalKeyFault) -> (&'static str, String) {
    let unfit = |problem: &str| ("XksKeyInvalidConfigurationException", problem.to_owned());
    match fault {
        ExternalKeyFault::NotFound => ("XksKeyNotFoundException", sentence(Cause::ExternalKey(fault)).to_owned()),
        ExternalKeyFault::Disabled => {
            unfit("The status of the external key must be ENABLED. The status of specified external key is DISABLED.")
        }
        ExternalKeyFault::KeySpec => unfit(
            "The key spec of the external key must be AES_256. The key spec of specified external key is RSA_2048.",
        ),
        ExternalKeyFault::KeyUsage => unfit(
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key \
             is ENCRYPT.",
        ),
    }
}
