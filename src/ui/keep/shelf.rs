//! What `www/keep.js` offers: worlds in the browser's database, and the locks by which one tab at a time writes each.

use std::rc::Rc;

use js_sys::{Function, Promise};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{from_value, to_value};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    type JsShelf;
    #[wasm_bindgen(method, catch)]
    async fn list(this: &JsShelf) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn take(this: &JsShelf, id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn create(this: &JsShelf, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn read(this: &JsShelf, id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn remove(this: &JsShelf, id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn setting(this: &JsShelf, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn set(this: &JsShelf, name: &str, value: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn listen(this: &JsShelf, listener: &Function);

    type JsWorld;
    #[wasm_bindgen(method, getter)]
    fn id(this: &JsWorld) -> String;
    #[wasm_bindgen(method, getter)]
    fn name(this: &JsWorld) -> String;
    #[wasm_bindgen(method, catch)]
    async fn write(this: &JsWorld, change: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn rename(this: &JsWorld, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn release(this: &JsWorld);
    #[wasm_bindgen(method, catch)]
    async fn facts(this: &JsWorld) -> Result<JsValue, JsValue>;
}

/// Why the browser does not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Storage is refused, or there is none: a sandboxed frame, cookies that are blocked.
    Denied,
    /// The page did not come over HTTPS, so there are no keys to wrap others under.
    Insecure,
    /// The database does not answer.
    Silent,
    /// A later version of the playground has written there.
    Newer,
    /// There is no room left.
    Full,
    /// What is stored does not open: damaged, or its key is gone.
    Unreadable,
    /// The browser's own word for anything else.
    Other(String),
}

impl Trouble {
    fn of(error: &JsValue) -> Self {
        let name = js_sys::Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
        match name.as_deref() {
            Some("SecurityError" | "InvalidStateError" | "TypeError") | None => Self::Denied,
            Some("Insecure") => Self::Insecure,
            Some("Silent") => Self::Silent,
            Some("Newer") => Self::Newer,
            Some("QuotaExceededError") => Self::Full,
            Some("OperationError" | "DataError") => Self::Unreadable,
            Some(other) => Self::Other(other.to_owned()),
        }
    }
}

/// A world in the list.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Entry {
    pub id: String,
    pub name: String,
    /// Milliseconds since 1970, by the browser's clock.
    pub made: f64,
    pub changed: f64,
    pub steps: u32,
    /// Whether a tab, perhaps this one, holds it.
    pub open: bool,
}

/// What is stored of a world.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Stored {
    pub name: String,
    /// Absent in a world of which the first write never ended.
    pub beginning: Option<String>,
    pub steps: Vec<String>,
    pub cursor: u32,
    pub beside: Option<String>,
}

/// What is put in place of the steps from number `from` on, and with them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub from: u32,
    pub steps: Vec<String>,
    pub cursor: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beginning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
}

/// How a world is kept, as the database has it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Facts {
    /// Of the browser's key.
    pub algorithm: String,
    /// How long that key is.
    pub bits: u32,
    pub extractable: bool,
    /// The world's data key, wrapped, and the nonce of that.
    pub wrapped: Vec<u8>,
    pub nonce: Vec<u8>,
    pub records: u32,
    /// In bytes, all records together.
    pub sealed: u32,
    pub last: Option<LastRecord>,
}

/// The record of the last step.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct LastRecord {
    pub nonce: Vec<u8>,
    pub bytes: u32,
}

/// The browser's database.
pub struct Shelf(JsShelf);

/// A world that this tab holds and may write, until it is let go or dropped.
pub struct Held(JsWorld);

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

impl Shelf {
    pub async fn open(opening: Promise) -> Result<Rc<Self>, Trouble> {
        let shelf = JsFuture::from(opening).await.map_err(|error| Trouble::of(&error))?;
        Ok(Rc::new(Self(shelf.unchecked_into())))
    }

    pub async fn list(&self) -> Result<Vec<Entry>, Trouble> {
        read(self.0.list().await)
    }

    /// The world of that id; nothing if it is gone or another tab has it.
    pub async fn take(&self, id: &str) -> Result<Option<Held>, Trouble> {
        let taken = self.0.take(id).await.map_err(|error| Trouble::of(&error))?;
        Ok((!taken.is_undefined()).then(|| Held(taken.unchecked_into())))
    }

    pub async fn create(&self, name: &str) -> Result<Held, Trouble> {
        let created = self.0.create(name).await.map_err(|error| Trouble::of(&error))?;
        Ok(Held(created.unchecked_into()))
    }

    /// What is stored of a world, also of one that another tab has.
    pub async fn read(&self, id: &str) -> Result<Option<Stored>, Trouble> {
        read(self.0.read(id).await)
    }

    /// Whether it is gone now; it is not while another tab has it.
    pub async fn remove(&self, id: &str) -> Result<bool, Trouble> {
        read(self.0.remove(id).await)
    }

    pub async fn setting(&self, name: &str) -> Option<String> {
        self.0.setting(name).await.ok()?.as_string()
    }

    pub async fn set(&self, name: &str, value: &str) {
        // What was looked at last is found again without it, only not at once.
        let _ = self.0.set(name, value).await;
    }

    /// Has `listener` called when another tab changed the list, for as long as the page lives.
    pub fn listen(&self, listener: impl Fn() + 'static) {
        self.0.listen(Closure::<dyn Fn()>::new(listener).into_js_value().unchecked_ref());
    }
}

impl Held {
    pub fn id(&self) -> String {
        self.0.id()
    }

    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Lets other tabs have it, and this one again. Nothing may be written afterwards.
    pub fn release(&self) {
        self.0.release();
    }

    pub async fn write(&self, change: &Change) -> Result<(), Trouble> {
        let change = to_value(change).map_err(|error| Trouble::Other(error.to_string()))?;
        self.0.write(change).await.map(drop).map_err(|error| Trouble::of(&error))
    }

    pub async fn rename(&self, name: &str) -> Result<(), Trouble> {
        self.0.rename(name).await.map(drop).map_err(|error| Trouble::of(&error))
    }

    pub async fn facts(&self) -> Result<Facts, Trouble> {
        read(self.0.facts().await)
    }
}

fn read<T: for<'de> Deserialize<'de>>(result: Result<JsValue, JsValue>) -> Result<T, Trouble> {
    let value = result.map_err(|error| Trouble::of(&error))?;
    from_value(value).map_err(|error| Trouble::Other(error.to_string()))
}
