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
    /// Encrypts and authenticates outside KMS, with a key that KMS never sees.
    SealOutside,
    /// Verifies and decrypts outside KMS.
    OpenOutside,
    /// Makes the tag of a message (HMAC).
    Mac,
    /// Makes a signature.
    Sign,
    /// Holds a tag or a signature against a message.
    Verify,
    /// Makes the secret that two key pairs share.
    Agree,
    /// Makes a secret for the owner of a key pair (ML-KEM).
    Encapsulate,
    /// Takes that secret out again.
    Decapsulate,
    /// Verifies what an enclave says of itself.
    Attest,
    /// Encrypts for the owner of a public key (CMS).
    Deliver,
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

impl Run {
    /// Runs one after the other from byte 0, each with its name and its length in bytes.
    pub fn in_order(parts: impl IntoIterator<Item = (&'static str, usize)>) -> Vec<Self> {
        let mut start = 0_u32;
        let run = |(name, length)| {
            // No field of a trace comes near 4 GiB.
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            let run = Self { name, start, length };
            start = start.saturating_add(length);
            run
        };
        parts.into_iter().map(run).collect()
    }
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

impl Field {
    /// A copy of `bytes`, without inner structure.
    pub fn plain(name: &'static str, sensitivity: Sensitivity, bytes: &[u8]) -> Self {
        Self { name, sensitivity, bytes: bytes.to_vec(), runs: Vec::new() }
    }
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
