//! The page. Shows what the layers below recorded; decides nothing about KMS itself.

pub mod audit;
pub mod console;
mod dialog;
pub mod editor;
pub mod effects;
pub mod embed;
pub mod envelope;
pub mod exam;
pub mod frame;
pub mod home;
pub mod host;
pub mod keep;
mod language;
pub mod learn;
pub mod limits;
mod outcome;
mod player;
pub mod policy;
pub mod rotation;
pub mod route;
mod rules;
pub mod services;
mod share;
pub mod store;
mod visit;
mod worlds;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, Element};
use yew::prelude::*;

use crate::{
    arn::Region,
    clock::Timestamp,
    entropy::Seed,
    lang::{self, tr},
    rest,
    scenario::course::CourseProgress,
    timeline::Timeline,
    ui::{
        audit::AuditView,
        console::ConsoleView,
        envelope::EnvelopeView,
        exam::ExamView,
        frame::{BottomBar, TopBar},
        home::Home,
        host::Host,
        keep::{Found, Kept, Opened, moves},
        language::{Library, Spoken, use_language},
        learn::LearnView,
        limits::LimitsView,
        policy::PolicyView,
        rotation::RotationView,
        route::Route,
        services::ServicesView,
        store::{Action, HistoryMode, Same, Store, StoreHandle},
        visit::Visiting,
        worlds::Elsewhere,
    },
};

/// What the host page asked for, and what the outside gave once.
#[derive(Clone, PartialEq, Properties)]
pub struct AppProps {
    pub options: Rc<BTreeMap<String, String>>,
    /// When the session began.
    pub started: Timestamp,
    /// Where its chance comes from.
    pub seed: Seed,
    /// What makes slow keys beside the page, if there can be such a thing.
    pub keymaker: Option<Function>,
    /// What fetches the editor, if there can be such a thing.
    pub editor: Option<Function>,
    /// The way to the page around the playground.
    pub host: Host,
    /// What promises the table of a language by its tag, if there can be such a thing.
    pub languages: Option<Function>,
    /// Kept when the rest of the program is here, if it is not from the start.
    pub rest: Option<JsValue>,
    /// What opens the place where worlds are kept, if there can be such a thing.
    pub shelf: Option<Function>,
}

/// The whole page, as soon as there is a world to show: one that was saved may need the rest of the program.
#[component]
pub fn App(props: &AppProps) -> Html {
    let whole = use_state_eq(rest::is_here);
    use_effect_with(props.rest.clone(), {
        let whole = whole.clone();
        move |rest| {
            if let Some(rest) = rest.clone() {
                spawn_local(async move {
                    if JsFuture::from(Promise::resolve(&rest)).await.is_ok() {
                        whole.set(true);
                    }
                });
            }
        }
    });
    let opened = use_state(|| None::<Rc<Opened>>);
    let opening = use_memo((), |()| match Home::of(&props.options) {
        Home::Page => Some(keep::opening(props.shelf.as_ref())),
        Home::Element => None,
    });
    use_effect_with(*whole, {
        let opened = opened.clone();
        move |whole| {
            if let Some(opening) = (*opening).clone().filter(|_| *whole) {
                rest::within(|| spawn_local(async move { opened.set(Some(Rc::new(keep::open(opening).await))) }));
            }
        }
    });
    let library = Library(props.languages.clone());
    let spoken = use_language(&props.options, &library);
    let kept = use_mut_ref(|| None::<Store>);
    let (round, begun) = (use_state(|| (0_u32, None::<Rc<Store>>)), use_mut_ref(|| 0_u32));
    // Nothing is drawn in one language and a moment later in another.
    let Some(Spoken { language, missed }) = spoken else { return Html::default() };
    // A newcomer need not wait for what they cannot have left.
    let known = opened.is_some() || Home::of(&props.options) == Home::Element || !effects::visited();
    if kept.borrow().is_none() && known {
        let first = rest::without(|| first_state(props, opened.as_ref(), missed));
        *kept.borrow_mut() = first;
    }
    if let (number, Some(state)) = &*round
        && begun.replace(*number) != *number
    {
        kept.replace(Some(Store::clone(state)));
    }
    let first = kept.borrow().clone();
    match first {
        Some(first) => {
            let begin = {
                let round = round.clone();
                Callback::from(move |state: Store| round.set((round.0.wrapping_add(1), Some(Rc::new(state)))))
            };
            props.host.begins(&first, begin);
            // To begin anew is to keep nothing, whatever a view has remembered.
            let key = format!("{} {}", language.tag, round.0);
            html! {
            <ContextProvider<Library> context={library}>
                <Page {key} {first} kept={Same(kept)} whole={*whole} opened={(*opened).clone().map(Same)}
                    keymaker={props.keymaker.clone()} editor={props.editor.clone()} />
            </ContextProvider<Library>>
            }
        }
        None => html! { <p class="empty">{ tr!("Opening the world of your last visit…") }</p> },
    }
}

