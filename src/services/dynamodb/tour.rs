//! A first walk through DynamoDB: one key for the table, one for each item, and what stays in memory.

use super::super::tour::Move;

pub(super) static TOUR: &[Move] = &[
    Move::ask(
        "A table under a key of your own: DynamoDB gets a grant for it, and by that a table key, which it keeps wrapped.",
        "CreateTable",
        r#"{"TableName": "Books", "KMSMasterKeyId": "alias/orders"}"#,
    )
    .by("Administrator"),
    Move::ask(
        "For your first item DynamoDB has the table key decrypted, in your name. The item gets a key of its own below it.",
        "PutItem",
        r#"{"TableName": "Books", "Key": "b1", "Item": {"title": "Moby-Dick"}}"#,
    ),
    Move::ask(
        "For the second KMS is not asked: the table key is in memory, for you.",
        "PutItem",
        r#"{"TableName": "Books", "Key": "b2", "Item": {"title": "Middlemarch"}}"#,
    ),
    Move::ask(
        "For another caller it is asked again.",
        "GetItem",
        r#"{"TableName": "Books", "Key": "b1"}"#,
    )
    .by("OrdersApp"),
    Move::ask(
        "Whoever may not decrypt with the key gets no item.",
        "GetItem",
        r#"{"TableName": "Books", "Key": "b1"}"#,
    )
    .by("KMSKeyAdmin")
    .refused(),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask("You can still read: DynamoDB has not asked yet.", "GetItem", r#"{"TableName": "Books", "Key": "b1"}"#),
    Move::wait("Five minutes without a request.", "5m"),
    Move::ask("Now it asks, and is refused.", "GetItem", r#"{"TableName": "Books", "Key": "b1"}"#).refused(),
    Move::wait("A while later DynamoDB tries the key for itself.", "31m"),
    Move::ask(
        "The table is inaccessible. After seven days it would be archived.",
        "DescribeTable",
        r#"{"TableName": "Books"}"#,
    ),
    Move::kms("And on again.", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask("Nothing was lost.", "GetItem", r#"{"TableName": "Books", "Key": "b1"}"#),
];
