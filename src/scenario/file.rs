//! From Markdown text to a [`Scenario`], or the first thing wrong with it.
//!
//! Front matter between `---` lines, then pages: `## title`, prose, and fenced blocks. Every block is checked as far as it
//! can be without running it: callers, operations, Regions, JSON, names.

use std::{collections::BTreeSet, iter::Peekable, vec};

use crate::{
    arn::{AccountId, Region},
    clock::Timestamp,
    endpoint::model,
    estate::{
        Estate,
        attachment::{Attachment, NotAttached},
        principal::Caller,
    },
    scenario::{
        Advance, Attach, Bind, Bytes, Call, Choice, Expected, Goal, Item, Page, Predict, Scenario, Step, Task,
        error::{Problem, ScenarioError},
        front_matter,
        prose::{self, Inline, Prose},
        segment::{self, Block, Segment},
        template::{Template, TemplateProblem},
    },
};

/// Reads a scenario.
pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut fields, first_line) = front_matter::read(&lines)?;
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
    Ok(Scenario {
        id: fields.text("id")?,
        title: fields.text("title")?,
        summary: fields.text("summary")?,
        level: fields.parsed("level", "a small number")?,
        minutes: fields.parsed("minutes", "a small number")?,
        start: fields.parsed::<Timestamp>("start", "a time such as 2030-01-01T09:00:00Z")?,
        seed: fields.parsed("seed", "a number")?,
        older_terms: fields.older_terms()?,
        pages,
    })
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
                Item::Call(_) | Item::Attach(_) | Item::Set(_) | Item::Advance(_) | Item::Task(_)
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
            "attach" => self.attach(block).map(Item::Attach),
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
            "predict" => predict(block).map(Item::Predict),
            "task" => self.task(block).map(Item::Task),
            "expect" => stray("expect", "a call, an advance or a solution"),
            "start" => stray("start", "a task"),
            "hint" => stray("hint", "a task or its start"),
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
        let [caller, operation, region, bind] = block.attributes(kind, ["as", "op", "in", "bind"])?;
        let name = required(kind, "as", caller, block)?;
        let caller = caller_called(&self.estate, name)
            .ok_or_else(|| at_line(Problem::UnknownCaller { name: name.to_owned() }))?;
        let operation = required(kind, "op", operation, block)?;
        if model::operation(operation).is_none() {
            return Err(at_line(Problem::UnknownOperation { name: operation.to_owned() }));
        }
        let region = match region {
            None => Region::US_EAST_1,
            Some(region) => ScenarioError::parsed(block.line, "in", region, "a Region such as eu-central-1")?,
        };
        let body = if block.body.trim().is_empty() { "{}" } else { block.body.as_str() };
        let body_line = |line: usize| block.body_line().saturating_add(line);
        let body = Template::parse(body)
            .map_err(|(line, problem)| ScenarioError::at(body_line(line), Problem::Template(problem)))?;
        if let Err(problem) = serde_json::from_str::<serde_json::Value>(&body.filled_with_x()) {
            let line = body_line(problem.line().saturating_sub(1));
            return Err(ScenarioError::at(line, Problem::BodyNotJson { problem: problem.to_string() }));
        }
        for name in body.names() {
            self.must_be_bound(block.body_line(), name)?;
        }
        let binds = self.binds(block.line, bind.unwrap_or_default())?;
        let operation = operation.to_owned();
        Ok(Call { caller, region, operation, body, binds, line: block.line.saturating_add(1) })
    }

    /// A policy at a place under a name; a block without text takes away the one that is there.
    fn attach(&mut self, block: &Block) -> Result<Attach, ScenarioError> {
        let [place, name] = block.attributes("attach", ["place", "name"])?;
        let place = required("attach", "place", place, block)?;
        let place = ScenarioError::parsed(
            block.line,
            "place",
            place,
            "a place such as `scps of root`, `endpoint of 111122223333` or `boundary of ARN`",
        )?;
        let name = required("attach", "name", name, block)?.into();
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
        let needs = |next| ScenarioError::at(block.line, Problem::Needs { block: "task", next });
        let [goal] = block.attributes("task", ["goal"])?;
        let goal = goal_called(block.line, required("task", "goal", goal, block)?)?;
        let start = self.next_block("start").map(|start| self.call("start", &start)).transpose()?;
        let hint = self.next_block("hint").ok_or_else(|| needs("a `hint` block"))?;
        let mut solution = Vec::new();
        while let Some(block) = self.next_block("solution") {
            solution.push(self.step("solution", &block)?);
        }
        if solution.is_empty() {
            return Err(needs("a `solution` block after its hint"));
        }
        Ok(Task {
            goal,
            text: blocks(block.body_line(), &block.body)?,
            start,
            hint: blocks(hint.body_line(), &hint.body)?,
            solution,
        })
    }
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

