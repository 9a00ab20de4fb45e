//! Where the person's own worlds stay between visits: in the browser's database, sealed, one tab at a time. Views ask for
//! moves, the hooks here watch the store and write; the reducer never does.

pub mod moves;
pub mod shelf;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    lang::tr,
    rest,
    timeline::{self, Step, Timeline},
    ui::{
        effects,
        home::Home,
        keep::shelf::{Change, Held, Shelf, Stored, Trouble},
        store::{Action, Same, StoreHandle},
    },
};

/// Where the person's own world is kept.
#[derive(Clone)]
pub enum Kept {
    /// Not known yet.
    Opening,
    /// Nowhere: it is gone with the tab.
    Nowhere,
    /// In this browser, by this tab.
    Here(Rc<Workspace>),
    /// Another tab keeps it; this one shows what it found.
    Elsewhere { id: String, name: String },
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Opening, Self::Opening) | (Self::Nowhere, Self::Nowhere) => true,
            (Self::Here(one), Self::Here(other)) => Rc::ptr_eq(one, other),
            (Self::Elsewhere { id: one, .. }, Self::Elsewhere { id: other, .. }) => one == other,
            (Self::Opening | Self::Nowhere | Self::Here(_) | Self::Elsewhere { .. }, _) => false,
        }
    }
}

/// A world that this tab keeps.
pub struct Workspace {
    pub held: Held,
    /// What is stored of it. Nothing before the first write.
    written: RefCell<Option<Rc<Timeline>>>,
    /// The keys that would take long to make again, as they are stored.
    slow_keys: RefCell<String>,
    /// The last write did not end well, which was said.
    failed: Cell<bool>,
}

impl Workspace {
    /// One of which nothing is stored yet.
    pub fn new(held: Held) -> Rc<Self> {
        Rc::new(Self { held, written: RefCell::default(), slow_keys: RefCell::default(), failed: Cell::new(false) })
    }

    /// It is stored as that.
    pub fn stored_as(&self, timeline: &Rc<Timeline>, stored: &Stored) {
        self.written.replace(Some(Rc::clone(timeline)));
        self.slow_keys.replace(stored.beside.clone().unwrap_or_default());
    }

