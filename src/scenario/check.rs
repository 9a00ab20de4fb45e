//! Everything that is wrong with a lesson, each with its place and what to do about it. Whoever writes lessons asks here:
//! the tests, `cargo xtask lesson`, the npm package and the page.

use std::fmt;

use serde::Serialize;

use crate::{
    analysis::lint::nearest::nearest,
    endpoint::model,
    scenario::{
        Expected, Scenario, Task, Work,
        error::{Problem, ScenarioError},
        expect, file, front_matter,
        judge::Judge,
        place::{self, Place},
        reading,
        run::{self, Run, RunError},
        segment::{self, Segment},
    },
};

/// A file that is longer is not read.
pub const MOST_BYTES: usize = 256 << 10;

/// A lesson and what is wrong with it.
#[derive(Debug, Default)]
pub struct Checked {
    /// The lesson, if it can be read.
    pub scenario: Option<Scenario>,
    /// Whether it can be played to its end.
    pub plays: bool,
    /// In the order of the file. None for a lesson that is right.
    pub findings: Vec<Finding>,
    /// The file with what the run gives in place of what it expects, if that differs.
    pub updated: Option<String>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// What is wrong, and what to do.
    pub problem: String,
    /// The line as it stands in the file.
    pub source: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

/// Reads a lesson, plays it, holds it against what it expects, and tries its tasks. `name` is that of its file, without
/// `.md`, where there is one.
pub fn check(text: &str, name: Option<&str>) -> Checked {
    let lines: Vec<&str> = text.lines().collect();
    let finds = |place: Place, problem: String| Finding::at(&lines, place, problem);
    let first = Place { line: 1, column: 1 };
    let only = |finding: Finding| Checked { findings: vec![finding], ..Checked::default() };
    if text.len() > MOST_BYTES {
        let problem = format!("the file has {} bytes, and at most {MOST_BYTES} are read; split the lesson", text.len());
        return only(finds(first, problem));
    }
    if text.starts_with('\u{feff}') {
        return only(finds(first, "the file begins with a byte order mark; save it as UTF-8 without one".to_owned()));
    }
    let scenario = match file::parse(text) {
        Ok(scenario) => scenario,
        Err(error) => return only(unreadable(&lines, &error)),
    };
    let mut findings = named(&scenario, &lines, name);
    let mut checked = Checked::default();
    let judged = expect::played(&scenario).and_then(|played| {
        findings.extend(played.iter().filter_map(|(expected, got)| differs(&lines, expected, got)));
        checked.updated = played
            .iter()
            .any(|(expected, got)| line_that_differs(expected, got).is_some())
            .then(|| expect::put_into(text, &played));
        tasks(&scenario, &lines)
    });
    match judged {
        Ok(about_tasks) => {
            checked.plays = true;
            findings.extend(about_tasks);
        }
        Err(error) => findings.push(finds(Place::of_run(&lines, &error), error.problem.to_string())),
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    Checked { scenario: Some(scenario), findings, ..checked }
}

impl Finding {
    fn at(lines: &[&str], place: Place, problem: String) -> Self {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let source = place::text(lines, place.line).chars().take(MOST_SHOWN).collect();
        Self { line: number(place.line), column: number(place.column), problem, source }
    }
}

/// How much of a line is shown with what is wrong about it, in characters.
const MOST_SHOWN: usize = 400;

fn unreadable(lines: &[&str], error: &ScenarioError) -> Finding {
    let place = Place::of_error(lines, error);
    let mut problem = error.problem.to_string();
    if let Some((what, _)) =
        problem.rsplit_once(" at line ").filter(|_| matches!(error.problem, Problem::BodyNotJson { .. }))
    {
        problem = what.to_owned();
    }
    if let Some((_, instead)) = place::curly(place::text(lines, place.line)).filter(|_| is_code(&error.problem)) {
        problem = format!("{problem}; {instead}");
    } else if let Some(meant) = meant(&error.problem) {
        problem = format!("{problem}; `{meant}` is near");
    }
    Finding::at(lines, place, problem)
}

/// The name that somebody may have meant.
fn meant(problem: &Problem) -> Option<&str> {
    if let Problem::UnknownOperation { name } = problem {
        nearest(name, model::operations().map(|(known, _)| known))
    } else if let Problem::UnknownField { name, known } = problem {
        nearest(name, known.iter().copied())
    } else if let Problem::UnknownPreset { name, known } = problem {
        nearest(name, known.iter().copied())
    } else {
        None
    }
}

/// Whether typographic characters have no place in what is wrong.
fn is_code(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::BodyNotJson { .. }
            | Problem::Policy(_)
            | Problem::Value { .. }
            | Problem::NotAnAttribute { .. }
            | Problem::UnknownAttribute { .. }
            | Problem::MissingAttribute { .. }
            | Problem::UnknownCaller { .. }
            | Problem::UnknownOperation { .. }
            | Problem::UnknownPreset { .. }
    )
}

/// What a list of lessons would show of it.
fn named(scenario: &Scenario, lines: &[&str], name: Option<&str>) -> Vec<Finding> {
    let field = |name: &str| {
        let is_it = |line: &&str| line.split_once(':').is_some_and(|(field, _)| field.trim() == name);
        Place::start(lines, lines.iter().position(is_it).map_or(1, |at| at.saturating_add(1)))
    };
    let mut findings = Vec::new();
    for (name, value) in
        [("id", &scenario.front.id), ("title", &scenario.front.title), ("summary", &scenario.front.summary)]
    {
        if value.is_empty() {
            findings.push(Finding::at(lines, field(name), format!("`{name}` is empty; write it after the colon")));
        }
    }
    if let Some(name) = name.filter(|name| **name != *scenario.front.id) {
        let problem =
            format!("`id` is `{}`, but the file is called `{name}.md`; call both the same", scenario.front.id);
        findings.push(Finding::at(lines, field("id"), problem));
    }
    findings
}

/// Which line of an expected text the run gives otherwise, from 0.
fn line_that_differs(expected: &Expected, got: &str) -> Option<usize> {
    let (mut expects, mut gives) = (expected.text.lines(), got.lines());
    (0..).find_map(|at| match (expects.next(), gives.next()) {
        (None, None) => Some(None),
        (expects, gives) => (expects != gives).then_some(Some(at)),
    })?
}

fn differs(lines: &[&str], expected: &Expected, got: &str) -> Option<Finding> {
    let at = line_that_differs(expected, got)?;
    let said = |text: &str| text.lines().nth(at).map_or("nothing more".to_owned(), |line| format!("`{line}`"));
    let (expects, gives) = (said(&expected.text), said(got));
    let problem = format!(
        "the run gives {gives} here, and the lesson expects {expects}; correct the step, or take over what the run gives"
    );
    Some(Finding::at(lines, Place::start(lines, expected.lines.start.saturating_add(at).saturating_add(1)), problem))
}

/// Tries every task: open before its solution, done after it.
fn tasks(scenario: &Scenario, lines: &[&str]) -> Result<Vec<Finding>, RunError> {
    let mut findings = Vec::new();
    let mut run = Run::new(scenario);
    let with_tasks = scenario.pages.iter().enumerate().filter_map(|(nth, page)| Some((nth, page.task()?)));
    for ((nth, task), (line, hint)) in with_tasks.zip(places_of_tasks(lines)) {
        let mut find =
            |line, problem: &str| findings.push(Finding::at(lines, Place::start(lines, line), problem.to_owned()));
        if task.text.is_empty() {
            find(line, "the task says nothing; write what there is to do");
        }
        if task.hints.iter().any(Vec::is_empty) {
            find(hint, "a hint is empty; say how to begin");
        }
        run.play_to(nth)?;
        let tried = tried(task, &mut run)?;
        if tried.before {
            find(
                line,
                "the task is done before anything was done; choose a goal that only the learner's own steps meet",
            );
        } else if tried.started {
            find(line, "the request to start with does the task already; leave something to do");
        }
        if !tried.solved {
            find(line, "the solution does not do the task; correct the goal or the solution");
        }
    }
    Ok(findings)
}

/// When a task is done.
struct Tried {
    before: bool,
    started: bool,
    solved: bool,
}

/// `run` stands where the task begins.
fn tried(task: &Task, run: &mut Run<'_>) -> Result<Tried, RunError> {
    match &task.work {
        Work::Requests { goal, start, .. } => {
            let judge = Judge::of(goal, run)?;
            let met = |run: &Run<'_>| judge.progress(run.timeline()).is_met();
            let before = met(run);
            if let Some(start) = start {
                run.call(start)?;
            }
            let started = met(run);
            run.solve(task)?;
            Ok(Tried { before, started, solved: met(run) })
        }
        Work::Remedies { start, solution } => {
            let (start, solved) = (run::measure(start)?, run::measure(&solution.traffic)?);
            let before = reading::serves(&start, &start);
            Ok(Tried { before, started: before, solved: reading::serves(&start, &solved) })
        }
    }
}

/// The line of each task and that of its first hint, counted from 1.
fn places_of_tasks(lines: &[&str]) -> Vec<(usize, usize)> {
    let segments = front_matter::read(lines).and_then(|(_, first)| segment::cut(lines, first)).unwrap_or_default();
    let of = |kind: &str| -> Vec<usize> {
        let line = |segment: &Segment| match segment {
            Segment::Block(block) if block.kind == kind => Some(block.line.saturating_add(1)),
            Segment::Block(_) | Segment::Heading { .. } | Segment::Text { .. } => None,
        };
        segments.iter().filter_map(line).collect()
    };
    let (tasks, hints) = (of("task"), of("hint"));
    let first_after = |task: &usize| hints.iter().find(|hint| *hint > task).copied().unwrap_or(*task);
    tasks.iter().map(|task| (*task, first_after(task))).collect()
}

#[cfg(test)]
mod tests;
