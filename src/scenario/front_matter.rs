//! The fields at the top of a scenario file, between two `---` lines.

use std::{collections::BTreeMap, str::FromStr};

use crate::{
    clock::Timestamp,
    scenario::{
        Front, OlderTerm,
        error::{Problem, ScenarioError},
        tag::Tag,
        view::View,
    },
};

/// The fields, and the first line after them.
pub(super) fn read(lines: &[&str]) -> Result<(Fields, usize), ScenarioError> {
    if lines.first().map(|line| line.trim_end()) != Some("---") {
        return Err(ScenarioError::at(0, Problem::NoFrontMatter));
    }
    let mut values = BTreeMap::new();
    for (at, line) in lines.iter().enumerate().skip(1) {
        if line.trim_end() == "---" {
            return Ok((Fields { values, end: at }, at.saturating_add(1)));
        }
        let at_line = |problem| ScenarioError::at(at, problem);
        let (name, value) =
            line.split_once(':').ok_or_else(|| at_line(Problem::NotAField { line: (*line).to_owned() }))?;
        let known = FIELDS.iter().find(|known| **known == name.trim());
        let known =
            known.ok_or_else(|| at_line(Problem::UnknownField { name: name.trim().to_owned(), known: FIELDS }))?;
        if values.insert(*known, (at, value.trim().to_owned())).is_some() {
            return Err(at_line(Problem::RepeatedField { name: (*known).to_owned() }));
        }
    }
    Err(ScenarioError::at(0, Problem::FrontMatterOpen))
}

/// The fields, by name.
pub(super) struct Fields {
    /// Line and value.
    values: BTreeMap<&'static str, (usize, String)>,
    /// Where a missing one would go.
    end: usize,
}

impl Fields {
    pub(super) fn front(mut self) -> Result<Front, ScenarioError> {
        Ok(Front {
            id: self.text("id")?,
            title: self.text("title")?,
            summary: self.text("summary")?,
            part: self.parsed("part", "a part of the course, such as `Keys and time`")?,
            tags: self.tags()?,
            level: self.parsed("level", "a small number")?,
            minutes: self.parsed("minutes", "a small number")?,
            start: self.parsed::<Timestamp>("start", "a time such as 2030-01-01T09:00:00Z")?,
            seed: self.parsed("seed", "a number")?,
            view: self.view()?,
            older_terms: self.older_terms()?,
        })
    }

    fn take(&mut self, name: &'static str) -> Result<(usize, String), ScenarioError> {
        self.values.remove(name).ok_or(ScenarioError::at(self.end, Problem::MissingField { name }))
    }

    fn text(&mut self, name: &'static str) -> Result<String, ScenarioError> {
        self.take(name).map(|(_, value)| value)
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str, expected: &'static str) -> Result<T, ScenarioError> {
        let (line, value) = self.take(name)?;
        ScenarioError::parsed(line, name, &value, expected)
    }

    /// `grants, accounts`.
    fn tags(&mut self) -> Result<Vec<Tag>, ScenarioError> {
        let Some((line, value)) = self.values.remove(TAGS) else { return Ok(Vec::new()) };
        let tag = |text: &str| ScenarioError::parsed(line, TAGS, text.trim(), TAG_EXPECTED);
        value.split(',').map(tag).collect()
    }

    fn view(&mut self) -> Result<Option<View>, ScenarioError> {
        let Some((line, value)) = self.values.remove(VIEW) else { return Ok(None) };
        ScenarioError::parsed(line, VIEW, &value, "a view of the page, such as `Policy`").map(Some)
    }

    /// `CMK = KMS key; envelope key = data key`.
    fn older_terms(&mut self) -> Result<Vec<OlderTerm>, ScenarioError> {
        let Some((line, value)) = self.values.remove(OLDER) else { return Ok(Vec::new()) };
        let pairs = value.split(';').map(|pair| match pair.split_once(" = ") {
            Some((older, today)) => Ok(OlderTerm { older: older.trim().to_owned(), today: today.trim().to_owned() }),
            None => {
                let expected = "pairs such as `CMK = KMS key`, with `;` between them";
                Err(ScenarioError::at(line, Problem::Value { of: OLDER, got: pair.trim().to_owned(), expected }))
            }
        });
        pairs.collect()
    }
}

/// The fields in the front matter. The last three are optional.
const FIELDS: &[&str] = &["id", "title", "summary", "part", "level", "minutes", "start", "seed", TAGS, VIEW, OLDER];
const TAGS: &str = "tags";
const VIEW: &str = "view";
const OLDER: &str = "older";
const TAG_EXPECTED: &str = "tags with `,` between them, out of the list in LESSONS.md, such as `grants, accounts`";
