//! What the owner of a key store runs outside KMS, and what can happen to it: CloudHSM clusters, and proxies in front of
//! external key managers.
//!
//! Simulated, but with keys that really encrypt. Nothing here fails by chance; every fault is switched on by an
//! [`Incident`]. A new world has one of each, ready to be used, with secrets that say that they are none.

use std::{collections::BTreeMap, fmt};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, KeyArn, KeyId, Region},
    crypto::{
        blob::MaterialId,
        secret::{self, Secret32, SecretBytes},
    },
    entropy::Entropy,
    estate::credential::SecretText,
    kms::store::{ClusterLacks, ConnectionError, Connectivity, Credential, ExternalKeyFault, ProxyAccess, StoreError},
    lang::tr,
};

/// Every cluster by its id, and every proxy by its endpoint.
#[derive(Clone, Deserialize, Serialize)]
pub struct Premises {
    pub clusters: OrdMap<String, Cluster>,
    pub proxies: OrdMap<String, Proxy>,
}

/// A cluster of hardware security modules.
#[derive(Clone, Deserialize, Serialize)]
pub struct Cluster {
    pub account: AccountId,
    pub region: Region,
    /// Of its owner, in PEM. Clusters of the same backups have the same.
    pub certificate: String,
    pub state: ClusterState,
    /// How many active HSMs there are, by Availability Zone.
    pub hsms: BTreeMap<String, u32>,
    pub kmsuser: Kmsuser,
    /// Of `kmsuser`.
    #[serde(with = "secret::cleartext_snapshot")]
    pub password: SecretBytes,
    pub network: Network,
    /// By the material ids of the KMS keys they are for.
    keys: OrdMap<MaterialId, BackingKey>,
}

/// A non-extractable AES key of 256 bits in a cluster.
#[derive(Clone, Deserialize, Serialize)]
struct BackingKey {
    /// The KMS key, by which its owner knows it.
    key: KeyArn,
    #[serde(with = "secret::cleartext_snapshot")]
    secret: Secret32,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum ClusterState {
    Active,
    /// Not active yet, or no longer.
    Initialized,
    Deleted,
}

/// The crypto user that KMS logs in as, as the cluster has it. The session of KMS itself does not count.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Kmsuser {
    LoggedOut,
    /// Somebody else is logged in as it.
    LoggedIn,
    LockedOut,
    Missing,
}

/// What is between KMS and a cluster.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Network {
    Open,
    SecurityGroupClosed,
    SubnetNotFound,
    InsufficientFreeAddresses,
    Errors,
    /// An error inside KMS, which only attempts to connect meet.
    InternalError,
}

impl Cluster {
    /// Whether a key store may be made of it, or keys in it.
    pub fn check_fit(&self, id: &str) -> Result<(), StoreError> {
        let zones = self.hsms.values().filter(|hsms| **hsms > 0).count();
        self.check_active(id, if zones < 2 { Some(ClusterLacks::TwoHsms) } else { None })
    }

    /// Whether an attempt to connect is worth its time.
    pub fn check_connectable(&self, id: &str) -> Result<(), StoreError> {
        let none = self.hsms.values().all(|hsms| *hsms == 0);
        self.check_active(id, none.then_some(ClusterLacks::OneHsm))
    }

    fn check_active(&self, id: &str, hsms: Option<ClusterLacks>) -> Result<(), StoreError> {
        let cluster = id.to_owned();
        if self.state != ClusterState::Active {
            return Err(StoreError::ClusterNotActive { cluster });
        }
        let network = (self.network == Network::SecurityGroupClosed).then_some(ClusterLacks::SecurityGroup);
        hsms.or(network).map_or(Ok(()), |lacks| Err(StoreError::ClusterConfiguration { cluster, lacks }))
    }

