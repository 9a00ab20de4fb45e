//! Where in a scenario file a problem lies, to the character. The problem knows its line and what is wrong, so the words
//! at fault are looked for from there on.

use crate::scenario::{
    error::{Problem, ScenarioError},
    prose::ProseProblem,
    run::{RunError, RunProblem},
    template::TemplateProblem,
};

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Counted from 1.
    pub(super) line: usize,
    /// In characters, counted from 1.
    pub(super) column: usize,
}

impl Place {
    /// Where a line begins, after its indentation. The line is counted from 1.
    pub(super) fn start(lines: &[&str], line: usize) -> Self {
        Self { line, column: column(text(lines, line), 0) }
    }

    /// Of what cannot be read.
    pub(super) fn of_error(lines: &[&str], error: &ScenarioError) -> Self {
        let here = text(lines, error.line);
        match &error.problem {
            Problem::BodyNotJson { problem } => match curly(here) {
                Some((at, _)) => Self { line: error.line, column: column(here, at) },
                None => Self { line: error.line, column: json_column(here, problem) },
            },
            Problem::Template(problem) => Self::of_template(lines, error.line, problem),
            Problem::Prose(problem) => Self::of_prose(lines, error.line, problem),
            problem => {
                let (after, word) = at_fault(problem);
                Self { line: error.line, column: column_of(here, after, word) }
            }
        }
    }

    /// Of what cannot be played.
    pub(super) fn of_run(lines: &[&str], error: &RunError) -> Self {
        let here = text(lines, error.line);
        let (after, word) = match &error.problem {
            RunProblem::Template(problem) => return Self::of_template(lines, error.line, problem),
            RunProblem::NotInResponse { path, .. } => ("bind=", path.as_str()),
            RunProblem::NotBase64 { name } => ("of=", name.as_str()),
            RunProblem::CannotWrap { key } => ("for=", key.as_str()),
            RunProblem::NotAttached(_) => ("place=", "place="),
            RunProblem::NotALab { .. } => ("preset=", "preset="),
            RunProblem::NotThere => ("", ""),
            RunProblem::AnswersDiffer { .. } => ("times=", "times="),
            RunProblem::Awaited => ("", ""),
        };
        Self { line: error.line, column: column_of(here, after, word) }
    }

    fn of_template(lines: &[&str], line: usize, problem: &TemplateProblem) -> Self {
        let words = match problem {
            TemplateProblem::Unclosed => vec!["${".to_owned()],
            TemplateProblem::UnknownGap { gap } => vec![format!("${{{gap}}}"), format!("${{{}", first_line(gap))],
            TemplateProblem::Unbound { name, .. } => {
                vec![format!("${{{name}}}"), format!("${{{name}|"), format!("={name}")]
            }
            TemplateProblem::CannotFlip { name, byte } => vec![format!("${{{name}|flip:{byte}}}")],
        };
        let last = matches!(problem, TemplateProblem::Unclosed);
        Self::of_any(lines, line, &words, last, |at, text| at > line && text.trim_end() == "```")
    }

    fn of_prose(lines: &[&str], line: usize, problem: &ProseProblem) -> Self {
        let (word, last) = match problem {
            ProseProblem::Unclosed { mark } => ((*mark).to_owned(), true),
            ProseProblem::LinkTarget { url } => (format!("]({url})"), false),
            ProseProblem::Unsupported { .. } => return Self::start(lines, line),
        };
        Self::of_any(lines, line, &[word], last, |_, text| text.trim().is_empty() || text.starts_with("```"))
    }

    /// The first or last of `words` from a line on to where `ends` says.
    fn of_any(lines: &[&str], line: usize, words: &[String], last: bool, ends: impl Fn(usize, &str) -> bool) -> Self {
        let mut found = None;
        for (at, text) in (1..).zip(lines).skip(line.saturating_sub(1)).take_while(|(at, text)| !ends(*at, text)) {
            let here = words.iter().find_map(|word| if last { text.rfind(word) } else { text.find(word) });
            if let Some(byte) = here {
                found = Some(Self { line: at, column: column(text, byte) });
                if !last {
                    break;
                }
            }
        }
        found.unwrap_or_else(|| Self::start(lines, line))
    }
}

