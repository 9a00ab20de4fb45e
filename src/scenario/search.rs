//! Finding one's way among lessons, words and the sentences of the study notes.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    lang,
    scenario::{catalog, messages},
    story::{
        glossary,
        notes::{self, Place},
    },
};

/// Something found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A lesson, by its place in the catalogue.
    Lesson(usize),
    Word(glossary::Entry),
    Note(notes::Note),
}

/// Lessons, then words, then notes, the best of each first. Every word of the question must occur, also in the middle of
/// another; a lesson that is only about a word that is explained is found by any other name of it.
pub fn search(question: &str) -> Vec<Found> {
    let asked = folded(question);
    let words: Vec<&str> = asked.split_whitespace().collect();
    if words.is_empty() {
        return Vec::new();
    }
    let in_all = |text: &str| {
        let text = folded(text);
        words.iter().all(|word| text.contains(word))
    };
    let entries: Vec<_> = glossary::all().filter(|entry| names(entry).any(&in_all)).collect();
    let notes: Vec<_> = notes::all().filter(|note| in_all(&format!("{} {}", note.id, lang::text(note.says)))).collect();
    let rank = |(at, lesson): (usize, &catalog::Lesson)| {
        let front = lesson.listed()?;
        let older = front.older_terms.iter().map(|term| format!("{} {}", term.older, term.today)).collect::<String>();
        let tags = front.tags.iter().map(|tag| format!("{tag} ")).collect::<String>();
        let text = lesson.text().map(folded).unwrap_or_default();
        let text = if lang::spoken() == lang::ENGLISH { text } else { text + &said(lesson) };
        let names_one = |text: &str| entries.iter().any(|entry| folded(text).contains(&folded(lang::text(entry.word))));
        let is_here = |place| matches!(place, Place::Page { lesson: id, .. } if id == lesson.id);
        let rank = [
            in_all(&front.title),
            names_one(&front.title),
            in_all(&front.summary),
            in_all(&tags),
            in_all(&older),
            notes.iter().flat_map(notes::Note::places).any(is_here),
            in_all(&text),
            names_one(&text),
        ];
        rank.into_iter().position(|found| found).map(|rank| (rank, at))
    };
    let mut lessons: Vec<_> = catalog::lessons().iter().enumerate().filter_map(rank).collect();
    lessons.sort_unstable();
    let lessons = lessons.into_iter().map(|(_, at)| Found::Lesson(at));
    lessons.chain(entries.into_iter().map(Found::Word)).chain(notes.into_iter().map(Found::Note)).collect()
}

fn names(entry: &glossary::Entry) -> impl Iterator<Item = &'static str> {
    [entry.word, lang::text(entry.word)].into_iter().chain(entry.also())
}

thread_local! {
    /// What lessons say in other languages, by language and lesson: too much to be read again for every letter of a question.
    static SAID: RefCell<BTreeMap<(&'static str, &'static str), String>> = const { RefCell::new(BTreeMap::new()) };
}

/// What a lesson says in the language of the page, folded.
fn said(lesson: &catalog::Lesson) -> String {
    SAID.with_borrow_mut(|known| {
        let read = || lesson.read().map(|mut lesson| folded(&messages::of(&mut lesson).join(" "))).unwrap_or_default();
        known.entry((lang::spoken().tag, lesson.id)).or_insert_with(read).clone()
    })
}

/// As it is compared: small letters, straight quotes, no hyphens.
fn folded(text: &str) -> String {
    let letter = |letter: char| match letter {
        '\u{2019}' | '\u{2018}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '-' | '\u{2010}' | '\u{2011}' => ' ',
        other => other,
    };
    text.chars().map(letter).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, lesson: &str, word: Option<&str>, note: Option<&str>) {
        let found = search(question);
        let lessons = catalog::lessons();
        let ids: Vec<_> = found
            .iter()
            .filter_map(|it| if let Found::Lesson(at) = it { Some(lessons[*at].id) } else { None })
            .collect();
        assert!(ids.contains(&lesson), "{question}: {ids:?}");
        let words: Vec<_> =
            found.iter().filter_map(|it| if let Found::Word(entry) = it { Some(entry.word) } else { None }).collect();
        assert!(word.is_none_or(|word| words.contains(&word)), "{question}: {words:?}");
        let notes: Vec<_> =
            found.iter().filter_map(|it| if let Found::Note(note) = it { Some(note.id) } else { None }).collect();
        assert!(note.is_none_or(|note| notes.contains(&note)), "{question}: {notes:?}");
    }

    #[test]
    fn older_words_and_slips_of_the_notes_find_what_they_mean() {
        check("day key", "why-not-just-encrypt", Some("data key"), Some("S-65"));
        check("Data encrypted key", "why-not-just-encrypt", Some("data key"), None);
        check("local representation", "an-envelope-byte-by-byte", Some("KMS key"), Some("S-58"));
        check("AWS/DynamoDB", "how-many-there-may-be", Some("AWS managed key"), None);
        check("CMK", "why-not-just-encrypt", Some("KMS key"), Some("S-91"));
        check("“smart quotes”", "pasted-from-the-notes", None, Some("S-76"));
        check("throttling", "ten-thousand-views-a-second", Some("throttling"), None);
        check("multi region", "a-key-stays-in-its-region", Some("multi-Region key"), None);
        check("s-97", "whose-quota-is-it", None, Some("S-97"));
    }

    #[test]
    fn nothing_is_found_for_nothing() {
        for question in ["", "   ", "zzzz", "<script>"] {
            assert_eq!(search(question), [], "{question}");
        }
    }
}