    /// Whether it answers those who are logged in.
    pub fn answers(&self) -> Result<(), ConnectionError> {
        match (self.state, self.network) {
            (ClusterState::Deleted, _) => Err(ConnectionError::ClusterNotFound),
            (ClusterState::Initialized, _) | (ClusterState::Active, Network::SecurityGroupClosed | Network::Errors) => {
                Err(ConnectionError::NetworkErrors)
            }
            (
                ClusterState::Active,
                Network::Open | Network::SubnetNotFound | Network::InsufficientFreeAddresses | Network::InternalError,
            ) if self.hsms.values().all(|hsms| *hsms == 0) => Err(ConnectionError::InsufficientCloudhsmHsms),
            (
                ClusterState::Active,
                Network::Open | Network::SubnetNotFound | Network::InsufficientFreeAddresses | Network::InternalError,
            ) => Ok(()),
        }
    }

    /// Logs KMS in as `kmsuser`.
    pub fn log_in(&self, password: &SecretBytes) -> Result<(), ConnectionError> {
        self.answers()?;
        match (self.network, self.kmsuser) {
            (Network::SubnetNotFound, _) => Err(ConnectionError::SubnetNotFound),
            (Network::InsufficientFreeAddresses, _) => Err(ConnectionError::InsufficientFreeAddressesInSubnet),
            (Network::InternalError, _) => Err(ConnectionError::InternalError),
            (_, Kmsuser::Missing) => Err(ConnectionError::UserNotFound),
            (_, Kmsuser::LockedOut) => Err(ConnectionError::UserLockedOut),
            (_, Kmsuser::LoggedIn) => Err(ConnectionError::UserLoggedIn),
            (_, Kmsuser::LoggedOut) if self.password != *password => Err(ConnectionError::InvalidCredentials),
            (_, Kmsuser::LoggedOut) => Ok(()),
        }
    }

    /// The key behind a KMS key.
    pub fn key(&self, id: MaterialId) -> Option<&Secret32> {
        self.keys.get(&id).map(|key| &key.secret)
    }

    pub fn put_key(&mut self, id: MaterialId, key: KeyArn, secret: Secret32) {
        self.keys.insert(id, BackingKey { key, secret });
    }

    pub fn remove_key(&mut self, id: MaterialId) {
        self.keys.remove(&id);
    }
}

/// An external key store proxy and the key manager behind it.
#[derive(Clone, Deserialize, Serialize)]
pub struct Proxy {
    /// Of the key manager; several proxies may be in front of one.
    pub manager: String,
    pub path: String,
    pub credential: Credential,
    pub condition: ProxyCondition,
    /// The VPC endpoint service by which it can be reached too.
    pub service: String,
    /// Every external key by its id.
    pub keys: BTreeMap<String, ExternalKey>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum ProxyCondition {
    Up,
    /// Answers later than the 250 milliseconds that KMS waits.
    Slow,
    NotReachable,
    /// Knows KMS and denies it all the same.
    AccessDenied,
    InvalidResponse,
    InvalidTls,
    NetworkErrors,
    /// An error inside KMS, which only attempts to connect meet.
    InternalError,
    /// Of the VPC endpoint service only.
    VpcServiceNotFound,
    /// Of the VPC endpoint service only.
    VpcServiceInvalidConfiguration,
}

/// A key in an external key manager. Its bytes follow from the world's seed and from its name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum ExternalKey {
    Enabled,
    Disabled,
    /// Not an AES key of 256 bits.
    OtherSpec,
    /// Does not both encrypt and decrypt.
    OtherUsage,
    /// Not there: this takes a key away.
    Missing,
}

impl Proxy {
    /// Whether the VPC endpoint service can be used, which takes no proxy to find out.
    pub fn check_service(&self, access: &ProxyAccess, region: Region) -> Result<(), ConnectionError> {
        let Connectivity::Vpc { service, .. } = &access.connectivity else { return Ok(()) };
        let here = *service == self.service && service.split('.').any(|part| part == region.as_str());
        if !here || self.condition == ProxyCondition::VpcServiceNotFound {
            return Err(ConnectionError::XksVpcEndpointServiceNotFound);
        }
        if self.condition == ProxyCondition::VpcServiceInvalidConfiguration {
            return Err(ConnectionError::XksVpcEndpointServiceInvalidConfiguration);
        }
        Ok(())
    }

