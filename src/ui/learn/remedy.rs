//! A task in the load lab: what is changed about some traffic, until nothing of it is refused. The core counts and judges.

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::{
    lang::tr,
    scenario::{
        Load, Task, Traffic, Work,
        reading::{Measured, serves},
    },
    ui::{
        learn::{
            Lesson,
            prose::blocks,
            reading,
            task::{asides, use_finished},
        },
        store::{Same, read_only, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct RemedyFormProps {
    pub(super) lesson: Lesson,
    /// Counted from 1.
    pub(super) page: usize,
}

/// What a task of remedies begins with, and how it is solved.
fn remedies(task: Option<&Task>) -> Option<(&Task, &Traffic, &Load)> {
    match task.map(|task| (task, &task.work)) {
        Some((task, Work::Remedies { start, solution })) => Some((task, start, solution)),
        Some((_, Work::Requests { .. })) | None => None,
    }
}

/// The traffic as the members in `text` change it, counted.
fn counted(start: &Traffic, text: &str) -> Result<Measured, String> {
    let changes = serde_json::from_str(text).map_err(|error| tr!("not a JSON object: {error}", error))?;
    let measured = Traffic { changes, ..start.clone() }.measure().map_err(|error| error.to_string())?;
    measured.ok_or_else(|| tr!("a part of the program is not here yet").to_owned())
}

fn written(traffic: &Traffic) -> String {
    serde_json::to_string_pretty(&traffic.changes).unwrap_or_default()
}

#[component]
pub(super) fn RemedyForm(props: &RemedyFormProps) -> Html {
    let store = use_store();
    let (hints, solution) = (use_state(|| 0), use_state(|| false));
    let lesson = Rc::clone(&props.lesson.0);
    let task = remedies(lesson.pages.get(props.page.saturating_sub(1)).and_then(|page| page.task()));
    let draft = use_state(|| task.map(|(_, start, _)| written(start)).unwrap_or_default());
    let tried = use_state(|| None::<Result<Same<Measured>, String>>);
    let begun =
        use_memo((props.lesson.clone(), props.page), |_| task.and_then(|(_, start, _)| start.measure().ok().flatten()));
    let met = begun
        .as_ref()
        .as_ref()
        .is_some_and(|begun| matches!(&*tried, Some(Ok(measured)) if serves(begun, &measured.0)));
    use_finished(&store, &lesson.front.id, met);
    let (Some((task, start, solved)), Some(begun)) = (task, &*begun) else { return Html::default() };

    let oninput = {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlTextAreaElement| draft.set(it.value()));
        })
    };
    let onsubmit = {
        let (start, draft, tried) = (start.clone(), draft.clone(), tried.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            tried.set(Some(counted(&start, &draft).map(|measured| Same(Rc::new(measured)))));
        })
    };
    let verdict = |measured: &Measured| {
        if serves(begun, measured) {
            html! { <p class="verdict"><span class="tag allow">{ tr!("Done") }</span>{ tr!(" The lab says so: every request of this traffic is served.") }</p> }
        } else if measured.lab.has_traffic_of(&begun.lab) {
            html! { <p class="verdict"><span class="tag implicit">{ tr!("Not yet") }</span>{ tr!(" Read below what is refused, then try again.") }</p> }
        } else {
            html! { <p class="verdict"><span class="tag implicit">{ tr!("Not yet") }</span>{ tr!(" This is other traffic, or under other rules, than the task is about.") }</p> }
        }
    };
    html! {
        <section class="task" aria-label={tr!("Your turn")}>
            <h2>{ tr!("Your turn") }</h2>
            <div class="prose">{ blocks(&task.text) }</div>
            if store.readonly { <p class="hint">{ read_only() }</p> }
            else {
                <form class="request" {onsubmit}>
                    <label class="field body">{ tr!("What is changed about the traffic, JSON") }
                        <textarea class="mono" rows="6" spellcheck="false" value={(*draft).clone()} {oninput} />
                    </label>
                    <button class="btn main">{ tr!("Send") }</button>
                </form>
            }
            if let Some(Err(problem)) = &*tried { <p class="problem" role="alert">{ problem }</p> }
            <div role="status">
                if let Some(Ok(measured)) = &*tried { { verdict(&measured.0) } }
            </div>
            if let Some(Ok(measured)) = &*tried { { reading::traffic(&measured.0) } }
            { asides(task, &hints, &solution, || {
                let text = written(&solved.traffic);
                let (draft, written) = (draft.clone(), text.clone());
                let onclick = Callback::from(move |_: MouseEvent| draft.set(written.clone()));
                html! {
                    <div class="card">
                        <pre>{ text }</pre>
                        if !store.readonly { <button class="btn small" {onclick}>{ tr!("Put it into the form") }</button> }
                    </div>
                }
            }) }
        </section>
    }
}
