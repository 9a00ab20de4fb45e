//! Reads the JSON of a header: every member known, there once and of its type, or the name of the one that is not.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    str::FromStr,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    damaged::DamagedEnvelope,
    header::{ALGORITHM, CHUNK_LENGTH, InvalidMember, Members, VERSION},
};
use crate::arn::NotAName;

/// What `json` says, which is at most as long as a header may be. Limits of numbers are the caller's.
pub(super) fn members(json: &[u8]) -> Result<Members, DamagedEnvelope> {
    let value = serde_json::from_slice(json)
        .map_err(|error| DamagedEnvelope::HeaderNotJson { line: error.line() as u64, column: error.column() as u64 })?;
    let mut members = match value {
        Value::Object(members) => members,
        Value::Repeats(member) => return Err(DamagedEnvelope::RepeatedMember { member }),
        Value::Text(_) | Value::Number(_) | Value::Other => {
            return Err(DamagedEnvelope::HeaderNotJson { line: 1, column: 1 });
        }
    };
    // First: a newer version may have any other members.
    match take(&mut members, "version")? {
        Value::Number(VERSION) => {}
        Value::Number(version @ 2..) => return Err(DamagedEnvelope::NewerVersion { version }),
        _ => return Err(InvalidMember { member: "version", expected: "the number 1" }.into()),
    }
    if text(&mut members, "algorithm")? != ALGORITHM {
        return Err(InvalidMember { member: "algorithm", expected: "AES-256-GCM" }.into());
    }
    let context_of_text = InvalidMember { member: "encryptionContext", expected: "an object of text, each key once" };
    let encryption_context = match take(&mut members, "encryptionContext")? {
        Value::Object(pairs) => pairs.into_iter().map(|(key, value)| match value {
            Value::Text(value) => Ok((key, value)),
            Value::Number(_) | Value::Object(_) | Value::Repeats(_) | Value::Other => Err(context_of_text),
        }),
        _ => return Err(context_of_text.into()),
    };
    let header = Members {
        key: name(&mut members, "keyId")?,
        encryption_context: encryption_context.collect::<Result<_, _>>()?,
        wrapped_data_key: base64(&mut members, "wrappedDataKey", "1 to 6,144 bytes in base64")?,
        file_name: name(&mut members, "fileName")?,
        media_type: match members.contains_key("mediaType") {
            true => Some(name(&mut members, "mediaType")?),
            false => None,
        },
        plaintext_length: number(&mut members, "plaintextLength", "a number of bytes, at most 2^40")?,
        chunk_length: number(&mut members, "chunkLength", CHUNK_LENGTH)?,
        nonce_prefix: base64(&mut members, "noncePrefix", "7 bytes in base64")?,
    };
    match members.into_keys().next() {
        Some(member) => Err(DamagedEnvelope::UnknownMember { member }),
        None => Ok(header),
    }
}

fn take(members: &mut BTreeMap<String, Value>, member: &'static str) -> Result<Value, DamagedEnvelope> {
    members.remove(member).ok_or(DamagedEnvelope::MissingMember { member })
}

fn text(members: &mut BTreeMap<String, Value>, member: &'static str) -> Result<String, DamagedEnvelope> {
    match take(members, member)? {
        Value::Text(text) => Ok(text),
        _ => Err(InvalidMember { member, expected: "text" }.into()),
    }
}

fn name<T: FromStr<Err = NotAName>>(
    members: &mut BTreeMap<String, Value>,
    member: &'static str,
) -> Result<T, DamagedEnvelope> {
    let parsed = text(members, member)?.parse();
    parsed.map_err(|NotAName { expected }| InvalidMember { member, expected }.into())
}

fn number<T: TryFrom<u64>>(
    members: &mut BTreeMap<String, Value>,
    member: &'static str,
    expected: &'static str,
) -> Result<T, DamagedEnvelope> {
    let number = match take(members, member)? {
        Value::Number(number) => T::try_from(number).ok(),
        _ => None,
    };
    number.ok_or(InvalidMember { member, expected }.into())
}

fn base64<T: TryFrom<Vec<u8>>>(
    members: &mut BTreeMap<String, Value>,
    member: &'static str,
    expected: &'static str,
) -> Result<T, DamagedEnvelope> {
    let bytes = STANDARD.decode(text(members, member)?).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(InvalidMember { member, expected }.into())
}

