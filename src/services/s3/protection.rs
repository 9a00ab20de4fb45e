//! How an object is protected: the ways of server-side encryption, and what has to be stored for each.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    arn::KeyArn,
    crypto::{
        context::EncryptionContext,
        mac::{self, MacAlgorithm},
        secret::{Secret32, SecretBytes},
        step::Trace,
    },
    lang::{Message, message},
};

use super::{
    super::{Cx, ServiceError, data_key::DataKey, form::Parameters, held::HeldKey, seal::Bytes},
    BUCKET_KEY, Bucket, Object, arn, needs_tls, refused,
};

/// A way of server-side encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// SSE-S3: S3 has the keys.
    #[default]
    S3,
    /// SSE-KMS.
    Kms,
    /// DSSE-KMS: two layers.
    Dual,
}

/// How something is to be encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub mode: Mode,
    /// As it was named; without one, the AWS managed key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<bool>,
}

impl Wanted {
    /// What a request says; nothing where it says nothing.
    pub(super) fn read(parameters: &Parameters) -> Option<Self> {
        let key = parameters.given("SSEKMSKeyId").map(str::to_owned);
        let bucket_key = parameters.flag("BucketKeyEnabled");
        let mode = match parameters.given("ServerSideEncryption") {
            Some("aws:kms") => Mode::Kms,
            Some("aws:kms:dsse") => Mode::Dual,
            Some(_) => Mode::S3,
            None if key.is_some() => Mode::Kms,
            None => return None,
        };
        Some(Self { mode, key, bucket_key })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_deref().unwrap_or(MANAGED);
        match self.mode {
            Mode::S3 => f.write_str("SSE-S3"),
            Mode::Kms if self.bucket_key == Some(true) => write!(f, "SSE-KMS ({key}, Bucket Key)"),
            Mode::Kms => write!(f, "SSE-KMS ({key})"),
            Mode::Dual => write!(f, "DSSE-KMS ({key})"),
        }
    }
}

/// What is stored beside an object so that it can be opened again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Protection {
    /// Stored as it came, as it could be until January 2023.
    Nothing,
    /// The object's key, under the key that S3 has for itself.
    S3 {
        wrapped: Bytes,
    },
    Kms {
        key: KeyArn,
        context: EncryptionContext,
        wrapped: Bytes,
    },
    /// The object's key under the bucket's, and that under the KMS key.
    BucketKey {
        key: KeyArn,
        context: EncryptionContext,
        bucket_key: Bytes,
        wrapped: Bytes,
    },
    /// The object's key under the KMS key, and that of the outer layer under the key that S3 has for itself.
    Dual {
        key: KeyArn,
        context: EncryptionContext,
        wrapped: Bytes,
        outer: Bytes,
    },
    /// Nothing but what tells whether the same key comes again.
    Customer {
        salt: Bytes,
        check: Bytes,
    },
}

/// The alias that stands for SSE-KMS without a key.
const MANAGED: &str = "alias/aws/s3";
/// The context key by which S3 binds what it wraps to its name.
const CONTEXT_KEY: &str = "aws:s3:arn";

impl Protection {
    /// What is stored in the end, the object of that name and what lies beside it.
    pub(super) fn stored(&self, name: &str) -> Message {
        match self {
            Self::Nothing => message!("{name} is stored as it came, not encrypted.", name),
            Self::S3 { .. } => {
                message!("{name} is stored: ciphertext, and beside it its key, wrapped by a key of S3's own.", name)
            }
            Self::Kms { .. } => {
                message!("{name} is stored: ciphertext, and beside it its data key, wrapped by the KMS key.", name)
            }
            Self::BucketKey { .. } => message!(
                "{name} is stored: ciphertext, and beside it its key, wrapped by the bucket's, which the KMS key wrapped.",
                name
            ),
            Self::Dual { .. } => {
                message!("{name} is stored: ciphertext, and beside it the keys of both layers, wrapped.", name)
            }
            Self::Customer { .. } => {
                message!("{name} is stored: ciphertext, and beside it a salted check of your key, not the key.", name)
            }
        }
    }

