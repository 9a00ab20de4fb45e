//! A lab as it is written: who sends how many requests of what kind, and what is done about them.

use serde::{Deserialize, Serialize};

use crate::{
    arn::{AccountId, Region},
    kms::{
        KeySpec, KeyUsage, Rules,
        bucket::Rate,
        rate::RequestQuota,
        store::StoreId,
        throttle::{Charge, Payer},
    },
    ops::table,
};

use super::{LabError, arrivals::Arrivals};

/// A day: the longest time a lab takes.
pub const MOST_SECONDS: u32 = 86_400;
/// So many requests a second at most, and so many of anything else that is counted.
pub const MOST: u32 = 10_000_000;
const MOST_FLOWS: usize = 20;
/// Cut off where an error quotes it.
const LONGEST_QUOTE: usize = 40;

/// An account's traffic, or that of several, in one Region.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lab {
    #[serde(default)]
    pub rules: Rules,
    pub region: Region,
    /// How long; an hour, or as long as the recording, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// How often such a time comes in a month; without it, one follows on the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_a_month: Option<u32>,
    pub arrivals: Arrivals,
    pub mix: Vec<Flow>,
    /// Customer managed keys that are paid for.
    #[serde(default = "one")]
    pub keys: u32,
    /// How often a request is sent at most: 1 for clients that do not try again, 3 for the SDKs as they come.
    #[serde(default = "one")]
    pub attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increase: Option<Increase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdn: Option<Cdn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<BucketKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_key_cache: Option<DataKeyCache>,
}

/// Requests of one kind from one account.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flow {
    /// Of KMS, for example `Decrypt`; or `s3:GetObject` or `s3:PutObject`, for which S3 asks KMS.
    pub operation: String,
    /// Of whom the request is, and whose quota it counts in.
    pub account: AccountId,
    /// Whose key it is, if somebody else's. It makes no difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_account: Option<AccountId>,
    /// Of the key, or of the data key pair; a symmetric encryption key if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_spec: Option<KeySpec>,
    /// Where the key is, if in a custom key store: they count in that store's quota too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_store: Option<StoreId>,
    /// Of ReplicateKey and UpdatePrimaryRegion: the other Region they count in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_region: Option<Region>,
    /// Its share of all arrivals, beside the other weights.
    #[serde(default = "one")]
    pub weight: u32,
}

/// A quota that AWS raised, some time after it was asked to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Increase {
    pub per_second: u32,
    /// When it begins to count.
    pub after_seconds: u32,
    /// That of symmetric cryptographic operations if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<RequestQuota>,
    /// Where; in the lab's Region if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Everybody's if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

/// A cache between the visitors and S3.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cdn {
    /// So many of a hundred objects it has already.
    pub hit_percent: u32,
}

/// S3 Bucket Keys: S3 asks KMS for a key of the bucket, now and then.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketKey {
    /// So many of a hundred requests to KMS are not made any more. AWS says "up to 99 percent".
    pub saved_percent: u32,
}

/// The cache of the AWS Encryption SDK in front of GenerateDataKey and Decrypt. A data key is used until one of its
/// limits is reached. One that was refused is none: what it was for waits for it, and what comes in the next second asks
/// anew.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataKeyCache {
    pub max_age_seconds: u32,
    pub max_messages: u32,
    pub max_bytes: u64,
    pub message_bytes: u64,
    /// How many caches there are: one in each machine.
    #[serde(default = "one")]
    pub hosts: u32,
}

fn one() -> u32 {
    1
}

/// A flow that is known to be possible.
pub(super) struct Known {
    pub operation: &'static str,
    /// What each request takes out of which bucket, as the endpoint charges it.
    pub charges: Vec<Charge>,
    pub spec: KeySpec,
    pub through: Through,
}

/// What a request comes through, and what can be done about it there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// S3, as a visitor's view.
    View,
    /// S3, as a new object.
    Put,
    /// An application of the Encryption SDK, which can keep data keys.
    DataKeys,
    Nothing,
}

impl Lab {
    /// Reads a lab.
    ///
    /// # Errors
    ///
    /// [`LabError::Json`]; everything else is found when it is measured.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        serde_json::from_str(text).map_err(LabError::Json)
    }

    /// Whether the other is of the same traffic under the same rules, whatever is done about either.
    pub fn has_traffic_of(&self, other: &Self) -> bool {
        let bare =
            |lab: &Self| Self { increase: None, cdn: None, bucket_key: None, data_key_cache: None, ..lab.clone() };
        bare(self) == bare(other)
    }

    /// Whether every number is one that is possible.
    pub(super) fn check(&self) -> Result<(), LabError> {
        let ranges = [
            ("seconds", self.seconds.unwrap_or(1), 1, MOST_SECONDS),
            ("runsAMonth", self.runs_a_month.unwrap_or(1), 1, 1_000_000),
            ("keys", self.keys, 0, 1_000_000),
            ("attempts", self.attempts, 1, 10),
            ("cdn.hitPercent", self.cdn.map_or(0, |cdn| cdn.hit_percent), 0, 100),
            ("bucketKey.savedPercent", self.bucket_key.map_or(0, |key| key.saved_percent), 0, 99),
            ("increase.perSecond", self.increase.map_or(1, |increase| increase.per_second), 1, MOST),
            ("increase.afterSeconds", self.increase.map_or(0, |increase| increase.after_seconds), 0, MOST_SECONDS),
        ];
        let cache = self.data_key_cache.iter().flat_map(|cache| {
            [
                ("dataKeyCache.maxAgeSeconds", cache.max_age_seconds, 1, MOST_SECONDS),
                ("dataKeyCache.maxMessages", cache.max_messages, 1, u32::MAX),
                ("dataKeyCache.hosts", cache.hosts, 1, 100),
            ]
        });
        let weights = self.mix.iter().map(|flow| ("weight", flow.weight, 0, 1_000_000));
        for (member, value, least, most) in ranges.into_iter().chain(cache).chain(weights) {
            if value < least || value > most {
                return Err(LabError::Range { member, least, most });
            }
        }
        if self.mix.len() > MOST_FLOWS {
            return Err(LabError::Range { member: "mix", least: 1, most: 20 });
        }
        if self.mix.iter().all(|flow| flow.weight == 0) {
            return Err(LabError::NobodySends);
        }
        self.arrivals.check()
    }

    /// The quota that an increase is of, where, and what it becomes.
    pub(super) fn raised(&self) -> Result<Option<(RequestQuota, Region, Rate)>, LabError> {
        let Some(increase) = self.increase else { return Ok(None) };
        let quota = increase.quota.unwrap_or(RequestQuota::SYMMETRIC);
        if !quota.is_adjustable() {
            return Err(LabError::Fixed);
        }
        let region = increase.region.unwrap_or(self.region);
        let (usual, rate) = (quota.rate(self.rules, region), Rate::per_second(increase.per_second));
        if rate <= usual {
            return Err(LabError::NoIncrease { usual: usual.to_string() });
        }
        Ok(Some((quota, region, rate)))
    }
}

