//! Which language the page is in, and another one. All playgrounds on one page speak the same.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    lang::{self, LANGUAGES, Language, tr},
    ui::effects,
};

/// The language to begin with: that of the attribute `lang`, or the one that was chosen, or English.
pub(super) fn wanted(options: &BTreeMap<String, String>) -> Language {
    let asked = options.get("lang").cloned().or_else(effects::saved_language);
    asked.and_then(|tag| Language::called(&tag)).unwrap_or(lang::ENGLISH)
}

thread_local! {
    /// What is told when the page speaks another language, by the numbers of those who listen.
    static LISTENERS: RefCell<BTreeMap<u32, Callback<()>>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// The language of the page, and whether another one was wanted and could not be had.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Spoken {
    pub(super) language: Language,
    pub(super) missed: bool,
}

/// The language of the page, as soon as it is settled.
#[hook]
pub(super) fn use_language(options: &BTreeMap<String, String>, library: &Library) -> Option<Spoken> {
    let first = *use_memo((), |()| wanted(options));
    let settled = use_state(|| (lang::spoken() == first).then_some(Spoken { language: first, missed: false }));
    use_effect_with((), {
        let (settled, library) = (settled.clone(), library.clone());
        move |()| {
            let heard = {
                let settled = settled.clone();
                Callback::from(move |()| settled.set(Some(Spoken { language: lang::spoken(), missed: false })))
            };
            let number = NEXT.replace(NEXT.get().wrapping_add(1));
            LISTENERS.with_borrow_mut(|listeners| listeners.insert(number, heard));
            if lang::spoken() != first {
                let done = Callback::from(move |missed| {
                    if missed {
                        settled.set(Some(Spoken { language: lang::spoken(), missed }));
                    }
                });
                speak(first, &library, done);
            }
            move || {
                LISTENERS.with_borrow_mut(|listeners| listeners.remove(&number));
            }
        }
    });
    *settled
}

/// Fetches a language, has every playground drawn anew in it, and tells whether it was missed.
fn speak(language: Language, library: &Library, done: Callback<bool>) {
    let library = library.clone();
    spawn_local(async move {
        let spoken = if language == lang::ENGLISH {
            lang::speak_english();
            true
        } else {
            table(language, &library).await.is_some_and(|table| lang::speak(language, &table).is_ok())
        };
        done.emit(!spoken);
        if spoken {
            let listeners: Vec<_> = LISTENERS.with_borrow(|listeners| listeners.values().cloned().collect());
            listeners.iter().for_each(|listener| listener.emit(()));
        }
    });
}

async fn table(language: Language, Library(library): &Library) -> Option<String> {
    let promised = library.as_ref()?.call1(&JsValue::NULL, &language.tag.into()).ok()?;
    JsFuture::from(Promise::resolve(&promised)).await.ok()?.as_string()
}

/// What fetches the table of a language, if there can be such a thing.
#[derive(Clone, PartialEq)]
pub(super) struct Library(pub(super) Option<Function>);

/// The choice of a language.
#[component]
pub(super) fn LanguageChoice() -> Html {
    let library = use_context::<Library>().unwrap_or(Library(None));
    let missed = use_state(|| false);
    let onchange = {
        let missed = missed.clone();
        Callback::from(move |event: Event| {
            let chosen: Option<HtmlSelectElement> = event.target_dyn_into();
            if let Some(language) = chosen.and_then(|select| Language::called(&select.value())) {
                let missed = missed.clone();
                let done = Callback::from(move |is_missed| {
                    missed.set(is_missed);
                    if !is_missed {
                        effects::save_language(language.tag);
                    }
                });
                speak(language, &library, done);
            }
        })
    };
    html! {
        <>
            <label class="field">{ tr!("Language") }
                <select {onchange}>
                    { for LANGUAGES.iter().map(|language| html! {
                        <option value={language.tag} lang={language.tag} selected={*language == lang::spoken()}>{ language.name }</option>
                    }) }
                </select>
            </label>
            if *missed { <p class="problem" role="alert">{ tr!("This language could not be fetched. Try again when you are online.") }</p> }
        </>
    }
}
