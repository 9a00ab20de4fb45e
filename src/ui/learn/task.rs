//! Something for the learner to do. The core judges it.

use std::rc::Rc;

use web_sys::{HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    arn::Region,
    estate::principal::Caller,
    ops::table::OPERATIONS,
    scenario::{
        Call, Task,
        run::{Run, progress},
        template::Template,
    },
    timeline::{Step, Timeline},
    ui::learn::{Lesson, exchange, prose::blocks},
};

#[derive(PartialEq, Properties)]
pub(super) struct TaskFormProps {
    pub(super) lesson: Lesson,
    /// Counted from 1.
    pub(super) page: usize,
    /// Where the learner's own steps begin.
    pub(super) since: usize,
}

/// What is in the form.
#[derive(Clone, PartialEq)]
struct Draft {
    caller: Caller,
    operation: String,
    body: String,
}

impl Draft {
    fn of(call: &Call) -> Self {
        Self { caller: call.caller.clone(), operation: call.operation.clone(), body: call.body.text().to_owned() }
    }
}

/// The learner's requests so far, or why the last one could not be sent.
#[derive(Clone, Default)]
struct Tries {
    timeline: Option<Rc<Timeline>>,
    problem: Option<String>,
}

#[component]
pub(super) fn TaskForm(props: &TaskFormProps) -> Html {
    let tries = use_state(Tries::default);
    let (hint, solution) = (use_state(|| false), use_state(|| false));
    let lesson = Rc::clone(&props.lesson.0);
    let task = lesson.pages.get(props.page.saturating_sub(1)).and_then(|page| page.task());
    let draft = use_state(|| {
        task.and_then(|task| task.start.as_ref().or_else(|| task.solution.first().map(|step| &step.call)))
            .map(Draft::of)
    });
    let (Some(task), Some(current)) = (task, (*draft).clone()) else { return Html::default() };

    let send = {
        let (lesson, tries, page, draft) = (Rc::clone(&lesson), tries.clone(), props.page, current.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let next = match send(&lesson, page, tries.timeline.as_deref(), &draft) {
                Ok(timeline) => Tries { timeline: Some(Rc::new(timeline)), problem: None },
                Err(problem) => Tries { timeline: tries.timeline.clone(), problem: Some(problem) },
            };
            tries.set(next);
        })
    };
    let own: &[Rc<Step>] =
        tries.timeline.as_ref().and_then(|timeline| timeline.steps().get(props.since..)).unwrap_or_default();
    let met = tries.timeline.as_ref().is_some_and(|timeline| progress(&task.goal, timeline, props.since));
    let toggle = |flag: &UseStateHandle<bool>| {
        let flag = flag.clone();
        Callback::from(move |_: MouseEvent| flag.set(!*flag))
    };
    html! {
        <section class="task" aria-label="Your turn">
            <h2>{ "Your turn" }</h2>
            <div class="prose">{ blocks(&task.text) }</div>
            { form(&draft, &current, &lesson_callers(&lesson), send) }
            if let Some(problem) = &tries.problem { <p class="problem" role="alert">{ problem }</p> }
            <div role="status">
                if met { <p class="verdict"><span class="tag allow">{ "Done" }</span>{ " The world says so: your request did what the task asks." }</p> }
                else if !own.is_empty() { <p class="verdict"><span class="tag implicit">{ "Not yet" }</span>{ " Read the answer below, then try again." }</p> }
            </div>
            { for own.iter().rev().map(|step| exchange::card(step)) }
            <div class="asides">
                <button class="btn small" onclick={toggle(&hint)} aria-expanded={hint.to_string()}>{ "Hint" }</button>
                <button class="btn small" onclick={toggle(&solution)} aria-expanded={solution.to_string()}>{ "Solution" }</button>
            </div>
            if *hint { <div class="card prose">{ blocks(&task.hint) }</div> }
            if *solution { { solved(task, &draft) } }
        </section>
    }
}

fn form(
    draft: &UseStateHandle<Option<Draft>>,
    current: &Draft,
    callers: &[Caller],
    send: Callback<SubmitEvent>,
) -> Html {
    let changed = |change: fn(&mut Draft, String)| {
        let (draft, current) = (draft.clone(), current.clone());
        move |value: String| {
            let mut next = current.clone();
            change(&mut next, value);
            draft.set(Some(next));
        }
    };
    let on_caller = {
        let set = changed(|draft, value| {
            if let Ok(caller) = value.parse() {
                draft.caller = caller;
            }
        });
        Callback::from(move |event: Event| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlSelectElement| set(it.value()))
        })
    };
    let on_operation = {
        let set = changed(|draft, value| draft.operation = value);
        Callback::from(move |event: Event| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlSelectElement| set(it.value()))
        })
    };
    let on_body = {
        let set = changed(|draft, value| draft.body = value);
        Callback::from(move |event: InputEvent| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlTextAreaElement| set(it.value()));
        })
    };
    html! {
        <form class="request" onsubmit={send}>
            <label class="field">{ "Acting as" }
                <select onchange={on_caller}>
                    { for callers.iter().map(|caller| html! {
                        <option value={caller.to_string()} selected={*caller == current.caller}>{ format!("{} {}", caller.short_name(), caller.account()) }</option>
                    }) }
                </select>
            </label>
            <label class="field">{ "Operation" }
                <select onchange={on_operation}>
                    { for OPERATIONS.iter().map(|entry| html! {
                        <option value={entry.spec.name} selected={entry.spec.name == current.operation}>{ entry.spec.name }</option>
                    }) }
                </select>
            </label>
            <label class="field body">{ "Request, JSON" }
                <textarea class="mono" rows="5" spellcheck="false" value={current.body.clone()} oninput={on_body} />
            </label>
            <button class="btn main">{ "Send" }</button>
        </form>
    }
}

/// Everyone in the lesson's world, the role sessions under the name that its own requests use.
fn lesson_callers(lesson: &crate::scenario::Scenario) -> Vec<Caller> {
    let run = Run::new(lesson);
    let mut callers = run.timeline().world().estate.callers();
    for caller in &mut callers {
        if let Ok(named) = caller.to_string().replace("/session", "/lesson").parse() {
            *caller = named;
        }
    }
    callers
}

/// Sends the draft after all that the learner sent before.
fn send(
    lesson: &crate::scenario::Scenario,
    page: usize,
    before: Option<&Timeline>,
    draft: &Draft,
) -> Result<Timeline, String> {
    let mut run = Run::new(lesson);
    run.play_to(page.saturating_sub(1)).map_err(|error| error.to_string())?;
    let template = Template::parse(&draft.body)
        .map_err(|(line, problem)| format!("line {}: {problem}", line.saturating_add(1)))?;
    let body = run.fill(&template).map_err(|problem| problem.to_string())?;
    let mut timeline = before.unwrap_or_else(|| run.timeline()).clone();
    timeline.call(draft.caller.clone(), Region::US_EAST_1, &draft.operation, body);
    Ok(timeline)
}

fn solved(task: &Task, draft: &UseStateHandle<Option<Draft>>) -> Html {
    let Some(step) = task.solution.first() else { return Html::default() };
    let solution = Draft::of(&step.call);
    let text = format!("{} as {}", solution.operation, solution.caller.short_name());
    let body = solution.body.clone();
    let draft = draft.clone();
    let onclick = Callback::from(move |_: MouseEvent| draft.set(Some(solution.clone())));
    html! {
        <div class="card">
            <b>{ text }</b>
            <pre>{ body }</pre>
            <button class="btn small" {onclick}>{ "Put it into the form" }</button>
        </div>
    }
}