impl Flow {
    /// Whether it counts in another Region too, which must be named.
    pub fn is_of_two_regions(&self) -> bool {
        matches!(self.operation.as_str(), "ReplicateKey" | "UpdatePrimaryRegion")
    }

    /// Whether it may be of a key, or of random bytes, in a custom key store.
    pub fn fits_key_stores(&self) -> bool {
        let is_symmetric = self.key_spec.unwrap_or_default() == KeySpec::SymmetricDefault;
        let of_stores = [
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateRandom",
            "ReEncrypt",
            "s3:GetObject",
            "s3:PutObject",
        ];
        is_symmetric && of_stores.contains(&self.operation.as_str())
    }

    /// What it counts in.
    pub(super) fn known(&self, region: Region) -> Result<Known, LabError> {
        let (asked, through) = match self.operation.as_str() {
            "s3:GetObject" => ("Decrypt", Through::View),
            "s3:PutObject" => ("GenerateDataKey", Through::Put),
            name @ ("Decrypt" | "GenerateDataKey") => (name, Through::DataKeys),
            name => (name, Through::Nothing),
        };
        let unknown = || LabError::Operation { cut: self.operation.chars().take(LONGEST_QUOTE).collect() };
        let operation = table::find(asked).ok_or_else(unknown)?.spec.name;
        let spec = self.key_spec.unwrap_or_default();
        if self.key_store.is_some() && !self.fits_key_stores() {
            return Err(LabError::KeyStore { operation });
        }
        match self.to_region {
            Some(_) if !self.is_of_two_regions() => return Err(LabError::OneRegion { operation }),
            Some(to) if to == region => return Err(LabError::TwoRegions { operation }),
            None if self.is_of_two_regions() => return Err(LabError::TwoRegions { operation }),
            Some(_) | None => {}
        }
        let is_symmetric = spec == KeySpec::SymmetricDefault;
        let quota = match quota(operation, spec, through == Through::View).ok_or(LabError::Spec { operation })? {
            Counts::Cryptographic(quota) => quota,
            Counts::Management => RequestQuota::of_operation(operation).ok_or_else(unknown)?,
        };
        let charges = self.charges(region, operation, quota);
        let through = if is_symmetric { through } else { Through::Nothing };
        Ok(Known { operation, charges, spec, through })
    }

    fn charges(&self, region: Region, operation: &str, quota: RequestQuota) -> Vec<Charge> {
        let own = |quota, region, requests| {
            let payer = Payer::Account { account: self.account, region };
            Charge { payer, quota, requests }
        };
        let store =
            |store| Charge { payer: Payer::Store { store, region }, quota: RequestQuota::KEY_STORE, requests: 1 };
        let elsewhere = self.to_region.and_then(|to| match operation {
            // One of the two new keys is a dry run.
            "ReplicateKey" => RequestQuota::of_operation("CreateKey").map(|quota| own(quota, to, 2)),
            _ => Some(own(quota, to, 1)),
        });
        [own(quota, region, 1)].into_iter().chain(self.key_store.map(store)).chain(elsewhere).collect()
    }
}

/// Where an operation counts.
enum Counts {
    Cryptographic(RequestQuota),
    /// In a quota of its own.
    Management,
}

/// None if keys of that spec cannot do it.
fn quota(operation: &str, spec: KeySpec, for_s3: bool) -> Option<Counts> {
    let fits = |usage: KeyUsage| spec.usages().any(|possible| possible == usage);
    let is_symmetric = spec == KeySpec::SymmetricDefault;
    let possible = match operation {
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            return RequestQuota::of_pairs(spec.as_str()).map(Counts::Cryptographic);
        }
        "GenerateRandom" => return Some(Counts::Cryptographic(RequestQuota::SYMMETRIC)),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => is_symmetric,
        "Decrypt" if for_s3 => is_symmetric,
        "Decrypt" | "Encrypt" | "ReEncrypt" => fits(KeyUsage::EncryptDecrypt),
        "GenerateMac" | "VerifyMac" => fits(KeyUsage::GenerateVerifyMac),
        "Sign" | "Verify" => fits(KeyUsage::SignVerify),
        "DeriveSharedSecret" => fits(KeyUsage::KeyAgreement),
        "Encapsulate" | "Decapsulate" => fits(KeyUsage::EncapsulateDecapsulate),
        _ => return Some(Counts::Management),
    };
    possible.then(|| Counts::Cryptographic(RequestQuota::of_keys(spec)))
}
