//! What an operation of a service works with: the world, what the services hold, who asks, and the record of it all.

use std::{mem, rc::Rc, sync::Arc};

use serde_json::Value;

use crate::{
    arn::{AccountId, Region},
    clock::Timestamp,
    crypto::secret::Secret32,
    endpoint::{self, Request, Tracing, audit, fault::Fault},
    estate::principal::{Caller, Forwarding},
    kms::World,
    lang::Message,
};

use super::{
    Cloud, Service,
    flow::{FlowStep, KmsCall},
};

/// One thing asked of a service, while it is being done.
pub struct Cx<'w> {
    pub world: &'w mut World,
    pub cloud: &'w mut Cloud,
    /// Who asks the service.
    pub caller: Caller,
    /// Where the service is asked.
    pub region: Region,
    /// The services by way of which KMS is asked, the first called first.
    chain: Vec<Arc<str>>,
    /// The resource for which a service asks another for itself.
    source_arn: Option<Arc<str>>,
    /// The title of the service that works.
    by: &'static str,
    serials: Serials,
    flow: Vec<FlowStep>,
    in_vain: bool,
}

/// Numbers for requests to KMS, from which their ids come: never those of a step that is a request itself.
#[derive(Clone, Copy)]
pub struct Serials {
    first: u64,
    taken: u64,
}

impl Serials {
    /// Of a step of the history.
    pub fn of_step(step: u64) -> Self {
        Self { first: (1 << 63) | (step << 16), taken: 0 }
    }

    /// Of what happens by itself, after `asked` requests that did: the same whichever steps led there.
    pub fn of_itself(asked: u64) -> Self {
        Self { first: (1 << 62) | asked, taken: 0 }
    }

    fn next(&mut self) -> u64 {
        self.taken += 1;
        self.first + self.taken
    }
}

impl<'w> Cx<'w> {
    pub fn new(world: &'w mut World, cloud: &'w mut Cloud, caller: Caller, region: Region, serials: Serials) -> Self {
        Self {
            world,
            cloud,
            caller,
            region,
            chain: Vec::new(),
            source_arn: None,
            by: "",
            serials,
            flow: Vec::new(),
            in_vain: false,
        }
    }

    pub fn into_flow(self) -> Vec<FlowStep> {
        self.flow
    }

    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// Works as `service`, called by the service that works now or, if none does, by the caller.
    pub fn through<T>(&mut self, service: &Service, work: impl FnOnce(&mut Self) -> T) -> T {
        self.chain.push(service.host_in(self.region).into());
        let before = std::mem::replace(&mut self.by, service.title);
        let result = work(self);
        self.by = before;
        self.chain.pop();
        result
    }

