//! Decisions without a world. JSON text in, JSON text out.

use std::rc::Rc;

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
pub struct Scenario(Rc<simulate::Scenario>);

/// A decision with all its reasons, which become text when they are asked for.
#[wasm_bindgen]
pub struct Decided {
    decision: Decision,
    scenario: Rc<simulate::Scenario>,
}

#[wasm_bindgen]
impl Decided {
    /// `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn decision(&self) -> String {
        format!("{:?}", self.decision.verdict)
    }

    /// The whole explanation.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn explain(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(&self.scenario.explain(self.decision.clone()))?)
    }
}

#[wasm_bindgen]
impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// As [`simulate`].
    #[wasm_bindgen(constructor)]
    pub fn new(scenario: &str) -> Result<Self, JsError> {
        Ok(Self(Rc::new(simulate::Scenario::parse(scenario)?)))
    }

    /// The decision about the request of the scenario.
    #[must_use]
    pub fn decide(&self) -> Decided {
        self.decided(self.0.decide(true))
    }

    /// The decision about another request of the same principal, a value like the scenario's `request`.
    ///
    /// # Errors
    ///
    /// When it is no request.
    pub fn ask(&self, request: &str) -> Result<Decided, JsError> {
        Ok(self.decided(self.0.ask(request, true)?))
    }

    fn decided(&self, decision: Decision) -> Decided {
        Decided { decision, scenario: Rc::clone(&self.0) }
    }
}
