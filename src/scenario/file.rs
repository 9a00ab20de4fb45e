//! From Markdown text to a [`Scenario`], or the first thing wrong with it.
//!
//! Front matter between `---` lines, then pages: `## title`, prose, and fenced blocks. Every block is checked as far as it
//! can be without running it: callers, operations, Regions, JSON, names.

use std::{collections::BTreeSet, iter::Peekable, vec};

use serde_json::{Map, Value};

use crate::{
    arn::{AccountId, Region},
    crypto::wrap::WrappingAlgorithm,
    endpoint::model,
    estate::{
        Estate,
        attachment::{Attachment, NotAttached},
        principal::Caller,
    },
    load::presets::PRESETS,
    rest,
    scenario::{
        Advance, Asked, Attach, Bind, Bytes, Call, Choice, Deed, Expected, Front, Gives, Goal, Happens, Item, Load,
        Page, Predict, Probe, Scenario, Step, Task, Traffic, Work, Wrap,
        error::{Problem, ScenarioError},
        front_matter,
        prose::{self, Inline, Prose},
        segment::{self, Block, Segment},
        template::{Template, TemplateProblem},
    },
    services,
};

/// Reads a scenario.
pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    let lines: Vec<&str> = text.lines().collect();
    let (fields, first_line) = front_matter::read(&lines)?;
    let segments = segment::cut(&lines, first_line)?;
    let mut reader = Reader {
        segments: segments.into_iter().peekable(),
        estate: Estate::default_world(),
        bound: BTreeSet::new(),
        pages: Vec::new(),
    };
    reader.read()?;
    let Reader { pages, .. } = reader;
    if pages.is_empty() {
        return Err(ScenarioError::at(lines.len().saturating_sub(1), Problem::NoPages));
    }
    Ok(Scenario { front: fields.front()?, pages })
}

/// Reads what a scenario says of itself before its first page.
pub fn front(text: &str) -> Result<Front, ScenarioError> {
    let lines: Vec<&str> = text.lines().collect();
    front_matter::read(&lines)?.0.front()
}

/// The pages so far and what is still to be read.
struct Reader {
    segments: Peekable<vec::IntoIter<Segment>>,
    estate: Estate,
    /// The names that requests so far have bound.
    bound: BTreeSet<String>,
    pages: Vec<Page>,
}

