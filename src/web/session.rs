//! A whole KMS as one JavaScript object. JSON text in, JSON text out.
//!
//! A KMS fault is an answer like any other. An exception means that the caller misused this API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::{
    arn::{AccountId, Region},
    clock::{Span, Timestamp},
    endpoint::{
        self, Request, Tracing,
        http::{Exchange, Signatures},
    },
    entropy::Seed,
    estate::principal::Caller,
    kms::{
        Consistency, Rules, World,
        rate::RequestQuota,
        store::premises::{Cluster, ClusterState, ExternalKey, Kmsuser, Network, Premises, Proxy, ProxyCondition},
        throttle::Payer,
    },
    services::{FlowStep, Item, SERVICES, Service, ServiceError, ServiceRequest},
    timeline::{StepResult, Timeline},
    web::{accounts::accounts, enclave, outside},
};

/// One playground: its accounts, keys, clock and history.
#[wasm_bindgen]
pub struct Session {
    timeline: Timeline,
    signatures: Signatures,
    /// How many steps are kept at least; none is given up without it.
    history: Option<usize>,
}

/// What a [`Session`] starts from; whatever is left out comes from the browser, once.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// For example `2030-01-01T00:00:00Z`.
    start: Option<String>,
    /// The same seed and the same calls make the same bytes.
    seed: Option<u32>,
    /// A world file or a saved world. What a world file says goes before `start` and `seed`, and a saved world has both.
    world: Option<String>,
    /// Whether [`Session::exchange`] verifies signatures.
    strict: Option<bool>,
    /// Give up the oldest steps beyond this many; keep all without it.
    history: Option<u32>,
}

impl Options {
    fn read(options: JsValue) -> Result<Self, JsError> {
        if options.is_undefined() {
            return Ok(Self::default());
        }
        // By way of a `Value`: straight from the object, members of other names would not be seen.
        let members: Value = serde_wasm_bindgen::from_value(options)?;
        Ok(serde_json::from_value(members)?)
    }

    fn timeline(&self) -> Result<Timeline, JsError> {
        let start: Option<Timestamp> = self.start.as_deref().map(str::parse).transpose()?;
        let seed = self.seed.map_or_else(outside::seed, |number| Seed::from_number(number.into()));
        let start = start.unwrap_or_else(outside::now);
        Ok(match &self.world {
            Some(text) => Timeline::open(text, start, seed)?,
            None => Timeline::new(World::new(start, seed)),
        })
    }

    fn session(&self, timeline: Timeline) -> Session {
        Session {
            timeline,
            signatures: if self.strict == Some(true) { Signatures::Verified } else { Signatures::Believed },
            history: self.history.map(|steps| usize::try_from(steps).unwrap_or(usize::MAX)),
        }
    }
}

/// `{"as": ARN, "region": …, "operation": …, "body": {…}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call<'a> {
    #[serde(rename = "as")]
    caller: Caller,
    region: Option<Region>,
    operation: &'a str,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

impl Call<'_> {
    fn read(text: &str) -> Result<Request, JsError> {
        let call: Call<'_> = serde_json::from_str(text)?;
        let body = call.body.map_or("{}", RawValue::get);
        Ok(Request::new(call.caller, call.region.unwrap_or(Region::US_EAST_1), call.operation, body))
    }
}

/// `{"as": ARN, "region": …, "service": …, "operation": …, "parameters": {…}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceCall<'a> {
    #[serde(rename = "as")]
    caller: Caller,
    region: Option<Region>,
    service: String,
    operation: String,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

impl ServiceCall<'_> {
    fn read(text: &str) -> Result<ServiceRequest, JsError> {
        let ServiceCall { caller, region, service, operation, parameters } = serde_json::from_str(text)?;
        let body = parameters.map_or("{}", RawValue::get).to_owned();
        Ok(ServiceRequest { caller, region: region.unwrap_or(Region::US_EAST_1), service, operation, body })
    }
}

#[derive(Serialize)]
struct ServedShown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ServiceError>,
    flow: &'a [FlowStep],
}

#[derive(Serialize)]
struct InventoryShown {
    service: &'static str,
    items: Vec<Item>,
}

