//! The life of a key store: made, changed, connected, disconnected, deleted.

use crate::{
    arn::{AccountId, Region},
    crypto::secret::SecretBytes,
    kms::{
        KmsError,
        event::{About, Event, EventKind},
        quota::{Holder, Quota},
        store::{
            Behind, CLUSTER_CONNECTS_IN, Connection, ConnectionError, Connectivity, Credential, DISCONNECTS_IN,
            KeyStore, PROXY_CONNECTS_IN, ProxyAccess, StoreError, StoreId,
            premises::{Cluster, Proxy, ProxyCondition},
        },
        world::World,
    },
};

/// What is to be different about a store. Nothing where it stays as it is.
#[derive(Default)]
pub struct Changes {
    pub name: Option<String>,
    pub cluster: Option<String>,
    pub password: Option<SecretBytes>,
    pub endpoint: Option<String>,
    pub path: Option<String>,
    pub credential: Option<Credential>,
    pub connectivity: Option<Connectivity>,
}

impl World {
    /// The store of that id, if it is the account's in the Region.
    pub fn store_in(&self, account: AccountId, region: Region, given: &str) -> Result<&KeyStore, StoreError> {
        let found = given.parse().ok().and_then(|id: StoreId| self.stores.get(&id));
        let here = found.filter(|store| (store.account, store.region) == (account, region));
        here.map(|store| &**store).ok_or_else(|| StoreError::NotFound { given: given.to_owned() })
    }

    /// The stores of one account and Region in the order of their ids, those after `after` only.
    pub fn stores_in(
        &self,
        account: AccountId,
        region: Region,
        after: Option<StoreId>,
    ) -> impl Iterator<Item = &KeyStore> {
        let stores = self.stores.values().map(|store| &**store);
        stores
            .filter(move |store| (store.account, store.region) == (account, region))
            .filter(move |store| after.is_none_or(|after| store.id > after))
    }

    /// A new store, not connected.
    pub fn create_store(
        &mut self,
        account: AccountId,
        region: Region,
        name: String,
        behind: Behind,
    ) -> Result<(StoreId, Event), KmsError> {
        let stores = self.stores_in(account, region, None).count();
        self.check_quota(Quota::KeyStores, Holder::Account(account, region), stores.saturating_add(1))?;
        let id = StoreId::from_random(self.entropy.draw());
        let connection = Connection::Disconnected;
        let store = KeyStore { id, account, region, name, created: self.now, connection, behind };
        self.check_name(&store)?;
        match &store.behind {
            Behind::Cluster { id, trust_anchor, .. } => {
                let cluster = self.cluster_for(&store, id)?;
                self.check_cluster_free(&store, id, cluster)?;
                cluster.check_fit(id)?;
                if cluster.certificate.trim() != trust_anchor.trim() {
                    return Err(StoreError::IncorrectTrustAnchor.into());
                }
            }
            Behind::Proxy(access) => self.check_proxy(&store, access)?,
        }
        Ok((id, self.put_store(store, EventKind::StoreCreated)))
    }

    /// Changes a store, all or nothing.
    pub fn update_store(&mut self, mut store: KeyStore, changes: Changes) -> Result<Event, StoreError> {
        let Changes { name, cluster, password, endpoint, path, credential, connectivity } = changes;
        let (of_clusters, of_proxies) = (
            cluster.is_some() || password.is_some(),
            endpoint.is_some() || path.is_some() || credential.is_some() || connectivity.is_some(),
        );
        let only_disconnected = of_clusters || endpoint.is_some() || connectivity.is_some();
        let allowed = match store.connection {
            Connection::Disconnected => true,
            Connection::Connected => !only_disconnected,
            Connection::Connecting { .. } | Connection::Disconnecting { .. } | Connection::Failed(_) => {
                !only_disconnected && !of_proxies
            }
        };
        let of_other_kind = match &store.behind {
            Behind::Cluster { .. } => of_proxies,
            Behind::Proxy(_) => of_clusters,
        };
        if of_other_kind {
            return Err(StoreError::NotOfThisKind { id: store.id, kind: store.behind.kind() });
        }
        if !allowed {
            return Err(StoreError::State { id: store.id, connection: store.connection });
        }
        match &mut store.behind {
            Behind::Cluster { password: known, .. } => {
                if let Some(password) = password {
                    *known = password;
                }
            }
            Behind::Proxy(access) => {
                let leaves_vpc =
                    connectivity == Some(Connectivity::Public) && access.connectivity != Connectivity::Public;
                if leaves_vpc && endpoint.is_none() {
                    return Err(StoreError::Connectivity);
                }
                access.endpoint = endpoint.unwrap_or_else(|| access.endpoint.clone());
                access.path = path.unwrap_or_else(|| access.path.clone());
                access.credential = credential.unwrap_or_else(|| access.credential.clone());
                access.connectivity = connectivity.unwrap_or_else(|| access.connectivity.clone());
            }
        }
        if let Some(name) = name {
            store.name = name;
            self.check_name(&store)?;
        }
        if let (Some(to), Behind::Cluster { trust_anchor, .. }) = (&cluster, &store.behind) {
            let found = self.cluster_for(&store, to)?;
            if found.certificate.trim() != trust_anchor.trim() {
                return Err(StoreError::ClusterNotRelated { cluster: to.clone() });
            }
            found.check_fit(to)?;
        }
        if let (Some(to), Behind::Cluster { id, .. }) = (cluster, &mut store.behind) {
            *id = to;
        }
        if let Behind::Proxy(access) = &store.behind
            && of_proxies
        {
            self.check_proxy(&store, access)?;
        }
        Ok(self.put_store(store, EventKind::StoreChanged))
    }

