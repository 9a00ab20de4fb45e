//! Custom key stores: KMS in front of a CloudHSM cluster or of an external key manager, and its connection to that.
//!
//! A connection takes time to open and to close. What the keys in a store can do follows from it and is never stored with
//! them. Here is what KMS knows; what stands behind a store is in [`premises`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    arn::{AccountId, KeyArn, NotAName, Region, serde_as_text},
    clock::{Span, Timestamp},
    crypto::secret::{self, SecretBytes},
};

pub mod custody;
pub mod manage;
pub mod premises;

/// `cks-` and 17 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreId(u128);

impl StoreId {
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes) >> (128 - 4 * DIGITS))
    }
}

const DIGITS: usize = 17;

impl FromStr for StoreId {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName { expected: "a key store id" };
        let digits = text.strip_prefix("cks-").filter(|digits| digits.len() == DIGITS).ok_or(wrong)?;
        if !digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong);
        }
        u128::from_str_radix(digits, 16).map(Self).map_err(|_| wrong)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cks-{:0DIGITS$x}", self.0)
    }
}

serde_as_text!(StoreId);

/// A custom key store of one account in one Region.
#[derive(Clone, Deserialize, Serialize)]
pub struct KeyStore {
    pub id: StoreId,
    pub account: AccountId,
    pub region: Region,
    /// Unique in its account and Region.
    pub name: String,
    pub created: Timestamp,
    pub connection: Connection,
    pub behind: Behind,
}

/// What a key store stands in front of, which never changes its kind, and how KMS gets in.
#[derive(Clone, Deserialize, Serialize)]
pub enum Behind {
    Cluster {
        id: String,
        /// The certificate of the cluster's owner, in PEM.
        trust_anchor: String,
        /// Of the crypto user `kmsuser`. KMS changes it with every connection.
        #[serde(with = "secret::cleartext_snapshot")]
        password: SecretBytes,
    },
    Proxy(ProxyAccess),
}

impl Behind {
    /// The value of `CustomKeyStoreType` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cluster { .. } => "AWS_CLOUDHSM",
            Self::Proxy(_) => "EXTERNAL_KEY_STORE",
        }
    }
}

/// Where an external key store proxy is and what KMS signs its requests with.
#[derive(Clone, Deserialize, Serialize)]
pub struct ProxyAccess {
    /// For example `https://xks.example.com`.
    pub endpoint: String,
    /// For example `/kms/xks/v1`.
    pub path: String,
    pub connectivity: Connectivity,
    pub credential: Credential,
}

/// How KMS reaches a proxy.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Connectivity {
    Public,
    /// By way of a VPC endpoint service.
    Vpc {
        service: String,
        owner: Option<String>,
    },
}

impl Connectivity {
    /// The value of `XksProxyConnectivity` on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Public => "PUBLIC_ENDPOINT",
            Self::Vpc { .. } => "VPC_ENDPOINT_SERVICE",
        }
    }
}

/// What a proxy knows KMS by.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
pub struct Credential {
    pub access_key_id: String,
    #[serde(with = "secret::cleartext_snapshot")]
    pub secret: SecretBytes,
}

/// The state of a key store's connection.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Connection {
    /// New, or disconnected by its owner.
    Disconnected,
    Connecting {
        until: Timestamp,
    },
    Connected,
    Disconnecting {
        until: Timestamp,
    },
    /// An attempt to connect failed. It has to be disconnected before the next.
    Failed(ConnectionError),
}

impl Connection {
    /// The value of `ConnectionState` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "DISCONNECTED",
            Self::Connecting { .. } => "CONNECTING",
            Self::Connected => "CONNECTED",
            Self::Disconnecting { .. } => "DISCONNECTING",
            Self::Failed(_) => "FAILED",
        }
    }

    /// When it changes by itself.
    pub fn due(self) -> Option<Timestamp> {
        match self {
            Self::Connecting { until } | Self::Disconnecting { until } => Some(until),
            Self::Disconnected | Self::Connected | Self::Failed(_) => None,
        }
    }
}

/// How long a cluster takes to be connected: the longest that AWS names (API reference, ConnectCustomKeyStore).
pub const CLUSTER_CONNECTS_IN: Span = Span::minutes(20);
/// How long a proxy takes (Developer Guide, Connect an external key store: "approximately five minutes").
pub const PROXY_CONNECTS_IN: Span = Span::minutes(5);
/// How long it takes to disconnect. AWS names no time.
pub const DISCONNECTS_IN: Span = Span::minutes(1);

/// Why an attempt to connect failed (API reference, ConnectionErrorCode). Also what is wrong when a connected store
/// fails a request.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionError {
    InvalidCredentials,
    ClusterNotFound,
    NetworkErrors,
    InternalError,
    InsufficientCloudhsmHsms,
    UserLockedOut,
    UserNotFound,
    UserLoggedIn,
    SubnetNotFound,
    InsufficientFreeAddressesInSubnet,
    XksProxyAccessDenied,
    XksProxyNotReachable,
    XksVpcEndpointServiceNotFound,
    XksProxyInvalidResponse,
    XksProxyInvalidConfiguration,
    XksVpcEndpointServiceInvalidConfiguration,
    XksProxyTimedOut,
    XksProxyInvalidTlsConfiguration,
}