#[wasm_bindgen]
impl Session {
    /// The default accounts and no keys, or the `world` of the options, which may also have `start`, `seed`, `strict` and
    /// `history`.
    ///
    /// # Errors
    ///
    /// When an option is of the wrong type or not a time, or the world is damaged; the message says where.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsError> {
        let options = Options::read(options)?;
        Ok(options.session(options.timeline()?))
    }

    /// Answers `{"as", "region", "operation", "body"}` with the whole outcome: response, stages, decisions,
    /// cryptographic steps, events.
    ///
    /// # Errors
    ///
    /// When `request` is not of that form.
    pub fn call(&mut self, request: &str) -> Result<String, JsError> {
        let outcome = self.timeline.request(Call::read(request)?);
        self.forget();
        text(&*outcome)
    }

    /// Answers one HTTP request as an AWS client sends it: `{"status", "headers": [[name, value]], "body"}`.
    ///
    /// `headers` is a JSON list of `[name, value]`, `Host` among them where signatures are verified.
    ///
    /// # Errors
    ///
    /// When `headers` is not of that form.
    pub fn exchange(
        &mut self,
        method: String,
        target: String,
        headers: &str,
        body: Vec<u8>,
    ) -> Result<String, JsError> {
        let exchange = Exchange { method, target, headers: serde_json::from_str(headers)?, body };
        let answer = self.timeline.exchange(&exchange, self.signatures, Tracing::Off);
        self.forget();
        text(&answer)
    }

    /// Lets time pass, for example `"366d"`, and gives what happened.
    ///
    /// # Errors
    ///
    /// When `span` is not a length of time.
    pub fn advance(&mut self, span: &str) -> Result<String, JsError> {
        self.let_pass(span.parse()?)
    }

    /// Lets time pass until `time`, for example `2031-01-01T00:00:00Z`, and gives what happened. A time that is past
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// When `time` is not a time.
    #[wasm_bindgen(js_name = advanceTo)]
    pub fn advance_to(&mut self, time: &str) -> Result<String, JsError> {
        let span = self.timeline.world().now.until(time.parse()?);
        if span == Span::ZERO { Ok("[]".to_owned()) } else { self.let_pass(span) }
    }

    /// Lets something happen behind a key store, for example
    /// `{"proxy": {"endpoint": "https://xks.playground.example", "set": {"condition": "Slow"}}}`.
    ///
    /// # Errors
    ///
    /// When `incident` is not of that form, or there is no such cluster, proxy or key.
    pub fn simulate(&mut self, incident: &str) -> Result<(), JsError> {
        self.timeline.simulate(serde_json::from_str(incident)?)?;
        self.forget();
        Ok(())
    }

    /// Puts a policy in place or takes it away, for example
    /// `{"place": "policies of arn:aws:iam::111122223333:user/Developer", "name": "More", "document": "…"}`.
    ///
    /// # Errors
    ///
    /// When `attachment` is not of that form, there is no such place or policy, or the document is no policy.
    pub fn attach(&mut self, attachment: &str) -> Result<(), JsError> {
        self.timeline.attach(serde_json::from_str(attachment)?)?;
        self.forget();
        Ok(())
    }

    /// Chooses something anew for the world as a whole, for example `{"rules": "classic"}`, and gives what happens by
    /// that at once.
    ///
    /// # Errors
    ///
    /// When `setting` is not of that form.
    pub fn set(&mut self, setting: &str) -> Result<String, JsError> {
        let events = self.timeline.set(serde_json::from_str(setting)?);
        self.forget();
        text(&*events)
    }

    /// Asks a service that uses keys: `{"as", "region", "service", "operation", "parameters"}`, for example
    /// `{"as": "arn:aws:iam::111122223333:user/Developer", "service": "s3", "operation": "GetObject", "parameters":
    /// {"Bucket": "media", "Key": "film.txt"}}`. Gives `{"answer"}` or `{"error"}`, and the `flow`: every request to KMS
    /// with its outcome, and what the service did beside.
    ///
    /// # Errors
    ///
    /// When `request` is not of that form.
    pub fn serve(&mut self, request: &str) -> Result<String, JsError> {
        let step = self.timeline.serve(ServiceCall::read(request)?);
        self.forget();
        let StepResult::Served(answer) = &step.result else { return Ok(String::new()) };
        text(&ServedShown {
            answer: answer.as_ref().as_ref().ok(),
            error: answer.as_ref().as_ref().err(),
            flow: &step.flow,
        })
    }

    /// Everything that services store and hold in memory: `[{"service", "items"}]`, each item with `kind`, `name`,
    /// `facts`, `bytes`, `until` and `children`.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn inventory(&self) -> Result<String, JsError> {
        let (world, cloud) = (self.timeline.world(), self.timeline.cloud());
        let of = |service: &&'static Service| InventoryShown {
            service: service.name,
            items: (service.inventory)(cloud, world),
        };
        text(&SERVICES.iter().map(of).collect::<Vec<_>>())
    }

    /// What is chosen for the world as a whole.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn settings(&self) -> Result<String, JsError> {
        let world = self.timeline.world();
        text(&SettingsShown { rules: world.rules(), throttling: world.throttles(), consistency: world.consistency() })
    }

    /// Every bucket that lacks something: `[{"account", "region", "quota", "rate", "left"}]`, or `store` instead of
    /// `account`. Empty where requests are not counted.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn meters(&self) -> Result<String, JsError> {
        let world = self.timeline.world();
        let meters = world.meters();
        let shown = meters.map(|(payer, quota, left)| MeterShown {
            payer,
            quota,
            rate: world.rate(payer, quota).to_string(),
            left,
        });
        text(&shown.collect::<Vec<_>>())
    }

    /// What stands behind key stores, as its owner sees it, without secrets.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn premises(&self) -> Result<String, JsError> {
        text(&PremisesShown::new(&self.timeline.world().premises))
    }

    /// The world's time, for example `2030-01-01T00:00:00Z`.
    #[must_use]
    pub fn now(&self) -> String {
        self.timeline.world().now.to_string()
    }

    /// Goes back by one step. Whether there was one.
    pub fn undo(&mut self) -> bool {
        let steps = self.timeline.cursor();
        self.timeline.go_to(steps.saturating_sub(1));
        steps > 0
    }

    /// The whole outcome of one step, counted from 1; `null` where time passed or there is no such step.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn outcome(&self, step: u32) -> Result<String, JsError> {
        text(&usize::try_from(step).ok().and_then(|step| self.timeline.outcome(step)).as_deref())
    }

    /// What CloudTrail would keep: of one step, counted from 1, or of every step that lies behind and is not forgotten.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn audit(&self, step: Option<u32>) -> Result<String, JsError> {
        let records = match step {
            Some(step) => self.timeline.audit(usize::try_from(step).unwrap_or(usize::MAX)),
            None => self.timeline.trail().collect(),
        };
        text(&records)
    }

    /// What EventBridge would deliver of what happens by itself: in one step, counted from 1, or in every step that lies
    /// behind and is not forgotten.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[wasm_bindgen(js_name = eventBridge)]
    pub fn event_bridge(&self, step: Option<u32>) -> Result<String, JsError> {
        let events: Vec<_> = match step {
            Some(step) => self.timeline.bus(usize::try_from(step).unwrap_or(usize::MAX)),
            None => (1..=self.timeline.cursor()).flat_map(|step| self.timeline.bus(step)).collect(),
        };
        text(&events)
    }

    /// Every account with its principals and what they sign requests with:
    /// `[{"id", "principals": [{"arn", "accessKeyId", "secretAccessKey", "sessionToken"}]}]`.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn accounts(&self) -> Result<String, JsError> {
        text(&accounts(&self.timeline.world().estate))
    }

    /// A simulated Nitro enclave: `{"attestationDocument", "measurements", "publicKey", "privateKey"}`, bytes in base64.
    ///
    /// `wanted` may have `image`, `publicKey`, `userData` and `nonce`. Changes nothing: the same world makes the same
    /// enclave. Its RSA key takes from a tenth of a second to some seconds.
    ///
    /// # Errors
    ///
    /// When `wanted` is not of that form.
    pub fn enclave(&self, wanted: &str) -> Result<String, JsError> {
        text(&enclave::simulate(self.timeline.world(), &serde_json::from_str(wanted)?)?)
    }

    /// Goes to after the first `steps` steps, back or forth.
    #[wasm_bindgen(js_name = goTo)]
    pub fn go_to(&mut self, steps: u32) {
        self.timeline.go_to(usize::try_from(steps).unwrap_or(usize::MAX));
    }

    /// How many steps lie behind.
    #[must_use]
    pub fn steps(&self) -> u32 {
        u32::try_from(self.timeline.cursor()).unwrap_or(u32::MAX)
    }

    /// Text from which [`Session::restore`] makes this session again. It contains the keys.
    #[must_use]
    pub fn snapshot(&self) -> String {
        self.timeline.snapshot()
    }

    /// As [`Session::snapshot`], but of the present only: shorter, restored at once, and with nothing to undo.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        self.timeline.checkpoint()
    }

    /// A session from a snapshot. `options` may have `strict` and `history`.
    ///
    /// # Errors
    ///
    /// When the text is damaged, of another version, or no snapshot at all; the message says which and where.
    pub fn restore(snapshot: &str, options: JsValue) -> Result<Self, JsError> {
        Ok(Options::read(options)?.session(Timeline::restore(snapshot)?))
    }

    /// The playground's own version, as in its changelog.
    #[must_use]
    pub fn version() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}

