//! CreateCustomKeyStore, DescribeCustomKeyStores, UpdateCustomKeyStore, ConnectCustomKeyStore, DisconnectCustomKeyStore,
//! DeleteCustomKeyStore.

use serde::Serialize;
use serde_json::Value;

use crate::{
    crypto::secret::SecretBytes,
    kms::store::{
        Behind, Connection, Connectivity, Credential, KeyStore, ProxyAccess, StoreError, StoreId, manage::Changes,
    },
    ops::{
        call::{Call, Operation, Subject},
        members::{Member, Members},
        page::{Limits, Page},
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::EpochSeconds,
    },
};

/// Puts KMS in front of a CloudHSM cluster or an external key manager (API reference, CreateCustomKeyStore).
pub struct CreateCustomKeyStore {
    name: String,
    kind: Option<String>,
    trust_anchor: Option<String>,
    settings: Settings,
}

impl Operation for CreateCustomKeyStore {
    const SPEC: Spec = Spec {
        name: "CreateCustomKeyStore",
        demands: &[Demand::own("kms:CreateCustomKeyStore", States::Any)],
        accepts_alias: false,
    };
    type Output = StoreIdOnly;

    fn read(members: &mut Members) -> Self {
        Self {
            name: members.take("CustomKeyStoreName"),
            kind: members.take("CustomKeyStoreType"),
            trust_anchor: members.take("TrustAnchorCertificate"),
            settings: Settings::read(members),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn validate(&self) -> Result<(), Refusal> {
        let given = self.settings.given().into_iter().chain([("TrustAnchorCertificate", self.trust_anchor.is_some())]);
        let (kind, needed, allowed) = match self.kind.as_deref() {
            Some("EXTERNAL_KEY_STORE") => ("EXTERNAL_KEY_STORE", PROXY_NEEDS, PROXY_MAY),
            Some(_) | None => ("AWS_CLOUDHSM", CLUSTER_NEEDS, [].as_slice()),
        };
        for (member, present) in given {
            let wrong = match present {
                true if !needed.contains(&member) && !allowed.contains(&member) => true,
                false if needed.contains(&member) => true,
                true | false => false,
            };
            if wrong {
                return Err(Refusal::Semantic(SemanticError::StoreMember { member, kind, needed: !present }));
            }
        }
        match (self.settings.connectivity.as_deref(), &self.settings.service) {
            (Some(VPC), None) => Err(Refusal::Semantic(SemanticError::VpcServiceMissing)),
            (Some("PUBLIC_ENDPOINT"), Some(_)) => Err(Refusal::Semantic(SemanticError::VpcServiceOfPublic)),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<StoreIdOnly, Refusal> {
        let Settings { cluster, password, endpoint, path, service, owner, credential, connectivity } = self.settings;
        let behind = match (cluster, self.trust_anchor, password, endpoint, path, credential) {
            (Some(id), Some(trust_anchor), Some(password), ..) => Behind::Cluster { id, trust_anchor, password },
            (_, _, _, Some(endpoint), Some(path), Some(credential)) => {
                let connectivity = connectivity.as_deref() == Some(VPC);
                let connectivity = match service.filter(|_| connectivity) {
                    Some(service) => Connectivity::Vpc { service, owner },
                    None => Connectivity::Public,
                };
                Behind::Proxy(ProxyAccess { endpoint, path, connectivity, credential })
            }
            _ => return Err(Refusal::Internal { why: "a key store with nothing behind it" }),
        };
        let (account, region) = (call.caller.account(), call.region);
        let (id, event) = call.world.create_store(account, region, self.name, behind)?;
        call.events.push(event);
        Ok(StoreIdOnly { custom_key_store_id: id })
    }
}

const VPC: &str = "VPC_ENDPOINT_SERVICE";
const CLUSTER_NEEDS: &[&str] = &["CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"];
const PROXY_NEEDS: &[&str] =
    &["XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyAuthenticationCredential", "XksProxyConnectivity"];
const PROXY_MAY: &[&str] = &["XksProxyVpcEndpointServiceName", "XksProxyVpcEndpointServiceOwner"];

/// The key stores of the caller's account and Region, or one of them (API reference, DescribeCustomKeyStores).
pub struct DescribeCustomKeyStores {
    id: Option<String>,
    name: Option<String>,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for DescribeCustomKeyStores {
    const SPEC: Spec = Spec {
        name: "DescribeCustomKeyStores",
        demands: &[Demand::own("kms:DescribeCustomKeyStores", States::Any)],
        accepts_alias: false,
    };
    type Output = StoreList;

    fn read(members: &mut Members) -> Self {
        Self {
            id: members.take("CustomKeyStoreId"),
            name: members.take("CustomKeyStoreName"),
            limit: members.take("Limit"),
            marker: members.take("Marker"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn validate(&self) -> Result<(), Refusal> {
        match (&self.id, &self.name) {
            (Some(_), Some(_)) => Err(Refusal::Semantic(SemanticError::StoreIdAndName)),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<StoreList, Refusal> {
        let page: Page<StoreId> =
            Page::parse(self.limit, self.marker.as_deref(), &Limits { default: 100, most: 1000 })?;
        let (account, region) = (call.caller.account(), call.region);
        let wanted = self.id.as_deref().map(|given| call.world.store_in(account, region, given)).transpose()?;
        let mut stores = call.world.stores_in(account, region, page.after);
        let listed = match (wanted, self.name) {
            (Some(store), _) => page.take(std::iter::once(store), |store| store.id),
            (None, Some(name)) => {
                let found = stores.find(|store| store.name == name);
                let found = found.ok_or(StoreError::NotFound { given: name })?;
                page.take(std::iter::once(found), |store| store.id)
            }
            (None, None) => page.take(stores, |store| store.id),
        };
        Ok(StoreList {
            custom_key_stores: listed.items.into_iter().map(StoreEntry::new).collect(),
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        })
    }
}

/// Changes the name of a store or how KMS gets in; most of that only while it is disconnected (API reference,
/// UpdateCustomKeyStore).
pub struct UpdateCustomKeyStore {
    id: String,
    name: Option<String>,
    settings: Settings,
}

impl Operation for UpdateCustomKeyStore {
    const SPEC: Spec = Spec {
        name: "UpdateCustomKeyStore",
        demands: &[Demand::own("kms:UpdateCustomKeyStore", States::Any)],
        accepts_alias: false,
    };
    type Output = NoMembers;

    fn read(members: &mut Members) -> Self {
        Self {
            id: members.take("CustomKeyStoreId"),
            name: members.take("NewCustomKeyStoreName"),
            settings: Settings::read(members),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<NoMembers, Refusal> {
        let store = named(call, &self.id)?;
        let Settings { cluster, password, endpoint, path, service, owner, credential, connectivity } = self.settings;
        let now = match &store.behind {
            Behind::Proxy(access) => Some(&access.connectivity),
            Behind::Cluster { .. } => None,
        };
        let connectivity = match (connectivity.as_deref(), service, owner, now) {
            (None, None, None, _) => None,
            (Some(VPC), Some(service), owner, _) => Some(Connectivity::Vpc { service, owner }),
            (Some(VPC) | None, service, owner, Some(Connectivity::Vpc { service: before, owner: owner_before })) => {
                let service = service.unwrap_or_else(|| before.clone());
                Some(Connectivity::Vpc { service, owner: owner.or_else(|| owner_before.clone()) })
            }
            (Some(VPC), None, _, _) => return Err(Refusal::Semantic(SemanticError::VpcServiceMissing)),
            (Some(_), None, None, _) => Some(Connectivity::Public),
            (Some(_) | None, _, _, _) => return Err(Refusal::Semantic(SemanticError::VpcServiceOfPublic)),
        };
        let changes = Changes { name: self.name, cluster, password, endpoint, path, credential, connectivity };
        let event = call.world.update_store(store, changes)?;
        call.events.push(event);
        Ok(NoMembers {})
    }
}

/// Begins to connect a store to what is behind it (API reference, ConnectCustomKeyStore).
pub struct ConnectCustomKeyStore {
    id: String,
}

impl Operation for ConnectCustomKeyStore {
    const SPEC: Spec = Spec {
        name: "ConnectCustomKeyStore",
        demands: &[Demand::own("kms:ConnectCustomKeyStore", States::Any)],
        accepts_alias: false,
    };
    type Output = NoMembers;

    fn read(members: &mut Members) -> Self {
        Self { id: members.take("CustomKeyStoreId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<NoMembers, Refusal> {
        let store = named(call, &self.id)?;
        let event = call.world.connect_store(store)?;
        call.events.extend(event);
        Ok(NoMembers {})
    }
}

/// Begins to disconnect a store; its keys are unavailable until it is connected again (API reference,
/// DisconnectCustomKeyStore).
pub struct DisconnectCustomKeyStore {
    id: String,
}

impl Operation for DisconnectCustomKeyStore {
    const SPEC: Spec = Spec {
        name: "DisconnectCustomKeyStore",
        demands: &[Demand::own("kms:DisconnectCustomKeyStore", States::Any)],
        accepts_alias: false,
    };
    type Output = NoMembers;

    fn read(members: &mut Members) -> Self {
        Self { id: members.take("CustomKeyStoreId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<NoMembers, Refusal> {
        let store = named(call, &self.id)?;
        let event = call.world.disconnect_store(store)?;
        call.events.push(event);
        Ok(NoMembers {})
    }
}

/// Takes away a store that is disconnected and has no keys; what was behind it stays (API reference,
/// DeleteCustomKeyStore).
pub struct DeleteCustomKeyStore {
    id: String,
}

impl Operation for DeleteCustomKeyStore {
    const SPEC: Spec = Spec {
        name: "DeleteCustomKeyStore",
        demands: &[Demand::own("kms:DeleteCustomKeyStore", States::Any)],
        accepts_alias: false,
    };
    type Output = NoMembers;

    fn read(members: &mut Members) -> Self {
        Self { id: members.take("CustomKeyStoreId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<NoMembers, Refusal> {
        let store = named(call, &self.id)?;
        let event = call.world.delete_store(&store)?;
        call.events.push(event);
        Ok(NoMembers {})
    }
}

/// The store of the caller's account and Region with that id, to be changed.
fn named(call: &Call<'_>, given: &str) -> Result<KeyStore, Refusal> {
    Ok(call.world.store_in(call.caller.account(), call.region, given)?.clone())
}

/// What CreateCustomKeyStore and UpdateCustomKeyStore can set.
struct Settings {
    cluster: Option<String>,
    password: Option<SecretBytes>,
    endpoint: Option<String>,
    path: Option<String>,
    service: Option<String>,
    owner: Option<String>,
    credential: Option<Credential>,
    connectivity: Option<String>,
}

impl Settings {
    fn read(members: &mut Members) -> Self {
        Self {
            cluster: members.take("CloudHsmClusterId"),
            password: members.take("KeyStorePassword"),
            endpoint: members.take("XksProxyUriEndpoint"),
            path: members.take("XksProxyUriPath"),
            service: members.take("XksProxyVpcEndpointServiceName"),
            owner: members.take("XksProxyVpcEndpointServiceOwner"),
            credential: members.take("XksProxyAuthenticationCredential"),
            connectivity: members.take("XksProxyConnectivity"),
        }
    }

    /// Which of them there are.
    fn given(&self) -> [(&'static str, bool); 8] {
        [
            ("CloudHsmClusterId", self.cluster.is_some()),
            ("KeyStorePassword", self.password.is_some()),
            ("XksProxyUriEndpoint", self.endpoint.is_some()),
            ("XksProxyUriPath", self.path.is_some()),
            ("XksProxyVpcEndpointServiceName", self.service.is_some()),
            ("XksProxyVpcEndpointServiceOwner", self.owner.is_some()),
            ("XksProxyAuthenticationCredential", self.credential.is_some()),
            ("XksProxyConnectivity", self.connectivity.is_some()),
        ]
    }
}

impl Member for SecretBytes {
    fn read(value: Option<Value>) -> Option<Self> {
        String::read(value).map(|text| Self::from_vec(text.into_bytes()))
    }
}

impl Member for Credential {
    fn read(value: Option<Value>) -> Option<Self> {
        let Some(Value::Object(mut members)) = value else { return None };
        Some(Self {
            access_key_id: String::read(members.remove("AccessKeyId"))?,
            secret: SecretBytes::read(members.remove("RawSecretAccessKey"))?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoreIdOnly {
    custom_key_store_id: StoreId,
}

/// A response with an output shape that has no members.
#[derive(Serialize)]
pub struct NoMembers {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoreList {
    custom_key_stores: Vec<StoreEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StoreEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_hsm_cluster_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_error_code: Option<&'static str>,
    connection_state: &'static str,
    creation_date: EpochSeconds,
    custom_key_store_id: StoreId,
    custom_key_store_name: String,
    custom_key_store_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_anchor_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xks_proxy_configuration: Option<ProxyConfiguration>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProxyConfiguration {
    access_key_id: String,
    connectivity: &'static str,
    uri_endpoint: String,
    uri_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_endpoint_service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_endpoint_service_owner: Option<String>,
}

impl StoreEntry {
    fn new(store: &KeyStore) -> Self {
        let (cluster, trust_anchor, proxy) = match &store.behind {
            Behind::Cluster { id, trust_anchor, .. } => (Some(id.clone()), Some(trust_anchor.clone()), None),
            Behind::Proxy(access) => (None, None, Some(ProxyConfiguration::new(access))),
        };
        Self {
            cloud_hsm_cluster_id: cluster,
            connection_error_code: match store.connection {
                Connection::Failed(code) => Some(code.as_str()),
                Connection::Disconnected
                | Connection::Connecting { .. }
                | Connection::Connected
                | Connection::Disconnecting { .. } => None,
            },
            connection_state: store.connection.as_str(),
            creation_date: EpochSeconds(store.created),
            custom_key_store_id: store.id,
            custom_key_store_name: store.name.clone(),
            custom_key_store_type: store.behind.kind(),
            trust_anchor_certificate: trust_anchor,
            xks_proxy_configuration: proxy,
        }
    }
}

impl ProxyConfiguration {
    fn new(access: &ProxyAccess) -> Self {
        let (service, owner) = match &access.connectivity {
            Connectivity::Public => (None, None),
            Connectivity::Vpc { service, owner } => (Some(service.clone()), owner.clone()),
        };
        Self {
            access_key_id: access.credential.access_key_id.clone(),
            connectivity: access.connectivity.as_str(),
            uri_endpoint: access.endpoint.clone(),
            uri_path: access.path.clone(),
            vpc_endpoint_service_name: service,
            vpc_endpoint_service_owner: owner,
        }
    }
}
