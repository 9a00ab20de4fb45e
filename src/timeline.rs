//! History over a [`World`]: every step that moved it, and a cursor that goes back and forth.
//!
//! Scenarios, the JavaScript API and the page all move the world here and nowhere else.

pub mod access;
pub mod ask;
pub mod bundle;
mod node;
mod saved;
pub mod share;
pub mod world_file;

pub use saved::DamagedWorld;

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    crypto::memo,
    endpoint::{
        self, Outcome, Request, Tracing,
        audit::{self, Record},
        bus::{self, BusEvent},
        http::{self, Answer, Exchange, Signatures},
    },
    entropy::Seed,
    estate::{
        attachment::{Attachment, NotAttached},
        principal::Caller,
    },
    kms::{
        Event, Setting, World,
        store::premises::{Incident, NotThere},
    },
    rest,
    services::{self, Cloud, FlowStep, Served, ServiceRequest, flow},
};

// A front may hand slow keys on, but knows no cryptography.
pub use crate::crypto::{
    memo::{SlowKey, read as keep_slow_keys, write as slow_keys},
    secret::SecretBytes,
};

/// The world at its start, each step since, and which of them is now.
#[derive(Clone)]
pub struct Timeline {
    start: Rc<World>,
    /// What the services hold at the start.
    start_cloud: Rc<Cloud>,
    /// Whether no service had been asked for anything before the start.
    starts_idle: bool,
    steps: Vec<Rc<Step>>,
    /// How many steps lie behind; those from here on are undone.
    cursor: usize,
    /// How many steps the start has taken in.
    forgotten: u64,
}

/// One move of the world.
pub struct Step {
    pub input: Input,
    pub result: StepResult,
    /// The world after it. Shares nearly all its memory with the worlds around it.
    pub world: Rc<World>,
    /// What the services hold after it.
    pub cloud: Rc<Cloud>,
    /// What services did, asked to or by themselves.
    pub flow: Rc<[FlowStep]>,
    /// Whether the outcome explains itself already.
    tracing: Tracing,
}

/// What moved the world.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Input {
    Call(Request),
    Advance(Span),
    /// Something that happens behind a key store.
    Simulate(Incident),
    /// A policy put in place or taken away, anywhere but at a key.
    Attach(Attachment),
    /// Something chosen anew for the world as a whole.
    Set(Setting),
    /// Something asked of a service that uses keys.
    Serve(ServiceRequest),
}

/// What came of it.
#[derive(Clone)]
pub enum StepResult {
    Answered(Rc<Outcome>),
    Passed(Rc<[Event]>),
    Served(Rc<Result<serde_json::Value, services::ServiceError>>),
}

impl Step {
    /// In a few words, for example `Encrypt` or `+1d`.
    pub fn label(&self) -> String {
        match &self.input {
            Input::Call(request) => endpoint::frame::operation_of(&request.target).unwrap_or("?").to_owned(),
            Input::Advance(span) => format!("+{span}"),
            Input::Simulate(incident) => format!("incident at {}", incident.place()),
            Input::Attach(attachment) => format!("policy {}", attachment.name),
            Input::Set(setting) => setting.to_string(),
            Input::Serve(request) => format!("{} {}", request.service, request.operation),
        }
    }

    /// Whether KMS or the service refused it.
    pub fn refused(&self) -> bool {
        match &self.result {
            StepResult::Answered(outcome) => outcome.fault.is_some(),
            StepResult::Passed(_) => false,
            StepResult::Served(answer) => answer.is_err(),
        }
    }

    pub fn outcome(&self) -> Option<&Rc<Outcome>> {
        match &self.result {
            StepResult::Answered(outcome) => Some(outcome),
            StepResult::Passed(_) | StepResult::Served(_) => None,
        }
    }

    /// Everything that happened to keys, aliases and grants, in order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        let own = match &self.result {
            StepResult::Answered(outcome) => outcome.events.as_slice(),
            StepResult::Passed(events) => events,
            StepResult::Served(_) => &[],
        };
        own.iter().chain(flow::kms_calls(&self.flow).flat_map(|call| &call.outcome.events))
    }
}

impl Timeline {
    pub fn new(world: World) -> Self {
        Self::with(world, None)
    }