    /// Whether it answers a request of KMS.
    pub fn answers(&self, access: &ProxyAccess, region: Region) -> Result<(), ConnectionError> {
        self.check_service(access, region)?;
        match self.condition {
            ProxyCondition::NotReachable => return Err(ConnectionError::XksProxyNotReachable),
            ProxyCondition::NetworkErrors => return Err(ConnectionError::NetworkErrors),
            ProxyCondition::InvalidTls => return Err(ConnectionError::XksProxyInvalidTlsConfiguration),
            ProxyCondition::Slow => return Err(ConnectionError::XksProxyTimedOut),
            ProxyCondition::Up
            | ProxyCondition::AccessDenied
            | ProxyCondition::InvalidResponse
            | ProxyCondition::InternalError
            | ProxyCondition::VpcServiceNotFound
            | ProxyCondition::VpcServiceInvalidConfiguration => {}
        }
        if access.path != self.path {
            return Err(ConnectionError::XksProxyInvalidConfiguration);
        }
        if access.credential != self.credential {
            return Err(ConnectionError::InvalidCredentials);
        }
        match self.condition {
            ProxyCondition::AccessDenied => Err(ConnectionError::XksProxyAccessDenied),
            ProxyCondition::InvalidResponse => Err(ConnectionError::XksProxyInvalidResponse),
            ProxyCondition::Up
            | ProxyCondition::Slow
            | ProxyCondition::NotReachable
            | ProxyCondition::InvalidTls
            | ProxyCondition::NetworkErrors
            | ProxyCondition::InternalError
            | ProxyCondition::VpcServiceNotFound
            | ProxyCondition::VpcServiceInvalidConfiguration => Ok(()),
        }
    }

    /// The bytes of an external key: they follow from the world's seed, the key manager and the key's id.
    pub fn key(&self, id: &str, entropy: &Entropy) -> Secret32 {
        Secret32::from_bytes(entropy.branch(&format!("key {id} of {}", self.manager)).draw())
    }

    /// Whether one of its keys can be used.
    pub fn check_key(&self, id: &str) -> Result<(), ExternalKeyFault> {
        match self.keys.get(id) {
            None | Some(ExternalKey::Missing) => Err(ExternalKeyFault::NotFound),
            Some(ExternalKey::Disabled) => Err(ExternalKeyFault::Disabled),
            Some(ExternalKey::OtherSpec) => Err(ExternalKeyFault::KeySpec),
            Some(ExternalKey::OtherUsage) => Err(ExternalKeyFault::KeyUsage),
            Some(ExternalKey::Enabled) => Ok(()),
        }
    }
}

impl Premises {
    /// The same with the passwords of a new world, and without the bytes of any key.
    pub(in crate::kms) fn without_secrets(mut self) -> Self {
        let clusters = self.clusters.into_iter().map(|(id, mut cluster)| {
            cluster.password = SecretBytes::from_vec(PASSWORD.into());
            let keys = cluster.keys.into_iter();
            let blank = || Secret32::from_bytes([0; 32]);
            cluster.keys = keys.map(|(id, BackingKey { key, .. })| (id, BackingKey { key, secret: blank() })).collect();
            (id, cluster)
        });
        self.clusters = clusters.collect();
        let proxies = self.proxies.into_iter().map(|(endpoint, mut proxy)| {
            proxy.credential.secret = SecretBytes::from_vec(SECRET_ACCESS_KEY.into());
            (endpoint, proxy)
        });
        self.proxies = proxies.collect();
        self
    }

    /// The same with fresh bytes in every key of every cluster.
    pub(in crate::kms) fn with_fresh_keys(mut self, entropy: &mut Entropy) -> Self {
        let clusters = self.clusters.into_iter().map(|(id, mut cluster)| {
            let fresh = cluster.keys.into_iter().map(|(id, BackingKey { key, .. })| {
                (id, BackingKey { key, secret: Secret32::from_bytes(entropy.draw()) })
            });
            cluster.keys = fresh.collect();
            (id, cluster)
        });
        self.clusters = clusters.collect();
        self
    }