impl Reader {
    fn read(&mut self) -> Result<(), ScenarioError> {
        while let Some(segment) = self.segments.next() {
            let line = match &segment {
                Segment::Heading { line, .. } | Segment::Text { line, .. } | Segment::Block(Block { line, .. }) => {
                    *line
                }
            };
            let item = match segment {
                Segment::Heading { title, .. } => {
                    if matches!(self.segments.peek(), None | Some(Segment::Heading { .. })) {
                        return Err(ScenarioError::at(line, Problem::EmptyPage { title }));
                    }
                    self.pages.push(Page { title, prose: Vec::new(), items: Vec::new() });
                    continue;
                }
                Segment::Text { text, .. } => Item::Prose(blocks(line, &text)?),
                Segment::Block(block) => self.block(&block)?,
            };
            let page = self.pages.last_mut().ok_or(ScenarioError::at(line, Problem::BeforeFirstPage))?;
            match item {
                Item::Prose(prose) if page.items.is_empty() && page.prose.is_empty() => page.prose = prose,
                Item::Call(_)
                | Item::Attach(_)
                | Item::Set(_)
                | Item::Incident(_)
                | Item::Advance(_)
                | Item::Wrap(_)
                | Item::Load(_)
                | Item::Meters(_)
                | Item::Bill(_)
                | Item::Task(_)
                    if page.task().is_some() =>
                {
                    return Err(ScenarioError::at(line, Problem::AfterTask));
                }
                item => page.items.push(item),
            }
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<Item, ScenarioError> {
        let stray = |block_kind, after| Err(ScenarioError::at(block.line, Problem::Stray { block: block_kind, after }));
        match block.kind.as_str() {
            "call" => self.step("call", block).map(Item::Call),
            "attach" => self.attach("attach", block).map(Item::Attach),
            "set" => {
                let [] = block.attributes("set", [])?;
                let setting = serde_json::from_str(&block.body).map_err(|_| {
                    let expected = "a setting such as `{\"rules\": \"classic\"}`";
                    ScenarioError::at(
                        block.body_line(),
                        Problem::Value { of: "set", got: block.body.clone(), expected },
                    )
                })?;
                Ok(Item::Set(setting))
            }
            "incident" => incident(block).map(Item::Incident),
            "advance" => {
                let [] = block.attributes("advance", [])?;
                let span = ScenarioError::parsed(
                    block.body_line(),
                    "advance",
                    block.body.trim(),
                    "a length of time such as 366d",
                )?;
                Ok(Item::Advance(Advance { span, expect: self.expect("advance", block)? }))
            }
            "bytes" => {
                let [of] = block.attributes("bytes", ["of"])?;
                let of = required("bytes", "of", of, block)?.to_owned();
                self.must_be_bound(block.line, &of)?;
                Ok(Item::Bytes(Bytes { of, expect: block.expected(), line: block.line.saturating_add(1) }))
            }
            "wrap" => self.wrap(block).map(Item::Wrap),
            "load" => {
                let traffic = traffic("load", block)?;
                Ok(Item::Load(Load { traffic, expect: self.expect("load", block)? }))
            }
            "meters" => {
                let [] = block.attributes("meters", [])?;
                Ok(Item::Meters(block.expected()))
            }
            "bill" => {
                let [] = block.attributes("bill", [])?;
                Ok(Item::Bill(block.expected()))
            }
            "predict" => predict(block).map(Item::Predict),
            "task" => self.task(block).map(Item::Task),
            "expect" => stray("expect", "a call, a load, an advance or a solution"),
            "probe" => stray("probe", "a task without `goal=` or another probe"),
            "start" => stray("start", "a task or its probes"),
            "hint" => stray("hint", "a task, its start or another hint"),
            "solution" => stray("solution", "the hint of a task or another solution"),
            other => Err(ScenarioError::at(block.line, Problem::UnknownBlock { kind: other.to_owned() })),
        }
    }

    fn step(&mut self, kind: &'static str, block: &Block) -> Result<Step, ScenarioError> {
        let call = self.call(kind, block)?;
        Ok(Step { call, expect: self.expect(kind, block)? })
    }

    fn call(&mut self, kind: &'static str, block: &Block) -> Result<Call, ScenarioError> {
        let at_line = |problem| ScenarioError::at(block.line, problem);
        let [caller, operation, region, times, every, bind] =
            block.attributes(kind, ["as", "op", "in", "times", "every", "bind"])?;
        for (name, given) in [("times", times), ("every", every)] {
            if kind != "call" && given.is_some() {
                return Err(at_line(Problem::UnknownAttribute { block: kind, name: name.to_owned() }));
            }
        }
        let expected = "a number from 1 to 2500";
        let times = times.map_or(Ok(1), |times| ScenarioError::parsed(block.line, "times", times, expected))?;
        if !(1..=MOST_TIMES).contains(&times) {
            let got = times.to_string();
            return Err(at_line(Problem::Value { of: "times", got, expected }));
        }
        let every = every
            .map(|every| ScenarioError::parsed(block.line, "every", every, "a length of time such as 4m"))
            .transpose()?;
        let call = self.request(kind, block, [caller, operation, region])?;
        let binds = self.binds(block.line, bind.unwrap_or_default())?;
        Ok(Call { times, every, binds, ..call })
    }

    /// Who asks for what, where, with the block's text.
    fn request(
        &self,
        kind: &'static str,
        block: &Block,
        [caller, operation, region]: [Option<&str>; 3],
    ) -> Result<Call, ScenarioError> {
        let name = required(kind, "as", caller, block)?;
        let caller = caller_called(&self.estate, name)
            .ok_or_else(|| ScenarioError::at(block.line, Problem::UnknownCaller { name: name.to_owned() }))?;
        let operation = asked(block.line, required(kind, "op", operation, block)?)?;
        let region = match region {
            None => Region::US_EAST_1,
            Some(region) => ScenarioError::parsed(block.line, "in", region, "a Region such as eu-central-1")?,
        };
        let body = if block.body.trim().is_empty() { "{}" } else { block.body.as_str() };
        let body_line = |line: usize| block.body_line().saturating_add(line);
        let body = Template::parse(body)
            .map_err(|(line, problem)| ScenarioError::at(body_line(line), Problem::Template(problem)))?;
        if let Err(problem) = serde_json::from_str::<Value>(&body.filled_with_x()) {
            let line = body_line(problem.line().saturating_sub(1));
            return Err(ScenarioError::at(line, Problem::BodyNotJson { problem: problem.to_string() }));
        }
        for name in body.names() {
            self.must_be_bound(block.body_line(), name)?;
        }
        let line = block.line.saturating_add(1);
        Ok(Call { caller, region, operation, body, times: 1, every: None, binds: Vec::new(), line })
    }

    /// `gives=success`, or the errors it may give: `gives=AccessDeniedException|NotFoundException`.
    fn probe(&self, block: &Block) -> Result<Probe, ScenarioError> {
        let [caller, operation, region, after, gives, shows] =
            block.attributes("probe", ["as", "op", "in", "after", "gives", "shows"])?;
        let after = after.map(|span| ScenarioError::parsed(block.line, "after", span, "a length of time such as 8d"));
        let gives = match required("probe", "gives", gives, block)? {
            "success" => Gives::Success,
            faults => Gives::Fault(faults.split('|').map(str::to_owned).collect()),
        };
        let shows = required("probe", "shows", shows, block)?.to_owned();
        let call = self.request("probe", block, [caller, operation, region])?;
        Ok(Probe { shows, after: after.transpose()?, call, gives })
    }

    /// A request, a policy put in place (`place=`), or time that passes (`wait=`).
    fn deed(&mut self, block: &Block) -> Result<Deed, ScenarioError> {
        const KIND: &str = "solution";
        if block.has("place") {
            return self.attach(KIND, block).map(Deed::Attach);
        }
        if !block.has("wait") {
            return self.step(KIND, block).map(Deed::Call);
        }
        let [span] = block.attributes(KIND, ["wait"])?;
        let span = ScenarioError::parsed(
            block.line,
            "wait",
            required(KIND, "wait", span, block)?,
            "a length of time such as 366d",
        )?;
        Ok(Deed::Advance(Advance { span, expect: self.expect(KIND, block)? }))
    }

    /// Bytes in hex, for a public key that is bound.
    fn wrap(&mut self, block: &Block) -> Result<Wrap, ScenarioError> {
        let [key, algorithm, name] = block.attributes("wrap", ["for", "with", "bind"])?;
        let key = required("wrap", "for", key, block)?.to_owned();
        self.must_be_bound(block.line, &key)?;
        let wrong = |line, of, got: &str, expected| {
            ScenarioError::at(line, Problem::Value { of, got: got.to_owned(), expected })
        };
        let algorithm = required("wrap", "with", algorithm, block)?;
        let algorithm = WrappingAlgorithm::named(algorithm)
            .ok_or_else(|| wrong(block.line, "with", algorithm, "a wrapping algorithm such as RSAES_OAEP_SHA_256"))?;
        let material = from_hex(&block.body).ok_or_else(|| {
            wrong(block.body_line(), "wrap", block.body.trim(), "bytes in hex, such as `0f e1 d2` and so on")
        })?;
        let name = required("wrap", "bind", name, block)?.to_owned();
        if !self.bound.insert(name.clone()) {
            return Err(ScenarioError::at(block.line, Problem::BoundTwice { name }));
        }
        Ok(Wrap { name, key, algorithm, material, line: block.line.saturating_add(1) })
    }

    /// A policy at a place under a name; a block without text takes away the one that is there.
    fn attach(&mut self, kind: &'static str, block: &Block) -> Result<Attach, ScenarioError> {
        let [place, name] = block.attributes(kind, ["place", "name"])?;
        let place = required(kind, "place", place, block)?;
        let place = ScenarioError::parsed(
            block.line,
            "place",
            place,
            "a place such as `scps of root`, `endpoint of 111122223333` or `boundary of ARN`",
        )?;
        let name = required(kind, "name", name, block)?.into();
        let document = (!block.body.trim().is_empty()).then(|| block.body.as_str().into());
        let attachment = Attachment { place, name, document };
        self.estate.attach(&attachment).map_err(|problem| match problem {
            NotAttached::Malformed(error) => {
                let line = usize::try_from(error.line).map_or(block.line, |line| block.line.saturating_add(line));
                ScenarioError::at(line, Problem::Policy(error.kind))
            }
            problem @ (NotAttached::NoSuchPlace(_) | NotAttached::NoSuchPolicy { .. }) => {
                ScenarioError::at(block.line, Problem::NotAttached(problem))
            }
        })?;
        Ok(Attach { attachment, line: block.line.saturating_add(1) })
    }

    /// `key:KeyMetadata.KeyId,wrapped:CiphertextBlob`.
    fn binds(&mut self, line: usize, text: &str) -> Result<Vec<Bind>, ScenarioError> {
        let mut binds = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (name, path) = pair.split_once(':').ok_or_else(|| {
                let expected = "pairs such as key:KeyMetadata.KeyId, with commas between them";
                ScenarioError::at(line, Problem::Value { of: "bind", got: pair.to_owned(), expected })
            })?;
            if !self.bound.insert(name.to_owned()) {
                return Err(ScenarioError::at(line, Problem::BoundTwice { name: name.to_owned() }));
            }
            binds.push(Bind { name: name.to_owned(), path: path.split('.').map(str::to_owned).collect() });
        }
        Ok(binds)
    }

    fn must_be_bound(&self, line: usize, name: &str) -> Result<(), ScenarioError> {
        if self.bound.contains(name) {
            return Ok(());
        }
        let problem = TemplateProblem::Unbound { name: name.to_owned(), bound: self.bound.iter().cloned().collect() };
        Err(ScenarioError::at(line, Problem::Template(problem)))
    }

    /// The next block, if it is of that kind.
    fn next_block(&mut self, kind: &str) -> Option<Block> {
        match self.segments.next_if(|segment| segment.is_block(kind)) {
            Some(Segment::Block(block)) => Some(block),
            Some(Segment::Heading { .. } | Segment::Text { .. }) | None => None,
        }
    }

    fn expect(&mut self, kind: &'static str, block: &Block) -> Result<Expected, ScenarioError> {
        let next = self.next_block("expect");
        let expect =
            next.ok_or(ScenarioError::at(block.line, Problem::Needs { block: kind, next: "an `expect` block" }))?;
        let [] = expect.attributes("expect", [])?;
        Ok(expect.expected())
    }

    fn task(&mut self, block: &Block) -> Result<Task, ScenarioError> {
        let [goal] = block.attributes("task", ["goal"])?;
        let text = blocks(block.body_line(), &block.body)?;
        let goal = match goal {
            Some(ALL_SERVED) => return self.remedies(text, block),
            Some(goal) => goal_called(block.line, goal)?,
            None => Goal::Probes(self.probes(block)?),
        };
        let start = self.next_block("start").map(|start| self.call("start", &start)).transpose()?;
        let hints = self.hints(block)?;
        let mut solution = Vec::new();
        while let Some(block) = self.next_block("solution") {
            solution.push(self.deed(&block)?);
        }
        if solution.is_empty() {
            return Err(needs(block, SOLUTION));
        }
        Ok(Task { text, hints, work: Work::Requests { goal, start, solution } })
    }

    fn probes(&mut self, task: &Block) -> Result<Vec<Probe>, ScenarioError> {
        let mut probes = Vec::new();
        while let Some(block) = self.next_block("probe") {
            probes.push(self.probe(&block)?);
        }
        if probes.is_empty() {
            return Err(needs(task, "`goal=`, or a `probe` block"));
        }
        Ok(probes)
    }

    fn remedies(&mut self, text: Vec<Prose>, block: &Block) -> Result<Task, ScenarioError> {
        let start = self.next_block("start").ok_or_else(|| needs(block, "a `start` block with `preset=`"))?;
        let start = traffic("start", &start)?;
        let hints = self.hints(block)?;
        let solution = self.next_block("solution").ok_or_else(|| needs(block, SOLUTION))?;
        let [] = solution.attributes("solution", [])?;
        let traffic = Traffic { changes: members(&solution)?, line: solution.line.saturating_add(1), ..start };
        let solution = Load { traffic, expect: self.expect("solution", &solution)? };
        Ok(Task { text, hints, work: Work::Remedies { start, solution } })
    }

    fn hints(&mut self, task: &Block) -> Result<Vec<Vec<Prose>>, ScenarioError> {
        let mut hints = Vec::new();
        while let Some(hint) = self.next_block("hint") {
            hints.push(blocks(hint.body_line(), &hint.body)?);
        }
        if hints.is_empty() { Err(needs(task, "a `hint` block")) } else { Ok(hints) }
    }
}

fn incident(block: &Block) -> Result<Happens, ScenarioError> {
    let [] = block.attributes("incident", [])?;
    let read = rest::needed(|| serde_json::from_str(&block.body).ok()).flatten();
    let incident = read.ok_or_else(|| {
        let expected = "something that happens behind a key store, such as `{\"proxy\": {\"endpoint\": \"https://…\", \
                        \"set\": {\"condition\": \"Slow\"}}}`";
        let got = block.body.clone();
        ScenarioError::at(block.body_line(), Problem::Value { of: "incident", got, expected })
    })?;
    Ok(Happens { incident, line: block.line.saturating_add(1) })
}

/// More than a page may hide behind one answer.
const MOST_TIMES: u32 = 2500;

/// What a task lacks.
fn needs(task: &Block, next: &'static str) -> ScenarioError {
    ScenarioError::at(task.line, Problem::Needs { block: "task", next })
}

const SOLUTION: &str = "a `solution` block after its hint";
/// The goal of a task that is met in the load lab.
const ALL_SERVED: &str = "all served";

/// An example of the load lab, with the members in the body in place of its own.
fn traffic(kind: &'static str, block: &Block) -> Result<Traffic, ScenarioError> {
    let [preset] = block.attributes(kind, ["preset"])?;
    let name = required(kind, "preset", preset, block)?;
    let preset = PRESETS.iter().find(|preset| preset.id == name).ok_or_else(|| {
        let known = PRESETS.iter().map(|preset| preset.id).collect();
        ScenarioError::at(block.line, Problem::UnknownPreset { name: name.to_owned(), known })
    })?;
    Ok(Traffic { preset, changes: members(block)?, line: block.line.saturating_add(1) })
}

/// The members of the object in a block's body, which may be left out.
fn members(block: &Block) -> Result<Map<String, Value>, ScenarioError> {
    if block.body.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(&block.body).map_err(|problem| {
        let line = block.body_line().saturating_add(problem.line().saturating_sub(1));
        ScenarioError::at(line, Problem::BodyNotJson { problem: problem.to_string() })
    })
}

/// Pairs of digits, with any space between them.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_digit(16))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high * 16 + low).ok();
    if pairs.is_empty() || !rest.is_empty() { None } else { pairs.iter().map(byte).collect() }
}

