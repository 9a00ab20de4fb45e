//! What a cryptographic operation did, as data that a view or a lesson can show.

use serde::Serialize;

/// Who may see the bytes of a [`Field`]. Redaction is a property of the data, not of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Sensitivity {
    /// Gives nothing away: nonces, IVs, encryption context, key material ids.
    Public,
    /// Safe without the key that sealed it.
    Ciphertext,
    /// Plaintext, or a key.
    Secret,
}

/// What one step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum StepKind {
    /// Takes fresh bytes from the random stream.
    Draw,
    /// Makes a key from a key (SP 800-108).
    Derive,
    /// Encrypts and authenticates (AES-GCM).
    Seal,
    /// Verifies and decrypts (AES-GCM).
    Open,
}

/// A named stretch of a [`Field`]. The runs of a field cover every byte exactly once, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// For example `nonce of the per-call key`.
    pub name: &'static str,
    /// First byte, counted from 0.
    pub start: u32,
    /// In bytes; may be 0 where the stretch is empty.
    pub length: u32,
}

/// One input or output of a step.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub sensitivity: Sensitivity,
    pub bytes: Vec<u8>,
    /// Empty where the field has no inner structure.
    pub runs: Vec<Run>,
}

/// One cryptographic step with everything that went in and came out.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CryptoStep {
    pub kind: StepKind,
    /// For example `AES-256-GCM`.
    pub algorithm: &'static str,
    pub inputs: Vec<Field>,
    /// Empty when the step failed.
    pub outputs: Vec<Field>,
    /// False where the step refused, for example a tag that does not verify.
    pub succeeded: bool,
}

/// Collects steps, or not: tracing costs time, and a load test wants none of it.
pub struct Trace {
    steps: Option<Vec<CryptoStep>>,
}

impl Trace {
    pub fn on() -> Self {
        Self { steps: Some(Vec::new()) }
    }

    pub fn off() -> Self {
        Self { steps: None }
    }

    /// Adds the step that `step` builds; with tracing off `step` is not called.
    pub fn record(&mut self, step: impl FnOnce() -> CryptoStep) {
        if let Some(steps) = &mut self.steps {
            steps.push(step());
        }
    }

    pub fn is_on(&self) -> bool {
        self.steps.is_some()
    }

    pub fn into_steps(self) -> Vec<CryptoStep> {
        self.steps.unwrap_or_default()
    }
}
