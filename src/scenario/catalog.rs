//! The lessons of this program, in the order in which to take them. They are part of it: they need no network.

use crate::{
    rest,
    scenario::{
        Front, Scenario, file, messages,
        preview::{self, Mark},
    },
};

/// One lesson as it is listed.
pub struct Lesson {
    /// The name of its file, without `.md`.
    pub id: &'static str,
    /// The lines of its file before its first page. [`file::front`](super::file::front) reads them.
    pub front: &'static str,
    /// How many pages it has.
    pub pages: usize,
    /// What happens in it.
    pub marks: &'static [Mark],
}

/// Every lesson.
pub fn lessons() -> &'static [Lesson] {
    LESSONS
}

impl Lesson {
    /// What it says of itself, in the language of the page.
    pub fn listed(&self) -> Option<Front> {
        file::front(self.front).ok().map(messages::front_translated)
    }

    /// The lesson in the language of the page; nothing where the rest is missed.
    pub fn read(&self) -> Option<Scenario> {
        self.text().and_then(|text| file::parse(text).ok()).map(messages::translated)
    }

    /// The whole file. Only that of the first lesson is here from the start; nothing where the rest is missed.
    pub fn text(&self) -> Option<&'static str> {
        if self.id == FIRST {
            return Some(FIRST_TEXT);
        }
        rest::needed(|| TEXTS.iter().find(|(id, _)| *id == self.id).map(|(_, text)| *text)).flatten()
    }
}

macro_rules! text {
    ($id:expr) => {
        include_str!(concat!("../../www/scenarios/", $id, ".md"))
    };
}

/// The lessons by the names of their files. What is listed of them is copied, so that their texts need not be here with it.
macro_rules! lessons {
    ($first:literal, $($id:literal),+ $(,)?) => {
        const FIRST: &str = $first;
        static FIRST_TEXT: &str = text!($first);
        static TEXTS: &[(&str, &str)] = &[$(($id, text!($id))),+];
        static LESSONS: &[Lesson] = &[lesson!($first), $(lesson!($id)),+];
    };
}

macro_rules! lesson {
    ($id:literal) => {{
        const LENGTH: usize = length_of_front(text!($id));
        static FRONT: [u8; LENGTH] = match text!($id).as_bytes().first_chunk() {
            Some(front) => *front,
            None => [0; LENGTH],
        };
        let front = match std::str::from_utf8(&FRONT) {
            Ok(front) => front,
            Err(_) => "",
        };
        const MARKS: usize = preview::count(text!($id));
        static SEEN: [Mark; MARKS] = preview::marks(text!($id));
        Lesson { id: $id, front, pages: pages(text!($id)), marks: &SEEN }
    }};
}

/// Up to and with the line that closes the front matter.
const fn length_of_front(text: &str) -> usize {
    let mut rest = text.as_bytes();
    while let [_, after @ ..] = rest {
        if let [b'\n', b'-', b'-', b'-', b'\n', ..] = rest {
            return text.len() - rest.len() + 5;
        }
        rest = after;
    }
    text.len()
}

const fn pages(text: &str) -> usize {
    let (mut rest, mut pages) = (text.as_bytes(), 0);
    while let [_, after @ ..] = rest {
        if let [b'\n', b'#', b'#', b' ', ..] = rest {
            pages += 1;
        }
        rest = after;
    }
    pages
}

lessons! {
    "why-not-just-encrypt",
    "an-envelope-byte-by-byte",
    "context-is-part-of-the-lock",
    "a-key-stays-in-its-region",
    "the-other-region-takes-over",
    "key-pairs",
    "tags-for-messages",
    "a-secret-for-two",
    "root-has-no-access",
    "administrators-are-not-users",
    "iam-policies-count-only-because",
    "pasted-from-the-notes",
    "two-accounts-must-say-yes",
    "grants",
    "locked-out",
    "conditions",
    "words-addresses-and-names",
    "numbers-dates-and-flags",
    "who-can-give-themselves-more",
    "a-key-gets-older",
    "rotate-without-re-encrypting",
    "moving-the-alias",
    "what-cannot-rotate",
    "deleting-a-key-slowly",
    "labels-and-lists",
    "imported-material-runs-out",
    "a-cluster-of-your-own",
    "a-key-outside-aws",
    "the-hypervisor-holds-the-key",
    "a-video-behind-a-presigned-url",
    "one-key-per-table-one-key-per-item",
    "twelve-hours-five-minutes",
    "logs-for-another-account",
    "what-athena-cannot-read",
    "in-transit-too",
    "turn-the-key-off",
    "ten-thousand-views-a-second",
    "whose-quota-is-it",
    "how-many-there-may-be",
    "what-an-error-tells",
    "what-it-costs",
    "a-key-without-an-administrator",
    "denied-seven-times",
    "it-no-longer-opens",
    "the-escaped-data-key",
    "six-days-left",
    "the-table-went-dark",
    "logs-for-the-neighbour",
    "a-batch-and-a-shop",
    "two-tenants-one-key",
    "a-grant-that-gave-more",
    "an-administrator-who-reads",
    "a-key-for-s3-alone",
    "the-material-ran-out",
    "the-grant-that-left",
}
