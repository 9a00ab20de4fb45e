//! Keys through time: how each lived up to now, which names pointed to it, and what it sealed.
//!
//! INVARIANT: read from the recorded steps and the worlds between them. What is ahead is what the world says falls due;
//! whether a ciphertext opens is asked of KMS.

pub mod axis;
pub mod picture;
pub mod start;
pub mod still;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    arn::{AccountId, AliasArn, KeyArn, Region},
    clock::Timestamp,
    crypto::{blob::MaterialId, outer},
    endpoint::{Request, Tracing, frame::operation_of},
    estate::principal::Caller,
    kms::{EventKind, Key, KeyManager, KeySpec, KeyState, MadeBy, Origin, Rotation, Rules, World},
    lang::tr,
    story::errors::{self, Explained},
    timeline::{Input, Step, StepResult, Timeline},
};

/// Every key that is or was, every alias that moved, and every ciphertext, up to the present of a timeline.
pub struct Chronicle {
    pub now: Timestamp,
    /// In the order in which they were made, those of AWS last.
    pub lives: Vec<Life>,
    /// In the order of their steps.
    pub ciphertexts: Vec<Ciphertext>,
}

/// One key from its beginning on.
pub struct Life {
    /// As it is or, of one that is gone, as it last was.
    pub key: Arc<Key>,
    /// Its alias, or what else tells it from others.
    pub name: String,
    /// What it is and how it rotates, in a few words.
    pub about: String,
    pub gone: Option<Timestamp>,
    /// From each moment on until the next. The first is that of its making, or older.
    pub phases: Vec<(Timestamp, Phase)>,
    /// The aliases that point to it and did not always point there.
    pub names: Vec<NameLife>,
    /// Which of the ciphertexts it sealed.
    pub sealed: Vec<usize>,
    /// As the how manieth it came.
    nth: usize,
}

/// An alias from its beginning on: to which key it points from each moment on, and to none from its end.
pub struct NameLife {
    pub alias: AliasArn,
    pub targets: Vec<(Timestamp, Option<KeyArn>)>,
}

/// Whether a key can be used, as far as it shows in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Usable,
    Disabled,
    PendingDeletion,
    PendingImport,
    Unavailable,
}

impl Phase {
    fn of(state: KeyState) -> Self {
        match state {
            KeyState::Enabled | KeyState::Updating { .. } | KeyState::Creating { .. } => Self::Usable,
            KeyState::Disabled => Self::Disabled,
            KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => Self::PendingDeletion,
            KeyState::PendingImport => Self::PendingImport,
            KeyState::Unavailable => Self::Unavailable,
        }
    }

    /// In a word or two; nothing where there is nothing to say.
    pub fn words(self) -> &'static str {
        match self {
            Self::Usable => "",
            Self::Disabled => tr!("disabled"),
            Self::PendingDeletion => tr!("pending deletion"),
            Self::PendingImport => tr!("lacks its material"),
            Self::Unavailable => tr!("unavailable"),
        }
    }

    /// For a style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Disabled => "disabled",
            Self::PendingDeletion => "pending",
            Self::PendingImport => "lacking",
            Self::Unavailable => "away",
        }
    }
}

/// Something that a key sealed.
pub struct Ciphertext {
    /// The step of the history that made it, counted from 1.
    pub step: usize,
    pub at: Timestamp,
    pub operation: &'static str,
    pub caller: Caller,
    pub key: KeyArn,
    /// Absent of asymmetric keys, which have one material for ever.
    pub material: Option<MaterialId>,
    blob: String,
    context: Option<Value>,
    algorithm: Option<Value>,
}

/// What KMS answers when a ciphertext is to be opened now.
pub enum Opening {
    /// By the material of that version, counted from 1.
    Opens {
        version: usize,
    },
    Closed {
        kind: &'static str,
        why: Explained,
    },
}

impl Chronicle {
    pub fn read(timeline: &Timeline) -> Self {
        let mut reading = Reading::begin(timeline.world_before(1));
        let behind = timeline.steps().iter().take(timeline.cursor());
        for (step, number) in behind.zip(1..) {
            reading.step(step, number, timeline.world_before(number));
        }
        reading.end(timeline.world())
    }
}

impl Life {
    /// How many materials it had, and which of them one is, counted from 1.
    pub fn version(&self, material: Option<MaterialId>) -> Option<usize> {
        let materials = self.key.materials();
        let at = match material {
            Some(id) => materials.iter().position(|known| known.id() == id)?,
            None => materials.len().checked_sub(1)?,
        };
        at.checked_add(1)
    }

    pub fn phase(&self) -> Phase {
        self.phases.last().map_or(Phase::Usable, |(_, phase)| *phase)
    }

    /// How many rotations on demand it had.
    pub fn on_demand(&self) -> usize {
        self.key.materials().iter().filter(|material| material.by == MadeBy::OnDemandRotation).count()
    }

    fn touch(&mut self, at: Timestamp, phase: Phase) {
        if self.phase() != phase {
            self.phases.push((at, phase));
        }
    }
}

