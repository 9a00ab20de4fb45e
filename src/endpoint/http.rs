//! HTTP as AWS clients speak it: from method, headers and body to a [`Request`], and back from an answer.
//!
//! The header `Authorization` names who asks and in which Region. With [`Signatures::Verified`] it also has to be right.

use serde::Serialize;

use crate::{
    arn::{Region, RequestId},
    clock::{Span, Timestamp},
    endpoint::{
        Request,
        fault::Fault,
        outcome::{Outcome, Response},
        presigned::{basic, from_basic},
        sigv4::Authorization,
    },
    estate::{Estate, credential::AccessKeyId},
    kms::World,
    ops::refusal::{Refusal, SerializationError, SigningError},
};

/// One request as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `POST`.
    pub method: String,
    /// Path and query, for example `/`.
    pub target: String,
    /// `Host` is among them, also where a client keeps it for itself.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Whether signatures are held against the secret of their access key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signatures {
    /// The scope is read and the rest believed: any secret will do, at any time.
    #[default]
    Believed,
    /// Signature, session token and time have to be right, as at AWS.
    Verified,
}

/// The request in an exchange, its caller and Region taken from the signature.
///
/// # Errors
///
/// [`Refusal::Signing`] and the refusals of a body that is no text or goes to another service.
pub fn read(exchange: &Exchange, estate: &Estate, now: Timestamp, signatures: Signatures) -> Result<Request, Refusal> {
    let target = exchange.header("x-amz-target").unwrap_or_default().to_owned();
    let path = exchange.target.split('?').next().unwrap_or_default();
    if !exchange.method.eq_ignore_ascii_case("POST") || path != "/" {
        return Err(Refusal::UnknownOperation { target: format!("{} {path}", exchange.method) });
    }
    let header = exchange.header("authorization").ok_or(SigningError::NoAuthorization)?;
    let authorization = Authorization::parse(header)
        .map_err(|missing| SigningError::Incomplete { header: header.to_owned(), missing })?;
    if authorization.service != SERVICE {
        return Err(SigningError::OtherService.into());
    }
    let region: Region = authorization
        .region
        .parse()
        .map_err(|_| SigningError::OtherRegion { region: authorization.region.to_owned() })?;
    let access_key: AccessKeyId = authorization.access_key_id.parse().map_err(|_| Refusal::UnknownCaller)?;
    let access_key = estate.access_keys.get(&access_key).ok_or(Refusal::UnknownCaller)?;
    match signatures {
        Signatures::Believed => {}
        Signatures::Verified => {
            let token = exchange.header("x-amz-security-token");
            if token != access_key.session_token.as_ref().map(|token| token.expose()) {
                return Err(Refusal::UnknownCaller);
            }
            let moment = exchange.header("x-amz-date").ok_or(SigningError::NoDate)?;
            check_time(moment, now)?;
            if !moment.starts_with(authorization.date)
                || !authorization.is_of(exchange, moment, access_key.secret.expose())
            {
                return Err(SigningError::Mismatch.into());
            }
        }
    }
    let body = String::from_utf8(exchange.body.clone()).map_err(|error| {
        Refusal::Serialization(SerializationError::NotUtf8 { at: error.utf8_error().valid_up_to() })
    })?;
    Ok(Request { caller: access_key.caller.clone(), region, target, body, forwarding: None })
}

impl Exchange {
    /// A request as an AWS client of its caller sends it at `at`. Signed, if the caller has an access key.
    pub fn of(request: &Request, estate: &Estate, at: Timestamp) -> Self {
        let moment = basic(at);
        let key = estate.access_keys.iter().find(|(_, key)| key.caller == request.caller);
        let token = key.and_then(|(_, key)| key.session_token.as_ref());
        let host = format!("{SERVICE}.{}.amazonaws.com", request.region);
        let mut headers = vec![
            ("Host".to_owned(), host),
            ("Content-Type".to_owned(), CONTENT_TYPE.to_owned()),
            ("X-Amz-Date".to_owned(), moment.clone()),
            ("X-Amz-Target".to_owned(), request.target.clone()),
        ];
        headers.extend(token.map(|token| ("X-Amz-Security-Token".to_owned(), token.expose().to_owned())));
        let mut exchange = Self {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers,
            body: request.body.clone().into_bytes(),
        };
        if let Some((id, key)) = key {
            let mut signed: Vec<String> = exchange.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
            signed.sort_unstable();
            let authorization = Authorization {
                access_key_id: &id.to_string(),
                date: moment.get(..8).unwrap_or_default(),
                region: request.region.as_str(),
                service: SERVICE,
                signed_headers: &signed.join(";"),
                signature: "",
            }
            .signed(&exchange, &moment, key.secret.expose());
            exchange.headers.push(("Authorization".to_owned(), authorization));
        }
        exchange
    }