    /// Begins to connect. Nothing happens to a store that is connected or on the way.
    pub fn connect_store(&mut self, mut store: KeyStore) -> Result<Option<Event>, StoreError> {
        match store.connection {
            Connection::Connected | Connection::Connecting { .. } => return Ok(None),
            Connection::Disconnecting { .. } | Connection::Failed(_) => {
                return Err(StoreError::State { id: store.id, connection: store.connection });
            }
            Connection::Disconnected => {}
        }
        let span = match &store.behind {
            Behind::Cluster { id, .. } => {
                if let Ok(cluster) = self.cluster_for(&store, id) {
                    cluster.check_connectable(id)?;
                }
                CLUSTER_CONNECTS_IN
            }
            Behind::Proxy(_) => PROXY_CONNECTS_IN,
        };
        let until = self.now.after(span);
        store.connection = Connection::Connecting { until };
        Ok(Some(self.put_store(store, EventKind::StoreConnecting { until })))
    }

    /// Begins to disconnect; the keys in the store are unavailable from now on.
    pub fn disconnect_store(&mut self, mut store: KeyStore) -> Result<Event, StoreError> {
        if matches!(store.connection, Connection::Disconnected | Connection::Disconnecting { .. }) {
            return Err(StoreError::State { id: store.id, connection: store.connection });
        }
        let until = self.now.after(DISCONNECTS_IN);
        store.connection = Connection::Disconnecting { until };
        Ok(self.put_store(store, EventKind::StoreDisconnecting { until }))
    }

    /// Takes an empty, disconnected store away. What was behind it stays.
    pub fn delete_store(&mut self, store: &KeyStore) -> Result<Event, StoreError> {
        let id = store.id;
        if self.keys().any(|key| key.custody.as_ref().is_some_and(|custody| custody.store() == id)) {
            return Err(StoreError::HasKeys { id });
        }
        if store.connection != Connection::Disconnected {
            return Err(StoreError::State { id, connection: store.connection });
        }
        self.stores.remove(&id);
        Ok(Event { at: self.now, about: About::Store(id), kind: EventKind::StoreDeleted })
    }

    /// What comes of connecting or disconnecting when its time is over.
    pub(in crate::kms) fn settle_store(&mut self, id: StoreId) -> Option<Event> {
        let mut store = KeyStore::clone(self.stores.get(&id)?);
        let (connection, kind) = match store.connection {
            Connection::Connecting { .. } => match self.log_in(&mut store) {
                Ok(()) => (Connection::Connected, EventKind::StoreConnected),
                Err(code) => (Connection::Failed(code), EventKind::StoreFailed { code }),
            },
            Connection::Disconnecting { .. } => (Connection::Disconnected, EventKind::StoreDisconnected),
            Connection::Disconnected | Connection::Connected | Connection::Failed(_) => return None,
        };
        store.connection = connection;
        Some(self.put_store(store, kind))
    }

