//! The outside: address bar, downloads, clipboard, and what is small enough to be kept as it is. Views ask; the reducer never
//! does. Worlds are kept by [`crate::ui::keep`].

use std::{collections::BTreeMap, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Element, HtmlAnchorElement, HtmlDialogElement, HtmlElement, ShadowRoot, Storage, Url};
use yew::prelude::*;

use crate::{
    exam::Answers,
    lang::tr,
    scenario::course::CourseProgress,
    timeline::{self, SecretBytes, SlowKey},
    ui::{
        home::Home,
        route::Route,
        store::{Action, HistoryMode, StoreHandle, Theme},
    },
};

/// Where the world was before there were several.
const WORLD: &str = "kms-playground/world";
/// There is a world in the database.
const KEPT: &str = "kms-playground/kept";
/// Where a saved world goes that this build cannot read, so that nothing is lost.
const UNREADABLE_WORLD: &str = "kms-playground/world-unreadable";
/// With it: the keys that would take long to make again when it is replayed.
const SLOW_KEYS: &str = "kms-playground/slow-keys";
/// What was last answered to a set of questions.
const EXAM: &str = "kms-playground/exam";
/// How far somebody is in the course.
pub const PROGRESS: &str = "kms-playground/progress";
const THEME: &str = "kms-playground/theme";
const LANGUAGE: &str = "kms-playground/language";

/// Whether an earlier visit kept a world, as far as one can know before the database is open.
pub fn visited() -> bool {
    let has = |storage: &Storage, key| matches!(storage.get_item(key), Ok(Some(_)));
    storage().is_some_and(|storage| has(&storage, KEPT) || has(&storage, WORLD))
}

/// The world as it was kept before there were several, and with it the keys that take long to make.
pub fn single_world() -> Option<String> {
    let storage = storage()?;
    let text = storage.get_item(WORLD).ok()??;
    if let Ok(Some(keys)) = storage.get_item(SLOW_KEYS) {
        timeline::keep_slow_keys(&keys);
    }
    Some(text)
}

/// Puts that world aside, which cannot be read. Without room for a second copy the first one stays where it is.
pub fn put_aside(text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(UNREADABLE_WORLD, text);
    }
}

/// What is kept is in the database from now on.
pub fn forget_single_world() {
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEPT, "1");
        let _ = storage.remove_item(WORLD);
        let _ = storage.remove_item(SLOW_KEYS);
    }
}

/// How far an earlier visit came in the course. What cannot be read is as good as nothing.
pub fn saved_progress() -> CourseProgress {
    let text = storage().and_then(|storage| storage.get_item(PROGRESS).ok().flatten());
    text.and_then(|text| CourseProgress::from_json(&text).ok()).unwrap_or_default()
}

/// Writes down how far the person is; where nothing is kept they know that already.
#[hook]
pub fn use_saving_progress(store: &StoreHandle) {
    let kept = store.home == Home::Page;
    use_effect_with(Rc::clone(&store.progress), move |progress| {
        if let Some(storage) = storage().filter(|_| kept) {
            let _ = if progress.is_empty() {
                storage.remove_item(PROGRESS)
            } else {
                storage.set_item(PROGRESS, &progress.to_json())
            };
        }
    });
}

/// Reads a file as text, and tells what it says or why that cannot be.
pub fn read_text(file: web_sys::File, done: Callback<Result<String, String>>) {
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        done.emit(text.ok_or_else(|| tr!("the file could not be read; choose it once more").to_owned()));
    });
}

/// Follows the address bar, and tells of addresses that mean nothing.
#[hook]
pub fn use_address(store: &StoreHandle) {
    let (dispatcher, home) = (store.dispatcher(), store.home);
    use_effect_with((), move |()| {
        let listener = web_sys::window().filter(|_| home == Home::Page).map(|window| {
            EventListener::new(&window, "popstate", move |_| match route() {
                _ if link().is_some() => link().into_iter().for_each(|link| dispatcher.dispatch(Action::Link(link))),
                Some(Ok(route)) => dispatcher.dispatch(Action::GoTo(route)),
                Some(Err(words)) => dispatcher.dispatch(Action::Notice(words)),
                None => dispatcher.dispatch(Action::GoTo(Route::Learn)),
            })
        });
        move || drop(listener)
    });
}

