//! Exams: questions that the core asks and answers. Each is a small world that was really lived through, and its four
//! choices are what worlds of its kind came to.
//!
//! INVARIANT: no answer is written down anywhere. The right one is read from the record of the question's own world, the
//! wrong ones from the records of its variants; and everything follows from the seed, so a set can be shared by its name.

mod alias;
mod charges;
mod context;
mod deletion;
mod draw;
mod family;
mod grants;
mod imported;
mod longest;
mod mark;
mod material;
mod policies;
mod reading;
mod regions;
mod rotation;
mod services;
mod stage;
mod states;

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{
    arn::NotAName,
    exam::{draw::Draw, stage::Played},
    kms::World,
    lang::msg,
    scenario::part::Part,
    timeline::Timeline,
};

pub use self::{
    family::{Family, Level, View},
    mark::{Answers, Mark, letter},
    reading::Reading,
};

/// So many choices has a question.
pub const CHOICES: u8 = 4;

/// The name of a set of questions, from which all of it follows; written `4711-10`, `4711-10~who-may` or
/// `4711-10~who-may~advanced`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    pub seed: u32,
    /// How many questions, from 1 to [`Paper::MOST`].
    pub count: u8,
    /// The part of the course that is asked about; all of it, if that is absent.
    pub topic: Option<Part>,
    /// How hard the questions are; of both kinds, if that is absent.
    pub level: Option<Level>,
}

impl Paper {
    pub const MOST: u8 = 30;

    /// A set for whoever has this world, that others hardly have.
    pub fn offered(world: &World) -> Self {
        let [a, b, c, d, ..] = world.entropy.label(u64::MAX);
        Self { seed: u32::from_be_bytes([a, b, c, d]) % SHORT, count: 10, topic: None, level: None }
    }

    /// Another set of that kind.
    #[must_use]
    pub fn another(self) -> Self {
        let drawn = Draw::new(self.seed, "another set").below(SHORT.try_into().unwrap_or(usize::MAX));
        Self { seed: u32::try_from(drawn).unwrap_or(0), ..self }
    }
}

/// The numbers that are offered have at most five digits, so that they can be read out.
const SHORT: u32 = 100_000;

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seed, self.count)?;
        self.topic.map_or(Ok(()), |topic| write!(f, "~{}", slug(topic)))?;
        self.level.map_or(Ok(()), |level| write!(f, "~{}", level.as_str()))
    }
}

impl FromStr for Paper {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let wrong =
            NotAName { expected: msg!("a set such as 4711-10: a number below 4294967296, a hyphen and from 1 to 30") };
        let (seed, rest) = text.split_once('-').ok_or(wrong)?;
        let mut words = rest.split('~');
        let count = words.next().unwrap_or_default();
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !number(seed) || !number(count) {
            return Err(wrong);
        }
        let mut words = words.peekable();
        let topic = words.peek().and_then(|word| topics().find(|part| slug(*part) == *word));
        if topic.is_some() {
            words.next();
        }
        let level = words.next().map(|word| Level::ALL.into_iter().find(|level| level.as_str() == word).ok_or(wrong));
        let level = level.transpose()?;
        if words.next().is_some() {
            return Err(wrong);
        }
        let count = count.parse().ok().filter(|count| (1..=Self::MOST).contains(count)).ok_or(wrong)?;
        Ok(Self { seed: seed.parse().map_err(|_| wrong)?, count, topic, level })
    }
}

/// The parts of the course that there are questions about.
pub fn topics() -> impl Iterator<Item = Part> {
    Part::ALL.into_iter().filter(|part| Family::ALL.iter().any(|family| family.part() == *part))
}

/// For example `who-may`.
fn slug(part: Part) -> String {
    part.as_str().to_lowercase().replace(' ', "-")
}

/// A set of questions.
pub struct Exam {
    pub paper: Paper,
    pub questions: Vec<Question>,
}

/// One question, with the world that answers it.
#[derive(Serialize)]
pub struct Question {
    pub family: Family,
    /// What happened, in order. `code` stands in backticks.
    pub tale: Vec<String>,
    /// What is in force, to be read.
    pub documents: Vec<Document>,
    pub asks: String,
    /// All different, and [`CHOICES`] of them.
    pub choices: Vec<String>,
    /// Which of them it is, counted from 0.
    pub right: u8,
    /// What KMS recorded of the step that is asked about, a fact a line.
    pub record: String,
    /// The world behind it.
    #[serde(skip)]
    pub lived: Lived,
}

