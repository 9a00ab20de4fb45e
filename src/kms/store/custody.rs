//! Keys in a key store: whether they can be made, what state that gives them, and the bytes that encrypt under them.

use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, Region},
    crypto::{
        blob::{MaterialId, draw_secret},
        secret::{Secret32, SecretBytes},
        step::Trace,
    },
    kms::{
        key::{Key, KeyState},
        material::KeyMaterial,
        store::{
            Behind, Cause, Connection, ConnectionError, ExternalKeyFault, KeyStore, StoreError, StoreId,
            premises::{Cluster, Proxy},
        },
        world::World,
    },
};

/// In which store a key is, and as what.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Custody {
    /// All its material is in the store's cluster.
    Cluster { store: StoreId },
    /// KMS has material of its own; what it seals, the external key seals once more.
    External { store: StoreId, key: String },
}

impl Custody {
    pub fn store(&self) -> StoreId {
        match self {
            Self::Cluster { store } | Self::External { store, .. } => *store,
        }
    }
}

/// The keys that seal and open under a KMS key in a store.
pub struct StoreKeys {
    /// Of KMS, or in the cluster.
    pub material: Secret32,
    /// Around it, in an external key manager.
    pub external: Option<Secret32>,
}

impl World {
    /// The store a key is in.
    pub fn store_of(&self, key: &Key) -> Option<&KeyStore> {
        self.stores.get(&key.custody.as_ref()?.store()).map(|store| &**store)
    }