/// The world that somebody shared, if the address bar holds one.
pub fn link() -> Option<Rc<str>> {
    let hash = web_sys::window()?.location().hash().ok()?;
    hash.strip_prefix(SHARED).map(Rc::from)
}

/// What the address of a shared world begins with, after the page's own.
const SHARED: &str = "#/s/";

/// The address at which a shared world opens.
pub fn shared_address(text: &str) -> String {
    format!("{}{SHARED}{text}", page_address())
}

/// Where the address bar points: nowhere, somewhere, or at nothing there is.
pub fn route() -> Option<Result<Route, AttrValue>> {
    let hash = web_sys::window()?.location().hash().ok()?;
    if hash.is_empty() || hash == "#" || hash.starts_with(SHARED) {
        return None;
    }
    Some(Route::from_hash(&hash).ok_or_else(|| {
        let shown: String = hash.chars().take(80).collect();
        AttrValue::from(tr!("There is nothing at the address {shown}. Pick a view above.", shown))
    }))
}

/// Writes a route to the address bar, as a new entry or in place of the present one.
pub fn write_route(route: &Route, push: bool) {
    let Some(history) = web_sys::window().and_then(|window| window.history().ok()) else { return };
    let hash = route.to_hash();
    // Refused in some sandboxed frames; the view has changed all the same.
    let _ = if push {
        history.push_state_with_url(&JsValue::NULL, "", Some(&hash))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&hash))
    };
}

/// Has a slow key made and keeps it, then tells `done`: whether the page had to stand still for it.
pub fn make_slow_key(wanted: SlowKey, keymaker: Option<Function>, done: Callback<bool>) {
    spawn_local(async move { done.emit(slow_key_made(wanted, keymaker).await) });
}

/// The same, for whoever waits.
pub async fn slow_key_made(wanted: SlowKey, keymaker: Option<Function>) -> bool {
    let asked = keymaker.and_then(|keymaker| {
        let promise = keymaker.call1(&JsValue::NULL, &wanted.to_text().into()).ok()?;
        promise.dyn_into::<Promise>().ok()
    });
    let made = match asked {
        Some(promise) => JsFuture::from(promise).await.ok().and_then(|key| key.dyn_into::<Uint8Array>().ok()),
        None => None,
    };
    if let Some(key) = &made {
        wanted.keep(SecretBytes::from_vec(key.to_vec()));
    } else {
        // Long enough for the page to say what it is about to do.
        TimeoutFuture::new(100).await;
        if let Ok(key) = wanted.make() {
            wanted.keep(key);
        }
    }
    made.is_none()
}

/// Does `work` when the browser had time to show the press that asked for it. What a view does for the first time is compiled
/// then, which takes long enough on a slow machine for the page to seem dead.
pub fn soon(work: impl FnOnce() + 'static) {
    Timeout::new(0, work).forget();
}

/// Goes somewhere when it is pressed.
pub fn leads(go: &Callback<(Route, HistoryMode)>, to: Route) -> Callback<MouseEvent> {
    let go = go.clone();
    Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        let (go, to) = (go.clone(), to.clone());
        soon(move || go.emit((to, HistoryMode::Push)));
    })
}

/// Offers `blob` as a file of that name.
pub fn download(name: &str, blob: &Blob) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    if let Ok(anchor) = document.create_element("a").map(JsCast::unchecked_into::<HtmlAnchorElement>) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    // The download has its own hold on the bytes once it has begun.
    Timeout::new(60_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
}

/// Offers text as a file of that name.
pub fn download_text(name: &str, text: &str) {
    if let Ok(blob) = Blob::new_with_str_sequence(&js_sys::Array::of1(&JsValue::from_str(text))) {
        download(name, &blob);
    }
}

