//! What CloudTrail would keep of a request, and of what happens by itself: records for later, not explanations.
//!
//! Derived from what an outcome recorded; nothing is decided here. The form is that of "Logging AWS KMS API calls with
//! AWS CloudTrail" (Developer Guide).
//!
//! INVARIANT: a record holds no plaintext, key material, ciphertext, signature, password or token. A member gets in only
//! if the API model says what it is.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    arn::{AccountId, KeyArn, KeyRef, Region, RequestId},
    authz,
    clock::Timestamp,
    endpoint::{
        Outcome, Request, frame,
        model::{self, Member, Shape, ShapeKind, Structure},
    },
    estate::principal::Caller,
    kms::{Custody, Event, EventKind, MadeBy, World},
};

/// One CloudTrail record, as one account gets it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub event_version: &'static str,
    pub user_identity: Value,
    /// ISO 8601 to the second.
    pub event_time: Timestamp,
    pub event_source: &'static str,
    /// The operation, or what happened by itself.
    pub event_name: String,
    pub aws_region: Region,
    #[serde(rename = "sourceIPAddress")]
    /// An address, or the service that sent the request.
    pub source_ip_address: Arc<str>,
    pub user_agent: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Null where there is nothing that may be told.
    pub request_parameters: Value,
    pub response_elements: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub additional_event_data: Value,
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    #[serde(rename = "eventID")]
    pub event_id: RequestId,
    pub read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    pub event_type: &'static str,
    pub management_event: bool,
    pub recipient_account_id: AccountId,
    /// The same in the copies that several accounts get of one request.
    #[serde(rename = "sharedEventID", skip_serializing_if = "Option::is_none")]
    pub shared_event_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub service_event_details: Value,
    pub event_category: &'static str,
}

/// A key or alias that a request was about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    #[serde(rename = "accountId")]
    pub account: AccountId,
    /// `AWS::KMS::Key`, of aliases too.
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(rename = "ARN")]
    pub arn: String,
}

/// The records of one request: one for the caller's account, one for each other account whose keys it was about, and
/// one in each other Region it reached into, and one for each thing that followed by itself.
///
/// `serial` is what the request was answered with. There is none where no account knows the caller or AWS has no such
/// operation.
pub fn of_request(request: &Request, outcome: &Outcome, world: &World, serial: u64) -> Vec<Record> {
    let mut ids = Ids { world, serial, taken: 0 };
    let operation = frame::operation_of(&request.target);
    let Some((name, operation)) = operation.and_then(|name| Some((name, model::operation(name)?))) else {
        return Vec::new();
    };
    if !world.estate.exists(&request.caller) {
        return Vec::new();
    }
    let resources = resources(outcome);
    let denied = outcome.fault.as_ref().is_some_and(|fault| fault.kind == ACCESS_DENIED);
    let mut own = request.caller.account();
    let mut others: BTreeSet<AccountId> = resources.iter().map(|resource| resource.account).collect();
    let by_service = matches!(request.caller, Caller::Service { .. });
    if let (true, Some(owner)) = (by_service, others.first()) {
        // What a service does for itself is told to the owner of the key.
        own = *owner;
    }
    others.remove(&own);
    if denied {
        others.clear();
    }
    let shared_event_id = (by_service || !others.is_empty()).then(|| ids.next());
    let response = response(outcome);
    let read_only = reads(name);
    let whole = Record {
        event_version: EVENT_VERSION,
        user_identity: identity(request, world),
        event_time: outcome.at.to_the_second(),
        event_source: EVENT_SOURCE,
        event_name: name.to_owned(),
        aws_region: request.region,
        source_ip_address: sender(request).unwrap_or(authz::facts::SOURCE_IP_ADDRESS).into(),
        user_agent: sender(request).unwrap_or(USER_AGENT).into(),
        error_code: outcome.fault.as_ref().map(|fault| if denied { "AccessDenied" } else { fault.kind }),
        error_message: outcome.fault.as_ref().and_then(|fault| fault.message.clone()),
        request_parameters: if denied { Value::Null } else { parameters(request, name, &operation.input) },
        response_elements: match (&response, &operation.output) {
            (Some(_), _) if read_only || SILENT.contains(&name) => Value::Null,
            (Some(response), output) => elements(response, output.as_ref(), affected(outcome, &resources)),
            (None, _) => Value::Null,
        },
        additional_event_data: response
            .as_ref()
            .map_or(Value::Null, |response| additional(response, read_only, outcome, world)),
        request_id: Some(outcome.request_id),
        event_id: ids.next(),
        read_only,
        resources,
        event_type: "AwsApiCall",
        management_event: true,
        recipient_account_id: own,
        shared_event_id,
        service_event_details: Value::Null,
        event_category: EVENT_CATEGORY,
    };
    let mut records = vec![whole.clone()];
    records.extend(others.into_iter().map(|account| Record {
        user_identity: seen_from_outside(&request.caller),
        event_id: ids.next(),
        recipient_account_id: account,
        ..whole.clone()
    }));
    records.extend(outcome.events.iter().filter_map(|event| elsewhere(event, &whole, &mut ids)));
    records.extend(outcome.events.iter().filter_map(|event| by_itself(event, &mut ids)));
    records
}