/// `success GenerateDataKey`, `fault InvalidCiphertextException` or `event MaterialRotated`.
fn goal_called(line: usize, text: &str) -> Result<Goal, ScenarioError> {
    match text.split_once(' ') {
        Some(("success", name)) if model::operation(name).is_none() => {
            Err(ScenarioError::at(line, Problem::UnknownOperation { name: name.to_owned() }))
        }
        Some(("success", name)) => Ok(Goal::Success(name.to_owned())),
        Some(("fault", name)) => Ok(Goal::Fault(name.to_owned())),
        Some(("event", name)) => Ok(Goal::Event(name.to_owned())),
        _ => {
            let expected = "`success Operation`, `fault SomeException` or `event SomeEvent`";
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
mod tests {
    use super::*;
    use crate::{
        kms::{Consistency, Rules, Setting},
        scenario::OlderTerm,
    };

    /// A lesson of one page with `body` on it, from line 11.
    fn lesson(body: &str) -> String {
        let fields = "id: x\ntitle: X\nsummary: S.\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n";
        format!("---\n{fields}---\n## Page\n{body}\n")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).err().map(|error| error.to_string()).as_deref(), Some(expected));
    }

    #[test]
    fn a_lesson_has_pages_of_prose_and_steps() {
        let scenario = parse(&lesson(
            "Read **this**.\n```call as=OrdersApp op=GenerateRandom in=eu-west-1 bind=bytes:Plaintext\n{\n}\n```\n```expect\n\
             200\n```\nThen\n```advance\n366d\n```\n```expect\n```\n```predict\nWhy?\n- [ ] a\n- [x] b\n> Because.\n```\n## Task\n\
             ```task goal=\"success ListKeys\"\nDo.\n```\n```hint\nSo.\n```\n```solution as=444455556666/root op=ListKeys\n```\n\
             ```expect\n```",
        ))
        .unwrap();
        let [page, task] = scenario.pages.as_slice() else { panic!("{:?}", scenario.pages) };
        assert_eq!((page.title.as_str(), page.prose.len()), ("Page", 1));
        let [Item::Call(step), Item::Prose(_), Item::Advance(advance), Item::Predict(predict)] = page.items.as_slice()
        else {
            panic!("{:?}", page.items)
        };
        assert_eq!(step.call.caller.to_string(), "arn:aws:sts::111122223333:assumed-role/OrdersApp/lesson");
        assert_eq!((step.call.region.as_str(), step.call.operation.as_str()), ("eu-west-1", "GenerateRandom"));
        assert_eq!((step.call.line, step.expect.lines.clone(), step.expect.text.as_str()), (12, 16..17, "200"));
        assert_eq!((advance.span.to_string().as_str(), advance.expect.lines.clone()), ("366d", 23..23));
        assert_eq!(predict.choices.iter().map(|choice| choice.right).collect::<Vec<_>>(), [false, true]);
        let task = task.task().unwrap();
        assert_eq!(task.goal, Goal::Success("ListKeys".to_owned()));
        assert_eq!(task.solution[0].call.caller.to_string(), "arn:aws:iam::444455556666:root");
        assert_eq!(task.solution[0].call.body.text(), "{}");
    }

    #[test]
    fn the_front_matter_is_complete() {
        let text = lesson("Words.");
        check("", "line 1: no front matter; begin with `---`, one `name: value` a line, and `---`");
        check("---\nid: x", "line 1: the front matter does not end; add a line `---` after its last field");
        check("---\nid x\n---", "line 2: got `id x`, expected `name: value`");
        check(
            "---\nage: 7\n---",
            "line 2: no field `age`; there are id, title, summary, level, minutes, start, seed, older",
        );
        check(&text.replace("title", "id"), "line 3: the field `id` is given twice; keep one");
        check(&text.replace("level: 1\n", ""), "line 8: the field `level` is missing; add a line `level: …`");
        check(&text.replace("seed: 7", "seed: lucky"), "line 8: `seed` is `lucky`, expected a number");
        check(
            &text.replace("2030-01-01T00:00:00Z", "today"),
            "line 7: `start` is `today`, expected a time such as 2030-01-01T09:00:00Z",
        );
        check(
            &text.replace("seed: 7", "seed: 7\nolder: CMK"),
            "line 9: `older` is `CMK`, expected pairs such as `CMK = KMS key`, with `;` between them",
        );
        let older = parse(&text.replace("seed: 7", "seed: 7\nolder: CMK = KMS key; HBK = key material")).unwrap();
        assert_eq!(older.older_terms[1], OlderTerm { older: "HBK".to_owned(), today: "key material".to_owned() });
    }

    #[test]
    fn pages_are_in_order() {
        check(&lesson("").replace("## Page\n", ""), "line 10: there is no page; a line `## title` starts one");
        check(
            &lesson("").replace("## Page", "Words."),
            "line 10: this stands before the first page; a line `## title` starts one",
        );
        check(&lesson("\n## Next\nWords."), "line 10: nothing is on the page `Page`; write something or remove it");
        check(&lesson("a\n\nb `c"), "line 13: `` ` `` is not closed; close it in the same paragraph");
        check(&lesson("```call"), "line 11: the block that starts here does not end; close it with a line ```");
    }

    #[test]
    fn blocks_are_whole() {
        check(
            &lesson("```rust\n```"),
            "line 11: no block `rust`; there are call, expect, attach, set, advance, bytes, predict, task, start, hint and solution",
        );
        check(&lesson("```call as\n```"), "line 11: got `as`, expected `name=value`");
        check(&lesson("```call as=\"a b\n```"), "line 11: got `as=\"a`, expected `name=value`");
        check(&lesson("```call on=key\n```"), "line 11: `call` takes no `on=`; remove it");
        check(&lesson("```call op=Encrypt\n```"), "line 11: `call` lacks `as=`; add it after `call`");
        check(
            &lesson("```call as=Nobody op=Encrypt\n```"),
            "line 11: nobody is called `Nobody`; write a user or role of the default world, root, or 444455556666/name",
        );
        check(&lesson("```call as=root op=Encript\n```"), "line 11: AWS KMS has no operation `Encript`");
        check(
            &lesson("```call as=root op=ListKeys in=moon-1\n```"),
            "line 11: `in` is `moon-1`, expected a Region such as eu-central-1",
        );
        check(
            &lesson("```call as=root op=ListKeys\n{\n\"a\": ,\n}\n```"),
            "line 13: the body is not JSON: expected value at line 2 column 6",
        );
        check(
            &lesson("```call as=root op=ListKeys\n```"),
            "line 11: `call` needs an `expect` block; put it in directly after",
        );
        check(
            &lesson("```call as=root op=ListKeys\n```\nwords\n```expect\n```"),
            "line 11: `call` needs an `expect` block; put it in directly after",
        );
        check(
            &lesson("```expect\n```"),
            "line 11: `expect` only goes directly after a call, an advance or a solution; move it there",
        );
        let set = parse(&lesson("```set\n{\"rules\": \"classic\"}\n```")).unwrap();
        assert!(matches!(set.pages[0].items.as_slice(), [Item::Set(Setting::Rules(Rules::Classic))]));
        let set = parse(&lesson("```set\n{\"consistency\": \"eventual\"}\n```")).unwrap();
        assert!(matches!(set.pages[0].items.as_slice(), [Item::Set(Setting::Consistency(Consistency::Eventual))]));
        check(
            &lesson("```set\n{\"rules\": \"old\"}\n```"),
            "line 12: `set` is `{\"rules\": \"old\"}`, expected a setting such as `{\"rules\": \"classic\"}`",
        );
        check(&lesson("```advance\nsoon\n```"), "line 12: `advance` is `soon`, expected a length of time such as 366d");
    }

    #[test]
    fn policies_are_put_where_they_can_be() {
        let attach = |words: &str, text: &str| lesson(&format!("```attach {words}\n{text}```"));
        let allow = "{\n\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}\n}\n";
        let scenario = parse(&attach("place=\"scps of root\" name=Mine", allow)).unwrap();
        let [Item::Attach(attach_of_file)] = scenario.pages[0].items.as_slice() else { panic!() };
        assert_eq!(attach_of_file.line, 11);
        assert_eq!(attach_of_file.attachment.place.to_string(), "scps of root");
        assert_eq!(attach_of_file.attachment.document.as_deref(), Some(allow.trim_end()));
        check(&attach("name=Mine", allow), "line 11: `attach` lacks `place=`; add it after `attach`");
        check(&attach("place=\"scps of root\"", allow), "line 11: `attach` lacks `name=`; add it after `attach`");
        check(
            &attach("place=here name=Mine", allow),
            "line 11: `place` is `here`, expected a place such as `scps of root`, `endpoint of 111122223333` or `boundary of ARN`",
        );
        let nobody = "policies of arn:aws:iam::111122223333:user/Nobody";
        check(
            &attach(&format!("place=\"{nobody}\" name=Mine"), allow),
            &format!("line 11: {nobody}: there is nobody of that name"),
        );
        check(
            &attach("place=\"scps of root\" name=Mine", ""),
            "line 11: scps of root: there is no policy `Mine` to take away",
        );
        let error = parse(&attach("place=\"scps of root\" name=Mine", &allow.replace("Allow", "Alow"))).unwrap_err();
        assert_eq!(error.line, 13);
    }

    #[test]
    fn names_are_bound_before_they_are_used() {
        let call =
            |bind: &str, body: &str| format!("```call as=root op=ListKeys bind={bind}\n{body}\n```\n```expect\n```\n");
        check(
            &lesson(&call("a:A", "{\"x\":\n\"${b}\"}")),
            "line 12: `b` is not bound; no request before this one has `bind=`",
        );
        check(
            &lesson(&(call("a:A", "{}") + &call("b:B", "{\"x\":\"${c}\"}"))),
            "line 17: `c` is not bound before this; bound are a",
        );
        check(&lesson(&call("a:A,a:B", "{}")), "line 11: `a` is bound already; choose another name");
        check(
            &lesson(&call("a", "{}")),
            "line 11: `bind` is `a`, expected pairs such as key:KeyMetadata.KeyId, with commas between them",
        );
        check(&lesson("```bytes of=a\n```"), "line 11: `a` is not bound; no request before this one has `bind=`");
        check(&lesson(&call("a:A", "{\n\"${\"")), "line 13: `${` is not closed; add `}`");
    }

    #[test]
    fn predictions_and_tasks_are_complete() {
        let predict = |text: &str| lesson(&format!("```predict\n{text}\n```"));
        let form = "write the question, `- [ ]` and `- [x]` choices, and `> ` why";
        check(&predict("- [ ] a\n- [x] b\n> c"), &format!("line 11: the prediction has no question; {form}"));
        check(&predict("Q?\n- [x] b\n> c"), &format!("line 11: the prediction has no two choices; {form}"));
        check(&predict("Q?\n- [ ] a\n- [x] b"), &format!("line 11: the prediction has no explanation; {form}"));
        check(&predict("Q?\n- [ ] a\n- [ ] b\n> c"), "line 11: 0 choices are marked `[x]`; mark exactly one");
        check(&predict("Q?\n- [ ] `a\n- [x] b\n> c"), "line 13: `` ` `` is not closed; close it in the same paragraph");

        let task = |goal: &str, rest: &str| lesson(&format!("```task goal=\"{goal}\"\nDo.\n```\n{rest}"));
        let rest = "```hint\nSo.\n```\n```solution as=root op=ListKeys\n```\n```expect\n```\n";
        check(
            &task("win", rest),
            "line 11: `goal` is `win`, expected `success Operation`, `fault SomeException` or `event SomeEvent`",
        );
        check(&task("success Win", rest), "line 11: AWS KMS has no operation `Win`");
        check(&task("success ListKeys", ""), "line 11: `task` needs a `hint` block; put it in directly after");
        check(
            &task("success ListKeys", "```hint\n```"),
            "line 11: `task` needs a `solution` block after its hint; put it in directly after",
        );
        check(&lesson("```hint\n```"), "line 11: `hint` only goes directly after a task or its start; move it there");
        check(
            &task("success ListKeys", &format!("{rest}```advance\n1d\n```\n```expect\n```")),
            "line 21: the task ends what happens on its page; start a new page before this",
        );
    }
}
