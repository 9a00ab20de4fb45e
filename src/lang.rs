//! The language of the page. English stands in the code and in the lessons, and is what a message is known by, as with
//! gettext; any other language is a table from it, which is made of `www/languages/` and read before the page is drawn.
//!
//! Knows nothing of what the messages are about, and fetches nothing. What AWS itself would say (errors, names, records) is
//! no message: it is the same in every language.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt::{self, Display, Write as _},
};

use serde::{Deserialize, Serialize, Serializer};

/// A language that the page can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// For example `de`. The table is `languages/de.json` beside the program.
    pub tag: &'static str,
    /// What those who speak it call it.
    pub name: &'static str,
    pub direction: Direction,
    /// Between thousands, and before a fraction.
    pub marks: [char; 2],
}

/// Where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

/// What the code and the lessons are written in. It needs no table.
pub const ENGLISH: Language =
    Language { tag: "en", name: "English", direction: Direction::LeftToRight, marks: [',', '.'] };

/// The languages that a person can choose.
pub const LANGUAGES: &[Language] =
    &[ENGLISH, Language { tag: "de", name: "Deutsch", direction: Direction::LeftToRight, marks: ['.', ','] }];

/// English with accents and a third longer, from either side: where it shows plain letters, a text cannot be translated.
pub const PSEUDO: &[Language] = &[
    Language { tag: "qps-ploc", name: "Pseudo", direction: Direction::LeftToRight, ..ENGLISH },
    Language { tag: "qps-plocm", name: "Pseudo, mirrored", direction: Direction::RightToLeft, ..ENGLISH },
];

impl Language {
    /// The language of a tag such as `de` or `de-AT`.
    pub fn called(tag: &str) -> Option<Self> {
        let all = || LANGUAGES.iter().chain(PSEUDO);
        let primary = tag.split('-').next().unwrap_or(tag);
        let found = |wanted: &str| all().find(|language| language.tag.eq_ignore_ascii_case(wanted)).copied();
        found(tag).or_else(|| found(primary))
    }
}

impl Direction {
    /// As the attribute `dir` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// A text that is no table of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotATable {
    /// No JSON of the form, with what is wrong and where.
    Malformed(String),
    /// No rule for its plurals is known here.
    UnknownPlural(String),
}

impl Display for NotATable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(problem) => write!(f, "this is no table of a language: {problem}"),
            Self::UnknownPlural(rule) => {
                write!(f, "no plurals by `{rule}` are known; add the rule to PLURALS in src/lang.rs")
            }
        }
    }
}

impl std::error::Error for NotATable {}

/// What is made of the files of a language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The expression of the header `Plural-Forms`.
    plural: String,
    messages: BTreeMap<String, String>,
    /// By their singulars.
    plurals: BTreeMap<String, Vec<String>>,
}

/// The place of the form that belongs to a number.
type Form = fn(u64) -> usize;

struct Table {
    plural: Form,
    messages: BTreeMap<String, String>,
    plurals: BTreeMap<String, Vec<String>>,
}

/// Which form belongs to a number, by the expressions of the gettext manual.
const PLURALS: &[(&str, Form)] =
    &[("0", |_| 0), ("(n != 1)", |count| usize::from(count != 1)), ("(n > 1)", |count| usize::from(count > 1))];

thread_local! {
    /// A table stays as long as the program, so that what it says is used like what stands in the code.
    static SPOKEN: Cell<(Language, Option<&'static Table>)> = const { Cell::new((ENGLISH, None)) };
}

/// The language of the page.
pub fn spoken() -> Language {
    SPOKEN.get().0
}

/// The page is in English from now on, as it is from the start.
pub fn speak_english() {
    SPOKEN.set((ENGLISH, None));
}

/// The page is in that language from now on. `table` is what `cargo xtask language site` writes.
///
/// # Errors
///
/// When the text is no table; the language stays what it was.
pub fn speak(language: Language, table: &str) -> Result<(), NotATable> {
    let Written { plural, messages, plurals } =
        serde_json::from_str(table).map_err(|problem| NotATable::Malformed(problem.to_string()))?;
    let rule = PLURALS.iter().find(|(expression, _)| *expression == plural);
    let Some((_, plural)) = rule else { return Err(NotATable::UnknownPlural(plural)) };
    SPOKEN.set((language, Some(Box::leak(Box::new(Table { plural: *plural, messages, plurals })))));
    Ok(())
}

/// A message in the language of the page. What has no translation stays English.
pub fn text(english: &'static str) -> &'static str {
    translation(english).unwrap_or(english)
}

/// What a message is in the language of the page; nothing where that is the same.
pub fn translation(english: &str) -> Option<&'static str> {
    SPOKEN.get().1?.messages.get(english).map(String::as_str)
}

/// The form of a message that belongs to a number, in the language of the page.
pub fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    let translated = SPOKEN.get().1.and_then(|table| table.plurals.get(one)?.get((table.plural)(count)));
    translated.map_or(if count == 1 { one } else { many }, String::as_str)
}

