//! AWS CloudTrail: a trail has the records of an account delivered into a bucket as files, and digests that tell whether
//! a file was changed. CloudTrail asks S3 as itself, for the trail; S3 asks KMS in its name.
//!
//! Sources: CloudTrail User Guide, "Encrypting CloudTrail log files, digest files and event data stores with AWS KMS
//! keys", "Configure AWS KMS key policies for CloudTrail", "Amazon S3 bucket policy for CloudTrail", "CloudTrail digest
//! file structure".

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn, Region},
    clock::{Span, Timestamp},
    crypto::context::EncryptionContext,
    endpoint::{audit::Record, fault::Fault},
    kms::World,
    lang::message,
};

use super::{
    Cloud, Cx, Operation, Service, ServiceError,
    change::Change,
    due::Due,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    s3,
    tour::Move,
};

mod delivery;
mod shown;

use delivery::LogFile;

/// What AWS CloudTrail is here.
pub static SERVICE: Service = Service {
    name: "cloudtrail",
    title: "AWS CloudTrail",
    host: "cloudtrail",
    about: "Records of what happened in an account, delivered into a bucket as encrypted files.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory: shown::inventory,
    due,
    notice,
    watches: |cloud| cloud.cloudtrail.is_logging(),
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[Change::in_words(
    "What encrypts log files",
    "SSE-S3 by default, SSE-KMS by choice.",
    "The same, though the documentation now begins with SSE-KMS.",
)];

/// The trails of all accounts, by ARN.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    trails: OrdMap<String, Arc<Trail>>,
}

/// A trail, which gets what happens in its account and Region.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Trail {
    account: AccountId,
    region: Region,
    bucket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// Without one, files are encrypted with SSE-S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeyArn>,
    logging: bool,
    /// Whether digests are delivered too.
    digests: bool,
    /// Records that are not delivered yet, as JSON text.
    #[serde(default, skip_serializing_if = "Vector::is_empty")]
    pending: Vector<Arc<str>>,
    /// When they are, and since when they wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_due: Option<(Due, Timestamp)>,
    /// Delivered files that no digest has yet.
    #[serde(default, skip_serializing_if = "Vector::is_empty")]
    undigested: Vector<Arc<LogFile>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest_due: Option<Due>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_digest: Option<Arc<LogFile>>,
    #[serde(default)]
    logs: Delivery,
    #[serde(default)]
    digest: Delivery,
}

/// How deliveries went.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Delivery {
    /// When the last one succeeded.
    last: Option<Timestamp>,
    /// When the last one was tried.
    tried: Option<Timestamp>,
    /// S3's error, if that failed.
    error: Option<String>,
}

/// Who asks S3, for a trail.
const PRINCIPAL: &str = "cloudtrail.amazonaws.com";
/// "CloudTrail typically delivers logs within an average of about 5 minutes of an API call."
const LOGS_AFTER: Span = Span::minutes(5);
/// "Each digest file contains the log files of the last hour."
const DIGEST_AFTER: Span = Span::hours(1);
/// How long is waited at most between tries.
const LONGEST_WAIT: Span = Span::days(1);
/// How long files that cannot be delivered are tried again.
const GIVEN_UP_AFTER: Span = Span::days(30);
/// What CloudTrail binds the data keys of files to, beside what S3 does.
const CONTEXT_KEY: &str = "aws:cloudtrail:arn";