fn predict(block: &Block) -> Result<Predict, ScenarioError> {
    let [] = block.attributes("predict", [])?;
    let (mut question, mut choices, mut explanation) = (Vec::new(), Vec::new(), Vec::new());
    for (line, text) in (block.body_line()..).zip(block.body.lines()) {
        let text = text.trim();
        let marked = [("- [x] ", true), ("- [ ] ", false)]
            .into_iter()
            .find_map(|(mark, right)| Some((text.strip_prefix(mark)?, right)));
        if let Some((words, right)) = marked {
            choices.push(Choice { text: inline(line, words)?, right });
        } else if let Some(words) = text.strip_prefix("> ") {
            explanation.push(words);
        } else if !text.is_empty() {
            question.push(text);
        }
    }
    let lacks = |lacks| Err(ScenarioError::at(block.line, Problem::Predict { lacks }));
    if question.is_empty() {
        return lacks("question");
    }
    if choices.len() < 2 {
        return lacks("two choices");
    }
    if explanation.is_empty() {
        return lacks("explanation");
    }
    let count = choices.iter().filter(|choice| choice.right).count();
    if count != 1 {
        return Err(ScenarioError::at(block.line, Problem::RightChoices { count }));
    }
    let line = block.body_line();
    Ok(Predict {
        question: inline(line, &question.join(" "))?,
        choices,
        explanation: inline(line, &explanation.join(" "))?,
    })
}

