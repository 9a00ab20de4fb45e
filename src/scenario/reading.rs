//! What a lesson looks at beside requests: material that its owner wraps, traffic in a lab, meters, and a month's bill.
//!
//! Each reading is a value that other modules computed. Nothing here moves the world.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    arn::KeyArn,
    crypto::{pair::with_pairs, secret::SecretBytes, wrap},
    kms::{
        Key, KeyState, World,
        bucket::{Bucket, Rate},
        price::MicroDollars,
        rate::RequestQuota,
        throttle::Payer,
    },
    load::{Lab, LabError, Meter, measure},
    rest,
    scenario::{Traffic, Wrap},
};

/// Material as it is and as it travels to KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// As the lesson calls it.
    pub name: String,
    /// As the API calls it.
    pub algorithm: &'static str,
    pub material: Vec<u8>,
    pub wrapped: Vec<u8>,
}

impl Wrapped {
    /// Encrypts for the public key that `public` has in base64. Its owner's chance is a branch of the world's, so that the
    /// same lesson makes the same bytes.
    pub(super) fn by_owner(wanted: &Wrap, public: &str, world: &World) -> Option<Self> {
        let public = STANDARD.decode(public).ok()?;
        let material = SecretBytes::from_vec(wanted.material.clone());
        let mut entropy = world.entropy.branch(&format!("owner of {}", wanted.name));
        let wrapped = with_pairs(|| wrap::wrap(wanted.algorithm, &public, &material, &mut entropy)).ok()?;
        let algorithm = wanted.algorithm.as_str();
        Some(Self { name: wanted.name.clone(), algorithm, material: wanted.material.clone(), wrapped })
    }
}

/// A lab and what comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub lab: Lab,
    pub meter: Meter,
}

impl Traffic {
    /// Counts it; nothing where the rest of the program is missed.
    ///
    /// # Errors
    ///
    /// When it is no lab.
    pub fn measure(&self) -> Result<Option<Measured>, LabError> {
        let counted = rest::needed(|| {
            let lab = self.preset.with(&self.changes)?;
            measure(&lab).map(|meter| Measured { lab, meter })
        });
        counted.transpose()
    }
}

/// Whether nothing is refused any more of the traffic that a task began with.
pub fn serves(start: &Measured, tried: &Measured) -> bool {
    tried.meter.totals.throttled == 0 && tried.lab.has_traffic_of(&start.lab)
}

/// Whose traffic a line counts: an account, or a key store.
fn account_of(payer: Payer) -> String {
    match payer {
        Payer::Account { account, .. } => account.to_string(),
        Payer::Store { store, .. } => store.to_string(),
    }
}

impl Measured {
    /// What was asked for, a line for each account and quota, and what a month of it costs.
    pub fn text(&self) -> String {
        let Self { lab, meter } = self;
        let mut text =
            format!("{} asked for in {} s, {}, rules {}\n", meter.asked, meter.seconds, lab.region, lab.rules);
        for line in &meter.lines {
            let totals = &line.totals;
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(
                text,
                "{}, {}, {} a second: {} sent, {} sent again, {} served, {} throttled, {} given up",
                account_of(line.payer),
                line.quota,
                line.per_second,
                totals.calls,
                totals.retried,
                totals.served,
                totals.throttled,
                totals.lost
            );
        }
        let cost = &meter.cost;
        let [keys, requests, total] =
            [cost.keys_micro_dollars, cost.requests_micro_dollars, cost.total_micro_dollars].map(MicroDollars);
        let _ = writeln!(
            text,
            "a month: {} requests, {} of them free, {requests}; keys, {keys}; together {total}",
            cost.requests_a_month, cost.free_requests
        );
        text
    }
}

/// A bucket of a request quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub payer: Payer,
    pub quota: RequestQuota,
    /// How many requests pass now.
    pub left: u64,
    /// How many a full one lets pass.
    pub full: u64,
    pub rate: Rate,
}

/// The buckets that lack something, and beside each of an account that of every other account.
pub(super) fn meters(world: &World) -> Vec<Reading> {
    let mut wanted = BTreeSet::new();
    for (payer, quota, _) in world.meters() {
        match payer {
            Payer::Account { region, .. } => {
                let all = world.estate.accounts.keys();
                wanted.extend(all.map(|account| (quota, Payer::Account { account: *account, region })));
            }
            Payer::Store { .. } => {
                wanted.insert((quota, payer));
            }
        }
    }
    let read = |(quota, payer): (RequestQuota, Payer)| {
        let rate = world.rate(payer, quota);
        let full = Bucket::full(world.now).requests(rate, world.now);
        let lacking = world.meters().find(|(of, counted, _)| (*of, *counted) == (payer, quota));
        Reading { payer, quota, left: lacking.map_or(full, |(.., left)| left), full, rate }
    };
    wanted.into_iter().map(read).collect()
}

impl Reading {
    /// Who pays, for example `account 111122223333 in us-east-1`.
    pub fn of(&self) -> String {
        match self.payer {
            Payer::Account { account, region } => format!("account {account} in {region}"),
            Payer::Store { store, region } => format!("key store {store} in {region}"),
        }
    }
}

/// A line for each bucket.
pub fn meters_text(readings: &[Reading]) -> String {
    if readings.is_empty() {
        return "every bucket is full\n".to_owned();
    }
    let line = |reading: &Reading| {
        let Reading { quota, left, full, rate, .. } = reading;
        format!("{}, {quota}, {rate} a second: {left} of {full} left\n", reading.of())
    };
    readings.iter().map(line).collect()
}

/// What a month with the keys of a world costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub lines: Vec<BillLine>,
    pub total: MicroDollars,
}

/// What a month with one key costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    pub key: KeyArn,
    pub description: String,
    pub state: KeyState,
    /// How often it has rotated, whether that is charged or not.
    pub rotations: u64,
    pub cost: MicroDollars,
}

impl Bill {
    pub(super) fn of(world: &World) -> Self {
        let mut keys: Vec<_> = world.keys().collect();
        keys.sort_by_key(|key| key.created);
        let line = |key: &Arc<Key>| BillLine {
            key: key.arn,
            description: key.description.clone(),
            state: key.state,
            rotations: key.rotations(),
            cost: key.monthly_cost(world.rules()),
        };
        Self { lines: keys.into_iter().map(line).collect(), total: world.monthly_cost() }
    }

    /// A line for each key, oldest first, and the sum.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for BillLine { key, description, state, rotations, cost } in &self.lines {
            let _ = writeln!(text, "{cost} {description}, {}, rotations {rotations}: {key}", state.as_str());
        }
        let _ = writeln!(text, "{} a month", self.total);
        text
    }
}
