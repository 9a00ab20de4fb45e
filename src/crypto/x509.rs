//! Certificates of P-384 keys (RFC 5280): a chain of them from a trusted key to the one that signed something.
//!
//! Only what the certificates of Nitro enclaves have: ECDSA with SHA-384, basic constraints and key usage. A critical
//! extension of another kind makes a certificate unusable here, as the RFC asks.

use crate::{
    clock::Timestamp,
    crypto::{
        asn1::{self, Reader, Rules},
        curve::{self, Curve},
        pair::{Signed, Unfit},
        secret::SecretBytes,
    },
    entropy::Entropy,
};

/// What is wrong with a chain of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// Not DER, or not of the kind described above.
    Unreadable,
    /// None, or more than [`LONGEST_CHAIN`].
    Length,
    /// The first is not of a trusted key.
    UnknownRoot,
    /// Names, signature or purpose do not fit the one before.
    Link,
    NotYetValid {
        from: Timestamp,
    },
    Expired {
        until: Timestamp,
    },
}

/// Those of AWS have five.
pub const LONGEST_CHAIN: usize = 16;

/// The public key of the last certificate (DER), if the first is of one of the `trusted` keys, each was issued by the one
/// before, and all are valid `now`.
pub fn verify(chain: &[&[u8]], trusted: &[&[u8]], now: Timestamp) -> Result<Vec<u8>, BrokenChain> {
    if chain.len() > LONGEST_CHAIN {
        return Err(BrokenChain::Length);
    }
    let chain: Option<Vec<Certificate<'_>>> = chain.iter().map(|der| Certificate::read(der)).collect();
    let chain = chain.ok_or(BrokenChain::Unreadable)?;
    let (root, leaf) = chain.first().zip(chain.last()).ok_or(BrokenChain::Length)?;
    if !trusted.contains(&root.public_key) {
        return Err(BrokenChain::UnknownRoot);
    }
    let (mut issuer, mut key) = (root.subject, root.public_key);
    for (at, certificate) in chain.iter().enumerate() {
        let signature = curve::verify(Curve::NistP384, key, Signed::Message(certificate.signed), certificate.signature);
        // Not counting the last, which is no authority.
        let below = chain.len().saturating_sub(at + 2);
        let purpose = if at + 1 == chain.len() { certificate.signs } else { certificate.issues(below) };
        if certificate.issuer != issuer || signature != Ok(true) || !purpose {
            return Err(BrokenChain::Link);
        }
        if now < certificate.from {
            return Err(BrokenChain::NotYetValid { from: certificate.from });
        }
        if now > certificate.until {
            return Err(BrokenChain::Expired { until: certificate.until });
        }
        (issuer, key) = (certificate.subject, certificate.public_key);
    }
    Ok(leaf.public_key.to_vec())
}

/// What a new certificate says.
pub struct Contents<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub from: Timestamp,
    pub until: Timestamp,
    /// DER.
    pub public_key: &'a [u8],
    /// Whether its key issues certificates, or else signs other things.
    pub authority: bool,
}

