use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect_file;

use super::*;
use crate::timeline;

fn exam(seed: u32, count: u8) -> Exam {
    Exam::of(Paper { seed, count, topic: None, level: None })
}

/// For each family: how often each position was the right one, and which answers were.
#[derive(Default)]
struct Seen {
    positions: [u32; CHOICES as usize],
    answers: BTreeSet<String>,
}

#[test]
fn every_question_has_four_choices_and_its_own_world_gives_one_of_them() {
    let mut seen: BTreeMap<Family, Seen> = BTreeMap::new();
    for seed in 0..240 {
        let exam = exam(seed, 5);
        assert_eq!(exam.questions.len(), 5, "seed {seed}");
        for (nth, question) in exam.questions.iter().enumerate() {
            let place = format!("seed {seed}, question {}, {:?}", nth + 1, question.family);
            let different: BTreeSet<&String> = question.choices.iter().collect();
            assert_eq!((question.choices.len(), different.len()), (4, 4), "{place}");
            // The same inputs once more, from the start.
            let again = Timeline::restore(&question.lived.timeline.snapshot()).unwrap();
            assert_eq!(question.answer_in(&again), Some(question.right), "{place}: {:?}", question.choices);
            assert!(!question.record.is_empty(), "{place}");
            assert!(!question.tale.is_empty() && question.asks.ends_with('?'), "{place}");
            let of = seen.entry(question.family).or_default();
            of.positions[usize::from(question.right)] += 1;
            of.answers.insert(question.choices[usize::from(question.right)].clone());
        }
    }
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), Family::ALL);
    for (family, Seen { positions, answers }) in seen {
        assert!(positions.iter().all(|count| *count >= 8), "{family:?} favours a position: {positions:?}");
        assert!(answers.len() >= 4, "{family:?} has {answers:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let text = |seed| serde_json::to_string(&exam(seed, 10).questions).unwrap();
    assert_eq!(text(4711), text(4711));
    assert_ne!(text(4711), text(4712));
}

#[test]
fn a_set_has_no_question_twice() {
    for seed in 0..8 {
        let exam = exam(seed, 26);
        for (at, one) in exam.questions.iter().enumerate() {
            assert!(exam.questions[..at].iter().all(|other| !one.is_like(other)), "seed {seed}: {}", one.asks);
        }
    }
}

#[test]
fn a_topic_asks_about_its_part_of_the_course_alone() {
    for topic in topics() {
        let exam = Exam::of(Paper { seed: 1, count: 10, topic: Some(topic), level: None });
        assert_eq!(exam.questions.len(), 10);
        assert!(exam.questions.iter().all(|question| question.family.part() == topic), "{topic}");
    }
}

/// So that it takes no seconds. The test makes them once where they are not there; `UPDATE_EXPECT=1` writes them down.
#[test]
fn the_slow_keys_of_all_exams_are_there() {
    for family in Family::ALL {
        let mut draw = Draw::new(7, "slow keys");
        for _ in 0..8 {
            family.ask(&mut draw);
        }
    }
    expect_file!["slow_keys.txt"].assert_eq(&timeline::slow_keys());
}

#[test]
fn names_of_sets_and_answers_survive_a_round_trip() {
    for text in
        ["4711-10", "0-1", "4294967295-30", "7-5~who-may", "7-5~limits-and-cost", "7-5~basics", "7-5~who-may~advanced"]
    {
        assert_eq!(text.parse::<Paper>().map(|paper| paper.to_string()), Ok(text.to_owned()));
    }
    for text in [
        "",
        "10",
        "4711-",
        "4711-0",
        "4711-31",
        "4294967296-1",
        "-1-1",
        "+1-1",
        "4711-10~nothing",
        "7-5~basics~who-may",
        "7-5~basics~basics",
        "a-b",
    ] {
        assert!(text.parse::<Paper>().is_err(), "{text}");
    }
    for text in ["4711-3-ACD", "4711-3-A..", "4711-2~keys-and-time-.B", "4711-2~services~basics-.B"] {
        assert_eq!(text.parse::<Answers>().map(|answers| answers.to_string()), Ok(text.to_owned()));
    }
    assert_eq!(" 4711-3-abc\n".parse::<Answers>().map(|answers| answers.to_string()), Ok("4711-3-ABC".to_owned()));
    for text in ["", "4711-3", "4711-3-", "4711-3-AC", "4711-3-ACDB", "4711-3-ACE", "4711-AC"] {
        assert!(text.parse::<Answers>().is_err(), "{text}");
    }
}

#[test]
fn answers_are_marked_alike_by_whoever_has_their_text() {
    let paper = "4711-10".parse().unwrap();
    let exam = Exam::of(paper);
    let mut answers = Answers::none(paper);
    assert_eq!(answers.mark(&exam).points(), 0);
    for (nth, question) in exam.questions.iter().enumerate().take(7) {
        answers.choose(nth, if nth % 2 == 0 { question.right } else { (question.right + 1) % CHOICES });
    }
    let mark = answers.to_string().parse::<Answers>().unwrap().mark(&exam);
    assert_eq!((mark.points(), &mark), (4, &answers.mark(&exam)));
    let (got, all) = mark.families.iter().fold((0, 0), |(got, all), (_, right, of)| (got + right, all + of));
    assert_eq!((got, all), (4, 10));
    answers.choose(0, CHOICES);
    answers.choose(99, 0);
    assert_eq!(answers.mark(&exam), mark);
}

#[test]
fn a_set_of_a_level_asks_at_that_level_where_its_topic_has_it() {
    for level in Level::ALL {
        for topic in topics().map(Some).chain([None]) {
            let exam = Exam::of(Paper { seed: 3, count: 6, topic, level: Some(level) });
            assert_eq!(exam.questions.len(), 6, "{topic:?} {level:?}");
            let one_level = topic == Some(Part::Services);
            assert!(
                one_level || exam.questions.iter().all(|question| question.family.level() == level),
                "{topic:?} {level:?}"
            );
        }
    }
}
