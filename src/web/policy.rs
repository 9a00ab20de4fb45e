//! Decisions without a world. JSON text in, JSON text out.

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::authz::{decision::Decision, simulate};

/// The decision about one scenario, with the whole explanation.
///
/// # Errors
///
/// When it is no scenario; the message says what is wrong and where.
#[wasm_bindgen]
pub fn simulate(scenario: &str) -> Result<String, JsError> {
    Ok(simulate::simulate(scenario)?)
}

/// A scenario that is read once and asked as often as wanted.
#[wasm_bindgen]
pub struct Scenario(simulate::Scenario);

#[wasm_bindgen]
impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// As [`simulate`].
    #[wasm_bindgen(constructor)]
    pub fn new(scenario: &str) -> Result<Self, JsError> {
        Ok(Self(simulate::Scenario::parse(scenario)?))
    }

    /// The decision about the request of the scenario.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn decide(&self) -> Result<String, JsError> {
        self.explained(self.0.decide(true))
    }

    /// The decision about another request of the same principal, a value like the scenario's `request`.
    ///
    /// # Errors
    ///
    /// When it is no request.
    pub fn ask(&self, request: &str) -> Result<String, JsError> {
        self.explained(self.0.ask(request, true)?)
    }

    fn explained(&self, decision: Decision) -> Result<String, JsError> {
        Ok(serde_json::to_string(&self.0.explain(decision))?)
    }
}