    /// The value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// One answer as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON text, or empty where the operation has no output.
    pub body: String,
}

impl Answer {
    /// The answer to a request that could be read.
    pub fn of(outcome: &Outcome) -> Self {
        Self::new(&outcome.response, outcome.request_id, outcome.at)
    }

    /// The answer to a request that [`read`] refused. `serial` makes the request id, as in [`super::call`].
    pub fn refused(refusal: &Refusal, world: &World, serial: u64) -> Self {
        let request_id = RequestId::new(world.entropy.label(serial));
        Self::new(&Fault::new(refusal, None).response(), request_id, world.now)
    }

    /// Clients correct their clocks by the header `Date`, so it is the world's.
    fn new(response: &Response, request_id: RequestId, now: Timestamp) -> Self {
        let headers = vec![
            ("x-amzn-RequestId", request_id.to_string()),
            ("Content-Type", CONTENT_TYPE.to_owned()),
            ("Content-Length", response.body.len().to_string()),
            ("Cache-Control", "no-cache, no-store, must-revalidate, private".to_owned()),
            ("Date", http_date(now)),
        ];
        Self { status: response.status, headers, body: response.body.clone() }
    }
}

fn check_time(moment: &str, now: Timestamp) -> Result<(), SigningError> {
    let signed = from_basic(moment).ok_or(SigningError::NoDate)?;
    let times = |bound: Timestamp| (moment.to_owned(), basic(bound), basic(now));
    let earliest = Timestamp::from_millis(now.millis() - SKEW.millis());
    let latest = now.after(SKEW);
    if signed < earliest {
        let (signed, earliest, now) = times(earliest);
        return Err(SigningError::Expired { signed, earliest, now });
    }
    if signed > latest {
        let (signed, latest, now) = times(latest);
        return Err(SigningError::NotYetCurrent { signed, latest, now });
    }
    Ok(())
}

/// RFC 9110, section 5.6.7, for example `Tue, 01 Jan 2030 00:00:00 GMT`.
fn http_date(moment: Timestamp) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = basic(moment);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    // The epoch was a Thursday.
    let weekday = usize::try_from(moment.millis() / 86_400_000 % 7).unwrap_or_default();
    let month = part(4, 6).parse::<usize>().unwrap_or(1).saturating_sub(1);
    let name = |names: &[&'static str], at: usize| names.get(at).copied().unwrap_or_default();
    format!(
        "{}, {} {} {} {}:{}:{} GMT",
        name(&WEEKDAYS, weekday),
        part(6, 8),
        name(&MONTHS, month),
        part(0, 4),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    )
}