    fn with(world: World, cloud: Option<Cloud>) -> Self {
        let starts_idle = cloud.is_none();
        let (start, start_cloud) = (Rc::new(world), Rc::new(cloud.unwrap_or_default()));
        Self { start, start_cloud, starts_idle, steps: Vec::new(), cursor: 0, forgotten: 0 }
    }

    /// The world a newcomer meets: the default estate, and two keys with names, made by recorded steps.
    pub fn ready_to_play(start: Timestamp, seed: Seed) -> Self {
        let mut timeline = Self::new(World::new(start, seed));
        let Ok(administrator) = KEY_ADMINISTRATOR.parse::<Caller>() else { return timeline };
        for name in ["orders", "invoices"] {
            let body = format!(r#"{{"Description": "{name}"}}"#);
            timeline.call(administrator.clone(), Region::US_EAST_1, "CreateKey", body);
            let created = timeline.last().and_then(|step| step.outcome()).and_then(|outcome| outcome.events.first());
            if let Some(key) = created.and_then(|event| event.about.key()).map(|arn| arn.id) {
                let body = format!(r#"{{"AliasName": "alias/{name}", "TargetKeyId": "{key}"}}"#);
                timeline.call(administrator.clone(), Region::US_EAST_1, "CreateAlias", body);
            }
        }
        timeline
    }

    /// The world at the cursor.
    pub fn world(&self) -> &Rc<World> {
        self.last().map_or(&self.start, |step| &step.world)
    }

    /// What the services hold at the cursor.
    pub fn cloud(&self) -> &Rc<Cloud> {
        self.last().map_or(&self.start_cloud, |step| &step.cloud)
    }

    /// Whether nobody has asked a service for anything yet. Until then they have nothing to take notice of. To compare what
    /// they hold would bring all of them into the first part of the page.
    fn is_idle(&self) -> bool {
        self.starts_idle && Rc::ptr_eq(self.cloud(), &self.start_cloud)
    }

    /// The world in which a step was made, counted from 1.
    pub fn world_before(&self, step: usize) -> &Rc<World> {
        let before = step.checked_sub(2).and_then(|before| self.steps.get(before));
        before.map_or(&self.start, |step| &step.world)
    }

    /// The step before the cursor.
    pub fn last(&self) -> Option<&Rc<Step>> {
        self.steps.get(self.cursor.checked_sub(1)?)
    }

    /// Every step, also the undone ones after the cursor.
    pub fn steps(&self) -> &[Rc<Step>] {
        &self.steps
    }

    /// The steps that were made since `before`, also undone ones. Nothing if this is not the same history.
    pub fn made_since(&self, before: &Self) -> Option<&[Rc<Step>]> {
        let alike = self.steps.iter().zip(&before.steps).take_while(|(own, other)| Rc::ptr_eq(own, other)).count();
        Rc::ptr_eq(&self.start, &before.start).then(|| self.steps.get(alike..).unwrap_or_default())
    }

    /// How many steps lie behind the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// One request, fully traced. Steps that were undone are given up.
    pub fn call(&mut self, caller: Caller, region: Region, operation: &str, body: impl Into<String>) -> Rc<Outcome> {
        self.request(Request::new(caller, region, operation, body))
    }

    /// One request as it came over the wire.
    pub fn request(&mut self, request: Request) -> Rc<Outcome> {
        self.answer(request, Tracing::On)
    }

    fn answer(&mut self, request: Request, tracing: Tracing) -> Rc<Outcome> {
        let mut world = World::clone(self.world());
        let outcome = Rc::new(endpoint::call(&mut world, &request, self.serial(), tracing));
        self.push(Input::Call(request), StepResult::Answered(Rc::clone(&outcome)), world, tracing);
        outcome
    }

    /// The whole outcome of a step, counted from 1. Nothing where there is no such step or it was no request.
    pub fn outcome(&self, step: usize) -> Option<Rc<Outcome>> {
        let made = self.steps.get(step.checked_sub(1)?)?;
        match (&made.input, &made.result, made.tracing) {
            (Input::Call(request), StepResult::Answered(_), Tracing::Off) => {
                let world = &mut World::clone(self.world_before(step));
                Some(Rc::new(endpoint::call(world, request, self.serial_of(step), Tracing::On)))
            }
            (_, StepResult::Answered(outcome), _) => Some(Rc::clone(outcome)),
            (_, StepResult::Passed(_) | StepResult::Served(_), _) => None,
        }
    }

    /// One request as an AWS client sends it. One whose signature names nobody is answered and leaves no step. The client
    /// gets the answer alone: with [`Tracing::Off`], how it came about is found out when [`Self::outcome`] is asked.
    pub fn exchange(&mut self, exchange: &Exchange, signatures: Signatures, tracing: Tracing) -> Answer {
        let world = self.world();
        match http::read(exchange, &world.estate, world.now, signatures) {
            Ok(request) => Answer::of(&self.answer(request, tracing)),
            Err(refusal) => Answer::refused(&refusal, world, self.serial()),
        }
    }

    /// As [`Self::slow_key`], of a request as an AWS client sends it.
    pub fn slow_key_of(&self, exchange: &Exchange, signatures: Signatures) -> Option<SlowKey> {
        let world = self.world();
        self.slow_key(&http::read(exchange, &world.estate, world.now, signatures).ok()?)
    }

    /// What CloudTrail would keep of one step, counted from 1. Nothing where there is no such step.
    pub fn audit(&self, step: usize) -> Vec<Record> {
        let Some(made) = step.checked_sub(1).and_then(|index| self.steps.get(index)) else { return Vec::new() };
        let serial = self.serial_of(step);
        let by_services = flow::kms_calls(&made.flow).flat_map(|call| call.records(&made.world));
        let mut by_services: Vec<Record> = by_services.collect();
        by_services.sort_by_key(|record| record.event_time);
        let mut records = match (&made.input, &made.result) {
            (Input::Call(request), StepResult::Answered(_)) => {
                let outcome = self.outcome(step);
                outcome.map_or_else(Vec::new, |outcome| audit::of_request(request, &outcome, &made.world, serial))
            }
            (_, StepResult::Passed(events)) => audit::of_time(events, &made.world, serial),
            (_, StepResult::Answered(_) | StepResult::Served(_)) => Vec::new(),
        };
        records.extend(by_services);
        records
    }

    /// What EventBridge would deliver of one step, counted from 1. Nothing where there is no such step.
    pub fn bus(&self, step: usize) -> Vec<BusEvent> {
        let made = step.checked_sub(1).and_then(|index| self.steps.get(index));
        made.map_or_else(Vec::new, |made| bus::of_records(&self.audit(step), &made.world, self.serial_of(step)))
    }

    /// What CloudTrail would keep of every step that lies behind the cursor, in order.
    pub fn trail(&self) -> impl Iterator<Item = Record> + '_ {
        (1..=self.cursor).flat_map(|step| self.audit(step))
    }

    /// The first key that a request would have to make first and that takes seconds, if there is one. A front that must
    /// not stand still has it made elsewhere, keeps it, and asks again.
    pub fn slow_key(&self, request: &Request) -> Option<SlowKey> {
        // Only a request that names such a kind of key makes one.
        if !request.body.contains("RSA_") {
            return None;
        }
        memo::missing(|| {
            endpoint::call(&mut World::clone(self.world()), request, self.serial(), Tracing::Off);
        })
    }

    /// Lets time pass.
    pub fn advance(&mut self, span: Span) -> Rc<[Event]> {
        let mut world = World::clone(self.world());
        if self.is_idle() {
            let events: Rc<[Event]> = world.advance(span).into();
            self.push(Input::Advance(span), StepResult::Passed(Rc::clone(&events)), world, Tracing::On);
            return events;
        }
        let (mut cloud, serial) = (Cloud::clone(self.cloud()), self.serial());
        let passed = rest::needed(|| services::advance(&mut world, &mut cloud, span, serial));
        let (events, flow) = passed.unwrap_or_default();
        let events: Rc<[Event]> = events.into();
        let moved = Moved { world, cloud: Rc::new(cloud), flow: flow.into() };
        self.put(Input::Advance(span), StepResult::Passed(Rc::clone(&events)), moved, Tracing::On);
        events
    }

    /// Asks a service that uses keys. Refused too, it is a step.
    pub fn serve(&mut self, request: ServiceRequest) -> Rc<Step> {
        let (mut world, mut cloud) = (World::clone(self.world()), Cloud::clone(self.cloud()));
        let serial = self.serial();
        let served = rest::needed(|| services::call(&mut world, &mut cloud, &request, serial));
        // Only where the rest of the program is missed: then all this is thrown away and done again.
        let missed = || Served { answer: Err(services::ServiceError::internal()), flow: Vec::new() };
        let Served { answer, flow } = served.unwrap_or_else(missed);
        let moved = Moved { world, cloud: Rc::new(cloud), flow: flow.into() };
        self.put(Input::Serve(request), StepResult::Served(Rc::new(answer)), moved, Tracing::On)
    }

    /// Lets something happen behind a key store. Nothing that KMS notices before it uses the store.
    pub fn simulate(&mut self, incident: Incident) -> Result<(), NotThere> {
        let mut world = World::clone(self.world());
        world.premises.simulate(&incident)?;
        self.push(Input::Simulate(incident), StepResult::Passed([].into()), world, Tracing::On);
        Ok(())
    }

    /// Puts a policy in place or takes it away, as IAM and AWS Organizations do; KMS keeps key policies itself.
    pub fn attach(&mut self, attachment: Attachment) -> Result<(), NotAttached> {
        let mut world = World::clone(self.world());
        world.estate.attach(&attachment)?;
        self.push(Input::Attach(attachment), StepResult::Passed([].into()), world, Tracing::On);
        Ok(())
    }

    /// Chooses something anew for the world as a whole, and gives what happens by that at once.
    pub fn set(&mut self, setting: Setting) -> Rc<[Event]> {
        let mut world = World::clone(self.world());
        let events: Rc<[Event]> = world.set(setting).into();
        self.push(Input::Set(setting), StepResult::Passed(Rc::clone(&events)), world, Tracing::On);
        events
    }

    /// Back or forth to after the first `steps` steps, as far as there are any.
    pub fn go_to(&mut self, steps: usize) {
        self.cursor = steps.min(self.steps.len());
    }

    /// Gives up the oldest steps when there are more than twice `limit`, down to `limit`; a history that is served from
    /// for days needs an end. They can no longer be undone or explained.
    pub fn forget_beyond(&mut self, limit: usize) {
        if self.steps.len() <= limit.saturating_mul(2) {
            return;
        }
        let surplus = (self.steps.len() - limit).min(self.cursor);
        if let Some(last) = self.steps.drain(..surplus).next_back() {
            self.start = Rc::clone(&last.world);
            self.starts_idle &= Rc::ptr_eq(&self.start_cloud, &last.cloud);
            self.start_cloud = Rc::clone(&last.cloud);
        }
        self.cursor -= surplus;
        self.forgotten += u64::try_from(surplus).unwrap_or(0);
    }

    /// Counts every step since the very first, and so names the next request.
    fn serial(&self) -> u64 {
        self.serial_of(self.cursor + 1)
    }

    /// The same of a step, counted from 1 among those that are not forgotten.
    fn serial_of(&self, step: usize) -> u64 {
        self.forgotten + u64::try_from(step.saturating_sub(1)).unwrap_or(0)
    }

    /// A step of KMS or of the world, of which the services then take notice.
    fn push(&mut self, input: Input, result: StepResult, mut world: World, tracing: Tracing) {
        let mut cloud = Rc::clone(self.cloud());
        let mut flow = Vec::new();
        if !self.is_idle() {
            let records = self.records(&input, &result, &world, tracing);
            let changed = Rc::make_mut(&mut cloud);
            flow = rest::needed(|| services::take_notice(&mut world, changed, &records)).unwrap_or_default();
        }
        self.put(input, result, Moved { world, cloud, flow: flow.into() }, tracing);
    }

    /// What a trail has to be told of the step that comes next.
    fn records(&self, input: &Input, result: &StepResult, world: &World, tracing: Tracing) -> Vec<Record> {
        let serial = self.serial();
        match (input, result) {
            _ if !self.cloud().cloudtrail.is_logging() => Vec::new(),
            (Input::Call(request), StepResult::Answered(outcome)) => match tracing {
                Tracing::On => audit::of_request(request, outcome, world, serial),
                Tracing::Off => {
                    let again = endpoint::call(&mut World::clone(self.world()), request, serial, Tracing::On);
                    audit::of_request(request, &again, world, serial)
                }
            },
            (_, StepResult::Passed(events)) => audit::of_time(events, world, serial),
            (_, StepResult::Answered(_) | StepResult::Served(_)) => Vec::new(),
        }
    }

    fn put(&mut self, input: Input, result: StepResult, moved: Moved, tracing: Tracing) -> Rc<Step> {
        let Moved { world, cloud, flow } = moved;
        let step = Rc::new(Step { input, result, world: Rc::new(world), cloud, flow, tracing });
        self.steps.truncate(self.cursor);
        self.steps.push(Rc::clone(&step));
        self.cursor = self.steps.len();
        step
    }
}

/// What a step leaves.
struct Moved {
    world: World,
    cloud: Rc<Cloud>,
    flow: Rc<[FlowStep]>,
}

/// Who makes the first keys.
const KEY_ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/KMSKeyAdmin";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{endpoint::render, kms::Rules};