impl Ciphertext {
    /// Asks KMS to open it now, for whoever had it sealed. The world stays as it is.
    pub fn opening(&self, timeline: &Timeline, life: &Life) -> Opening {
        let mut body = Map::new();
        body.insert("CiphertextBlob".to_owned(), json!(self.blob));
        body.extend(self.context.clone().map(|context| ("EncryptionContext".to_owned(), context)));
        if self.material.is_none() {
            body.insert("KeyId".to_owned(), json!(self.key.to_string()));
            body.extend(self.algorithm.clone().map(|name| ("EncryptionAlgorithm".to_owned(), name)));
        }
        let body = Value::Object(body).to_string();
        let request = Request::new(self.caller.clone(), self.key.region, "Decrypt", body);
        let outcome = timeline.draft(std::iter::empty()).explain(&request, Tracing::On);
        match (&outcome.fault, errors::explain(&outcome)) {
            (Some(fault), Some(why)) => Opening::Closed { kind: fault.kind, why },
            (Some(_), None) | (None, _) => Opening::Opens { version: life.version(self.material).unwrap_or(1) },
        }
    }

    /// For example `Encrypt, step 5`.
    pub fn name(&self) -> String {
        tr!("{operation}, step {step}", operation = self.operation, step = self.step)
    }
}

/// A chronicle being read.
struct Reading {
    lives: BTreeMap<KeyArn, Life>,
    names: BTreeMap<AliasArn, Vec<(Timestamp, Option<KeyArn>)>>,
    ciphertexts: Vec<Ciphertext>,
}

impl Reading {
    /// What is there before the first step.
    fn begin(world: &World) -> Self {
        let mut reading = Self { lives: BTreeMap::new(), names: BTreeMap::new(), ciphertexts: Vec::new() };
        for key in world.keys() {
            reading.add(key);
        }
        for (arn, alias) in aliases(world) {
            reading.names.insert(arn.clone(), vec![(alias.0, Some(alias.1))]);
        }
        reading
    }

    fn add(&mut self, key: &Arc<Key>) {
        let nth = self.lives.len();
        self.lives.entry(key.arn).or_insert_with(|| Life {
            nth,
            key: Arc::clone(key),
            name: String::new(),
            about: String::new(),
            gone: None,
            phases: vec![(key.created, Phase::of(key.state))],
            names: Vec::new(),
            sealed: Vec::new(),
        });
    }

    fn step(&mut self, step: &Step, number: usize, before: &World) {
        for event in step.events() {
            let Some(arn) = event.about.key() else { continue };
            match &event.kind {
                // Very many of them come at once, and the key itself tells them.
                EventKind::MaterialRotated { .. } => continue,
                EventKind::KeyDeleted | EventKind::ReplicaDeleted => self.remove(arn, event.at, before),
                EventKind::AliasCreated { alias } | EventKind::AliasMoved { alias, .. } => {
                    self.names.entry(alias.clone()).or_default().push((event.at, Some(arn)));
                }
                EventKind::AliasDeleted { alias } => {
                    self.names.entry(alias.clone()).or_default().push((event.at, None));
                }
                _ => {}
            }
            if let Some(key) = step.world.key(&arn) {
                self.add(key);
                if let Some(life) = self.lives.get_mut(&arn) {
                    life.touch(event.at, Phase::of(key.state));
                }
            }
        }
        self.ciphertexts.extend(sealed(step, number));
    }

    fn remove(&mut self, arn: KeyArn, at: Timestamp, before: &World) {
        if let (Some(life), Some(key)) = (self.lives.get_mut(&arn), before.key(&arn)) {
            life.key = Arc::clone(key);
            life.gone = Some(at);
        }
        for targets in self.names.values_mut() {
            if targets.last().is_some_and(|(_, target)| *target == Some(arn)) {
                targets.push((at, None));
            }
        }
    }

    fn end(mut self, world: &World) -> Chronicle {
        let several = self.lives.keys().map(|arn| (arn.account, arn.region)).collect::<BTreeSet<_>>().len() > 1;
        let called = self.called();
        for (arn, life) in &mut self.lives {
            if let Some(key) = world.key(arn) {
                life.key = Arc::clone(key);
            }
            life.name = called.get(arn).cloned().unwrap_or_else(|| unnamed(&life.key));
            life.about = about(&life.key, world.rules(), several);
        }
        for (alias, targets) in self.names {
            let keys: BTreeSet<_> = targets.iter().filter_map(|(_, target)| *target).collect();
            let home = targets.iter().rev().find_map(|(_, target)| *target);
            if keys.len() > 1
                && let Some(life) = home.and_then(|home| self.lives.get_mut(&home))
            {
                life.names.push(NameLife { alias, targets });
            }
        }
        for (at, ciphertext) in self.ciphertexts.iter().enumerate() {
            if let Some(life) = self.lives.get_mut(&ciphertext.key) {
                life.sealed.push(at);
            }
        }
        let mut lives: Vec<Life> = self.lives.into_values().collect();
        lives.sort_by_key(|life| (life.key.manager == KeyManager::Aws, life.key.created, life.nth));
        Chronicle { now: world.now, lives, ciphertexts: self.ciphertexts }
    }

