//! Labs to begin with.

use serde_json::{Map, Value};

use super::{Lab, LabError};

/// A lab with a name.
#[derive(Debug)]
pub struct Preset {
    /// In addresses.
    pub id: &'static str,
    pub title: &'static str,
    /// What it is about, in a sentence or two.
    pub about: &'static str,
    json: &'static str,
}

impl Preset {
    /// The lab; a test reads every one.
    pub fn lab(&self) -> Option<Lab> {
        Lab::parse(self.json).ok()
    }

    /// The lab with other members in place of its own; `null` takes one away.
    ///
    /// # Errors
    ///
    /// [`LabError::Json`] when that is no lab.
    pub fn with(&self, changes: &Map<String, Value>) -> Result<Lab, LabError> {
        let mut members: Map<String, Value> = serde_json::from_str(self.json).map_err(LabError::Json)?;
        members.extend(changes.clone());
        members.retain(|_, value| !value.is_null());
        serde_json::from_value(members.into()).map_err(LabError::Json)
    }
}

/// In the order in which they are offered.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "media-site",
        title: "A media site, by the older figures",
        about: "Slightly more than 10,000 visitors a second open presigned links to encrypted objects in S3. For each, S3 \
                asks KMS for one Decrypt.",
        json: r#"{"rules":"classic","region":"us-east-1","seconds":3600,"arrivals":{"constant":{"perSecond":10050}},
            "mix":[{"operation":"s3:GetObject","account":"111122223333"}],"attempts":3}"#,
    },
    Preset {
        id: "media-site-today",
        title: "The same site today, in a Region of 10,000",
        about: "Today's figures depend on the Region. In most it is 10,000 a second, just too few; choose another Region \
                and see.",
        json: r#"{"rules":"today","region":"eu-north-1","seconds":3600,"arrivals":{"constant":{"perSecond":10050}},
            "mix":[{"operation":"s3:GetObject","account":"111122223333"}],"attempts":3}"#,
    },
    Preset {
        id: "premiere",
        title: "A day with an evening",
        about: "Views follow the day: few at night, three times the usual in the evening. Only the evening is refused.",
        json: r#"{"rules":"today","region":"eu-north-1","seconds":86400,"arrivals":{"daily":{"low":600,"high":14000}},
            "mix":[{"operation":"s3:GetObject","account":"111122223333","weight":97},
                   {"operation":"s3:PutObject","account":"111122223333","weight":3}],"attempts":3}"#,
    },
    Preset {
        id: "nightly-batch",
        title: "A nightly batch",
        about: "Every night a job encrypts millions of records with a data key each, in bursts, while the shop goes on \
                decrypting in the same account. They share one quota.",
        json: r#"{"rules":"today","region":"eu-north-1","seconds":3600,"runsAMonth":30,
            "arrivals":{"burst":{"usual":2500,"peak":18000,"everySeconds":600,"lastingSeconds":120}},
            "mix":[{"operation":"GenerateDataKey","account":"111122223333","weight":9},
                   {"operation":"Decrypt","account":"111122223333","weight":1}],"attempts":3}"#,
    },
    Preset {
        id: "create-loop",
        title: "CreateKey in a loop",
        about: "A script makes a key for each customer, 12 a second. Management operations have quotas of their own, and \
                that of CreateKey is 5.",
        json: r#"{"rules":"today","region":"us-east-1","seconds":120,"runsAMonth":1,"arrivals":{"constant":{"perSecond":12}},
            "mix":[{"operation":"CreateKey","account":"111122223333"}],"keys":600,"attempts":1}"#,
    },
    Preset {
        id: "two-accounts",
        title: "Two accounts, one key",
        about: "An analytics account decrypts with the shop's key. Requests count for the account that sends them, whoever \
                owns the key.",
        json: r#"{"rules":"classic","region":"us-east-1","seconds":900,"arrivals":{"ramp":{"from":1000,"to":12000}},
            "mix":[{"operation":"Decrypt","account":"111122223333","weight":1},
                   {"operation":"Decrypt","account":"444455556666","keyAccount":"111122223333","weight":3}],"attempts":3}"#,
    },
    Preset {
        id: "signatures",
        title: "A signature for every order",
        about: "Orders are signed with an RSA key and now and then a key pair is made. Each kind of key has a quota, and \
                each spec of data key pairs.",
        json: r#"{"rules":"today","region":"us-east-1","seconds":600,"arrivals":{"constant":{"perSecond":1260}},
            "mix":[{"operation":"Sign","keySpec":"RSA_3072","account":"111122223333","weight":1200},
                   {"operation":"Verify","keySpec":"ECC_NIST_P256","account":"111122223333","weight":50},
                   {"operation":"GenerateDataKeyPair","keySpec":"RSA_3072","account":"111122223333","weight":10}],
            "keys":2,"attempts":3}"#,
    },
];
