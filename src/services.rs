//! AWS services that use KMS keys, each a small working model: what it stores is really encrypted, and every key it works
//! with it has from KMS, asked as the one AWS would ask, through the service AWS would ask through.
//!
//! INVARIANT: KMS is reached only through [`endpoint::call`](crate::endpoint::call), by the three ways to ask of [`Cx`].
//! No plaintext and no plaintext key is in anything a service stores; keys it holds in memory have a type of their own
//! ([`held::HeldKey`]).
//!
//! A service is one file, with its state, its operations, what it shows and what time does to it, and one line in
//! [`cloud`]. `src/services/README.md` says how to add one.

use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, Region},
    clock::{Span, Timestamp},
    endpoint::audit::{self, Record},
    estate::principal::Caller,
    kms::{Event, World},
};

use self::{
    change::Change,
    fold::{Moment, Moments},
    form::{Parameter, Parameters},
    tour::Move,
};

pub mod athena;
pub mod change;
pub mod cloudtrail;
pub mod cx;
pub mod data_key;
pub mod due;
pub mod dynamodb;
pub mod ebs;
pub mod firehose;
pub mod flow;
pub mod fold;
pub mod form;
pub mod glue;
pub mod granted;
pub mod held;
pub mod inventory;
pub mod kinesis;
pub mod rds;
pub mod render;
pub mod resource_policy;
pub mod s3;
pub mod seal;
pub mod tour;

pub use self::{
    cx::Cx,
    flow::{FlowStep, KmsCall, Served, ServiceError},
    inventory::{Item, ItemKind},
};

