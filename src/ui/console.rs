//! Any operation, as a form and as JSON side by side, and everything that came of it.

mod answer;
mod blob;
mod form;
mod operations;
pub(super) mod pairs;
mod pick;

use std::{collections::BTreeMap, rc::Rc};

use js_sys::Function;
use serde_json::{Map, Value};
use web_sys::{HtmlTextAreaElement, InputEvent};
use yew::prelude::*;

use crate::{
    endpoint::{
        Request,
        fault::Fault,
        frame::{kind, operation_of},
        model::{self, OperationModel},
        shape,
    },
    lang::{self, grouped, msg, tr},
    ops::{refusal::Refusal, table},
    story::{
        examples::{self, Example},
        operations::purpose,
    },
    timeline::{Input, SlowKey},
    ui::{
        console::{
            answer::{AnswerView, Shown},
            form::Surroundings,
            operations::Operations,
        },
        effects,
        outcome::breakable,
        route::Route,
        store::{Action, HistoryMode, Store, StoreHandle, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct ConsoleProps {
    pub operation: &'static str,
    /// The step of the history that is shown, counted from 1.
    pub step: Option<u32>,
    pub visible: bool,
    pub keymaker: Option<Function>,
    pub go: Callback<(Route, HistoryMode)>,
}

/// A request being written: its text, and the members that the text had when it last was an object.
#[derive(Clone, Default, PartialEq)]
struct Draft {
    text: String,
    members: Map<String, Value>,
    problem: Option<String>,
}

impl Draft {
    fn of_members(members: Map<String, Value>) -> Self {
        let text = serde_json::to_string_pretty(&members).unwrap_or_default();
        Self { text, members, problem: None }
    }

    /// The form keeps what it had while the text is no JSON object.
    fn rewritten(&self, text: String) -> Self {
        let (members, problem) = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(members)) => (members, None),
            Ok(other) => (
                self.members.clone(),
                Some(tr!(
                    "This is {what}, and a request is an object: {braces}.",
                    what = kind(&other),
                    braces = "{ … }"
                )),
            ),
            Err(error) => {
                let words = error.to_string();
                let words = words.split(" at line ").next().unwrap_or_default();
                let place = tr!("line {line}, column {column}", line = error.line(), column = error.column());
                (
                    self.members.clone(),
                    Some(tr!("Not JSON yet, {place}: {words}. The form keeps what it had.", place, words)),
                )
            }
        };
        Self { text, members, problem }
    }

    /// A request as it was sent; laid out, if it is JSON.
    fn sent(body: &str) -> Self {
        match serde_json::from_str(body) {
            Ok(Value::Object(members)) => Self::of_members(members),
            Ok(_) | Err(_) => Self::default().rewritten(body.to_owned()),
        }
    }

    /// The first example, if it needs nothing; else nothing.
    fn first(operation: &str) -> Self {
        let plain = examples::of(operation).find_map(Example::plain);
        Self::sent(plain.unwrap_or("{}"))
    }
}

/// The drafts, by operation.
type Drafts = Rc<BTreeMap<&'static str, Draft>>;

/// What waits for a slow key.
#[derive(Clone, PartialEq)]
enum Job {
    Send(Request),
    Try(&'static Example),
}

impl Job {
    /// The next slow key it takes, in the world as it is now.
    fn slow_key(&self, store: &Store) -> Option<SlowKey> {
        match self {
            Self::Send(request) => store.timeline.slow_key(request),
            Self::Try(example) => example.slow_key(&store.timeline, &store.acting, store.region),
        }
    }
}

/// Counts the slow keys that were made.
#[derive(Default)]
struct Made(u32);

impl Reducible for Made {
    type Action = ();

    fn reduce(self: Rc<Self>, (): ()) -> Rc<Self> {
        Rc::new(Self(self.0.wrapping_add(1)))
    }
}

/// Does jobs, those that need a slow key as soon as it is there; and the job that waits, with the key it waits for.
#[hook]
fn use_jobs(
    store: &StoreHandle,
    keymaker: Option<Function>,
    done: Callback<Job>,
) -> (Callback<Option<Job>>, Option<Job>) {
    let waiting = use_state(|| None::<Job>);
    let made = use_reducer(Made::default);
    // Each time a key was made, what is still missing is looked at again, in the world as it is then.
    use_effect_with(((*waiting).clone(), made.0), {
        let (store, waiting, made) = (store.clone(), waiting.clone(), made.clone());
        move |(job, _): &(Option<Job>, u32)| {
            let Some(job) = job else { return };
            let Some(wanted) = job.slow_key(&store) else {
                waiting.set(None);
                return done.emit(job.clone());
            };
            let when_made = Callback::from(move |stood_still| {
                if stood_still {
                    store.dispatch(Action::Notice(lang::text(STOOD_STILL).into()));
                }
                made.dispatch(());
            });
            effects::make_slow_key(wanted, keymaker, when_made);
        }
    });
    let begin = {
        let waiting = waiting.clone();
        Callback::from(move |job| waiting.set(job))
    };
    (begin, (*waiting).clone())
}

const STOOD_STILL: &str =
    msg!("This browser lets the page have no worker here, so the page stood still while the key was made.");

/// The console.
#[component]
pub fn ConsoleView(props: &ConsoleProps) -> Html {
    let store = use_store();
    let drafts = use_state(Drafts::default);
    let cursor = store.timeline.cursor();
    let seen = use_mut_ref(|| cursor);
    let ConsoleProps { operation, visible, .. } = *props;

    // Moving through the history shows each step here.
    use_effect_with((visible, cursor), {
        let (store, go, seen) = (store.clone(), props.go.clone(), seen.clone());
        move |&(visible, cursor)| {
            if seen.replace(cursor) != cursor && visible {
                let step = u32::try_from(cursor).ok().filter(|step| *step > 0);
                let at = store.timeline.last().and_then(|step| known(&step.label()));
                go.emit((Route::Console { operation: at.unwrap_or(operation), step }, HistoryMode::Replace));
            }
        }
    });
    let shown = props.step.and_then(|number| {
        let number = usize::try_from(number).ok()?;
        let step = store.timeline.steps().get(number.checked_sub(1)?)?;
        Some(Shown { number, step: Rc::clone(step) })
    });
    let set = {
        let drafts = drafts.clone();
        Callback::from(move |(operation, draft): (&'static str, Draft)| {
            let mut next = BTreeMap::clone(&drafts);
            next.insert(operation, draft);
            drafts.set(Rc::new(next));
        })
    };
    // A step that is shown lends its request to the form.
    use_effect_with(shown.clone(), {
        let (set, drafts) = (set.clone(), drafts.clone());
        move |shown| {
            let Some(Input::Call(request)) = shown.as_ref().map(|shown| &shown.step.input) else { return };
            let is_there = drafts.get(operation).is_some_and(|draft| draft.text == request.body);
            if operation_of(&request.target) == Some(operation) && !is_there {
                set.emit((operation, Draft::sent(&request.body)));
            }
        }
    });
    let done = {
        let (store, go, set) = (store.clone(), props.go.clone(), set.clone());
        Callback::from(move |job| {
            let (timeline, route) = match job {
                Job::Send(request) => {
                    let mut timeline = (*store.timeline).clone();
                    let operation = operation_of(&request.target).and_then(known).unwrap_or(operation);
                    timeline.request(request);
                    let step = u32::try_from(timeline.cursor()).ok();
                    (timeline, Some(Route::Console { operation, step }))
                }
                Job::Try(example) => {
                    let prepared = example.prepare(&store.timeline, &store.acting, store.region);
                    store.dispatch(Action::ActAs(prepared.caller));
                    set.emit((example.operation, Draft::sent(&prepared.body)));
                    (prepared.timeline, None)
                }
            };
            seen.replace(timeline.cursor());
            store.dispatch(Action::Moved(Rc::new(timeline)));
            if let Some(route) = route.filter(|_| visible) {
                go.emit((route, HistoryMode::Push));
            }
        })
    };
    let (begin, waiting) = use_jobs(&store, props.keymaker.clone(), done);
    let Some(model) = model::operation(operation).filter(|_| visible) else { return Html::default() };

    let draft = drafts.get(operation).cloned().unwrap_or_else(|| Draft::first(operation));
    let choose = {
        let (go, step) = (props.go.clone(), props.step);
        Callback::from(move |operation| go.emit((Route::Console { operation, step }, HistoryMode::Push)))
    };
    let on_present = {
        let store = store.clone();
        Callback::from(move |step| store.dispatch(Action::Moved(store.moved_to(step))))
    };
    let send = {
        let request = Request::new(store.acting.clone(), store.region, operation, draft.text.clone());
        begin.reform(move |()| Some(Job::Send(request.clone())))
    };
    let cancel = begin.reform(|_: MouseEvent| None);
    let example = |example: &'static Example| {
        let onclick = begin.reform(move |_: MouseEvent| Some(Job::Try(example)));
        html! { <button class="btn small" {onclick} title={tr!("as {by}", by = example.by)}>{ lang::text(example.title) }</button> }
    };
    html! {
        <div class="console">
            <Operations {operation} {choose} />
            <section class="asking" aria-label={tr!("Request")}>
                <header>
                    <h1>{ breakable(operation) }</h1>
                    <p class="aside">{ purpose(operation) }</p>
                    if table::find(operation).is_none() {
                        <p class="absent">{ tr!("AWS has this operation; this build of the playground does not. Sent, it is answered NotInThisBuildException.") }</p>
                    }
                </header>
                <p class="try"><b>{ tr!("Try") }</b>{ for examples::of(operation).map(example) }</p>
                { request(&store, operation, model, &draft, &set.reform(move |draft| (operation, draft)), &send, waiting.is_some()) }
            </section>
            <aside class="inspector" aria-label={tr!("Answer")}>
                <div role="status">
                    if let Some(wanted) = waiting.and_then(|job| job.slow_key(&store)) {
                        <div class="card waiting">
                            <b>{ tr!("Making an RSA key of {bits} bits", bits = grouped(wanted.bits())) }</b>
                            <progress aria-label={tr!("Making the key")} />
                            <p class="hint">{ if props.keymaker.is_some() {
                                tr!("Two large primes are being searched for, which takes some seconds. A worker does it, so the page stays yours.")
                            } else {
                                tr!("Two large primes are being searched for. There is no worker here to do it, so the page stands still for some seconds.")
                            } }</p>
                            <button class="btn small" onclick={cancel}>{ tr!("Cancel") }</button>
                        </div>
                    }
                </div>
                if let Some(shown) = shown {
                    <AnswerView {shown} of={store.timeline.steps().len()} present={cursor} {on_present} />
                } else {
                    <h2>{ tr!("Nothing sent yet") }</h2>
                    <p class="empty">{ tr!("Send the request, or go through the history below: each step shows here with its answer, the eleven \
                        stages it went through, every policy statement that was looked at, and what travelled over the wire. Undo takes any \
                        request back.") }</p>
                }
            </aside>
        </div>
    }
}

/// The form and the text, of one request.
fn request(
    store: &StoreHandle,
    operation: &'static str,
    model: &'static OperationModel,
    draft: &Draft,
    set: &Callback<Draft>,
    send: &Callback<()>,
    waits: bool,
) -> Html {
    let on_members = set.reform(Draft::of_members);
    let oninput = {
        let (set, draft) = (set.clone(), draft.clone());
        Callback::from(move |event: InputEvent| {
            let area: Option<HtmlTextAreaElement> = event.target_dyn_into();
            area.into_iter().for_each(|area| set.emit(draft.rewritten(area.value())));
        })
    };
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(());
        })
    };
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let (violations, remark) = checked(operation, model, draft);
    let pick = pick::From {
        timeline: Rc::clone(&store.timeline),
        caller: store.acting.clone(),
        region: store.region,
        operation,
    };
    let around = Surroundings { pick, violations };
    let rows = draft.text.lines().count().clamp(8, 28).to_string();
    html! {
        <form class="both" {onsubmit} {onkeydown}>
            <fieldset class="form" key={operation}>
                <legend>{ tr!("Form") }</legend>
                if model.input.members.is_empty() { <p class="empty">{ tr!("This operation takes no members.") }</p> }
                { form::members(&around, "", &model.input, &draft.members, &on_members) }
            </fieldset>
            <div class="json">
                <label for="request-json">{ tr!("JSON") }</label>
                <textarea id="request-json" class="mono" {rows} spellcheck="false" value={draft.text.clone()} {oninput}
                    aria-invalid={draft.problem.as_ref().map(|_| "true")} aria-describedby="request-remarks" />
                <div id="request-remarks" role="status">
                    if let Some(problem) = &draft.problem { <p class="problem">{ problem }</p> }
                    if let Some(remark) = remark { <p class="hint">{ remark }</p> }
                </div>
                <button class="btn main" disabled={waits}>{ tr!("Send as {acting}", acting = store.acting.short_name()) }</button>
                <p class="hint">{ tr!("Ctrl and Enter sends too.") }</p>
            </div>
        </form>
    }
}

/// What KMS would find wrong with the request before it looks at anything else, and what it would not look at.
fn checked(operation: &str, model: &OperationModel, draft: &Draft) -> (Vec<(String, String)>, Option<String>) {
    let mut members = draft.members.clone();
    match shape::check(&mut members, model) {
        Ok(ignored) if ignored.is_empty() => (Vec::new(), None),
        Ok(ignored) => (
            Vec::new(),
            Some(tr!("KMS will ignore {ignored}, which the API does not have.", ignored = ignored.join(", "))),
        ),
        Err(Refusal::Shape(broken)) => {
            let missing = broken.iter().filter(|broken| broken.value == "Value null").map(|broken| broken.at.as_str());
            let missing: Vec<&str> = missing.collect();
            let remark = (!missing.is_empty()).then(|| tr!("Still missing: {missing}.", missing = missing.join(", ")));
            let given = broken.iter().filter(|broken| broken.value != "Value null");
            (given.map(|broken| (broken.at.clone(), broken.constraint.clone())).collect(), remark)
        }
        Err(other) => (Vec::new(), Fault::new(&other, Some(operation)).message),
    }
}

fn known(operation: &str) -> Option<&'static str> {
    model::operations().map(|(name, _)| name).find(|name| *name == operation)
}