/// A line by its number, counted from 1.
pub(super) fn text<'a>(lines: &[&'a str], line: usize) -> &'a str {
    line.checked_sub(1).and_then(|at| lines.get(at)).copied().unwrap_or_default()
}

/// Characters that look like what is meant and are not, where they are and what to type.
pub(super) fn curly(line: &str) -> Option<(usize, String)> {
    line.char_indices().find_map(|(at, letter)| match letter {
        '“' | '”' | '„' | '‟' => {
            Some((at, format!("`{letter}` is a typographic quotation mark; type a straight one, `\"`")))
        }
        '\u{a0}' => Some((at, "there is a no-break space; type a plain one".to_owned())),
        _ => None,
    })
}

/// What stands before the words at fault, and these. Nothing for what concerns a whole line.
fn at_fault(problem: &Problem) -> (&str, &str) {
    match problem {
        Problem::NotAField { line: word }
        | Problem::UnknownField { name: word, .. }
        | Problem::RepeatedField { name: word } => ("", word),
        Problem::Value { of, got, .. } => (of, first_line(got)),
        Problem::UnknownBlock { kind } => ("```", kind),
        Problem::NotAnAttribute { word } => (" ", word),
        Problem::UnknownAttribute { name, .. } => (" ", name),
        Problem::UnknownCaller { name } => ("as=", name),
        Problem::UnknownOperation { name } | Problem::UnknownService { name, .. } => ("op=", name),
        Problem::UnknownServiceOperation { name, .. } => (":", name),
        Problem::UnknownPreset { name, .. } => ("preset=", name),
        Problem::BoundTwice { name } => ("bind=", name),
        Problem::NotAttached(_) => ("place=", "place="),
        Problem::NoFrontMatter
        | Problem::FrontMatterOpen
        | Problem::MissingField { .. }
        | Problem::NoPages
        | Problem::BeforeFirstPage
        | Problem::EmptyPage { .. }
        | Problem::OpenBlock
        | Problem::MissingAttribute { .. }
        | Problem::Stray { .. }
        | Problem::Needs { .. }
        | Problem::BodyNotJson { .. }
        | Problem::Policy(_)
        | Problem::Template(_)
        | Problem::Prose(_)
        | Problem::Predict { .. }
        | Problem::RightChoices { .. }
        | Problem::AfterTask => ("", ""),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The column of `word` behind `after`, of `word` anywhere, or of the first that is not space.
fn column_of(line: &str, after: &str, word: &str) -> usize {
    let behind = line.find(after).map(|at| if after == word { at } else { at.saturating_add(after.len()) });
    let found = behind.and_then(|from| Some(from.saturating_add(line.get(from..)?.find(word)?)));
    match found.or_else(|| line.find(word)).filter(|_| !word.is_empty()) {
        Some(at) => column(line, at),
        None => column(line, 0),
    }
}

/// The column of a byte; of the first that is not space, for the line as a whole.
fn column(line: &str, byte: usize) -> usize {
    let byte = if byte == 0 { line.find(|letter: char| !letter.is_whitespace()).unwrap_or(0) } else { byte };
    line.get(..byte).map_or(0, |before| before.chars().count()).saturating_add(1)
}

/// The column that `problem` names counts a gap as one byte: in `line`, gaps are as long as they are written.
fn json_column(line: &str, problem: &str) -> usize {
    let named = problem.rsplit_once("column ").and_then(|(_, number)| number.parse::<usize>().ok());
    let mut left = named.unwrap_or(1).saturating_sub(1);
    let mut rest = line;
    let mut byte = 0_usize;
    while left > 0 {
        let Some(first) = rest.chars().next() else { break };
        let gap = rest.strip_prefix("${").and_then(|inside| inside.find('}')).map(|end| end.saturating_add(3));
        let (length, counted) = gap.map_or((first.len_utf8(), first.len_utf8()), |length| (length, 1));
        byte = byte.saturating_add(length);
        left = left.saturating_sub(counted);
        rest = rest.get(length..).unwrap_or_default();
    }
    column(line, byte.min(line.len()))
}
