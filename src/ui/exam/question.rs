//! One question: what happened, what is in force, four choices, and then the record.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement, wasm_bindgen::JsCast as _};
use yew::prelude::*;

use crate::{
    authz::decision::Verdict,
    endpoint::{frame::operation_of, model},
    exam::{Answers, Exam, Question, Reading, View, letter},
    lang::tr,
    services,
    story::errors,
    timeline::{Input, Step, StepResult},
    ui::{
        effects,
        exam::link,
        learn::exchange,
        outcome,
        route::Route,
        services::flow::{Shown, Told},
        store::{Action, HistoryMode, Same, Visit, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct QuestionProps {
    pub exam: Same<Exam>,
    /// Counted from 0.
    pub at: usize,
    pub given: Answers,
    /// The question, counted from 0, and the choice.
    pub on_answer: Callback<(usize, u8)>,
    pub go: Callback<(Route, HistoryMode)>,
}

#[component]
pub(super) fn QuestionPage(props: &QuestionProps) -> Html {
    let store = use_store();
    let (title, form) = (use_node_ref(), use_node_ref());
    let picked = use_state(|| None::<u8>);
    let (recorded, begun) = (use_node_ref(), use_mut_ref(|| false));
    // A question begins at its top, where number keys work, and an answer leads to what was recorded.
    use_effect_with(props.given.of(props.at).is_some(), {
        let (title, recorded) = (title.clone(), recorded.clone());
        move |_| {
            let place = if begun.replace(true) { recorded } else { title };
            if let Some(place) = place.cast::<HtmlElement>() {
                let _ = place.focus();
            }
        }
    });
    let exam = &props.exam.0;
    let Some(question) = exam.questions.get(props.at) else { return Html::default() };
    let (paper, of) = (exam.paper, exam.questions.len());
    let chosen = props.given.of(props.at);
    let number = props.at.saturating_add(1);
    let onkeydown = {
        let (form, picked) = (form.clone(), picked.clone());
        Callback::from(move |event: KeyboardEvent| {
            let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
            let Some(choice) = event.key().parse::<u8>().ok().and_then(|key| key.checked_sub(1)) else { return };
            if modified || chosen.is_some() || choice >= crate::exam::CHOICES {
                return;
            }
            picked.set(Some(choice));
            let form = form.cast::<HtmlElement>();
            let radio = form.and_then(|form| form.query_selector(&format!("input[value=\"{choice}\"]")).ok().flatten());
            if let Some(radio) = radio.and_then(|radio| radio.dyn_into::<HtmlElement>().ok()) {
                let _ = radio.focus();
            }
        })
    };
    let onsubmit = {
        let (picked, on_answer, at) = (picked.clone(), props.on_answer.clone(), props.at);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(choice) = *picked {
                on_answer.emit((at, choice));
            }
        })
    };
    let choice = |(choice, text): (u8, &String)| {
        let picked = picked.clone();
        let checked = chosen.or(*picked) == Some(choice);
        let onchange = {
            let picked = picked.clone();
            Callback::from(move |event: Event| {
                if event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked()) {
                    picked.set(Some(choice));
                }
            })
        };
        let sign = match chosen {
            Some(_) if choice == question.right => html! { <span class="tag allow">{ tr!("right") }</span> },
            Some(chosen) if chosen == choice => html! { <span class="tag implicit">{ tr!("your answer") }</span> },
            _ => Html::default(),
        };
        html! {
            <label class="choice">
                <input type="radio" name="choice" value={choice.to_string()} {checked} {onchange} disabled={chosen.is_some()} />
                <span><b class="letter">{ letter(choice) }</b>{ " " }{ outcome::with_code(text) }{ " " }{ sign }</span>
            </label>
        }
    };
    let at_route =
        |question: Option<usize>| Route::Exam { paper, question: question.and_then(|it| u32::try_from(it).ok()) };
    let next = (number < of).then(|| number.saturating_add(1));
    let before = (number > 1).then(|| number.saturating_sub(1));
    let sandbox = {
        let (store, go, exam, at) = (store.clone(), props.go.clone(), Rc::clone(exam), props.at);
        Callback::from(move |_: MouseEvent| {
            let Some(question) = exam.questions.get(at) else { return };
            let of = tr!("question {number} of the set {paper}", number, paper);
            let from = Route::Exam { paper, question: u32::try_from(number).ok() };
            let visit = Visit { of, from, task: None };
            store.dispatch(Action::Visit(question.lived.timeline.clone().into(), visit.into()));
            go.emit((view_of(question), HistoryMode::Push));
        })
    };
    html! {
        <div class="learn lesson exam" {onkeydown}>
            { contents(props) }
            <div class="sheet-of-page">
                <span class="eyebrow">{ tr!("Set {paper} · question {number} of {of} · {part}", paper, number, of, part = question.family.part()) }</span>
                <h1 ref={title} tabindex="-1">{ question.family.title() }</h1>
                <div class="prose">{ for question.tale.iter().map(|words| html! { <p>{ outcome::with_code(words) }</p> }) }</div>
                if !question.documents.is_empty() {
                    <div class="in-force">
                        { for question.documents.iter().map(|document| html! {
                            <section aria-label={document.title.clone()}>
                                <h2>{ &document.title }</h2>
                                <pre>{ &document.text }</pre>
                            </section>
                        }) }
                    </div>
                }
                <form ref={form} {onsubmit} aria-label={tr!("Answer")}>
                    <fieldset class="ask">
                        <legend>{ outcome::with_code(&question.asks) }</legend>
                        { for (0_u8..).zip(&question.choices).map(choice) }
                        <div class="decide">
                            if chosen.is_none() {
                                <button class="btn main" type="submit" disabled={picked.is_none()}>{ tr!("Answer") }</button>
                                <span class="hint">{ tr!("Keys 1 to 4 choose, Enter answers.") }</span>
                            }
                            <div role="status">{ verdict(question, chosen) }</div>
                        </div>
                    </fieldset>
                </form>
                if chosen.is_some() {
                    { record(question, &recorded) }
                    <button class="btn" onclick={sandbox} disabled={!store.whole}>{ tr!("Open in the sandbox") }</button>
                }
                <div class="steps">
                    if let Some(before) = before { { link(&props.go, at_route(Some(before)), "btn", html! { tr!("◀ Back") }) } }
                    if next.is_none() || chosen.is_none() { { link(&props.go, at_route(next), "btn", html! { { if next.is_some() { tr!("Leave it open ▶") } else { tr!("Result ▶") } } }) } }
                    else { { link(&props.go, at_route(next), "btn main", html! { tr!("Next question ▶") }) } }
                </div>
            </div>
        </div>
    }
}