/// A message with values in place of the names in braces. Braces around anything else stay.
pub fn filled(message: &str, values: &[(&str, &dyn Display)]) -> String {
    let (mut text, mut rest) = (String::with_capacity(message.len()), message);
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let named = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        match named {
            // Writing to a String cannot fail.
            Some((value, after)) => {
                let _ = write!(text, "{value}");
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// A message with its values, to be said later in whatever language the page is in then. [`Display`] and JSON have it in
/// English, as records and transcripts do. Made by [`message!`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    english: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Message {
    /// For [`message!`], by which the tools find the text.
    pub fn new(english: &'static str, values: Vec<(&'static str, String)>) -> Self {
        Self { english, values }
    }

    /// In the language of the page.
    pub fn text(&self) -> String {
        self.with_values(text(self.english))
    }

    fn with_values(&self, message: &str) -> String {
        let values: Vec<_> = self.values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        filled(message, &values)
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_values(self.english))
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A message, or what is the same in every language: a name, a number, a term of AWS's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    Message(Message),
    Plain(String),
}

impl Text {
    /// In the language of the page.
    pub fn text(&self) -> String {
        match self {
            Self::Message(message) => message.text(),
            Self::Plain(text) => text.clone(),
        }
    }
}

impl From<Message> for Text {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

/// A number with marks between its thousands, for example `36,180,000`.
pub fn grouped(number: u64) -> String {
    figure(&number.to_string())
}

/// The same of digits, which may have a fraction after a point.
pub fn figure(digits: &str) -> String {
    let [mark, point] = spoken().marks;
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::with_capacity(digits.len() + 4);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

/// How many, for [`plural`].
pub fn count(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(u64::MAX)
}

/// A message in the language of the page: `tr!("Close")`, or with values `tr!("{count} of {all}", count, all = keys.len())`.
/// `cargo xtask language update` finds it by this name.
macro_rules! tr {
    ($message:literal) => { $crate::lang::text($message) };
    ($message:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {
        $crate::lang::filled(
            $crate::lang::text($message),
            &[$((stringify!($name), &$crate::lang::value!($name $(= $value)?))),+],
        )
    };
}

/// A message about a number: `trn!(count = keys.len(), "One key.", "{count} keys.")`, with more values after it.
macro_rules! trn {
    ($count:ident $(= $number:expr)?, $one:literal, $many:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        let $count = $crate::lang::value!($count $(= $number)?);
        $crate::lang::filled(
            $crate::lang::plural($crate::lang::count($count), $one, $many),
            &[(stringify!($count), &$count) $(, (stringify!($name), &$crate::lang::value!($name $(= $value)?)))*],
        )
    }};
}

/// A message that is looked up later by [`text`], in a table or a constant. It is the English text itself.
macro_rules! msg {
    ($message:literal) => {
        $message
    };
}

/// A [`Message`]: `message!("{id} is gone.", id)`.
macro_rules! message {
    ($message:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::lang::Message::new(
            $message,
            vec![$((stringify!($name), $crate::lang::value!($name $(= $value)?).to_string())),*],
        )
    };
}

macro_rules! value {
    ($name:ident) => {
        $name
    };
    ($name:ident = $value:expr) => {
        $value
    };
}

pub(crate) use {message, msg, tr, trn, value};

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{
        "plural": "(n != 1)",
        "messages": {"Close": "Schließen", "{one} before {two}": "{two} nach {one}"},
        "plurals": {"One key in {region}.": ["Ein Schlüssel in {region}.", "{count} Schlüssel in {region}."]}
    }"#;

    fn said() -> [String; 7] {
        let region = "us-east-1";
        let keys = |count: u8| trn!(count, "One key in {region}.", "{count} keys in {region}.", region);
        [
            tr!("Close").to_owned(),
            tr!("Open").to_owned(),
            tr!("{one} before {two}", one = 1, two = "{one}"),
            tr!("${key} and {one}", one = 1),
            message!("{one} before {two}", one = "{two}", two = 2).text(),
            keys(1),
            keys(0),
        ]
    }

    #[test]
    fn messages_are_english_until_another_language_is_spoken() {
        let english = [
            "Close",
            "Open",
            "1 before {one}",
            "${key} and 1",
            "{two} before 2",
            "One key in us-east-1.",
            "0 keys in us-east-1.",
        ];
        assert_eq!((spoken(), said()), (ENGLISH, english.map(str::to_owned)));
        let german = Language::called("de-AT").unwrap();
        speak(german, TABLE).unwrap();
        let expected = [
            "Schließen",
            "Open",
            "{one} nach 1",
            "${key} and 1",
            "2 nach {two}",
            "Ein Schlüssel in us-east-1.",
            "0 Schlüssel in us-east-1.",
        ];
        assert_eq!((spoken(), said()), (german, expected.map(str::to_owned)));
        assert_eq!(["999", "1000", "1234567.5"].map(figure), ["999", "1.000", "1.234.567,5"]);
        let recorded = message!("{one} before {two}", one = 1, two = 2);
        assert_eq!((recorded.to_string(), recorded.text()), ("1 before 2".to_owned(), "2 nach 1".to_owned()));
        speak_english();
        assert_eq!((spoken(), said()), (ENGLISH, english.map(str::to_owned)));
    }

    #[test]
    fn another_text_is_refused_and_changes_nothing() {
        let check = |table: &str, expected: &str| {
            let problem = speak(LANGUAGES[1], table).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}");
            assert_eq!(spoken(), ENGLISH);
        };
        check("", "this is no table of a language: EOF");
        check("{}", "this is no table of a language: missing field `plural`");
        check(&TABLE.replace("(n != 1)", "n % 10"), "no plurals by `n % 10` are known");
    }

    #[test]
    fn tags_name_languages() {
        let tag = |tag: &str| Language::called(tag).map(|language| language.tag);
        assert_eq!(
            ["en", "EN-gb", "de", "de-CH", "qps-plocm"].map(tag),
            ["en", "en", "de", "de", "qps-plocm"].map(Some)
        );
        assert_eq!(["", "xx", "english", "d"].map(tag), [None; 4]);
    }
}
