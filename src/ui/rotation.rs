//! Keys through time: each version of a key as a bar, each ciphertext as a dot under the version that sealed it, and what
//! opens it now.
//!
//! What there is to draw is the chronicle's; what a button does is a request or a step of the history like any other.

mod chart;
mod controls;
mod desk;
mod inspect;
mod table;

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::{
    arn::KeyId,
    clock::Span,
    kms::Rules,
    lang::{self, tr, trn},
    story::chronicle::{
        Chronicle, Life, Opening,
        axis::{self, Window},
        picture,
        start::{STARTS, Start},
        still,
    },
    timeline::Timeline,
    ui::{
        effects,
        rotation::desk::{Desk, DeskAction, DeskHandle},
        route::Route,
        rules,
        store::{Action, HistoryMode, Same, StoreHandle, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct RotationProps {
    /// The key that is looked at.
    pub of: Option<KeyId>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
}

/// All that the parts of the view are drawn from.
struct Looking<'a> {
    store: &'a StoreHandle,
    desk: &'a DeskHandle,
    chronicle: &'a Chronicle,
    /// The ciphertext that is looked at, and what KMS answers when it is to be opened now.
    opening: Option<(usize, &'a Opening)>,
    window: Window,
    /// The lives that are shown on this page.
    shown: &'a [&'a Life],
    /// The one that is looked at.
    life: Option<&'a Life>,
    go: &'a Callback<(Route, HistoryMode)>,
}

/// So many keys are on a page.
const PAGE: usize = 24;

/// The view.
#[component]
pub fn RotationView(props: &RotationProps) -> Html {
    let store = use_store();
    let desk = use_reducer(Desk::default);
    let seen = (Same(Rc::clone(&store.timeline)), props.visible);
    let chronicle = use_memo(seen, |(_, visible)| visible.then(|| Chronicle::read(&store.timeline)));
    let looked_at = (Same(Rc::clone(&chronicle)), desk.chosen);
    let opening = use_memo(looked_at, |(chronicle, chosen)| {
        let (chronicle, at) = ((*chronicle.0).as_ref()?, (*chosen)?);
        let ciphertext = chronicle.ciphertexts.get(at)?;
        let life = chronicle.lives.iter().find(|life| life.key.arn == ciphertext.key)?;
        Some((at, ciphertext.opening(&store.timeline, life)))
    });
    let Some(chronicle) = chronicle.as_ref() else { return Html::default() };
    let found: Vec<&Life> = chronicle.lives.iter().filter(|life| desk.wants(life)).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = desk.page.min(pages - 1);
    let shown = found.get(page * PAGE..).unwrap_or_default();
    let shown = shown.get(..PAGE).unwrap_or(shown);
    let of_dot = desk.chosen.and_then(|at| chronicle.ciphertexts.get(at)).map(|ciphertext| ciphertext.key.id);
    let wanted = of_dot.or(props.of);
    let named = wanted.and_then(|id| chronicle.lives.iter().find(|life| life.key.arn.id == id));
    let looking = Looking {
        store: &store,
        desk: &desk,
        chronicle,
        opening: opening.as_ref().as_ref().map(|(at, opening)| (*at, opening)),
        window: desk.window.unwrap_or_else(|| Window::around(chronicle.now, desk.zoom)),
        shown,
        life: named.or_else(|| shown.iter().rev().copied().max_by_key(|life| (life.gone.is_none(), life.sealed.len()))),
        go: &props.go,
    };
    html! {
        <main class="rotation">
            <section class="left" aria-label={tr!("Rotation")}>
                { introduction(&looking) }
            </section>
            <section class="stage" aria-label={tr!("Picture")}>
                { head(&looking) }
                { tools(&looking) }
                if chronicle.lives.is_empty() {
                    <p class="empty">{ tr!("No key yet, so there is nothing to see. A key is made in the Console with CreateKey, or with one of the histories to begin with.") }</p>
                } else if desk.table {
                    { table::table(&looking) }
                } else {
                    { chart::chart(&looking) }
                }
                if pages > 1 { { pager(&looking, page, pages, found.len()) } }
                { turns(&looking) }
                if chronicle.lives.iter().all(|life| life.sealed.is_empty() && life.key.materials().len() < 2) { { nothing_yet(&looking) } }
            </section>
            <section class="inspector" aria-label={tr!("Inspector")}>
                { inspect::inspector(&looking) }
            </section>
        </main>
    }
}

/// What there could be to see, and a way to see it.
fn nothing_yet(looking: &Looking<'_>) -> Html {
    let begin = STARTS.first().map(|start| {
        html! { <button class="btn main" onclick={making(looking, start)}>{ tr!("Let four years pass") }</button> }
    });
    html! {
        <div class="card nothing-yet">
            <h3>{ tr!("Nothing has happened to these keys yet") }</h3>
            <p>{ tr!("When a key rotates, a new bar begins here, and the old one stays. When something is sealed, a blue dot hangs from the \
                bar that sealed it. Turn rotation on and let time pass, or see it done:") }</p>
            { begin }
        </div>
    }
}

/// A button that makes a history.
fn making(looking: &Looking<'_>, start: &'static Start) -> Callback<MouseEvent> {
    let (store, desk) = (looking.store.clone(), looking.desk.clone());
    Callback::from(move |_: MouseEvent| {
        let mut timeline = Timeline::clone(&store.timeline);
        start.make(&mut timeline, &store.acting, store.region);
        store.dispatch(Action::Moved(Rc::new(timeline)));
        desk.dispatch(DeskAction::Look(None));
    })
}

fn introduction(looking: &Looking<'_>) -> Html {
    let begin = |start: &'static Start| {
        let onclick = making(looking, start);
        html! {
            <li><button class="start" {onclick}><b>{ lang::text(start.title) }</b><small>{ lang::text(start.about) }</small></button></li>
        }
    };
    html! {
        <>
            <span class="eyebrow">{ tr!("Rotation") }</span>
            <h1>{ tr!("A key gets older, its ciphertexts do not") }</h1>
            <p>{ tr!("Each bar is one version of a key’s material. The newest seals; every older one is kept, to open what it sealed. Pick a \
                blue dot: it is a ciphertext, and hangs from the version that made it.") }</p>
            <h2 class="eyebrow">{ tr!("Begin with a history") }</h2>
            <ul class="starts">{ for STARTS.iter().map(begin) }</ul>
            <p class="hint">{ tr!("Each is made of real steps, which you can take back below.") }</p>
            { then_and_now(looking) }
        </>
    }
}

/// The rule sets, and where they differ.
fn then_and_now(looking: &Looking<'_>) -> Html {
    let rules = looking.store.timeline.world().rules();
    let years = |rules: Rules| match rules.managed_rotation_days() / 365 {
        1 => tr!("year").to_owned(),
        years => tr!("{years} years", years),
    };
    let (then, now) = (years(Rules::Classic), years(Rules::Today));
    let words = match rules {
        Rules::Classic => tr!(
            "As in study notes of about 2019: keys that AWS manages rotate every {then}. Since May 2022 it is every {now}.",
            then,
            now
        ),
        Rules::Today => tr!(
            "Keys that AWS manages rotate every {now}. Study notes of about 2019 say every {then}, which was so until May 2022.",
            now,
            then
        ),
    };
    html! {
        <div class="card then">
            <h2>{ tr!("Then and now") }</h2>
            { rules::switch(looking.store) }
            <p class="hint">{ words }</p>
        </div>
    }
}

fn head(looking: &Looking<'_>) -> Html {
    let Looking { chronicle, desk, .. } = *looking;
    let names: usize = chronicle.lives.iter().map(|life| life.names.len()).sum();
    let mut parts = vec![picture::keys(chronicle.lives.len())];
    if names > 0 {
        parts.push(trn!(names, "1 alias that moved", "{names} aliases that moved"));
    }
    parts.push(picture::ciphertexts(chronicle.ciphertexts.len()));
    let zoom = |step: i8, label: &'static str, sign: &'static str| {
        let to = desk.zoom.checked_add_signed(step.into()).filter(|to| *to <= axis::last_zoom());
        let window = looking.window;
        let onclick = doing(desk, move || DeskAction::Zoom(to.unwrap_or(0), window));
        html! { <button class="btn small" {onclick} disabled={to.is_none()} aria-label={label} title={label}>{ sign }</button> }
    };
    html! {
        <header>
            <h2>{ tr!("Keys through time") }</h2>
            <p class="say">{ parts.join(", ") }</p>
            <div class="zoom" role="group" aria-label={tr!("How far to look")}>
                { zoom(1, tr!("Look farther"), "−") }
                <output aria-label={tr!("Shown")}>{ axis::zoom_name(desk.zoom) }</output>
                { zoom(-1, tr!("Look closer"), "+") }
            </div>
        </header>
    }
}

fn tools(looking: &Looking<'_>) -> Html {
    let Looking { desk, window, .. } = *looking;
    let by = |fifths: i64| doing(desk, move || DeskAction::Window(Some(window.moved(fifths))));
    let still = {
        let timeline = Rc::clone(&looking.store.timeline);
        let ids: Vec<_> = looking.shown.iter().map(|life| life.key.arn).collect();
        let (zoom, window) = (desk.zoom, looking.window);
        Callback::from(move |_: MouseEvent| {
            let chronicle = Chronicle::read(&timeline);
            let lives: Vec<&Life> = chronicle.lives.iter().filter(|life| ids.contains(&life.key.arn)).collect();
            let text = still::svg(&chronicle, &lives, window, zoom);
            if let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(&text))) {
                effects::download(&format!("keys-{}.svg", picture::day(chronicle.now)), &blob);
            }
        })
    };
    let table = doing(desk, || DeskAction::Table);
    let oninput = {
        let desk = desk.clone();
        Callback::from(move |event: InputEvent| {
            let field: Option<HtmlInputElement> = event.target_dyn_into();
            field.into_iter().for_each(|field| desk.dispatch(DeskAction::Want(field.value())));
        })
    };
    html! {
        <div class="tools">
            <div class="pan" role="group" aria-label={tr!("Where to look")}>
                <button class="btn small" onclick={by(-2)}>{ tr!("◀ earlier") }</button>
                <button class="btn small" onclick={doing(desk, || DeskAction::Window(None))} disabled={desk.window.is_none()}>{ tr!("now") }</button>
                <button class="btn small" onclick={by(2)}>{ tr!("later ▶") }</button>
            </div>
            if looking.chronicle.lives.len() > 8 {
                <label class="find"><span>{ tr!("Keys with") }</span><input type="search" {oninput} value={desk.wanted.clone()} /></label>
            }
            <button class="btn small quiet" onclick={table} aria-pressed={desk.table.to_string()}>{ if desk.table { tr!("Picture") } else { tr!("As a table") } }</button>
            <button class="btn small quiet" onclick={still}>{ tr!("Save as SVG") }</button>
        </div>
    }
}

