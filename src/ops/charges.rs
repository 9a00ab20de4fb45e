//! Which request quotas a request counts in.
//!
//! Source: Developer Guide, "Request quotas". A request counts for the account of its caller, whoever owns the key.

use crate::{
    arn::{AccountId, Region},
    kms::{
        Key,
        rate::RequestQuota,
        store::StoreId,
        throttle::{Charge, Payer},
    },
    ops::refusal::Refusal,
};

/// What of a request decides where it counts.
pub(super) struct Counted<'a> {
    pub operation: &'static str,
    pub account: AccountId,
    pub region: Region,
    /// The keys it is about.
    pub keys: Vec<&'a Key>,
    /// Where the keys are that it makes.
    pub makes_in: Option<Region>,
    pub key_pair_spec: Option<&'a str>,
    /// The custom key store that random bytes come from.
    pub key_store: Option<StoreId>,
}

impl Counted<'_> {
    /// Each bucket once.
    pub(super) fn charges(&self) -> Result<Vec<Charge>, Refusal> {
        let here = |quota| self.charge(quota, self.region, 1);
        let own = || RequestQuota::of_operation(self.operation).map(here);
        let mut charges = match self.operation {
            "Decapsulate"
            | "Decrypt"
            | "DeriveSharedSecret"
            | "Encapsulate"
            | "Encrypt"
            | "GenerateDataKey"
            | "GenerateDataKeyWithoutPlaintext"
            | "GenerateMac"
            | "ReEncrypt"
            | "Sign"
            | "Verify"
            | "VerifyMac" => {
                let of_keys = self.keys.iter().map(|key| here(RequestQuota::of_keys(key.spec)));
                let stores = self.keys.iter().filter_map(|key| Some(self.of_store(key.custody.as_ref()?.store())));
                of_keys.chain(stores).collect()
            }
            "GenerateRandom" => {
                let store = self.key_store.map(|store| self.of_store(store));
                [here(RequestQuota::SYMMETRIC)].into_iter().chain(store).collect()
            }
            // A spec without a quota is none that there is; the operation refuses it.
            "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
                self.key_pair_spec.and_then(RequestQuota::of_pairs).map(here).into_iter().collect()
            }
            // One of the two new keys is a dry run.
            "ReplicateKey" => {
                let made = RequestQuota::of_operation("CreateKey").zip(self.makes_in);
                let made = made.map(|(quota, region)| self.charge(quota, region, 2));
                own().into_iter().chain(made).collect()
            }
            "UpdatePrimaryRegion" => {
                let quota = RequestQuota::of_operation(self.operation);
                let regions = self.keys.iter().map(|key| key.arn.region);
                regions.filter_map(|region| Some(self.charge(quota?, region, 1))).collect()
            }
            _ => vec![own().ok_or(Refusal::Internal { why: "an operation without a request quota" })?],
        };
        if charges.len() > 1 {
            charges.sort_unstable();
            charges.dedup();
        }
        Ok(charges)
    }

    fn charge(&self, quota: RequestQuota, region: Region, requests: u32) -> Charge {
        Charge { payer: Payer::Account { account: self.account, region }, quota, requests }
    }

    fn of_store(&self, store: StoreId) -> Charge {
        Charge { payer: Payer::Store { store, region: self.region }, quota: RequestQuota::KEY_STORE, requests: 1 }
    }
}
