//! Something for the learner to do. The core judges it.

use std::rc::Rc;

use web_sys::{HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    arn::Region,
    estate::principal::Caller,
    lang::tr,
    ops::table::OPERATIONS,
    scenario::{
        Asked, Call, Deed, Goal, Scenario, Task, Work, catalog,
        judge::{Judge, Progress},
        run::{Filled, Run, send},
        template::Template,
    },
    services::SERVICES,
    story::{attaching, facts},
    timeline::{Step, Timeline},
    ui::{
        learn::{Lesson, exchange, prose::blocks, remedy::RemedyForm},
        route::Route,
        store::{Action, Errand, HistoryMode, StoreHandle, Visit, read_only, use_store},
        visit::so_far,
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct TaskFormProps {
    pub(super) lesson: Lesson,
    /// Counted from 1.
    pub(super) page: usize,
    pub(super) go: Callback<(Route, HistoryMode)>,
}

/// What is in the form.
#[derive(Clone, PartialEq)]
struct Draft {
    caller: Caller,
    operation: Asked,
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
            html! { <RequestForm lesson={lesson.clone()} page={props.page} go={props.go.clone()} /> }
        }
        Some(Work::Remedies { .. }) => html! { <RemedyForm lesson={lesson.clone()} page={props.page} /> },
        None => Html::default(),
    }
}

/// What a task of requests is about.
fn requests(task: Option<&Task>) -> Option<(&Task, &Goal, Option<&Call>, &[Deed])> {
    match task.map(|task| (task, &task.work)) {
        Some((task, Work::Requests { goal, start, solution })) => Some((task, goal, start.as_ref(), solution)),
        Some((_, Work::Remedies { .. })) | None => None,
    }
}

/// The first request that a task suggests.
fn suggested(start: Option<&Call>, solution: &[Deed]) -> Option<Draft> {
    let first = || solution.iter().find_map(|deed| if let Deed::Call(step) = deed { Some(&step.call) } else { None });
    start.or_else(first).map(Draft::of)
}

#[component]
fn RequestForm(props: &TaskFormProps) -> Html {
    let store = use_store();
    let tries = use_state(Tries::default);
    let (hints, solution) = (use_state(|| 0), use_state(|| false));
    let lesson = Rc::clone(&props.lesson.0);
    let task = requests(lesson.pages.get(props.page.saturating_sub(1)).and_then(|page| page.task()));
    let draft = use_state(|| task.and_then(|(_, _, start, solution)| suggested(start, solution)));
    let begun = use_memo((props.lesson.clone(), props.page), |(lesson, page)| {
        let goal = requests(lesson.0.pages.get(page.saturating_sub(1)).and_then(|page| page.task()))?.1;
        let mut run = Run::new(&lesson.0);
        run.play_to(page.saturating_sub(1)).ok()?;
        Some((Judge::of(goal, &run).ok()?, Rc::new(run.timeline().clone())))
    });
    let progress =
        begun.as_ref().as_ref().map(|(judge, begun)| judge.progress(tries.timeline.as_ref().unwrap_or(begun)));
    use_finished(&store, &lesson.front.id, progress.as_ref().is_some_and(Progress::is_met));
    let (Some((task, .., deeds)), Some((judge, begun)), Some(progress)) = (task, &*begun, progress) else {
        return Html::default();
    };

    let on_send = |current: &Draft| {
        let (lesson, tries, page, draft) = (Rc::clone(&lesson), tries.clone(), props.page, current.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let next = match sent(&lesson, page, tries.timeline.as_deref(), &draft) {
                Ok(timeline) => Tries { timeline: Some(Rc::new(timeline)), problem: None },
                Err(problem) => Tries { timeline: tries.timeline.clone(), problem: Some(problem) },
            };
            tries.set(next);
        })
    };
    let in_sandbox = {
        let (store, judge, begun, go) = (store.clone(), judge.clone(), Rc::clone(begun), props.go.clone());
        let of = tr!("the lesson “{title}”", title = lesson.front.title);
        let (id, page) = (lesson.front.id.clone(), u32::try_from(props.page).unwrap_or(1));
        let timeline = tries.timeline.clone();
        let view = Route::of_view(task.view(), task.first_request());
        Callback::from(move |_: MouseEvent| {
            let task = Some(Errand { judge: judge.clone(), begun: Rc::clone(&begun) });
            let from = Route::Lesson { id: id.clone(), page };
            let timeline = timeline.as_ref().unwrap_or(&begun);
            store.dispatch(Action::Visit(Rc::clone(timeline), Rc::new(Visit { of: of.clone(), from, task })));
            go.emit((view.clone(), HistoryMode::Push));
        })
    };
    let timeline = tries.timeline.as_ref().unwrap_or(begun);
    let own: &[Rc<Step>] = timeline.steps().get(judge.since..).unwrap_or_default();
    html! {
        <section class="task" aria-label={tr!("Your turn")}>
            <h2>{ tr!("Your turn") }</h2>
            <div class="prose">{ blocks(&task.text) }</div>
            if progress.0.iter().any(|check| !check.shows.is_empty()) { <div role="status">{ so_far(&progress) }</div> }
            else if !own.is_empty() { <div role="status">{ verdict(&progress) }</div> }
            if store.readonly { <p class="hint">{ read_only() }</p> }
            else { { for draft.iter().map(|current| form(&draft, current, &lesson_callers(&lesson), on_send(current))) } }
            if let Some(problem) = &tries.problem { <p class="problem" role="alert">{ problem }</p> }
            if !store.readonly {
                <p><button class="btn small" onclick={in_sandbox}>{ tr!("Do it in the sandbox") }</button>
                    <span class="hint">{ tr!(" with all views, and the clock") }</span></p>
            }
            { for own.iter().rev().map(|step| exchange::card(step, None)) }
            { asides(task, &hints, &solution, || solved(deeds, (!store.readonly).then_some(&draft))) }
        </section>
    }
}

