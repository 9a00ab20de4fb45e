//! The front door: lessons, in an order, and one page of a lesson at a time.

pub(super) mod exchange;
mod find;
mod open;
mod page;
mod progress;
pub(super) mod prose;
mod reading;
mod remedy;
pub(super) mod task;
mod whole;

use std::rc::Rc;

use js_sys::Function;
use yew::prelude::*;

use crate::{
    lang::{self, tr},
    rest,
    scenario::{
        Front, Scenario, catalog,
        course::Reached,
        part::Part,
        run::{self, Played, Run},
    },
    timeline::{SlowKey, Timeline},
    ui::{
        later,
        learn::{
            find::{Reference, Search},
            open::OpenLesson,
            page::LessonPage,
            progress::ProgressBar,
        },
        route::Route,
        store::{HistoryMode, Same, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct LearnViewProps {
    pub go: Callback<(Route, HistoryMode)>,
    /// Makes slow keys beside the page, where there can be a worker.
    pub keymaker: Option<Function>,
}

/// The list of lessons, or one page of one.
#[component]
pub fn LearnView(props: &LearnViewProps) -> Html {
    let store = use_store();
    let listed = use_memo((), |()| {
        let front = |lesson: &'static catalog::Lesson| Some((lesson, lesson.listed()?));
        catalog::lessons().iter().filter_map(front).collect::<Vec<_>>()
    });
    let own = use_state(|| None::<Lesson>);
    let (id, page) = match &store.route {
        Route::Lesson { id, page } => (Some(id.clone()), *page),
        Route::Learn
        | Route::Exams
        | Route::Exam { .. }
        | Route::Envelope { .. }
        | Route::Policy { .. }
        | Route::Forwarded { .. }
        | Route::Rotation { .. }
        | Route::Services { .. }
        | Route::Asked(_)
        | Route::Limits { .. }
        | Route::Console { .. }
        | Route::Audit { .. } => (None, 1),
    };
    let at = id.as_ref().and_then(|id| listed.iter().position(|(lesson, _)| lesson.id == *id));
    let opened = use_memo((at, store.whole), |(at, _)| {
        let (lesson, _) = listed.get((*at)?)?;
        rest::without(|| lesson.read()).flatten().map(Rc::new)
    });
    let shown = |lesson: &Rc<Scenario>, name: String, next: Option<(String, String)>| {
        let page = clamped(page, lesson);
        html! { <LessonPage lesson={Lesson(Rc::clone(lesson))} {name} {page} {next} go={props.go.clone()} keymaker={props.keymaker.clone()} /> }
    };
    let is_own = id.as_deref() == Some(YOUR_LESSON);
    match (at, &*opened, &*own) {
        (None, _, Some(own)) if is_own => shown(&own.0, tr!("Your lesson").to_owned(), None),
        (None, ..) => {
            let opened = {
                let (go, own) = (props.go.clone(), own.clone());
                Callback::from(move |lesson: Rc<Scenario>| {
                    own.set(Some(Lesson(lesson)));
                    go.emit((Route::Lesson { id: YOUR_LESSON.to_owned(), page: 1 }, HistoryMode::Push));
                })
            };
            html! { <Contents listed={Same(listed)} go={props.go.clone()} {opened} lost={is_own} keymaker={props.keymaker.clone()} /> }
        }
        (Some(_), None, _) => html! { <main class="learn lesson"><p class="empty">{ tr!("Loading…") }</p></main> },
        (Some(at), Some(lesson), _) => {
            let number = at.saturating_add(1);
            let next = listed.get(number).map(|(next, front)| (next.id.to_owned(), front.title.clone()));
            shown(lesson, format!("{} {number}", kind(&lesson.front)), next)
        }
    }
}

/// In addresses, the lesson that was opened from a file.
pub(crate) const YOUR_LESSON: &str = "your-lesson";

/// A parsed lesson; the same one is equal to itself.
#[derive(Clone)]
pub(crate) struct Lesson(pub(crate) Rc<Scenario>);

impl PartialEq for Lesson {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// One page played: what came of each of its items, and the world it leaves.
pub(crate) struct PlayedPage {
    pub(crate) items: Vec<Played>,
    pub(crate) timeline: Timeline,
}

/// Plays a lesson up to a page, counted from 0. The same every time.
fn play(lesson: &Scenario, page: usize) -> Result<PlayedPage, String> {
    let mut run = Run::new(lesson);
    let items = run.play_to(page).map_err(|error| format!("{}.md, {error}", lesson.front.id))?;
    Ok(PlayedPage { items, timeline: run.timeline().clone() })
}

/// A page that shows, or what it waits for.
enum Prepared {
    Wants(SlowKey),
    Played(Result<Rc<PlayedPage>, String>),
}

/// Plays a lesson up to a page unless a slow key has to be made first; nothing if the rest of the program is missed.
fn prepare(lesson: &Scenario, page: usize) -> Option<Prepared> {
    rest::without(|| match run::slow_key(lesson, page) {
        Some(wanted) => Prepared::Wants(wanted),
        None => Prepared::Played(play(lesson, page).map(Rc::new)),
    })
}

fn kind(front: &Front) -> &'static str {
    if front.part == Part::Challenges { tr!("Challenge") } else { tr!("Lesson") }
}

/// An address may name a page that the lesson does not have.
fn clamped(page: u32, lesson: &Scenario) -> usize {
    usize::try_from(page).unwrap_or(usize::MAX).clamp(1, lesson.pages.len())
}

#[derive(PartialEq, Properties)]
struct ContentsProps {
    listed: Same<Vec<(&'static catalog::Lesson, Front)>>,
    go: Callback<(Route, HistoryMode)>,
    /// A lesson from a file.
    opened: Callback<Rc<Scenario>>,
    /// Whether such a lesson is asked for and not here.
    lost: bool,
    keymaker: Option<Function>,
}

#[component]
fn Contents(props: &ContentsProps) -> Html {
    let store = use_store();
    let link = |route: Route, class: &'static str, content: Html| {
        let go = props.go.clone();
        let href = route.to_hash();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            go.emit((route.clone(), HistoryMode::Push));
        });
        html! { <a {href} {class} {onclick}>{ content }</a> }
    };
    let store_of = use_store();
    let reached = |front: &Front, pages: usize| match store_of.progress.of(&front.id) {
        Some(Reached { done: true, .. }) => html! { <span class="tag allow">{ tr!("Done") }</span> },
        Some(Reached { page, .. }) => {
            html! { <span class="tag none">{ tr!("Page {page} of {pages}", page, pages) }</span> }
        }
        None => Html::default(),
    };
    let card = |(at, (lesson, front)): (usize, &(&catalog::Lesson, Front))| {
        let kind = kind(front);
        html! {
            <li>{ link(Route::Lesson { id: front.id.clone(), page: 1 }, "lesson-card", html! {
                <>
                    <span class="eyebrow">{ tr!("{kind} {at} · {minutes} min · {pages} pages", kind, at = at + 1, minutes = front.minutes, pages = lesson.pages) }</span>
                    <strong>{ &front.title }{ reached(front, lesson.pages) }</strong>
                    <span>{ &front.summary }</span>
                </>
            }) }</li>
        }
    };
    let part = |part: Part| {
        let mut lessons = props.listed.0.iter().enumerate().filter(|(_, (_, front))| front.part == part).peekable();
        lessons.peek()?;
        Some(html! { <><h3>{ lang::text(part.as_str()) }</h3><ol>{ for lessons.map(card) }</ol></> })
    };
    let question = use_state(AttrValue::default);
    let on_change = {
        let question = question.clone();
        Callback::from(move |words| question.set(words))
    };
    html! {
        <main class="learn contents">
            <section class="welcome">
                <h1>{ tr!("A whole AWS KMS, in this tab") }</h1>
                <p>{ tr!("Real cryptography, real policy decisions, a clock you can move, and nothing hidden. Whatever you do stays in \
                      your browser, and every step can be undone.") }</p>
                { link(Route::Envelope { step: 0 }, "invite", html! {
                    <>
                        <strong>{ tr!("Encrypt a file of your own") }</strong>
                        <span>{ tr!("Drop it anywhere on this page, or start with the sample: watch every key, every byte, and break it.") }</span>
                    </>
                }) }
                { link(Route::Services { service: None, step: None }, "invite", html! {
                    <>
                        <strong>{ tr!("See how services use keys") }</strong>
                        <span>{ tr!("S3, EBS, DynamoDB and six more around KMS: who asks for which key, what is stored, and what stops without it.") }</span>
                    </>
                }) }
                { link(Route::Exams, "lesson-card", html! {
                    <>
                        <strong>{ tr!("Test yourself") }</strong>
                        <span>{ tr!("Questions about worlds that KMS has really lived through. A set has a number, so it can be shared and marked.") }</span>
                    </>
                }) }
            </section>
            <section>
                <h2>{ tr!("Lessons") }</h2>
                <Search question={(*question).clone()} {on_change} />
                <ProgressBar />
                if question.trim().is_empty() { { for Part::ALL.into_iter().filter_map(part) } }
            </section>
            <Reference />
            { later(store.whole, || html! {
                <OpenLesson opened={props.opened.clone()} lost={props.lost} keymaker={props.keymaker.clone()} />
            }) }
        </main>
    }
}
