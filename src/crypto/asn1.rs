//! Tags, lengths and values (X.690): DER for certificates, and the BER in which KMS writes CMS.
//!
//! Knows no type beyond bytes; what a value means is its reader's to know.

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const UTF8_STRING: u8 = 0x0c;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// The tag of the context-specific value `[number]` that holds other values.
pub const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One value in DER: `tag`, the length, and `parts` one after the other.
pub fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => out.push(short),
        _ => {
            let bytes = (length as u64).to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            // From 1 to 8.
            out.push(0x88 - u8::try_from(zeros).unwrap_or(0));
            out.extend(bytes.iter().skip(zeros));
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// An unsigned number of any length as an INTEGER.
pub fn unsigned(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    // A first bit of 1 would make it negative, and no digit at all would make it nothing.
    let sign: &[u8] = if digits.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    value(INTEGER, &[sign, digits])
}

/// How lengths may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// In one way only.
    Der,
    /// Also longer than needed, or as an end that is marked.
    Ber,
}

/// One value, as it was read.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub tag: u8,
    /// With tag and length.
    pub whole: &'a [u8],
    pub content: &'a [u8],
}

/// Values one after the other.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    rules: Rules,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], rules: Rules) -> Self {
        Self { rest: bytes, rules }
    }

    /// Whether there is nothing more.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, whatever its tag.
    pub fn any(&mut self) -> Option<Value<'a>> {
        let (value, rest) = read(self.rest, self.rules, DEEPEST)?;
        self.rest = rest;
        Some(value)
    }

    /// The next value, which has to have that tag.
    pub fn take(&mut self, tag: u8) -> Option<Value<'a>> {
        self.any().filter(|value| value.tag == tag)
    }

    /// The next value if it has that tag; left where it is otherwise.
    pub fn optional(&mut self, tag: u8) -> Option<Value<'a>> {
        if self.rest.first() == Some(&tag) { self.any() } else { None }
    }

    /// What is inside the next value, which has to have that tag.
    pub fn inside(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(|value| Self { rest: value.content, rules: self.rules })
    }

    /// The only value of `bytes`, which has to have that tag, from the inside.
    pub fn only(bytes: &'a [u8], rules: Rules, tag: u8) -> Option<Self> {
        let mut outer = Self::new(bytes, rules);
        outer.inside(tag).filter(|_| outer.is_empty())
    }
}

/// How many marked ends may lie in each other.
const DEEPEST: u8 = 8;

fn read(bytes: &[u8], rules: Rules, depth: u8) -> Option<(Value<'_>, &[u8])> {
    let (&tag, after) = bytes.split_first()?;
    let (&first, after) = after.split_first()?;
    // A number above 30 follows such a tag. None of what is read here has one.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (content, rest) = match first {
        0..0x80 => after.split_at_checked(first.into())?,
        0x80 if rules == Rules::Ber && tag & 0x20 != 0 => up_to_the_end(after, depth.checked_sub(1)?)?,
        0x81..=0x84 => {
            let (digits, after) = after.split_at_checked((first & 0x7f).into())?;
            let length = digits.iter().fold(0_u32, |length, digit| length << 8 | u32::from(*digit));
            if rules == Rules::Der && (digits.first() == Some(&0) || length < 0x80) {
                return None;
            }
            after.split_at_checked(usize::try_from(length).ok()?)?
        }
        _ => return None,
    };
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Value { tag, whole, content }, rest))
}

/// The values before two bytes of zero, and what comes after these.
fn up_to_the_end(bytes: &[u8], depth: u8) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            return Some((bytes.get(..bytes.len() - rest.len())?, after));
        }
        (_, rest) = read(rest, Rules::Ber, depth)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_shortest_form_and_read_back() {
        for (length, head) in [
            (0, vec![4, 0]),
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (255, vec![4, 0x81, 255]),
            (256, vec![4, 0x82, 1, 0]),
            (65_536, vec![4, 0x83, 1, 0, 0]),
        ] {
            let content = vec![7; length];
            let written = value(OCTET_STRING, &[&content]);
            assert_eq!(written.strip_suffix(content.as_slice()), Some(head.as_slice()));
            let mut reader = Reader::new(&written, Rules::Der);
            assert_eq!(reader.take(OCTET_STRING).unwrap().content, content);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn numbers_keep_their_sign() {
        for (number, expected) in [
            (vec![], vec![2, 1, 0]),
            (vec![0, 0], vec![2, 1, 0]),
            (vec![0, 127], vec![2, 1, 127]),
            (vec![128], vec![2, 2, 0, 128]),
        ] {
            assert_eq!(unsigned(&number), expected);
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], der: Option<&[u8]>, ber: Option<&[u8]>) {
        for (rules, expected) in [(Rules::Der, der), (Rules::Ber, ber)] {
            assert_eq!(Reader::new(bytes, rules).any().map(|value| value.content), expected, "{bytes:?}");
        }
    }

    #[test]
    fn der_has_one_form_and_ber_several() {
        check(&[4, 1, 9], Some(&[9]), Some(&[9]));
        check(&[4, 0x81, 1, 9], None, Some(&[9]));
        check(&[0x30, 0x80, 4, 1, 9, 0, 0], None, Some(&[4, 1, 9]));
        check(&[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0], None, Some(&[0x30, 0x80, 0, 0]));
        check(&[0x24, 0x80, 4, 1, 9], None, None);
        check(&[4, 0x80, 0, 0], None, None);
        check(&[4, 2, 9], None, None);
        check(&[4, 0x85, 0, 0, 0, 0, 0], None, None);
        check(&[0x1f, 1, 0], None, None);
        check(&[4, 0x84, 0xff, 0xff, 0xff, 0xff], None, None);
        check(&[], None, None);
        check(&[0x30, 0x80].repeat(100_000), None, None);
    }
}