/// A world as far as it was lived through, and what is asked about it.
pub struct Lived {
    /// How the answer is read.
    pub reading: Reading,
    /// Everything that happened, with the step that is asked about.
    pub timeline: Timeline,
    /// That step, counted from 1.
    pub step: usize,
}

/// A text that is in force.
#[derive(Clone, Serialize)]
pub struct Document {
    pub title: String,
    pub text: String,
}

impl Exam {
    /// Every question of a set. Families take turns, in an order that the seed gives.
    pub fn of(paper: Paper) -> Self {
        let mut order: Vec<Family> = Family::ALL.to_vec();
        order.retain(|family| paper.topic.is_none_or(|topic| family.part() == topic));
        // A part with one kind of questions has one level.
        if order.iter().any(|family| Some(family.level()) == paper.level) {
            order.retain(|family| Some(family.level()) == paper.level);
        }
        let mut turns = Draw::new(paper.seed, "order of families");
        let mut families = Vec::new();
        while families.len() < usize::from(paper.count) && !order.is_empty() {
            turns.shuffle(&mut order);
            families.extend(order.iter().copied());
        }
        families.truncate(paper.count.into());
        let mut questions: Vec<Question> = Vec::with_capacity(families.len());
        for (nth, family) in families.into_iter().enumerate() {
            let mut draw = Draw::new(paper.seed, &format!("question {nth}"));
            let fresh = |question: &Question| questions.iter().all(|other| !question.is_like(other));
            let mut kept = None;
            for question in (0..TRIES).filter_map(|_| family.ask(&mut draw)) {
                let done = fresh(&question);
                kept = Some(question);
                if done {
                    break;
                }
            }
            questions.extend(kept);
        }
        Self { paper, questions }
    }
}

/// How often a question is drawn anew because the set has one like it.
const TRIES: u8 = 6;

impl Question {
    /// The choice that its reading finds in a world: in its own, or in one in which the same was done again.
    pub fn answer_in(&self, timeline: &Timeline) -> Option<u8> {
        let answer = self.lived.reading.read(timeline, self.lived.step)?;
        let at = self.choices.iter().position(|choice| *choice == answer)?;
        u8::try_from(at).ok()
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.tale, &self.asks) == (&other.tale, &other.asks)
            && self.choices.iter().all(|it| other.choices.contains(it))
    }
}

/// A question about what one of many variants comes to: variants are lived through until four came to something else,
/// and one of those four is told.
fn outcomes<P>(
    family: Family,
    draw: &mut Draw,
    reading: Reading,
    mut variants: Vec<P>,
    play: impl Fn(&P) -> Option<Played>,
) -> Option<Question> {
    draw.shuffle(&mut variants);
    outcomes_in_order(family, draw, reading, variants, play)
}

/// The same with variants in an order of their own.
fn outcomes_in_order<P>(
    family: Family,
    draw: &mut Draw,
    reading: Reading,
    variants: Vec<P>,
    play: impl Fn(&P) -> Option<Played>,
) -> Option<Question> {
    let mut found: Vec<(String, Played)> = Vec::new();
    for variant in &variants {
        let Some(played) = play(variant) else { continue };
        let Some(answer) = reading.read(&played.timeline, played.step) else { continue };
        if found.iter().all(|(other, _)| *other != answer) {
            found.push((answer, played));
        }
        if found.len() == usize::from(CHOICES) {
            break;
        }
    }
    if reading.has_an_order() {
        found.sort_by(|(one, _), (other, _)| reading::in_order(one, other));
    }
    let choices: Vec<String> = found.iter().map(|(answer, _)| answer.clone()).collect();
    let right = draw.below(CHOICES.into());
    let (_, played) = found.into_iter().nth(right)?;
    question(family, played, choices, right, reading)
}

/// A question, if there are enough choices for one.
fn question(family: Family, played: Played, choices: Vec<String>, right: usize, reading: Reading) -> Option<Question> {
    let Played { tale, documents, asks, timeline, step } = played;
    let record = reading::record(&timeline, step);
    (choices.len() == usize::from(CHOICES)).then_some(())?;
    Some(Question {
        family,
        tale,
        documents,
        asks,
        choices,
        right: u8::try_from(right).ok()?,
        record,
        lived: Lived { reading, timeline, step },
    })
}

#[cfg(test)]
mod tests;
