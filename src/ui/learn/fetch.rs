//! A lesson from an address beside the page: `#/lesson?from=lessons/mine.md`. It is fetched from this site and nowhere
//! else, checked as a file would be, and only then opened.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RequestInit, RequestMode, Response};
use yew::prelude::*;

use crate::{
    lang::tr,
    scenario::{Scenario, check},
    ui::{
        learn::{
            FROM,
            open::{Looked, OpenLesson, look, seen},
        },
        route::Route,
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct FetchLessonProps {
    /// As it stands in the address.
    pub(super) path: AttrValue,
    /// The lesson may begin.
    pub(super) opened: Callback<Rc<Scenario>>,
    pub(super) keymaker: Option<Function>,
}

/// What is on its way, or why it does not come.
#[component]
pub(super) fn FetchLesson(props: &FetchLessonProps) -> Html {
    let looked = use_state(|| Looked::Underway(props.path.clone()));
    use_effect_with(props.path.clone(), {
        let (looked, opened, keymaker) = (looked.clone(), props.opened.clone(), props.keymaker.clone());
        move |path: &AttrValue| {
            let found = Callback::from(move |found: Looked| match found {
                Looked::Found { findings, lesson: Some(lesson), .. } if findings.is_empty() => opened.emit(lesson.0),
                found => looked.set(found),
            });
            let path = path.clone();
            spawn_local(async move {
                match fetched(&path).await {
                    Ok(text) => {
                        let id = AttrValue::from(format!("{FROM}{path}"));
                        look(text.into(), path, id, keymaker, found);
                    }
                    Err(why) => found.emit(Looked::Unreadable(why.into())),
                }
            });
        }
    });
    html! {
        <>
            <section class="welcome">
                <h1>{ tr!("A lesson from an address") }</h1>
                <div role="status">{ seen(&looked, &props.opened) }</div>
                <p><a class="way-back" href={Route::Learn.to_hash()}>{ tr!("All lessons") }</a></p>
            </section>
            <OpenLesson opened={props.opened.clone()} lost={false} keymaker={props.keymaker.clone()} />
        </>
    }
}

/// The text at a path of this site, or what to do about it.
async fn fetched(path: &str) -> Result<String, String> {
    if !is_beside(path) {
        return Err(tr!(
            "{path} is not beside this page, and lessons are fetched from this site only. Give a path such as \
             lessons/mine.md, or save the file and open it here.",
            path
        ));
    }
    let gone = |_| tr!("{path} cannot be fetched. Is the network there? Or open the file here.", path);
    let how = RequestInit::new();
    // Not even by way of a redirection.
    how.set_mode(RequestMode::SameOrigin);
    let window = web_sys::window().ok_or_else(|| tr!("There is no page to fetch it for."))?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &how)).await.map_err(gone)?;
    let answer: Response = answer.dyn_into().map_err(gone)?;
    if !answer.ok() {
        return Err(tr!(
            "There is no lesson at {path}: the site answers {status}. Check the path, which is read from the address of this page.",
            path,
            status = answer.status()
        ));
    }
    let body = answer.blob().map_err(gone)?;
    let body: web_sys::Blob = JsFuture::from(body).await.map_err(gone)?.dyn_into().map_err(gone)?;
    let limit = check::MOST_BYTES;
    if body.size() > f64::from(u32::try_from(limit).unwrap_or(u32::MAX)) {
        return Err(tr!(
            "{path} has {size} bytes, and a lesson at most {limit}. Split it.",
            path,
            size = body.size(),
            limit
        ));
    }
    let text = JsFuture::from(body.text()).await.ok().and_then(|text| text.as_string()).unwrap_or_default();
    if text.contains(['\0', '\u{fffd}']) {
        return Err(tr!("{path} is no text. A lesson is a Markdown file, saved as UTF-8.", path));
    }
    Ok(text)
}

/// Whether a path leads to this site wherever it is read: no scheme, no host, no way up.
fn is_beside(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "..";
    path.split('/').all(part) && !path.contains([':', '\\', '?', '#', '%']) && !path.chars().any(char::is_control)
}
