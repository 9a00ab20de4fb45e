//! What the answers are worth, and how to pass set and answers on.

use yew::prelude::*;

use crate::{
    exam::{Answers, Exam, Family, letter},
    lang::tr,
    ui::{
        effects,
        exam::link,
        outcome::Copy,
        route::Route,
        store::{HistoryMode, Same, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct ResultProps {
    pub exam: Same<Exam>,
    pub given: Answers,
    /// To answer the same set anew.
    pub on_again: Callback<()>,
    pub go: Callback<(Route, HistoryMode)>,
}

#[component]
pub(super) fn ResultPage(props: &ResultProps) -> Html {
    let (exam, given) = (&props.exam.0, &props.given);
    let paper = exam.paper;
    let mark = given.mark(exam);
    let (points, of) = (mark.points(), exam.questions.len());
    let open = given.chosen.iter().filter(|chosen| chosen.is_none()).count();
    let first = Route::Exam { paper, question: Some(1) };
    let address = effects::full_address(&use_store(), &first);
    let text = format!(
        "{}\n{} {given}",
        tr!("KMS Playground, set {paper}: {points} of {of} right.", paper, points, of),
        tr!("Answers:")
    );
    let question = |(at, question): (usize, &crate::exam::Question)| {
        let number = at.saturating_add(1);
        let route = Route::Exam { paper, question: u32::try_from(number).ok() };
        let (class, words) = match given.of(at) {
            None => ("tag none", tr!("not answered").to_owned()),
            Some(chosen) if chosen == question.right => ("tag allow", tr!("{chosen}, right", chosen = letter(chosen))),
            Some(chosen) => ("tag implicit", tr!("{chosen}, not right", chosen = letter(chosen))),
        };
        html! {
            <li>{ link(&props.go, route, "link", html! { format!("{number} {}", question.family.title()) }) }<span {class}>{ words }</span></li>
        }
    };
    let family = |(family, got, all): &(Family, u8, u8)| {
        html! {
            <tr><th scope="row">{ family.title() }</th><td>{ tr!("{got} of {all}", got, all) }</td>
            <td><meter min="0" max={all.to_string()} value={got.to_string()} aria-label={tr!("{title}, right", title = family.title())} /></td></tr>
        }
    };
    let again = {
        let (on_again, go, first) = (props.on_again.clone(), props.go.clone(), first.clone());
        Callback::from(move |_: MouseEvent| {
            on_again.emit(());
            go.emit((first.clone(), HistoryMode::Push));
        })
    };
    html! {
        <div class="learn exam result">
            <header>
            <span class="eyebrow">{ tr!("Exam · set {paper}", paper) }</span>
            <h1>{ tr!("{points} of {of} right", points, of) }</h1>
            if open > 0 { <p class="aside">{ tr!("{open} still open. An open question counts as not right.", open) }</p> }
            </header>
            <section aria-label={tr!("Questions")}><h2>{ tr!("Questions") }</h2><ol class="list">{ for exam.questions.iter().enumerate().map(question) }</ol></section>
            <section aria-label={tr!("By subject")}>
                <h2>{ tr!("By subject") }</h2>
                <table><thead><tr><th scope="col">{ tr!("Subject") }</th><th scope="col">{ tr!("Right") }</th><th scope="col"><span class="visually-hidden">{ tr!("Proportion") }</span></th></tr></thead>
                <tbody>{ for mark.families.iter().map(family) }</tbody></table>
            </section>
            <section aria-label={tr!("Pass it on")}>
                <h2>{ tr!("Pass it on") }</h2>
                <div class="card">
                    <div class="row"><b>{ tr!("This set, without your answers") }</b><Copy text={address.clone()} what={tr!("the address of this set")} /></div>
                    <p class="mono">{ address }</p>
                </div>
                <div class="card">
                    <div class="row"><b>{ tr!("Your answers, to be marked by somebody else") }</b><Copy text={text.clone()} what={tr!("your answers")} /></div>
                    <pre>{ text }</pre>
                    <p class="hint">{ tr!("The last word can be marked again on any page of this kind, under “Mark answers”. Nothing is sent anywhere.") }</p>
                </div>
            </section>
            <div class="onward">
                { link(&props.go, Route::Exam { paper: paper.another(), question: Some(1) }, "btn main", html! { tr!("A new set") }) }
                <button class="btn" onclick={again}>{ tr!("The same set anew") }</button>
                { link(&props.go, Route::Exams, "btn", html! { tr!("All exams") }) }
            </div>
        </div>
    }
}