/// All questions of the set, with what became of them.
fn contents(props: &QuestionProps) -> Html {
    let exam = &props.exam.0;
    let paper = exam.paper;
    let entry = |(at, question): (usize, &Question)| {
        let route = Route::Exam { paper, question: u32::try_from(at.saturating_add(1)).ok() };
        let onclick = effects::leads(&props.go, route);
        let sign = match props.given.of(at) {
            None => "",
            Some(chosen) if chosen == question.right => " ✓",
            Some(_) => " ✕",
        };
        let words = match sign {
            "" => "",
            " ✓" => tr!(", right"),
            _ => tr!(", not right"),
        };
        html! {
            <li><button {onclick} aria-current={(at == props.at).then_some("step")}>
                { format!("{} {}", at.saturating_add(1), question.family.title()) }
                <span aria-hidden="true">{ sign }</span><span class="visually-hidden">{ words }</span>
            </button></li>
        }
    };
    html! {
        <nav class="pages" aria-label={tr!("Questions of this set")}>
            <span class="eyebrow">{ tr!("Exam") }</span>
            <strong>{ tr!("Set {paper}", paper) }</strong>
            <ol>{ for exam.questions.iter().enumerate().map(entry) }</ol>
            { link(&props.go, Route::Exam { paper, question: None }, "link", html! { tr!("Result") }) }
        </nav>
    }
}

fn verdict(question: &Question, chosen: Option<u8>) -> Html {
    let Some(chosen) = chosen else { return Html::default() };
    if chosen == question.right {
        html! { <p class="verdict"><span class="tag allow">{ tr!("Right") }</span>{ tr!(" Below is what KMS recorded.") }</p> }
    } else {
        html! {
            <p class="verdict">
                <span class="tag implicit">{ tr!("Not quite") }</span>
                { tr!(" It is {right}. Below is what KMS recorded.", right = letter(question.right)) }
            </p>
        }
    }
}

