//! The front door: lessons, in an order, and one page of a lesson at a time.

mod exchange;
mod open;
mod page;
mod prose;
mod reading;
mod remedy;
mod task;
mod whole;

use std::rc::Rc;

use js_sys::Function;
use yew::prelude::*;

use crate::{
    rest,
    scenario::{
        Scenario, catalog, file,
        part::Part,
        run::{self, Played, Run},
    },
    timeline::{SlowKey, Timeline},
    ui::{
        later,
        learn::{open::OpenLesson, page::LessonPage},
        route::Route,
        store::{HistoryMode, use_store},
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
    let lessons = use_memo((), |()| {
        catalog::lessons().iter().filter_map(|lesson| file::parse(lesson.text).ok()).map(Rc::new).collect::<Vec<_>>()
    });
    let own = use_state(|| None::<Lesson>);
    let (lesson, page) = match &store.route {
        Route::Lesson { id, page } if id == YOUR_LESSON => (own.as_ref().map(|own| &own.0), *page),
        Route::Lesson { id, page } => (lessons.iter().find(|lesson| lesson.id == *id), *page),
        Route::Learn
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
    match lesson {
        Some(lesson) => {
            let number = lessons.iter().position(|other| other.id == lesson.id).map(|at| at + 1);
            let next = number.and_then(|number| lessons.get(number)).map(|next| (next.id.clone(), next.title.clone()));
            let name = number.map_or("Your lesson".to_owned(), |number| format!("Lesson {number}"));
            html! { <LessonPage lesson={Lesson(Rc::clone(lesson))} {name} page={clamped(page, lesson)} {next} go={props.go.clone()} keymaker={props.keymaker.clone()} /> }
        }
        None => {
            let lost = matches!(&store.route, Route::Lesson { id, .. } if id == YOUR_LESSON);
            let opened = {
                let go = props.go.clone();
                Callback::from(move |lesson: Rc<Scenario>| {
                    own.set(Some(Lesson(lesson)));
                    go.emit((Route::Lesson { id: YOUR_LESSON.to_owned(), page: 1 }, HistoryMode::Push));
                })
            };
            html! { <Contents lessons={Lessons(lessons)} go={props.go.clone()} {opened} {lost} keymaker={props.keymaker.clone()} /> }
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

#[derive(Clone)]
struct Lessons(Rc<Vec<Rc<Scenario>>>);

impl PartialEq for Lessons {
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
    let items = run.play_to(page).map_err(|error| format!("{}.md, {error}", lesson.id))?;
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

/// An address may name a page that the lesson does not have.
fn clamped(page: u32, lesson: &Scenario) -> usize {
    usize::try_from(page).unwrap_or(usize::MAX).clamp(1, lesson.pages.len())
}

#[derive(PartialEq, Properties)]
struct ContentsProps {
    lessons: Lessons,
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
    let card = |(at, lesson): (usize, &Rc<Scenario>)| {
        html! {
            <li>{ link(Route::Lesson { id: lesson.id.clone(), page: 1 }, "lesson-card", html! {
                <>
                    <span class="eyebrow">{ format!("Lesson {} · {} min · {} pages", at + 1, lesson.minutes, lesson.pages.len()) }</span>
                    <strong>{ &lesson.title }</strong>
                    <span>{ &lesson.summary }</span>
                </>
            }) }</li>
        }
    };
    let part = |part: Part| {
        let mut lessons = props.lessons.0.iter().enumerate().filter(|(_, lesson)| lesson.part == part).peekable();
        lessons.peek()?;
        Some(html! { <><h3>{ part.as_str() }</h3><ol>{ for lessons.map(card) }</ol></> })
    };
    html! {
        <main class="learn contents">
            <section class="welcome">
                <h1>{ "A whole AWS KMS, in this tab" }</h1>
                <p>{ "Real cryptography, real policy decisions, a clock you can move, and nothing hidden. Whatever you do stays in \
                      your browser, and every step can be undone." }</p>
                { link(Route::Envelope { step: 0 }, "invite", html! {
                    <>
                        <strong>{ "Encrypt a file of your own" }</strong>
                        <span>{ "Drop it anywhere on this page, or start with the sample: watch every key, every byte, and break it." }</span>
                    </>
                }) }
            </section>
            <section>
                <h2>{ "Lessons" }</h2>
                { for Part::ALL.into_iter().filter_map(part) }
            </section>
            { later(store.whole, || html! {
                <OpenLesson opened={props.opened.clone()} lost={props.lost} keymaker={props.keymaker.clone()} />
            }) }
        </main>
    }
}
