//! Histories to begin with: steps that are really made, so that there is something to see.

use crate::lang::msg;
use crate::{arn::Region, estate::principal::Caller, story::examples, timeline::Timeline};

/// A few steps that show one thing.
#[derive(PartialEq)]
pub struct Start {
    pub title: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Who asks for what, in the words of [`examples`]; or nobody, and a length of time that passes.
    steps: &'static [(&'static str, &'static str, &'static str)],
}

impl Start {
    /// Makes its steps, in the account of `caller`.
    pub fn make(&self, timeline: &mut Timeline, caller: &Caller, region: Region) {
        for (by, operation, body) in self.steps {
            if let Ok(span) = body.parse() {
                timeline.advance(span);
                continue;
            }
            let asking = examples::principal(timeline, caller, by);
            let body = examples::filled(body, timeline, &asking, region);
            timeline.call(asking, region, operation, body);
        }
    }
}

const ADMIN: &str = "user/KMSKeyAdmin";
const APP: &str = "role/OrdersApp";
const ALL: &str = "user/Administrator";
const SEAL: (&str, &str, &str) = (APP, "GenerateDataKey", r#"{"KeyId": "${key}", "KeySpec": "AES_256"}"#);
const YEAR: (&str, &str, &str) = ("", "", "365d");

pub const STARTS: &[Start] = &[
    Start {
        title: msg!("A key gets older"),
        about: msg!("Rotation is on, four years pass, and something is sealed in each."),
        steps: &[
            (ADMIN, "EnableKeyRotation", r#"{"KeyId": "${key}"}"#),
            SEAL,
            ("", "", "200d"),
            SEAL,
            YEAR,
            SEAL,
            YEAR,
            SEAL,
            YEAR,
            SEAL,
        ],
    },
    Start {
        title: msg!("An alias moves"),
        about: msg!("Manual rotation: a new key, the alias points to it, and the old key stays for what it sealed."),
        steps: &[
            (ALL, "CreateKey", r#"{"Description": "ledger"}"#),
            (ALL, "CreateAlias", r#"{"AliasName": "alias/ledger", "TargetKeyId": "${KeyId}"}"#),
            (ALL, "Encrypt", r#"{"KeyId": "alias/ledger", "Plaintext": "bGVkZ2Vy"}"#),
            ("", "", "400d"),
            (ALL, "CreateKey", r#"{"Description": "ledger"}"#),
            (ALL, "UpdateAlias", r#"{"AliasName": "alias/ledger", "TargetKeyId": "${KeyId}"}"#),
            ("", "", "1d"),
            (ALL, "Encrypt", r#"{"KeyId": "alias/ledger", "Plaintext": "bGVkZ2Vy"}"#),
            ("", "", "200d"),
        ],
    },
    Start {
        title: msg!("A deletion, slowly"),
        about: msg!("Two texts are sealed, then the key is to be deleted. There are 30 days to think again."),
        steps: &[
            (ALL, "CreateKey", r#"{"Description": "reports"}"#),
            (ALL, "CreateAlias", r#"{"AliasName": "alias/reports", "TargetKeyId": "${KeyId}"}"#),
            (ALL, "Encrypt", r#"{"KeyId": "alias/reports", "Plaintext": "cmVwb3J0"}"#),
            ("", "", "90d"),
            (ALL, "Encrypt", r#"{"KeyId": "alias/reports", "Plaintext": "cmVwb3J0"}"#),
            ("", "", "90d"),
            (ALL, "DescribeKey", r#"{"KeyId": "alias/reports"}"#),
            (ALL, "ScheduleKeyDeletion", r#"{"KeyId": "${KeyId}", "PendingWindowInDays": 30}"#),
            ("", "", "1d"),
        ],
    },
    Start {
        title: msg!("A key of AWS"),
        about: msg!("The key behind alias/aws/s3 is made when it is first needed, and rotates whatever you want."),
        steps: &[(ALL, "DescribeKey", r#"{"KeyId": "alias/aws/s3"}"#), YEAR, YEAR, YEAR, ("", "", "100d")],
    },
];