/// Tells that a task of a lesson is done, once it is.
#[hook]
pub(in crate::ui) fn use_finished(store: &StoreHandle, lesson: &str, met: bool) {
    let dispatcher = store.dispatcher();
    use_effect_with((lesson.to_owned(), met), move |(lesson, met)| {
        if *met && catalog::lessons().iter().any(|listed| listed.id == lesson) {
            dispatcher.dispatch(Action::Finished(lesson.clone()));
        }
    });
}

fn verdict(progress: &Progress) -> Html {
    if progress.is_met() {
        html! { <p class="verdict"><span class="tag allow">{ tr!("Done") }</span>{ tr!(" The world says so: your request did what the task asks.") }</p> }
    } else {
        html! { <p class="verdict"><span class="tag implicit">{ tr!("Not yet") }</span>{ tr!(" Read the answer below, then try again.") }</p> }
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
        let set = changed(|draft, value| draft.operation = Asked::from(value.as_str()));
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
            <label class="field">{ tr!("Acting as") }
                <select onchange={on_caller}>
                    { for callers.iter().map(|caller| html! {
                        <option value={caller.to_string()} selected={*caller == current.caller}>{ format!("{} {}", caller.short_name(), caller.account()) }</option>
                    }) }
                </select>
            </label>
            <label class="field">{ tr!("Operation") }
                <select onchange={on_operation}>
                    <optgroup label="AWS KMS">
                        { for OPERATIONS.iter().map(|entry| option(Asked::Kms(entry.spec.name.to_owned()), current)) }
                    </optgroup>
                    { for SERVICES.iter().map(|service| html! {
                        <optgroup label={service.title}>{ for service.operations.iter().map(|operation| {
                            let (service, operation) = (service.name.to_owned(), operation.name.to_owned());
                            option(Asked::Service { service, operation }, current)
                        }) }</optgroup>
                    }) }
                </select>
            </label>
            <label class="field body">{ tr!("Request, JSON") }
                <textarea class="mono" rows="5" spellcheck="false" value={current.body.clone()} oninput={on_body} />
            </label>
            if current.body.contains("${") {
                <p class="hint body">{ tr!("A name in ${…} stands for something in this lesson’s world, such as a key or what an earlier request answered. It is filled in when you send.") }</p>
            }
            <button class="btn main">{ tr!("Send") }</button>
        </form>
    }
}

fn option(operation: Asked, current: &Draft) -> Html {
    let name = operation.to_string();
    html! { <option value={name.clone()} selected={operation == current.operation}>{ name }</option> }
}

