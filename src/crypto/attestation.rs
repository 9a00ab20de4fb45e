//! Attestation documents of AWS Nitro Enclaves: a map in CBOR, signed as COSE_Sign1 (RFC 9052) with ES384.
//!
//! Read and verified as "Verifying the root of trust" in the AWS Nitro Enclaves User Guide says: the form, the chain of
//! certificates, the signature. Whose measurements are welcome is for policies to say.

use std::collections::BTreeMap;

use crate::{
    clock::Timestamp,
    crypto::{
        asn1::{self, Reader as Der, Rules},
        cbor::{self, Item, Reader},
        curve::{self, Curve},
        pair::{Signed, Unfit},
        rsa,
        secret::SecretBytes,
        x509::{self, BrokenChain},
    },
    entropy::Entropy,
};

/// The root of AWS's own enclaves (DER): that of the certificate `aws.nitro-enclaves`, whose SHA-256 fingerprint in the
/// User Guide begins with `641A0321A3E244EF`. Valid until 2049.
#[rustfmt::skip]
pub const AWS_ROOT: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
    0x03, 0x62, 0x00, 0x04,
    0xfc, 0x02, 0x54, 0xeb, 0xa6, 0x08, 0xc1, 0xf3, 0x68, 0x70, 0xe2, 0x9a, 0xda, 0x90, 0xbe, 0x46, 0x38, 0x32, 0x92, 0x73,
    0x6e, 0x89, 0x4b, 0xff, 0xf6, 0x72, 0xd9, 0x89, 0x44, 0x4b, 0x50, 0x51, 0xe5, 0x34, 0xa4, 0xb1, 0xf6, 0xdb, 0xe3, 0xc0,
    0xbc, 0x58, 0x1a, 0x32, 0xb7, 0xb1, 0x76, 0x07, 0x0e, 0xde, 0x12, 0xd6, 0x9a, 0x3f, 0xea, 0x21, 0x1b, 0x66, 0xe7, 0x52,
    0xcf, 0x7d, 0xd1, 0xdd, 0x09, 0x5f, 0x6f, 0x13, 0x70, 0xf4, 0x17, 0x08, 0x43, 0xd9, 0xdc, 0x10, 0x01, 0x21, 0xe4, 0xcf,
    0x63, 0x01, 0x28, 0x09, 0x66, 0x44, 0x87, 0xc9, 0x79, 0x62, 0x84, 0x30, 0x4d, 0xc5, 0x3f, 0xf4,
];

/// What a document says that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// For example `i-1234567890abcdef0-enc0123456789abcdef`.
    pub module_id: String,
    pub issued: Timestamp,
    /// Platform configuration registers by number: what runs in the enclave.
    pub measurements: BTreeMap<u8, Vec<u8>>,
    /// An RSA key of the enclave, DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
}

/// Why a document is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAttested {
    /// `part` is not what it should be, or missing.
    Malformed {
        part: &'static str,
    },
    Chain(BrokenChain),
    /// The signature is not that of the certificate's key.
    Signature,
    /// It holds, and names no key for which something could be encrypted.
    NoPublicKey,
    /// The key is no RSA key of 2,048 to 4,096 bits.
    PublicKey,
}

/// What `document` says, if one of the `trusted` keys (DER) stands for it `now`.
pub fn verify(document: &[u8], trusted: &[&[u8]], now: Timestamp) -> Result<Attestation, NotAttested> {
    let envelope = Envelope::read(document).ok_or(NotAttested::Malformed { part: "COSE_Sign1" })?;
    if !envelope.is_es384() {
        return Err(NotAttested::Malformed { part: "protected header" });
    }
    let payload = Payload::read(envelope.payload)?;
    let chain: Vec<&[u8]> = payload.cabundle.iter().copied().chain([payload.certificate]).collect();
    let key = x509::verify(&chain, trusted, now).map_err(NotAttested::Chain)?;
    let signed = signed_bytes(envelope.protected, envelope.payload);
    let signature = der_signature(envelope.signature).ok_or(NotAttested::Signature)?;
    if curve::verify(Curve::NistP384, &key, Signed::Message(&signed), &signature) != Ok(true) {
        return Err(NotAttested::Signature);
    }
    let public_key = payload.public_key.ok_or(NotAttested::NoPublicKey)?;
    if !rsa::can_receive(public_key) {
        return Err(NotAttested::PublicKey);
    }
    Ok(Attestation {
        module_id: payload.module_id.to_owned(),
        issued: payload.issued,
        measurements: payload.measurements,
        public_key: public_key.to_vec(),
    })
}

