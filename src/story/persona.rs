//! Key policies to begin with: the separate roles that a key has, as notes on KMS present them, and three fragments
//! exactly as such notes print them, mistakes included.

use crate::lang::msg;

/// A key policy, and the question to ask of it.
pub struct Persona {
    pub title: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// `ACCOUNT` is the key's account and `OTHER` another one.
    text: &'static str,
    /// Who asks, as [`crate::estate::principal::Caller::short_name`] says it, and whether of the other account.
    pub by: (&'static str, bool),
    pub operation: &'static str,
}

impl Persona {
    /// The policy for a key of `account`.
    pub fn text(&self, account: &str, other: &str) -> String {
        self.text.replace("ACCOUNT", account).replace("OTHER", other)
    }
}

pub const PERSONAS: &[Persona] = &[
    Persona {
        title: "Administrator",
        about: msg!("Administrators are not users: KMSKeyAdmin manages the key and cannot encrypt with it."),
        text: ADMINISTRATOR,
        by: ("user/KMSKeyAdmin", false),
        operation: "Encrypt",
    },
    Persona {
        title: "User",
        about: msg!("Developer may use the key and not change it; the account itself has no say."),
        text: USER,
        by: ("user/Developer", false),
        operation: "Decrypt",
    },
    Persona {
        title: "Cross-account",
        about: msg!("Two accounts, both must say yes: this policy lets the other account decide for its own people."),
        text: CROSS_ACCOUNT,
        by: ("user/Developer", true),
        operation: "Decrypt",
    },
    Persona {
        title: "Deletion",
        about: "kms:Delete* does not include the deletion of the key: that takes ScheduleKeyDeletion by name.",
        text: DELETION,
        by: ("user/KMSKeyAdmin", false),
        operation: "ScheduleKeyDeletion",
    },
    Persona {
        title: msg!("Notes 1: the account, as printed"),
        about: msg!("Typographic quotes, and a statement without the policy around it."),
        text: NOTES_ACCOUNT,
        by: ("user/Administrator", false),
        operation: "Encrypt",
    },
    Persona {
        title: msg!("Notes 2: administrators, as printed"),
        about: msg!("A statement without the policy around it."),
        text: NOTES_ADMINISTRATORS,
        by: ("user/KMSKeyAdmin", false),
        operation: "ScheduleKeyDeletion",
    },
    Persona {
        title: msg!("Notes 3: use, as printed"),
        about: msg!("Typographic quotes, actions under Resource, and a ReEncrypt that is no action."),
        text: NOTES_USE,
        by: ("user/Developer", false),
        operation: "Encrypt",
    },
];

/// A kind of policy beside the key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Own,
    Boundary,
    Session,
    Endpoint,
    /// An SCP on the whole organization.
    Organization,
    /// An SCP on the caller's account.
    Account,
    /// An RCP on the key's account.
    Resource,
}

/// Layers that a request can meet beside the key's policy, each with a policy to begin with. `ACCOUNT` is the key's.
pub const LAYERS: &[(Layer, &str, &str)] = &[
    (Layer::Own, msg!("a policy of its own"), OWN),
    (Layer::Boundary, msg!("a permissions boundary"), BOUNDARY),
    (Layer::Session, msg!("a session policy"), OWN),
    (Layer::Endpoint, "a VPC endpoint policy", ENDPOINT),
    (Layer::Organization, "an SCP on the whole organization", SERVICE_CONTROL),
    (Layer::Account, "an SCP on the caller’s account", SERVICE_CONTROL),
    (Layer::Resource, "an RCP on the key’s account", RESOURCE_CONTROL),
];

const OWN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ForOneTenant",
      "Effect": "Allow",
      "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
      "Resource": "*",
      "Condition": {
        "StringEquals": {"kms:EncryptionContext:tenant": "7"}
      }
    }
  ]
}"#;