    pub(super) fn headers(&self) -> Map<String, Value> {
        let (algorithm, key) = match self {
            Self::Nothing => return Map::new(),
            Self::S3 { .. } => ("AES256", None),
            Self::Kms { key, .. } | Self::BucketKey { key, .. } => ("aws:kms", Some(key)),
            Self::Dual { key, .. } => ("aws:kms:dsse", Some(key)),
            Self::Customer { .. } => {
                return Map::from_iter([("SSECustomerAlgorithm".to_owned(), json!("AES256"))]);
            }
        };
        let mut headers = Map::from_iter([("ServerSideEncryption".to_owned(), json!(algorithm))]);
        if let Some(key) = key {
            headers.insert("SSEKMSKeyId".to_owned(), json!(key));
            headers.insert("BucketKeyEnabled".to_owned(), json!(matches!(self, Self::BucketKey { .. })));
        }
        headers
    }

    fn needs_kms(&self) -> bool {
        matches!(self, Self::Kms { .. } | Self::BucketKey { .. } | Self::Dual { .. })
    }
}

impl Cx<'_> {
    /// Protects a new object.
    pub(super) fn seal_object(
        &mut self,
        bucket_name: &str,
        bucket: &Bucket,
        name: &str,
        wanted: &Wanted,
        context: &EncryptionContext,
        body: &[u8],
    ) -> Result<(Protection, Bytes), ServiceError> {
        if wanted.mode == Mode::S3 {
            let (object_key, wrapped) =
                self.fresh_key(bucket, name, message!("wraps the object's key by a key of its own"))?;
            let sealed = self.seal("", message!("encrypts the object"), &object_key, name, body);
            return Ok((Protection::S3 { wrapped }, sealed));
        }
        let key_id = self.kms_key(bucket, wanted.key.as_deref())?;
        if wanted.mode == Mode::Kms && wanted.bucket_key == Some(true) {
            let of_bucket = self.bucket_key(bucket_name, &key_id)?;
            let object_key = Secret32::from_bytes(self.world.entropy.draw());
            let wrapped = self.seal(
                "",
                message!("wraps the object's key by the bucket's"),
                &of_bucket.plaintext,
                name,
                object_key.expose(),
            );
            let sealed = self.seal("", message!("encrypts the object"), &object_key, name, body);
            let DataKey { key, context, wrapped: bucket_key, .. } = of_bucket;
            return Ok((Protection::BucketKey { key, context, bucket_key, wrapped }, sealed));
        }
        let data_key =
            self.new_data_key(&key_id, with_arn(context, name), message!("a data key for this object"), refused)?;
        let sealed = self.seal("", message!("encrypts the object"), &data_key.plaintext, name, body);
        let DataKey { key, context, wrapped, .. } = data_key;
        if wanted.mode == Mode::Kms {
            self.tell(message!("The plaintext data key is erased from memory."));
            return Ok((Protection::Kms { key, context, wrapped }, sealed));
        }
        let (outer_key, outer) =
            self.fresh_key(bucket, name, message!("wraps the key of the outer layer by a key of its own"))?;
        let sealed = self.seal("", message!("encrypts the ciphertext once more"), &outer_key, name, &sealed.0);
        Ok((Protection::Dual { key, context, wrapped, outer }, sealed))
    }

    /// Protects a new object by a key that comes with the request.
    pub(super) fn seal_for_customer(
        &mut self,
        bucket: &Bucket,
        name: &str,
        customer_key: &[u8],
        secure: bool,
        body: &[u8],
    ) -> Result<(Protection, Bytes), ServiceError> {
        let key = self.customer_key(customer_key, secure)?;
        if bucket.blocks_customer_keys {
            let message = "The bucket does not allow server-side encryption with customer-provided keys (SSE-C).";
            return Err(ServiceError::new("AccessDenied", 403, message));
        }
        let salt: [u8; 16] = self.world.entropy.draw();
        let check = check_of(&key, &salt).into();
        let sealed = self.seal("", message!("encrypts the object with your key, and forgets it"), &key, name, body);
        Ok((Protection::Customer { salt: salt.to_vec().into(), check }, sealed))
    }

    /// Opens a stored object.
    pub(super) fn open_object(
        &mut self,
        bucket_name: &str,
        bucket: &Bucket,
        name: &str,
        object: &Object,
        customer_key: Option<&[u8]>,
        secure: bool,
    ) -> Result<SecretBytes, ServiceError> {
        if object.protection.needs_kms() && !secure {
            return Err(needs_tls("AWS KMS managed keys"));
        }
        let sealed = &object.sealed;
        match (&object.protection, customer_key) {
            (Protection::Nothing, None) => Ok(SecretBytes::from_vec(sealed.0.to_vec())),
            (Protection::Customer { salt, check }, Some(given)) => {
                let key = self.customer_key(given, secure)?;
                if check_of(&key, &salt.0) != *check.0 {
                    let message = "The provided encryption parameters did not match the ones used originally.";
                    return Err(ServiceError::new("AccessDenied", 403, message));
                }
                self.open("", message!("decrypts the object with your key, and forgets it"), &key, name, sealed)
            }
            (Protection::Customer { .. }, None) => {
                let message = "The object was stored using a form of Server Side Encryption. The correct parameters \
                               must be provided to retrieve the object.";
                Err(ServiceError::new("InvalidRequest", 400, message))
            }
            (_, Some(_)) => {
                let message = "The encryption parameters are not applicable to this object.";
                Err(ServiceError::new("InvalidRequest", 400, message))
            }
            (Protection::S3 { wrapped }, None) => {
                let key = self.unwrap_by_s3(bucket, name, wrapped)?;
                self.open("", message!("decrypts the object"), &key, name, sealed)
            }
            (Protection::Kms { key, context, wrapped }, None) => {
                let key = self.data_key_of_old(*key, context, wrapped, message!("the object's data key"), refused)?;
                let plaintext = self.open("", message!("decrypts the object"), &key.plaintext, name, sealed);
                self.tell(message!("The plaintext data key is erased from memory."));
                plaintext
            }
            (Protection::BucketKey { key, context, bucket_key, wrapped }, None) => {
                let of_bucket = self.held_bucket_key(bucket_name, *key, context, bucket_key)?;
                let key =
                    self.open("", message!("unwraps the object's key by the bucket's"), &of_bucket, name, wrapped)?;
                let key = Secret32::from_slice(key.expose()).ok_or_else(ServiceError::internal)?;
                self.open("", message!("decrypts the object"), &key, name, sealed)
            }
            (Protection::Dual { key, context, wrapped, outer }, None) => {
                let outer = self.unwrap_by_s3(bucket, name, outer)?;
                let inner = self.open("", message!("decrypts the outer layer"), &outer, name, sealed)?;
                let key = self.data_key_of_old(*key, context, wrapped, message!("the object's data key"), refused)?;
                self.open(
                    "",
                    message!("decrypts the object"),
                    &key.plaintext,
                    name,
                    &Bytes::from(inner.expose().to_vec()),
                )
            }
        }
    }

    /// The name to ask KMS with. The AWS managed key is made when it is first needed.
    fn kms_key(&mut self, bucket: &Bucket, named: Option<&str>) -> Result<String, ServiceError> {
        if let Some(named) = named.filter(|named| *named != MANAGED) {
            return Ok(named.to_owned());
        }
        // Whoever asks, it is the key of the bucket's account.
        let alias = format!("arn:aws:kms:{}:{}:{MANAGED}", bucket.region, bucket.account);
        let there = alias.parse().is_ok_and(|alias| self.world.alias(&alias).is_some());
        if !there {
            let members = json!({ "KeyId": alias });
            self.ask_for_caller("DescribeKey", &members, message!("the AWS managed key, which this makes"))
                .map_err(refused)?;
        }
        Ok(alias)
    }

    /// The bucket-level key for whoever asks now, from memory or from KMS.
    fn bucket_key(&mut self, bucket_name: &str, key_id: &str) -> Result<DataKey, ServiceError> {
        let (holder, now) = (format!("{} for {key_id}", self.caller.principal()), self.now());
        let context = with_arn(&EncryptionContext::default(), &arn(bucket_name, None));
        let held = self.change_bucket(bucket_name, |bucket| {
            bucket.bucket_keys.find(BUCKET_KEY, now, |held| held.holder == holder)
        })?;
        if let Some(HeldKey { key, wrapped, plaintext, .. }) = held {
            self.tell(message!("S3 has a key of the bucket for this caller in memory. KMS is not asked."));
            return Ok(DataKey { key, context, wrapped, plaintext });
        }
        let data_key = self.new_data_key(key_id, context, message!("a key for the bucket"), refused)?;
        self.change_bucket(bucket_name, |bucket| bucket.bucket_keys.hold(holder, &data_key, now))?;
        Ok(data_key)
    }

    /// The bucket-level key that an object's key is wrapped by, from memory or from KMS.
    fn held_bucket_key(
        &mut self,
        bucket_name: &str,
        key: KeyArn,
        context: &EncryptionContext,
        wrapped: &Bytes,
    ) -> Result<Secret32, ServiceError> {
        let (principal, now) = (self.caller.principal(), self.now());
        let held = self.change_bucket(bucket_name, |bucket| {
            let of_caller = |held: &HeldKey| held.holder.split(' ').next() == Some(&principal);
            bucket.bucket_keys.find(BUCKET_KEY, now, |held| held.wrapped == *wrapped && of_caller(held))
        })?;
        if let Some(held) = held {
            self.tell(message!("S3 has the bucket's key for this caller in memory. KMS is not asked."));
            return Ok(held.plaintext);
        }
        let data_key = self.data_key_of_old(key, context, wrapped, message!("the bucket's key"), refused)?;
        self.change_bucket(bucket_name, |bucket| bucket.bucket_keys.hold(principal, &data_key, now))?;
        Ok(data_key.plaintext)
    }

    /// A key for an object that S3 wraps itself.
    fn fresh_key(&mut self, bucket: &Bucket, name: &str, what: Message) -> Result<(Secret32, Bytes), ServiceError> {
        let fresh = Secret32::from_bytes(self.world.entropy.draw());
        let own = self.own_key("s3", bucket.account);
        let wrapped = self.seal("", what, &own, name, fresh.expose());
        Ok((fresh, wrapped))
    }

    fn unwrap_by_s3(&mut self, bucket: &Bucket, name: &str, wrapped: &Bytes) -> Result<Secret32, ServiceError> {
        let own = self.own_key("s3", bucket.account);
        let key = self.open("", message!("unwraps a key by a key of its own"), &own, name, wrapped)?;
        Secret32::from_slice(key.expose()).ok_or_else(ServiceError::internal)
    }

    fn customer_key(&mut self, given: &[u8], secure: bool) -> Result<Secret32, ServiceError> {
        if !secure {
            return Err(needs_tls("Customer provided keys"));
        }
        Secret32::from_slice(given)
            .ok_or_else(|| ServiceError::invalid("The secret key was invalid for the specified algorithm: 32 bytes."))
    }
}

/// The context of S3 with what a request adds.
fn with_arn(context: &EncryptionContext, name: &str) -> EncryptionContext {
    let own = [(CONTEXT_KEY.to_owned(), name.to_owned())];
    context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).chain(own).collect()
}

/// By which S3 knows a key again that it has not kept.
fn check_of(key: &Secret32, salt: &[u8]) -> Vec<u8> {
    let key = SecretBytes::from_vec(key.expose().to_vec());
    mac::generate(MacAlgorithm::HmacSha256, &key, salt, &mut Trace::off())
}
