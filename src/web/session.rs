//! A whole KMS as one JavaScript object. JSON text in, JSON text out.
//!
//! A KMS fault is an answer like any other. An exception means that the caller misused this API.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    endpoint::{self, Request, Tracing},
    entropy::Seed,
    estate::principal::Caller,
    kms::World,
    timeline::Timeline,
    web::outside,
};

/// One playground: its accounts, keys, clock and history.
#[wasm_bindgen]
pub struct Session {
    timeline: Timeline,
}

/// What a [`Session`] starts from; whatever is left out comes from the browser, once.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// For example `2030-01-01T00:00:00Z`.
    start: Option<String>,
    /// The same seed and the same calls make the same bytes.
    seed: Option<u32>,
}

impl Options {
    fn read(options: JsValue) -> Result<(Timestamp, Seed), JsError> {
        let options: Self =
            if options.is_undefined() { Self::default() } else { serde_wasm_bindgen::from_value(options)? };
        let start = options.start.map(|text| text.parse()).transpose()?.unwrap_or_else(outside::now);
        let seed = options.seed.map_or_else(outside::seed, |number| Seed::from_number(number.into()));
        Ok((start, seed))
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

#[wasm_bindgen]
impl Session {
    /// The default accounts and no keys. `options` may have `start` and `seed`.
    ///
    /// # Errors
    ///
    /// When an option is of the wrong type or not a time.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsError> {
        let (start, seed) = Options::read(options)?;
        Ok(Self { timeline: Timeline::new(World::new(start, seed)) })
    }

    /// Answers `{"as", "region", "operation", "body"}` with the whole outcome: response, stages, decisions,
    /// cryptographic steps, events.
    ///
    /// # Errors
    ///
    /// When `request` is not of that form.
    pub fn call(&mut self, request: &str) -> Result<String, JsError> {
        text(&*self.timeline.request(Call::read(request)?))
    }

    /// Lets time pass, for example `"366d"`, and gives what happened.
    ///
    /// # Errors
    ///
    /// When `span` is not a length of time.
    pub fn advance(&mut self, span: &str) -> Result<String, JsError> {
        text(&*self.timeline.advance(span.parse::<Span>()?))
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

    /// A session from a snapshot.
    ///
    /// # Errors
    ///
    /// When the text is damaged, of another version, or no snapshot at all; the message says which and where.
    pub fn restore(snapshot: &str) -> Result<Self, JsError> {
        Ok(Self { timeline: Timeline::restore(snapshot)? })
    }

    /// The playground's own version, as in its changelog.
    #[must_use]
    pub fn version() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
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
        let (start, seed) = Options::read(options)?;
        Ok(Self { world: World::new(start, seed), answered: 0, status: 200 })
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
        let request = Request { caller: caller.parse()?, region: region.parse()?, target: target.to_owned(), body };
        let outcome = endpoint::call(&mut self.world, &request, self.answered, tracing);
        self.status = outcome.response.status;
        Ok(outcome)
    }
}

fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, JsError> {
    Ok(serde_json::to_string(value)?)
}
