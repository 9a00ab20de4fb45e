//! All worlds, progress and settings as one file, and files with worlds opened.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    rest,
    scenario::course::CourseProgress,
    timeline::{
        self, Step, Timeline,
        bundle::{Bundle, Bundled},
        share,
    },
    ui::{
        effects,
        keep::{
            moves,
            shelf::{Shelf, Stored},
            words,
        },
        store::{Action, Same, StoreHandle, use_store},
    },
    web,
};

#[derive(PartialEq, Properties)]
pub(super) struct EverythingProps {
    /// Told what came of it, in words.
    pub(super) ended: Callback<Result<String, String>>,
}

#[component]
pub(super) fn Everything(props: &EverythingProps) -> Html {
    let store = use_store();
    let file = use_node_ref();
    let save = {
        let (store, ended) = (store.clone(), props.ended.clone());
        Callback::from(move |_: MouseEvent| {
            let (store, ended) = (store.clone(), ended.clone());
            spawn_local(async move {
                match everything(&store).await {
                    Ok(bundle) => {
                        effects::download_text("kms-playground-worlds.json", &bundle.to_json());
                        ended.emit(Ok(
                            tr!("Saved. The file holds the keys in the clear: whoever has it has them.").to_owned()
                        ));
                    }
                    Err(problem) => ended.emit(Err(problem)),
                }
            });
        })
    };
    let choose = {
        let file = file.clone();
        Callback::from(move |_: MouseEvent| file.cast::<HtmlInputElement>().into_iter().for_each(|file| file.click()))
    };
    let onchange = {
        let (store, ended) = (store.clone(), props.ended.clone());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            input.set_value("");
            let (store, ended) = (store.clone(), ended.clone());
            let opened = Callback::from(move |text: Result<String, String>| {
                let (store, ended) = (store.clone(), ended.clone());
                spawn_local(async move {
                    let done = match text {
                        Ok(text) => open(&store, &text).await,
                        Err(problem) => Err(problem),
                    };
                    ended.emit(done);
                });
            });
            effects::read_text(file, opened);
        })
    };
    html! {
        <div class="everything">
            <h3>{ tr!("As files") }</h3>
            <p>{ tr!("One file with all worlds and their histories, your progress, answers and colours. It holds the keys in the clear.") }</p>
            <div class="ways">
                <button class="btn small" onclick={save}>{ tr!("Save everything") }</button>
                <button class="btn small" onclick={choose}>{ tr!("Open a file") }</button>
            </div>
            <input ref={file} type="file" accept=".json,.kmsworld,application/json" class="visually-hidden" tabindex="-1" aria-label={tr!("A file with worlds")} {onchange} />
        </div>
    }
}

/// All that the browser keeps, and the present world if it keeps that nowhere.
async fn everything(store: &StoreHandle) -> Result<Bundle, String> {
    let mut bundle = Bundle { worlds: Vec::new(), settings: effects::settings() };
    match &store.shelf {
        Some(Same(shelf)) => {
            for entry in shelf.list().await.map_err(|trouble| words(&trouble))? {
                let stored =
                    shelf.read(&entry.id).await.map_err(|trouble| format!("“{}”: {}", entry.name, words(&trouble)))?;
                bundle.worlds.extend(stored.and_then(bundled));
            }
        }
        None => bundle.worlds.extend(bundled(present(tr!("My world"), store.own_timeline()))),
    }
    Ok(bundle)
}

fn bundled(stored: Stored) -> Option<Bundled> {
    let Stored { name, beginning, steps, cursor, beside } = stored;
    Some(Bundled { name, beginning: beginning?, steps, cursor, slow_keys: beside })
}

fn present(name: &str, timeline: &Timeline) -> Stored {
    rest::within(|| Stored {
        name: name.to_owned(),
        beginning: Some(timeline.beginning()),
        steps: timeline.steps().iter().map(|step| Step::written(step)).collect(),
        cursor: u32::try_from(timeline.cursor()).unwrap_or(u32::MAX),
        beside: Some(timeline::slow_keys()),
    })
}

/// Opens a file of any kind that holds worlds, and says what came of it. Nothing that is kept is changed by it.
async fn open(store: &StoreHandle, text: &str) -> Result<String, String> {
    if share::is_one(text) {
        store.dispatch(Action::Link(Rc::from(text)));
        return Ok(tr!("The shared world is opened: close this to see it.").to_owned());
    }
    let (worlds, settings) = match rest::within(|| Bundle::from_json(text)) {
        Ok(Bundle { worlds, settings }) => (worlds, Some(settings)),
        Err(timeline::bundle::DamagedBundle::NotOne) => {
            let timeline =
                rest::within(|| Timeline::open(text, web::now(), web::seed())).map_err(|damage| damage.to_string())?;
            (bundled(present(tr!("My world"), &timeline)).into_iter().collect(), None)
        }
        Err(damage) => return Err(damage.to_string()),
    };
    let stored: Vec<Stored> = worlds
        .into_iter()
        .map(|world| {
            let Bundled { name, beginning, steps, cursor, slow_keys } = world;
            Stored { name, beginning: Some(beginning), steps, cursor, beside: slow_keys }
        })
        .collect();
    // All of them or none: each is lived through before the first is stored.
    for world in &stored {
        rest::within(|| moves::resumed(world))
            .map_err(|problem| tr!("The world “{name}” in the file: {problem}", name = world.name, problem))?;
    }
    let count = stored.len();
    match &store.shelf {
        Some(Same(shelf)) => store_all(shelf, stored).await?,
        None => {
            let first = stored.first().ok_or(tr!("There is no world in the file."))?;
            let timeline = rest::within(|| moves::resumed(first))?;
            store.dispatch(Action::Live(Rc::new(timeline), store.kept.clone()));
        }
    }
    if let Some(settings) = settings {
        let progress = settings.get(effects::PROGRESS).and_then(|text| CourseProgress::from_json(text).ok());
        if let Some(other) = progress {
            let mut progress = CourseProgress::clone(&store.progress);
            progress.add(other);
            store.dispatch(Action::Progress(progress));
        }
        effects::take_settings(&settings);
    }
    Ok(trn!(count, "1 world was added.", "{count} worlds were added."))
}

async fn store_all(shelf: &Shelf, worlds: Vec<Stored>) -> Result<(), String> {
    for world in worlds {
        let name = world.name.clone();
        moves::store_as(shelf, &name, world).await?;
    }
    Ok(())
}