/// What a request that reaches into another Region leaves there.
fn elsewhere(event: &Event, whole: &Record, ids: &mut Ids<'_>) -> Option<Record> {
    let key = event.about.key()?;
    if key.region == whole.aws_region {
        return None;
    }
    let (name, parameters, elements) = if event.kind == EventKind::KeyCreated {
        let metadata = whole.response_elements.get("replicaKeyMetadata");
        ("CreateKey", Value::Null, json!({ "keyMetadata": metadata }))
    } else if matches!(event.kind, EventKind::PrimaryRegionChanged { .. }) {
        ("UpdatePrimaryRegion", whole.request_parameters.clone(), json!({ "keyId": key }))
    } else {
        return None;
    };
    Some(Record {
        event_name: name.to_owned(),
        aws_region: key.region,
        request_parameters: parameters,
        response_elements: elements,
        event_id: ids.next(),
        resources: vec![Resource::key(key)],
        ..whole.clone()
    })
}

/// The records of what happened by itself while time passed. `serial` counts that step among the requests.
pub fn of_time(events: &[Event], world: &World, serial: u64) -> Vec<Record> {
    let mut ids = Ids { world, serial, taken: 0 };
    events.iter().filter_map(|event| by_itself(event, &mut ids)).collect()
}

/// Names for the records of one step, the same whenever they are asked for.
struct Ids<'w> {
    world: &'w World,
    serial: u64,
    taken: u32,
}

impl Ids<'_> {
    fn next(&mut self) -> RequestId {
        let id = RequestId::new(self.world.entropy.label_within(self.serial, self.taken));
        self.taken = self.taken.saturating_add(1);
        id
    }
}

