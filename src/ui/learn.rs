//! The front door: lessons, in an order, and one page of a lesson at a time.

mod contents;
pub(super) mod exchange;
mod fetch;
mod find;
mod open;
mod page;
mod preview;
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
    lang::tr,
    rest,
    scenario::{
        Front, Scenario, catalog,
        part::Part,
        run::{self, Played, Run},
    },
    timeline::{SlowKey, Timeline},
    ui::{
        later,
        learn::{contents::Contents, fetch::FetchLesson, page::LessonPage},
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
    let (id, page) = store.route.lesson().map_or((None, 1), |(id, page)| (Some(id.to_owned()), page));
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
    let from = id.as_deref().and_then(|id| id.strip_prefix(FROM)).map(AttrValue::from);
    match (at, &*opened, &*own) {
        (None, _, Some(own)) if id.as_deref() == Some(&*own.0.front.id) => {
            shown(&own.0, tr!("Your lesson").to_owned(), None)
        }
        (None, ..) => {
            let opened = {
                let (go, own) = (props.go.clone(), own.clone());
                Callback::from(move |lesson: Rc<Scenario>| {
                    let id = lesson.front.id.clone();
                    own.set(Some(Lesson(lesson)));
                    // A lesson that was fetched is at its address already.
                    if id == YOUR_LESSON {
                        go.emit((Route::Lesson { id, page: 1 }, HistoryMode::Push));
                    }
                })
            };
            match from {
                Some(path) => html! {
                    <div class="learn contents">
                        { later(store.whole, || html! {
                            <FetchLesson key={path.to_string()} path={path.clone()} {opened} keymaker={props.keymaker.clone()} />
                        }) }
                    </div>
                },
                None => {
                    html! { <Contents listed={Same(listed)} go={props.go.clone()} {opened} lost={is_own} keymaker={props.keymaker.clone()} /> }
                }
            }
        }
        (Some(_), None, _) => html! { <div class="learn lesson"><p class="empty">{ tr!("Loading…") }</p></div> },
        (Some(at), Some(lesson), _) => {
            let number = at.saturating_add(1);
            let next = listed.get(number).map(|(next, front)| (next.id.to_owned(), front.title.clone()));
            shown(lesson, format!("{} {number}", kind(&lesson.front)), next)
        }
    }
}

/// In addresses, the lesson that was opened from a file.
pub(crate) const YOUR_LESSON: &str = "your-lesson";

/// In ids of lessons, before the path from which one was fetched.
pub(crate) const FROM: &str = "from:";

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