/// JSON as far as a header needs it, noticing members that come twice.
enum Value {
    Text(String),
    Number(u64),
    Object(BTreeMap<String, Value>),
    /// An object with this member twice.
    Repeats(String),
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut members = BTreeMap::new();
                let mut repeated = None;
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    match members.entry(key) {
                        Entry::Vacant(vacant) => drop(vacant.insert(value)),
                        Entry::Occupied(occupied) => repeated = Some(occupied.key().clone()),
                    }
                }
                Ok(repeated.map_or(Value::Object(members), Value::Repeats))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::envelope::Header;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    /// Each member of a good header with its JSON, in the written order.
    fn good() -> Vec<(&'static str, String)> {
        let text = |text: &str| format!("\"{text}\"");
        vec![
            ("version", "1".to_owned()),
            ("algorithm", text("AES-256-GCM")),
            ("keyId", text(KEY)),
            ("encryptionContext", "{}".to_owned()),
            ("wrappedDataKey", text("AQE=")),
            ("fileName", text("a")),
            ("mediaType", text("text/plain")),
            ("plaintextLength", "0".to_owned()),
            ("chunkLength", "1024".to_owned()),
            ("noncePrefix", text("AQIDBAUGBw==")),
        ]
    }

    fn object(members: &[(&str, String)]) -> String {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }

    fn file(json: &str) -> Vec<u8> {
        [b"KMSENV1\n".as_slice(), &(json.len() as u32).to_be_bytes(), json.as_bytes()].concat()
    }

    /// A good header with one member changed or, without a value, missing.
    fn with(member: &str, value: &str) -> Vec<u8> {
        let mut members = good();
        members.retain(|(name, _)| *name != member);
        if !value.is_empty() {
            members.push((member, value.to_owned()));
        }
        file(&object(&members))
    }

    /// One line a file: what it is called, and what is wrong with it, without what to do.
    fn check<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>, expected: Expect) {
        let line = |(name, file): (&str, Vec<u8>)| {
            let said = Header::parse(&file).map_or_else(|damaged| damaged.to_string(), |_| "well-formed".to_owned());
            format!("{name}: {}\n", said.split(';').next().unwrap_or_default())
        };
        expected.assert_eq(&files.into_iter().map(line).collect::<String>());
    }

    #[test]
    fn headers_are_read_strictly_and_say_what_is_wrong() {
        let long_name = "x".repeat(41);
        let rows = [
            ("mediaType", r#""text/html""#),
            ("mediaType", ""),
            ("mediaType", "null"),
            ("version", "2"),
            ("version", "0"),
            ("version", r#""1""#),
            ("algorithm", r#""AES-128-GCM""#),
            ("keyId", r#""alias/orders""#),
            ("keyId", "null"),
            ("encryptionContext", r#"{"a":"1","b":"2"}"#),
            ("encryptionContext", "[]"),
            ("encryptionContext", r#"{"a":1}"#),
            ("encryptionContext", r#"{"a":"1","a":"2"}"#),
            ("wrappedDataKey", r#""""#),
            ("wrappedDataKey", r#""AQE""#),
            ("fileName", r#""..""#),
            ("fileName", r#""a\u0000b""#),
            ("plaintextLength", "1099511627776"),
            ("plaintextLength", "1099511627777"),
            ("plaintextLength", "18446744073709551616"),
            ("plaintextLength", "-1"),
            ("plaintextLength", "1.5"),
            ("chunkLength", "0"),
            ("chunkLength", "4294967297"),
            ("noncePrefix", ""),
            ("noncePrefix", r#""AQIDBAUG""#),
            ("comment", "1"),
            (&long_name, "true"),
        ];
        let names = rows.map(|(member, value)| format!("{member} {value}"));
        let files = rows.map(|(member, value)| with(member, value));
        check(
            names.iter().map(String::as_str).zip(files),
            expect![[r#"
            mediaType "text/html": well-formed
            mediaType : well-formed
            mediaType null: the member `mediaType` of the header is wrong: expected text
            version 2: an envelope of version 2, expected version 1
            version 0: the member `version` of the header is wrong: expected the number 1
            version "1": the member `version` of the header is wrong: expected the number 1
            algorithm "AES-128-GCM": the member `algorithm` of the header is wrong: expected AES-256-GCM
            keyId "alias/orders": the member `keyId` of the header is wrong: expected a key ARN
            keyId null: the member `keyId` of the header is wrong: expected text
            encryptionContext {"a":"1","b":"2"}: well-formed
            encryptionContext []: the member `encryptionContext` of the header is wrong: expected an object of text, each key once
            encryptionContext {"a":1}: the member `encryptionContext` of the header is wrong: expected an object of text, each key once
            encryptionContext {"a":"1","a":"2"}: the member `encryptionContext` of the header is wrong: expected an object of text, each key once
            wrappedDataKey "": the member `wrappedDataKey` of the header is wrong: expected 1 to 6,144 bytes in base64
            wrappedDataKey "AQE": the member `wrappedDataKey` of the header is wrong: expected 1 to 6,144 bytes in base64
            fileName "..": the member `fileName` of the header is wrong: expected a file name of 1 to 255 bytes without control characters
            fileName "a\u0000b": the member `fileName` of the header is wrong: expected a file name of 1 to 255 bytes without control characters
            plaintextLength 1099511627776: well-formed
            plaintextLength 1099511627777: the member `plaintextLength` of the header is wrong: expected a number of bytes, at most 2^40
            plaintextLength 18446744073709551616: the member `plaintextLength` of the header is wrong: expected a number of bytes, at most 2^40
            plaintextLength -1: the member `plaintextLength` of the header is wrong: expected a number of bytes, at most 2^40
            plaintextLength 1.5: the member `plaintextLength` of the header is wrong: expected a number of bytes, at most 2^40
            chunkLength 0: the member `chunkLength` of the header is wrong: expected a number of bytes from 1,024 to 67,108,864
            chunkLength 4294967297: the member `chunkLength` of the header is wrong: expected a number of bytes from 1,024 to 67,108,864
            noncePrefix : the header has no member `noncePrefix`
            noncePrefix "AQIDBAUG": the member `noncePrefix` of the header is wrong: expected 7 bytes in base64
            comment 1: the header has a member `comment` that version 1 does not have
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx true: the header has a member `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` that version 1 does not have
        "#]],
        );
    }

    #[test]
    fn what_is_not_one_object_is_refused_where_it_stops_being_one() {
        let bomb = |open: &str, times: usize, close: &str| format!("{}1{}", open.repeat(times), close.repeat(times));
        check(
            [
                ("nothing", file("")),
                ("an array", file("[]")),
                ("a comma too many", file("{\n  \"version\": 1,\n}")),
                ("two objects", file(&format!("{} {{}}", object(&good())))),
                ("every member twice", file(&object(&[good(), good()].concat()))),
                ("60,000 open arrays", with("comment", &"[".repeat(60_000))),
                ("9,999 arrays", with("comment", &bomb("[", 9999, "]"))),
                ("9,999 objects", with("encryptionContext", &bomb(r#"{"a":"#, 9999, "}"))),
                ("100 objects", with("encryptionContext", &bomb(r#"{"a":"#, 100, "}"))),
                ("not UTF-8", b"KMSENV1\n\0\0\0\x03\"\xFF\"".to_vec()),
            ],
            expect![[r#"
                nothing: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 0
                an array: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 1
                a comma too many: the header, from byte 12 on, is not a JSON object: wrong at line 3, column 1
                two objects: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 282
                every member twice: the header has the member `noncePrefix` twice
                60,000 open arrays: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 60291
                9,999 arrays: the header has a member `comment` that version 1 does not have
                9,999 objects: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 908
                100 objects: the member `encryptionContext` of the header is wrong: expected an object of text, each key once
                not UTF-8: the header, from byte 12 on, is not a JSON object: wrong at line 1, column 2
            "#]],
        );
    }

    #[test]
    fn a_file_is_known_by_its_start() {
        let starts: [(&str, &[u8]); 9] = [
            ("empty", b""),
            ("half the magic", b"KMSENV"),
            ("half of another", b"KMSENW"),
            ("a ZIP file", b"PK\x03\x04 and so on"),
            ("the next version", b"KMSENV2\n"),
            ("half the length", b"KMSENV1\n\0\x01\0"),
            ("the longest header", b"KMSENV1\n\0\x01\0\0{"),
            ("one byte longer", b"KMSENV1\n\0\x01\0\x01{"),
            ("4 GiB", b"KMSENV1\n\xFF\xFF\xFF\xFF{"),
        ];
        check(
            starts.map(|(name, start)| (name, start.to_vec())),
            expect![[r#"
            empty: the file ends inside its header: got 0 bytes, expected at least 12
            half the magic: the file ends inside its header: got 6 bytes, expected at least 12
            half of another: not an envelope file: its first 8 bytes are not `KMSENV1` and a line feed
            a ZIP file: not an envelope file: its first 8 bytes are not `KMSENV1` and a line feed
            the next version: an envelope of version 2, expected version 1
            half the length: the file ends inside its header: got 11 bytes, expected at least 12
            the longest header: the file ends inside its header: got 13 bytes, expected at least 65548
            one byte longer: the header length at bytes 8..12 is damaged: got 65537, expected at most 65536
            4 GiB: the header length at bytes 8..12 is damaged: got 4294967295, expected at most 65536
        "#]],
        );
    }
}
