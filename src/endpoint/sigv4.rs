//! AWS Signature Version 4: what the header `Authorization` says, and the signature a request should have.
//!
//! Source: IAM User Guide, "Create a signed AWS API request". Knows no principal and no clock.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::endpoint::http::Exchange;

/// The only algorithm the playground reads; SigV4A has another name.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of the header `Authorization`, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorization<'a> {
    pub access_key_id: &'a str,
    /// `20300101`.
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    /// Names in lower case, separated by `;`.
    pub signed_headers: &'a str,
    /// 64 hexadecimal digits.
    pub signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// # Errors
    ///
    /// The names of the parameters that are missing or not of their form; all three if the algorithm is another.
    pub fn parse(header: &'a str) -> Result<Self, Vec<&'static str>> {
        let parameters = header.strip_prefix(ALGORITHM).unwrap_or_default();
        let find = |wanted: &str| {
            let parameter = |text: &'a str| text.trim().strip_prefix(wanted)?.strip_prefix('=');
            parameters.split([',', ' ']).find_map(parameter).filter(|value| !value.is_empty())
        };
        let credential: Option<Vec<&str>> = find("Credential").map(|credential| credential.split('/').collect());
        let signed_headers = find("SignedHeaders");
        let signature = find("Signature");
        match (credential.as_deref(), signed_headers, signature) {
            (Some(&[access_key_id, date, region, service, "aws4_request"]), Some(signed_headers), Some(signature)) => {
                Ok(Self { access_key_id, date, region, service, signed_headers, signature })
            }
            (credential, ..) => {
                let credential = credential.filter(|parts| matches!(parts, [_, _, _, _, "aws4_request"]));
                let present = [
                    ("Credential", credential.is_some()),
                    ("SignedHeaders", signed_headers.is_some()),
                    ("Signature", signature.is_some()),
                ];
                Err(present.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect())
            }
        }
    }

    /// Whether the signature is the one that `secret` makes over this request. Compared in constant time.
    ///
    /// `moment` is the header `X-Amz-Date`, for example `20300101T000000Z`.
    pub fn is_of(&self, exchange: &Exchange, moment: &str, secret: &str) -> bool {
        let expected = self.expected(exchange, moment, secret);
        signature_is(expected, self.signature)
    }

    /// The header itself, with the signature that `secret` makes.
    pub fn signed(&self, exchange: &Exchange, moment: &str, secret: &str) -> String {
        let signature = hex(&self.expected(exchange, moment, secret).finalize().into_bytes());
        let Self { access_key_id, date, region, service, signed_headers, .. } = self;
        format!(
            "{ALGORITHM} Credential={access_key_id}/{date}/{region}/{service}/aws4_request, \
             SignedHeaders={signed_headers}, Signature={signature}"
        )
    }

    fn expected(&self, exchange: &Exchange, moment: &str, secret: &str) -> Hmac<Sha256> {
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let canonical = hex(&Sha256::digest(self.canonical_request(exchange)));
        let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{canonical}");
        keyed_for(secret, [self.date, self.region, self.service], &text)
    }

    fn canonical_request(&self, exchange: &Exchange) -> String {
        let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
        let mut pairs: Vec<(&str, &str)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        pairs.sort_unstable();
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut text = format!("{}\n{path}\n{}\n", exchange.method, query.join("&"));
        for name in self.signed_headers.split(';') {
            let values: Vec<String> = exchange
                .headers
                .iter()
                .filter(|(header, _)| header.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            // Writing to a `String` never fails.
            let _ = writeln!(text, "{name}:{}", values.join(","));
        }
        let _ = write!(text, "\n{}\n{}", self.signed_headers, hex(&Sha256::digest(&exchange.body)));
        text
    }
}

/// The MAC of `text` under the key that `secret` gives for a date, a Region and a service.
pub(super) fn keyed_for(secret: &str, scope: [&str; 3], text: &str) -> Hmac<Sha256> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.into_iter().chain(["aws4_request"]) {
        key = keyed(&key, part).finalize().into_bytes().to_vec();
    }
    keyed(&key, text)
}

/// Whether a MAC is what the hexadecimal digits say. Compared in constant time.
pub(super) fn signature_is(expected: Hmac<Sha256>, signature: &str) -> bool {
    unhex(signature).is_some_and(|signature| expected.verify_slice(&signature).is_ok())
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 3)")]
fn keyed(key: &[u8], message: &str) -> Hmac<Sha256> {
    let mut keyed = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    keyed.update(message.as_bytes());
    keyed
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    digits?.chunks(2).map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of AWS's signature test suite.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[track_caller]
    fn check(method: &str, target: &str, service: &str, headers: &[(&str, &str)], signature: &str) {
        let mut names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        let header = format!(
            "{ALGORITHM} Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, SignedHeaders={}, \
             Signature={signature}",
            names.join(";")
        );
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut exchange = Exchange { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() };
        let authorization = Authorization::parse(&header).unwrap();
        assert!(authorization.is_of(&exchange, "20150830T123600Z", SECRET), "{method} {target}");
        assert!(!authorization.is_of(&exchange, "20150830T123601Z", SECRET), "another moment");
        assert!(!authorization.is_of(&exchange, "20150830T123600Z", "another secret"));
        exchange.body.push(0);
        assert!(!authorization.is_of(&exchange, "20150830T123600Z", SECRET), "another body");
    }

    #[test]
    fn signatures_of_the_published_suite_verify() {
        let suite = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")];
        for (method, target, signature) in [
            ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            check(method, target, "service", &suite, signature);
        }
        // IAM User Guide, "Create a signed AWS API request", the example of ListUsers.
        check(
            "GET",
            "/?Action=ListUsers&Version=2010-05-08",
            "iam",
            &[
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("host", "iam.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        );
    }

    #[track_caller]
    fn check_missing(header: &str, missing: &[&str]) {
        assert_eq!(Authorization::parse(header).err().unwrap_or_default(), missing, "{header}");
    }

    #[test]
    fn a_header_without_a_part_says_which() {
        let scope = "Credential=AKID/20300101/us-east-1/kms/aws4_request";
        check_missing(&format!("{ALGORITHM} {scope}, SignedHeaders=host, Signature=00"), &[]);
        check_missing(&format!("{ALGORITHM} {scope},SignedHeaders=host,Signature=00"), &[]);
        check_missing(&format!("{ALGORITHM} {scope}, SignedHeaders=host"), &["Signature"]);
        check_missing(&format!("{ALGORITHM} {scope}, Signature=00"), &["SignedHeaders"]);
        check_missing(&format!("{ALGORITHM} Credential=AKID, SignedHeaders=host, Signature=00"), &["Credential"]);
        check_missing("Bearer token", &["Credential", "SignedHeaders", "Signature"]);
        check_missing("", &["Credential", "SignedHeaders", "Signature"]);
    }
}
