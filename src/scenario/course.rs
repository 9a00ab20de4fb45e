//! How far somebody is in the course. Kept where they are; nobody else learns of it.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// How far somebody is in each lesson that they opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourseProgress {
    lessons: BTreeMap<String, Reached>,
}

/// How far somebody is in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// The last page that was open, counted from 1.
    pub page: u32,
    /// Whether a task of it was done.
    pub done: bool,
}

/// A text that is no progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotProgress {
    /// No JSON of the form, with what is wrong and where.
    Malformed(String),
    /// Something else, or of a later version.
    Other {
        format: String,
        version: u32,
    },
    TooLong,
}

impl fmt::Display for NotProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(problem) => {
                write!(f, "this is no progress that was saved here: {problem}; choose the file as it was saved")
            }
            Self::Other { format, version } => {
                write!(f, "this is `{format}` of version {version}; progress is `{FORMAT}` of version {VERSION}")
            }
            Self::TooLong => write!(f, "the file is longer than {LONGEST} bytes; that is no progress"),
        }
    }
}

impl std::error::Error for NotProgress {}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    lessons: BTreeMap<String, Reached>,
}

const FORMAT: &str = "kms-playground progress";
const VERSION: u32 = 1;
/// In bytes: thousands of lessons.
const LONGEST: usize = 256 << 10;

impl CourseProgress {
    pub fn of(&self, lesson: &str) -> Option<Reached> {
        self.lessons.get(lesson).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.lessons.is_empty()
    }

    /// How many lessons have a task that was done.
    pub fn done(&self) -> usize {
        self.lessons.values().filter(|reached| reached.done).count()
    }

    /// A page is open.
    pub fn open(&mut self, lesson: &str, page: u32) {
        self.lessons.entry(lesson.to_owned()).or_default().page = page;
    }

    /// A task is done.
    pub fn finish(&mut self, lesson: &str) {
        self.lessons.entry(lesson.to_owned()).or_default().done = true;
    }

    /// Adds what somebody reached elsewhere: the farther page, and what is done at either place.
    pub fn add(&mut self, other: Self) {
        for (lesson, there) in other.lessons {
            let here = self.lessons.entry(lesson).or_default();
            *here = Reached { page: here.page.max(there.page), done: here.done || there.done };
        }
    }

    pub fn to_json(&self) -> String {
        let written = Written { format: FORMAT.to_owned(), version: VERSION, lessons: self.lessons.clone() };
        serde_json::to_string_pretty(&written).unwrap_or_default()
    }

    /// # Errors
    ///
    /// When the text is not what [`Self::to_json`] writes.
    pub fn from_json(text: &str) -> Result<Self, NotProgress> {
        if text.len() > LONGEST {
            return Err(NotProgress::TooLong);
        }
        let Written { format, version, lessons } =
            serde_json::from_str(text).map_err(|problem| NotProgress::Malformed(problem.to_string()))?;
        if format != FORMAT || version != VERSION {
            return Err(NotProgress::Other { format, version });
        }
        Ok(Self { lessons })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody() -> CourseProgress {
        let mut progress = CourseProgress::default();
        progress.open("grants", 3);
        progress.open("conditions", 5);
        progress.finish("conditions");
        progress
    }

    #[test]
    fn progress_is_written_and_read_back() {
        let progress = somebody();
        assert_eq!(CourseProgress::from_json(&progress.to_json()), Ok(progress.clone()));
        assert_eq!((progress.done(), progress.of("grants")), (1, Some(Reached { page: 3, done: false })));
    }

    #[test]
    fn what_was_reached_at_two_places_adds_up() {
        let mut here = somebody();
        here.open("conditions", 1);
        let mut there = CourseProgress::default();
        there.open("grants", 2);
        there.finish("grants");
        here.add(there);
        assert_eq!(here.of("grants"), Some(Reached { page: 3, done: true }));
        assert_eq!(here.of("conditions"), Some(Reached { page: 1, done: true }));
    }

    #[test]
    fn another_text_is_refused_in_words() {
        let check = |text: &str, expected: &str| {
            let problem = CourseProgress::from_json(text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}");
        };
        check("", "this is no progress that was saved here: EOF");
        check("{“format”: 1}", "this is no progress that was saved here: key must be a string at line 1 column 2");
        check(r#"{"format":"x","version":1,"lessons":{"a":{"page":-1,"done":true}}}"#, "this is no progress");
        check(r#"{"format":"kms-playground world","version":1,"lessons":{}}"#, "this is `kms-playground world`");
        check(
            r#"{"format":"kms-playground progress","version":2,"lessons":{}}"#,
            "this is `kms-playground progress` of version 2",
        );
        check(&" ".repeat(300 << 10), "the file is longer than");
    }
}
