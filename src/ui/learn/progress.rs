//! How far the person is in the course: kept in this browser, saved to a file, opened from one, and forgotten.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    lang::tr,
    scenario::{catalog, course::CourseProgress},
    ui::{
        effects,
        store::{Action, use_store},
    },
};

/// One line under the lessons.
#[component]
pub(super) fn ProgressBar() -> Html {
    let store = use_store();
    let problem = use_state(|| None::<AttrValue>);
    let file = use_node_ref();
    let (done, all) = (store.progress.done(), catalog::lessons().len());
    let save = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            effects::download_text("kms-playground-progress.json", &store.progress.to_json());
        })
    };
    let clear = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| store.dispatch(Action::Progress(CourseProgress::default())))
    };
    let choose = {
        let file = file.clone();
        Callback::from(move |_: MouseEvent| file.cast::<HtmlInputElement>().into_iter().for_each(|file| file.click()))
    };
    let onchange = {
        let (store, problem) = (store.clone(), problem.clone());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            input.set_value("");
            let (store, problem) = (store.clone(), problem.clone());
            effects::read_text(
                file,
                Callback::from(move |text: Result<String, String>| {
                    let read =
                        text.and_then(|text| CourseProgress::from_json(&text).map_err(|problem| problem.to_string()));
                    match read {
                        Ok(other) => {
                            let mut progress = CourseProgress::clone(&store.progress);
                            progress.add(other);
                            problem.set(None);
                            store.dispatch(Action::Progress(progress));
                        }
                        Err(words) => problem.set(Some(words.into())),
                    }
                }),
            );
        })
    };
    html! {
        <div class="course-progress">
            <label>{ tr!("{done} of {all} done ", done, all) }<progress max={all.to_string()} value={done.to_string()} /></label>
            <button class="btn small" onclick={save} disabled={store.progress.is_empty()}>{ tr!("Save progress") }</button>
            <button class="btn small" onclick={choose}>{ tr!("Open progress") }</button>
            <button class="btn small" onclick={clear} disabled={store.progress.is_empty()}>{ tr!("Forget it") }</button>
            <input ref={file} type="file" accept=".json,application/json" class="visually-hidden" tabindex="-1" aria-label={tr!("A file with progress")} {onchange} />
            if let Some(words) = &*problem { <p class="problem" role="alert">{ words }</p> }
        </div>
    }
}