const BOUNDARY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AtMost",
      "Effect": "Allow",
      "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Encrypt"],
      "Resource": "*"
    }
  ]
}"#;

const ENDPOINT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ThroughThisEndpoint",
      "Effect": "Allow",
      "Principal": "*",
      "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
      "Resource": "*"
    }
  ]
}"#;

const SERVICE_CONTROL: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "KeysStay",
      "Effect": "Deny",
      "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"],
      "Resource": "*"
    }
  ]
}"#;

const RESOURCE_CONTROL: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "OnlyOurOwn",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "kms:*",
      "Resource": "*",
      "Condition": {
        "StringNotEquals": {"aws:PrincipalAccount": "ACCOUNT"},
        "Bool": {"aws:PrincipalIsAWSService": "false"}
      }
    }
  ]
}"#;

const ADMINISTRATOR: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Allow access for Key Administrators",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/KMSKeyAdmin"},
      "Action": [
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Revoke*",
        "kms:Disable*",
        "kms:Get*",
        "kms:Delete*",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion"
      ],
      "Resource": "*"
    }
  ]
}"#;

const USER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Allow access for Key Administrators",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/KMSKeyAdmin"},
      "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*"],
      "Resource": "*"
    },
    {
      "Sid": "Allow use of the key",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/Developer"},
      "Action": [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey"
      ],
      "Resource": "*"
    }
  ]
}"#;

const CROSS_ACCOUNT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Enable IAM User Permissions",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:root"},
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Sid": "Allow use by another account",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::OTHER:root"},
      "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
      "Resource": "*"
    }
  ]
}"#;

const DELETION: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Allow administration",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/KMSKeyAdmin"},
      "Action": [
        "kms:Describe*",
        "kms:Get*",
        "kms:List*",
        "kms:Put*",
        "kms:Delete*"
      ],
      "Resource": "*"
    }
  ]
}"#;

const NOTES_ACCOUNT: &str = "{
  “Sid”: “xxx”,
  “Effect”: “Allow”,
  “Principal”: {“AWS”: “arn:aws:iam::ACCOUNT:root”},
  “Action”: “kms:*”,
  “Resource”: “*”
}";

const NOTES_ADMINISTRATORS: &str = r#"{
  "Sid": "Allow access for Key Administrators",
  "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/KMSKeyAdmin"},
  "Action": [
    "kms:Create*",
    "kms:Describe*",
    "kms:Enable*",
    "kms:List*",
    "kms:Put*",
    "kms:Update*",
    "kms:Revoke*",
    "kms:Disable*",
    "kms:Get*",
    "kms:Delete*",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion"
  ],
  "Resource": "*"
}"#;

const NOTES_USE: &str = "  \"Resource\": [
    “kms:Encrypt”,
    “kms:Decrypt”,
    “kms:ReEncrypt”,
    “kms:GenerateDataKey*”,
    “kms:DescribeKey”
  ]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::{
        Timeline,
        ask::{self, PolicyPlace, Severity},
    };

    #[test]
    fn the_policies_to_begin_with_are_good_or_their_fixes_make_them_so_but_for_whom_the_last_one_means() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let place = PolicyPlace::Key(key.parse().unwrap());
        for persona in PERSONAS {
            let mut text = persona.text("111122223333", "444455556666");
            for _ in 0..10 {
                let found = Timeline::check_policy(&text, &place);
                let Some(fix) = found.into_iter().find_map(|finding| finding.fix) else { break };
                text = ask::apply(&text, &fix.edits);
            }
            let mut left = Timeline::check_policy(&text, &place);
            left.retain(|finding| finding.severity != Severity::Note);
            let rules: Vec<&str> = left.iter().map(|finding| finding.rule).collect();
            let expected: &[&str] =
                if persona.title.starts_with("Notes 3") { &["missing-element", "lockout"] } else { &[] };
            assert_eq!(rules, expected, "{}: {text}", persona.title);
        }
    }
}