const NAME: Parameter = Parameter::required("Name", ParameterKind::Text, "The trail's name or ARN.");
const KMS_KEY: Parameter =
    Parameter::optional("KmsKeyId", ParameterKind::Key, "The KMS key; without one, files are encrypted with SSE-S3.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateTrail",
        about: "Makes a trail of the caller's account and Region. It gets nothing before StartLogging.",
        parameters: &[
            Parameter::required("Name", ParameterKind::Text, "The trail's name."),
            Parameter::required("S3BucketName", ParameterKind::Text, "Where files are delivered, in any account."),
            Parameter::optional("S3KeyPrefix", ParameterKind::Text, "How their names begin."),
            KMS_KEY,
            Parameter::optional("EnableLogFileValidation", ParameterKind::Flag, "Whether digests are delivered too."),
        ],
        run: create_trail,
    },
    Operation {
        name: "UpdateTrail",
        about: "Changes where files are delivered and under which key. Those that are there stay as they are.",
        parameters: &[
            NAME,
            Parameter::optional("S3BucketName", ParameterKind::Text, "Another bucket."),
            Parameter::optional("KmsKeyId", ParameterKind::Key, "Another KMS key."),
            Parameter::optional("NoKmsKey", ParameterKind::Flag, "Whether files are encrypted with SSE-S3 again."),
        ],
        run: update_trail,
    },
    Operation {
        name: "StartLogging",
        about: "Keeps what happens from now on.",
        parameters: &[NAME],
        run: |cx, parameters| set_logging(cx, parameters, true),
    },
    Operation {
        name: "StopLogging",
        about: "Keeps nothing more.",
        parameters: &[NAME],
        run: |cx, parameters| set_logging(cx, parameters, false),
    },
    Operation {
        name: "GetTrailStatus",
        about: "Tells whether files arrive, and what S3 said where they do not.",
        parameters: &[NAME],
        run: status,
    },
    Operation {
        name: "ValidateLogs",
        about: "Holds delivered files against the digests, as the AWS CLI's validate-logs: reads them as the caller.",
        parameters: &[NAME],
        run: delivery::validate,
    },
];

