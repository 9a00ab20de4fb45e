//! Every lesson in wasm, held against what its file expects, as `tests/it/scenarios.rs` does natively.

use kms_playground::scenario::{catalog, check::check};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn every_lesson_is_right_here_too() {
    for lesson in catalog::lessons() {
        let checked = check(lesson.text().unwrap(), Some(lesson.id));
        let findings: Vec<String> =
            checked.findings.iter().map(|finding| format!("{}.md:{finding}", lesson.id)).collect();
        assert_eq!(findings, Vec::<String>::new());
        assert!(checked.plays && checked.updated.is_none());
    }
}
