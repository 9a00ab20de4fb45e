//! What a trail delivers: files of records, and digests of those files, each with the hash of the digest before it.

use std::{fmt::Write as _, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{clock::Timestamp, crypto::context::EncryptionContext, lang::message};

use super::{
    super::{
        Cx, ServiceError,
        due::Due,
        form::Parameters,
        s3::{self, Put},
    },
    CONTEXT_KEY, DIGEST_AFTER, Delivery, GIVEN_UP_AFTER, LONGEST_WAIT, PRINCIPAL, Trail,
};

/// A delivered file, as a digest tells of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogFile {
    s3_bucket: String,
    pub(super) s3_object: String,
    /// SHA-256 of the file before it was encrypted, in hexadecimal.
    pub(super) hash_value: String,
    hash_algorithm: String,
}

impl LogFile {
    fn new(bucket: &str, object: &str, body: &str) -> Self {
        let hash_algorithm = "SHA-256".to_owned();
        Self {
            s3_bucket: bucket.to_owned(),
            s3_object: object.to_owned(),
            hash_value: hash(body.as_bytes()),
            hash_algorithm,
        }
    }
}

fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Cx<'_> {
    /// Delivers what waits, and says when it is tried again if that fails.
    pub(super) fn deliver_logs(&mut self, arn: &str, trail: &Trail, due: Due, since: Timestamp) {
        let now = self.now();
        let body = trail.pending.iter().map(|record| &**record).collect::<Vec<_>>().join(",");
        let (body, count) = (format!("{{\"Records\":[{body}]}}"), trail.pending.len());
        let unique: [u8; 8] = self.world.entropy.draw();
        let unique = u64::from_be_bytes(unique);
        let (folder, name) = (trail.dated("CloudTrail", now), trail.file_name("CloudTrail"));
        let object = format!("{folder}/{name}_{}_{unique:016X}.json", basic(now, 13));
        let delivered = self.deliver(arn, trail, &object, &body);
        let given_up = since.after(GIVEN_UP_AFTER) <= now;
        match &delivered {
            Ok(()) => self.tell(message!(
                "A file is delivered into “{bucket}”. Records in it: {count}.",
                bucket = trail.bucket,
                count
            )),
            Err(error) if given_up => {
                self.tell(message!(
                    "Records that are given up after 30 days: {count}. The last error: {error}.",
                    count,
                    error = error.code
                ));
            }
            Err(error) => {
                self.tell_in_vain(message!(
                    "Nothing is delivered, and it is tried again: {error}.",
                    error = error.code
                ));
            }
        }
        if let Some(trail) = self.cloud.cloudtrail.trails.get_mut(arn).map(Arc::make_mut) {
            trail.logs.note(&delivered, now);
            if delivered.is_ok() || given_up {
                // What the delivery itself left behind waits for the next.
                trail.pending = trail.pending.skip(count);
                trail.log_due = None;
            } else {
                trail.log_due = Some((due.again(now, LONGEST_WAIT), since));
            }
            if delivered.is_ok() && trail.digests {
                trail.undigested.push_back(Arc::new(LogFile::new(&trail.bucket, &object, &body)));
                trail.digest_due = trail.digest_due.or(Some(Due::first(now, DIGEST_AFTER)));
            }
        }
    }

    /// Delivers a digest of the files since the last one.
    pub(super) fn deliver_digest(&mut self, arn: &str, trail: &Trail, due: Due) {
        let now = self.now();
        let before = trail.last_digest.as_deref();
        let files: Vec<&LogFile> = trail.undigested.iter().map(|file| &**file).collect();
        let body = json!({
            "awsAccountId": trail.account,
            "digestEndTime": now,
            "digestS3Bucket": trail.bucket,
            "previousDigestS3Object": before.map(|digest| &digest.s3_object),
            "previousDigestHashValue": before.map(|digest| &digest.hash_value),
            "previousDigestHashAlgorithm": before.map(|digest| &digest.hash_algorithm),
            "logFiles": files,
        });
        let (body, count) = (body.to_string(), files.len());
        let (folder, name) = (trail.dated("CloudTrail-Digest", now), trail.file_name("CloudTrail-Digest"));
        let own = arn.rsplit('/').next().unwrap_or(arn);
        let object = format!("{folder}/{name}_{own}_{}_{}.json", trail.region, basic(now, 15));
        let delivered = self.deliver(arn, trail, &object, &body);
        match &delivered {
            Ok(()) if before.is_none() => {
                self.tell(message!("The first digest is delivered. Files in it: {count}.", count))
            }
            Ok(()) => {
                self.tell(message!(
                    "A digest is delivered, with the hash of the one before it. Files in it: {count}.",
                    count
                ));
            }
            Err(error) => {
                self.tell_in_vain(message!(
                    "A digest is not delivered, and is tried again: {error}.",
                    error = error.code
                ));
            }
        }
        if let Some(trail) = self.cloud.cloudtrail.trails.get_mut(arn).map(Arc::make_mut) {
            trail.digest.note(&delivered, now);
            if delivered.is_ok() {
                trail.undigested = trail.undigested.skip(count);
                trail.last_digest = Some(Arc::new(LogFile::new(&trail.bucket, &object, &body)));
                trail.digest_due = (!trail.undigested.is_empty()).then(|| Due::first(now, DIGEST_AFTER));
            } else {
                trail.digest_due = Some(due.again(now, LONGEST_WAIT));
            }
        }
    }

    /// Puts a file into the bucket, as CloudTrail for the trail.
    fn deliver(&mut self, arn: &str, trail: &Trail, object: &str, body: &str) -> Result<(), ServiceError> {
        let region = self.cloud.s3.region(&trail.bucket).unwrap_or(trail.region);
        let key = trail.key.map(|key| key.to_string());
        let mut put = Put::new(&trail.bucket, object);
        if let Some(key) = &key {
            put = put.under(Some(key));
            put.context = EncryptionContext::from_iter([(CONTEXT_KEY.to_owned(), arn.to_owned())]);
        } else {
            put = put.under_own_keys_of_s3();
        }
        self.in_region(region, |cx| {
            cx.acting_for(PRINCIPAL, (trail.account, arn), |cx| {
                cx.through(&s3::SERVICE, |cx| put.store(cx, body.as_bytes()).map(drop))
            })
        })
    }
}