impl Session {
    fn let_pass(&mut self, span: Span) -> Result<String, JsError> {
        let events = self.timeline.advance(span);
        self.forget();
        text(&*events)
    }

    fn forget(&mut self) {
        if let Some(limit) = self.history {
            self.timeline.forget_beyond(limit);
        }
    }
}

#[derive(Serialize)]
struct SettingsShown {
    rules: Rules,
    throttling: bool,
    consistency: Consistency,
}

#[derive(Serialize)]
struct MeterShown {
    #[serde(flatten)]
    payer: Payer,
    quota: RequestQuota,
    /// Requests a second, for example `0.25`.
    rate: String,
    left: u64,
}

#[derive(Serialize)]
struct PremisesShown<'a> {
    clusters: BTreeMap<&'a str, ClusterShown<'a>>,
    proxies: BTreeMap<&'a str, ProxyShown<'a>>,
}

#[derive(Serialize)]
struct ClusterShown<'a> {
    account: AccountId,
    region: Region,
    certificate: &'a str,
    state: ClusterState,
    hsms: &'a BTreeMap<String, u32>,
    kmsuser: Kmsuser,
    network: Network,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyShown<'a> {
    path: &'a str,
    access_key_id: &'a str,
    condition: ProxyCondition,
    service: &'a str,
    keys: &'a BTreeMap<String, ExternalKey>,
}

