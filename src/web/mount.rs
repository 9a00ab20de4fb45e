//! Puts the page into an element. The only place that starts Yew.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};
use web_sys::Element;
use yew::AppHandle;

use crate::{
    rest,
    ui::{App, AppProps},
    web::outside,
};

/// Shows the playground inside `host`.
///
/// `options` is an object of strings, such as the attributes of a `<kms-playground>` element. `keymaker` promises the
/// bytes of a slow key that it is told of; without it the page makes them itself, and stands still meanwhile. `editor`
/// promises the function `edit` of `www/editor/`; without it policies are edited in a plain text field. `rest` is kept when
/// the rest of the program is here; without it the program is whole. `languages` promises the table of a language by its
/// tag; without it the page is in English. `shelf` promises what `www/keep.js` opens; without it no world is kept.
///
/// # Errors
///
/// When `options` is anything else.
#[wasm_bindgen]
pub fn mount(
    host: Element,
    options: JsValue,
    keymaker: Option<Function>,
    editor: Option<Function>,
    rest: Option<Promise>,
    languages: Option<Function>,
    shelf: Option<Function>,
) -> Result<Mounted, JsError> {
    let options: BTreeMap<String, String> = serde_wasm_bindgen::from_value(options)
        .map_err(|error| JsError::new(&format!("options must be an object of strings: {error}")))?;
    // Yew would otherwise put a hook of its own in place of ours.
    yew::set_custom_panic_hook(Box::new(super::report));
    let (started, seed, rest) = (outside::now(), outside::seed(), rest.map(JsValue::from));
    let props = AppProps { options: Rc::new(options), started, seed, keymaker, editor, languages, rest, shelf };
    Ok(Mounted { app: yew::Renderer::<App>::with_root_and_props(host, props).render() })
}

/// To be called before anything else where the program is in two files: only one of them is here.
#[wasm_bindgen(js_name = restAwaited)]
pub fn rest_awaited() {
    rest::awaited();
}

/// To be called when the other file is there too.
#[wasm_bindgen(js_name = restArrived)]
pub fn rest_arrived() {
    rest::arrived();
}

/// A playground on a page.
#[wasm_bindgen]
pub struct Mounted {
    app: AppHandle<App>,
}

#[wasm_bindgen]
impl Mounted {
    /// Takes the playground off the page, with all that it listens to. The host element stays, empty.
    pub fn unmount(self) {
        self.app.destroy();
    }
}
