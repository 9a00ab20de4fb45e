//! Exams for pages of others. The name of a set in, JSON text out.

use serde::Serialize;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::exam::{Answers, Exam, Paper, Question};

/// The questions of a set such as `4711-10`, `4711-10~who-may` or `4711-10~basics`, with their answers.
///
/// # Errors
///
/// For what names no set.
#[wasm_bindgen]
pub fn exam(paper: &str) -> Result<String, JsError> {
    let Exam { paper, questions } = Exam::of(paper.parse::<Paper>()?);
    Ok(serde_json::to_string(&Asked { paper: paper.to_string(), questions })?)
}

/// What answers such as `4711-3-AC.` are worth.
///
/// # Errors
///
/// For what is no answers to a set.
#[wasm_bindgen(js_name = markAnswers)]
pub fn mark_answers(answers: &str) -> Result<String, JsError> {
    let answers: Answers = answers.parse()?;
    let mark = answers.mark(&Exam::of(answers.paper));
    let points = u8::try_from(mark.points()).unwrap_or(u8::MAX);
    Ok(serde_json::to_string(&Marked { paper: answers.paper.to_string(), points, right: mark.right })?)
}

#[derive(Serialize)]
struct Asked {
    paper: String,
    questions: Vec<Question>,
}

#[derive(Serialize)]
struct Marked {
    paper: String,
    points: u8,
    right: Vec<bool>,
}
