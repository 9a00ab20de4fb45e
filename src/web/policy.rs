//! Decisions without a world. JSON text in, JSON text out.

use std::rc::Rc;

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{
    analysis::{lint, matrix, prove, suggest},
    authz::{decision::Decision, simulate},
    policy::PolicyKind,
};

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

/// Everything wrong with a policy, with the changes that mend it. `kind` is `Key`, `Identity`, `Session`,
/// `ServiceControl`, `ResourceControl` or `Endpoint`.
///
/// # Errors
///
/// When `kind` is none of these.
#[wasm_bindgen(js_name = lintPolicy)]
pub fn lint_policy(text: &str, kind: &str) -> Result<String, JsError> {
    let kind: PolicyKind = serde_json::from_value(kind.into())?;
    Ok(serde_json::to_string(&lint::lint(text, kind))?)
}

/// The principals of a setting against all permissions on its key.
///
/// # Errors
///
/// When it is no setting; the message says what is wrong and where.
#[wasm_bindgen(js_name = accessMatrix)]
pub fn access_matrix(setting: &str) -> Result<String, JsError> {
    Ok(serde_json::to_string(&matrix::of_text(setting)?)?)
}

/// The smallest changes that turn a verdict: `asked` is `{"principal": 0, "action": "kms:Decrypt", "wanted": "allowed"}`.
///
/// # Errors
///
/// When `setting` or `asked` is of another form.
#[wasm_bindgen(js_name = suggestChanges)]
pub fn suggest_changes(setting: &str, asked: &str) -> Result<String, JsError> {
    Ok(serde_json::to_string(&suggest::of_text(setting, asked)?)?)
}

/// Whether a claim holds for all requests about the key of a setting: `claim` is
/// `{"nobody": {"actions": ["kms:Decrypt"], "but": ["111122223333"]}}`, or another that [`prove`] knows.
///
/// # Errors
///
/// When `setting` or `claim` is of another form; the message says what is wrong and where.
#[wasm_bindgen(js_name = provePolicy)]
pub fn prove_policy(setting: &str, claim: &str) -> Result<String, JsError> {
    Ok(serde_json::to_string(&prove::of_text(setting, claim)?)?)
}
