//! Exams: a set of questions, one at a time, and what the answers are worth.
//!
//! Which answer is right, and why, is the core's record of the question's own world.

mod question;
mod result;
mod start;

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    exam::{Answers, Exam, Paper},
    ui::{
        effects,
        exam::{question::QuestionPage, result::ResultPage, start::StartPage},
        home::Home,
        route::Route,
        store::{HistoryMode, Same, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct ExamProps {
    /// The set, and its question, counted from 1, or its result. Without one, a set is chosen.
    pub place: Option<(Paper, Option<u32>)>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
}

#[component]
pub fn ExamView(props: &ExamProps) -> Html {
    let kept = use_store().home == Home::Page;
    let answers = use_state_eq(|| if kept { effects::saved_answers() } else { None });
    let paper = props.place.map(|(paper, _)| paper);
    // A set is made when it is first looked at, and not again while one goes elsewhere.
    let made = use_mut_ref(|| None::<Rc<Exam>>);
    if !props.visible {
        return Html::default();
    }
    let Some((paper, question)) = paper.zip(props.place.map(|(_, question)| question)) else {
        return html! { <StartPage answers={(*answers).clone()} go={props.go.clone()} /> };
    };
    let exam = {
        let mut made = made.borrow_mut();
        let exam = made.take().filter(|exam| exam.paper == paper).unwrap_or_else(|| Rc::new(Exam::of(paper)));
        *made = Some(Rc::clone(&exam));
        exam
    };
    let given = (*answers).clone().filter(|given| given.paper == paper).unwrap_or_else(|| Answers::none(paper));
    let on_answer = {
        let (answers, given) = (answers.clone(), given.clone());
        Callback::from(move |(question, choice): (usize, u8)| {
            let mut next = given.clone();
            next.choose(question, choice);
            if kept {
                effects::save_answers(&next);
            }
            answers.set(Some(next));
        })
    };
    let on_again = {
        let answers = answers.clone();
        Callback::from(move |()| {
            let none = Answers::none(paper);
            if kept {
                effects::save_answers(&none);
            }
            answers.set(Some(none));
        })
    };
    let exam = Same(exam);
    match question {
        Some(number) => {
            let at = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
            html! { <QuestionPage key={format!("{paper}/{number}")} {exam} {at} {given} {on_answer} go={props.go.clone()} /> }
        }
        None => html! { <ResultPage {exam} {given} {on_again} go={props.go.clone()} /> },
    }
}

/// A link of the page itself.
fn link(go: &Callback<(Route, HistoryMode)>, route: Route, class: &'static str, words: Html) -> Html {
    let href = route.to_hash();
    let onclick = effects::leads(go, route);
    html! { <a {class} {href} {onclick}>{ words }</a> }
}