impl Delivery {
    fn note(&mut self, delivered: &Result<(), ServiceError>, now: Timestamp) {
        self.tried = Some(now);
        self.error = delivered.as_ref().err().map(|error| error.code.clone().into_owned());
        if delivered.is_ok() {
            self.last = Some(now);
        }
    }
}

impl Trail {
    /// Where files of a kind and a day are.
    fn dated(&self, kind: &str, now: Timestamp) -> String {
        let (year, month, day) = now.date();
        format!("{}{kind}/{}/{year:04}/{month:02}/{day:02}", self.folder(), self.region)
    }

    fn file_name(&self, kind: &str) -> String {
        format!("{}_{kind}_{}", self.account, self.region)
    }
}

/// A moment as it is in file names, `20300101T0005Z` (13 characters before the Z) or to the second (15).
fn basic(now: Timestamp, length: usize) -> String {
    let digits: String = now.to_the_second().to_string().chars().filter(|c| !matches!(c, '-' | ':' | 'Z')).collect();
    format!("{}Z", digits.get(..length).unwrap_or(&digits))
}

/// Reads the digests from the newest back to the first, each against the hash in the one after it, and the files against
/// the digests.
pub(super) fn validate(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (_, trail) = cx.trail(parameters)?;
    let newest = trail.last_digest.as_deref();
    let mut next = newest.map(|digest| (digest.s3_object.clone(), digest.hash_value.clone()));
    let (mut digests, mut valid, mut invalid) = (0_u32, 0_u32, 0_u32);
    while let Some((object, expected)) = next.take() {
        let body = read(cx, &trail, &object)?;
        let digest: Value = serde_json::from_slice(&body).unwrap_or_default();
        if hash(&body) != expected {
            let message = format!("{object} is not the digest that was delivered.");
            return Err(ServiceError::new("InvalidDigestException", 400, message));
        }
        digests += 1;
        let files = digest.get("logFiles").and_then(|files| serde_json::from_value::<Vec<LogFile>>(files.clone()).ok());
        for file in files.unwrap_or_default() {
            let same = match read(cx, &trail, &file.s3_object) {
                Ok(body) => hash(&body) == file.hash_value,
                Err(error) if error.code == "NoSuchKey" => false,
                Err(error) => return Err(error),
            };
            if same { valid += 1 } else { invalid += 1 }
        }
        let text = |name: &str| digest.get(name).and_then(Value::as_str).map(str::to_owned);
        next = text("previousDigestS3Object").zip(text("previousDigestHashValue"));
    }
    Ok(json!({ "ValidDigests": digests, "ValidLogFiles": valid, "InvalidLogFiles": invalid }))
}

/// A delivered file, read by the caller on its own.
fn read(cx: &mut Cx<'_>, trail: &Trail, object: &str) -> Result<Vec<u8>, ServiceError> {
    let region = cx.cloud.s3.region(&trail.bucket).unwrap_or(trail.region);
    let caller = cx.caller.clone();
    let read = cx.in_region(region, |cx| {
        cx.acting_as(caller, |cx| cx.through(&s3::SERVICE, |cx| cx.read_object(&trail.bucket, object, None, true)))
    });
    read.map(|(body, _)| body)
}
