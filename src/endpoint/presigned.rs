//! URLs that carry a signature of version 4 ("Authenticating requests: using query parameters", S3 API reference).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::{
    clock::Timestamp,
    endpoint::sigv4::{ALGORITHM, hex, keyed_for, signature_is},
};

/// What such a URL says, its signature aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presigned {
    pub host: String,
    /// Escaped, with its first slash.
    pub path: String,
    pub access_key_id: String,
    pub region: String,
    /// For example `20300101T000000Z`.
    pub moment: String,
    /// In seconds.
    pub expires: u64,
    /// Of temporary credentials.
    pub token: Option<String>,
}

/// All but letters, digits and `-._~` (RFC 3986, section 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const IN_PATHS: AsciiSet = RESERVED.remove(b'/');

/// The service that such URLs are of.
const SERVICE: &str = "s3";

impl Presigned {
    /// The URL, with the signature that `secret` makes.
    pub fn url(&self, secret: &str) -> String {
        let signature = hex(&self.mac(secret).finalize_bytes());
        format!("https://{}{}?{}&X-Amz-Signature={signature}", self.host, self.path, self.query())
    }

    /// What a URL says, and its signature. Nothing where it is not of the form.
    pub fn read(url: &str) -> Option<(Self, String)> {
        let (host, rest) = url.trim().strip_prefix("https://")?.split_once('/')?;
        let (path, query) = rest.split_once('?')?;
        let find = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| unescape(value))
        };
        let credential = find("X-Amz-Credential")?;
        let mut scope = credential.split('/');
        let (access_key_id, date, region) = (scope.next()?, scope.next()?, scope.next()?);
        let moment = find("X-Amz-Date")?;
        let whole = scope.next() == Some(SERVICE) && scope.next() == Some("aws4_request") && scope.next().is_none();
        if !whole || find("X-Amz-Algorithm")? != ALGORITHM || !moment.starts_with(date) {
            return None;
        }
        let asked = Self {
            host: host.to_owned(),
            path: format!("/{path}"),
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            moment,
            expires: find("X-Amz-Expires")?.parse().ok()?,
            token: find("X-Amz-Security-Token"),
        };
        Some((asked, find("X-Amz-Signature")?))
    }

    /// Whether the signature is the one that `secret` makes. Compared in constant time.
    pub fn is_signed_with(&self, secret: &str, signature: &str) -> bool {
        signature_is(self.mac(secret).0, signature)
    }

    fn query(&self) -> String {
        let escape = |text: &str| utf8_percent_encode(text, &RESERVED).to_string();
        let credential = format!("{}/{}", self.access_key_id, self.scope());
        let mut query = format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
            escape(&credential),
            self.moment,
            self.expires
        );
        if let Some(token) = &self.token {
            query.push_str("&X-Amz-Security-Token=");
            query.push_str(&escape(token));
        }
        query.push_str("&X-Amz-SignedHeaders=host");
        query
    }

    fn scope(&self) -> String {
        format!("{}/{}/{SERVICE}/aws4_request", self.date(), self.region)
    }

    fn date(&self) -> &str {
        self.moment.split('T').next().unwrap_or_default()
    }

    fn mac(&self, secret: &str) -> Tag {
        let canonical = format!("GET\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", self.path, self.query(), self.host);
        let digest = hex(&Sha256::digest(canonical));
        let text = format!("{ALGORITHM}\n{}\n{}\n{digest}", self.moment, self.scope());
        Tag(keyed_for(secret, [self.date(), &self.region, SERVICE], &text))
    }
}

struct Tag(hmac::Hmac<Sha256>);

impl Tag {
    fn finalize_bytes(self) -> Vec<u8> {
        use hmac::Mac as _;

        self.0.finalize().into_bytes().to_vec()
    }
}

/// A name as it stands in the path of a URL.
pub fn escape(name: &str) -> String {
    utf8_percent_encode(name, &IN_PATHS).to_string()
}

/// The text that was escaped.
pub fn unescape(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// ISO 8601 basic format to the second, for example `20300101T000000Z`.
pub fn basic(moment: Timestamp) -> String {
    moment.to_the_second().to_string().replace(['-', ':'], "")
}

pub fn from_basic(text: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| text.get(from..to);
    let (date, time) = (text.get(..8)?, text.get(8..)?);
    if text.len() != 16 || !date.bytes().all(|byte| byte.is_ascii_digit()) || !time.starts_with('T') {
        return None;
    }
    let extended =
        format!("{}-{}-{}T{}:{}:{}", part(0, 4)?, part(4, 6)?, part(6, 8)?, part(9, 11)?, part(11, 13)?, part(13, 16)?);
    extended.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Authenticating requests: using query parameters (AWS Signature Version 4)", S3 API reference.
    const PUBLISHED: &str = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn the_published_url_is_made_and_verified() {
        let (asked, signature) = Presigned::read(PUBLISHED).unwrap();
        assert_eq!(asked.url(SECRET), PUBLISHED);
        assert!(asked.is_signed_with(SECRET, &signature));
        assert!(!asked.is_signed_with("another", &signature));
        let later = Presigned { expires: 86_401, ..asked };
        assert!(!later.is_signed_with(SECRET, &signature));
    }

    #[test]
    fn what_is_no_such_url_is_not_read() {
        for (from, to) in [
            ("https://", "http://"),
            ("X-Amz-Expires=86400", "X-Amz-Expires=day"),
            ("&X-Amz-Date=20130524T000000Z", ""),
            ("%2Fs3%2F", "%2Fkms%2F"),
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            ("20130524T000000Z", "20130525T000000Z"),
        ] {
            assert_eq!(Presigned::read(&PUBLISHED.replacen(from, to, 1)), None, "{to}");
        }
    }
}