    /// What a new world has.
    pub fn built_in() -> Self {
        let mut built_in = Self { clusters: OrdMap::new(), proxies: OrdMap::new() };
        if let Ok(account) = CLUSTER_ACCOUNT.parse() {
            let hsms = ["us-east-1a", "us-east-1b"].map(|zone| (zone.to_owned(), 1));
            let cluster = Cluster {
                account,
                region: Region::US_EAST_1,
                certificate: CERTIFICATE.to_owned(),
                state: ClusterState::Active,
                hsms: hsms.into(),
                kmsuser: Kmsuser::LoggedOut,
                password: SecretBytes::from_vec(PASSWORD.into()),
                network: Network::Open,
                keys: OrdMap::new(),
            };
            built_in.clusters.insert(CLUSTER.to_owned(), cluster);
        }
        let proxy = Proxy {
            manager: MANAGER.to_owned(),
            path: PATH.to_owned(),
            credential: Credential {
                access_key_id: ACCESS_KEY_ID.to_owned(),
                secret: SecretBytes::from_vec(SECRET_ACCESS_KEY.into()),
            },
            condition: ProxyCondition::Up,
            service: VPC_SERVICE.to_owned(),
            keys: EXTERNAL_KEYS.map(|id| (id.to_owned(), ExternalKey::Enabled)).into(),
        };
        built_in.proxies.insert(ENDPOINT.to_owned(), proxy);
        built_in
    }

    /// Lets something happen.
    pub fn simulate(&mut self, incident: &Incident) -> Result<(), NotThere> {
        match incident {
            Incident::Cluster { id, set: ClusterSwitch::Restored(copy) } => {
                let mut restored = self.clusters.get(id).ok_or(NotThere)?.clone();
                restored.state = ClusterState::Active;
                self.clusters.insert(copy.clone(), restored);
            }
            Incident::Cluster { id, set } => self.clusters.get_mut(id).ok_or(NotThere)?.switch(set)?,
            Incident::Proxy { endpoint, set: ProxySwitch::Copied(copy) } => {
                let copied = self.proxies.get(endpoint).ok_or(NotThere)?.clone();
                self.proxies.insert(copy.clone(), copied);
            }
            Incident::Proxy { endpoint, set } => self.proxies.get_mut(endpoint).ok_or(NotThere)?.switch(set),
        }
        Ok(())
    }
}

/// The cluster of a new world.
pub const CLUSTER: &str = "cluster-playground7";
/// The first password of its `kmsuser`.
pub const PASSWORD: &str = "not-a-secret";
/// Its trust anchor, the file `customerCA.crt`.
pub const CERTIFICATE: &str = include_str!("customer_ca.pem");
const CLUSTER_ACCOUNT: &str = "111122223333";
const MANAGER: &str = "playground";
/// The proxy of a new world.
pub const ENDPOINT: &str = "https://xks.playground.example";
pub const PATH: &str = "/kms/xks/v1";
pub const ACCESS_KEY_ID: &str = "PLAYGROUNDXKSPROXY23";
pub const SECRET_ACCESS_KEY: &str = "this/is/not/a/secret/of/the/playground/proxy";
pub const VPC_SERVICE: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0playground";
pub const EXTERNAL_KEYS: [&str; 2] = ["external-orders", "external-invoices"];

/// Something that happens outside KMS, for example `{"proxy": {"endpoint": "https://…", "set": {"condition": "Slow"}}}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Incident {
    Cluster { id: String, set: ClusterSwitch },
    Proxy { endpoint: String, set: ProxySwitch },
}

impl Incident {
    /// What it happens to, for example `cluster-playground7`.
    pub fn place(&self) -> &str {
        match self {
            Self::Cluster { id, .. } => id,
            Self::Proxy { endpoint, .. } => endpoint,
        }
    }