/// One service, as data.
pub struct Service {
    /// What requests call it, for example `s3`.
    pub name: &'static str,
    /// For example `Amazon S3`.
    pub title: &'static str,
    /// The first part of the host it asks KMS from, as `kms:ViaService` has it: `ec2` for EBS.
    pub host: &'static str,
    /// What it does with keys, in a sentence.
    pub about: &'static str,
    pub operations: &'static [Operation],
    /// Where study notes of about 2019 and today differ.
    pub then_and_now: &'static [Change],
    /// A first walk through it.
    pub tour: &'static [Move],
    /// Everything it stores and holds in memory.
    pub inventory: fn(&Cloud, &World) -> Vec<Item>,
    /// When something happens by itself next, if nobody does anything before.
    pub due: fn(&Cloud, &World) -> Option<Timestamp>,
    /// Does what is due, and notices what became of its keys. Called after every step and at every moment that is due.
    pub notice: fn(&mut Cx<'_>),
    /// Whether it has to notice at once what becomes of a key by itself.
    pub watches: fn(&Cloud) -> bool,
    /// Why what it took on has failed, by the answer in which it took that on. Absent where that went well.
    pub failed: fn(&Cloud, &serde_json::Value) -> Option<ServiceError>,
}

/// One operation of a service.
pub struct Operation {
    /// For example `PutObject`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    pub parameters: &'static [Parameter],
    pub run: fn(&mut Cx<'_>, &Parameters) -> Result<serde_json::Value, ServiceError>,
}

/// Something asked of a service.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ServiceRequest {
    pub caller: Caller,
    pub region: Region,
    /// For example `s3`.
    pub service: String,
    /// For example `PutObject`.
    pub operation: String,
    /// JSON text: an object with the operation's parameters, bytes in base64.
    pub body: String,
}

/// The services, one line each: a field of [`Cloud`] and an entry of [`SERVICES`].
macro_rules! cloud {
    ($($name:ident),+ $(,)?) => {
        /// What the services of a world hold. A clone shares everything with its original.
        #[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Cloud {
            $(
                #[serde(skip_serializing_if = "is_new")]
                pub $name: $name::State,
            )+
            /// How often services have asked KMS by themselves.
            #[serde(skip_serializing_if = "is_new")]
            asked: u64,
        }

        /// Every service, in the order in which they are shown.
        pub static SERVICES: &[&Service] = &[$(&$name::SERVICE),+];

        /// Their names alone, which lead to none of what they do.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

cloud! {
    s3,
    ebs,
    rds,
    dynamodb,
    kinesis,
    cloudtrail,
    firehose,
    glue,
    athena,
}

fn is_new<T: Default + PartialEq>(state: &T) -> bool {
    *state == T::default()
}

/// The service of that name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name).copied()
}

/// Why a request to a service came to nothing: refused, or taken on and failed.
pub fn failure(
    cloud: &Cloud,
    request: &ServiceRequest,
    answer: &Result<serde_json::Value, ServiceError>,
) -> Option<ServiceError> {
    match answer {
        Ok(answer) => service(&request.service).and_then(|service| (service.failed)(cloud, answer)),
        Err(error) => Some(error.clone()),
    }
}

impl Service {
    /// Its operation of that name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// The host it asks KMS from, for example `s3.us-east-1.amazonaws.com`.
    pub fn host_in(&self, region: Region) -> String {
        format!("{}.{region}.amazonaws.com", self.host)
    }
}

/// Asks a service. `step` counts the steps of the history, so that each request to KMS has an id of its own.
///
/// What KMS did stays done where the service refuses later, as it would.
pub fn call(world: &mut World, cloud: &mut Cloud, request: &ServiceRequest, step: u64) -> Served {
    let mut cx = Cx::new(world, cloud, request.caller.clone(), request.region, cx::Serials::of_step(step));
    let answer = answer(&mut cx, request);
    notice(&mut cx);
    Served { answer, flow: cx.into_flow() }
}

fn answer(cx: &mut Cx<'_>, request: &ServiceRequest) -> Result<serde_json::Value, ServiceError> {
    if !cx.world.estate.exists(&request.caller) {
        return Err(ServiceError::new("InvalidClientTokenId", 403, format!("There is no {}.", request.caller)));
    }
    let service = service(&request.service).ok_or_else(|| ServiceError::no_service(&request.service))?;
    let operation =
        service.operation(&request.operation).ok_or_else(|| ServiceError::no_operation(service, &request.operation))?;
    let parameters = Parameters::read(&request.body, operation.parameters)?;
    cx.through(service, |cx| (operation.run)(cx, &parameters))
}

/// Lets time pass for the world and its services alike, in order. `step` counts the steps of the history.
pub fn advance(world: &mut World, cloud: &mut Cloud, span: Span, step: u64) -> (Vec<Event>, Vec<FlowStep>) {
    let end = world.now.after(span);
    let (mut events, mut moments) = (Vec::new(), Moments::default());
    let watching = SERVICES.iter().any(|service| (service.watches)(cloud));
    loop {
        let own = SERVICES.iter().filter_map(|service| (service.due)(cloud, world)).min();
        let of_kms = world.next_due().filter(|_| watching).map(|(at, _)| at);
        let Some(next) = [own, of_kms].into_iter().flatten().min().filter(|next| *next <= end) else { break };
        moments.add(pass(world, cloud, next, step, &mut events));
    }
    moments.add(pass(world, cloud, end, step, &mut events));
    (events, moments.into_flow())
}

/// Lets time pass to a moment before which nothing happens to services.
fn pass(world: &mut World, cloud: &mut Cloud, to: Timestamp, step: u64, events: &mut Vec<Event>) -> Moment {
    let logging = cloud.cloudtrail.is_logging();
    // Records are named by their place among those of the whole step.
    let before = if logging { audit::of_time(events, world, step).len() } else { 0 };
    events.extend(world.advance(world.now.until(to)));
    let records = if logging { audit::of_time(events, world, step) } else { Vec::new() };
    noticed(world, cloud, records.get(before..).unwrap_or_default())
}

/// Lets every service notice what became of its keys. `records` is what CloudTrail has of it.
pub fn take_notice(world: &mut World, cloud: &mut Cloud, records: &[Record]) -> Vec<FlowStep> {
    noticed(world, cloud, records).flow
}

fn noticed(world: &mut World, cloud: &mut Cloud, records: &[Record]) -> Moment {
    let at = world.now;
    if *cloud == Cloud::default() {
        return Moment { at, flow: Vec::new(), in_vain: false };
    }
    cloud.cloudtrail.keep(records, world.now);
    let serials = cx::Serials::of_itself(cloud.asked);
    let nobody = Caller::Service { name: "aws.amazonaws.com".into(), account: AccountId::AWS };
    let mut cx = Cx::new(world, cloud, nobody, Region::US_EAST_1, serials);
    notice(&mut cx);
    let in_vain = cx.is_in_vain();
    let flow = cx.into_flow();
    let asked = u64::try_from(flow::kms_calls(&flow).count()).unwrap_or(0);
    cloud.asked = cloud.asked.saturating_add(asked);
    Moment { at, flow, in_vain }
}

fn notice(cx: &mut Cx<'_>) {
    for service in SERVICES {
        cx.through(service, service.notice);
    }
}