    fn timeline() -> Timeline {
        Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7))
    }

    fn application() -> Caller {
        "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap()
    }

    fn generate(timeline: &mut Timeline) -> Rc<Outcome> {
        let body = r#"{"KeyId": "alias/orders", "KeySpec": "AES_256", "EncryptionContext": {"tenant": "7"}}"#;
        timeline.call(application(), Region::US_EAST_1, "GenerateDataKey", body)
    }

    #[test]
    fn the_first_world_has_two_named_keys_that_the_application_can_use() {
        let mut timeline = timeline();
        assert_eq!(timeline.world().keys().count(), 2);
        assert!(timeline.steps().iter().all(|step| !step.refused()));
        let outcome = generate(&mut timeline);
        assert!(outcome.fault.is_none(), "{}", render::outcome(&outcome));
    }

    #[test]
    fn going_back_and_asking_again_gives_the_same_bytes() {
        let mut timeline = timeline();
        let before = timeline.cursor();
        let first = generate(&mut timeline).response.body.clone();
        let second = generate(&mut timeline).response.body.clone();
        assert_ne!(first, second);
        timeline.go_to(before);
        assert_eq!(generate(&mut timeline).response.body, first);
        assert_eq!(timeline.steps().len(), before + 1, "what was undone is given up by a new step");
    }

    #[test]
    fn what_was_made_since_is_known_of_the_same_history_alone() {
        let before = timeline();
        let mut after = before.clone();
        generate(&mut after);
        let labels =
            |since: Option<&[Rc<Step>]>| since.map(|steps| steps.iter().map(|step| step.label()).collect::<Vec<_>>());
        assert_eq!(labels(after.made_since(&before)), Some(vec!["GenerateDataKey".to_owned()]));
        assert_eq!(labels(before.made_since(&after)), Some(Vec::new()));
        after.go_to(0);
        assert_eq!(labels(after.made_since(&before)).map(|made| made.len()), Some(1), "undone steps were made too");
        assert_eq!(labels(after.made_since(&timeline())), None);
    }

    #[test]
    fn a_snapshot_restores_every_step_to_the_byte() {
        let mut timeline = timeline();
        generate(&mut timeline);
        timeline.advance(Span::days(400));
        let attach = |document: &str| Attachment {
            place: "policies of arn:aws:iam::111122223333:role/OrdersApp".parse().unwrap(),
            name: "DataKeys".into(),
            document: Some(document.into()),
        };
        assert!(timeline.attach(attach("{}")).is_err());
        let denies = r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
        assert_eq!(timeline.attach(attach(denies)), Ok(()));
        timeline.set(Setting::Rules(Rules::Classic));
        assert!(generate(&mut timeline).fault.is_some());
        let text = timeline.snapshot();
        let mut restored = Timeline::restore(&text).unwrap();
        assert_eq!(restored.snapshot(), text);
        assert_eq!(restored.cursor(), timeline.cursor());
        assert_eq!(restored.world().rules(), Rules::Classic);
        assert_eq!(generate(&mut restored).response.body, generate(&mut timeline).response.body);
    }

    #[test]
    fn a_slow_key_can_be_made_beforehand_and_changes_nothing_else() {
        let administrator: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let (start, orders) = (timeline(), "alias/orders");
        let pair = format!(r#"{{"KeyId": "{orders}", "KeyPairSpec": "RSA_2048"}}"#);
        for (operation, body, slow) in [
            ("CreateKey", r#"{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}"#, true),
            ("GenerateDataKeyPair", &pair, true),
            // The same seed at the same place of the stream.
            ("GenerateDataKeyPairWithoutPlaintext", &pair, false),
            ("CreateKey", r#"{"KeySpec": "RSA_2048"}"#, false),
            ("CreateKey", "{}", false),
        ] {
            let request = Request::new(administrator.clone(), Region::US_EAST_1, operation, body);
            let wanted = start.slow_key(&request);
            assert_eq!(wanted.is_some(), slow, "{operation} {body}");
            if let Some(wanted) = wanted {
                let key = wanted.make().unwrap();
                wanted.keep(key);
                assert!(start.slow_key(&request).is_none());
            }
            let told = start.clone().request(request.clone()).response.clone();
            let start = start.clone();
            let alone = std::thread::spawn({
                let snapshot = start.snapshot();
                move || Timeline::restore(&snapshot).unwrap().request(request).response.clone()
            });
            assert_eq!(alone.join().unwrap(), told, "{operation} {body}");
        }
    }

    #[test]
    fn a_damaged_snapshot_says_what_is_wrong_with_it() {
        let text = timeline().snapshot();
        for cut in (0..text.len()).step_by(97) {
            assert!(Timeline::restore(&text[..cut]).is_err(), "cut at {cut}");
        }
        let newer = text.replacen("\"version\":1", "\"version\":2", 1);
        let damage = |text: &str| Timeline::restore(text).err().map(|damage| damage.to_string()).unwrap_or_default();
        assert!(damage(&newer).contains("version 2"), "{}", damage(&newer));
        assert!(damage("{}").contains("not a saved world"), "{}", damage("{}"));
        assert!(damage("{\n  \"format\": ").contains("line 2"), "{}", damage("{\n  \"format\": "));
    }

    #[test]
    fn the_oldest_steps_are_given_up_in_one_go_and_nothing_else_changes() {
        let mut whole = timeline();
        let mut short = whole.clone();
        for _ in 0..20 {
            let outcome = generate(&mut whole);
            assert_eq!(outcome.request_id.to_string(), generate(&mut short).request_id.to_string());
            short.forget_beyond(5);
            assert!(short.steps().len() <= 10);
        }
        assert_eq!(short.world().entropy.label(1), whole.world().entropy.label(1));
        let next = |timeline: &mut Timeline| render::outcome(&generate(timeline));
        let texts = [short.snapshot(), short.checkpoint(), whole.checkpoint()];
        let expected = next(&mut whole);
        assert_eq!(next(&mut short), expected);
        for text in texts {
            assert_eq!(next(&mut Timeline::restore(&text).unwrap()), expected);
        }
    }

    fn exchange(operation: &str, access_key: &str, body: &str) -> Exchange {
        let scope = format!("{access_key}/20300101/us-east-1/kms/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let headers = [("x-amz-target", format!("TrentService.{operation}")), ("authorization", signed)];
        Exchange {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_exchange_is_a_step_only_if_its_caller_is_known() {
        let mut timeline = timeline();
        let before = timeline.cursor();
        for (credential, status, steps) in [("AKIA111122223333ADMI", 200, 1), ("AKIA000000000000NONE", 400, 0)] {
            timeline.go_to(before);
            let answer = timeline.exchange(&exchange("ListKeys", credential, "{}"), Signatures::Believed, Tracing::Off);
            assert_eq!((answer.status, timeline.cursor() - before), (status, steps), "{}", answer.body);
        }
    }

    #[test]
    fn what_a_client_was_answered_can_be_explained_afterwards() {
        let administrator: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let (mut called, mut exchanged) = (timeline(), timeline());
        let text = |timeline: &Timeline| {
            let outcome = timeline.outcome(timeline.cursor()).unwrap();
            (render::outcome(&outcome), serde_json::to_string(&timeline.audit(timeline.cursor())).unwrap())
        };
        for (operation, body) in [
            ("GenerateDataKey", r#"{"KeyId": "alias/orders", "KeySpec": "AES_256"}"#),
            ("GenerateDataKey", r#"{"KeyId": "alias/orders"}"#),
            ("CreateKey", "{}"),
            ("ScheduleKeyDeletion", r#"{"KeyId": "alias/none"}"#),
        ] {
            called.call(administrator.clone(), Region::US_EAST_1, operation, body);
            exchanged.exchange(&exchange(operation, "AKIA111122223333ADMI", body), Signatures::Believed, Tracing::Off);
            assert_eq!(text(&exchanged), text(&called), "{operation} {body}");
            exchanged.forget_beyond(1);
            assert_eq!(text(&exchanged), text(&called), "{operation} {body}, and what was before is forgotten");
        }
    }
}
