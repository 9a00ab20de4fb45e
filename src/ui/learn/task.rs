//! Something for the learner to do. The core judges it.

use std::rc::Rc;

use web_sys::{HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    arn::Region,
    estate::principal::Caller,
    ops::table::OPERATIONS,
    scenario::{
        Call, Goal, Step as Solution, Task, Work,
        run::{Run, progress},
        template::Template,
    },
    timeline::{Step, Timeline},
    ui::learn::{Lesson, exchange, prose::blocks, remedy::RemedyForm},
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

/// The task of a page, and the form for what it asks for.
#[component]
pub(super) fn TaskForm(props: &TaskFormProps) -> Html {
    let lesson = props.lesson.clone();
    let task = lesson.0.pages.get(props.page.saturating_sub(1)).and_then(|page| page.task());
    match task.map(|task| &task.work) {
        Some(Work::Requests { .. }) => {
            html! { <RequestForm lesson={lesson.clone()} page={props.page} since={props.since} /> }
        }
        Some(Work::Remedies { .. }) => html! { <RemedyForm lesson={lesson.clone()} page={props.page} /> },
        None => Html::default(),
    }
}

/// What a task of requests is about.
fn requests(task: Option<&Task>) -> Option<(&Task, &Goal, Option<&Call>, &[Solution])> {
    match task.map(|task| (task, &task.work)) {
        Some((task, Work::Requests { goal, start, solution })) => Some((task, goal, start.as_ref(), solution)),
        Some((_, Work::Remedies { .. })) | None => None,
    }
}

#[component]
fn RequestForm(props: &TaskFormProps) -> Html {
    let tries = use_state(Tries::default);
    let (hint, solution) = (use_state(|| false), use_state(|| false));
    let lesson = Rc::clone(&props.lesson.0);
    let task = requests(lesson.pages.get(props.page.saturating_sub(1)).and_then(|page| page.task()));
    let draft = use_state(|| {
        task.and_then(|(_, _, start, solution)| start.or_else(|| solution.first().map(|step| &step.call)))
            .map(Draft::of)
    });
    let (Some((task, goal, _, steps)), Some(current)) = (task, (*draft).clone()) else { return Html::default() };

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
    let met = tries.timeline.as_ref().is_some_and(|timeline| progress(goal, timeline, props.since));
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
            { for own.iter().rev().map(|step| exchange::card(step, 1)) }
            { asides(task, &hint, &solution, || solved(steps, &draft)) }
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

/// Every request of the solution, in order.
fn solved(steps: &[Solution], draft: &UseStateHandle<Option<Draft>>) -> Html {
    let request = |(nth, step): (usize, &Solution)| {
        let solution = Draft::of(&step.call);
        let number = if steps.len() > 1 { format!("{}. ", nth + 1) } else { String::new() };
        let text = format!("{number}{} as {}", solution.operation, solution.caller.short_name());
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
    };
    html! { <>{ for steps.iter().enumerate().map(request) }</> }
}

/// The hint and the solution, each behind a button.
pub(super) fn asides(
    task: &Task,
    hint: &UseStateHandle<bool>,
    solution: &UseStateHandle<bool>,
    solved: impl FnOnce() -> Html,
) -> Html {
    let button = |name: &'static str, flag: &UseStateHandle<bool>| {
        let open = flag.to_string();
        let flag = flag.clone();
        let onclick = Callback::from(move |_: MouseEvent| flag.set(!*flag));
        html! { <button class="btn small" {onclick} aria-expanded={open}>{ name }</button> }
    };
    html! {
        <>
            <div class="asides">{ button("Hint", hint) }{ button("Solution", solution) }</div>
            if **hint { <div class="card prose">{ blocks(&task.hint) }</div> }
            if **solution { { solved() } }
        </>
    }
}
