//! What is wrong with a scenario file, where, and what to do about it.

use std::{fmt, str::FromStr};

use crate::{
    estate::attachment::NotAttached,
    policy::error::PolicyErrorKind,
    scenario::{prose::ProseProblem, template::TemplateProblem},
};

/// The first thing wrong with a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// Counted from 1.
    pub line: usize,
    pub problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    NoFrontMatter,
    FrontMatterOpen,
    /// A line of the front matter without a colon.
    NotAField {
        line: String,
    },
    UnknownField {
        name: String,
        known: &'static [&'static str],
    },
    RepeatedField {
        name: String,
    },
    MissingField {
        name: &'static str,
    },
    /// A value of the front matter, of an attribute or of a block's text.
    Value {
        of: &'static str,
        got: String,
        expected: &'static str,
    },
    NoPages,
    /// Something before the first page.
    BeforeFirstPage,
    EmptyPage {
        title: String,
    },
    OpenBlock,
    UnknownBlock {
        kind: String,
    },
    /// A word after a block's kind that is not `name=value`.
    NotAnAttribute {
        word: String,
    },
    UnknownAttribute {
        block: &'static str,
        name: String,
    },
    MissingAttribute {
        block: &'static str,
        name: &'static str,
    },
    /// A block that only goes after another one.
    Stray {
        block: &'static str,
        after: &'static str,
    },
    /// A block that has to come next.
    Needs {
        block: &'static str,
        next: &'static str,
    },
    UnknownCaller {
        name: String,
    },
    UnknownOperation {
        name: String,
    },
    UnknownService {
        name: String,
        known: &'static [&'static str],
    },
    UnknownServiceOperation {
        service: String,
        name: String,
    },
    UnknownPreset {
        name: String,
        known: Vec<&'static str>,
    },
    BodyNotJson {
        problem: String,
    },
    BoundTwice {
        name: String,
    },
    /// A policy that cannot be put where it should be.
    NotAttached(NotAttached),
    /// A policy that is none.
    Policy(PolicyErrorKind),
    Template(TemplateProblem),
    Prose(ProseProblem),
    /// A prediction needs a question, at least two choices and an explanation.
    Predict {
        lacks: &'static str,
    },
    RightChoices {
        count: usize,
    },
    /// Something that moves the world, or a second task, after the page's task.
    AfterTask,
}

impl ScenarioError {
    /// `line` is counted from 0, as the parser does.
    pub(super) fn at(line: usize, problem: Problem) -> Self {
        Self { line: line.saturating_add(1), problem }
    }

    /// The value that `text` writes, or that it should be `expected`.
    pub(super) fn parsed<T: FromStr>(
        line: usize,
        of: &'static str,
        text: &str,
        expected: &'static str,
    ) -> Result<T, Self> {
        text.parse().map_err(|_| Self::at(line, Problem::Value { of, got: text.to_owned(), expected }))
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ScenarioError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrontMatter => {
                f.write_str("no front matter; begin with `---`, one `name: value` a line, and `---`")
            }
            Self::FrontMatterOpen => {
                f.write_str("the front matter does not end; add a line `---` after its last field")
            }
            Self::NotAField { line } => write!(f, "got `{line}`, expected `name: value`"),
            Self::UnknownField { name, known } => write!(f, "no field `{name}`; there are {}", known.join(", ")),
            Self::RepeatedField { name } => write!(f, "the field `{name}` is given twice; keep one"),
            Self::MissingField { name } => write!(f, "the field `{name}` is missing; add a line `{name}: …`"),
            Self::Value { of, got, expected } => write!(f, "`{of}` is `{got}`, expected {expected}"),
            Self::NoPages => f.write_str("there is no page; a line `## title` starts one"),
            Self::BeforeFirstPage => f.write_str("this stands before the first page; a line `## title` starts one"),
            Self::EmptyPage { title } => write!(f, "nothing is on the page `{title}`; write something or remove it"),
            Self::OpenBlock => f.write_str("the block that starts here does not end; close it with a line ```"),
            Self::UnknownBlock { kind } => write!(
                f,
                "no block `{kind}`; there are call, expect, attach, set, incident, advance, bytes, wrap, load, meters, bill, predict, task, probe, start, hint and solution"
            ),
            Self::NotAnAttribute { word } => write!(f, "got `{word}`, expected `name=value`"),
            Self::UnknownAttribute { block, name } => write!(f, "`{block}` takes no `{name}=`; remove it"),
            Self::MissingAttribute { block, name } => write!(f, "`{block}` lacks `{name}=`; add it after `{block}`"),
            Self::Stray { block, after } => write!(f, "`{block}` only goes directly after {after}; move it there"),
            Self::Needs { block, next } => write!(f, "`{block}` needs {next}; put it in directly after"),
            Self::UnknownCaller { name } => {
                write!(
                    f,
                    "nobody is called `{name}`; write a user or role of the default world, root, or 444455556666/name"
                )
            }
            Self::UnknownOperation { name } => write!(f, "AWS KMS has no operation `{name}`"),
            Self::UnknownService { name, known } => {
                write!(f, "there is no service `{name}`; there are {}", known.join(", "))
            }
            Self::UnknownServiceOperation { service, name } => {
                write!(f, "`{service}` has no operation `{name}`; the Services view lists those there are")
            }
            Self::UnknownPreset { name, known } => {
                write!(f, "the load lab has no example `{name}`; there are {}", known.join(", "))
            }
            Self::BodyNotJson { problem } => write!(f, "the body is not JSON: {problem}"),
            Self::BoundTwice { name } => write!(f, "`{name}` is bound already; choose another name"),
            Self::NotAttached(problem) => problem.fmt(f),
            Self::Policy(problem) => problem.fmt(f),
            Self::Template(problem) => problem.fmt(f),
            Self::Prose(problem) => problem.fmt(f),
            Self::Predict { lacks } => write!(
                f,
                "the prediction has no {lacks}; write the question, `- [ ]` and `- [x]` choices, and `> ` why"
            ),
            Self::RightChoices { count } => write!(f, "{count} choices are marked `[x]`; mark exactly one"),
            Self::AfterTask => f.write_str("the task ends what happens on its page; start a new page before this"),
        }
    }
}