impl ConnectionError {
    /// The value of `ConnectionErrorCode` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::ClusterNotFound => "CLUSTER_NOT_FOUND",
            Self::NetworkErrors => "NETWORK_ERRORS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::InsufficientCloudhsmHsms => "INSUFFICIENT_CLOUDHSM_HSMS",
            Self::UserLockedOut => "USER_LOCKED_OUT",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::UserLoggedIn => "USER_LOGGED_IN",
            Self::SubnetNotFound => "SUBNET_NOT_FOUND",
            Self::InsufficientFreeAddressesInSubnet => "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
            Self::XksProxyAccessDenied => "XKS_PROXY_ACCESS_DENIED",
            Self::XksProxyNotReachable => "XKS_PROXY_NOT_REACHABLE",
            Self::XksVpcEndpointServiceNotFound => "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
            Self::XksProxyInvalidResponse => "XKS_PROXY_INVALID_RESPONSE",
            Self::XksProxyInvalidConfiguration => "XKS_PROXY_INVALID_CONFIGURATION",
            Self::XksVpcEndpointServiceInvalidConfiguration => "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
            Self::XksProxyTimedOut => "XKS_PROXY_TIMED_OUT",
            Self::XksProxyInvalidTlsConfiguration => "XKS_PROXY_INVALID_TLS_CONFIGURATION",
        }
    }
}

/// What is wrong behind a connected store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Connection(ConnectionError),
    /// The cluster no longer has the key.
    BackingKeyLost,
    ExternalKey(ExternalKeyFault),
    /// The external key manager did not seal this ciphertext with this encryption context.
    OuterCiphertext,
    /// What the external key manager opened is nothing that KMS sealed with this encryption context.
    InnerCiphertext,
}

/// Why an external key does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalKeyFault {
    NotFound,
    Disabled,
    /// No AES key of 256 bits.
    KeySpec,
    /// Does not both encrypt and decrypt.
    KeyUsage,
}

/// What a key store refuses.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreError {
    /// The account has no such store in the Region.
    NotFound {
        given: String,
    },
    NameInUse {
        name: String,
    },
    /// Its connection does not allow that.
    State {
        id: StoreId,
        connection: Connection,
    },
    /// There are still keys in it, if only such as wait for their deletion.
    HasKeys {
        id: StoreId,
    },
    ClusterNotFound {
        cluster: String,
    },
    /// It, or a cluster of the same backups, has a key store already.
    ClusterInUse {
        cluster: String,
    },
    ClusterNotActive {
        cluster: String,
    },
    ClusterConfiguration {
        cluster: String,
        lacks: ClusterLacks,
    },
    IncorrectTrustAnchor,
    /// Another certificate than that of the store's cluster so far.
    ClusterNotRelated {
        cluster: String,
    },
    /// Another store has that proxy, endpoint and path.
    UriInUse,
    /// Another store has that endpoint in a way that does not go together.
    EndpointInUse,
    VpcServiceInUse,
    /// What the proxy answers, or does not, when a store is made or changed.
    Proxy(ConnectionError),
    /// The store is connected, and still no key or random bytes can be made in it.
    Unusable {
        id: StoreId,
        cause: Cause,
    },
    ExternalKey(ExternalKeyFault),
    ExternalKeyInUse {
        external_key: String,
    },
    /// A key in a store cannot be used.
    Key {
        key: KeyArn,
        cause: Cause,
    },
    /// Only a CloudHSM cluster makes random bytes.
    NoRandomBytes {
        id: StoreId,
    },
    /// Settings of the other kind of store.
    NotOfThisKind {
        id: StoreId,
        kind: &'static str,
    },
    /// To go from VPC to public connectivity takes another endpoint; and VPC connectivity takes a service.
    Connectivity,
}

/// What a cluster needs and has not (API reference, CloudHsmClusterInvalidConfigurationException).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterLacks {
    /// Two active HSMs in different Availability Zones.
    TwoHsms,
    /// An active HSM.
    OneHsm,
    /// A security group that lets ports 2223 to 2225 through.
    SecurityGroup,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_17_digits() {
        let check = |text: &str, fits: bool| {
            assert_eq!(text.parse::<StoreId>().map(|id| id.to_string()).ok(), fits.then(|| text.to_owned()), "{text}");
        };
        check("cks-1234567890abcdef0", true);
        check("cks-00000000000000000", true);
        check("cks-fffffffffffffffff", true);
        check("cks-1234567890abcdef", false);
        check("cks-1234567890abcdef01", false);
        check("cks-1234567890ABCDEF0", false);
        check("ck-1234567890abcdef0", false);
        assert_eq!(StoreId::from_random([0xFF; 16]).to_string(), "cks-fffffffffffffffff");
    }
}