/// `Encrypt` of KMS, or `s3:GetObject`.
fn asked(line: usize, text: &str) -> Result<Asked, ScenarioError> {
    let unknown = |problem| Err(ScenarioError::at(line, problem));
    let asked = Asked::from(text);
    match &asked {
        Asked::Kms(name) if model::operation(name).is_none() => {
            unknown(Problem::UnknownOperation { name: name.clone() })
        }
        Asked::Service { service, .. } if !services::NAMES.contains(&service.as_str()) => {
            unknown(Problem::UnknownService { name: service.clone(), known: services::NAMES })
        }
        Asked::Service { service, operation } => {
            // Only the first lesson is read before the rest is here, and it asks no service.
            let known = || services::service(service).is_some_and(|service| service.operation(operation).is_some());
            if rest::needed(known) == Some(true) {
                return Ok(asked);
            }
            unknown(Problem::UnknownServiceOperation { service: service.clone(), name: operation.clone() })
        }
        Asked::Kms(_) => Ok(asked),
    }
}

/// `success GenerateDataKey`, `fault InvalidCiphertextException` or `event MaterialRotated`.
fn goal_called(line: usize, text: &str) -> Result<Goal, ScenarioError> {
    match text.split_once(' ') {
        Some(("success", name)) => Ok(Goal::Success(asked(line, name)?)),
        Some(("fault", name)) => Ok(Goal::Fault(name.to_owned())),
        Some(("event", name)) => Ok(Goal::Event(name.to_owned())),
        _ => {
            let expected = "`success Operation`, `fault SomeException`, `event SomeEvent` or `all served`";
            Err(ScenarioError::at(line, Problem::Value { of: "goal", got: text.to_owned(), expected }))
        }
    }
}

