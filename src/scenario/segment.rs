//! A scenario file cut into headings, prose and fenced blocks. Knows nothing of what they mean.

use crate::scenario::{
    Expected,
    error::{Problem, ScenarioError},
};

/// Cuts the lines from `first_line` on.
pub(super) fn cut(lines: &[&str], first_line: usize) -> Result<Vec<Segment>, ScenarioError> {
    let mut segments = Vec::new();
    let mut rest = lines.iter().copied().enumerate().skip(first_line);
    while let Some((line, text)) = rest.next() {
        if let Some(title) = text.strip_prefix("## ") {
            segments.push(Segment::Heading { line, title: title.trim().to_owned() });
        } else if let Some(info) = text.strip_prefix(FENCE) {
            let mut body = Vec::new();
            loop {
                match rest.next() {
                    Some((_, text)) if text.trim_end() == FENCE => break,
                    Some((_, text)) => body.push(text),
                    None => return Err(ScenarioError::at(line, Problem::OpenBlock)),
                }
            }
            let (kind, attributes) = info_string(line, info)?;
            segments.push(Segment::Block(Block { line, kind, attributes, body: body.join("\n") }));
        } else if let Some(Segment::Text { text: before, .. }) = segments.last_mut() {
            before.push('\n');
            before.push_str(text);
        } else if !text.trim().is_empty() {
            segments.push(Segment::Text { line, text: text.to_owned() });
        }
    }
    Ok(segments)
}

/// A piece of the file after the front matter. Lines are counted from 0.
pub(super) enum Segment {
    Heading { line: usize, title: String },
    Text { line: usize, text: String },
    Block(Block),
}

/// A fenced block.
pub(super) struct Block {
    /// Of the opening fence.
    pub(super) line: usize,
    /// For example `call`.
    pub(super) kind: String,
    attributes: Vec<(String, String)>,
    pub(super) body: String,
}

impl Segment {
    pub(super) fn is_block(&self, kind: &str) -> bool {
        matches!(self, Self::Block(block) if block.kind == kind)
    }
}

impl Block {
    /// The line of the body, counted from 0.
    pub(super) fn body_line(&self) -> usize {
        self.line.saturating_add(1)
    }

    /// The values of `names`, which are all the attributes the block may have.
    pub(super) fn attributes<const N: usize>(
        &self,
        block: &'static str,
        names: [&'static str; N],
    ) -> Result<[Option<&str>; N], ScenarioError> {
        if let Some((name, _)) = self.attributes.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            return Err(ScenarioError::at(self.line, Problem::UnknownAttribute { block, name: name.clone() }));
        }
        Ok(names.map(|wanted| self.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())))
    }

    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|(name, _)| name == attribute)
    }

    pub(super) fn expected(&self) -> Expected {
        let (start, lines) = (self.body_line(), self.body.lines().count());
        Expected { text: self.body.clone(), lines: start..start.saturating_add(lines) }
    }
}

/// `call as=OrdersApp op=Encrypt`: the kind and the attributes. A value with spaces stands in double quotes.
fn info_string(line: usize, info: &str) -> Result<(String, Vec<(String, String)>), ScenarioError> {
    let (kind, mut rest) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
    let mut attributes = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let word = || rest.split(' ').next().unwrap_or_default().to_owned();
        let not_one = || ScenarioError::at(line, Problem::NotAnAttribute { word: word() });
        let (name, after) = rest.split_once('=').filter(|(name, _)| !name.contains(' ')).ok_or_else(not_one)?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(not_one)?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    Ok((kind.to_owned(), attributes))
}

const FENCE: &str = "```";
