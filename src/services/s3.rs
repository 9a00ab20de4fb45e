//! Amazon S3: objects under data keys that KMS makes, one for each object or, with a Bucket Key, one for each who asks.
//!
//! Sources: S3 User Guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)", "Reducing the cost of SSE-KMS with
//! Amazon S3 Bucket Keys", "Using dual-layer server-side encryption", "Using server-side encryption with
//! customer-provided keys", "Download and upload objects with presigned URLs".

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, Region},
    clock::{Span, Timestamp},
    crypto::context::EncryptionContext,
    endpoint::fault::Fault,
    kms::Rules,
    lang::message,
    policy::{Policy, PolicyKind},
};

use super::{
    Cx, Operation, Service, ServiceError,
    change::Change,
    flow,
    form::{Parameter, ParameterKind, Parameters},
    held::{HeldKeys, Holding},
    seal::Bytes,
    tour::Move,
};

pub mod client_side;
mod presigned;
mod protection;
mod shown;

use protection::{Mode, Protection, Wanted};

/// What Amazon S3 is here.
pub static SERVICE: Service = Service {
    name: "s3",
    title: "Amazon S3",
    host: "s3",
    about: "Objects in buckets, each encrypted at rest under a key of its own.",
    operations: OPERATIONS,
    then_and_now: THEN_AND_NOW,
    tour: TOUR,
    inventory: shown::inventory,
    due: |_, _| None,
    notice: |_| {},
    watches: |_| false,
    failed: |_, _| None,
};

/// Where study notes of about 2019 and today differ.
static THEN_AND_NOW: &[Change] = &[
    Change::by_rules(
        "An object that nobody asks to encrypt",
        "It is stored as it came.",
        "It is encrypted with SSE-S3 at least, since January 2023.",
    ),
    Change::always(
        Rules::Today,
        "Which objects have a data key by KMS",
        "Every object, as the notes say it.",
        "Those with SSE-KMS or DSSE-KMS. What has SSE-S3 takes no request to KMS.",
    ),
    Change::by_rules(
        "SSE-C in a new bucket",
        "It is allowed.",
        "It is blocked unless the bucket allows it, since April 2026. A bucket keeps what held when it was made.",
    ),
    Change::by_rules(
        "KMS requests a second, where requests are counted",
        "5,500 of an account in a Region, for all that use keys together.",
        "10,000, 20,000 or 100,000, by Region.",
    ),
    Change::always(
        Rules::Today,
        "What helps against ThrottlingException",
        "A request to AWS Support for a higher limit.",
        "Service Quotas, where one asks for it oneself, and Bucket Keys, since December 2020, or a CDN.",
    ),
];

/// The buckets of all accounts; their names are unique among all.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    buckets: OrdMap<String, Arc<Bucket>>,
}

/// A bucket.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Bucket {
    account: AccountId,
    region: Region,
    /// How objects are encrypted whose request does not say; without it, as the rules have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption: Option<Wanted>,
    /// Whether objects under keys of their owner's are refused.
    blocks_customer_keys: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    bucket_keys: HeldKeys,
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    objects: OrdMap<String, Arc<Object>>,
}

/// An object as it is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    protection: Protection,
    /// Never the plaintext, unless nothing protects it.
    sealed: Bytes,
    /// Of what was put, in bytes.
    size: u64,
    written: Timestamp,
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    metadata: OrdMap<String, String>,
}

/// How long S3 uses a bucket-level key. Documented as time-limited, without a figure.
const BUCKET_KEY: Holding = Holding { most: Some(Span::minutes(5)), idle: None };

const MODES: ParameterKind = ParameterKind::Choice(&["AES256", "aws:kms", "aws:kms:dsse"]);
const BUCKET: Parameter = Parameter::required("Bucket", ParameterKind::Text, "The name of the bucket.");
const KEY: Parameter = Parameter::required("Key", ParameterKind::Text, "The name of the object.");
const BODY: Parameter = Parameter::required("Body", ParameterKind::Bytes, "What to store.");
const ENCRYPTION: Parameter =
    Parameter::optional("ServerSideEncryption", MODES, "AES256 is SSE-S3, aws:kms SSE-KMS, aws:kms:dsse DSSE-KMS.");
