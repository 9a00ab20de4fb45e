//! The page's state: one value, one pure reducer. What happens outside (storage, address bar, clock) is in
//! [`crate::ui::effects`], which watches it.

use std::{cell::RefCell, rc::Rc};

use serde::Deserialize;
use serde_json::Value;
use yew::prelude::*;

use crate::{
    arn::Region,
    endpoint::Outcome,
    estate::principal::Caller,
    lang::tr,
    scenario::{course::CourseProgress, judge::Judge},
    timeline::Timeline,
    ui::{
        home::Home,
        host::Host,
        keep::{Kept, shelf::Shelf},
        route::Route,
    },
};

/// Everything the views share.
#[derive(Clone)]
pub struct Store {
    pub home: Home,
    /// The way to the page around the playground.
    pub host: Host,
    /// Whether a reader may only look: nothing is added to the history but by the page around the playground.
    pub readonly: bool,
    pub theme: Theme,
    pub timeline: Rc<Timeline>,
    /// Where the person's own world is kept, and where others are.
    pub kept: Kept,
    pub shelf: Option<Same<Shelf>>,
    /// A world that somebody shared, as it stands in an address, until it is opened.
    pub link: Option<Rc<str>>,
    /// While the world of something else is visited: the person's own, and what is visited. Only the own one is saved.
    pub own: Option<(Rc<Timeline>, Rc<Visit>)>,
    /// On whose behalf requests are made.
    pub acting: Caller,
    pub region: Region,
    pub route: Route,
    /// A sentence for the person, until the next one or until it is put away.
    pub notice: Option<AttrValue>,
    /// A file dropped anywhere on the page, until a view takes it.
    pub dropped: Option<web_sys::File>,
    /// How far the person is in the course.
    pub progress: Rc<CourseProgress>,
    /// Whether the rest of the program is here.
    pub whole: bool,
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.timeline, &other.timeline)
            && Rc::ptr_eq(self.own_timeline(), other.own_timeline())
            && (&self.acting, self.region, &self.route) == (&other.acting, other.region, &other.route)
            && (&self.notice, self.whole, self.theme) == (&other.notice, other.whole, other.theme)
            && self.dropped == other.dropped
            && (&self.kept, &self.shelf, &self.link) == (&other.kept, &other.shelf, &other.link)
            && self.progress == other.progress
    }
}

/// The colours.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// What the browser asks for.
    Auto,
    Light,
    Dark,
}

/// What has a world that takes the place of the person's own, for a while.
pub struct Visit {
    /// Whose world it is, for example `the lesson “…”`.
    pub of: String,
    /// Where the way back leads.
    pub from: Route,
    /// What is to be done in it, if it is visited for that.
    pub task: Option<Errand>,
}

/// A task that is done in the views.
pub struct Errand {
    pub judge: Judge,
    /// The world as the task begins.
    pub begun: Rc<Timeline>,
}

/// Whether a step in the address bar can be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryMode {
    Push,
    Replace,
}

/// All that can happen to the state.
pub enum Action {
    /// The world moved, forth or back.
    Moved(Rc<Timeline>),
    /// The page around the playground made a request.
    Answered(Rc<Timeline>),
    /// The world of a lesson or a question takes the place of the person's own, for a while.
    Visit(Rc<Timeline>, Rc<Visit>),
    /// Where the person's own world is kept is known.
    Kept(Option<Same<Shelf>>, Kept),
    /// Another world is the person's own from now on.
    Live(Rc<Timeline>, Kept),
    /// There is a shared world to be opened.
    Link(Rc<str>),
    LinkTaken,
    /// The person is as far as that in the course.
    Progress(CourseProgress),
    /// They opened a page of a lesson, counted from 1.
    Opened(String, u32),
    /// They did a task of a lesson.
    Finished(String),
    /// Back to the person's own world.
    Home,
    ActAs(Caller),
    InRegion(Region),
    GoTo(Route),
    Notice(AttrValue),
    NoticeSeen,
    Theme(Theme),
    Dropped(web_sys::File),
    DroppedTaken,
    /// The rest of the program is here.
    Whole,
}

/// Said where a reader would add to the history of a playground that is there to be looked at.
pub fn read_only() -> &'static str {
    tr!("This playground is there to look at and to step through. Its page allows no requests of your own.")
}

