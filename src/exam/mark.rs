//! Answers to a set as a short text, and what they are worth. Whoever has the text can mark it again.

use std::{fmt, str::FromStr};

use crate::{
    arn::NotAName,
    exam::{CHOICES, Exam, Family, Paper},
    lang::msg,
};

/// What somebody answered, written for example `4711-10-ACBD..DABC`; a dot stands where nothing is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    pub paper: Paper,
    /// One for each question, counted from 0.
    pub chosen: Vec<Option<u8>>,
}

/// What answers are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// For each question: whether it was answered rightly.
    pub right: Vec<bool>,
    /// How many of how many, for each family that was asked about, in the order of families.
    pub families: Vec<(Family, u8, u8)>,
}

impl Answers {
    /// Nothing chosen yet.
    pub fn none(paper: Paper) -> Self {
        Self { paper, chosen: vec![None; paper.count.into()] }
    }

    /// The choice for a question, counted from 0.
    pub fn of(&self, question: usize) -> Option<u8> {
        self.chosen.get(question).copied().flatten()
    }

    pub fn choose(&mut self, question: usize, choice: u8) {
        if let Some(slot) = self.chosen.get_mut(question).filter(|_| choice < CHOICES) {
            *slot = Some(choice);
        }
    }

    pub fn mark(&self, exam: &Exam) -> Mark {
        let of = |(nth, question): (usize, &crate::exam::Question)| self.of(nth) == Some(question.right);
        let right: Vec<bool> = exam.questions.iter().enumerate().map(of).collect();
        let count = |family: Family| {
            let asked = exam.questions.iter().zip(&right).filter(|(question, _)| question.family == family);
            asked.fold((family, 0, 0), |(family, got, all), (_, right)| (family, got + u8::from(*right), all + 1))
        };
        let families = Family::ALL.into_iter().map(count).filter(|(_, _, all)| *all > 0).collect();
        Mark { right, families }
    }
}

impl Mark {
    /// How many are right.
    pub fn points(&self) -> usize {
        self.right.iter().filter(|right| **right).count()
    }
}

/// For example `C`.
pub fn letter(choice: u8) -> char {
    char::from(b'A'.saturating_add(choice))
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: String = self.chosen.iter().map(|chosen| chosen.map_or('.', letter)).collect();
        write!(f, "{}-{letters}", self.paper)
    }
}

impl FromStr for Answers {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong = NotAName {
            expected: msg!("answers such as 4711-3-AC.: the set, a hyphen, and for each question A, B, C, D or a dot"),
        };
        let (paper, letters) = text.trim().rsplit_once('-').ok_or(wrong)?;
        let paper: Paper = paper.parse().map_err(|_| wrong)?;
        let chosen = |letter: char| match letter.to_ascii_uppercase() {
            '.' => Ok(None),
            letter => (0..CHOICES).find(|choice| self::letter(*choice) == letter).map(Some).ok_or(wrong),
        };
        let chosen: Vec<Option<u8>> = letters.chars().map(chosen).collect::<Result<_, _>>()?;
        if chosen.len() == usize::from(paper.count) { Ok(Self { paper, chosen }) } else { Err(wrong) }
    }
}