    /// What happens there, in a sentence.
    pub fn text(&self) -> String {
        match self {
            Self::Cluster { set, .. } => set.to_string(),
            Self::Proxy { set, .. } => set.to_string(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ClusterSwitch {
    State(ClusterState),
    /// How many active HSMs there are, by Availability Zone.
    Hsms(BTreeMap<String, u32>),
    Kmsuser(Kmsuser),
    /// Somebody other than KMS gives `kmsuser` another password.
    Password(SecretText),
    Network(Network),
    Certificate(String),
    /// Somebody deletes the key behind a KMS key.
    LosesKey(KeyId),
    /// Another cluster of that id is made of a backup of this one, with its keys, users and certificate.
    Restored(String),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProxySwitch {
    Condition(ProxyCondition),
    Path(String),
    /// It is reached by another VPC endpoint service from now on.
    Service(String),
    /// Another proxy with that endpoint, and all else alike, comes up in front of the same key manager.
    Copied(String),
    #[serde(rename_all = "camelCase")]
    Credential {
        access_key_id: String,
        raw_secret_access_key: SecretText,
    },
    Key {
        id: String,
        is: ExternalKey,
    },
}

impl fmt::Display for ClusterSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::State(state) => tr!("The cluster is {state} now.", state = format!("{state:?}")),
            Self::Hsms(hsms) => {
                let zones: Vec<String> = hsms.iter().map(|(zone, active)| format!("{zone} {active}")).collect();
                tr!("Active modules now, by zone: {zones}", zones = zones.join(", "))
            }
            Self::Kmsuser(user) => tr!("The user of KMS, kmsuser, is {state} now.", state = format!("{user:?}")),
            Self::Password(_) => tr!("Somebody gives the user of KMS, kmsuser, another password.").to_owned(),
            Self::Network(network) => tr!("The network on the way: {state}", state = format!("{network:?}")),
            Self::Certificate(_) => tr!("The cluster has another certificate now.").to_owned(),
            Self::LosesKey(key) => tr!("Somebody deletes what is behind the KMS key {key}.", key),
            Self::Restored(copy) => tr!("{copy} is made of a backup of it.", copy),
        };
        f.write_str(&words)
    }
}

impl fmt::Display for ProxySwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Condition(condition) => tr!("The proxy: {state}", state = format!("{condition:?}")),
            Self::Path(path) => tr!("The proxy answers at {path} now.", path),
            Self::Service(service) => tr!("The proxy is reached by {service} now.", service),
            Self::Copied(copy) => tr!("{copy} comes up in front of the same key manager.", copy),
            Self::Credential { access_key_id, .. } => {
                tr!("The proxy wants another credential now, {access_key_id}.", access_key_id)
            }
            Self::Key { id, is } => tr!("The external key {id}: {state}", id, state = format!("{is:?}")),
        };
        f.write_str(&words)
    }
}

/// An incident at a place that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotThere;

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such cluster, proxy or key")
    }
}

impl std::error::Error for NotThere {}

impl Cluster {
    fn switch(&mut self, set: &ClusterSwitch) -> Result<(), NotThere> {
        match set {
            ClusterSwitch::State(state) => self.state = *state,
            ClusterSwitch::Hsms(hsms) => self.hsms.clone_from(hsms),
            ClusterSwitch::Kmsuser(kmsuser) => self.kmsuser = *kmsuser,
            ClusterSwitch::Password(password) => self.password = SecretBytes::from_vec(password.expose().into()),
            ClusterSwitch::Network(network) => self.network = *network,
            ClusterSwitch::Certificate(certificate) => self.certificate.clone_from(certificate),
            ClusterSwitch::LosesKey(lost) => {
                let found = self.keys.iter().find(|(_, backing)| backing.key.id == *lost).map(|(id, _)| *id);
                self.keys.remove(&found.ok_or(NotThere)?);
            }
            // Makes another cluster; see [`Premises::simulate`].
            ClusterSwitch::Restored(_) => {}
        }
        Ok(())
    }
}

impl Proxy {
    fn switch(&mut self, set: &ProxySwitch) {
        match set {
            ProxySwitch::Condition(condition) => self.condition = *condition,
            ProxySwitch::Path(path) => self.path.clone_from(path),
            ProxySwitch::Service(service) => self.service.clone_from(service),
            // Makes another proxy; see [`Premises::simulate`].
            ProxySwitch::Copied(_) => {}
            ProxySwitch::Credential { access_key_id, raw_secret_access_key } => {
                self.credential = Credential {
                    access_key_id: access_key_id.clone(),
                    secret: SecretBytes::from_vec(raw_secret_access_key.expose().into()),
                };
            }
            ProxySwitch::Key { id, is } => {
                self.keys.insert(id.clone(), *is);
            }
        }
    }
}