/// `root`, a user or a role, in the lesson's account or in the one before a slash.
fn caller_called(estate: &Estate, text: &str) -> Option<Caller> {
    let (account, name) = text.split_once('/').unwrap_or((LESSON_ACCOUNT, text));
    let account: AccountId = account.parse().ok()?;
    let root = (name == "root").then_some(Caller::Root(account));
    let named = name.parse().ok().map(|name| Caller::User { account, name });
    let role = name.parse().ok().zip(LESSON_SESSION.parse().ok());
    let session = role.map(|(role, session)| Caller::RoleSession { account, role, session });
    [root, named, session].into_iter().flatten().find(|caller| estate.exists(caller))
}

/// The first account of the default world.
const LESSON_ACCOUNT: &str = "111122223333";
/// What a lesson's sessions of roles are called.
const LESSON_SESSION: &str = "lesson";

fn required<'a>(
    block: &'static str,
    name: &'static str,
    value: Option<&'a str>,
    at: &Block,
) -> Result<&'a str, ScenarioError> {
    value.ok_or(ScenarioError::at(at.line, Problem::MissingAttribute { block, name }))
}

fn blocks(line: usize, text: &str) -> Result<Vec<Prose>, ScenarioError> {
    prose::parse(text).map_err(|(at, problem)| ScenarioError::at(line.saturating_add(at), Problem::Prose(problem)))
}

fn inline(line: usize, text: &str) -> Result<Vec<Inline>, ScenarioError> {
    prose::inline(text).map_err(|problem| ScenarioError::at(line, Problem::Prose(problem)))
}

#[cfg(test)]
mod tests;
