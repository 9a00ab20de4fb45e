//! The words of the lessons and what they mean: the rows of `www/glossary.md`, and where they occur in a text.

use crate::{
    lang::{self, msg},
    story::table::rows,
};

/// A word, or a few that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In English; it is shown and found in the language of the page.
    pub word: &'static str,
    /// What it is called elsewhere, as it is written in the file: with `;` between, or `-`.
    also: &'static str,
    pub meaning: &'static str,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// As the text has it, which may be in the plural or with a capital letter.
    Word(&'a str, Entry),
}

impl Entry {
    /// What it is called elsewhere.
    pub fn also(&self) -> impl Iterator<Item = &'static str> {
        self.also.split(';').map(str::trim).filter(|name| *name != "-")
    }
}

/// Every entry, in the order of the file.
pub fn all() -> impl Iterator<Item = Entry> {
    rows(FILE).map(|[word, also, meaning]| Entry { word, also, meaning })
}

/// Cuts a text at the words that are explained, but those that `seen` has already, which learns of the others. Of words
/// that begin at one place the longest counts.
pub fn pieces<'a>(text: &'a str, seen: &mut Vec<&'static str>) -> Vec<Piece<'a>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((start, end, entry)) = first(rest, seen) {
        let (before, after) = rest.split_at(start);
        let (word, after) = after.split_at(end.saturating_sub(start));
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Word(word, entry));
        seen.push(entry.word);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Where the first word of those that are not yet `seen` begins and ends.
fn first(text: &str, seen: &[&str]) -> Option<(usize, usize, Entry)> {
    let unseen = all().filter(|entry| !seen.contains(&entry.word));
    let found = unseen.filter_map(|entry| find(text, lang::text(entry.word)).map(|(start, end)| (start, end, entry)));
    found.min_by_key(|(start, end, _)| (*start, usize::MAX.saturating_sub(*end)))
}

/// What a word may end in beside how it stands in the table: in English the plural.
const ENDINGS: &str = msg!("endings of words: s");

/// Where `word` stands in `text` as a word of its own, also in the plural.
fn find(text: &str, word: &str) -> Option<(usize, usize)> {
    let (lower, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let inside_word = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_' || letter == ':';
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find(&word) {
        let start = from.saturating_add(at);
        let mut end = start.saturating_add(word.len());
        let after = lower.get(end..)?;
        let endings = lang::text(ENDINGS).split_once(": ").map_or("", |(_, endings)| endings).split(' ');
        let ending = endings.filter(|ending| after.starts_with(ending)).max_by_key(|ending| ending.len());
        end = end.saturating_add(ending.map_or(0, str::len));
        let open = lower.get(..start)?.chars().next_back().is_none_or(|letter| !inside_word(letter));
        let closed = lower.get(end..)?.chars().next().is_none_or(|letter| !letter.is_alphanumeric() && letter != '-');
        if open && closed {
            return Some((start, end));
        }
        from = start.saturating_add(word.len());
    }
    None
}

const FILE: &str = include_str!("../../www/glossary.md");

/// What of a text touches the word before it, the text itself, and what touches the word after it.
pub fn touching(text: &str, after_word: bool, before_word: bool) -> (&str, &str, &str) {
    let head = if after_word { text.find(char::is_whitespace).unwrap_or(text.len()) } else { 0 };
    let (head, rest) = text.split_at(head);
    let start = rest.trim_end_matches(|c: char| !c.is_whitespace()).len();
    let (middle, tail) = rest.split_at(if before_word { start } else { rest.len() });
    (head, middle, tail)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_an_entry_and_no_word_is_there_twice() {
        let lines = FILE.lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(all().count() + 2, lines, "a line of the table has not three cells");
        let mut seen = BTreeSet::new();
        for entry in all() {
            for name in std::iter::once(entry.word).chain(entry.also()) {
                assert!(seen.insert(name.to_lowercase()), "twice: {name}");
            }
            assert!(entry.meaning.ends_with('.'), "not a sentence: {}", entry.meaning);
        }
    }

    #[track_caller]
    fn check(text: &str, seen: &[&'static str], expected: &[(&str, &str)]) {
        let mut seen = seen.to_vec();
        let pieces = pieces(text, &mut seen);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Word(text, _) => *text,
            })
            .collect();
        assert_eq!(whole, text);
        let words: Vec<_> = pieces
            .iter()
            .filter_map(|piece| if let Piece::Word(text, entry) = piece { Some((*text, entry.word)) } else { None })
            .collect();
        assert_eq!(words, expected, "{text}");
    }

    #[test]
    fn words_are_found_where_they_stand_alone() {
        check("", &[], &[]);
        check("A data key.", &[], &[("data key", "data key")]);
        check("Data keys wrap nothing; a data key does.", &[], &[("Data keys", "data key")]);
        check("A data key.", &["data key"], &[]);
        check("the wrapped data key", &[], &[("wrapped data key", "wrapped data key")]);
        check("grants and a grant token", &[], &[("grants", "grant"), ("grant token", "grant token")]);
        check("emigrant, granted, CreateGrant, kms:grant", &[], &[]);
        check("Schlüssel: KMS key für alle", &[], &[("KMS key", "KMS key")]);
    }

    #[test]
    fn what_touches_a_word_is_known_on_both_sides() {
        for (text, after_word, before_word, expected) in [
            (": it wraps", true, false, (":", " it wraps", "")),
            ("wraps (", false, true, ("", "wraps ", "(")),
            ("), then (“", true, true, ("),", " then ", "(“")),
            ("/", true, true, ("/", "", "")),
            ("é", false, true, ("", "", "é")),
            ("as it is.", false, false, ("", "as it is.", "")),
            ("", true, true, ("", "", "")),
        ] {
            assert_eq!(touching(text, after_word, before_word), expected, "{text}");
        }
    }
}
