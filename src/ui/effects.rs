//! The outside: storage, address bar, downloads, clipboard. Views ask; the reducer never does.

use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Element, HtmlAnchorElement, Storage, Url};
use yew::prelude::*;

use crate::{
    exam::Answers,
    lang::tr,
    rest,
    scenario::course::CourseProgress,
    timeline::{self, SecretBytes, SlowKey, Timeline},
    ui::{
        home::Home,
        route::Route,
        store::{Action, Same, StoreHandle},
    },
};

const WORLD: &str = "kms-playground/world";
/// Where a saved world goes that this build cannot read, so that nothing is lost.
const UNREADABLE_WORLD: &str = "kms-playground/world-unreadable";
/// The keys that would take long to make again when the world is replayed.
const SLOW_KEYS: &str = "kms-playground/slow-keys";
/// What was last answered to a set of questions.
const EXAM: &str = "kms-playground/exam";
/// How far somebody is in the course.
const PROGRESS: &str = "kms-playground/progress";
const THEME: &str = "kms-playground/theme";
const LANGUAGE: &str = "kms-playground/language";
/// How long the world rests before it is written down, in milliseconds.
const SAVE_AFTER: u32 = 300;

/// What an earlier visit left.
pub enum Saved {
    Nothing,
    World(Box<Timeline>),
    /// There is something, and this says why it cannot be used.
    Unreadable(String),
    /// The browser keeps nothing for this page.
    NoStorage,
}

/// Reads the world an earlier visit saved. One that cannot be read is put aside, not thrown away.
pub fn saved_world() -> Saved {
    let Some(storage) = storage() else { return Saved::NoStorage };
    let Ok(Some(text)) = storage.get_item(WORLD) else { return Saved::Nothing };
    if let Ok(Some(keys)) = storage.get_item(SLOW_KEYS) {
        timeline::keep_slow_keys(&keys);
    }
    let Some(restored) = rest::needed(|| Timeline::restore(&text)) else { return Saved::Nothing };
    match restored {
        Ok(timeline) => Saved::World(Box::new(timeline)),
        Err(damage) => {
            // Without room for a second copy the first one stays where it is until the world next changes.
            let _ = storage.set_item(UNREADABLE_WORLD, &text);
            Saved::Unreadable(damage.to_string())
        }
    }
}

/// Writes the world down a moment after it last changed, and says so once if that fails.
#[hook]
pub fn use_saving(store: &StoreHandle) {
    let failed = use_mut_ref(|| false);
    let dispatcher = store.dispatcher();
    let kept = store.home == Home::Page;
    use_effect_with((Same(Rc::clone(store.own_timeline())), store.whole && kept), {
        let timeline = Rc::clone(store.own_timeline());
        move |(_, whole): &(Same<Timeline>, bool)| {
            let whole = *whole;
            let waiting = Timeout::new(SAVE_AFTER, move || {
                if !whole {
                    return;
                }
                let written = storage().map(|storage| {
                    // Without them the world opens all the same, later.
                    let keys = timeline::slow_keys();
                    let _ = if keys.is_empty() { Ok(()) } else { storage.set_item(SLOW_KEYS, &keys) };
                    storage.set_item(WORLD, &rest::within(|| timeline.snapshot()))
                });
                if matches!(written, Some(Err(_))) && !failed.replace(true) {
                    dispatcher.dispatch(Action::Notice(AttrValue::from(tr!(
                        "This world is too large for the browser's storage. It stays until you close the tab; \
                         download your envelopes and open them here before you do."
                    ))));
                }
            });
            move || drop(waiting)
        }
    });
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

/// Reads a file of a few kilobytes as text, and tells what it says or why that cannot be.
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
                Some(Ok(route)) => dispatcher.dispatch(Action::GoTo(route)),
                Some(Err(words)) => dispatcher.dispatch(Action::Notice(words)),
                None => dispatcher.dispatch(Action::GoTo(Route::Learn)),
            })
        });
        move || drop(listener)
    });
}

/// Where the address bar points: nowhere, somewhere, or at nothing there is.
pub fn route() -> Option<Result<Route, AttrValue>> {
    let hash = web_sys::window()?.location().hash().ok()?;
    if hash.is_empty() || hash == "#" {
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
    spawn_local(async move {
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
        done.emit(made.is_none());
    });
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

/// `light` or `dark` if the person chose one here before.
pub fn saved_theme() -> Option<String> {
    storage()?.get_item(THEME).ok()?
}

/// Remembers a choice of theme.
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

/// The address of a route on this page, to be given to somebody else.
pub fn full_address(route: &Route) -> String {
    let address = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    format!("{}{}", address.split('#').next().unwrap_or_default(), route.to_hash())
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