    /// Logs in where the store says, and gives `kmsuser` of a cluster a new password that only KMS knows.
    fn log_in(&mut self, store: &mut KeyStore) -> Result<(), ConnectionError> {
        match &mut store.behind {
            Behind::Cluster { id, password, .. } => {
                let here = (store.account, store.region);
                let cluster = self.premises.clusters.get_mut(id);
                let cluster = cluster.filter(|cluster| (cluster.account, cluster.region) == here);
                let cluster = cluster.ok_or(ConnectionError::ClusterNotFound)?;
                cluster.log_in(password)?;
                let random: [u8; 16] = self.entropy.draw();
                let fresh = random.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).map(|digit| b'a' + digit);
                *password = SecretBytes::from_vec(fresh.collect());
                cluster.password = password.clone();
            }
            Behind::Proxy(access) => {
                let proxy = self.premises.proxies.get(&access.endpoint);
                let proxy = proxy.ok_or(ConnectionError::XksProxyNotReachable)?;
                if proxy.condition == ProxyCondition::InternalError {
                    return Err(ConnectionError::InternalError);
                }
                proxy.answers(access, store.region)?;
            }
        }
        Ok(())
    }

    fn check_name(&self, store: &KeyStore) -> Result<(), StoreError> {
        if self.others(store).any(|other| other.name == store.name) {
            return Err(StoreError::NameInUse { name: store.name.clone() });
        }
        Ok(())
    }

    /// The cluster of that id, if the store may have it.
    fn cluster_for(&self, store: &KeyStore, id: &str) -> Result<&Cluster, StoreError> {
        let found = self.premises.clusters.get(id);
        let here = found.filter(|cluster| (cluster.account, cluster.region) == (store.account, store.region));
        // A deleted cluster is none.
        let there = here.filter(|cluster| cluster.answers() != Err(ConnectionError::ClusterNotFound));
        there.ok_or_else(|| StoreError::ClusterNotFound { cluster: id.to_owned() })
    }

    fn check_cluster_free(&self, store: &KeyStore, id: &str, cluster: &Cluster) -> Result<(), StoreError> {
        let related = |other: &KeyStore| match &other.behind {
            Behind::Cluster { id: taken, trust_anchor, .. } => {
                taken == id || trust_anchor.trim() == cluster.certificate.trim()
            }
            Behind::Proxy(_) => false,
        };
        if self.others(store).any(related) {
            return Err(StoreError::ClusterInUse { cluster: id.to_owned() });
        }
        Ok(())
    }

    /// Whether no other store is in the way of a proxy, and the proxy answers: a public one always, one in a VPC only
    /// while it is connected.
    fn check_proxy(&self, store: &KeyStore, access: &ProxyAccess) -> Result<(), StoreError> {
        let others = self.others(store).filter_map(|other| match &other.behind {
            Behind::Proxy(taken) => Some(taken),
            Behind::Cluster { .. } => None,
        });
        for taken in others {
            match (&taken.connectivity, &access.connectivity) {
                (Connectivity::Vpc { service: taken, .. }, Connectivity::Vpc { service, .. }) if taken == service => {
                    return Err(StoreError::VpcServiceInUse);
                }
                _ if taken.endpoint != access.endpoint => {}
                _ if taken.path == access.path => return Err(StoreError::UriInUse),
                (Connectivity::Public, Connectivity::Public) => {}
                (Connectivity::Public | Connectivity::Vpc { .. }, _) => return Err(StoreError::EndpointInUse),
            }
        }
        let proxy: Option<&Proxy> = self.premises.proxies.get(&access.endpoint);
        let answer = match (&access.connectivity, proxy) {
            (Connectivity::Public, None) => Err(ConnectionError::XksProxyNotReachable),
            (Connectivity::Vpc { .. }, None) => Err(ConnectionError::XksVpcEndpointServiceNotFound),
            (Connectivity::Vpc { .. }, Some(proxy)) if store.connection != Connection::Connected => {
                proxy.check_service(access, store.region)
            }
            (Connectivity::Public | Connectivity::Vpc { .. }, Some(proxy)) => proxy.answers(access, store.region),
        };
        answer.map_err(StoreError::Proxy)
    }

    /// The other stores of the same account and Region.
    fn others(&self, store: &KeyStore) -> impl Iterator<Item = &KeyStore> {
        let own = store.id;
        self.stores_in(store.account, store.region, None).filter(move |other| other.id != own)
    }

    fn put_store(&mut self, store: KeyStore, kind: EventKind) -> Event {
        let event = Event { at: self.now, about: About::Store(store.id), kind };
        self.stores.insert(store.id, store.into());
        event
    }
}
