//! EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    clock::Span,
    kms::{EventKind, KeyState},
    ops::{
        call::{Call, Operation, Subject},
        members::Members,
        refusal::{Refusal, Violation},
        spec::{Demand, Spec, States},
        wire::{Empty, EpochSeconds},
    },
};

/// Makes a key usable again (API reference, EnableKey).
pub struct EnableKey {
    key_id: String,
}

impl Operation for EnableKey {
    const SPEC: Spec =
        Spec { name: "EnableKey", demands: &[Demand::own("kms:EnableKey", States::Switch)], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        call.change(|key, now, entropy| {
            Ok(if key.state == KeyState::Enabled { Vec::new() } else { key.enable(now, entropy) })
        })?;
        Ok(Empty)
    }
}

/// Stops every use of a key until it is enabled again (API reference, DisableKey).
pub struct DisableKey {
    key_id: String,
}

impl Operation for DisableKey {
    const SPEC: Spec =
        Spec { name: "DisableKey", demands: &[Demand::own("kms:DisableKey", States::Switch)], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        call.change(|key, _, _| {
            if key.state == KeyState::Disabled {
                return Ok(Vec::new());
            }
            key.state = KeyState::Disabled;
            Ok(vec![EventKind::KeyDisabled])
        })?;
        Ok(Empty)
    }
}

/// Starts the waiting period before a key is gone for ever (API reference, ScheduleKeyDeletion).
pub struct ScheduleKeyDeletion {
    key_id: String,
    pending_window_in_days: Option<u32>,
}

/// The shortest and the longest waiting period, in days. The model's own bounds are 1 and 365.
const WINDOW_DAYS: (u32, u32) = (7, 30);

impl Operation for ScheduleKeyDeletion {
    const SPEC: Spec = Spec {
        name: "ScheduleKeyDeletion",
        demands: &[Demand::own("kms:ScheduleKeyDeletion", States::Schedule)],
        accepts_alias: false,
    };
    type Output = DeletionScheduled;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), pending_window_in_days: members.take("PendingWindowInDays") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn validate(&self) -> Result<(), Refusal> {
        let (least, most) = WINDOW_DAYS;
        let constraint = match self.pending_window_in_days {
            Some(days) if days < least => format!("greater than or equal to {least}"),
            Some(days) if days > most => format!("less than or equal to {most}"),
            Some(_) | None => return Ok(()),
        };
        Err(Refusal::Shape(vec![Violation {
            value: format!("Value '{}'", self.pending_window_in_days.unwrap_or(most)),
            at: "pendingWindowInDays".to_owned(),
            constraint: format!("Member must have value {constraint}"),
        }]))
    }

    fn run(self, call: &mut Call<'_>) -> Result<DeletionScheduled, Refusal> {
        let days = self.pending_window_in_days.unwrap_or(WINDOW_DAYS.1);
        let key = call.key(0)?;
        let has_replicas = key.is_primary() && call.world.relatives(key.arn).next().is_some();
        let deletion_date = (!has_replicas).then(|| call.world.now.after(Span::days(days)));
        let (state, event) = match deletion_date {
            Some(deletion_date) => {
                (KeyState::PendingDeletion { deletion_date }, EventKind::DeletionScheduled { deletion_date })
            }
            None => (
                KeyState::PendingReplicaDeletion { window_days: days },
                EventKind::DeletionAwaitsReplicas { window_days: days },
            ),
        };
        call.change(|key, _, _| {
            key.state = state;
            Ok(vec![event])
        })?;
        Ok(DeletionScheduled {
            key_id: call.arn(0)?,
            deletion_date: deletion_date.map(EpochSeconds),
            key_state: state.as_str(),
            pending_window_in_days: days,
        })
    }
}

/// Keeps a key that was to be deleted; it is disabled afterwards, or waits for the material it lacks (API reference, CancelKeyDeletion).
pub struct CancelKeyDeletion {
    key_id: String,
}

impl Operation for CancelKeyDeletion {
    const SPEC: Spec = Spec {
        name: "CancelKeyDeletion",
        demands: &[Demand::own("kms:CancelKeyDeletion", States::Cancel)],
        accepts_alias: false,
    };
    type Output = KeyIdOnly;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<KeyIdOnly, Refusal> {
        call.change(|key, _, _| Ok(vec![key.cancel_deletion()]))?;
        Ok(KeyIdOnly { key_id: call.arn(0)? })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeletionScheduled {
    /// Not while replicas are to be deleted first.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<EpochSeconds>,
    key_id: KeyArn,
    key_state: &'static str,
    pending_window_in_days: u32,
}

/// A response that only names the key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyIdOnly {
    pub key_id: KeyArn,
}
