//! What becomes of a table whose key cannot be used: noticed late, inaccessible for seven days, then archived.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    clock::{Span, Timestamp},
    kms::World,
    lang::message,
};

use super::{
    super::{Cloud, Cx, held::HeldKeys},
    Table,
};

/// How it stands with a table's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Health {
    #[default]
    Good,
    /// The key cannot be used since then, which DynamoDB has not concluded yet.
    Troubled {
        since: Timestamp,
    },
    /// Since then the table is known to be inaccessible.
    Inaccessible {
        since: Timestamp,
    },
    /// Since then its items are being put into a backup.
    Archiving {
        inaccessible: Timestamp,
        since: Timestamp,
    },
    Archived {
        at: Timestamp,
        backup: String,
    },
}

/// How long a table stays ACTIVE without its key; seen once, not documented.
const DETECTION: Span = Span::minutes(36);
/// How long it stays inaccessible (API reference, SSEDescription).
const PATIENCE: Span = Span::days(7);
/// How long archiving takes; not documented.
const ARCHIVING: Span = Span::minutes(10);

impl Health {
    pub(super) fn is_good(&self) -> bool {
        *self == Self::Good
    }

    /// Whether DynamoDB works on as if nothing were.
    pub(super) fn is_accessible(&self) -> bool {
        matches!(self, Self::Good | Self::Troubled { .. })
    }

    /// The value of `TableStatus`.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Good | Self::Troubled { .. } => "ACTIVE",
            Self::Inaccessible { .. } => "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            Self::Archiving { .. } => "ARCHIVING",
            Self::Archived { .. } => "ARCHIVED",
        }
    }

    pub(super) fn inaccessible_since(&self) -> Option<Timestamp> {
        match self {
            Self::Inaccessible { since } | Self::Archiving { inaccessible: since, .. } => Some(*since),
            Self::Good | Self::Troubled { .. } | Self::Archived { .. } => None,
        }
    }

    /// When it goes on by itself.
    fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Troubled { since } => Some(since.after(DETECTION)),
            Self::Inaccessible { since } => Some(since.after(PATIENCE)),
            Self::Archiving { since, .. } => Some(since.after(ARCHIVING)),
            Self::Good | Self::Archived { .. } => None,
        }
    }
}

pub(super) fn due(cloud: &Cloud, _world: &World) -> Option<Timestamp> {
    cloud.dynamodb.tables.values().filter_map(|table| table.health.due()).min()
}

pub(super) fn watches(cloud: &Cloud) -> bool {
    cloud.dynamodb.tables.values().any(|table| table.grant.is_some())
}

pub(super) fn notice(cx: &mut Cx<'_>) {
    let with_grant = |table: &&Arc<Table>| table.grant.is_some();
    let tables: Vec<Arc<Table>> = cx.cloud.dynamodb.tables.values().filter(with_grant).map(Arc::clone).collect();
    for table in tables {
        cx.in_region(table.name.region, |cx| {
            let health = cx.health_of(&table);
            if health == table.health {
                return;
            }
            let accessible = health.is_accessible();
            // Of a table that is there, so this cannot fail.
            let _ = cx.change_table(&table.name, |table| {
                if matches!(health, Health::Archived { .. }) {
                    table.items.clear();
                }
                if !accessible {
                    table.held = HeldKeys::default();
                }
                table.health = health;
            });
        });
    }
}

impl Cx<'_> {
    /// How it stands with a table's key now.
    fn health_of(&mut self, table: &Table) -> Health {
        let now = self.now();
        let over = table.health.due().is_some_and(|due| due <= now);
        let serves = self.could_use_table_key(table);
        let (name, health) = (&table.name.name, table.health.clone());
        match health {
            Health::Good if serves => Health::Good,
            Health::Good => Health::Troubled { since: now },
            Health::Troubled { .. } if serves => Health::Good,
            Health::Troubled { .. } if over && self.table_key_for_itself(table).is_err() => {
                self.tell(message!(
                    "DynamoDB sees that it cannot use the key of “{name}”. The table is inaccessible from now on.",
                    name
                ));
                Health::Inaccessible { since: now }
            }
            Health::Inaccessible { .. } if serves && self.table_key_for_itself(table).is_ok() => {
                self.tell(message!("DynamoDB can use the key of “{name}” again. The table is active.", name));
                Health::Good
            }
            Health::Inaccessible { since } if over => {
                self.tell(message!(
                    "The key of “{name}” stayed away for seven days. The table is being archived.",
                    name
                ));
                Health::Archiving { inaccessible: since, since: now }
            }
            Health::Archiving { .. } if over => {
                let backup = self.back_up(table);
                self.tell(message!("“{name}” is archived: its items are in {backup} and nowhere else.", name, backup));
                Health::Archived { at: now, backup }
            }
            Health::Troubled { .. } if over => Health::Troubled { since: now },
            Health::Troubled { .. }
            | Health::Inaccessible { .. }
            | Health::Archiving { .. }
            | Health::Archived { .. } => health,
        }
    }
}