/// What AWS calls a service event, where it has one for this.
fn by_itself(event: &Event, ids: &mut Ids<'_>) -> Option<Record> {
    let key = event.about.key()?;
    let (name, details) = match &event.kind {
        EventKind::MaterialRotated { previous, current, by } => {
            let rotation = match by {
                MadeBy::Creation | MadeBy::AutomaticRotation => "AUTOMATIC",
                MadeBy::OnDemandRotation => "ON_DEMAND",
            };
            let origin = ids.world.key(&key).map(|key| key.origin.as_str());
            let details = json!({
                "rotationType": rotation,
                "keyOrigin": origin,
                "previousKeyMaterialId": previous.as_ref().map(|name| name.id().to_string()),
                "currentKeyMaterialId": current.id().to_string(),
                "keyId": key.id.to_string(),
            });
            ("RotateKey", details)
        }
        EventKind::MaterialExpired { material } => {
            let details = json!({ "keyId": key.id.to_string(), "keyMaterialId": material.to_string() });
            ("DeleteExpiredKeyMaterial", details)
        }
        EventKind::KeyDeleted | EventKind::ReplicaDeleted => ("DeleteKey", Value::Null),
        EventKind::KeySynchronized => ("SynchronizeMultiRegionKey", Value::Null),
        EventKind::KeyCreated
        | EventKind::KeyEnabled
        | EventKind::KeyDisabled
        | EventKind::DescriptionChanged
        | EventKind::PolicyChanged
        | EventKind::TagsChanged
        | EventKind::DeletionScheduled { .. }
        | EventKind::DeletionAwaitsReplicas { .. }
        | EventKind::DeletionCancelled
        | EventKind::MaterialImported { .. }
        | EventKind::MaterialDeleted { .. }
        | EventKind::RotationEnabled { .. }
        | EventKind::RotationDisabled
        | EventKind::AliasCreated { .. }
        | EventKind::AliasMoved { .. }
        | EventKind::AliasDeleted { .. }
        | EventKind::GrantCreated { .. }
        | EventKind::GrantRetired { .. }
        | EventKind::GrantRevoked { .. }
        | EventKind::KeyReplicated { .. }
        | EventKind::ReplicaReady
        | EventKind::PrimaryRegionChanged { .. }
        | EventKind::PrimaryUpdated
        | EventKind::StoreCreated
        | EventKind::StoreChanged
        | EventKind::StoreConnecting { .. }
        | EventKind::StoreConnected
        | EventKind::StoreFailed { .. }
        | EventKind::StoreDisconnecting { .. }
        | EventKind::StoreDisconnected
        | EventKind::StoreDeleted
        | EventKind::QuotaRaised { .. } => return None,
    };
    Some(Record {
        event_version: EVENT_VERSION,
        user_identity: json!({ "accountId": key.account, "invokedBy": AWS_INTERNAL }),
        event_time: event.at.to_the_second(),
        event_source: EVENT_SOURCE,
        event_name: name.to_owned(),
        aws_region: key.region,
        source_ip_address: AWS_INTERNAL.into(),
        user_agent: AWS_INTERNAL.into(),
        error_code: None,
        error_message: None,
        request_parameters: Value::Null,
        response_elements: Value::Null,
        additional_event_data: Value::Null,
        request_id: None,
        event_id: ids.next(),
        read_only: false,
        resources: vec![Resource::key(key)],
        event_type: "AwsServiceEvent",
        management_event: true,
        recipient_account_id: key.account,
        shared_event_id: None,
        service_event_details: details,
        event_category: EVENT_CATEGORY,
    })
}

impl Resource {
    fn key(arn: KeyArn) -> Self {
        Self { account: arn.account, kind: RESOURCE_TYPE, arn: arn.to_string() }
    }
}

/// What was decided about; of a request that needs no key, the key it made.
fn resources(outcome: &Outcome) -> Vec<Resource> {
    let mut resources = Vec::new();
    for decision in &outcome.decisions {
        let account = match decision.resource.parse() {
            Ok(KeyRef::Arn(arn)) => arn.account,
            Ok(KeyRef::AliasArn(arn)) => arn.account,
            Ok(KeyRef::Id(_) | KeyRef::Alias(_)) | Err(_) => continue,
        };
        resources.push(Resource { account, kind: RESOURCE_TYPE, arn: decision.resource.clone() });
    }
    // An alias and its key: of one that moves, the key it moves to.
    if resources.len() > 2 && resources.first().is_some_and(|first| first.arn.contains(":alias/")) {
        resources.drain(1..resources.len() - 1);
    }
    if resources.is_empty() {
        resources.extend(outcome.events.first().and_then(|event| event.about.key()).map(Resource::key));
    }
    resources
}

/// The key that a change was made to.
fn affected(outcome: &Outcome, resources: &[Resource]) -> Option<String> {
    let happened = outcome.events.first().and_then(|event| event.about.key()).map(|key| key.to_string());
    happened.or_else(|| resources.last().map(|resource| resource.arn.clone()))
}

/// Every read and every cryptographic operation is read-only, whatever it makes.
fn reads(operation: &str) -> bool {
    READING.iter().any(|start| operation.starts_with(start))
}