/// A certificate, signed with the private key of its issuer. Its serial number is drawn.
pub fn issue(contents: &Contents<'_>, key: &SecretBytes, entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    let extension = |oid: &[u8], inner: &[u8]| {
        let oid = asn1::value(asn1::OID, &[oid]);
        let inner = asn1::value(asn1::OCTET_STRING, &[inner]);
        asn1::value(asn1::SEQUENCE, &[&oid, &asn1::value(asn1::BOOLEAN, &[&[0xff]]), &inner])
    };
    let (authority, usage): (&[u8], u8) =
        if contents.authority { (&[asn1::BOOLEAN, 1, 0xff], CERTIFICATE_SIGN) } else { (&[], DIGITAL_SIGNATURE) };
    // The number of unused bits is that of the zeros at the end.
    let unused = u8::try_from(usage.trailing_zeros()).unwrap_or(0);
    let extensions = [
        extension(BASIC_CONSTRAINTS, &asn1::value(asn1::SEQUENCE, &[authority])),
        extension(KEY_USAGE, &asn1::value(asn1::BIT_STRING, &[&[unused, usage]])),
    ]
    .concat();
    let mut serial: [u8; 16] = entropy.draw();
    // Positive, and never zero.
    serial = (u128::from_be_bytes(serial) >> 1 | 1).to_be_bytes();
    let algorithm = asn1::value(asn1::SEQUENCE, &[&asn1::value(asn1::OID, &[ECDSA_WITH_SHA384])]);
    let signed = asn1::value(
        asn1::SEQUENCE,
        &[
            &asn1::value(asn1::context(0), &[&[asn1::INTEGER, 1, 2]]),
            &asn1::unsigned(&serial),
            &algorithm,
            &name(contents.issuer),
            &asn1::value(asn1::SEQUENCE, &[&written_time(contents.from), &written_time(contents.until)]),
            &name(contents.subject),
            contents.public_key,
            &asn1::value(asn1::context(3), &[&asn1::value(asn1::SEQUENCE, &[&extensions])]),
        ],
    );
    let signature = curve::sign(Curve::NistP384, key, Signed::Message(&signed), entropy)?;
    Ok(asn1::value(asn1::SEQUENCE, &[&signed, &algorithm, &asn1::value(asn1::BIT_STRING, &[&[0], &signature])]))
}

/// The parts of a certificate that decide.
struct Certificate<'a> {
    /// What the signature is of.
    signed: &'a [u8],
    signature: &'a [u8],
    /// Names and the key as DER: they are the same if their bytes are.
    issuer: &'a [u8],
    subject: &'a [u8],
    public_key: &'a [u8],
    from: Timestamp,
    until: Timestamp,
    /// Whether it is of an authority, and how many others may follow below it.
    authority: bool,
    deepest: Option<u8>,
    /// What the key is for; everything, where the certificate does not say.
    signs: bool,
    certifies: bool,
}

impl<'a> Certificate<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::only(der, Rules::Der, asn1::SEQUENCE)?;
        let signed = outer.take(asn1::SEQUENCE)?.whole;
        is_ecdsa(&mut outer)?;
        let signature = outer.take(asn1::BIT_STRING)?.content.strip_prefix(&[0])?;
        let mut parts = Reader::only(signed, Rules::Der, asn1::SEQUENCE)?;
        let version = parts.take(asn1::context(0))?.content;
        parts.take(asn1::INTEGER)?;
        is_ecdsa(&mut parts)?;
        let issuer = parts.take(asn1::SEQUENCE)?.whole;
        let mut validity = parts.inside(asn1::SEQUENCE)?;
        let (from, until) = (time(&mut validity)?, time(&mut validity)?);
        let subject = parts.take(asn1::SEQUENCE)?.whole;
        let public_key = parts.take(asn1::SEQUENCE)?.whole;
        if version != [asn1::INTEGER, 1, 2] || !outer.is_empty() {
            return None;
        }
        let mut certificate = Self {
            signed,
            signature,
            issuer,
            subject,
            public_key,
            from,
            until,
            authority: false,
            deepest: None,
            signs: true,
            certifies: true,
        };
        if let Some(extensions) = parts.optional(asn1::context(3)) {
            let mut extensions = Reader::only(extensions.content, Rules::Der, asn1::SEQUENCE)?;
            while !extensions.is_empty() {
                certificate.extend(extensions.inside(asn1::SEQUENCE)?)?;
            }
        }
        Some(certificate)
    }

    fn extend(&mut self, mut extension: Reader<'_>) -> Option<()> {
        let oid = extension.take(asn1::OID)?.content;
        let critical = extension.optional(asn1::BOOLEAN).is_some_and(|value| value.content == [0xff]);
        let inner = extension.take(asn1::OCTET_STRING)?.content;
        if oid == BASIC_CONSTRAINTS {
            let mut constraints = Reader::only(inner, Rules::Der, asn1::SEQUENCE)?;
            self.authority = constraints.optional(asn1::BOOLEAN).is_some_and(|value| value.content == [0xff]);
            self.deepest = match constraints.optional(asn1::INTEGER).map(|value| value.content) {
                None => None,
                Some([deepest @ 0..0x80]) => Some(*deepest),
                Some(_) => return None,
            };
        } else if oid == KEY_USAGE {
            let bits = Reader::new(inner, Rules::Der).take(asn1::BIT_STRING)?.content;
            let bits = *bits.get(1)?;
            (self.signs, self.certifies) = (bits & DIGITAL_SIGNATURE != 0, bits & CERTIFICATE_SIGN != 0);
        } else if critical {
            return None;
        }
        Some(())
    }

    /// Whether its key may issue certificates with `below` authorities between it and the last.
    fn issues(&self, below: usize) -> bool {
        self.authority && self.certifies && self.deepest.is_none_or(|deepest| below <= deepest.into())
    }
}