const KMS_KEY: Parameter =
    Parameter::optional("SSEKMSKeyId", ParameterKind::Key, "The KMS key; without one, the AWS managed key aws/s3.");
const BUCKET_KEY_ENABLED: Parameter = Parameter::optional(
    "BucketKeyEnabled",
    ParameterKind::Flag,
    "Whether S3 asks KMS once for a key of the bucket instead of once for each object.",
);
const CUSTOMER_KEY: Parameter =
    Parameter::optional("SSECustomerKey", ParameterKind::Secret, "A key of 256 bits that S3 uses and forgets (SSE-C).");
const PLAIN_HTTP: Parameter =
    Parameter::optional("PlainHttp", ParameterKind::Flag, "Whether the request comes over HTTP, without TLS.");

static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateBucket",
        about: "Makes a bucket in the caller's account and Region.",
        parameters: &[
            BUCKET,
            ENCRYPTION,
            KMS_KEY,
            BUCKET_KEY_ENABLED,
            Parameter::optional(
                "BlockSSEC",
                ParameterKind::Flag,
                "Whether SSE-C is refused, as by default since April 2026.",
            ),
        ],
        run: create_bucket,
    },
    Operation {
        name: "PutBucketEncryption",
        about: "Changes how objects are encrypted from now on whose request does not say.",
        parameters: &[BUCKET, ENCRYPTION, KMS_KEY, BUCKET_KEY_ENABLED],
        run: put_bucket_encryption,
    },
    Operation {
        name: "PutBucketPolicy",
        about: "Says who else may use the bucket, and who may not.",
        parameters: &[
            BUCKET,
            Parameter::optional("Policy", ParameterKind::Policy, "JSON; without it the policy is taken away."),
        ],
        run: put_bucket_policy,
    },
    Operation {
        name: "PutObject",
        about: "Encrypts and stores an object.",
        parameters: &[
            BUCKET,
            KEY,
            BODY,
            ENCRYPTION,
            KMS_KEY,
            BUCKET_KEY_ENABLED,
            Parameter::optional(
                "SSEKMSEncryptionContext",
                ParameterKind::Pairs,
                "Pairs beside the one that S3 adds, aws:s3:arn.",
            ),
            CUSTOMER_KEY,
            PLAIN_HTTP,
        ],
        run: put_object,
    },
    Operation {
        name: "GetObject",
        about: "Decrypts an object and gives it out.",
        parameters: &[BUCKET, KEY, CUSTOMER_KEY, PLAIN_HTTP],
        run: get_object,
    },
    Operation {
        name: "CopyObject",
        about: "Decrypts an object and encrypts it anew elsewhere, or in its place under another key.",
        parameters: &[
            Parameter::required("SourceBucket", ParameterKind::Text, "The bucket it is in."),
            Parameter::required("SourceKey", ParameterKind::Text, "Its name there."),
            BUCKET,
            KEY,
            ENCRYPTION,
            KMS_KEY,
            BUCKET_KEY_ENABLED,
        ],
        run: copy_object,
    },
    Operation {
        name: "ListObjectsV2",
        about: "Names the objects of a bucket. Nothing is decrypted for that.",
        parameters: &[BUCKET, Parameter::optional("Prefix", ParameterKind::Text, "How their names begin.")],
        run: list_objects,
    },
    Operation {
        name: "DeleteObject",
        about: "Deletes an object, with its wrapped data key.",
        parameters: &[BUCKET, KEY],
        run: delete_object,
    },
    Operation {
        name: "PresignGetObject",
        about: "Signs a URL by which anybody can get the object in the signer's name. Asks nobody.",
        parameters: &[
            BUCKET,
            KEY,
            Parameter::required("ExpiresIn", ParameterKind::Number(1, 604_800), "In seconds, at most seven days."),
        ],
        run: presigned::presign,
    },
    Operation {
        name: "GetPresigned",
        about: "Gets an object by a URL that somebody signed.",
        parameters: &[Parameter::required("Url", ParameterKind::Text, "The URL, with its signature.")],
        run: presigned::get,
    },
    Operation {
        name: "PutObjectClientSide",
        about: "Encrypts with the S3 Encryption Client before anything is sent, and stores the ciphertext.",
        parameters: &[
            BUCKET,
            KEY,
            BODY,
            Parameter::required("KmsKeyId", ParameterKind::Key, "The KMS key that the client asks for a data key."),
        ],
        run: client_side::put,
    },
    Operation {
        name: "GetObjectClientSide",
        about: "Gets the ciphertext and decrypts it with the S3 Encryption Client.",
        parameters: &[BUCKET, KEY],
        run: client_side::get,
    },
];

