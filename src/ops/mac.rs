//! GenerateMac, VerifyMac.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    crypto::mac::{self, MacAlgorithm},
    kms::KeyUsage,
    ops::{
        call::{Call, Operation, Options, Subject},
        members::Members,
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::Blob,
    },
};

/// The HMAC of a message of 1 to 4,096 bytes (API reference, GenerateMac).
pub struct GenerateMac {
    wanted: MacRequest,
}

impl Operation for GenerateMac {
    const SPEC: Spec =
        Spec { name: "GenerateMac", demands: &[Demand::shared("kms:GenerateMac", States::Use)], accepts_alias: true };
    type Output = Generated;

    fn read(members: &mut Members) -> Self {
        Self { wanted: MacRequest::read(members) }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.algorithm(Self::SPEC.name, call).map(|_| ())
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn run(self, call: &mut Call<'_>) -> Result<Generated, Refusal> {
        let algorithm = self.wanted.algorithm(Self::SPEC.name, call)?;
        let (key, _, trace) = call.seal_parts(0)?;
        let tag = mac::generate(algorithm, &key.usable()?.secret, &self.wanted.message.0, trace);
        Ok(Generated { key_id: call.arn(0)?, mac: Blob(tag), mac_algorithm: algorithm.as_str() })
    }
}

/// Whether an HMAC is the message's; one that is not is an error (API reference, VerifyMac).
pub struct VerifyMac {
    wanted: MacRequest,
    mac: Blob,
}

impl Operation for VerifyMac {
    const SPEC: Spec =
        Spec { name: "VerifyMac", demands: &[Demand::shared("kms:VerifyMac", States::Use)], accepts_alias: true };
    type Output = Verified;

    fn read(members: &mut Members) -> Self {
        Self { wanted: MacRequest::read(members), mac: members.take("Mac") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.wanted.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wanted.algorithm(Self::SPEC.name, call).map(|_| ())
    }

    fn options(&self) -> Options<'_> {
        self.wanted.options()
    }

    fn run(self, call: &mut Call<'_>) -> Result<Verified, Refusal> {
        let algorithm = self.wanted.algorithm(Self::SPEC.name, call)?;
        let (key, _, trace) = call.seal_parts(0)?;
        if !mac::verify(algorithm, &key.usable()?.secret, &self.wanted.message.0, &self.mac.0, trace) {
            return Err(Refusal::InvalidMac);
        }
        Ok(Verified { key_id: call.arn(0)?, mac_algorithm: algorithm.as_str(), mac_valid: true })
    }
}

/// What both have in common.
struct MacRequest {
    key_id: String,
    message: Blob,
    mac_algorithm: String,
    grant_tokens: Vec<String>,
    dry_run: bool,
}

impl MacRequest {
    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            message: members.take("Message"),
            mac_algorithm: members.take("MacAlgorithm"),
            grant_tokens: members.take("GrantTokens"),
            dry_run: members.take("DryRun"),
        }
    }

    fn options(&self) -> Options<'_> {
        Options { grant_tokens: &self.grant_tokens, dry_run: self.dry_run, ..Options::default() }
    }

    fn algorithm(&self, operation: &'static str, call: &Call<'_>) -> Result<MacAlgorithm, Refusal> {
        call.made_for(0, KeyUsage::GenerateVerifyMac, operation, &self.mac_algorithm)?;
        MacAlgorithm::named(&self.mac_algorithm).ok_or(Refusal::Internal { why: "an algorithm without a name" })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Generated {
    key_id: KeyArn,
    mac: Blob,
    mac_algorithm: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verified {
    key_id: KeyArn,
    mac_algorithm: &'static str,
    mac_valid: bool,
}