const SERVICE: &str = "kms";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// How far a client's clock may be off, either way.
const SKEW: Span = Span::minutes(5);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2030-01-01T00:00:00Z";
    const ADMINISTRATOR: &str = "AKIA111122223333ADMI";

    /// A request that is signed rightly by nobody, with some headers of one's own in place of the usual.
    fn exchange(own: &[(&str, &str)]) -> Exchange {
        let scope = format!("{ADMINISTRATOR}/20300101/eu-west-1/kms/aws4_request");
        let usual = [
            ("Host", "localhost".to_owned()),
            ("X-Amz-Target", "TrentService.ListKeys".to_owned()),
            ("X-Amz-Date", "20300101T000000Z".to_owned()),
            ("Authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00")),
        ];
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let usual = usual.into_iter().map(|(name, value)| (name.to_owned(), value));
        let headers = own.chain(usual).filter(|(_, value)| value != "-").collect();
        Exchange { method: "POST".to_owned(), target: "/".to_owned(), headers, body: b"{}".to_vec() }
    }

    fn answer(exchange: &Exchange, signatures: Signatures) -> Result<Request, Fault> {
        let estate = Estate::default_world();
        read(exchange, &estate, NOW.parse().unwrap(), signatures).map_err(|refusal| Fault::new(&refusal, None))
    }

    #[track_caller]
    fn check(own: &[(&str, &str)], signatures: Signatures, kind: &str, message: &str) {
        let fault = answer(&exchange(own), signatures).unwrap_err();
        let said = fault.message.unwrap_or_default();
        assert_eq!((fault.kind, fault.status), (kind, 400), "{own:?}: {said}");
        assert!(said.contains(message), "{own:?}: {said}");
    }

    #[test]
    fn the_signature_names_caller_and_region() {
        let request = answer(&exchange(&[]), Signatures::Believed).unwrap();
        assert_eq!(request.caller.to_string(), "arn:aws:iam::111122223333:user/Administrator");
        assert_eq!(request.region.to_string(), "eu-west-1");
        assert_eq!((request.target.as_str(), request.body.as_str()), ("TrentService.ListKeys", "{}"));
    }

    #[test]
    fn what_a_client_sends_is_what_is_read_with_its_signature() {
        let estate = Estate::default_world();
        for caller in estate.callers() {
            let request = Request::new(caller, Region::US_EAST_1, "ListKeys", "{}");
            let sent = Exchange::of(&request, &estate, NOW.parse().unwrap());
            assert_eq!(answer(&sent, Signatures::Verified).unwrap(), request);
        }
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_said_in_aws_words() {
        let with = |scope: &str| format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let scoped = |scope: &str, kind: &str, message: &str| {
            check(&[("authorization", &with(scope))], Signatures::Believed, kind, message);
        };
        scoped("AKIAIOSFODNN7EXAMPLE/20300101/us-east-1/kms/aws4_request", "UnrecognizedClientException", "token");
        scoped("!/20300101/us-east-1/kms/aws4_request", "UnrecognizedClientException", "token");
        let ours = |rest: &str| format!("{ADMINISTRATOR}/20300101/{rest}/aws4_request");
        scoped(&ours("us-east-1/sqs"), "InvalidSignatureException", "correct service: 'kms'");
        scoped(&ours("moon-1/kms"), "InvalidSignatureException", "valid region");
        scoped("AKIA", "IncompleteSignatureException", "requires 'Credential' parameter");

        let verified =
            |own: &[(&str, &str)], kind: &str, message: &str| check(own, Signatures::Verified, kind, message);
        verified(&[], "InvalidSignatureException", "signature we calculated does not match");
        verified(&[("x-amz-date", "20291231T235500Z")], "InvalidSignatureException", "does not match");
        verified(
            &[("x-amz-date", "20291231T235459Z")],
            "InvalidSignatureException",
            "Signature expired: 20291231T235459Z",
        );
        verified(&[("x-amz-date", "20300101T000500Z")], "InvalidSignatureException", "does not match");
        verified(
            &[("x-amz-date", "20300101T000501Z")],
            "InvalidSignatureException",
            "not yet current: 20300101T000501Z",
        );
        verified(&[("x-amz-date", "soon")], "IncompleteSignatureException", "X-Amz-Date");
        verified(&[("x-amz-security-token", "made-up")], "UnrecognizedClientException", "token");
    }

    #[test]
    fn what_is_no_call_of_kms_is_refused() {
        let refused = |exchange: Exchange| answer(&exchange, Signatures::Believed).unwrap_err().kind;
        assert_eq!(refused(Exchange { method: "GET".to_owned(), ..exchange(&[]) }), "UnknownOperationException");
        assert_eq!(refused(Exchange { target: "/keys".to_owned(), ..exchange(&[]) }), "UnknownOperationException");
        assert_eq!(refused(Exchange { body: vec![b'{', 0xFF], ..exchange(&[]) }), "SerializationException");
        let bare = Exchange { headers: Vec::new(), ..exchange(&[]) };
        assert_eq!(refused(bare), "MissingAuthenticationTokenException");
    }

    #[test]
    fn dates_are_those_of_http() {
        for (moment, date) in [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("2028-02-29T23:59:59.999Z", "Tue, 29 Feb 2028 23:59:59 GMT"),
        ] {
            assert_eq!(http_date(moment.parse().unwrap()), date);
        }
    }
}
