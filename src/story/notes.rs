//! The study notes that this course began with, sentence by sentence: what is still so, and where it can be seen. The rows
//! of `www/notes.md`.

use crate::story::table::rows;

/// One sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// From `S-01` on.
    pub id: &'static str,
    /// What the notes say.
    pub says: &'static str,
    /// What AWS does today where that is different.
    pub today: Option<&'static str>,
    /// As it is written in the file: with spaces between.
    places: &'static str,
}

/// Where something can be seen or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A page of a lesson, counted from 1.
    Page { lesson: &'static str, page: u32 },
    /// A view, by its address: `#/limits`.
    View(&'static str),
}

impl Note {
    /// Never empty.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.places.split(' ').filter_map(place)
    }
}

/// Every row, in the order of the file.
pub fn all() -> impl Iterator<Item = Note> {
    let note = |[id, says, today, places]: [&'static str; 4]| Note {
        id,
        says,
        today: (today != "-").then_some(today),
        places,
    };
    rows(FILE).map(note)
}

fn place(text: &'static str) -> Option<Place> {
    if text.starts_with("#/") {
        return Some(Place::View(text));
    }
    let (lesson, page) = text.split_once('/')?;
    Some(Place::Page { lesson, page: page.parse().ok()? })
}

const FILE: &str = include_str!("../../www/notes.md");