fn is_ecdsa(reader: &mut Reader<'_>) -> Option<()> {
    let mut algorithm = reader.inside(asn1::SEQUENCE)?;
    let oid = algorithm.take(asn1::OID)?.content;
    (oid == ECDSA_WITH_SHA384 && algorithm.is_empty()).then_some(())
}

/// `CN=text`.
fn name(text: &str) -> Vec<u8> {
    let attribute =
        [asn1::value(asn1::OID, &[COMMON_NAME]), asn1::value(asn1::UTF8_STRING, &[text.as_bytes()])].concat();
    let attribute = asn1::value(asn1::SEQUENCE, &[&attribute]);
    asn1::value(asn1::SEQUENCE, &[&asn1::value(asn1::SET, &[&attribute])])
}

/// Two digits of the year up to 2049, four from 2050 on (RFC 5280, section 4.1.2.5). To the second.
fn written_time(time: Timestamp) -> Vec<u8> {
    let text = time.to_string();
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).take(14).collect();
    match digits.strip_prefix(b"20").filter(|_| digits.as_slice() < b"2050".as_slice()) {
        Some(short) => asn1::value(asn1::UTC_TIME, &[short, b"Z"]),
        None if digits.starts_with(b"19") => asn1::value(asn1::UTC_TIME, &[digits.get(2..).unwrap_or_default(), b"Z"]),
        None => asn1::value(asn1::GENERALIZED_TIME, &[&digits, b"Z"]),
    }
}