impl<'a> PremisesShown<'a> {
    fn new(premises: &'a Premises) -> Self {
        let cluster = |(id, cluster): (&'a String, &'a Cluster)| {
            let shown = ClusterShown {
                account: cluster.account,
                region: cluster.region,
                certificate: &cluster.certificate,
                state: cluster.state,
                hsms: &cluster.hsms,
                kmsuser: cluster.kmsuser,
                network: cluster.network,
            };
            (id.as_str(), shown)
        };
        let proxy = |(endpoint, proxy): (&'a String, &'a Proxy)| {
            let shown = ProxyShown {
                path: &proxy.path,
                access_key_id: &proxy.credential.access_key_id,
                condition: proxy.condition,
                service: &proxy.service,
                keys: &proxy.keys,
            };
            (endpoint.as_str(), shown)
        };
        Self {
            clusters: premises.clusters.iter().map(cluster).collect(),
            proxies: premises.proxies.iter().map(proxy).collect(),
        }
    }
}

/// The bare endpoint, without history: for request handlers and load.
#[wasm_bindgen]
pub struct Endpoint {
    world: World,
    answered: u64,
    status: u16,
}

#[wasm_bindgen]
impl Endpoint {
    /// As [`Session::new`].
    ///
    /// # Errors
    ///
    /// When an option is of the wrong type or not a time.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsError> {
        let timeline = Options::read(options)?.timeline()?;
        Ok(Self { world: World::clone(timeline.world()), answered: 0, status: 200 })
    }

    /// The same world once more. What is asked of one changes nothing in the other, and they share their memory.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { world: self.world.clone(), answered: self.answered, status: self.status }
    }

    /// Lets time pass, for example `"366d"`, and tells how many things happened by themselves.
    ///
    /// # Errors
    ///
    /// When `span` is not a length of time.
    pub fn advance(&mut self, span: &str) -> Result<u32, JsError> {
        Ok(u32::try_from(self.world.advance(span.parse()?).len()).unwrap_or(u32::MAX))
    }

    /// Answers one request with the body of the response; its status is then in [`Endpoint::status`].
    ///
    /// # Errors
    ///
    /// When `caller` is not the ARN of a user, role session or root user, or `region` not a Region.
    pub fn answer(&mut self, caller: &str, region: &str, target: &str, body: String) -> Result<String, JsError> {
        self.respond(caller, region, target, body, Tracing::Off).map(|outcome| outcome.response.body)
    }

    /// Answers one request with the whole outcome.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::answer`].
    pub fn explain(&mut self, caller: &str, region: &str, target: &str, body: String) -> Result<String, JsError> {
        text(&self.respond(caller, region, target, body, Tracing::On)?)
    }

    /// The HTTP status of the last answer, 200 before the first.
    #[wasm_bindgen(getter)]
    pub fn status(&self) -> u16 {
        self.status
    }

    fn respond(
        &mut self,
        caller: &str,
        region: &str,
        target: &str,
        body: String,
        tracing: Tracing,
    ) -> Result<endpoint::Outcome, JsError> {
        self.answered += 1;
        let request = Request {
            caller: caller.parse()?,
            region: region.parse()?,
            target: target.to_owned(),
            body,
            forwarding: None,
        };
        let outcome = endpoint::call(&mut self.world, &request, self.answered, tracing);
        self.status = outcome.response.status;
        Ok(outcome)
    }
}

fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, JsError> {
    Ok(serde_json::to_string(value)?)
}
