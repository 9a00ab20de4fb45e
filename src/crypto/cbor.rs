//! The Concise Binary Object Representation (RFC 8949), as far as attestation documents use it: lengths are always
//! written in front.

/// What the next bytes are. An array or a map is only its head; as many items, or pairs of items, follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Unsigned(u64),
    /// The number `-1 - n`.
    Negative(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(u64),
    Map(u64),
    /// Of the item that follows.
    Tag(u64),
    Null,
    /// A truth value, or a number with a fraction.
    Other,
}

/// Items one after the other.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether there is nothing more.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next item or head.
    pub fn item(&mut self) -> Option<Item<'a>> {
        let first = *self.bytes(1)?.first()?;
        let (major, minor) = (first >> 5, first & 0x1f);
        let number = match minor {
            0..24 => u64::from(minor),
            24..28 => self.bytes(1 << (minor - 24))?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
            // 28 to 30 are reserved, and 31 has its length at the end.
            _ => return None,
        };
        Some(match major {
            0 => Item::Unsigned(number),
            1 => Item::Negative(number),
            2 => Item::Bytes(self.bytes(number)?),
            3 => Item::Text(std::str::from_utf8(self.bytes(number)?).ok()?),
            4 => Item::Array(number),
            5 => Item::Map(number),
            6 => Item::Tag(number),
            _ if minor == 22 => Item::Null,
            _ => Item::Other,
        })
    }

    /// Passes over the next item and all that is in it.
    pub fn skip(&mut self) -> Option<()> {
        let mut wanted = 1_u64;
        while wanted > 0 {
            let inner = match self.item()? {
                Item::Array(items) => items,
                Item::Map(pairs) => pairs.checked_mul(2)?,
                Item::Tag(_) => 1,
                Item::Unsigned(_) | Item::Negative(_) | Item::Bytes(_) | Item::Text(_) | Item::Null | Item::Other => 0,
            };
            wanted = (wanted - 1).checked_add(inner)?;
        }
        Some(())
    }

    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Appends an item, or the head of one, in its shortest form. [`Item::Other`] is written as false.
pub fn write(out: &mut Vec<u8>, item: Item<'_>) {
    let (major, number, content): (u8, u64, &[u8]) = match item {
        Item::Unsigned(number) => (0, number, &[]),
        Item::Negative(number) => (1, number, &[]),
        Item::Bytes(bytes) => (2, bytes.len() as u64, bytes),
        Item::Text(text) => (3, text.len() as u64, text.as_bytes()),
        Item::Array(items) => (4, items, &[]),
        Item::Map(pairs) => (5, pairs, &[]),
        Item::Tag(tag) => (6, tag, &[]),
        Item::Null => (7, 22, &[]),
        Item::Other => (7, 20, &[]),
    };
    let digits = number.to_be_bytes();
    let (minor, length) = match number {
        0..24 => (digits.last().copied().unwrap_or(0), 0),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | minor);
    out.extend(digits.iter().skip(8 - length));
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949, appendix A.
    #[test]
    fn examples_of_the_rfc() {
        let check = |bytes: &[u8], item: Item<'_>| {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.item(), Some(item));
            assert!(reader.is_empty());
            let mut written = Vec::new();
            write(&mut written, item);
            assert_eq!(written, bytes);
        };
        check(&[0x00], Item::Unsigned(0));
        check(&[0x17], Item::Unsigned(23));
        check(&[0x18, 0x18], Item::Unsigned(24));
        check(&[0x19, 0x03, 0xe8], Item::Unsigned(1000));
        check(&[0x1a, 0x00, 0x0f, 0x42, 0x40], Item::Unsigned(1_000_000));
        check(&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0x00], Item::Unsigned(1_000_000_000_000));
        check(&[0x38, 0x63], Item::Negative(99));
        check(&[0xf6], Item::Null);
        check(&[0xf4], Item::Other);
        check(&[0x44, 1, 2, 3, 4], Item::Bytes(&[1, 2, 3, 4]));
        check(&[0x62, 0xc3, 0xbc], Item::Text("ü"));
        check(&[0x83], Item::Array(3));
        check(&[0xa2], Item::Map(2));
        check(&[0xc1], Item::Tag(1));
    }

    #[track_caller]
    fn check_skip(bytes: &[u8], left: Option<usize>) {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.skip().map(|()| reader.rest.len()), left, "{bytes:?}");
    }

    #[test]
    fn an_item_is_passed_over_with_all_that_is_in_it() {
        check_skip(&[0x83, 1, 0xa1, 0x61, b'a', 0x81, 2, 0xc1, 3, 9], Some(1));
        check_skip(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0, 9], Some(1));
        check_skip(&[0x82, 1], None);
        check_skip(&[0x9f, 0xff], None);
        check_skip(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None);
        check_skip(&[0x5a, 0xff, 0xff, 0xff, 0xff], None);
        check_skip(&[0x81].repeat(1_000_000), None);
    }
}