/// Opens the browser's dialogue for printing, when what is to be printed has been drawn.
pub fn print() {
    Timeout::new(0, || {
        let _ = web_sys::window().map(|window| window.print());
    })
    .forget();
}

/// Moves the focus to an element if it is in the playground already, or nowhere: it is not taken from the page around it.
pub fn focus_within(element: &HtmlElement) {
    let root = element.get_root_node().dyn_into::<ShadowRoot>().ok();
    let is_inside = root.as_ref().is_some_and(|root| root.active_element().is_some());
    let stands_alone = root.is_some_and(|root| root.host().has_attribute("standalone"));
    if is_inside || stands_alone {
        let _ = element.focus();
    }
}

/// Opens a dialogue, at its heading: the first thing that can be done in it may be far below.
pub fn open_dialog(dialog: &NodeRef) {
    let Some(dialog) = dialog.cast::<HtmlDialogElement>() else { return };
    let _ = dialog.show_modal();
    if let Some(heading) = dialog.query_selector("h2").ok().flatten().and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = heading.focus();
    }
}

/// Scrolls to an element that lies below the window.
pub fn bring_into_view(element: &Element) {
    let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64());
    if height.is_some_and(|height| element.get_bounding_client_rect().top() > height - 60.0) {
        element.scroll_into_view();
    }
}

/// Puts text on the clipboard, and tells `done` whether the browser allowed it.
pub fn copy(text: String, done: Callback<bool>) {
    spawn_local(async move {
        let clipboard = web_sys::window().map(|window| window.navigator().clipboard());
        let written = match clipboard.filter(|clipboard| !clipboard.is_undefined()) {
            Some(clipboard) => JsFuture::from(clipboard.write_text(&text)).await.is_ok(),
            None => false,
        };
        done.emit(written);
    });
}

/// The colours that the person chose here before, if they did.
pub fn saved_theme() -> Theme {
    match storage().and_then(|storage| storage.get_item(THEME).ok().flatten()).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Auto,
    }
}

/// Remembers a choice of colours.
pub fn save_theme(theme: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(THEME, theme);
    }
}

/// The language that was chosen, by its tag.
pub fn saved_language() -> Option<String> {
    storage()?.get_item(LANGUAGE).ok()?
}

/// Remembers a choice of language.
pub fn save_language(tag: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(LANGUAGE, tag);
    }
}

/// What was last answered to a set of questions.
pub fn saved_answers() -> Option<Answers> {
    storage()?.get_item(EXAM).ok()??.parse().ok()
}

/// Remembers them, in place of those to another set.
pub fn save_answers(answers: &Answers) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(EXAM, &answers.to_string());
    }
}

/// What is kept beside the worlds, by its name in the storage.
pub fn settings() -> BTreeMap<String, String> {
    let value = |name: &str| Some((name.to_owned(), storage()?.get_item(name).ok()??));
    [PROGRESS, EXAM, THEME, LANGUAGE].into_iter().filter_map(value).collect()
}

/// Takes answers and colours from elsewhere where there are none yet.
pub fn take_settings(settings: &BTreeMap<String, String>) {
    for name in [EXAM, THEME, LANGUAGE] {
        if let (Some(storage), Some(value)) = (storage(), settings.get(name))
            && storage.get_item(name) == Ok(None)
        {
            let _ = storage.set_item(name, value);
        }
    }
}

/// The address of a route on the playground's own page, to be given to somebody else.
pub fn full_address(store: &StoreHandle, route: &Route) -> String {
    let page = match store.home {
        Home::Page => page_address(),
        Home::Element => store.host.site().to_owned(),
    };
    format!("{page}{}", route.to_hash())
}

fn page_address() -> String {
    let address = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// Whether the browser asks for dark colours.
pub fn prefers_dark() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

/// Storage throws in some frames and when cookies are refused.
fn storage() -> Option<Storage> {
    let storage = web_sys::window()?.local_storage().ok()??;
    storage.length().is_ok().then_some(storage)
}
