//! The lessons: what their files say happens, does, and their tasks can be solved and must be.

use std::{collections::BTreeSet, fs};

use expect_test::expect_file;
use kms_playground::{
    entropy::Seed,
    rest,
    scenario::{
        Asked, Goal, Scenario, Work,
        catalog::{self, Lesson},
        check::check,
        file,
        judge::Judge,
        part::Part,
        run::{self, Run},
    },
    timeline::Timeline,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/scenarios");

fn scenarios() -> impl Iterator<Item = (&'static Lesson, Scenario)> {
    catalog::lessons().iter().map(|lesson| {
        let scenario = file::parse(lesson.text().unwrap()).unwrap_or_else(|error| panic!("{}.md, {error}", lesson.id));
        (lesson, scenario)
    })
}

/// Reads the files, not the copies within the program, so that one run writes what the next one reads.
#[test]
fn lessons_are_right() {
    for lesson in catalog::lessons() {
        let path = format!("{FOLDER}/{}.md", lesson.id);
        let text = fs::read_to_string(&path).unwrap();
        let mut checked = check(&text, Some(lesson.id));
        if let Some(updated) = checked.updated {
            expect_file![path].assert_eq(&updated);
            checked = check(&updated, Some(lesson.id));
        }
        let findings: Vec<String> =
            checked.findings.iter().map(|finding| format!("{}.md:{finding}", lesson.id)).collect();
        assert_eq!(findings, Vec::<String>::new());
    }
}

/// So that it can be read as soon as the page shows. A lesson that needs the rest waits for it.
#[test]
fn a_new_world_and_the_first_lesson_begin_without_the_rest_of_the_program() {
    rest::awaited();
    let (_, first) = scenarios().next().unwrap();
    assert!(rest::without(|| Run::new(&first).play_to(2).unwrap()).is_some());
    let mut world = rest::without(|| Timeline::ready_to_play(first.front.start, Seed::from_number(7))).unwrap();
    let administrator = world.world().estate.callers().remove(0);
    let body = r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#;
    let mut create = || world.call(administrator.clone(), kms_playground::arn::Region::US_EAST_1, "CreateKey", body);
    assert!(rest::without(&mut create).is_none(), "a key pair needs it");
    rest::arrived();
    assert_eq!(rest::without(&mut create).unwrap().response.status, 200);
}

#[test]
fn the_catalog_is_the_folder() {
    let listed: BTreeSet<String> = catalog::lessons().iter().map(|lesson| format!("{}.md", lesson.id)).collect();
    assert_eq!(listed.len(), catalog::lessons().len(), "a lesson is listed twice");
    let present: BTreeSet<String> =
        fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(listed, present);
    let parts: Vec<_> = scenarios().map(|(_, scenario)| scenario.front.part).collect();
    assert!(parts.is_sorted(), "the lessons of a part stand together");
    let mut titles = BTreeSet::new();
    for (lesson, scenario) in scenarios() {
        assert_eq!(scenario.front.id, lesson.id);
        assert!(titles.insert(scenario.front.title), "{}: its title is another lesson's", lesson.id);
    }
}

#[test]
fn lessons_are_short_and_end_with_something_to_do() {
    for (lesson, scenario) in scenarios() {
        assert!((3..=10).contains(&scenario.front.minutes), "{}: {} minutes", lesson.id, scenario.front.minutes);
        let usual = if scenario.front.part == Part::Challenges { 1..=4 } else { 5..=8 };
        assert!(usual.contains(&scenario.pages.len()), "{}: {} pages", lesson.id, scenario.pages.len());
        assert!(scenario.pages.last().unwrap().task().is_some(), "{}: no task on its last page", lesson.id);
        let sandbox = lesson.text().unwrap().rsplit("\n## ").next().unwrap().contains("**Continue in the sandbox**");
        assert!(sandbox, "{}: does not go on in the sandbox", lesson.id);
    }
}

#[test]
fn going_back_is_running_again() {
    for (lesson, scenario) in scenarios() {
        let mut run = Run::new(&scenario);
        run.play_to(0).unwrap();
        let first = run.timeline().snapshot();
        run.play_to(2).unwrap();
        let before = run.timeline().snapshot();
        run.play_to(scenario.pages.len() - 1).unwrap();
        assert!(run.timeline().snapshot() != first, "{}", lesson.id);
        run.play_to(2).unwrap();
        assert!(run.timeline().snapshot() == before, "{}", lesson.id);
    }
}

/// So that a page need not stand still for them.
#[test]
fn slow_keys_of_a_lesson_can_be_made_beforehand() {
    for (lesson, scenario) in scenarios() {
        let mut made = 0;
        while let Some(wanted) = run::slow_key(&scenario, scenario.pages.len() - 1) {
            let key = wanted.make().unwrap();
            wanted.keep(key);
            made += 1;
        }
        let imports = ["imported-material-runs-out", "the-material-ran-out"].contains(&lesson.id);
        let expected = if imports { 2 } else { 0 };
        assert_eq!(made, expected, "{}", lesson.id);
    }
}

#[test]
fn what_cannot_be_played_is_told_with_its_line() {
    let check = |body: &str, expected: &str| {
        let text = format!(
            "---\nid: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n---\n\
             ## One\n{body}"
        );
        let scenario = file::parse(&text).unwrap();
        assert_eq!(Run::new(&scenario).play_to(0).err().map(|error| error.to_string()).as_deref(), Some(expected));
    };
    let random = "```call as=Administrator op=GenerateRandom bind=bytes:Plaintext\n{\"NumberOfBytes\": 9}\n```\n```expect\n```\n";
    check(
        &format!("{random}```wrap for=bytes with=RSAES_OAEP_SHA_1 bind=wrapped\n00\n```\n"),
        "line 17: nothing can be wrapped for `bytes`; bind the PublicKey of GetParametersForImport to it",
    );
    check(
        "```load preset=media-site\n{\"seconds\": 0}\n```\n```expect\n```\n",
        "line 12: `seconds` is not from 1 to 86400",
    );
    check(
        "```set\n{\"throttling\": true}\n```\n```call as=Administrator op=CreateKey times=6\n```\n```expect\n```\n",
        "line 15: the answers differ after 5; put what is answered otherwise into a call of its own",
    );
}

#[test]
fn goals_are_judged_from_the_steps_since_the_task_began() {
    let text = "---\nid: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n---\n## One\n\
                ```call as=Administrator op=CreateKey bind=key:KeyMetadata.KeyId\n```\n```expect\n```\n\
                ```call as=Administrator op=EnableKeyRotation\n{\"KeyId\": \"${key}\"}\n```\n```expect\n```\n\
                ## Two\n```call as=Administrator op=DisableKey\n{\"KeyId\": \"${key}\"}\n```\n```expect\n```\n\
                ```call as=KMSKeyAdmin op=Encrypt\n{\"KeyId\": \"${key}\", \"Plaintext\": \"aGk=\"}\n```\n```expect\n```\n\
                ## Three\n```call as=Administrator op=EnableKey\n{\"KeyId\": \"${key}\"}\n```\n```expect\n```\n\
                ```advance\n366d\n```\n```expect\n```\n";
    let scenario = file::parse(text).unwrap();
    let check = |page: usize, since: usize, goal: &Goal, expected: bool| {
        let mut run = Run::new(&scenario);
        run.play_to(page).unwrap();
        let mut judge = Judge::of(goal, &run).unwrap();
        judge.since = since;
        assert_eq!(judge.progress(run.timeline()).is_met(), expected, "page {page}, since {since}: {goal:?}");
    };
    let event = |name: &str| Goal::Event(name.to_owned());
    let fault = |kind: &str| Goal::Fault(kind.to_owned());
    let success = |operation: &str| Goal::Success(Asked::from(operation));
    check(0, 0, &event("KeyCreated"), true);
    check(0, 1, &event("KeyCreated"), false);
    check(0, 0, &success("CreateKey"), true);
    check(0, 1, &success("CreateKey"), false);
    check(0, 0, &event("MaterialRotated"), false);
    check(2, 0, &event("MaterialRotated"), true);
    check(2, 5, &event("MaterialRotated"), true);
    check(2, 6, &event("MaterialRotated"), false);
    check(1, 2, &fault("AccessDeniedException"), true);
    check(1, 2, &fault("DisabledException"), false);
    check(2, 0, &fault("AccessDeniedException"), false);
    check(2, 0, &success("Encrypt"), false);
}

#[test]
fn probes_are_tried_on_a_copy_of_the_world() {
    let text = "---\nid: x\ntitle: X\nsummary: S.\npart: Challenges\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n---\n## One\n\
                ```call as=Administrator op=CreateKey bind=key:KeyMetadata.KeyId\n```\n```expect\n```\n\
                ```call as=Administrator op=ScheduleKeyDeletion\n{\"KeyId\": \"${key}\", \"PendingWindowInDays\": 7}\n```\n```expect\n```\n\
                ```task\nKeep it.\n```\n\
                ```probe as=Administrator op=DescribeKey after=8d gives=success shows=There\n{\"KeyId\": \"${key}\"}\n```\n\
                ```probe as=Administrator op=EnableKey gives=KMSInvalidStateException|NotFoundException shows=Going\n{\"KeyId\": \"${key}\"}\n```\n\
                ```hint\nSo.\n```\n```solution as=Administrator op=CancelKeyDeletion\n{\"KeyId\": \"${key}\"}\n```\n```expect\n```\n";
    let scenario = file::parse(text).unwrap();
    let mut run = Run::new(&scenario);
    run.play_to(0).unwrap();
    let task = scenario.pages[0].task().unwrap();
    let Work::Requests { goal, .. } = &task.work else { panic!("{task:?}") };
    let judge = Judge::of(goal, &run).unwrap();
    let told = |run: &Run<'_>| -> Vec<_> {
        let progress = judge.progress(run.timeline());
        progress.0.into_iter().map(|check| (check.shows, check.holds, check.instead)).collect()
    };
    let row = |shows: &str, instead: Option<&str>| (shows.to_owned(), instead.is_none(), instead.map(str::to_owned));
    let before = run.timeline().snapshot();
    assert_eq!(told(&run), [row("There", Some("NotFoundException")), row("Going", None)]);
    assert!(run.timeline().snapshot() == before);
    run.solve(task).unwrap();
    assert_eq!(told(&run), [row("There", None), row("Going", Some("success"))]);
}

/// The titles of all lessons are here from the start, their texts are not.
#[test]
fn what_is_listed_of_a_lesson_is_what_its_file_says() {
    for (lesson, scenario) in scenarios() {
        let front = file::front(lesson.front).unwrap();
        assert_eq!(
            (&front.title, &front.summary, front.part),
            (&scenario.front.title, &scenario.front.summary, scenario.front.part)
        );
        assert_eq!(lesson.pages, scenario.pages.len(), "{}", lesson.id);
    }
    rest::awaited();
    let here = |lesson: &&Lesson| rest::without(|| lesson.text()).flatten().is_some();
    assert_eq!(catalog::lessons().iter().filter(here).count(), 1);
    rest::arrived();
}