fn time(reader: &mut Reader<'_>) -> Option<Timestamp> {
    let value = reader.any()?;
    let digits = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    let full = match value.tag {
        asn1::UTC_TIME if digits.len() == 12 => {
            let century = if digits < "50" { "20" } else { "19" };
            format!("{century}{digits}")
        }
        asn1::GENERALIZED_TIME if digits.len() == 14 => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
}

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];
const KEY_USAGE: &[u8] = &[0x55, 29, 15];
const DIGITAL_SIGNATURE: u8 = 0x80;
const CERTIFICATE_SIGN: u8 = 0x04;
/// 1.2.840.10045.4.3.3
const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seed;

    struct Link {
        subject: &'static str,
        authority: bool,
        from: &'static str,
        until: &'static str,
    }

    const ROOT: Link =
        Link { subject: "root", authority: true, from: "1970-01-01T00:00:00Z", until: "9999-12-31T23:59:59Z" };
    const MIDDLE: Link = Link { subject: "middle", authority: true, ..ROOT };
    const LEAF: Link =
        Link { subject: "leaf", authority: false, from: "2030-01-01T00:00:00Z", until: "2030-01-01T03:00:00Z" };

    /// The root's public key, and a chain in which each issued the next.
    fn chain(links: &[&Link]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let mut issuer = curve::generate(Curve::NistP384, &mut entropy).unwrap();
        let root = curve::public_key(Curve::NistP384, &issuer).unwrap();
        let mut issuer_name = links[0].subject;
        let mut out = Vec::new();
        for (at, link) in links.iter().enumerate() {
            let own = if at == 0 { issuer.clone() } else { curve::generate(Curve::NistP384, &mut entropy).unwrap() };
            let public_key = curve::public_key(Curve::NistP384, &own).unwrap();
            let contents = Contents {
                issuer: issuer_name,
                subject: link.subject,
                from: link.from.parse().unwrap(),
                until: link.until.parse().unwrap(),
                public_key: &public_key,
                authority: link.authority,
            };
            out.push(issue(&contents, &issuer, &mut entropy).unwrap());
            (issuer, issuer_name) = (own, link.subject);
        }
        (root, out)
    }

    fn verdict(chain: &[Vec<u8>], root: &[u8], now: &str) -> Result<(), BrokenChain> {
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        verify(&chain, &[root], now.parse().unwrap()).map(|_| ())
    }

    #[test]
    fn a_chain_holds_from_its_first_to_its_last_second() {
        let (root, chain) = chain(&[&ROOT, &MIDDLE, &LEAF]);
        let from = LEAF.from.parse().unwrap();
        let until = LEAF.until.parse().unwrap();
        for (now, expected) in [
            ("2029-12-31T23:59:59Z", Err(BrokenChain::NotYetValid { from })),
            ("2030-01-01T00:00:00Z", Ok(())),
            ("2030-01-01T03:00:00Z", Ok(())),
            ("2030-01-01T03:00:01Z", Err(BrokenChain::Expired { until })),
        ] {
            assert_eq!(verdict(&chain, &root, now), expected, "{now}");
        }
    }

    #[test]
    fn a_chain_is_as_strong_as_each_link() {
        let now = LEAF.from;
        let (root, whole) = chain(&[&ROOT, &MIDDLE, &LEAF]);
        let no_authority = chain(&[&ROOT, &Link { authority: false, ..MIDDLE }, &LEAF]);
        assert_eq!(verdict(&no_authority.1, &no_authority.0, now), Err(BrokenChain::Link));
        let authority = chain(&[&ROOT, &MIDDLE]);
        assert_eq!(verdict(&authority.1, &authority.0, now), Err(BrokenChain::Link), "its key only issues");
        assert_eq!(verdict(&[whole[0].clone(), whole[2].clone()], &root, now), Err(BrokenChain::Link));
        assert_eq!(
            verdict(&[whole[0].clone(), whole[2].clone(), whole[1].clone()], &root, now),
            Err(BrokenChain::Link)
        );
        assert_eq!(verdict(&whole[1..], &root, now), Err(BrokenChain::UnknownRoot));
        assert_eq!(verdict(&whole, &whole[0], now), Err(BrokenChain::UnknownRoot));
        assert_eq!(verdict(&[], &root, now), Err(BrokenChain::Length));
        assert_eq!(verdict(&vec![whole[0].clone(); 17], &root, now), Err(BrokenChain::Length));
        for at in 0..3 {
            for byte in 0..whole[at].len() {
                let mut changed = whole.clone();
                changed[at][byte] ^= 1;
                assert!(verdict(&changed, &root, now).is_err(), "byte {byte} of certificate {at}");
            }
        }
    }

    #[test]
    fn times_are_written_as_their_year_asks() {
        for (time_text, written) in [
            ("1999-12-31T23:59:59Z", "991231235959Z"),
            ("2049-12-31T23:59:59Z", "491231235959Z"),
            ("2050-01-01T00:00:00Z", "20500101000000Z"),
        ] {
            let moment: Timestamp = time_text.parse().unwrap();
            let der = written_time(moment);
            assert_eq!(&der[2..], written.as_bytes());
            assert_eq!(time(&mut Reader::new(&der, Rules::Der)), Some(moment));
        }
    }
}
