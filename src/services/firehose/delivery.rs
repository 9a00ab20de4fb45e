//! How what waits gets into the bucket: a minute after the first record, as the role; tried again for a day if it fails.

use crate::{
    arn::RequestId,
    clock::{Span, Timestamp},
    kms::World,
    lang::message,
};

use super::{
    super::{
        Cloud, Cx, ServiceError,
        due::Due,
        kinesis,
        s3::{self, Put},
    },
    Stream, Under, record_name,
};

/// How long records wait. AWS delivers at the latest after the buffer interval, by default 300 seconds, at least 60 here.
pub(super) const BUFFERED: Span = Span::seconds(60);
/// How long a delivery is tried again.
const GIVEN_UP_AFTER: Span = Span::hours(24);
/// How long is waited at most between tries.
const LONGEST_WAIT: Span = Span::hours(1);

impl Stream {
    /// When it delivers next. What a Kinesis stream has begins to wait as it is written there.
    fn next(&self, cloud: &Cloud) -> Option<Timestamp> {
        let source = self.source.as_ref();
        let from_source = source.and_then(|source| cloud.kinesis.written_after(&source.arn, source.read));
        match (self.due, source) {
            (Some(due), None) => Some(due.at),
            (Some(due), Some(_)) => from_source.map(|_| due.at),
            (None, _) => from_source.map(|written| written.after(BUFFERED)),
        }
    }
}

pub(super) fn due(cloud: &Cloud, _: &World) -> Option<Timestamp> {
    cloud.firehose.streams.values().filter_map(|stream| stream.next(cloud)).min()
}

pub(super) fn notice(cx: &mut Cx<'_>) {
    let now = cx.now();
    let ready = cx.cloud.firehose.streams.iter();
    let ready = ready.filter(|(_, stream)| stream.next(cx.cloud).is_some_and(|at| at <= now));
    let ready: Vec<_> = ready.map(|(arn, stream)| (arn.clone(), Stream::clone(stream))).collect();
    for (arn, stream) in ready {
        let here = stream.region;
        cx.in_region(here, |cx| {
            let delivered = cx.deliver_buffer(&arn, &stream);
            let settled = cx.settle(&arn, &stream, delivered);
            if let Err(error) = settled {
                cx.tell(message!("Nothing is delivered: {error}", error));
            }
        });
    }
}

/// What a delivery took along.
struct Taken {
    records: u64,
    /// The last record of the source, if there is one.
    read: u64,
}

impl Cx<'_> {
    fn deliver_buffer(&mut self, arn: &str, stream: &Stream) -> Result<Taken, ServiceError> {
        let (body, taken) = match &stream.source {
            None => self.collect_waiting(arn, stream)?,
            Some(source) => {
                let given = self.acting_as(stream.role.clone(), |cx| {
                    cx.through(&kinesis::SERVICE, |cx| cx.read_stream(&source.arn, source.read, u64::MAX))
                })?;
                let read = given.last().map_or(source.read, |record| record.number);
                let records = u64::try_from(given.len()).unwrap_or(u64::MAX);
                (given.into_iter().flat_map(|record| record.data).collect(), Taken { records, read })
            }
        };
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let moment = self.now().to_the_second().to_string();
        let (hour, id) = (moment.get(..13).unwrap_or_default(), RequestId::new(self.world.entropy.draw()));
        let (folder, stamp) = (hour.replace(['-', 'T'], "/"), moment.replace([':', 'T'], "-").replace('Z', ""));
        let object = format!("{}{folder}/{name}-1-{stamp}-{id}", stream.prefix);
        self.acting_as(stream.role.clone(), |cx| {
            cx.through(&s3::SERVICE, |cx| {
                let put = Put::new(&stream.bucket, &object);
                let put = if stream.key.is_some() { put.under(stream.key.as_deref()) } else { put };
                put.store(cx, &body)
            })
        })
        .map_err(|error| ServiceError::new(format!("S3.{}", error.code), error.status, error.message))?;
        Ok(taken)
    }

    /// What waits, decrypted.
    fn collect_waiting(&mut self, arn: &str, stream: &Stream) -> Result<(Vec<u8>, Taken), ServiceError> {
        let mut body = Vec::new();
        for waiting in &stream.buffer {
            let name = record_name(arn, waiting.number);
            let key = match &waiting.under {
                Under::Nothing => {
                    body.extend_from_slice(&waiting.bytes.0);
                    continue;
                }
                Under::Owned => self.own_key("firehose", stream.account),
                Under::Customer { key, data_key } => self.firehose_key_of_old(arn, stream, (*key, data_key))?.plaintext,
            };
            let record = self.open("", message!("decrypts a record to deliver it"), &key, &name, &waiting.bytes)?;
            body.extend_from_slice(record.expose());
        }
        let records = u64::try_from(stream.buffer.len()).unwrap_or(u64::MAX);
        Ok((body, Taken { records, read: 0 }))
    }

    /// Keeps what became of a delivery.
    fn settle(
        &mut self,
        arn: &str,
        stream: &Stream,
        delivered: Result<Taken, ServiceError>,
    ) -> Result<(), ServiceError> {
        let now = self.now();
        match delivered {
            Ok(Taken { records, read }) => {
                self.tell(message!(
                    "An object is delivered into “{bucket}” as the role. Records in it: {records}.",
                    bucket = stream.bucket,
                    records
                ));
                self.change_firehose(arn, |stream| {
                    stream.delivered += records;
                    stream.buffer.clear();
                    (stream.due, stream.error) = (None, None);
                    if let Some(source) = &mut stream.source {
                        source.read = read;
                    }
                })
            }
            Err(error) => {
                let dropped = self.change_firehose(arn, |stream| {
                    let before = stream.buffer.len();
                    stream.buffer.retain(|waiting| waiting.written.after(GIVEN_UP_AFTER) > now);
                    let dropped = u64::try_from(before - stream.buffer.len()).unwrap_or(u64::MAX);
                    stream.dropped += dropped;
                    stream.error = Some(error.code.clone().into_owned());
                    stream.due = stream.retry(now);
                    dropped
                })?;
                self.tell_in_vain(match dropped {
                    0 => message!("Nothing is delivered, and it is tried again: {error}.", error = error.code),
                    _ => message!(
                        "Records that were tried for 24 hours and are gone: {dropped}. The last error: {error}.",
                        dropped,
                        error = error.code
                    ),
                });
                Ok(())
            }
        }
    }
}

impl Stream {
    /// When it tries again: not after what waits longest is given up.
    fn retry(&self, now: Timestamp) -> Option<Due> {
        let mut due = self.due.unwrap_or(Due::first(now, BUFFERED)).again(now, LONGEST_WAIT);
        match (&self.source, self.buffer.front()) {
            (Some(_), _) => Some(due),
            (None, Some(oldest)) => {
                due.at = due.at.min(oldest.written.after(GIVEN_UP_AFTER));
                Some(due)
            }
            (None, None) => None,
        }
    }
}