    /// The state of a key, which is the key's own except where its store is not connected.
    pub fn state_of(&self, key: &Key) -> KeyState {
        match (key.state, &key.custody) {
            (state, None)
            | (state @ (KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }), _) => state,
            (state, Some(_)) => {
                let connected = self.store_of(key).is_some_and(|store| store.connection == Connection::Connected);
                if connected { state } else { KeyState::Unavailable }
            }
        }
    }

    /// Whether a key can be made in a store, and as what. `external_key` is the id of a key behind a proxy.
    pub fn custody_for(
        &self,
        account: AccountId,
        region: Region,
        given: &str,
        external_key: Option<&str>,
    ) -> Result<Custody, StoreError> {
        let store = self.store_in(account, region, given)?;
        let id = store.id;
        let unusable = |code| StoreError::Unusable { id, cause: Cause::Connection(code) };
        connected(store)?;
        let custody = match (&store.behind, external_key) {
            (Behind::Cluster { id: cluster, .. }, None) => {
                let found = self.cluster_behind(store, cluster).map_err(unusable)?;
                found.check_fit(cluster).map_err(|error| match error {
                    StoreError::ClusterNotActive { .. } => unusable(ConnectionError::NetworkErrors),
                    other => other,
                })?;
                found.answers().map_err(unusable)?;
                Custody::Cluster { store: id }
            }
            (Behind::Proxy(access), Some(key)) => {
                let taken = Custody::External { store: id, key: key.to_owned() };
                if self.keys().any(|other| other.custody.as_ref() == Some(&taken)) {
                    return Err(StoreError::ExternalKeyInUse { external_key: key.to_owned() });
                }
                let proxy = self.premises.proxies.get(&access.endpoint);
                let proxy = proxy.ok_or_else(|| unusable(ConnectionError::XksProxyNotReachable))?;
                proxy.answers(access, region).map_err(unusable)?;
                proxy.check_key(key).map_err(StoreError::ExternalKey)?;
                taken
            }
            (Behind::Cluster { .. }, Some(_)) | (Behind::Proxy(_), None) => {
                return Err(StoreError::NotOfThisKind { id, kind: store.behind.kind() });
            }
        };
        Ok(custody)
    }

    /// Puts a new key into a store: the material of a cluster's key goes to the cluster.
    pub fn entrust(&mut self, key: &mut Key, custody: Custody) {
        let own = key.current().and_then(|material| Some((material.id(), key_bytes(key, material)?)));
        if let (Custody::Cluster { store }, Some((id, secret))) = (&custody, own)
            && let Some(cluster) = self.cluster_of(*store)
        {
            cluster.put_key(id, key.arn, secret);
            key.shared_mut().leave_material();
        }
        key.custody = Some(custody);
    }

    /// Takes the key behind a deleted KMS key away, where KMS can: in a cluster that it is connected to.
    pub(in crate::kms) fn release(&mut self, key: &Key) {
        if let Some(Custody::Cluster { store }) = key.custody
            && self.stores.get(&store).is_some_and(|store| store.connection == Connection::Connected)
            && let Some(cluster) = self.cluster_of(store)
            && cluster.answers().is_ok()
        {
            for material in key.materials() {
                cluster.remove_key(material.id());
            }
        }
    }

    /// What seals and opens under that material of a key in a store.
    pub fn store_keys(&self, key: &Key, custody: &Custody, material: MaterialId) -> Result<StoreKeys, StoreError> {
        let fail = |cause| StoreError::Key { key: key.arn, cause };
        let broken = |code| fail(Cause::Connection(code));
        let store = self.store_of(key).ok_or_else(|| broken(ConnectionError::InternalError))?;
        match (custody, &store.behind) {
            (Custody::Cluster { .. }, Behind::Cluster { id, .. }) => {
                let cluster = self.cluster_behind(store, id).map_err(broken)?;
                cluster.answers().map_err(broken)?;
                let found = cluster.key(material).cloned().ok_or_else(|| fail(Cause::BackingKeyLost))?;
                Ok(StoreKeys { material: found, external: None })
            }
            (Custody::External { key: external, .. }, Behind::Proxy(access)) => {
                let proxy: Option<&Proxy> = self.premises.proxies.get(&access.endpoint);
                let proxy = proxy.ok_or_else(|| broken(ConnectionError::XksProxyNotReachable))?;
                proxy.answers(access, store.region).map_err(broken)?;
                proxy.check_key(external).map_err(|fault| fail(Cause::ExternalKey(fault)))?;
                let own = key.material(material).and_then(|own| key_bytes(key, own));
                Ok(StoreKeys {
                    material: own.ok_or_else(|| fail(Cause::InnerCiphertext))?,
                    external: Some(proxy.key(external, &self.entropy)),
                })
            }
            (Custody::Cluster { .. }, Behind::Proxy(_)) | (Custody::External { .. }, Behind::Cluster { .. }) => {
                Err(fail(Cause::ExternalKey(ExternalKeyFault::NotFound)))
            }
        }
    }

    /// Random bytes of a cluster.
    pub fn random_in_store(
        &mut self,
        account: AccountId,
        region: Region,
        given: &str,
        length: u16,
        trace: &mut Trace,
    ) -> Result<SecretBytes, StoreError> {
        let store = self.store_in(account, region, given)?;
        let id = store.id;
        let Behind::Cluster { id: cluster, .. } = &store.behind else { return Err(StoreError::NoRandomBytes { id }) };
        connected(store)?;
        let answer = self.cluster_behind(store, cluster).and_then(Cluster::answers);
        answer.map_err(|code| StoreError::Unusable { id, cause: Cause::Connection(code) })?;
        Ok(draw_secret("random data", length, &mut self.entropy, trace))
    }

    fn cluster_behind(&self, store: &KeyStore, id: &str) -> Result<&Cluster, ConnectionError> {
        let found = self.premises.clusters.get(id);
        let here = found.filter(|cluster| (cluster.account, cluster.region) == (store.account, store.region));
        here.ok_or(ConnectionError::ClusterNotFound)
    }

    fn cluster_of(&mut self, store: StoreId) -> Option<&mut Cluster> {
        match &self.stores.get(&store)?.behind {
            Behind::Cluster { id, .. } => self.premises.clusters.get_mut(id),
            Behind::Proxy(_) => None,
        }
    }
}

fn key_bytes(key: &Key, material: &KeyMaterial) -> Option<Secret32> {
    Secret32::from_slice(key.secret(material)?.expose())
}

fn connected(store: &KeyStore) -> Result<(), StoreError> {
    match store.connection {
        Connection::Connected => Ok(()),
        connection => Err(StoreError::State { id: store.id, connection }),
    }
}
