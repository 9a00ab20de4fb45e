//! The outside: storage, address bar, downloads, clipboard. Views ask; the reducer never does.

use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, HtmlAnchorElement, Storage, Url};
use yew::prelude::*;

use crate::{
    timeline::Timeline,
    ui::{
        route::Route,
        store::{Action, StoreHandle},
    },
};

const WORLD: &str = "kms-playground/world";
/// Where a saved world goes that this build cannot read, so that nothing is lost.
const UNREADABLE_WORLD: &str = "kms-playground/world-unreadable";
const THEME: &str = "kms-playground/theme";
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
    match Timeline::restore(&text) {
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
    use_effect_with(Rc::as_ptr(store.own_timeline()), {
        let timeline = Rc::clone(store.own_timeline());
        move |_| {
            let waiting = Timeout::new(SAVE_AFTER, move || {
                let written = storage().map(|storage| storage.set_item(WORLD, &timeline.snapshot()));
                if matches!(written, Some(Err(_))) && !failed.replace(true) {
                    dispatcher.dispatch(Action::Notice(AttrValue::from(
                        "This world is too large for the browser's storage. It stays until you close the tab; \
                         download your envelopes and open them here before you do.",
                    )));
                }
            });
            move || drop(waiting)
        }
    });
}

/// Follows the address bar, and tells of addresses that mean nothing.
#[hook]
pub fn use_address(store: &StoreHandle) {
    let dispatcher = store.dispatcher();
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
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
        AttrValue::from(format!("There is nothing at the address {shown}. Pick a view above."))
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
