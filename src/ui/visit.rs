//! The world of a lesson in place of the person's own: where one is, what is to be done there, and the ways back.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    lang::tr,
    rest,
    scenario::judge::{Check, Progress},
    ui::{
        effects,
        learn::task::use_finished,
        route::Route,
        store::{Action, Errand, HistoryMode, Same, Visit, use_store},
        worlds::keep_visited,
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct VisitingProps {
    pub(super) visit: Same<Visit>,
    pub(super) go: Callback<(Route, HistoryMode)>,
}

/// The line above every view while a lesson's world is visited.
#[component]
pub(super) fn Visiting(props: &VisitingProps) -> Html {
    let store = use_store();
    let visit = &props.visit.0;
    let home = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| store.dispatch(Action::Home))
    };
    let to_page = effects::leads(&props.go, visit.from.clone());
    let again = visit.task.as_ref().map(|Errand { begun, .. }| {
        let (store, begun) = (store.clone(), Rc::clone(begun));
        let onclick = Callback::from(move |_: MouseEvent| store.dispatch(Action::Moved(Rc::clone(&begun))));
        html! { <button class="btn small" {onclick}>{ tr!("Begin again") }</button> }
    });
    let keep = visit.task.is_none().then(|| {
        let (store, name) = (store.clone(), tr!("From {of}", of = visit.of));
        let onclick = Callback::from(move |_: MouseEvent| keep_visited(&store, name.clone()));
        html! { <button class="btn small" {onclick}>{ tr!("Keep this world") }</button> }
    });
    let words = match visit.task {
        None => {
            tr!(
                "You are in the world of {of}. Your own world waits as you left it; this one is not saved.",
                of = visit.of
            )
        }
        Some(_) => {
            tr!("The task of {of} is yours to solve, in any view. Your own world waits as you left it.", of = visit.of)
        }
    };
    // A task is only taken on once the whole program is here.
    let progress =
        use_memo((Same(Rc::clone(&store.timeline)), Same(Rc::clone(&props.visit.0))), |(timeline, visit)| {
            visit.0.task.as_ref().map(|task| rest::within(|| task.judge.progress(&timeline.0)))
        });
    let lesson = if let Route::Lesson { id, .. } = &visit.from { id.as_str() } else { "" };
    let met = progress.as_ref().as_ref().is_some_and(Progress::is_met);
    use_finished(&store, lesson, met);
    html! {
        <div class="notice visiting">
            <div class="told" role="status">
                <p>{ words }</p>
                { for progress.iter().map(so_far) }
            </div>
            { for again }
            { for keep }
            <button class="btn small" onclick={to_page}>{ tr!("Back to the page") }</button>
            <button class="btn small" onclick={home}>{ tr!("Back to my own world") }</button>
        </div>
    }
}

/// What has to be so, and whether it is.
pub(super) fn so_far(progress: &Progress) -> Html {
    let (class, words) = if progress.is_met() { ("tag allow", tr!("Done")) } else { ("tag implicit", tr!("Not yet")) };
    let check = |check: &Check| {
        let (mark, name) = if check.holds { ("✓", tr!("so: ")) } else { ("○", tr!("not yet: ")) };
        html! {
            <li class={if check.holds { "holds" } else { "open" }}>
                <span aria-hidden="true">{ mark }</span><span class="visually-hidden">{ name }</span>
                <span>{ &check.shows }
                    if let Some(instead) = &check.instead { <small>{ tr!(" (now: {instead})", instead) }</small> }
                </span>
            </li>
        }
    };
    let told = progress.0.iter().filter(|check| !check.shows.is_empty()).map(check);
    html! {
        <div class="so-far">
            <span {class}>{ words }</span>
            <ul>{ for told }</ul>
        </div>
    }
}
