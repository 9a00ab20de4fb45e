//! A timeline as text, and from text: whole, or as a start and the steps since, one by one.

use std::{fmt, rc::Rc};

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    entropy::Seed,
    kms::{
        World,
        snapshot::{self, DamagedSnapshot},
    },
    services::Cloud,
    timeline::{Input, Step, Timeline, world_file},
};

#[derive(Deserialize, Serialize)]
pub(super) struct Saved {
    pub(super) start: World,
    /// Absent where no service has been asked for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cloud: Option<Cloud>,
    pub(super) inputs: Vec<Input>,
    #[serde(default)]
    pub(super) forgotten: u64,
}

impl Timeline {
    /// Text from which [`Self::restore`] makes the same timeline up to the cursor: the start and the inputs since.
    pub fn snapshot(&self) -> String {
        snapshot::write(&self.saved(self.steps.iter().take(self.cursor).map(|step| step.input.clone()).collect()))
    }

    /// As [`Self::snapshot`], but of the present only: nothing before it can be undone, and nothing has to be replayed.
    pub fn checkpoint(&self) -> String {
        let start = World::clone(self.world());
        let cloud = (!self.is_idle()).then(|| Cloud::clone(self.cloud()));
        snapshot::write(&Saved { start, cloud, inputs: Vec::new(), forgotten: self.serial() })
    }

    /// The start alone, which stays the same however many steps are made. With each [`Step::written`] since it makes the
    /// same timeline again: see [`Self::resume`].
    pub fn beginning(&self) -> String {
        snapshot::write(&self.saved(Vec::new()))
    }

    /// Whether the other began as this one did, and is not only like it.
    pub fn began_with(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.start, &other.start)
    }

    fn saved(&self, inputs: Vec<Input>) -> Saved {
        let start = World::clone(&self.start);
        let cloud = (!self.starts_idle).then(|| Cloud::clone(&self.start_cloud));
        Saved { start, cloud, inputs, forgotten: self.forgotten }
    }

    /// Replays a snapshot. The same inputs make the same bytes, so nothing else has to be kept.
    pub fn restore(text: &str) -> Result<Self, DamagedSnapshot> {
        Self::replay(snapshot::read(text)?)
    }

    /// The timeline that was written down as a beginning and its steps, with the cursor after the first `cursor` of them.
    pub fn resume(beginning: &str, steps: &[String], cursor: usize) -> Result<Self, DamagedSnapshot> {
        let mut saved: Saved = snapshot::read(beginning)?;
        for step in steps {
            saved.inputs.push(snapshot::read_part(step)?);
        }
        let mut timeline = Self::replay(saved)?;
        timeline.go_to(cursor);
        Ok(timeline)
    }

    pub(super) fn replay(saved: Saved) -> Result<Self, DamagedSnapshot> {
        let mut timeline = Self { forgotten: saved.forgotten, ..Self::with(saved.start, saved.cloud) };
        for input in saved.inputs {
            match input {
                Input::Call(request) => {
                    timeline.request(request);
                }
                Input::Advance(span) => {
                    timeline.advance(span);
                }
                Input::Simulate(incident) => timeline.simulate(incident).map_err(DamagedSnapshot::Nowhere)?,
                Input::Attach(attachment) => timeline.attach(attachment).map_err(DamagedSnapshot::NotAttached)?,
                Input::Set(setting) => {
                    timeline.set(setting);
                }
                Input::Serve(request) => {
                    timeline.serve(request);
                }
            }
        }
        Ok(timeline)
    }

    /// The timeline of a world file, or of a snapshot. `start` and `seed` are for a world file that leaves them out.
    pub fn open(text: &str, start: Timestamp, seed: Seed) -> Result<Self, DamagedWorld> {
        if world_file::is_one(text) {
            world_file::read(text, start, seed).map(Self::new).map_err(DamagedWorld::File)
        } else {
            Self::restore(text).map_err(DamagedWorld::Saved)
        }
    }
}

impl Step {
    /// What it takes to make it again after those before it.
    pub fn written(&self) -> String {
        snapshot::write_part(&self.input)
    }
}

/// A text that is no world.
#[derive(Clone, Debug, PartialEq)]
pub enum DamagedWorld {
    Saved(DamagedSnapshot),
    File(world_file::Damage),
}

impl fmt::Display for DamagedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(damage) => damage.fmt(f),
            Self::File(damage) => damage.fmt(f),
        }
    }
}

impl std::error::Error for DamagedWorld {}
