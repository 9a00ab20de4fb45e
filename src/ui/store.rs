//! The page's state: one value, one pure reducer. What happens outside (storage, address bar, clock) is in
//! [`crate::ui::effects`], which watches it.

use std::rc::Rc;

use serde_json::Value;
use yew::prelude::*;

use crate::{arn::Region, endpoint::Outcome, estate::principal::Caller, timeline::Timeline, ui::route::Route};

/// Everything the views share.
#[derive(Clone)]
pub struct Store {
    pub timeline: Rc<Timeline>,
    /// On whose behalf requests are made.
    pub acting: Caller,
    pub region: Region,
    pub route: Route,
    /// A sentence for the person, until the next one or until it is put away.
    pub notice: Option<AttrValue>,
    /// A file dropped anywhere on the page, until a view takes it.
    pub dropped: Option<web_sys::File>,
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.timeline, &other.timeline)
            && (&self.acting, self.region, &self.route) == (&other.acting, other.region, &other.route)
            && self.notice == other.notice
            && self.dropped == other.dropped
    }
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
    ActAs(Caller),
    InRegion(Region),
    GoTo(Route),
    Notice(AttrValue),
    NoticeSeen,
    Dropped(web_sys::File),
    DroppedTaken,
}

impl Reducible for Store {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Self::clone(&self);
        match action {
            Action::Moved(timeline) => next.timeline = timeline,
            Action::ActAs(caller) => next.acting = caller,
            Action::InRegion(region) => next.region = region,
            Action::GoTo(route) => next.route = route,
            Action::Notice(words) => next.notice = Some(words),
            Action::NoticeSeen => next.notice = None,
            Action::Dropped(file) => {
                next.dropped = Some(file);
                next.route = Route::Envelope { step: 0 };
            }
            Action::DroppedTaken => next.dropped = None,
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

    /// The timeline with the cursor after the first `steps` steps.
    pub fn moved_to(&self, steps: usize) -> Rc<Timeline> {
        let mut timeline = Timeline::clone(&self.timeline);
        timeline.go_to(steps);
        Rc::new(timeline)
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
