//! Where one looks, and what was last done.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    endpoint::Outcome,
    estate::principal::Caller,
    story::chronicle::{
        Life,
        axis::{FIRST_ZOOM, Window},
    },
};

/// One value, one reducer.
#[derive(Clone)]
pub(super) struct Desk {
    pub zoom: usize,
    /// Where one looks, if it was moved; else around the present.
    pub window: Option<Window>,
    pub page: usize,
    /// What the names of keys are to have in them.
    pub wanted: String,
    pub table: bool,
    /// The ciphertext that is looked at.
    pub chosen: Option<usize>,
    /// The rotation period and the waiting period that are asked for, as they are written.
    pub period: String,
    pub waiting: String,
    /// Whether requests are only made by whoever acts, also if somebody else may and they may not.
    pub strict: bool,
    /// What KMS said to the last request from here, and who asked.
    pub said: Option<(Caller, &'static str, Rc<Outcome>)>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            zoom: FIRST_ZOOM,
            window: None,
            page: 0,
            wanted: String::new(),
            table: false,
            chosen: None,
            period: "365".to_owned(),
            waiting: "30".to_owned(),
            strict: false,
            said: None,
        }
    }
}

pub(super) enum DeskAction {
    Zoom(usize, Window),
    Window(Option<Window>),
    Page(usize),
    Want(String),
    Table,
    /// Looks at a ciphertext, or at none.
    Look(Option<usize>),
    Period(String),
    Waiting(String),
    Strict(bool),
    Said(Caller, &'static str, Rc<Outcome>),
}

impl Reducible for Desk {
    type Action = DeskAction;

    fn reduce(self: Rc<Self>, action: DeskAction) -> Rc<Self> {
        let mut next = Self::clone(&self);
        match action {
            DeskAction::Zoom(zoom, window) => {
                next.window = next.window.is_some().then(|| window.zoomed(zoom));
                next.zoom = zoom;
            }
            DeskAction::Window(window) => next.window = window,
            DeskAction::Page(page) => next.page = page,
            DeskAction::Want(wanted) => (next.wanted, next.page) = (wanted, 0),
            DeskAction::Table => next.table = !next.table,
            DeskAction::Look(chosen) => (next.chosen, next.said) = (chosen, None),
            DeskAction::Period(period) => next.period = period,
            DeskAction::Waiting(waiting) => next.waiting = waiting,
            DeskAction::Strict(strict) => next.strict = strict,
            DeskAction::Said(caller, operation, outcome) => next.said = Some((caller, operation, outcome)),
        }
        Rc::new(next)
    }
}

impl Desk {
    /// Whether a key is looked for.
    pub(super) fn wants(&self, life: &Life) -> bool {
        let wanted = self.wanted.trim().to_lowercase();
        wanted.is_empty()
            || [&life.name, &life.about, &life.key.arn.to_string()]
                .into_iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    }
}

pub(super) type DeskHandle = UseReducerHandle<Desk>;
