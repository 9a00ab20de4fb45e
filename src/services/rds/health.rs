//! What becomes of a database whose key cannot be used: it runs on, is stopped after two hours, and is lost after seven days.

use std::sync::Arc;

use crate::{
    clock::{Span, Timestamp},
    kms::World,
    lang::message,
};
use serde::{Deserialize, Serialize};

use super::{
    super::{Cloud, Cx, ebs::disk::decrypt},
    Instance,
};

/// How it stands with a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Available,
    /// It runs, and since then RDS knows that the key cannot be used.
    Troubled {
        since: Timestamp,
    },
    Stopped,
    /// Stopped by RDS since then; the key and a start bring it back.
    Recoverable {
        since: Timestamp,
    },
    /// Only a backup brings it back.
    Lost,
}

/// How long a database with backups runs on ("Encrypting Amazon RDS resources").
const GRACE: Span = Span::hours(2);
/// How long it can be brought back after that.
const PATIENCE: Span = Span::days(7);

impl Status {
    /// The value of `DBInstanceStatus`.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Available | Self::Troubled { .. } => "available",
            Self::Stopped => "stopped",
            Self::Recoverable { .. } => "inaccessible-encryption-credentials-recoverable",
            Self::Lost => "inaccessible-encryption-credentials",
        }
    }
}

impl Instance {
    /// When it goes on by itself. Without backups nobody stops it.
    fn due(&self) -> Option<Timestamp> {
        match self.status {
            Status::Troubled { since } if self.retention > 0 => Some(since.after(GRACE)),
            Status::Recoverable { since } => Some(since.after(PATIENCE)),
            Status::Available | Status::Troubled { .. } | Status::Stopped | Status::Lost => None,
        }
    }
}

pub(super) fn due(cloud: &Cloud, _world: &World) -> Option<Timestamp> {
    cloud.rds.instances.values().filter_map(|instance| instance.due()).min()
}

pub(super) fn watches(cloud: &Cloud) -> bool {
    cloud.rds.instances.values().any(|instance| instance.grant.is_some())
}

pub(super) fn notice(cx: &mut Cx<'_>) {
    let with_grant = |instance: &&Arc<Instance>| instance.grant.is_some();
    let instances: Vec<Arc<Instance>> = cx.cloud.rds.instances.values().filter(with_grant).map(Arc::clone).collect();
    for instance in instances {
        cx.in_region(instance.name.region, |cx| cx.look_after(&instance));
    }
}

impl Cx<'_> {
    fn look_after(&mut self, before: &Instance) {
        let now = self.now();
        let over = before.due().is_some_and(|due| due <= now);
        let id = &before.name.id;
        let asked = before.disk.key.as_ref().map(decrypt);
        let (principal, arn) = (before.name.principal(), before.name.arn());
        let of = (before.name.account, arn.as_str());
        let serves = asked.is_none_or(|members| self.would_decrypt(&principal, of, &members));
        let mut instance = before.clone();
        match before.status {
            Status::Available if !serves => {
                self.try_key(before);
                self.tell(if before.retention > 0 {
                    message!(
                        "RDS sees that it cannot use the key of “{id}”, which runs on for now. In two hours RDS will stop it.",
                        id
                    )
                } else {
                    message!("RDS sees that it cannot use the key of “{id}”, which runs on for now. It has no backups.", id)
                });
                instance.status = Status::Troubled { since: now };
            }
            Status::Troubled { .. } if serves => {
                self.tell(message!("RDS can use the key of “{id}” again.", id));
                instance.status = Status::Available;
            }
            Status::Troubled { .. } if over => {
                self.tell(message!("RDS stops “{id}”, so that it can be brought back within seven days.", id));
                self.stop(&mut instance);
                instance.status = Status::Recoverable { since: now };
            }
            Status::Recoverable { .. } if over => {
                self.tell(message!("The key of “{id}” stayed away for seven days. Only a backup brings it back.", id));
                instance.status = Status::Lost;
            }
            Status::Available
            | Status::Troubled { .. }
            | Status::Stopped
            | Status::Recoverable { .. }
            | Status::Lost => return,
        }
        self.keep_instance(instance);
    }

    /// How RDS finds out: it asks for the data key by its grant.
    fn try_key(&mut self, instance: &Instance) {
        let Some(key) = &instance.disk.key else { return };
        let members = decrypt(key);
        let (principal, arn) = (instance.name.principal(), instance.name.arn());
        let _ = self.ask_itself(
            &principal,
            (instance.name.account, &arn),
            "Decrypt",
            &members,
            message!("the data key, to see whether it still can"),
        );
    }
}
