//! Puts the page into an element. The only place that starts Yew.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};
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

#[wasm_bindgen]
extern "C" {
    /// What the page around the program does for it; each can be left out.
    pub type Outside;

    /// Promises the bytes of a slow key that it is told of. Without it the page makes them itself, and stands still
    /// meanwhile.
    #[wasm_bindgen(method, getter)]
    fn keymaker(this: &Outside) -> Option<Function>;

    /// Promises the function `edit` of `www/editor/`. Without it policies are edited in a plain text field.
    #[wasm_bindgen(method, getter)]
    fn editor(this: &Outside) -> Option<Function>;

    /// Promises the table of a language by its tag. Without it the page is in English.
    #[wasm_bindgen(method, getter)]
    fn languages(this: &Outside) -> Option<Function>;

    /// Promises what `www/keep.js` opens. Without it no world is kept.
    #[wasm_bindgen(method, getter)]
    fn shelf(this: &Outside) -> Option<Function>;

    /// Kept when the rest of the program is here. Without it the program is whole.
    #[wasm_bindgen(method, getter)]
    fn rest(this: &Outside) -> Option<Promise>;

    /// Takes the name of an event, and its detail as JSON text.
    #[wasm_bindgen(method, getter)]
    fn tell(this: &Outside) -> Option<Function>;

    /// Promises the hash of the element's script, for those who embed it.
    #[wasm_bindgen(method, getter)]
    fn integrity(this: &Outside) -> Option<Function>;
}

/// Shows the playground inside `host`. `options` is an object of strings, such as the attributes of a `<kms-playground>`
/// element.
///
/// # Errors
///
/// When `options` is anything else.
#[wasm_bindgen]
pub fn mount(host: Element, options: JsValue, outside: &Outside) -> Result<Mounted, JsError> {
    let options: BTreeMap<String, String> = serde_wasm_bindgen::from_value(options)
        .map_err(|error| JsError::new(&format!("options must be an object of strings: {error}")))?;
    // Yew would otherwise put a hook of its own in place of ours.
    yew::set_custom_panic_hook(Box::new(super::report));
    let site = options.get("site").cloned().unwrap_or_default();
    let around = Host::new(outside.tell(), outside.keymaker(), outside.integrity(), site);
    let props = AppProps {
        options: Rc::new(options),
        started: outside::now(),
        seed: outside::seed(),
        keymaker: outside.keymaker(),
        editor: outside.editor(),
        languages: outside.languages(),
        host: around.clone(),
        rest: outside.rest().map(JsValue::from),
        shelf: outside.shelf(),
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
    /// `{"error": {"code", "message"}}` as JSON text. `www/element.d.ts` lists the verbs. The program has to be whole.
    pub fn ask(&self, question: String) -> Promise {
        let around = self.around.clone();
        rest::within(|| future_to_promise(async move { Ok(host::ask(around, question).await.into()) }))
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