fn pager(looking: &Looking<'_>, page: usize, pages: usize, count: usize) -> Html {
    let desk = looking.desk;
    let first = page * PAGE;
    let onchange = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let select: Option<HtmlSelectElement> = event.target_dyn_into();
            let at = select.and_then(|select| usize::try_from(select.selected_index()).ok());
            at.into_iter().for_each(|at| desk.dispatch(DeskAction::Page(at)));
        })
    };
    html! {
        <nav class="pager" aria-label={tr!("Pages of keys")}>
            <button class="btn small" disabled={page == 0} onclick={doing(desk, move || DeskAction::Page(page.saturating_sub(1)))}>{ tr!("◀ Keys before") }</button>
            <select {onchange} aria-label={tr!("Page")}>
                { for (0..pages).map(|at| html! { <option selected={at == page}>{ tr!("page {at} of {pages}", at = at + 1, pages) }</option> }) }
            </select>
            <button class="btn small" disabled={page + 1 >= pages} onclick={doing(desk, move || DeskAction::Page(page + 1))}>{ tr!("Keys after ▶") }</button>
            <span class="hint">{ tr!("{first} to {last} of {count}", first = first + 1, last = (first + PAGE).min(count), count) }</span>
        </nav>
    }
}

/// Lets time pass, by what is usual and to what comes next.
fn turns(looking: &Looking<'_>) -> Html {
    let pass = |label: String, span: Span| {
        let (store, desk) = (looking.store.clone(), looking.desk.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            let mut timeline = Timeline::clone(&store.timeline);
            timeline.advance(span);
            store.dispatch(Action::Moved(Rc::new(timeline)));
            desk.dispatch(DeskAction::Window(None));
        });
        html! { <button class="btn small" {onclick}>{ label }</button> }
    };
    let world = looking.store.timeline.world();
    let next = world.next_due().map(|(at, due)| (world.now.until(at), inspect::due(looking.chronicle, due)));
    html! {
        <div class="turns" role="group" aria-label={tr!("Let time pass")}>
            { pass(tr!("+1 day").to_owned(), Span::days(1)) }
            { pass(tr!("+90 days").to_owned(), Span::days(90)) }
            { pass(tr!("+1 year").to_owned(), Span::days(365)) }
            if let Some((span, what)) = next {
                { pass(tr!("To the next event: {what} in {span} ▸", what, span = picture::wait(span)), span) }
            } else {
                <span class="hint">{ tr!("Nothing falls due by itself. Turn rotation on, or schedule a deletion.") }</span>
            }
        </div>
    }
}

/// A button that does something with the desk.
fn doing(desk: &DeskHandle, action: impl Fn() -> DeskAction + 'static) -> Callback<MouseEvent> {
    let desk = desk.clone();
    Callback::from(move |_: MouseEvent| desk.dispatch(action()))
}
