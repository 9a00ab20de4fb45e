//! Puts the page into an element. The only place that starts Yew.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsError, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;
use web_sys::Element;
use yew::AppHandle;

use crate::{
    rest,
    ui::{
        App, AppProps,
        host::{self, Host},
    },
    web::outside,
};

/// Shows the playground inside `host`.
///
/// `options` is an object of strings, such as the attributes of a `<kms-playground>` element. `given` is an object of what
/// the page around gives along, all of which may be missing:
///
/// - `keymaker` promises the bytes of a slow key that it is told of; without it the page makes them itself, and stands still
///   meanwhile.
/// - `editor` promises the function `edit` of `www/editor/`; without it policies are edited in a plain text field.
/// - `rest` is kept when the rest of the program is here; without it the program is whole.
/// - `languages` promises the table of a language by its tag; without it the page is in English.
/// - `shelf` promises what `www/keep.js` opens; without it no world is kept.
/// - `tell` takes the name of an event, and its detail as JSON text.
/// - `integrity` promises the hash of the element's script, for those who embed it.
///
/// # Errors
///
/// When `options` is anything else.
#[wasm_bindgen]
pub fn mount(host: Element, options: JsValue, given: &JsValue) -> Result<Mounted, JsError> {
    let options: BTreeMap<String, String> = serde_wasm_bindgen::from_value(options)
        .map_err(|error| JsError::new(&format!("options must be an object of strings: {error}")))?;
    // Yew would otherwise put a hook of its own in place of ours.
    yew::set_custom_panic_hook(Box::new(super::report));
    let member = |name: &str| Reflect::get(given, &name.into()).ok().filter(|it| !it.is_undefined());
    let function = |name: &str| member(name)?.dyn_into::<Function>().ok();
    let site = options.get("site").cloned().unwrap_or_default();
    let keymaker = function("keymaker");
    let around = Host::new(function("tell"), keymaker.clone(), function("integrity"), site);
    let props = AppProps {
        options: Rc::new(options),
        started: outside::now(),
        seed: outside::seed(),
        keymaker,
        editor: function("editor"),
        languages: function("languages"),
        host: around.clone(),
        rest: member("rest"),
        shelf: function("shelf"),
    };
    Ok(Mounted { around, app: yew::Renderer::<App>::with_root_and_props(host, props).render() })
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
    around: Host,
    app: AppHandle<App>,
}

#[wasm_bindgen]
impl Mounted {
    /// Does what `question` asks, a JSON text such as `{"verb": "next"}`, and promises `{"value"}` or
    /// `{"error": {"code", "message"}}` as JSON text. `www/element.d.ts` lists the verbs.
    pub fn ask(&self, question: String) -> Promise {
        let around = self.around.clone();
        future_to_promise(async move { Ok(host::ask(around, question).await.into()) })
    }

    /// The attributes with which a new playground goes on where this one is, as JSON text; nothing before it is whole.
    #[must_use]
    pub fn kept(&self) -> Option<String> {
        self.around.kept()
    }

    /// Takes the playground off the page, with all that it listens to. The host element stays, empty.
    pub fn unmount(self) {
        self.app.destroy();
        self.around.leave();
    }
}