static TOUR: &[Move] = &[
    Move::other("s3", "A bucket for the logs.", "CreateBucket", r#"{"Bucket": "logs"}"#),
    Move::other(
        "s3",
        "Its policy lets CloudTrail write into it.",
        "PutBucketPolicy",
        r#"{"Bucket": "logs", "Policy": "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"cloudtrail.amazonaws.com\"}, \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::logs/*\"}}"}"#,
    ),
    Move::ask(
        "A trail. As it has no key, its files get SSE-S3.",
        "CreateTrail",
        r#"{"Name": "all", "S3BucketName": "logs", "EnableLogFileValidation": true}"#,
    ),
    Move::ask("From here on it keeps what happens.", "StartLogging", r#"{"Name": "all"}"#),
    Move::kms("Something happens.", "DescribeKey", r#"{"KeyId": "$orders"}"#),
    Move::wait("Five minutes later CloudTrail puts a file. KMS is not asked.", "5m"),
    Move::ask(
        "Now files are to be under your key. CloudTrail tries it in your name.",
        "UpdateTrail",
        r#"{"Name": "all", "KmsKeyId": "alias/orders"}"#,
    ),
    Move::wait("But it delivers as itself, and the key's policy says nothing of that.", "5m"),
    Move::ask("So nothing arrives, and the status says why.", "GetTrailStatus", r#"{"Name": "all"}"#),
    Move::kms(
        "The policy that it takes.",
        "PutKeyPolicy",
        r#"{"KeyId": "$orders", "Policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}, {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"cloudtrail.amazonaws.com\"}, \"Action\": \"kms:GenerateDataKey*\", \"Resource\": \"*\", \"Condition\": {\"StringLike\": {\"kms:EncryptionContext:aws:cloudtrail:arn\": \"arn:aws:cloudtrail:*:111122223333:trail/*\"}}}]}"}"#,
    ),
    Move::wait("It tries again, now with a data key for each file.", "3h"),
    Move::ask("Everything has arrived.", "GetTrailStatus", r#"{"Name": "all"}"#),
    Move::ask(
        "Whoever reads files needs kms:Decrypt. This reads all and holds them against their digests.",
        "ValidateLogs",
        r#"{"Name": "all"}"#,
    ),
    Move::ask("Without it there is nothing to read.", "ValidateLogs", r#"{"Name": "all"}"#).by("KMSKeyAdmin").refused(),
];

fn create_trail(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("Name");
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !(3..=128).contains(&name.len()) || !name.bytes().all(good) {
        let message = "Trail name must be 3 to 128 letters, digits, dots, underscores or dashes.";
        return Err(ServiceError::new("InvalidTrailNameException", 400, message));
    }
    let arn = cx.trail_arn(name);
    if cx.cloud.cloudtrail.trails.contains_key(&arn) {
        let message = format!("Trail {name} already exists for customer: {}", cx.caller.account());
        return Err(ServiceError::new("TrailAlreadyExistsException", 400, message));
    }
    let mut trail = Trail {
        account: cx.caller.account(),
        region: cx.region,
        bucket: parameters.text("S3BucketName").to_owned(),
        prefix: parameters.given("S3KeyPrefix").map(str::to_owned),
        key: None,
        logging: false,
        digests: parameters.is("EnableLogFileValidation"),
        pending: Vector::new(),
        log_due: None,
        undigested: Vector::new(),
        digest_due: None,
        last_digest: None,
        logs: Delivery::default(),
        digest: Delivery::default(),
    };
    cx.check_bucket(&arn, &trail)?;
    if let Some(named) = parameters.given("KmsKeyId") {
        trail.key = Some(cx.check_key(&arn, &trail, named)?);
    }
    let answer = trail.describe(&arn);
    cx.cloud.cloudtrail.trails.insert(arn, Arc::new(trail));
    Ok(answer)
}

fn update_trail(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (arn, mut trail) = cx.trail(parameters)?;
    if let Some(bucket) = parameters.given("S3BucketName") {
        trail.bucket = bucket.to_owned();
        cx.check_bucket(&arn, &trail)?;
    }
    if parameters.is("NoKmsKey") {
        trail.key = None;
    } else if let Some(named) = parameters.given("KmsKeyId") {
        trail.key = Some(cx.check_key(&arn, &trail, named)?);
    }
    let answer = trail.describe(&arn);
    cx.change_trail(&arn, |changed| {
        changed.bucket = trail.bucket;
        changed.key = trail.key;
    })?;
    Ok(answer)
}

fn set_logging(cx: &mut Cx<'_>, parameters: &Parameters, logging: bool) -> Result<Value, ServiceError> {
    let (arn, _) = cx.trail(parameters)?;
    cx.change_trail(&arn, |trail| trail.logging = logging)?;
    Ok(json!({}))
}

fn status(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (_, trail) = cx.trail(parameters)?;
    let mut answer = json!({ "IsLogging": trail.logging });
    if let Value::Object(members) = &mut answer {
        for (name, delivery) in [("", &trail.logs), ("Digest", &trail.digest)] {
            let told = [("Time", delivery.last.map(|at| at.to_string())), ("Error", delivery.error.clone())];
            for (what, text) in told {
                if let Some(text) = text {
                    members.insert(format!("Latest{name}Delivery{what}"), json!(text));
                }
            }
        }
    }
    Ok(answer)
}

impl Trail {
    fn describe(&self, arn: &str) -> Value {
        let mut answer = json!({
            "TrailARN": arn,
            "S3BucketName": self.bucket,
            "LogFileValidationEnabled": self.digests,
        });
        if let (Some(key), Value::Object(members)) = (self.key, &mut answer) {
            members.insert("KmsKeyId".to_owned(), json!(key));
        }
        answer
    }

    /// The name of a file that says nothing else than where files go, for tests of permissions.
    fn folder(&self) -> String {
        let prefix = self.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
        format!("{prefix}AWSLogs/{}/", self.account)
    }
}

impl Cx<'_> {
    fn trail_arn(&self, named: &str) -> String {
        if named.starts_with("arn:") {
            return named.to_owned();
        }
        format!("arn:aws:cloudtrail:{}:{}:trail/{named}", self.region, self.caller.account())
    }

    fn trail(&mut self, parameters: &Parameters) -> Result<(String, Trail), ServiceError> {
        let named = parameters.text("Name");
        let arn = self.trail_arn(named);
        let own = |trail: &&Arc<Trail>| trail.account == self.caller.account();
        let trail = self.cloud.cloudtrail.trails.get(&arn).filter(own).map(|trail| Trail::clone(trail));
        trail.map(|trail| (arn, trail)).ok_or_else(|| {
            let message = format!("Unknown trail: {named} for the user: {}", self.caller.account());
            ServiceError::new("TrailNotFoundException", 400, message)
        })
    }

    fn change_trail<T>(&mut self, arn: &str, change: impl FnOnce(&mut Trail) -> T) -> Result<T, ServiceError> {
        let trail = self.cloud.cloudtrail.trails.get_mut(arn).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(trail)))
    }

    /// Whether CloudTrail may deliver into the bucket.
    fn check_bucket(&mut self, arn: &str, trail: &Trail) -> Result<(), ServiceError> {
        let bucket = trail.bucket.as_str();
        let Some(region) = self.cloud.s3.region(bucket) else {
            let message = format!("S3 bucket {bucket} does not exist!");
            return Err(ServiceError::new("S3BucketDoesNotExistException", 400, message));
        };
        let refused = self.in_region(region, |cx| {
            cx.acting_for(PRINCIPAL, (trail.account, arn), |cx| {
                cx.through(&s3::SERVICE, |cx| cx.may_store(bucket, &trail.folder()))
            })
        });
        refused.map_err(|error| {
            let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}. {}", error.message);
            ServiceError::new("InsufficientS3BucketPolicyException", 400, message)
        })
    }

    /// Whether the caller can use the key, which is that of the bucket's Region.
    fn check_key(&mut self, arn: &str, trail: &Trail, named: &str) -> Result<KeyArn, ServiceError> {
        let region = self.cloud.s3.region(&trail.bucket).unwrap_or(trail.region);
        self.in_region(region, |cx| {
            let described = cx.describe_key(named, message!("the key that files are to be under"), refused)?;
            let object = s3::arn(&trail.bucket, Some(&trail.folder()));
            let context = [(CONTEXT_KEY, arn), ("aws:s3:arn", object.as_str())];
            let context: EncryptionContext =
                context.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let why = message!("a data key, to see whether one can be had; it is thrown away");
            cx.new_data_key(&described.key.to_string(), context, why, refused)?;
            Ok(described.key)
        })
    }
}

impl State {
    /// Whether there is a trail that has to be told what happens.
    pub fn is_logging(&self) -> bool {
        self.trails.values().any(|trail| trail.logging)
    }

    /// Keeps records for the trails of their accounts and Regions. What CloudTrail does to deliver is kept too, but is no
    /// reason to deliver again.
    pub fn keep(&mut self, records: &[Record], now: Timestamp) {
        for record in records {
            let of = |trail: &Trail| trail.account == record.recipient_account_id && trail.region == record.aws_region;
            let wanted = self.trails.iter().filter(|(_, trail)| trail.logging && of(trail));
            let wanted: Vec<String> = wanted.map(|(arn, _)| arn.clone()).collect();
            let Ok(text) = serde_json::to_string(record).map(Arc::<str>::from) else { continue };
            let own = record.user_identity.get("type").and_then(Value::as_str) == Some("AWSService")
                && &*record.source_ip_address == PRINCIPAL;
            for arn in wanted {
                if let Some(trail) = self.trails.get_mut(&arn).map(Arc::make_mut) {
                    trail.pending.push_back(Arc::clone(&text));
                    if trail.log_due.is_none() && !own {
                        trail.log_due = Some((Due::first(now, LOGS_AFTER), now));
                    }
                }
            }
        }
    }
}

fn due(cloud: &Cloud, _: &World) -> Option<Timestamp> {
    let of = |trail: &Trail| {
        let logs = trail.log_due.map(|(due, _)| due.at);
        [logs, trail.digest_due.map(|due| due.at)].into_iter().flatten().min()
    };
    cloud.cloudtrail.trails.values().filter_map(|trail| of(trail)).min()
}

fn notice(cx: &mut Cx<'_>) {
    let now = cx.now();
    let trails: Vec<(String, Arc<Trail>)> =
        cx.cloud.cloudtrail.trails.iter().map(|(arn, trail)| (arn.clone(), Arc::clone(trail))).collect();
    for (arn, trail) in trails {
        if let Some((due, since)) = trail.log_due.filter(|(due, _)| due.at <= now) {
            cx.deliver_logs(&arn, &trail, due, since);
        }
        if let Some(due) = trail.digest_due.filter(|due| due.at <= now) {
            cx.deliver_digest(&arn, &trail, due);
        }
    }
}

/// What CloudTrail makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    let code = match fault.kind {
        "AccessDeniedException" => "InsufficientEncryptionPolicyException",
        "NotFoundException" => "KmsKeyNotFoundException",
        "ThrottlingException" => "ThrottlingException",
        _ => "KmsException",
    };
    ServiceError::new(code, 400, flow::sentence(&fault))
}