    /// Works for somebody else, who calls the first service anew: a role that a service has taken on, the signer of a
    /// URL, a client on its own.
    pub fn acting_as<T>(&mut self, caller: Caller, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.caller, caller);
        let chain = std::mem::take(&mut self.chain);
        let source_arn = self.source_arn.take();
        let result = work(self);
        self.source_arn = source_arn;
        self.chain = chain;
        self.caller = before;
        result
    }

    /// Works for a service that asks another for itself, for a resource of an account.
    pub fn acting_for<T>(
        &mut self,
        principal: &str,
        (account, source_arn): (AccountId, &str),
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let caller = Caller::Service { name: principal.into(), account };
        self.acting_as(caller, |cx| {
            cx.source_arn = Some(source_arn.into());
            work(cx)
        })
    }

    /// Works in a Region, for what nobody asks for there.
    pub fn in_region<T>(&mut self, region: Region, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.region, region);
        let result = work(self);
        self.region = before;
        result
    }

    /// Works in another Region, where the services that work now have hosts of their own.
    pub fn there<T>(&mut self, region: Region, work: impl FnOnce(&mut Self) -> T) -> T {
        let (from, to) = (format!(".{}.", self.region), format!(".{region}."));
        let there = self.chain.iter().map(|host| host.replace(&from, &to).into()).collect();
        let here = std::mem::replace(&mut self.chain, there);
        let result = self.in_region(region, work);
        self.chain = here;
        result
    }

    /// Asks KMS as the caller, by way of the service (a forward access session).
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn ask_for_caller(&mut self, operation: &'static str, members: &Value, why: Message) -> Result<Value, Fault> {
        let forwarding = Forwarding { services: self.chain.clone(), source_arn: self.source_arn.clone() };
        self.ask(self.caller.clone(), Some(forwarding), operation, members, why)
    }

    /// Asks KMS as the service itself, for a resource of an account.
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn ask_itself(
        &mut self,
        principal: &str,
        (account, source_arn): (AccountId, &str),
        operation: &'static str,
        members: &Value,
        why: Message,
    ) -> Result<Value, Fault> {
        let forwarding = Forwarding { services: Vec::new(), source_arn: Some(source_arn.into()) };
        let caller = Caller::Service { name: principal.into(), account };
        self.ask(caller, Some(forwarding), operation, members, why)
    }

    /// Asks KMS as somebody who needs no service for it: a client, or a host of AWS.
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn ask_directly(
        &mut self,
        caller: Caller,
        operation: &'static str,
        members: &Value,
        why: Message,
    ) -> Result<Value, Fault> {
        self.ask(caller, None, operation, members, why)
    }

    /// Asks KMS as a client of the caller's that has that name, and not the service that it is a client of.
    ///
    /// # Errors
    ///
    /// What KMS answers.
    pub fn ask_as_client(
        &mut self,
        name: &'static str,
        operation: &'static str,
        members: &Value,
        why: Message,
    ) -> Result<Value, Fault> {
        let service = mem::replace(&mut self.by, name);
        let answer = self.ask_directly(self.caller.clone(), operation, members, why);
        self.by = service;
        answer
    }

    /// How a request that the caller makes of the working service came there: by the services before it, or, where a
    /// service acts for itself, for that resource.
    pub(super) fn forwarding(&self) -> Option<Forwarding> {
        let before = self.chain.split_last().map(|(_, before)| before.to_vec()).unwrap_or_default();
        let forwarding = Forwarding { services: before, source_arn: self.source_arn.clone() };
        (!forwarding.is_direct()).then_some(forwarding)
    }

    fn ask(
        &mut self,
        caller: Caller,
        forwarding: Option<Forwarding>,
        operation: &'static str,
        members: &Value,
        why: Message,
    ) -> Result<Value, Fault> {
        let request = Request { forwarding, ..Request::new(caller, self.region, operation, members.to_string()) };
        let serial = self.serials.next();
        let outcome = Rc::new(endpoint::call(self.world, &request, serial, Tracing::On));
        if self.cloud.cloudtrail.is_logging() {
            let records = audit::of_request(&request, &outcome, self.world, serial);
            self.cloud.cloudtrail.keep(&records, self.world.now);
        }
        let answer = match &outcome.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(serde_json::from_str(&outcome.response.body).unwrap_or_default()),
        };
        self.flow.push(FlowStep::Kms(Box::new(KmsCall {
            by: self.by,
            why,
            request,
            outcome,
            serial,
            again: Vec::new(),
        })));
        answer
    }

    /// Records what the service does beside asking KMS.
    pub fn tell(&mut self, what: Message) {
        self.flow.push(FlowStep::Fact { by: self.by, what });
    }

    /// Records that something failed and will be tried again.
    pub fn tell_in_vain(&mut self, what: Message) {
        self.in_vain = true;
        self.tell(what);
    }

    /// Whether something failed that will be tried again.
    pub(super) fn is_in_vain(&self) -> bool {
        self.in_vain
    }

    /// Records what somebody else does, for example the client.
    pub fn tell_of(&mut self, by: &'static str, what: Message) {
        self.flow.push(FlowStep::Fact { by, what });
    }

    pub(super) fn record(&mut self, step: FlowStep) {
        self.flow.push(step);
    }

    pub(super) fn by(&self) -> &'static str {
        self.by
    }

    /// A key that the service keeps for itself in an account's Region, outside KMS and every account: the same whenever
    /// it is asked for.
    pub fn own_key(&self, service: &str, account: AccountId) -> Secret32 {
        let purpose = format!("{service} key of {account} in {}", self.region);
        Secret32::from_bytes(self.world.entropy.branch(&purpose).draw())
    }
}