    /// The name of each key that has or had one: the first that points to it now, else the last that did.
    fn called(&self) -> BTreeMap<KeyArn, String> {
        let mut called = BTreeMap::new();
        for (alias, targets) in &self.names {
            let last = targets.iter().rev().find_map(|(_, target)| *target);
            for key in targets.iter().filter_map(|(_, target)| *target) {
                let short = alias.name.as_str().trim_start_matches("alias/");
                let words = if Some(key) == last { short.to_owned() } else { tr!("{short}, before", short) };
                called.entry(key).or_insert(words);
            }
        }
        for (alias, targets) in self.names.iter().rev() {
            if let Some((_, Some(key))) = targets.last() {
                called.insert(*key, alias.name.as_str().trim_start_matches("alias/").to_owned());
            }
        }
        called
    }
}

/// Every alias, since when and where it points.
fn aliases(world: &World) -> impl Iterator<Item = (&AliasArn, (Timestamp, KeyArn))> {
    let places: BTreeSet<(AccountId, Region)> = world.keys().map(|key| (key.arn.account, key.arn.region)).collect();
    let all = places.into_iter().flat_map(move |(account, region)| world.aliases_in(account, region, None));
    all.map(|(arn, alias)| (arn, (alias.updated, alias.key)))
}

fn unnamed(key: &Key) -> String {
    if key.description.is_empty() {
        tr!("key {id}…", id = key.arn.id.to_string().get(..8).unwrap_or_default())
    } else {
        key.description.chars().take(40).collect()
    }
}

/// What a key is, and how it rotates.
fn about(key: &Key, rules: Rules, several: bool) -> String {
    let rotates = match (key.rotation, key.origin, key.spec) {
        (_, _, _) if key.is_replica() => "replica, rotates with its primary".to_owned(),
        (Rotation::On { period_days, .. }, ..) => {
            let often = if period_days == 365 {
                tr!("yearly").to_owned()
            } else {
                tr!("every {period_days} days", period_days)
            };
            if key.manager == KeyManager::Aws { managed(rules) } else { tr!("{often}, automatic", often) }
        }
        (Rotation::Off, Origin::External, _) => tr!("imported material").to_owned(),
        (Rotation::Off, Origin::AwsCloudHsm | Origin::ExternalKeyStore, _) => tr!("custom key store").to_owned(),
        (Rotation::Off, Origin::AwsKms, KeySpec::SymmetricDefault) => tr!("does not rotate").to_owned(),
        (Rotation::Off, Origin::AwsKms, spec) => tr!("{spec}, cannot rotate", spec = spec.as_str()),
    };
    if several { format!("{rotates} · {}", key.arn.region) } else { rotates }
}

/// How often AWS rotates its keys, and what other rules say.
fn managed(rules: Rules) -> String {
    match rules {
        Rules::Classic => tr!("AWS managed, every 3 years (today yearly)").to_owned(),
        Rules::Today => tr!("AWS managed, yearly (once every 3 years)").to_owned(),
    }
}

/// Operations whose answer has a ciphertext, and the members that say what it was sealed with and for.
const SEALING: &[(&str, &str, &str)] = &[
    ("Encrypt", "CiphertextBlob", "EncryptionContext"),
    ("GenerateDataKey", "CiphertextBlob", "EncryptionContext"),
    ("GenerateDataKeyWithoutPlaintext", "CiphertextBlob", "EncryptionContext"),
    ("GenerateDataKeyPair", "PrivateKeyCiphertextBlob", "EncryptionContext"),
    ("GenerateDataKeyPairWithoutPlaintext", "PrivateKeyCiphertextBlob", "EncryptionContext"),
    ("ReEncrypt", "CiphertextBlob", "DestinationEncryptionContext"),
];

/// What a step sealed, if it did.
fn sealed(step: &Step, number: usize) -> Option<Ciphertext> {
    let (Input::Call(request), StepResult::Answered(outcome)) = (&step.input, &step.result) else { return None };
    if outcome.fault.is_some() {
        return None;
    }
    let name = operation_of(&request.target)?;
    let &(operation, blob, context) = SEALING.iter().find(|(operation, ..)| *operation == name)?;
    let answer: Value = serde_json::from_str(&outcome.response.body).ok()?;
    let asked: Value = serde_json::from_str(&request.body).ok()?;
    let blob = answer.get(blob)?.as_str()?.to_owned();
    let algorithm = answer.get("EncryptionAlgorithm").or_else(|| answer.get("DestinationEncryptionAlgorithm"));
    Some(Ciphertext {
        step: number,
        at: outcome.at,
        operation,
        caller: request.caller.clone(),
        key: answer.get("KeyId")?.as_str()?.parse().ok()?,
        material: outer::material_id(&STANDARD.decode(&blob).ok()?).ok(),
        blob,
        context: asked.get(context).cloned(),
        algorithm: algorithm.cloned(),
    })
}

#[cfg(test)]
mod tests;