#[derive(PartialEq, Properties)]
struct PageProps {
    first: Store,
    /// Where the state stays for a page in another language.
    kept: Same<RefCell<Option<Store>>>,
    whole: bool,
    opened: Option<Same<Opened>>,
    keymaker: Option<Function>,
    editor: Option<Function>,
}

#[component]
fn Page(props: &PageProps) -> Html {
    let store: StoreHandle = use_reducer(|| props.first.clone());
    *props.kept.0.borrow_mut() = Some(Store::clone(&store));
    use_effect_with(props.whole, {
        let dispatcher = store.dispatcher();
        move |&whole| {
            if whole {
                dispatcher.dispatch(Action::Whole);
            }
        }
    });
    keep::use_keeping(&store, props.opened.clone());
    share::use_link(&store);
    effects::use_saving_progress(&store);
    effects::use_address(&store);

    let go = {
        let (dispatcher, home) = (store.dispatcher(), store.home);
        Callback::from(move |(route, mode): (Route, HistoryMode)| {
            if home == Home::Page {
                effects::write_route(&route, mode == HistoryMode::Push);
            }
            dispatcher.dispatch(Action::GoTo(route));
        })
    };
    host::use_host(&store, &go);
    use_effect_with((), {
        let store = store.clone();
        move |()| {
            if let (Home::Element, Some(words)) = (store.home, &store.notice) {
                store.host.tell_of_problem("attribute", words);
            }
        }
    });
    // Links in texts lead to addresses of the playground, which are none of the page around it.
    let onclick = {
        let (go, home) = (go.clone(), store.home);
        Callback::from(move |event: MouseEvent| {
            let link =
                event.target_dyn_into::<Element>().filter(|_| home == Home::Element && !event.default_prevented());
            let link = link.and_then(|element| element.closest("a[href^='#/']").ok()?);
            if let Some(route) = link.and_then(|link| Route::from_hash(&link.get_attribute("href")?)) {
                event.prevent_default();
                go.emit((route, HistoryMode::Push));
            }
        })
    };
    let on_step = {
        let go = go.clone();
        Callback::from(move |(step, mode)| go.emit((Route::Envelope { step }, mode)))
    };
    let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
    let ondrop = {
        let (dispatcher, go) = (store.dispatcher(), go.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            let files = event.data_transfer().and_then(|transfer| transfer.files());
            if let Some(file) = files.and_then(|files| files.get(0)) {
                if file.name().ends_with(share::FILE) {
                    let dispatcher = dispatcher.clone();
                    let read = move |text: Result<String, String>| match text {
                        Ok(text) => dispatcher.dispatch(Action::Link(text.into())),
                        Err(problem) => dispatcher.dispatch(Action::Notice(problem.into())),
                    };
                    effects::read_text(file, Callback::from(read));
                    return;
                }
                dispatcher.dispatch(Action::Dropped(file));
                go.emit((Route::Envelope { step: 0 }, HistoryMode::Push));
            }
        })
    };

    let (in_envelope, step) = (store.route.envelope().is_some(), store.route.envelope().unwrap_or(0));
    let in_console = matches!(store.route, Route::Console { .. });
    let console = if in_console { &store.route } else { &Route::CONSOLE };
    let (operation, shown) =
        if let Route::Console { operation, step } = console { (*operation, *step) } else { ("", None) };
    let (in_policy, decision, call, asked) = match &store.route {
        Route::Policy { step } => (true, *step, None, None),
        Route::Forwarded { step, call } => (true, Some(*step), Some(*call), None),
        Route::Asked(question) => (true, None, None, Some(Rc::clone(question))),
        Route::Learn
        | Route::Lesson { .. }
        | Route::Exams
        | Route::Exam { .. }
        | Route::Envelope { .. }
        | Route::Rotation { .. }
        | Route::Services { .. }
        | Route::Limits { .. }
        | Route::Console { .. }
        | Route::Audit { .. } => (false, None, None, None),
    };
    let (in_rotation, of) = if let Route::Rotation { key } = store.route { (true, key) } else { (false, None) };
    let (in_audit, record) = if let Route::Audit { record } = store.route { (true, record) } else { (false, None) };
    let (in_limits, preset) = if let Route::Limits { preset } = store.route { (true, preset) } else { (false, None) };
    let (in_services, service, served) =
        if let Route::Services { service, step } = store.route { (true, service, step) } else { (false, None, None) };
    let place = if let Route::Exam { paper, question } = store.route { Some((paper, question)) } else { None };
    let in_exam = place.is_some() || store.route == Route::Exams;
    let in_learn = matches!(store.route, Route::Learn | Route::Lesson { .. });
    // In somebody else's page, what is most important there is theirs.
    let (frame, view) = match store.home {
        Home::Page => ("div", "main"),
        Home::Element => ("section", "div"),
    };
    html! {
        <ContextProvider<StoreHandle> context={store.clone()}>
            <@{frame} class="frame" part="frame" aria-label={(frame == "section").then(|| tr!("KMS Playground"))} lang={lang::spoken().tag} dir={lang::spoken().direction.as_str()} {ondragover} {ondrop} {onclick}>
                <TopBar go={go.clone()} />
                <div class="notices" part="notices">
                    if store.whole {
                        { rest::within(|| html! {
                            <>
                                if let Some((_, visit)) = &store.own {
                                    <Visiting visit={Same(Rc::clone(visit))} go={go.clone()} />
                                }
                                <Elsewhere />
                            </>
                        }) }
                    }
                    if let Some(words) = &store.notice {
                        { notice(words, &store) }
                    }
                </div>
                // All stay, so that nothing is lost by looking elsewhere; only one shows.
                <@{view} class="view" part="view" hidden={!in_envelope}>
                    { later(store.whole, || html! { <EnvelopeView {step} {on_step} visible={in_envelope} /> }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_learn}>
                    <LearnView go={go.clone()} keymaker={props.keymaker.clone()} />
                </@>
                <@{view} class="view" part="view" hidden={!in_exam}>
                    { later(store.whole, || html! { <ExamView {place} visible={in_exam} go={go.clone()} /> }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_policy}>
                    { later(store.whole, || html! {
                        <PolicyView step={decision} {call} {asked} visible={in_policy} go={go.clone()} library={props.editor.clone()} />
                    }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_rotation}>
                    { later(store.whole, || html! { <RotationView {of} visible={in_rotation} go={go.clone()} /> }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_services}>
                    { later(store.whole, || html! {
                        <ServicesView {service} step={served} visible={in_services} go={go.clone()} />
                    }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_limits}>
                    { later(store.whole, || html! { <LimitsView {preset} visible={in_limits} go={go.clone()} /> }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_console}>
                    { later(store.whole, || html! {
                        <ConsoleView {operation} step={shown} visible={in_console} go={go.clone()} keymaker={props.keymaker.clone()} />
                    }) }
                </@>
                <@{view} class="view" part="view" hidden={!in_audit}>
                    { later(store.whole, || html! { <AuditView {record} visible={in_audit} go={go.clone()} /> }) }
                </@>
                if store.shows_world() { <BottomBar /> }
            </@>
        </ContextProvider<StoreHandle>>
    }
}

/// What is of the rest of the program; a line instead until that is here.
fn later(whole: bool, draw: impl FnOnce() -> Html) -> Html {
    if whole {
        rest::within(draw)
    } else {
        html! { <p class="empty">{ tr!("Loading…") }</p> }
    }
}

fn notice(words: &AttrValue, store: &StoreHandle) -> Html {
    let dispatcher = store.dispatcher();
    let onclick = Callback::from(move |_: MouseEvent| dispatcher.dispatch(Action::NoticeSeen));
    html! {
        <div class="notice" role="status">
            <p>{ words }</p>
            <button class="btn small" {onclick}>{ tr!("Close") }</button>
        </div>
    }
}

/// The application of the first account: it seals and opens, and may do nothing else.
const FIRST_CALLER: &str = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session";

fn first_state(props: &AppProps, opened: Option<&Rc<Opened>>, language_missed: bool) -> Store {
    let home = Home::of(&props.options);
    let fresh = || Rc::new(Timeline::ready_to_play(props.started, props.seed.clone()));
    let mut shelf = None;
    let (timeline, kept, mut notice) = match opened.map(|opened| &opened.found) {
        None if home == Home::Element => {
            let asked = || home::first_world(&props.options, props.started, props.seed.clone());
            match rest::needed(asked).unwrap_or_else(|| Err(String::new())) {
                Ok(timeline) => (Rc::new(timeline), Kept::Nowhere, None),
                Err(why) => {
                    let words = tr!(
                        "The world that this playground was asked for cannot be opened: {why}. A new one has begun.",
                        why
                    );
                    (fresh(), Kept::Nowhere, Some(words.into()))
                }
            }
        }
        None | Some(Found::Nothing) => (fresh(), Kept::Opening, None),
        Some(Found::Mine(workspace, stored)) => match reopened(stored) {
            Ok(timeline) => {
                workspace.stored_as(&timeline, stored);
                shelf = opened.and_then(|opened| opened.shelf.clone().ok()).map(Same);
                (timeline, Kept::Here(Rc::clone(workspace)), None)
            }
            Err(why) => (fresh(), Kept::Opening, Some(left_alone(&stored.name, &why))),
        },
        Some(Found::Elsewhere { id, stored }) => match reopened(stored) {
            Ok(timeline) => {
                shelf = opened.and_then(|opened| opened.shelf.clone().ok()).map(Same);
                (timeline, Kept::Elsewhere { id: id.clone(), name: stored.name.clone() }, None)
            }
            Err(why) => (fresh(), Kept::Opening, Some(left_alone(&stored.name, &why))),
        },
        Some(Found::Unreadable { name, trouble }) => {
            (fresh(), Kept::Opening, Some(left_alone(name, &keep::words(trouble))))
        }
        Some(Found::Single(text)) => match rest::needed(|| Timeline::restore(text)) {
            Some(Ok(timeline)) => (Rc::new(timeline), Kept::Opening, None),
            None => (fresh(), Kept::Opening, None),
            Some(Err(damage)) => {
                effects::put_aside(text);
                let words = tr!(
                    "The world of your last visit could not be opened: {damage}. A new one has begun; the old one is kept in \
                     this browser's storage as kms-playground/world-unreadable.",
                    damage
                );
                (fresh(), Kept::Opening, Some(words.into()))
            }
        },
    };
    if language_missed {
        notice = notice.or(Some(tr!("The language of this page could not be fetched, so it is in English.").into()));
    }
    let asked = match home {
        Home::Page => effects::route(),
        Home::Element => Some(home::first_route(&props.options).ok_or_else(|| {
            AttrValue::from(tr!("This playground was asked for a lesson or a view that there is not. Pick one above."))
        })),
    };
    let route = match asked {
        Some(Ok(route)) => route,
        Some(Err(words)) => {
            notice = notice.or(Some(words));
            Route::Learn
        }
        None => Route::Learn,
    };
    #[expect(clippy::expect_used, reason = "the constant is an ARN; a test opens the page")]
    let acting = FIRST_CALLER.parse().expect("an ARN");
    Store {
        home,
        host: props.host.clone(),
        readonly: props.options.contains_key("readonly"),
        theme: match home {
            Home::Page => effects::saved_theme(),
            Home::Element => home::first_theme(&props.options),
        },
        timeline,
        kept,
        shelf,
        link: effects::link().filter(|_| home == Home::Page),
        own: None,
        acting,
        region: Region::US_EAST_1,
        route,
        notice,
        dropped: None,
        progress: Rc::new(match home {
            Home::Page => effects::saved_progress(),
            Home::Element => CourseProgress::default(),
        }),
        whole: rest::is_here(),
    }
}

/// What is stored, which takes the rest of the program: nothing is made up where that is missed.
fn reopened(stored: &keep::shelf::Stored) -> Result<Rc<Timeline>, String> {
    let resumed = rest::needed(|| moves::resumed(stored));
    resumed.unwrap_or_else(|| Err(String::new())).map(Rc::new)
}

fn left_alone(name: &str, why: &str) -> AttrValue {
    tr!(
        "The world “{name}” could not be opened: {why}. A new one has begun; the other stays stored as it is.",
        name,
        why
    )
    .into()
}