    /// What has to be written for `timeline` to be stored, if anything.
    fn change(&self, timeline: &Timeline) -> Option<Change> {
        let slow_keys = timeline::slow_keys();
        let beside = (*self.slow_keys.borrow() != slow_keys).then_some(slow_keys);
        let written = self.written.borrow();
        let before = written.as_deref().filter(|before| before.began_with(timeline));
        let (steps, stored) = (timeline.steps(), before.map_or(&[][..], Timeline::steps));
        let same = steps.iter().zip(stored).take_while(|(one, other)| Rc::ptr_eq(one, other)).count();
        let nothing_new = same == steps.len() && same == stored.len() && beside.is_none();
        if before.is_some_and(|before| nothing_new && before.cursor() == timeline.cursor()) {
            return None;
        }
        Some(Change {
            from: number(same),
            steps: steps.iter().skip(same).map(|step| Step::written(step)).collect(),
            cursor: number(timeline.cursor()),
            beginning: before.is_none().then(|| timeline.beginning()),
            beside,
        })
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What an earlier visit left.
pub enum Found {
    Nothing,
    /// A world that this tab keeps from now on.
    Mine(Rc<Workspace>, Stored),
    /// The world that was open last, which another tab has.
    Elsewhere {
        id: String,
        stored: Stored,
    },
    /// The world as it was kept before there were several.
    Single(String),
    /// A world that does not open, and why.
    Unreadable {
        name: String,
        trouble: Trouble,
    },
}

/// The browser's database, and what was open last.
pub struct Opened {
    pub shelf: Result<Rc<Shelf>, Trouble>,
    pub found: Found,
}

/// Begins to open the database, of which all else is in the rest of the program.
pub fn opening(opener: Option<&Function>) -> Option<Promise> {
    opener?.call0(&JsValue::NULL).ok()?.dyn_into().ok()
}

/// What is there when it is open. Tells of trouble, and loses nothing.
pub async fn open(opening: Option<Promise>) -> Opened {
    let shelf = match opening {
        Some(opening) => Shelf::open(opening).await,
        None => Err(Trouble::Denied),
    };
    let found = match (effects::single_world(), &shelf) {
        (Some(text), _) => Found::Single(text),
        (None, Ok(shelf)) => find(shelf).await.unwrap_or(Found::Nothing),
        (None, Err(_)) => Found::Nothing,
    };
    Opened { shelf, found }
}

async fn find(shelf: &Shelf) -> Result<Found, Trouble> {
    let (list, last) = (shelf.list().await?, shelf.setting(LAST).await);
    let Some(entry) = list.iter().find(|entry| Some(&entry.id) == last.as_ref()).or(list.last()) else {
        return Ok(Found::Nothing);
    };
    let held = shelf.take(&entry.id).await?;
    match shelf.read(&entry.id).await {
        Ok(Some(stored)) => Ok(match held {
            Some(held) => Found::Mine(Workspace::new(held), stored),
            None => Found::Elsewhere { id: entry.id.clone(), stored },
        }),
        Ok(None) => Ok(Found::Nothing),
        Err(trouble) => Ok(Found::Unreadable { name: entry.name.clone(), trouble }),
    }
}

/// The setting that names the world to open at the next visit.
const LAST: &str = "last";

/// Keeps the person's own world: gives it a place when the database is open, and writes it after every step.
#[hook]
pub fn use_keeping(store: &StoreHandle, opened: Option<Same<Opened>>) {
    let waiting = store.whole && store.kept == Kept::Opening;
    let begun = use_memo((), |()| Rc::clone(store.own_timeline()));
    use_effect_with((opened, waiting), {
        let store = store.clone();
        move |(opened, waiting): &(Option<Same<Opened>>, bool)| {
            if let Some(Same(opened)) = opened.clone().filter(|_| *waiting) {
                rest::within(|| spawn_local(settle(store, opened, Rc::clone(&*begun))));
            }
        }
    });
    let writer = use_mut_ref(Writer::default);
    let kept = store.kept.clone();
    use_effect_with((Same(Rc::clone(store.own_timeline())), kept, store.whole), {
        let store = store.clone();
        move |(timeline, kept, whole): &(Same<Timeline>, Kept, bool)| {
            if let (Kept::Here(workspace), true) = (kept, *whole) {
                rest::within(|| {
                    if writer.borrow_mut().add(workspace, &timeline.0) {
                        spawn_local(write(store, Rc::clone(&writer)));
                    }
                });
            }
        }
    });
    let id = if let Kept::Here(workspace) = &store.kept { Some(workspace.held.id()) } else { None };
    use_effect_with(id, {
        let shelf = store.shelf.clone();
        move |id: &Option<String>| {
            if let Some((id, shelf)) = id.clone().zip(shelf) {
                rest::within(|| spawn_local(async move { shelf.0.set(LAST, &id).await }));
            }
        }
    });
}

/// Gives the world that this tab began with a place among those that are kept.
/// A browser that was killed may have forgotten that there is one: then it is gone back to, unless something was `begun`
/// meanwhile.
async fn settle(store: StoreHandle, opened: Rc<Opened>, begun: Rc<Timeline>) {
    if store.home == Home::Element {
        return;
    }
    if let (Ok(shelf), Found::Mine(workspace, stored)) = (&opened.shelf, &opened.found)
        && store.own.is_none()
        && Rc::ptr_eq(store.own_timeline(), &begun)
        && let Ok(timeline) = moves::resumed(stored)
    {
        let timeline = Rc::new(timeline);
        workspace.stored_as(&timeline, stored);
        store.dispatch(Action::Kept(Some(Same(Rc::clone(shelf))), Kept::Opening));
        store.dispatch(Action::Live(timeline, Kept::Here(Rc::clone(workspace))));
        return;
    }
    let settled = match &opened.shelf {
        Ok(shelf) => moves::create(shelf, tr!("My world")).await.map(|workspace| (Rc::clone(shelf), workspace)),
        Err(trouble) => Err(trouble.clone()),
    };
    match settled {
        Ok((shelf, workspace)) => store.dispatch(Action::Kept(Some(Same(shelf)), Kept::Here(workspace))),
        Err(trouble) => {
            store.dispatch(Action::Kept(None, Kept::Nowhere));
            store.dispatch(Action::Notice(words(&trouble).into()));
        }
    }
}

/// One write at a time, and those that follow: the latest of each world. A world that was left is let go when all of it is
/// written.
#[derive(Default)]
struct Writer {
    busy: bool,
    queue: VecDeque<(Rc<Workspace>, Rc<Timeline>)>,
    present: Option<Rc<Workspace>>,
}

impl Writer {
    /// Takes in what is to be written, and says whether somebody has to begin with it.
    fn add(&mut self, workspace: &Rc<Workspace>, timeline: &Rc<Timeline>) -> bool {
        let left = self.present.replace(Rc::clone(workspace)).filter(|left| !Rc::ptr_eq(left, workspace));
        if let Some(left) = left.filter(|_| !self.busy) {
            left.held.release();
        }
        self.queue.retain(|(other, _)| !Rc::ptr_eq(other, workspace));
        self.queue.push_back((Rc::clone(workspace), Rc::clone(timeline)));
        !std::mem::replace(&mut self.busy, true)
    }

    /// What is to be written next, after `written`.
    fn next(&mut self, written: Option<Rc<Workspace>>) -> Option<(Rc<Workspace>, Rc<Timeline>)> {
        let next = self.queue.pop_front();
        if let (Some(written), Some(present)) = (written, &self.present)
            && !Rc::ptr_eq(&written, present)
        {
            written.held.release();
        }
        self.busy = next.is_some();
        next
    }
}

async fn write(store: StoreHandle, writer: Rc<RefCell<Writer>>) {
    let mut written = None;
    loop {
        let next = writer.borrow_mut().next(written);
        let Some((workspace, timeline)) = next else { return };
        written = Some(Rc::clone(&workspace));
        let Some(change) = workspace.change(&timeline) else { continue };
        match workspace.held.write(&change).await {
            Ok(()) => {
                workspace.written.replace(Some(timeline));
                if let Some(slow_keys) = change.beside {
                    workspace.slow_keys.replace(slow_keys);
                }
                workspace.failed.set(false);
                effects::forget_single_world();
            }
            Err(trouble) => {
                // Once: the next step tries again to write all that is missing.
                if !workspace.failed.replace(true) {
                    store.dispatch(Action::Notice(words(&trouble).into()));
                }
            }
        }
    }
}

/// What happened, what it means, and what to do.
pub fn words(trouble: &Trouble) -> String {
    let gone = tr!(
        "All works, but the keys are gone when the tab closes: save this world to a file under Worlds, or open your envelopes, \
         before that."
    );
    match trouble {
        Trouble::Denied => tr!("This browser keeps nothing for this page. {gone}", gone),
        Trouble::Insecure => tr!(
            "This page did not come over HTTPS, so the browser has no key to wrap yours under, and they are not kept. {gone}",
            gone
        ),
        Trouble::Silent => {
            tr!("The browser's storage does not answer, so nothing is kept. {gone} Or reload the page.", gone)
        }
        Trouble::Newer => tr!(
            "A later version of the playground keeps worlds in this browser. Reload the page to get it; until then nothing is \
             kept here. {gone}",
            gone
        ),
        Trouble::Full => tr!(
            "The browser has no room for the last steps of this world. It stays as it is until you close the tab, and each \
             further step tries again: delete worlds that you no longer need, or save this one to a file under Worlds."
        )
        .to_owned(),
        Trouble::Unreadable => {
            tr!("What is stored does not open: it is damaged, or the browser has lost its key.").to_owned()
        }
        Trouble::Other(what) => {
            tr!("The browser could not keep the last steps of this world ({what}). {gone}", what, gone)
        }
    }
}
