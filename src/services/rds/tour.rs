//! A first walk through RDS: a database on a volume, and what becomes of it without its key.

use super::super::tour::Move;

pub(super) static TOUR: &[Move] = &[
    Move::ask(
        "A database whose storage is encrypted. RDS gets a grant for as long as it lives; its host gets one for the volume.",
        "CreateDBInstance",
        r#"{"DBInstanceIdentifier": "shop", "StorageEncrypted": true, "KmsKeyId": "alias/orders"}"#,
    )
    .by("Administrator"),
    Move::ask(
        "A row is encrypted by the host on its way to the volume. KMS is not asked.",
        "WriteRow",
        r#"{"DBInstanceIdentifier": "shop", "Key": "order 7", "Row": {"customer": "Ishmael"}}"#,
    ),
    Move::ask(
        "Another key, or none, cannot be chosen afterwards.",
        "ModifyDBInstance",
        r#"{"DBInstanceIdentifier": "shop", "StorageEncrypted": false}"#,
    )
    .by("Administrator")
    .refused(),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "The database runs on: the data key is in its host's memory.",
        "ReadRow",
        r#"{"DBInstanceIdentifier": "shop", "Key": "order 7"}"#,
    ),
    Move::wait("Two hours later RDS stops it, so that it can be recovered.", "2h"),
    Move::ask("No row any more.", "ReadRow", r#"{"DBInstanceIdentifier": "shop", "Key": "order 7"}"#).refused(),
    Move::ask("It cannot be started without the key.", "StartDBInstance", r#"{"DBInstanceIdentifier": "shop"}"#)
        .by("Administrator")
        .refused(),
    Move::kms("The key back on, within seven days:", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask("it starts,", "StartDBInstance", r#"{"DBInstanceIdentifier": "shop"}"#).by("Administrator"),
    Move::ask(
        "and has everything that was written.",
        "ReadRow",
        r#"{"DBInstanceIdentifier": "shop", "Key": "order 7"}"#,
    ),
];
