//! A first walk through EBS: who has the data key in the clear, and for how long.

use super::super::tour::Move;

pub(super) static TOUR: &[Move] = &[
    Move::ask(
        "A volume with a data key, of which EC2 gets the wrapped copy alone. Nobody has it in the clear.",
        "CreateVolume",
        r#"{"Encrypted": true, "KmsKeyId": "alias/orders"}"#,
    ),
    Move::ask(
        "Attaching gives the host of the instance a grant for this volume; by that it asks KMS itself.",
        "AttachVolume",
        r#"{"VolumeId": "$VolumeId", "InstanceId": "i-0abc"}"#,
    )
    .by("Administrator"),
    Move::ask(
        "What the instance writes, its host encrypts. KMS is not asked.",
        "WriteBlock",
        r#"{"VolumeId": "$VolumeId", "Block": 0, "Data": "dGhlIGxlZGdlcg=="}"#,
    ),
    Move::ask(
        "A snapshot has the same ciphertext and the same wrapped key.",
        "CreateSnapshot",
        r#"{"VolumeId": "$VolumeId"}"#,
    ),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "The instance does not notice: the data key is in its host's memory.",
        "ReadBlock",
        r#"{"VolumeId": "$VolumeId", "Block": 0}"#,
    ),
    Move::wait("A month later.", "30d"),
    Move::ask("Still not.", "ReadBlock", r#"{"VolumeId": "$VolumeId", "Block": 0}"#),
    Move::ask("Detached, the host has no key any more.", "DetachVolume", r#"{"VolumeId": "$VolumeId"}"#)
        .by("Administrator"),
    Move::ask("And no host gets it again.", "AttachVolume", r#"{"VolumeId": "$VolumeId", "InstanceId": "i-0abc"}"#)
        .by("Administrator")
        .refused(),
    Move::kms("The key back on:", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "a new grant, the same data key,",
        "AttachVolume",
        r#"{"VolumeId": "$VolumeId", "InstanceId": "i-0abc"}"#,
    )
    .by("Administrator"),
    Move::ask("and what was written.", "ReadBlock", r#"{"VolumeId": "$VolumeId", "Block": 0}"#),
];