static TOUR: &[Move] = &[
    Move::ask(
        "A bucket whose objects get a data key of KMS each.",
        "CreateBucket",
        r#"{"Bucket": "media", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/orders"}"#,
    ),
    Move::ask(
        "S3 asks KMS for a data key in your name, bound to the object's ARN, encrypts, and keeps the wrapped key beside it.",
        "PutObject",
        r#"{"Bucket": "media", "Key": "film.txt", "Body": "VGhlIGZpcnN0IHNjZW5lLg=="}"#,
    ),
    Move::ask(
        "To read it, S3 has the data key decrypted, again in your name: you need kms:Decrypt.",
        "GetObject",
        r#"{"Bucket": "media", "Key": "film.txt"}"#,
    ),
    Move::ask(
        "Whoever administers keys but may not use them gets nothing, though the bucket would let them.",
        "GetObject",
        r#"{"Bucket": "media", "Key": "film.txt"}"#,
    )
    .by("KMSKeyAdmin")
    .refused(),
    Move::ask(
        "A URL that carries a signature. Signing asks nobody.",
        "PresignGetObject",
        r#"{"Bucket": "media", "Key": "film.txt", "ExpiresIn": 3600}"#,
    )
    .by("OrdersApp"),
    Move::kms("Now the key is switched off.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "S3 holds no data key in memory, so the very next request fails.",
        "GetObject",
        r#"{"Bucket": "media", "Key": "film.txt"}"#,
    )
    .refused(),
    Move::kms("And on again: nothing was lost.", "EnableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "With a Bucket Key, S3 asks once for a key of the bucket and wraps the objects' keys by that.",
        "PutBucketEncryption",
        r#"{"Bucket": "media", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/orders", "BucketKeyEnabled": true}"#,
    ),
    Move::ask(
        "The first object after that: one request to KMS, for the bucket.",
        "PutObject",
        r#"{"Bucket": "media", "Key": "second.txt", "Body": "VGhlIHNlY29uZCBzY2VuZS4="}"#,
    ),
    Move::ask(
        "The next ones: none.",
        "PutObject",
        r#"{"Bucket": "media", "Key": "third.txt", "Body": "VGhlIHRoaXJkIHNjZW5lLg=="}"#,
    ),
    Move::kms("Off once more.", "DisableKey", r#"{"KeyId": "$orders"}"#),
    Move::ask(
        "S3 still has the bucket's key in memory and does not notice.",
        "GetObject",
        r#"{"Bucket": "media", "Key": "third.txt"}"#,
    ),
    Move::wait("Five minutes later the bucket's key has lapsed.", "5m"),
    Move::ask("Now it asks, and is refused.", "GetObject", r#"{"Bucket": "media", "Key": "third.txt"}"#).refused(),
    Move::kms("The key back on, everything opens.", "EnableKey", r#"{"KeyId": "$orders"}"#),
];

fn create_bucket(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("Bucket");
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !(3..=63).contains(&name.len()) || !name.bytes().all(good) {
        let message = "The specified bucket is not valid: 3 to 63 lowercase letters, digits, hyphens or dots.";
        return Err(ServiceError::new("InvalidBucketName", 400, message));
    }
    if let Some(bucket) = cx.cloud.s3.buckets.get(name) {
        let code =
            if bucket.account == cx.caller.account() { "BucketAlreadyOwnedByYou" } else { "BucketAlreadyExists" };
        return Err(ServiceError::new(code, 409, "The requested bucket name is not available."));
    }
    let bucket = Bucket {
        account: cx.caller.account(),
        region: cx.region,
        encryption: Wanted::read(parameters),
        blocks_customer_keys: parameters.flag("BlockSSEC").unwrap_or(cx.world.rules() == Rules::Today),
        policy: None,
        bucket_keys: HeldKeys::default(),
        objects: OrdMap::new(),
    };
    cx.tell(match bucket.default_encryption(cx.world.rules()) {
        Some(wanted) => {
            message!("The bucket “{name}” encrypts with {wanted} unless a request says otherwise.", name, wanted)
        }
        None => message!("The bucket “{name}” does not encrypt unless a request says so.", name),
    });
    cx.cloud.s3.buckets.insert(name.to_owned(), Arc::new(bucket));
    Ok(json!({ "Location": format!("/{name}"), "BucketArn": arn(name, None) }))
}

fn put_bucket_encryption(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (name, wanted) = (parameters.text("Bucket"), Wanted::read(parameters).unwrap_or_default());
    cx.admit(name, None, "s3:PutEncryptionConfiguration", true)?;
    cx.tell(message!(
        "Objects put into “{name}” from now on are encrypted with {wanted}. Those that are there stay as they are.",
        name,
        wanted
    ));
    cx.change_bucket(name, |bucket| bucket.encryption = Some(wanted))?;
    Ok(json!({}))
}

fn put_bucket_policy(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let name = parameters.text("Bucket");
    cx.admit(name, None, "s3:PutBucketPolicy", true)?;
    let policy = match parameters.given("Policy").filter(|text| !text.trim().is_empty()) {
        None => None,
        Some(text) => Some(Policy::parse(text, PolicyKind::Bucket).map_err(|error| {
            ServiceError::new("MalformedPolicy", 400, format!("The bucket policy is not valid: {error}"))
        })?),
    };
    cx.change_bucket(name, |bucket| bucket.policy = policy)?;
    Ok(json!({}))
}

fn put_object(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let put = Put {
        bucket: parameters.text("Bucket"),
        key: parameters.text("Key"),
        wanted: Wanted::read(parameters),
        bucket_key: parameters.flag("BucketKeyEnabled"),
        context: parameters.pairs("SSEKMSEncryptionContext"),
        customer_key: parameters.given("SSECustomerKey").map(|_| parameters.bytes("SSECustomerKey")),
        secure: !parameters.is("PlainHttp"),
        metadata: OrdMap::new(),
    };
    put.store(cx, &parameters.bytes("Body"))
}

fn get_object(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let customer_key = parameters.given("SSECustomerKey").map(|_| parameters.bytes("SSECustomerKey"));
    let secure = !parameters.is("PlainHttp");
    let (bucket, key) = (parameters.text("Bucket"), parameters.text("Key"));
    let (body, object) = cx.read_object(bucket, key, customer_key.as_deref(), secure)?;
    Ok(object.answer(&body))
}

fn copy_object(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (body, object) = cx.read_object(parameters.text("SourceBucket"), parameters.text("SourceKey"), None, true)?;
    let put = Put {
        wanted: Wanted::read(parameters),
        bucket_key: parameters.flag("BucketKeyEnabled"),
        metadata: object.metadata,
        ..Put::new(parameters.text("Bucket"), parameters.text("Key"))
    };
    put.store(cx, &body)
}

fn list_objects(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (name, prefix) = (parameters.text("Bucket"), parameters.text("Prefix"));
    let bucket = cx.admit(name, None, "s3:ListBucket", true)?;
    let listed = bucket
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .map(|(key, object)| json!({ "Key": key, "Size": object.size, "LastModified": object.written }));
    Ok(json!({ "Contents": listed.collect::<Vec<_>>() }))
}

fn delete_object(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (name, key) = (parameters.text("Bucket"), parameters.text("Key"));
    cx.admit(name, Some(key), "s3:DeleteObject", true)?;
    cx.change_bucket(name, |bucket| bucket.objects.remove(key))?;
    cx.tell(message!("{object} is gone, and its wrapped data key with it.", object = arn(name, Some(key))));
    Ok(json!({}))
}

/// An object to be stored.
pub struct Put<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// As the request says it; otherwise as the bucket does.
    wanted: Option<Wanted>,
    /// Whether with a Bucket Key; otherwise as the bucket does.
    bucket_key: Option<bool>,
    pub context: EncryptionContext,
    customer_key: Option<Vec<u8>>,
    secure: bool,
    metadata: OrdMap<String, String>,
}

impl<'a> Put<'a> {
    /// One that the bucket's defaults are good for.
    pub fn new(bucket: &'a str, key: &'a str) -> Self {
        let (context, metadata) = (EncryptionContext::default(), OrdMap::new());
        Self { bucket, key, wanted: None, bucket_key: None, context, customer_key: None, secure: true, metadata }
    }

    /// One under a KMS key, whatever the bucket says.
    #[must_use]
    pub fn under(mut self, kms_key: Option<&str>) -> Self {
        self.wanted = Some(Wanted { mode: Mode::Kms, key: kms_key.map(str::to_owned), bucket_key: None });
        self
    }

    /// One with SSE-S3, whatever the bucket says.
    #[must_use]
    pub fn under_own_keys_of_s3(mut self) -> Self {
        self.wanted = Some(Wanted::default());
        self
    }

    /// Encrypts and stores it, as the caller's.
    ///
    /// # Errors
    ///
    /// S3's own, and what it makes of what KMS answers.
    pub fn store(self, cx: &mut Cx<'_>, body: &[u8]) -> Result<Value, ServiceError> {
        let bucket = cx.admit(self.bucket, Some(self.key), "s3:PutObject", self.secure)?;
        let name = arn(self.bucket, Some(self.key));
        let (protection, sealed) = match &self.customer_key {
            Some(key) => cx.seal_for_customer(&bucket, &name, key, self.secure, body)?,
            None => {
                let by_default = bucket.default_encryption(cx.world.rules());
                let bucket_key = by_default.as_ref().and_then(|wanted| wanted.bucket_key);
                let Some(mut wanted) = self.wanted.clone().or(by_default) else {
                    return self.keep(cx, Protection::Nothing, body.to_vec().into(), body.len());
                };
                wanted.bucket_key = self.bucket_key.or(bucket_key);
                if wanted.mode != Mode::S3 && !self.secure {
                    return Err(needs_tls("AWS KMS managed keys"));
                }
                cx.seal_object(self.bucket, &bucket, &name, &wanted, &self.context, body)?
            }
        };
        self.keep(cx, protection, sealed, body.len())
    }

    /// Stores it, of a length before it was encrypted.
    fn keep(
        self,
        cx: &mut Cx<'_>,
        protection: Protection,
        sealed: Bytes,
        length: usize,
    ) -> Result<Value, ServiceError> {
        let name = arn(self.bucket, Some(self.key));
        let size = u64::try_from(length).unwrap_or(u64::MAX);
        let object = Object { protection, sealed, size, written: cx.now(), metadata: self.metadata };
        let answer = object.headers();
        cx.tell(object.protection.stored(&name));
        cx.change_bucket(self.bucket, |bucket| bucket.objects.insert(self.key.to_owned(), Arc::new(object)))?;
        Ok(answer)
    }
}

impl Bucket {
    /// How objects are encrypted whose request does not say. SSE-S3 is for all since January 2023.
    fn default_encryption(&self, rules: Rules) -> Option<Wanted> {
        let by_rules = match rules {
            Rules::Classic => None,
            Rules::Today => Some(Wanted::default()),
        };
        self.encryption.clone().or(by_rules)
    }
}

impl Object {
    /// The headers that tell how it is encrypted.
    fn headers(&self) -> Value {
        let mut headers = self.protection.headers();
        if !self.metadata.is_empty() {
            headers.insert("Metadata".to_owned(), json!(self.metadata));
        }
        Value::Object(headers)
    }

    fn answer(&self, body: &[u8]) -> Value {
        let mut answer = self.headers();
        if let Value::Object(members) = &mut answer {
            members.insert("Body".to_owned(), json!(Bytes::from(body.to_vec()).to_base64()));
        }
        answer
    }
}

impl Cx<'_> {
    /// The bucket, if the caller may do this with it.
    fn admit(
        &mut self,
        bucket: &str,
        key: Option<&str>,
        action: &'static str,
        secure: bool,
    ) -> Result<Arc<Bucket>, ServiceError> {
        let found = self.cloud.s3.buckets.get(bucket).map(Arc::clone);
        let found = found
            .ok_or_else(|| ServiceError::new("NoSuchBucket", 404, format!("The bucket {bucket} does not exist.")))?;
        if found.region != self.region {
            let message = format!("The bucket is in {}, the request went to {}.", found.region, self.region);
            return Err(ServiceError::new("PermanentRedirect", 301, message));
        }
        self.may(action, &arn(bucket, key), found.account, found.policy.as_ref(), secure)?;
        Ok(found)
    }

    /// Whether the caller may store an object of this name.
    ///
    /// # Errors
    ///
    /// S3's own.
    pub fn may_store(&mut self, bucket: &str, key: &str) -> Result<(), ServiceError> {
        self.admit(bucket, Some(key), "s3:PutObject", true).map(drop)
    }

    fn change_bucket<T>(&mut self, name: &str, change: impl FnOnce(&mut Bucket) -> T) -> Result<T, ServiceError> {
        let bucket = self.cloud.s3.buckets.get_mut(name).ok_or_else(ServiceError::internal)?;
        Ok(change(Arc::make_mut(bucket)))
    }

    /// An object as whoever put it gave it, and as it is stored.
    ///
    /// # Errors
    ///
    /// S3's own, and what it makes of what KMS answers.
    pub fn read_object(
        &mut self,
        name: &str,
        key: &str,
        customer_key: Option<&[u8]>,
        secure: bool,
    ) -> Result<(Vec<u8>, Object), ServiceError> {
        let bucket = self.admit(name, Some(key), "s3:GetObject", secure)?;
        let object = bucket.objects.get(key).map(|object| Object::clone(object));
        let object =
            object.ok_or_else(|| ServiceError::new("NoSuchKey", 404, format!("The object {key} is not in {name}.")))?;
        let plaintext = self.open_object(name, &bucket, &arn(name, Some(key)), &object, customer_key, secure)?;
        Ok((plaintext.expose().to_vec(), object))
    }
}

impl State {
    /// The names of the objects of a bucket that begin with `prefix`, in order.
    pub fn names<'a>(&'a self, bucket: &str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let objects = self.buckets.get(bucket).map(|bucket| bucket.objects.keys());
        objects.into_iter().flatten().map(String::as_str).filter(move |name| name.starts_with(prefix))
    }

    /// Whose a bucket is.
    pub fn owner(&self, bucket: &str) -> Option<AccountId> {
        self.buckets.get(bucket).map(|bucket| bucket.account)
    }

    /// Where a bucket is.
    pub fn region(&self, bucket: &str) -> Option<Region> {
        self.buckets.get(bucket).map(|bucket| bucket.region)
    }
}

/// The ARN of a bucket, or of an object in it.
pub fn arn(bucket: &str, key: Option<&str>) -> String {
    key.map_or_else(|| format!("arn:aws:s3:::{bucket}"), |key| format!("arn:aws:s3:::{bucket}/{key}"))
}

fn needs_tls(keys: &str) -> ServiceError {
    let message =
        format!("Requests specifying Server Side Encryption with {keys} must be made over a secure connection.");
    ServiceError::new("InvalidArgument", 400, message)
}

/// What S3 makes of an answer of KMS.
fn refused(fault: Fault) -> ServiceError {
    if fault.kind == "AccessDeniedException" {
        return ServiceError::new("AccessDenied", 403, flow::sentence(&fault));
    }
    ServiceError::new(format!("KMS.{}", fault.kind), fault.status, flow::sentence(&fault))
}