/// Everyone in the lesson's world, the role sessions under the name that its own requests use.
fn lesson_callers(lesson: &Scenario) -> Vec<Caller> {
    let run = Run::new(lesson);
    let mut callers = run.timeline().world().estate.callers();
    for caller in &mut callers {
        if let Ok(named) = caller.to_string().replace("/session", "/lesson").parse() {
            *caller = named;
        }
    }
    callers
}

/// The world after the draft is sent, after all that the learner sent before.
fn sent(lesson: &Scenario, page: usize, before: Option<&Timeline>, draft: &Draft) -> Result<Timeline, String> {
    let mut run = Run::new(lesson);
    run.play_to(page.saturating_sub(1)).map_err(|error| error.to_string())?;
    let template = Template::parse(&draft.body)
        .map_err(|(line, problem)| tr!("line {line}: {problem}", line = line.saturating_add(1), problem))?;
    let body = run.fill(&template).map_err(|problem| problem.to_string())?;
    let mut timeline = before.unwrap_or_else(|| run.timeline()).clone();
    let (caller, operation) = (draft.caller.clone(), draft.operation.clone());
    send(&mut timeline, &Filled { caller, region: Region::US_EAST_1, operation, body });
    Ok(timeline)
}

/// Every step of the solution, in order, and the way into the form where there is one.
fn solved(deeds: &[Deed], draft: Option<&UseStateHandle<Option<Draft>>>) -> Html {
    let numbered = |nth: usize| if deeds.len() > 1 { format!("{}. ", nth.saturating_add(1)) } else { String::new() };
    let card = |(nth, deed): (usize, &Deed)| {
        let number = numbered(nth);
        match deed {
            Deed::Call(step) => {
                let solution = Draft::of(&step.call);
                let text = tr!(
                    "{number}{operation} as {caller}",
                    number,
                    operation = solution.operation,
                    caller = solution.caller.short_name()
                );
                let body = solution.body.clone();
                let fill = draft.cloned().map(|draft| {
                    let onclick = Callback::from(move |_: MouseEvent| draft.set(Some(solution.clone())));
                    html! { <button class="btn small" {onclick}>{ tr!("Put it into the form") }</button> }
                });
                html! {
                    <div class="card">
                        <b>{ text }</b>
                        <pre>{ body }</pre>
                        { fill }
                    </div>
                }
            }
            Deed::Attach(attach) => {
                let (title, whose) = attaching::phrase(&attach.attachment);
                html! {
                    <div class="card">
                        <b>{ number }{ title }</b>{ " " }<span class="hint">{ whose }</span>
                        { for attach.attachment.document.iter().map(|document| html! { <pre>{ &**document }</pre> }) }
                        <p class="hint">{ tr!("Policies are edited in Policy, in the sandbox.") }</p>
                    </div>
                }
            }
            Deed::Advance(advance) => html! {
                <div class="card">
                    <b>{ number }{ tr!("{span} later", span = facts::length(advance.span)) }</b>
                    <p class="hint">{ tr!("The clock is at the bottom of the page, in the sandbox.") }</p>
                </div>
            },
        }
    };
    html! { <>{ for deeds.iter().enumerate().map(card) }</> }
}

/// The hints, one by one, and the solution, behind buttons.
pub(super) fn asides(
    task: &Task,
    hints: &UseStateHandle<usize>,
    solution: &UseStateHandle<bool>,
    solved: impl FnOnce() -> Html,
) -> Html {
    let (given, all) = (**hints, task.hints.len());
    let next_hint = {
        let hints = hints.clone();
        Callback::from(move |_: MouseEvent| hints.set(if given < all { given.saturating_add(1) } else { 0 }))
    };
    let words = match (given, all) {
        (0, 1) => tr!("Hint").to_owned(),
        (given, all) if given < all => tr!("Hint {given} of {all}", given = given.saturating_add(1), all),
        _ => tr!("Hide hints").to_owned(),
    };
    let show = {
        let solution = solution.clone();
        Callback::from(move |_: MouseEvent| solution.set(!*solution))
    };
    html! {
        <>
            <div class="asides">
                <button class="btn small" onclick={next_hint} aria-expanded={(given > 0).to_string()}>{ words }</button>
                <button class="btn small" onclick={show} aria-expanded={solution.to_string()}>{ tr!("Solution") }</button>
            </div>
            { for task.hints.iter().take(given).map(|hint| html! { <div class="card prose">{ blocks(hint) }</div> }) }
            if **solution { { solved() } }
        </>
    }
}