/// What was recorded of the step that is asked about, then of all others.
fn record(question: &Question, title: &NodeRef) -> Html {
    let steps = question.lived.timeline.steps();
    let asked = question.lived.step.saturating_sub(1);
    let numbered = |(at, step): (usize, &Rc<Step>)| told(at.saturating_add(1), step);
    // Where several requests were made, those are looked at beside it.
    let first = match &question.lived.reading {
        Reading::OddOneOut { first, .. } => first.saturating_sub(1),
        Reading::Longest => asked.saturating_sub(1),
        Reading::Decision
        | Reading::Fault
        | Reading::Key
        | Reading::Material
        | Reading::Date(_)
        | Reading::Deletion
        | Reading::Charged
        | Reading::Served => asked,
    };
    let more = |words: String, steps: Vec<Html>| {
        if steps.is_empty() {
            return Html::default();
        }
        html! { <details><summary>{ words }</summary><div class="items">{ for steps }</div></details> }
    };
    let beside = steps.iter().enumerate().skip(first).filter(|(at, _)| *at != asked).map(numbered);
    let before = steps.iter().enumerate().take(first).map(numbered);
    html! {
        <section class="recorded" aria-label={tr!("What KMS recorded")}>
            <h2 ref={title.clone()} tabindex="-1">{ tr!("What KMS recorded") }</h2>
            { for steps.iter().enumerate().skip(asked).take(1).map(numbered) }
            { meaning(question) }
            { for steps.get(asked).map(|step| reasons(step)) }
            { more(tr!("The other requests").to_owned(), beside.collect()) }
            { more(tr!("Everything before, in {first} steps", first), before.collect()) }
        </section>
    }
}

/// What a number or an id in the answer says, where that is not to be seen.
fn meaning(question: &Question) -> Html {
    let member = match &question.lived.reading {
        Reading::Date(member) => *member,
        Reading::Material => "KeyMaterialId",
        Reading::Decision
        | Reading::Fault
        | Reading::Key
        | Reading::Deletion
        | Reading::Charged
        | Reading::Served
        | Reading::Longest
        | Reading::OddOneOut { .. } => return Html::default(),
    };
    let right = question.choices.get(usize::from(question.right)).cloned().unwrap_or_default();
    html! { <p><code>{ member }</code>{ format!(": {right}") }</p> }
}

/// A step as other views show it.
fn told(number: usize, step: &Rc<Step>) -> Html {
    match &step.result {
        StepResult::Served(_) => html! { <Told {number} step={Shown(Rc::clone(step))} elsewhere=true /> },
        StepResult::Answered(_) | StepResult::Passed(_) => exchange::card(step, None),
    }
}

/// Why it came out so: the error in words, each permission with its checks, and the stages.
fn reasons(step: &Step) -> Html {
    let Some(done) = step.outcome() else { return Html::default() };
    let charged = done.charged.iter().map(|charged| {
        let who = match charged.payer {
            crate::kms::throttle::Payer::Account { account, region } => tr!("account {account} in {region}", account, region),
            crate::kms::throttle::Payer::Store { store, region } => tr!("key store {store} in {region}", store, region),
        };
        html! { <li>{ tr!("counted once in “{quota}” of {who}: room for {room} before it", quota = charged.quota, who, room = charged.room) }</li> }
    });
    let charged: Vec<Html> = charged.collect();
    html! {
        <>
            // What denied it stands below, check by check.
            if done.decisions.iter().all(|decision| decision.verdict == Verdict::Allowed) {
                { for errors::explain(done).iter().map(|words| outcome::explained(done, words)) }
            }
            if !charged.is_empty() { <ul class="facts">{ for charged }</ul> }
            { for done.decisions.iter().map(outcome::decision) }
            <details><summary>{ tr!("The eleven stages of the request") }</summary>{ outcome::stages(&done.stages) }</details>
        </>
    }
}

/// Where the world of a question opens.
fn view_of(question: &Question) -> Route {
    let step = u32::try_from(question.lived.step).ok();
    let made = question.lived.step.checked_sub(1).and_then(|at| question.lived.timeline.steps().get(at));
    match question.family.view() {
        View::Policy => Route::Policy { step },
        View::Rotation => Route::Rotation { key: None },
        View::Services => {
            let service = made.and_then(|made| match &made.input {
                Input::Serve(request) => services::NAMES.iter().find(|name| **name == request.service).copied(),
                Input::Call(_) | Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => None,
            });
            Route::Services { service, step }
        }
        View::Console => {
            let operation = made.and_then(|made| match &made.input {
                Input::Call(request) => operation_of(&request.target),
                Input::Serve(_) | Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => None,
            });
            let known = operation.and_then(|wanted| model::operations().find(|(name, _)| *name == wanted));
            known.map_or(Route::CONSOLE, |(operation, _)| Route::Console { operation, step })
        }
    }
}
