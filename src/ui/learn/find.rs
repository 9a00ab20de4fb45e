//! The search among lessons, the glossary, and the study notes sentence by sentence.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    lang::{self, tr, trn},
    rest,
    scenario::{
        catalog,
        search::{Found, search},
    },
    story::{
        glossary::{self, Entry},
        notes::{self, Note, Place},
    },
    ui::{later, learn::prose::meaning, route::Route, rules, store::use_store},
};

#[derive(PartialEq, Properties)]
pub(super) struct SearchProps {
    pub(super) question: AttrValue,
    pub(super) on_change: Callback<AttrValue>,
}

/// The field, and what is found; nothing is found for an empty question.
#[component]
pub(super) fn Search(props: &SearchProps) -> Html {
    let store = use_store();
    let oninput = {
        let on_change = props.on_change.clone();
        Callback::from(move |event: InputEvent| {
            let field: Option<HtmlInputElement> = event.target_dyn_into();
            field.into_iter().for_each(|field| on_change.emit(field.value().into()));
        })
    };
    let found = use_memo((props.question.clone(), store.whole), |(question, whole)| {
        if *whole { rest::within(|| search(question)) } else { Vec::new() }
    });
    html! {
        <div class="find">
            <label class="field">{ tr!("Find a lesson, a word or a sentence of your notes") }
                <input type="search" value={props.question.clone()} {oninput} maxlength="200" autocomplete="off" placeholder={tr!("day key")} />
            </label>
            if !props.question.trim().is_empty() {
                { later(store.whole, || html! {
                    <>
                        <div role="status" class="hint">{ match found.len() { 0 => tr!("Nothing is found.").to_owned(), count => trn!(count, "One is found.", "{count} are found.") } }</div>
                        <ul class="found">{ for found.iter().map(one) }</ul>
                    </>
                }) }
            }
        </div>
    }
}

fn one(found: &Found) -> Html {
    match found {
        Found::Lesson(at) => {
            let Some(lesson) = catalog::lessons().get(*at) else { return Html::default() };
            let Some(front) = lesson.listed() else { return Html::default() };
            let href = Route::Lesson { id: front.id, page: 1 }.to_hash();
            html! { <li><span class="eyebrow">{ tr!("Lesson") }</span><a {href}>{ front.title }</a><span class="hint">{ front.summary }</span></li> }
        }
        Found::Word(entry) => html! {
            <li><span class="eyebrow">{ tr!("Word") }</span><b>{ lang::text(entry.word) }</b><span class="hint">{ meaning(entry) }</span></li>
        },
        Found::Note(note) => html! { <li><span class="eyebrow">{ note.id }</span>{ said(note) }</li> },
    }
}

/// A sentence of the notes, what is so today, and the ways to it.
fn said(note: &Note) -> Html {
    html! {
        <>
            <span>{ lang::text(note.says) }</span>
            { for note.today.iter().map(|today| html! { <span class="hint">{ tr!("Today: {today}", today = lang::text(today)) }</span> }) }
            <span class="note-places">{ for note.places().map(way) }</span>
        </>
    }
}

fn way(place: Place) -> Html {
    match place {
        Place::View(address) => {
            let name = address.trim_start_matches("#/");
            let name: String = name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
            html! { <a href={address}>{ lang::translation(&name).map_or(name, str::to_owned) }</a> }
        }
        Place::Page { lesson, page } => {
            let listed = catalog::lessons().iter().find(|it| it.id == lesson);
            let title = listed.and_then(catalog::Lesson::listed).map(|front| front.title).unwrap_or_default();
            let href = Route::Lesson { id: lesson.to_owned(), page }.to_hash();
            html! { <a {href}>{ tr!("{title}, page {page}", title, page) }</a> }
        }
    }
}

/// The glossary and the study notes, closed at first.
#[component]
pub(super) fn Reference() -> Html {
    let store = use_store();
    let (words, sentences) = (use_state(|| false), use_state(|| false));
    let heading = |open: &UseStateHandle<bool>, words: &'static str| {
        let expanded = open.to_string();
        let open = open.clone();
        let onclick = Callback::from(move |_: MouseEvent| open.set(!*open));
        html! { <h2><button class="link" aria-expanded={expanded} {onclick}>{ words }</button></h2> }
    };
    let word = |entry: Entry| html! { <><dt>{ lang::text(entry.word) }</dt><dd>{ meaning(&entry) }</dd></> };
    let row = |note: Note| html! { <li><span class="eyebrow">{ note.id }</span>{ said(&note) }</li> };
    html! {
        <section class="reference">
            { heading(&words, tr!("Glossary")) }
            if *words { { later(store.whole, || html! { <dl>{ for glossary::all().map(word) }</dl> }) } }
            { heading(&sentences, tr!("The study notes, sentence by sentence")) }
            if *sentences {
                { later(store.whole, || html! {
                    <>
                        <p class="hint">{ tr!("The course began with study notes of about 2019. Here is each of their sentences, what is so today, and where to see it. Your own world goes by either:") }</p>
                        { rules::switch(&store) }
                        <ul class="found">{ for notes::all().map(row) }</ul>
                    </>
                }) }
            }
        </section>
    }
}
