//! What to write into another page so that it shows what is shown here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use js_sys::{Promise, encode_uri_component};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    lang::tr,
    rest,
    scenario::catalog,
    ui::{
        dialog::{Dialog, use_dialog},
        effects,
        store::{Store, use_store},
    },
};

/// A longer world is a file of its own, in characters: nobody wants it in the middle of a page.
const LONGEST_STATE: usize = 8_000;
/// The name of that file.
const WORLD_FILE: &str = "kms-world.json";

/// The button in the frame, and what it opens.
#[component]
pub fn EmbedThis() -> Html {
    let store = use_store();
    let Dialog { node, open, show, onclose } = use_dialog();
    let (with_world, hash) = (use_state(|| false), use_state(|| None::<Result<String, ()>>));
    let show = {
        let (store, hash) = (store.clone(), hash.clone());
        Callback::from(move |event: MouseEvent| {
            show.emit(event);
            let (asked, hash) = (store.host.integrity(), hash.clone());
            spawn_local(async move { hash.set(Some(resolved(asked).await.ok_or(()))) });
        })
    };
    let tick = {
        let with_world = with_world.clone();
        Callback::from(move |event: Event| {
            let ticked = event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked());
            with_world.set(ticked);
        })
    };
    html! {
        <>
            <button class="icon embeds" onclick={show} aria-label={tr!("Embed this in a page of your own")} title={tr!("Embed this")} disabled={!store.whole}>{ "</>" }</button>
            <dialog ref={node} class="help" aria-labelledby="embed-title" {onclose}>
                <form method="dialog">
                    <h2 id="embed-title" tabindex="-1">{ tr!("Embed this") }</h2>
                    if open {
                        <p>{ tr!("Each of these shows in a page of yours what shows here now.") }</p>
                        <label class="choice">
                            <input type="checkbox" checked={*with_world} onchange={tick} />
                            <span>{ tr!("with this world as it is. Its keys are in it: whoever reads your page can use them.") }</span>
                        </label>
                        { rest::within(|| snippets(&store, *with_world, hash.as_ref())) }
                    }
                    <button class="btn">{ tr!("Close") }</button>
                </form>
            </dialog>
        </>
    }
}

async fn resolved(asked: Option<JsValue>) -> Option<String> {
    JsFuture::from(Promise::resolve(&asked?)).await.ok()?.as_string()
}

fn snippets(store: &Store, with_world: bool, hash: Option<&Result<String, ()>>) -> Html {
    let world = with_world.then(|| store.timeline.snapshot());
    let written = world.as_ref().map(|world| URL_SAFE_NO_PAD.encode(world)).filter(|text| text.len() <= LONGEST_STATE);
    let download = world.clone().filter(|_| written.is_none()).map(|world| {
        let onclick = Callback::from(move |_: MouseEvent| effects::download_text(WORLD_FILE, &world));
        html! {
            <p>{ tr!("This world is too long to be written into a page. Put its file beside yours: ") }
                <button type="button" class="btn small" {onclick}>{ tr!("Download {file}", file = WORLD_FILE) }</button></p>
        }
    });
    let state = world.map(|_| written.unwrap_or_else(|| WORLD_FILE.to_owned()));
    let shown = Shown::of(store, state);
    let (integrity, about_hash) = match hash {
        None => (None, Some(tr!("Computing the hash of element.js…"))),
        Some(Err(())) => (
            None,
            Some(tr!("Without a hash of element.js: this browser computes one on https:// and on this machine only.")),
        ),
        Some(Ok(hash)) => (Some(hash.as_str()), None),
    };
    html! {
        <>
            { for download }
            { for about_hash.map(|words| html! { <p role="status">{ words }</p> }) }
            <Snippet name={tr!("In HTML")} text={shown.tag(integrity)} />
            <Snippet name={tr!("In HTML, as a frame: where the page allows no script of ours")} text={shown.frame()} />
            <Snippet name={tr!("In Markdown, as a link")} text={shown.link()} />
            <Snippet name={tr!("In mdBook, with the preprocessor")} text={shown.fence()} />
        </>
    }
}

/// What is shown, as attributes of the element, as an address, and in words.
struct Shown {
    site: String,
    address: String,
    words: String,
    attributes: Vec<(&'static str, String)>,
}

impl Shown {
    fn of(store: &Store, state: Option<String>) -> Self {
        let address = store.route.to_hash();
        let (mut attributes, words) = match store.route.lesson() {
            Some((id, page)) => {
                let listed = catalog::lessons().iter().find(|lesson| lesson.id == id);
                let title = listed.and_then(|lesson| lesson.listed()).map(|front| front.title);
                (vec![("lesson", id.to_owned()), ("step", page.to_string())], title)
            }
            None => (vec![("view", address.trim_start_matches("#/").to_owned())], None),
        };
        attributes.extend(state.map(|state| ("state", state)));
        let words = words
            .map_or_else(|| tr!("KMS Playground").to_owned(), |title| tr!("{title}, in the KMS Playground", title));
        Self { site: store.host.site().to_owned(), address, words, attributes }
    }

    fn tag(&self, integrity: Option<&str>) -> String {
        let Self { site, address, words, .. } = self;
        let integrity =
            integrity.map_or_else(String::new, |hash| format!(" integrity=\"{hash}\" crossorigin=\"anonymous\""));
        let attributes: String =
            self.attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
        format!(
            "<link rel=\"stylesheet\" href=\"{site}element.css\">\n\
             <script type=\"module\" src=\"{site}element.js\"{integrity}></script>\n\
             <kms-playground{attributes}>\n  <a href=\"{site}{}\">{}</a>\n</kms-playground>",
            escaped(address),
            escaped(words)
        )
    }

    /// Without a world that is a file: a frame cannot reach it.
    fn frame(&self) -> String {
        let given = self.attributes.iter().filter(|(_, value)| value != WORLD_FILE);
        let query: Vec<_> =
            given.map(|(name, value)| format!("{name}={}", String::from(encode_uri_component(value)))).collect();
        format!(
            "<iframe src=\"{}embed.html?{}\" title=\"{}\" width=\"100%\" height=\"640\" loading=\"lazy\"></iframe>",
            self.site,
            query.join("&amp;"),
            escaped(&self.words)
        )
    }

    fn link(&self) -> String {
        format!("[{}]({}{})", self.words.replace('[', "\\[").replace(']', "\\]"), self.site, self.address)
    }

    fn fence(&self) -> String {
        let lines: String = self.attributes.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("```kms-lesson\n{lines}```")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[derive(PartialEq, Properties)]
struct SnippetProps {
    name: &'static str,
    text: String,
}

/// A text to take along.
#[component]
fn Snippet(props: &SnippetProps) -> Html {
    let copied = use_state_eq(|| None::<bool>);
    use_effect_with(props.text.clone(), {
        let copied = copied.clone();
        move |_| copied.set(None)
    });
    let onclick = {
        let (text, copied) = (props.text.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            effects::copy(text.clone(), Callback::from(move |done| copied.set(Some(done))));
        })
    };
    let words = match *copied {
        None => tr!("Copy"),
        Some(true) => tr!("Copied"),
        Some(false) => tr!("Select it and copy"),
    };
    html! {
        <div class="card snippet">
            <div class="row"><b>{ props.name }</b><button type="button" class="btn small" {onclick}>{ words }</button></div>
            <pre tabindex="0" aria-label={props.name}>{ &props.text }</pre>
        </div>
    }
}