/// Whether one history has anything that the other lacks; going back and forth adds nothing.
fn adds(timeline: &Timeline, before: &Timeline) -> bool {
    timeline.made_since(before).is_none_or(|made| !made.is_empty())
}

impl Reducible for Store {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Self::clone(&self);
        match action {
            Action::Moved(timeline) if next.readonly && adds(&timeline, &next.timeline) => {
                next.notice = Some(AttrValue::from(read_only()));
            }
            Action::Moved(timeline) | Action::Answered(timeline) => next.timeline = timeline,
            Action::Visit(timeline, visit) => {
                let own = next.own.take().map_or(next.timeline, |(own, _)| own);
                next.own = Some((own, visit));
                next.timeline = timeline;
            }
            Action::Kept(shelf, kept) => (next.shelf, next.kept) = (shelf.or(next.shelf), kept),
            Action::Live(timeline, kept) => {
                next.own = None;
                next.timeline = timeline;
                next.kept = kept;
            }
            Action::Link(link) => next.link = Some(link),
            Action::LinkTaken => next.link = None,
            Action::Progress(progress) => next.progress = Rc::new(progress),
            Action::Opened(lesson, page) => Rc::make_mut(&mut next.progress).open(&lesson, page),
            Action::Finished(lesson) => Rc::make_mut(&mut next.progress).finish(&lesson),
            Action::Home => {
                if let Some((own, _)) = next.own.take() {
                    next.timeline = own;
                }
            }
            Action::ActAs(caller) => next.acting = caller,
            Action::InRegion(region) => next.region = region,
            Action::GoTo(route) => next.route = route,
            Action::Notice(words) => next.notice = Some(words),
            Action::NoticeSeen => next.notice = None,
            Action::Theme(theme) => next.theme = theme,
            Action::Dropped(_) if next.readonly => next.notice = Some(AttrValue::from(read_only())),
            Action::Dropped(file) => {
                next.dropped = Some(file);
                next.route = Route::Envelope { step: 0 };
            }
            Action::DroppedTaken => next.dropped = None,
            Action::Whole => next.whole = true,
        }
        Rc::new(next)
    }
}

impl Store {
    /// The timeline after one request by `caller` in the current Region, and the outcome.
    pub fn called(&self, caller: &Caller, operation: &str, body: &Value) -> (Rc<Timeline>, Rc<Outcome>) {
        let mut timeline = Timeline::clone(&self.timeline);
        let outcome = timeline.call(caller.clone(), self.region, operation, body.to_string());
        (Rc::new(timeline), outcome)
    }

    /// The world that is saved: the person's own, also while they visit a lesson's.
    pub fn own_timeline(&self) -> &Rc<Timeline> {
        self.own.as_ref().map_or(&self.timeline, |(own, _)| own)
    }

    /// Whether what shows is about the world that the person is in. The pages of a lesson and the questions of an exam have
    /// worlds of their own.
    pub fn shows_world(&self) -> bool {
        let elsewhere = matches!(self.route, Route::Lesson { .. } | Route::Exams | Route::Exam { .. });
        !elsewhere || self.own.is_some()
    }

    /// The timeline with the cursor after the first `steps` steps.
    pub fn moved_to(&self, steps: usize) -> Rc<Timeline> {
        let mut timeline = Timeline::clone(&self.timeline);
        timeline.go_to(steps);
        Rc::new(timeline)
    }
}

/// Equal to itself only. Holds what it is about, so that nothing new can come to lie in its place.
pub struct Same<T>(pub Rc<T>);

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

pub type StoreHandle = UseReducerHandle<Store>;

/// The state, and the way to change it.
///
/// # Panics
///
/// Outside the app's own context provider, which wraps every view.
#[hook]
#[expect(clippy::expect_used, reason = "the app provides the context around every view")]
pub fn use_store() -> StoreHandle {
    use_context::<StoreHandle>().expect("inside the app")
}

/// The state as it is when it is looked at, for work that goes on later than it was asked for.
#[hook]
pub fn use_latest(store: &StoreHandle) -> Rc<RefCell<Store>> {
    let latest = use_mut_ref(|| Store::clone(store));
    latest.replace(Store::clone(store));
    latest
}