/// The service that sent a request, for itself or for its caller.
fn sender(request: &Request) -> Option<&str> {
    match &request.caller {
        Caller::Service { name, .. } => Some(name),
        Caller::Root(_) | Caller::User { .. } | Caller::RoleSession { .. } => {
            request.forwarding.as_ref()?.via_service()
        }
    }
}

/// The caller as its own account sees it.
fn identity(request: &Request, world: &World) -> Value {
    let caller = &request.caller;
    let account = caller.account();
    let access_key = world.estate.access_keys.iter().find(|(_, key)| key.caller == *caller);
    let (kind, name, session) = match caller {
        Caller::Root(_) => ("Root", None, None),
        Caller::User { name, .. } => ("IAMUser", Some(name), None),
        Caller::RoleSession { role, .. } => ("AssumedRole", None, Some(role)),
        Caller::Service { name, .. } => return json!({ "type": "AWSService", "invokedBy": name }),
    };
    let id = caller.principal_id();
    let issuer = session.map(|role| {
        json!({ "sessionIssuer": {
            "type": "Role",
            "principalId": id.split(':').next(),
            "arn": format!("arn:aws:iam::{account}:role/{role}"),
            "accountId": account,
            "userName": role,
        }})
    });
    let members = [
        ("type", Some(json!(kind))),
        ("principalId", Some(json!(id))),
        ("arn", Some(json!(caller))),
        ("accountId", Some(json!(account))),
        ("accessKeyId", access_key.map(|(id, _)| json!(id))),
        ("userName", name.map(|name| json!(name))),
        ("sessionContext", issuer),
        ("invokedBy", sender(request).map(|service| json!(service))),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The caller as the account of the key sees it.
fn seen_from_outside(caller: &Caller) -> Value {
    json!({ "type": "AWSAccount", "principalId": caller.principal_id(), "accountId": caller.account() })
}

/// The members of a request that may be told.
fn parameters(request: &Request, operation: &str, input: &Structure) -> Value {
    let Ok(Value::Object(mut members)) = serde_json::from_str(&request.body) else { return Value::Null };
    if operation == "GenerateRandom" {
        members.remove("NumberOfBytes");
    }
    for name in input.members.keys().filter(|name| name.ends_with("EncryptionAlgorithm")) {
        members.entry(name.as_str()).or_insert_with(|| json!("SYMMETRIC_DEFAULT"));
    }
    told(&members, input)
}

fn response(outcome: &Outcome) -> Option<Map<String, Value>> {
    if outcome.fault.is_some() {
        return None;
    }
    Some(serde_json::from_str(&outcome.response.body).unwrap_or_default())
}

/// What a change answers, and in any case which key it changed.
fn elements(response: &Map<String, Value>, output: Option<&Structure>, affected: Option<String>) -> Value {
    let told = output.map_or(Value::Null, |output| told(response, output));
    let names_a_key =
        told.as_object().is_some_and(|told| told.keys().any(|name| NAMING_A_KEY.contains(&name.as_str())));
    match (told, affected) {
        (Value::Object(mut told), Some(key)) if !names_a_key => {
            told.insert("keyId".to_owned(), json!(key));
            Value::Object(told)
        }
        (Value::Null, Some(key)) => json!({ "keyId": key }),
        (told, _) => told,
    }
}

/// The key materials that a cryptographic operation used, as far as it tells, the grant that allowed it, and the key
/// store that it used.
fn additional(response: &Map<String, Value>, read_only: bool, outcome: &Outcome, world: &World) -> Value {
    let materials = response.iter().filter(|(name, _)| read_only && MATERIAL_IDS.contains(&name.as_str()));
    let mut told: Map<String, Value> = materials.map(|(name, value)| (lower_first(name), value.clone())).collect();
    if let Some(grant) = outcome.decisions.iter().find_map(|decision| decision.granted_by.as_deref()) {
        told.insert("grantId".to_owned(), json!(grant));
    }
    let keys = outcome.decisions.iter().filter_map(|decision| world.key(&decision.resource.parse().ok()?));
    let custody = keys.filter(|_| !outcome.crypto.is_empty()).find_map(|key| key.custody.as_ref());
    if let Some(custody) = custody {
        told.insert("customKeyStoreId".to_owned(), json!(custody.store()));
        if let Custody::External { key, .. } = custody {
            told.insert("xksKeyId".to_owned(), json!(key));
        }
    }
    if told.is_empty() { Value::Null } else { Value::Object(told) }
}

/// The members of a structure that may be told, named as in records. Null where there are none.
fn told(members: &Map<String, Value>, structure: &Structure) -> Value {
    let told: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| !UNTOLD.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((lower_first(name), told_of(name, value, structure.members.get(name)?)?)))
        .collect();
    if told.is_empty() { Value::Null } else { Value::Object(told) }
}

/// A value, if it is of its type and no secret.
fn told_of(name: &str, value: &Value, member: &Member) -> Option<Value> {
    let shape = match member {
        Member::Reference { structure } => {
            return Some(told(value.as_object()?, model::structure(structure)?)).filter(|told| !told.is_null());
        }
        Member::Plain(shape) if shape.sensitive && shape.kind == ShapeKind::String => return Some(json!(HIDDEN)),
        Member::Plain(shape) => shape,
    };
    let element = |value: &Value, inner: &Shape| match (&inner.member, &inner.value) {
        (Some(member), _) | (None, Some(member)) => told_of(name, value, member),
        (None, None) => None,
    };
    match (shape.kind, value) {
        // The other party's public key is the only blob that says what was done and gives nothing away.
        (ShapeKind::Blob, Value::String(_)) if name == "PublicKey" => Some(value.clone()),
        (ShapeKind::String, Value::String(_))
        | (ShapeKind::Boolean, Value::Bool(_))
        | (ShapeKind::Integer, Value::Number(_)) => Some(value.clone()),
        (ShapeKind::Timestamp, Value::Number(seconds)) => {
            Some(json!(Timestamp::from_epoch_seconds(seconds.as_f64()?).in_american()))
        }
        (ShapeKind::List, Value::Array(elements)) => {
            Some(elements.iter().filter_map(|value| element(value, shape)).collect())
        }
        (ShapeKind::Map, Value::Object(entries)) => {
            let entries = entries.iter().filter_map(|(name, value)| Some((name.clone(), element(value, shape)?)));
            Some(Value::Object(entries.collect()))
        }
        (
            ShapeKind::Blob
            | ShapeKind::Boolean
            | ShapeKind::Integer
            | ShapeKind::List
            | ShapeKind::Map
            | ShapeKind::String
            | ShapeKind::Timestamp,
            _,
        ) => None,
    }
}

/// For example `keyId`, and `aWSAccountId` as AWS has it.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

const EVENT_VERSION: &str = "1.11";
const EVENT_SOURCE: &str = "kms.amazonaws.com";
const EVENT_CATEGORY: &str = "Management";
const RESOURCE_TYPE: &str = "AWS::KMS::Key";
const AWS_INTERNAL: &str = "AWS Internal";
/// An address for documentation (RFC 5737): requests come from the same tab.
const USER_AGENT: &str = "kms-playground";
const ACCESS_DENIED: &str = "AccessDeniedException";
/// What stands in the place of a secret text.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Members that are passes or evidence; they are no blobs by the model, or hold one.
const UNTOLD: [&str; 3] = ["GrantToken", "GrantTokens", "Recipient"];
/// Changes whose answer is left out.
const SILENT: [&str; 1] = ["PutKeyPolicy"];
/// Members of an answer that say which key it is about.
const NAMING_A_KEY: [&str; 4] = ["keyId", "keyMetadata", "replicaKeyMetadata", "customKeyStoreId"];
const MATERIAL_IDS: [&str; 3] = ["KeyMaterialId", "SourceKeyMaterialId", "DestinationKeyMaterialId"];
/// How the names of operations begin that change nothing.
const READING: [&str; 12] = [
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Describe",
    "Encapsulate",
    "Encrypt",
    "Generate",
    "Get",
    "List",
    "ReEncrypt",
    "Sign",
    "Verify",
];