/// What a new document says.
pub struct Contents<'a> {
    pub module_id: &'a str,
    pub issued: Timestamp,
    /// SHA-384 values by number.
    pub measurements: &'a BTreeMap<u8, Vec<u8>>,
    /// From the root to the issuer of `certificate`.
    pub cabundle: &'a [&'a [u8]],
    pub certificate: &'a [u8],
    pub public_key: Option<&'a [u8]>,
    pub user_data: Option<&'a [u8]>,
    pub nonce: Option<&'a [u8]>,
}

/// A document, signed with the private key that belongs to its certificate.
pub fn issue(contents: &Contents<'_>, key: &SecretBytes, entropy: &mut Entropy) -> Result<Vec<u8>, Unfit> {
    let mut payload = Vec::new();
    let mut put = |item: Item<'_>| cbor::write(&mut payload, item);
    put(Item::Map(9));
    put(Item::Text("module_id"));
    put(Item::Text(contents.module_id));
    put(Item::Text("digest"));
    put(Item::Text(DIGEST));
    put(Item::Text("timestamp"));
    put(Item::Unsigned(u64::try_from(contents.issued.millis()).unwrap_or(0)));
    put(Item::Text("pcrs"));
    put(Item::Map(contents.measurements.len() as u64));
    for (number, value) in contents.measurements {
        put(Item::Unsigned((*number).into()));
        put(Item::Bytes(value));
    }
    put(Item::Text("certificate"));
    put(Item::Bytes(contents.certificate));
    put(Item::Text("cabundle"));
    put(Item::Array(contents.cabundle.len() as u64));
    contents.cabundle.iter().for_each(|certificate| put(Item::Bytes(certificate)));
    for (name, value) in
        [("public_key", contents.public_key), ("user_data", contents.user_data), ("nonce", contents.nonce)]
    {
        put(Item::Text(name));
        put(value.map_or(Item::Null, Item::Bytes));
    }
    let signature = curve::sign(Curve::NistP384, key, Signed::Message(&signed_bytes(ES384, &payload)), entropy)?;
    let signature = flat_signature(&signature).ok_or(Unfit)?;
    let mut document = Vec::new();
    for item in [Item::Array(4), Item::Bytes(ES384), Item::Map(0), Item::Bytes(&payload), Item::Bytes(&signature)] {
        cbor::write(&mut document, item);
    }
    Ok(document)
}

/// COSE_Sign1: what is signed, and the signature.
struct Envelope<'a> {
    protected: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(document: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(document);
        let head = match reader.item()? {
            Item::Tag(18) => reader.item()?,
            untagged => untagged,
        };
        if head != Item::Array(4) {
            return None;
        }
        let protected = bytes(&mut reader)?;
        // The unprotected header is empty, and nothing that could be in it would count.
        if reader.item()? != Item::Map(0) {
            return None;
        }
        let (payload, signature) = (bytes(&mut reader)?, bytes(&mut reader)?);
        reader.is_empty().then_some(Self { protected, payload, signature })
    }

    /// Whether the header says `alg: ES384`, and nothing else.
    fn is_es384(&self) -> bool {
        self.protected == ES384
    }
}

struct Payload<'a> {
    module_id: &'a str,
    issued: Timestamp,
    measurements: BTreeMap<u8, Vec<u8>>,
    certificate: &'a [u8],
    cabundle: Vec<&'a [u8]>,
    public_key: Option<&'a [u8]>,
}

