//! Every byte that KMS answers in a lesson, every question of some exams, and every kind of key, as digests: natively and
//! in wasm the same.

use kms_playground::{
    entropy::{Entropy, Seed},
    exam::Exam,
    kms::KeySpec,
    scenario::{catalog, file, run::Run},
    timeline::StepResult,
};
use sha2::{Digest as _, Sha256};

/// A line a lesson: its digest and its name.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn lessons_answer_the_same_bytes_everywhere() {
    let mut digests = String::new();
    for lesson in catalog::lessons() {
        let scenario = file::parse(lesson.text().unwrap()).unwrap();
        let mut run = Run::new(&scenario);
        let last = scenario.pages.len() - 1;
        run.play_to(last).unwrap();
        if let Some(task) = scenario.pages[last].task() {
            run.solve(task).unwrap();
        }
        let mut digest = Sha256::new();
        for step in run.timeline().steps() {
            let said = match &step.result {
                StepResult::Answered(outcome) => serde_json::to_string(outcome.as_ref()).unwrap(),
                StepResult::Passed(events) => serde_json::to_string(events).unwrap(),
                StepResult::Served(answer) => serde_json::to_string(&**answer).unwrap(),
            };
            digest.update(u64::try_from(said.len()).unwrap().to_be_bytes());
            digest.update(said);
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        digests += &format!("{digest}  {}\n", lesson.id);
    }
    same(&digests);
}

#[cfg(not(target_arch = "wasm32"))]
fn same(digests: &str) {
    expect_test::expect_file!["../data/lessons.sha256"].assert_eq(digests);
}

#[cfg(target_arch = "wasm32")]
fn same(digests: &str) {
    assert_eq!(digests, include_str!("../data/lessons.sha256"));
}

/// A line a set: its digest and its name.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn exams_ask_the_same_everywhere() {
    let mut digests = String::new();
    for name in ["1-13", "2-13", "3-13", "4711-10", "4294967295-30"] {
        let exam = Exam::of(name.parse().unwrap());
        let mut digest = Sha256::new();
        for question in &exam.questions {
            digest.update(serde_json::to_string(question).unwrap());
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        digests += &format!("{digest}  {name}\n");
    }
    same_exams(&digests);
}

#[cfg(not(target_arch = "wasm32"))]
fn same_exams(digests: &str) {
    expect_test::expect_file!["../data/exams.sha256"].assert_eq(digests);
}

#[cfg(target_arch = "wasm32")]
fn same_exams(digests: &str) {
    assert_eq!(digests, include_str!("../data/exams.sha256"));
}

/// Key material of every spec from one stream, as one digest each. The two longer moduli take seconds and no other way.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn keys_are_the_same_bytes_everywhere() {
    let mut entropy = Entropy::new(Seed::from_number(7));
    let mut digests = String::new();
    for spec in KeySpec::all().filter(|spec| !["RSA_3072", "RSA_4096"].contains(&spec.as_str())) {
        let secret = spec.draw(&mut entropy).expect("a fresh key");
        let digest = Sha256::digest(secret.expose());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digests += &format!("{digest}  {spec}\n");
    }
    #[cfg(not(target_arch = "wasm32"))]
    expect_test::expect_file!["../data/keys.sha256"].assert_eq(&digests);
    #[cfg(target_arch = "wasm32")]
    assert_eq!(digests, include_str!("../data/keys.sha256"));
}
