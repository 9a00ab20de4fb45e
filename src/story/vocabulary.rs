//! The words of the policy language, each with what it is, for whoever writes a policy.

use std::collections::BTreeMap;

use crate::{ops::table, policy::condition, story::operations};

/// A word and what it is.
pub type Word = (String, &'static str);

/// Words by the place they can stand in: a member's name for its values; `{` and a member's name for the names inside its
/// value.
pub fn words() -> BTreeMap<String, Vec<Word>> {
    let fixed = FIXED.iter().map(|(place, words)| {
        let words = words.iter().map(|(word, what)| ((*word).to_owned(), *what)).collect();
        ((*place).to_owned(), words)
    });
    let mut words: BTreeMap<String, Vec<Word>> = fixed.collect();
    words.insert("Action".to_owned(), actions());
    words.insert("NotAction".to_owned(), actions());
    words.insert("{Condition".to_owned(), condition::operators().map(|name| (name.to_owned(), "")).collect());
    words
}

/// Every action that an operation demands, and those patterns of them that key policies commonly have.
fn actions() -> Vec<Word> {
    let mut found = BTreeMap::new();
    for entry in table::OPERATIONS {
        for demand in entry.spec.demands {
            let own = demand.action.strip_prefix("kms:") == Some(entry.spec.name);
            let what = operations::purpose(entry.spec.name).unwrap_or_default();
            found
                .entry(demand.action.to_owned())
                .and_modify(|it| {
                    if own {
                        *it = what
                    }
                })
                .or_insert(what);
        }
    }
    let patterns = PATTERNS.iter().map(|(pattern, what)| ((*pattern).to_owned(), *what));
    patterns.chain(found).collect()
}

const PATTERNS: &[(&str, &str)] = &[
    ("kms:*", "everything"),
    ("kms:ReEncrypt*", "ReEncryptFrom and ReEncryptTo, the two permissions of ReEncrypt"),
    ("kms:GenerateDataKey*", "data keys and data key pairs, with and without plaintext"),
    ("kms:Describe*", "what a key is"),
    ("kms:List*", "lists"),
    ("kms:Get*", "reads"),
];

const FIXED: &[(&str, &[(&str, &str)])] = &[
    ("{", &[("Version", "of the policy language"), ("Id", "a name"), ("Statement", "what it allows and denies")]),
    (
        "{Statement",
        &[
            ("Sid", "a name"),
            ("Effect", "Allow or Deny"),
            ("Principal", "whom it is about; only in key policies"),
            ("Action", "what they want to do"),
            ("Resource", "with what; in a key policy `*` is the key itself"),
            ("Condition", "what else must hold"),
            ("NotAction", "everything but this"),
            ("NotResource", "everything but this"),
            ("NotPrincipal", "everybody but these; only with Deny"),
        ],
    ),
    (
        "{Condition/",
        &[
            ("kms:CallerAccount", "the account of whoever asks"),
            ("kms:ViaService", "the AWS service that asks for them, such as s3.us-east-1.amazonaws.com"),
            ("kms:EncryptionContext:", "a pair of the encryption context; its name follows the colon"),
            ("kms:EncryptionContextKeys", "the names in the encryption context"),
            ("aws:PrincipalArn", "the user or role that asks"),
            ("aws:PrincipalAccount", "its account"),
            ("aws:PrincipalType", "Account, User or AssumedRole"),
            ("aws:PrincipalIsAWSService", "whether an AWS service asks for itself"),
            ("aws:username", "the name of the user"),
            ("aws:userid", "its unique id"),
            ("aws:ResourceAccount", "the account of the key"),
            ("aws:RequestedRegion", "the Region that is asked"),
            ("aws:SecureTransport", "whether the request came over TLS"),
            ("aws:ViaAWSService", "whether an AWS service asks for somebody"),
            ("aws:PrincipalOrgID", "the organization of whoever asks"),
            ("aws:ResourceOrgID", "the organization of the key"),
            ("aws:ResourceTag/", "a tag of the key; its name follows the slash"),
            ("aws:RequestTag/", "a tag that the request would set"),
            ("aws:TagKeys", "the names of the tags in the request"),
            ("aws:SourceIp", "where the request comes from"),
            ("aws:CurrentTime", "when it is made"),
            ("kms:RequestAlias", "the alias that the request names the key by"),
            ("kms:ResourceAliases", "the aliases that the key has"),
            ("kms:KeySpec", "the kind of key"),
            ("kms:KeyUsage", "what the key is for"),
            ("kms:KeyOrigin", "where its material comes from"),
            ("kms:MultiRegion", "whether it is a multi-Region key"),
            ("kms:EncryptionAlgorithm", "the algorithm of an Encrypt or Decrypt"),
            ("kms:SigningAlgorithm", "the algorithm of a signature"),
            ("kms:GrantOperations", "what a new grant would allow"),
            ("kms:GranteePrincipal", "whom a new grant would allow it"),
            ("kms:GrantIsForAWSResource", "whether an AWS service makes the grant for somebody"),
            ("kms:ScheduleKeyDeletionPendingWindowInDays", "how long a deletion would wait"),
            ("kms:BypassPolicyLockoutSafetyCheck", "whether the lockout check would be skipped"),
        ],
    ),
    ("{Principal", &[("AWS", "accounts, users, roles and sessions"), ("Service", "AWS services")]),
    ("Effect", &[("Allow", "gives a permission"), ("Deny", "takes it away, whatever else allows it")]),
    (
        "Version",
        &[("2012-10-17", "the present one"), ("2008-10-17", "the one without variables, meant where none is written")],
    ),
];