impl<'a> Payload<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, NotAttested> {
        let malformed = |part: &'static str| NotAttested::Malformed { part };
        let mut reader = Reader::new(payload);
        let Some(Item::Map(members)) = reader.item() else { return Err(malformed("payload")) };
        let (mut module_id, mut digest, mut issued, mut measurements) = (None, None, None, None);
        let (mut certificate, mut cabundle, mut public_key) = (None, None, None);
        for _ in 0..members {
            let Some(Item::Text(name)) = reader.item() else { return Err(malformed("payload")) };
            match name {
                "module_id" => module_id = Some(text(&mut reader).ok_or(malformed("module_id"))?),
                "digest" => digest = Some(text(&mut reader).ok_or(malformed("digest"))?),
                "timestamp" => issued = Some(moment(&mut reader).ok_or(malformed("timestamp"))?),
                "pcrs" | "nitrotpm_pcrs" => measurements = Some(registers(&mut reader).ok_or(malformed("pcrs"))?),
                "certificate" => certificate = Some(bytes(&mut reader).ok_or(malformed("certificate"))?),
                "cabundle" => cabundle = Some(bundle(&mut reader).ok_or(malformed("cabundle"))?),
                "public_key" => {
                    public_key = match reader.item() {
                        Some(Item::Null) => None,
                        Some(Item::Bytes(key)) if (1..=1024).contains(&key.len()) => Some(key),
                        _ => return Err(malformed("public_key")),
                    };
                }
                _ => reader.skip().ok_or(malformed("payload"))?,
            }
        }
        if !reader.is_empty() {
            return Err(malformed("payload"));
        }
        if digest != Some(DIGEST) {
            return Err(malformed("digest"));
        }
        Ok(Self {
            module_id: module_id.filter(|id| !id.is_empty()).ok_or(malformed("module_id"))?,
            issued: issued.ok_or(malformed("timestamp"))?,
            measurements: measurements.ok_or(malformed("pcrs"))?,
            certificate: certificate.ok_or(malformed("certificate"))?,
            cabundle: cabundle.ok_or(malformed("cabundle"))?,
            public_key,
        })
    }
}

fn bytes<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    match reader.item()? {
        Item::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    match reader.item()? {
        Item::Text(text) => Some(text),
        _ => None,
    }
}

fn moment(reader: &mut Reader<'_>) -> Option<Timestamp> {
    match reader.item()? {
        Item::Unsigned(millis @ 1..) => i64::try_from(millis).ok().map(Timestamp::from_millis),
        _ => None,
    }
}

/// 1 to 32 registers with the values of one of the three hashes.
fn registers(reader: &mut Reader<'_>) -> Option<BTreeMap<u8, Vec<u8>>> {
    let Item::Map(count @ 1..=32) = reader.item()? else { return None };
    let mut registers = BTreeMap::new();
    for _ in 0..count {
        let Item::Unsigned(number @ 0..32) = reader.item()? else { return None };
        let value = bytes(reader).filter(|value| [32, 48, 64].contains(&value.len()))?;
        if registers.insert(u8::try_from(number).ok()?, value.to_vec()).is_some() {
            return None;
        }
    }
    Some(registers)
}

fn bundle<'a>(reader: &mut Reader<'a>) -> Option<Vec<&'a [u8]>> {
    let Item::Array(count @ 1..) = reader.item()? else { return None };
    // One more is an error that the chain reports; none is read for it.
    let count = count.min(x509::LONGEST_CHAIN as u64 + 1);
    (0..count).map(|_| bytes(reader)).collect()
}

/// `Sig_structure` (RFC 9052, section 4.4).
fn signed_bytes(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in
        [Item::Array(4), Item::Text("Signature1"), Item::Bytes(protected), Item::Bytes(&[]), Item::Bytes(payload)]
    {
        cbor::write(&mut out, item);
    }
    out
}

/// r and s of 48 bytes each, as a sequence of two numbers.
fn der_signature(flat: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = flat.split_at_checked(HALF).filter(|(_, s)| s.len() == HALF)?;
    Some(asn1::value(asn1::SEQUENCE, &[&asn1::unsigned(r), &asn1::unsigned(s)]))
}

fn flat_signature(der: &[u8]) -> Option<Vec<u8>> {
    let mut numbers = Der::only(der, Rules::Der, asn1::SEQUENCE)?;
    let mut flat = Vec::with_capacity(2 * HALF);
    for _ in 0..2 {
        let number = numbers.take(asn1::INTEGER)?.content;
        let digits = number.strip_prefix(&[0]).unwrap_or(number);
        flat.extend(std::iter::repeat_n(0, HALF.checked_sub(digits.len())?));
        flat.extend_from_slice(digits);
    }
    Some(flat)
}

/// `{1: -35}`, the only protected header of these documents.
const ES384: &[u8] = &[0xa1, 0x01, 0x38, 0x22];
const DIGEST: &str = "SHA384";
const HALF: usize = 48;
