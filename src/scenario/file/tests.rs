use super::*;
use crate::{
    clock::Span,
    kms::{Consistency, Rules, Setting},
    scenario::{OlderTerm, reading},
};

/// A lesson of one page with `body` on it, from line 12.
fn lesson(body: &str) -> String {
    let fields =
        "id: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n";
    format!("---\n{fields}---\n## Page\n{body}\n")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(parse(text).err().map(|error| error.to_string()).as_deref(), Some(expected));
}

#[test]
fn a_lesson_has_pages_of_prose_and_steps() {
    let scenario = parse(&lesson(
        "Read **this**.\n```call as=OrdersApp op=GenerateRandom in=eu-west-1 times=2 every=4m bind=bytes:Plaintext\n{\n}\n```\n```expect\n\
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
    assert_eq!((step.call.region.as_str(), step.call.operation.to_string().as_str()), ("eu-west-1", "GenerateRandom"));
    assert_eq!((step.call.times, step.call.every), (2, Some(Span::minutes(4))));
    assert_eq!((step.call.line, step.expect.lines.clone(), step.expect.text.as_str()), (13, 17..18, "200"));
    assert_eq!((advance.span.to_string().as_str(), advance.expect.lines.clone()), ("366d", 24..24));
    assert_eq!(predict.choices.iter().map(|choice| choice.right).collect::<Vec<_>>(), [false, true]);
    let task = task.task().unwrap();
    let Work::Requests { goal, solution, .. } = &task.work else { panic!("{task:?}") };
    let (Goal::Success(asked), [Deed::Call(solution)]) = (goal, solution.as_slice()) else { panic!("{task:?}") };
    assert_eq!((asked.to_string().as_str(), task.hints.len()), ("ListKeys", 1));
    assert_eq!(solution.call.caller.to_string(), "arn:aws:iam::444455556666:root");
    assert_eq!((solution.call.body.text(), solution.call.times), ("{}", 1));
}

#[test]
fn a_task_may_be_met_by_how_the_world_then_answers() {
    let text = lesson(
        "```call as=Developer op=s3:CreateBucket\n{\"Bucket\": \"media\"}\n```\n```expect\n```\n\
         ```task\nDo.\n```\n```probe as=Developer op=s3:GetObject gives=AccessDenied|NoSuchKey shows=\"It is gone\"\n```\n\
         ```probe as=root op=ListKeys after=8d in=eu-west-1 gives=success shows=\"Keys are listed\"\n```\n\
         ```hint\nA.\n```\n```hint\nB.\n```\n\
         ```solution place=\"endpoint of 111122223333\" name=all\n{\"Statement\": {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\"}}\n```\n\
         ```solution wait=2d\n```\n```expect\n```\n```solution as=Developer op=s3:ListBuckets\n```\n```expect\n```",
    );
    let text = text.replace("s3:ListBuckets", "s3:DeleteObject");
    let scenario = parse(&text).unwrap();
    let task = scenario.pages[0].task().unwrap();
    let Work::Requests { goal: Goal::Probes(probes), start: None, solution } = &task.work else { panic!("{task:?}") };
    let [gone, listed] = probes.as_slice() else { panic!("{probes:?}") };
    assert_eq!((gone.shows.as_str(), gone.after), ("It is gone", None));
    assert_eq!(gone.gives, Gives::Fault(vec!["AccessDenied".to_owned(), "NoSuchKey".to_owned()]));
    assert_eq!((listed.after.unwrap().to_string().as_str(), &listed.gives), ("8d", &Gives::Success));
    assert_eq!((listed.call.region.as_str(), listed.call.operation.to_string().as_str()), ("eu-west-1", "ListKeys"));
    assert_eq!(task.hints.len(), 2);
    assert!(matches!(solution.as_slice(), [Deed::Attach(_), Deed::Advance(_), Deed::Call(_)]), "{solution:?}");
}

#[test]
fn the_front_matter_is_complete() {
    let text = lesson("Words.");
    check("", "line 1: no front matter; begin with `---`, one `name: value` a line, and `---`");
    check("---\nid: x", "line 1: the front matter does not end; add a line `---` after its last field");
    check("---\nid x\n---", "line 2: got `id x`, expected `name: value`");
    check(
        "---\nage: 7\n---",
        "line 2: no field `age`; there are id, title, summary, part, level, minutes, start, seed, tags, view, older",
    );
    check(&text.replace("title", "id"), "line 3: the field `id` is given twice; keep one");
    check(&text.replace("level: 1\n", ""), "line 9: the field `level` is missing; add a line `level: …`");
    check(&text.replace("seed: 7", "seed: lucky"), "line 9: `seed` is `lucky`, expected a number");
    check(
        &text.replace("2030-01-01T00:00:00Z", "today"),
        "line 8: `start` is `today`, expected a time such as 2030-01-01T09:00:00Z",
    );
    check(
        &text.replace("seed: 7", "seed: 7\nolder: CMK"),
        "line 10: `older` is `CMK`, expected pairs such as `CMK = KMS key`, with `;` between them",
    );
    check(
        &text.replace("part: Who may", "part: Wo may"),
        "line 5: `part` is `Wo may`, expected a part of the course, such as `Keys and time`",
    );
    let older = parse(&text.replace("seed: 7", "seed: 7\nolder: CMK = KMS key; HBK = key material")).unwrap();
    assert_eq!(older.front.older_terms[1], OlderTerm { older: "HBK".to_owned(), today: "key material".to_owned() });
}

#[test]
fn pages_are_in_order() {
    check(&lesson("").replace("## Page\n", ""), "line 11: there is no page; a line `## title` starts one");
    check(
        &lesson("").replace("## Page", "Words."),
        "line 11: this stands before the first page; a line `## title` starts one",
    );
    check(&lesson("\n## Next\nWords."), "line 11: nothing is on the page `Page`; write something or remove it");
    check(&lesson("a\n\nb `c"), "line 14: `` ` `` is not closed; close it in the same paragraph");
    check(&lesson("```call"), "line 12: the block that starts here does not end; close it with a line ```");
}

#[test]
fn blocks_are_whole() {
    check(
        &lesson("```rust\n```"),
        "line 12: no block `rust`; there are call, expect, attach, set, incident, advance, bytes, wrap, load, meters, bill, predict, task, probe, start, hint and solution",
    );
    check(&lesson("```call as\n```"), "line 12: got `as`, expected `name=value`");
    check(&lesson("```call as=\"a b\n```"), "line 12: got `as=\"a`, expected `name=value`");
    check(&lesson("```call on=key\n```"), "line 12: `call` takes no `on=`; remove it");
    check(&lesson("```call op=Encrypt\n```"), "line 12: `call` lacks `as=`; add it after `call`");
    check(
        &lesson("```call as=Nobody op=Encrypt\n```"),
        "line 12: nobody is called `Nobody`; write a user or role of the default world, root, or 444455556666/name",
    );
    check(&lesson("```call as=root op=Encript\n```"), "line 12: AWS KMS has no operation `Encript`");
    for times in ["0", "2501", "many"] {
        check(
            &lesson(&format!("```call as=root op=ListKeys times={times}\n```")),
            &format!("line 12: `times` is `{times}`, expected a number from 1 to 2500"),
        );
    }
    check(
        &lesson("```call as=root op=ListKeys times=2 every=now\n```"),
        "line 12: `every` is `now`, expected a length of time such as 4m",
    );
    check(
        &lesson("```call as=root op=ListKeys in=moon-1\n```"),
        "line 12: `in` is `moon-1`, expected a Region such as eu-central-1",
    );
    check(
        &lesson("```call as=root op=ListKeys\n{\n\"a\": ,\n}\n```"),
        "line 14: the body is not JSON: expected value at line 2 column 6",
    );
    check(
        &lesson("```call as=root op=ListKeys\n```"),
        "line 12: `call` needs an `expect` block; put it in directly after",
    );
    check(
        &lesson("```call as=root op=ListKeys\n```\nwords\n```expect\n```"),
        "line 12: `call` needs an `expect` block; put it in directly after",
    );
    check(
        &lesson("```expect\n```"),
        "line 12: `expect` only goes directly after a call, a load, an advance or a solution; move it there",
    );
    let set = parse(&lesson("```set\n{\"rules\": \"classic\"}\n```")).unwrap();
    assert!(matches!(set.pages[0].items.as_slice(), [Item::Set(Setting::Rules(Rules::Classic))]));
    let set = parse(&lesson("```set\n{\"consistency\": \"eventual\"}\n```")).unwrap();
    assert!(matches!(set.pages[0].items.as_slice(), [Item::Set(Setting::Consistency(Consistency::Eventual))]));
    check(
        &lesson("```set\n{\"rules\": \"old\"}\n```"),
        "line 13: `set` is `{\"rules\": \"old\"}`, expected a setting such as `{\"rules\": \"classic\"}`",
    );
    check(&lesson("```advance\nsoon\n```"), "line 13: `advance` is `soon`, expected a length of time such as 366d");
}

#[test]
fn policies_are_put_where_they_can_be() {
    let attach = |words: &str, text: &str| lesson(&format!("```attach {words}\n{text}```"));
    let allow = "{\n\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}\n}\n";
    let scenario = parse(&attach("place=\"scps of root\" name=Mine", allow)).unwrap();
    let [Item::Attach(attach_of_file)] = scenario.pages[0].items.as_slice() else { panic!() };
    assert_eq!(attach_of_file.line, 12);
    assert_eq!(attach_of_file.attachment.place.to_string(), "scps of root");
    assert_eq!(attach_of_file.attachment.document.as_deref(), Some(allow.trim_end()));
    check(&attach("name=Mine", allow), "line 12: `attach` lacks `place=`; add it after `attach`");
    check(&attach("place=\"scps of root\"", allow), "line 12: `attach` lacks `name=`; add it after `attach`");
    check(
        &attach("place=here name=Mine", allow),
        "line 12: `place` is `here`, expected a place such as `scps of root`, `endpoint of 111122223333` or `boundary of ARN`",
    );
    let nobody = "policies of arn:aws:iam::111122223333:user/Nobody";
    check(
        &attach(&format!("place=\"{nobody}\" name=Mine"), allow),
        &format!("line 12: {nobody}: there is nobody of that name"),
    );
    check(
        &attach("place=\"scps of root\" name=Mine", ""),
        "line 12: scps of root: there is no policy `Mine` to take away",
    );
    let error = parse(&attach("place=\"scps of root\" name=Mine", &allow.replace("Allow", "Alow"))).unwrap_err();
    assert_eq!(error.line, 14);
}

#[test]
fn names_are_bound_before_they_are_used() {
    let call =
        |bind: &str, body: &str| format!("```call as=root op=ListKeys bind={bind}\n{body}\n```\n```expect\n```\n");
    check(
        &lesson(&call("a:A", "{\"x\":\n\"${b}\"}")),
        "line 13: `b` is not bound; no request before this one has `bind=`",
    );
    check(
        &lesson(&(call("a:A", "{}") + &call("b:B", "{\"x\":\"${c}\"}"))),
        "line 18: `c` is not bound before this; bound are a",
    );
    check(&lesson(&call("a:A,a:B", "{}")), "line 12: `a` is bound already; choose another name");
    check(
        &lesson(&call("a", "{}")),
        "line 12: `bind` is `a`, expected pairs such as key:KeyMetadata.KeyId, with commas between them",
    );
    check(&lesson("```bytes of=a\n```"), "line 12: `a` is not bound; no request before this one has `bind=`");
    check(&lesson(&call("a:A", "{\n\"${\"")), "line 14: `${` is not closed; add `}`");
}

#[test]
fn predictions_and_tasks_are_complete() {
    let predict = |text: &str| lesson(&format!("```predict\n{text}\n```"));
    let form = "write the question, `- [ ]` and `- [x]` choices, and `> ` why";
    check(&predict("- [ ] a\n- [x] b\n> c"), &format!("line 12: the prediction has no question; {form}"));
    check(&predict("Q?\n- [x] b\n> c"), &format!("line 12: the prediction has no two choices; {form}"));
    check(&predict("Q?\n- [ ] a\n- [x] b"), &format!("line 12: the prediction has no explanation; {form}"));
    check(&predict("Q?\n- [ ] a\n- [ ] b\n> c"), "line 12: 0 choices are marked `[x]`; mark exactly one");
    check(&predict("Q?\n- [ ] `a\n- [x] b\n> c"), "line 14: `` ` `` is not closed; close it in the same paragraph");

    let task = |goal: &str, rest: &str| lesson(&format!("```task goal=\"{goal}\"\nDo.\n```\n{rest}"));
    let rest = "```hint\nSo.\n```\n```solution as=root op=ListKeys\n```\n```expect\n```\n";
    check(
        &task("win", rest),
        "line 12: `goal` is `win`, expected `success Operation`, `fault SomeException`, `event SomeEvent` or `all served`",
    );
    check(&task("success Win", rest), "line 12: AWS KMS has no operation `Win`");
    check(&lesson("```task\nDo.\n```"), "line 12: `task` needs `goal=`, or a `probe` block; put it in directly after");
    let probe = |attributes: &str| lesson(&format!("```task\nDo.\n```\n```probe as=root {attributes}\n```"));
    check(&probe("op=ListKeys shows=S"), "line 15: `probe` lacks `gives=`; add it after `probe`");
    check(&probe("op=ListKeys gives=success"), "line 15: `probe` lacks `shows=`; add it after `probe`");
    check(
        &probe("op=ListKeys gives=success shows=S after=soon"),
        "line 15: `after` is `soon`, expected a length of time such as 8d",
    );
    check(
        &probe("op=s4:Get gives=success shows=S"),
        "line 15: there is no service `s4`; there are s3, ebs, rds, dynamodb, kinesis, cloudtrail, firehose, glue, athena",
    );
    check(
        &probe("op=s3:Get gives=success shows=S"),
        "line 15: `s3` has no operation `Get`; the Services view lists those there are",
    );
    check(
        &lesson("```probe\n```"),
        "line 12: `probe` only goes directly after a task without `goal=` or another probe; move it there",
    );
    check(&task("success ListKeys", ""), "line 12: `task` needs a `hint` block; put it in directly after");
    check(
        &task("success ListKeys", "```hint\n```"),
        "line 12: `task` needs a `solution` block after its hint; put it in directly after",
    );
    check(
        &lesson("```hint\n```"),
        "line 12: `hint` only goes directly after a task, its start or another hint; move it there",
    );
    check(
        &task("success ListKeys", &format!("{rest}```advance\n1d\n```\n```expect\n```")),
        "line 22: the task ends what happens on its page; start a new page before this",
    );
}

#[test]
fn material_is_wrapped_for_a_key_that_is_bound() {
    let call = "```call as=root op=ListKeys bind=public:Key\n```\n```expect\n```\n";
    let wrap = |words: &str, body: &str| lesson(&format!("{call}```wrap {words}\n{body}\n```"));
    let good = "for=public with=RSAES_OAEP_SHA_256 bind=wrapped";
    let scenario = parse(&wrap(good, "00 0f\nFf")).unwrap();
    let [Item::Call(_), Item::Wrap(found)] = scenario.pages[0].items.as_slice() else { panic!("{scenario:?}") };
    assert_eq!((found.name.as_str(), found.key.as_str(), found.line), ("wrapped", "public", 16));
    assert_eq!((found.algorithm, found.material.as_slice()), (WrappingAlgorithm::RsaesOaepSha256, &[0, 15, 255][..]));
    for body in ["", "0", "0 0f", "xy"] {
        let expected = format!("line 17: `wrap` is `{body}`, expected bytes in hex, such as `0f e1 d2` and so on");
        check(&wrap(good, body), &expected);
    }
    check(
        &wrap(&good.replace("for=public", "for=other"), "00"),
        "line 16: `other` is not bound before this; bound are public",
    );
    check(
        &wrap(&good.replace("_256", "_512"), "00"),
        "line 16: `with` is `RSAES_OAEP_SHA_512`, expected a wrapping algorithm such as RSAES_OAEP_SHA_256",
    );
    check(&wrap(&good.replace("=wrapped", "=public"), "00"), "line 16: `public` is bound already; choose another name");
    check(&wrap("for=public bind=w", "00"), "line 16: `wrap` lacks `with=`; add it after `wrap`");
}

#[test]
fn traffic_is_an_example_with_changes() {
    let scenario = parse(&lesson(
        "```load preset=media-site\n{ \"attempts\": null }\n```\n```expect\nx\n```\n```meters\n```\n```bill\ny\n```",
    ))
    .unwrap();
    let [Item::Load(load), Item::Meters(meters), Item::Bill(bill)] = scenario.pages[0].items.as_slice() else {
        panic!("{scenario:?}")
    };
    assert_eq!((load.traffic.preset.id, load.traffic.line, load.expect.text.as_str()), ("media-site", 12, "x"));
    assert_eq!(load.traffic.measure().unwrap().unwrap().lab.attempts, 1);
    assert_eq!((meters.text.as_str(), bill.text.as_str(), bill.lines.clone()), ("", "y", 20..21));
    check(&lesson("```load\n```"), "line 12: `load` lacks `preset=`; add it after `load`");
    check(
        &lesson("```load preset=media\n```"),
        "line 12: the load lab has no example `media`; there are media-site, media-site-today, premiere, nightly-batch, \
         create-loop, two-accounts, signatures",
    );
    check(
        &lesson("```load preset=media-site\n{\n\"cdn\"\n```"),
        "line 14: the body is not JSON: EOF while parsing an object at line 2 column 5",
    );
    check(
        &lesson("```load preset=media-site\n```"),
        "line 12: `load` needs an `expect` block; put it in directly after",
    );
    check(&lesson("```meters of=me\n```"), "line 12: `meters` takes no `of=`; remove it");
}

#[test]
fn a_task_in_the_load_lab_begins_with_traffic() {
    let task = |rest: &str| lesson(&format!("```task goal=\"all served\"\nDo.\n```\n{rest}"));
    let start = "```start preset=media-site\n```\n";
    let solution = "```solution\n{ \"cdn\": {\"hitPercent\": 90} }\n```\n```expect\n```";
    let scenario = parse(&task(&format!("{start}```hint\nSo.\n```\n{solution}"))).unwrap();
    let Work::Remedies { start: begun, solution: found } = &scenario.pages[0].task().unwrap().work else { panic!() };
    let [begun, solved] = [begun, &found.traffic].map(|traffic| traffic.measure().unwrap().unwrap());
    assert!(reading::serves(&begun, &solved) && !reading::serves(&begun, &begun));
    check(&task("```hint\n```"), "line 12: `task` needs a `start` block with `preset=`; put it in directly after");
    check(&task("```start as=root\n```"), "line 15: `start` takes no `as=`; remove it");
    check(
        &task(&format!("{start}```hint\nSo.\n```")),
        "line 12: `task` needs a `solution` block after its hint; put it in directly after",
    );
}
