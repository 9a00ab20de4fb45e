//! The challenges: each can be met in more than one way, and what tempts does not meet it.
//!
//! A file of `tests/data/challenges/` has the attempts at one challenge. Each is a section: whether it is right, what it is, the
//! blocks of a solution without what is expected of them, and what came. That is a line for each step and, where the
//! challenge is not met, what is not so yet and what is answered instead.

use std::{collections::BTreeSet, fs};

use expect_test::expect_file;
use kms_playground::{
    scenario::{
        Work, catalog, file,
        judge::Judge,
        part::Part,
        reading,
        run::{self, Run},
    },
    timeline::Step,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/challenges");

#[test]
fn other_right_ways_count_and_tempting_wrong_ones_do_not() {
    let mut challenges = BTreeSet::new();
    for lesson in catalog::lessons() {
        let text = lesson.text().unwrap();
        if file::front(text).unwrap().part == Part::Challenges {
            check(lesson.id, text);
            challenges.insert(format!("{}.md", lesson.id));
        }
    }
    let present: BTreeSet<String> =
        fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(challenges, present);
}

#[track_caller]
fn check(id: &str, challenge: &str) {
    let path = format!("{FOLDER}/{id}.md");
    let attempts = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{id}: nobody has attempted it"));
    let (mut told, mut right, mut wrong) = (Vec::new(), 0, 0);
    for attempt in attempts.strip_prefix("## ").unwrap().split("\n## ") {
        let (title, rest) = attempt.split_once('\n').unwrap();
        let (blocks, _) = rest.split_once("\n```came").unwrap_or((rest, ""));
        let (met, came) = tried(&with_solution(challenge, blocks), title);
        assert_eq!(met, title.starts_with("Right: "), "{id}, {title}:\n{came}");
        *if met { &mut right } else { &mut wrong } += 1;
        told.push(format!("## {title}\n\n{}\n\n```came\n{came}```\n", blocks.trim()));
    }
    assert!(right > 0 && wrong > 1, "{id}: {right} other right ways and {wrong} wrong ones");
    expect_file![path].assert_eq(&told.join("\n"));
}

/// The challenge as it would be if that were its solution.
fn with_solution(challenge: &str, blocks: &str) -> String {
    let page = challenge.rfind("\n## ").unwrap();
    let solution = page + challenge[page..].find("\n```solution").unwrap();
    let mut text = format!("{}\n", &challenge[..solution]);
    let mut expects = false;
    for line in blocks.lines() {
        expects = if line.starts_with("```solution") { !line.contains(" place=") } else { expects };
        text += &format!("{line}\n");
        if line == "```" && expects {
            text += "\n```expect\n```\n";
        }
    }
    text
}

/// Whether the last task is met by its solution, and what came.
fn tried(text: &str, title: &str) -> (bool, String) {
    let scenario = file::parse(text).unwrap_or_else(|error| panic!("{title}: {error}"));
    let mut run = Run::new(&scenario);
    run.play_to(scenario.pages.len() - 1).unwrap();
    let task = scenario.pages.last().unwrap().task().unwrap();
    match &task.work {
        Work::Requests { goal, .. } => {
            let judge = Judge::of(goal, &run).unwrap();
            let answer = |step: &Step| format!("{}: {}\n", step.label(), run::error_kind(step).unwrap_or("done"));
            let steps = run.solve(task).unwrap_or_else(|error| panic!("{title}: {error}"));
            let mut came: String = steps.iter().map(|step| answer(step)).collect();
            let progress = judge.progress(run.timeline());
            for check in &progress.0 {
                if let Some(instead) = &check.instead {
                    came += &format!("not yet: {}; instead {instead}\n", check.shows);
                }
            }
            (progress.is_met(), came)
        }
        Work::Remedies { start, solution } => {
            let [start, tried] = [start, &solution.traffic].map(|traffic| run::measure(traffic).unwrap());
            (reading::serves(&start, &tried), tried.text())
        }
    }
}
