//! Why a request is allowed or denied: the question as a sentence, the checks as a path, the text of every policy that had a
//! say, and what becomes of other questions when that text changes.
//!
//! Every answer is an outcome of the core, recorded in the history or asked of a draft of the world.

mod address;
mod answers;
mod context;
mod desk;
mod documents;
mod inspect;
mod layers;
mod matrix;
mod path;
mod pins;
mod remedies;
mod sentence;

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    authz::decision::{CheckReport, Decision, Verdict},
    endpoint::{Outcome, Request, Tracing},
    estate::principal::Caller,
    kms::World,
    lang::tr,
    services::flow,
    story::question::Question,
    timeline::{Input, access::Known, ask::Draft},
    ui::{
        editor::Words,
        player::{Player, Reached, Segment},
        policy::{
            address::Asked,
            answers::Table,
            desk::{Desk, DeskAction, DeskHandle},
        },
        route::Route,
        store::{HistoryMode, Same, Store, StoreHandle, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct PolicyProps {
    /// The step of the history whose decision is shown, counted from 1; else the question on the desk is asked.
    pub step: Option<u32>,
    /// Of the requests that a service made in that step, the one that is meant, counted from 1.
    pub call: Option<u32>,
    /// The question in the address bar.
    pub asked: Option<Rc<Question>>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
    pub library: Option<Function>,
}

/// All that the parts of the view are drawn from.
struct Looking<'a> {
    store: &'a StoreHandle,
    desk: &'a DeskHandle,
    question: &'a Question,
    /// The world with the edited policies in it.
    draft: &'a Rc<Draft>,
    /// The world that the outcome is about: the draft, or the one in which the step was made.
    world: &'a World,
    request: &'a Request,
    outcome: &'a Rc<Outcome>,
    /// Absent where the request was refused before, or needs no permission.
    decision: Option<&'a Decision>,
    /// The check that the player stands on.
    at: usize,
    pins: &'a [(Question, Option<Verdict>)],
    table: Option<&'a Table>,
    known: &'a Known,
    /// What would change the answer, and whether it is this one that it is about.
    remedies: &'a (Option<answers::Found>, bool),
    /// Who would put the key's policy.
    putter: &'a Caller,
    words: &'a Words,
    path: &'a NodeRef,
    /// The step of the history that is shown, if it is not the question on the desk.
    step: Option<usize>,
    go: &'a Callback<(Route, HistoryMode)>,
}

/// The view.
#[component]
pub fn PolicyView(props: &PolicyProps) -> Html {
    let store = use_store();
    let desk = use_reducer(Desk::default);
    let opened = use_mut_ref(|| false);
    let address = (props.asked.as_ref(), props.step);
    let (question, unknown) = match address::use_question(&store, &desk, address, props.visible, &props.go) {
        Asked::Question(question) => (Some(question), None),
        Asked::Unknown(unknown) => (None, Some(unknown)),
        Asked::Nothing => (None, None),
    };
    let drafted = (Same(Rc::clone(&store.timeline)), desk.drafts.clone(), props.visible);
    let draft = use_memo(drafted, |(_, drafts, _)| {
        Rc::new(store.timeline.draft(drafts.iter().map(|(place, text)| (place, text.as_deref()))))
    });
    let asked_of = Same(Rc::clone(&draft));
    let key = (asked_of.clone(), question.clone(), props.visible);
    let answered = use_memo(key, |(_, question, visible)| {
        let question = question.as_ref().filter(|_| *visible)?;
        let request = question.request(draft.world());
        let outcome = Rc::new(draft.explain(&request, Tracing::On));
        Some((request, outcome))
    });
    let shown = question.as_ref().filter(|_| props.visible);
    let known = answers::use_known(&store.timeline, &draft, shown);
    let table = answers::use_table((&store.timeline, &draft, !desk.drafts.is_empty()), shown, &known);
    let about = question.as_ref().filter(|_| props.visible).map(|question| question.key);
    let pins = use_memo((asked_of.clone(), desk.pins.clone(), about), |(_, pinned, about)| {
        about.map(|key| pins::ask(&draft, pinned.as_ref().map(|pins| pins.as_slice()), key)).unwrap_or_default()
    });
    let about =
        question.as_ref().filter(|_| !desk.drafts.is_empty()).map(|question| (question.key, question.caller.clone()));
    let putter = use_memo((Same(Rc::clone(&store.timeline)), about), |(_, about)| match (about, &question) {
        (Some(_), Some(question)) => documents::putter(&store.timeline, question),
        _ => store.acting.clone(),
    });
    let words = use_memo((), |()| documents::words());
    let path = use_node_ref();
    let tab = use_state(|| inspect::Tab::Change);
    let chosen = answered.as_ref().as_ref().map_or(0, |(_, outcome)| chosen(&desk, outcome));
    let asking = answered.as_ref().as_ref().filter(|_| props.step.is_none() && *tab == inspect::Tab::Change);
    let asking = asking.and_then(|(request, outcome)| Some((question.as_ref()?, request, outcome)));
    let remedies = answers::use_remedies(&draft, asking, chosen, &known);
    // The check that the player stands on is in sight.
    use_effect_with((desk.at, answered.as_ref().as_ref().map(|(_, outcome)| Same(Rc::clone(outcome))), props.step), {
        let path = path.clone();
        move |_| {
            let Some(path) = path.cast::<HtmlElement>() else { return };
            let now = path.query_selector(".now").ok().flatten().and_then(|now| now.dyn_into::<HtmlElement>().ok());
            if let Some(now) = now {
                path.set_scroll_top(now.offset_top() - path.offset_top() - 8);
            }
        }
    });
    *opened.borrow_mut() |= props.visible;
    if !*opened.borrow() {
        return Html::default();
    }
    if let Some(unknown) = unknown {
        return address::unknown(store.timeline.world(), &unknown, &props.go);
    }
    let recorded = props.step.and_then(|step| recorded(&store, step, props.call));
    let step = recorded.as_ref().map(|(step, ..)| *step);
    let Some(question) = recorded.as_ref().map(|(_, question, ..)| question.clone()).or(question) else {
        return no_key();
    };
    let Some((request, outcome)) =
        recorded.map(|(.., request, outcome)| (request, outcome)).or_else(|| (*answered).clone())
    else {
        return Html::default();
    };

    let decisions = &outcome.decisions;
    let chosen = self::chosen(&desk, &outcome);
    let decision = decisions.get(chosen);
    let decided = decision.map_or(0, path::deciding);
    let last = decision.map_or(0, |decision| decision.checks.len());
    let at = desk.at.map_or(decided, |at| at.min(last));
    let looking = Looking {
        pins: &pins,
        table: table.as_deref(),
        known: &known,
        remedies: &remedies,
        putter: &putter,
        words: &words,
        path: &path,
        store: &store,
        desk: &desk,
        question: &question,
        draft: &draft,
        world: step.map_or(draft.world(), |step| store.timeline.world_before(step)),
        request: &request,
        outcome: &outcome,
        decision,
        at,
        step,
        go: &props.go,
    };
    let whole = looking.table.filter(|_| desk.matrix);
    let on_step = {
        let desk = desk.clone();
        Callback::from(move |(at, _): (usize, HistoryMode)| desk.dispatch(DeskAction::At(at)))
    };
    html! {
        <main class="policy">
            <section class="left" aria-label={tr!("Questions")}>
                { pins::list(&looking) }
                { matrix::small(&looking) }
                { pins::presets(&looking) }
            </section>
            <section class="stage" aria-label={tr!("Decision")}>
                { sentence::sentence(&looking, decisions, chosen) }
                if let Some(table) = whole {
                    { matrix::whole(&looking, table) }
                }
                <div class="split" hidden={whole.is_some()}>
                    { path::path(&looking) }
                    { documents::documents(&looking, props.library.clone()) }
                </div>
                if let (Some(decision), None) = (decision, whole) {
                    <Player segments={segments(decision)} reached={last} step={at} go={on_step} />
                }
            </section>
            <section class="inspector" aria-label={tr!("Inspector")}>
                { inspect::inspector(&looking, &tab) }
            </section>
        </main>
    }
}

/// One segment for each check, and the verdict.
fn segments(decision: &Decision) -> Rc<[Segment]> {
    let decided = path::deciding(decision);
    let denied = decision.verdict != Verdict::Allowed;
    let check = |(at, report): (usize, &CheckReport)| Segment {
        label: path::name(report.check).short,
        title: path::name(report.check).title.into(),
        state: if denied && at == decided { Reached::Failed } else { Reached::Happened },
        marked: false,
    };
    let verdict =
        Segment { label: tr!("verdict"), title: tr!("The verdict").into(), state: Reached::Happened, marked: false };
    decision.checks.iter().enumerate().map(check).chain([verdict]).collect()
}

/// The decision that is looked at: the chosen one, that about the chosen permission, or the one that decides.
fn chosen(desk: &DeskHandle, outcome: &Outcome) -> usize {
    let decisions = &outcome.decisions;
    let deciding = decisions.iter().position(|decision| decision.verdict != Verdict::Allowed);
    let wanted = desk.action.as_ref().and_then(|action| decisions.iter().position(|it| it.action == *action));
    desk.decision.filter(|at| *at < decisions.len()).or(wanted).or(deciding).unwrap_or(0)
}

/// A button that asks a question, and looks at the decision about a permission where it needs several.
fn asking(looking: &Looking<'_>, question: Question, action: Option<String>) -> Callback<MouseEvent> {
    let (desk, go, question) = (looking.desk.clone(), looking.go.clone(), Rc::new(question));
    Callback::from(move |_: MouseEvent| {
        desk.dispatch(DeskAction::Matrix(false));
        desk.dispatch(DeskAction::About(action.clone()));
        go.emit((Route::Asked(Rc::clone(&question)), HistoryMode::Push));
    })
}

/// A call of the history as a question, with its request and outcome.
fn recorded(store: &Store, step: u32, call: Option<u32>) -> Option<(usize, Question, Request, Rc<Outcome>)> {
    let number = usize::try_from(step).ok()?;
    let step = store.timeline.steps().get(number.checked_sub(1)?)?;
    let (request, outcome) = match (call, &step.input, step.outcome()) {
        (None, Input::Call(request), Some(outcome)) => (request, outcome),
        (Some(call), ..) => {
            let nth = usize::try_from(call).ok()?.checked_sub(1)?;
            let call = flow::kms_calls(&step.flow).nth(nth)?;
            (&call.request, &call.outcome)
        }
        (None, ..) => return None,
    };
    let question = desk::question_of(request, outcome, &step.world)?;
    Some((number, question, request.clone(), Rc::clone(outcome)))
}

/// What a newcomer is asked: may whoever acts decrypt with the first key of this Region?
fn first_question(store: &Store) -> Option<Question> {
    let world = store.timeline.world();
    let here = |account| world.aliases_in(account, store.region, None).map(|(_, alias)| alias.key).last();
    let key = here(store.acting.account()).or_else(|| world.keys().map(|key| key.arn).next())?;
    let context = [("tenant".to_owned(), "7".to_owned())].into();
    Some(Question { caller: store.acting.clone(), operation: "Decrypt", key, context })
}

fn no_key() -> Html {
    html! {
        <main class="policy">
            <section class="stage">
                <h1>{ tr!("No key yet") }</h1>
                <p class="empty">{ tr!("Policies are asked about keys, and this world has none. Make one in the Console, with CreateKey.") }</p>
            </section>
        </main>
    }
}

/// A button that does something with the desk.
fn doing(desk: &DeskHandle, action: impl Fn() -> DeskAction + 'static) -> Callback<MouseEvent> {
    let desk = desk.clone();
    Callback::from(move |_: MouseEvent| desk.dispatch(action()))
}

/// How a verdict is drawn: class, sign and words.
fn told(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Allowed => ("allow", "✓", tr!("allowed")),
        Verdict::ImplicitlyDenied => ("implicit", "✕", tr!("not allowed")),
        Verdict::ExplicitlyDenied => ("deny", "✕", tr!("denied")),
    }
}

/// The verdict on all permissions of an outcome; nothing where none was decided.
fn verdict(outcome: &Outcome) -> Option<Verdict> {
    let denied = outcome.decisions.iter().find(|decision| decision.verdict != Verdict::Allowed);
    denied.or(outcome.decisions.first()).map(|decision| decision.verdict)
}

/// A caller's name without its kind, for example `Developer`.
fn bare_name(caller: &Caller) -> String {
    let name = caller.short_name();
    name.split_once('/').map_or(name.as_str(), |(_, bare)| bare).to_owned()
}

/// The alias of a key in its world, or the beginning of its id.
fn key_name(world: &World, key: KeyArn) -> String {
    let alias = world.aliases_of(key).next().map(|alias| alias.as_str().to_owned());
    alias.unwrap_or_else(|| format!("key/{}…", key.id.to_string().get(..8).unwrap_or_default()))
}
