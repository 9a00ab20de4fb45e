//! The person's own worlds: a list to go to, begin, rename, duplicate and delete them, and all of them as one file.

mod everything;
mod kept;

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    ui::{
        dialog::{Dialog, use_dialog},
        keep::{Kept, moves, shelf::Entry, words},
        later,
        store::{Action, Same, StoreHandle, use_store},
        worlds::{everything::Everything, kept::HowKept},
    },
};

/// The button in the frame, and the dialog.
#[component]
pub(super) fn Worlds() -> Html {
    let store = use_store();
    let Dialog { node, open, show, onclose } = use_dialog();
    let close = {
        let node = node.clone();
        Callback::from(move |()| node.cast::<HtmlDialogElement>().iter().for_each(HtmlDialogElement::close))
    };
    html! {
        <>
            <button class="btn small" onclick={show}>{ tr!("Worlds") }</button>
            <dialog ref={node} class="help worlds" aria-labelledby="worlds-title" {onclose}>
                <form method="dialog">
                    <h2 id="worlds-title" tabindex="-1">{ tr!("Your worlds") }</h2>
                    <button class="btn">{ tr!("Close") }</button>
                </form>
                if open { { later(store.whole, || html! { <List {close} /> }) } }
            </dialog>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct ListProps {
    close: Callback<()>,
}

/// What the person is about to do with one of the worlds.
#[derive(Clone, PartialEq)]
enum Intent {
    Rename(String),
    Delete(String),
}

#[component]
fn List(props: &ListProps) -> Html {
    let store = use_store();
    let entries = use_state(|| None::<Rc<[Entry]>>);
    let intent = use_state(|| None::<Intent>);
    let said = use_state(|| AttrValue::from(""));
    // Counts what changed the list.
    let turn = use_state(|| 0_u32);
    let reload = {
        let turn = turn.clone();
        Callback::from(move |()| turn.set(turn.wrapping_add(1)))
    };
    use_effect_with((*turn, store.kept.clone(), store.shelf.clone()), {
        let (entries, said) = (entries.clone(), said.clone());
        move |(_, _, shelf): &(u32, Kept, Option<Same<_>>)| {
            if let Some(Same(shelf)) = shelf.clone() {
                spawn_local(async move {
                    match shelf.list().await {
                        Ok(list) => entries.set(Some(list.into())),
                        Err(trouble) => said.set(words(&trouble).into()),
                    }
                });
            }
        }
    });
    use_effect_with(store.shelf.clone(), {
        let reload = reload.clone();
        move |shelf: &Option<Same<_>>| {
            if let Some(Same(shelf)) = shelf {
                shelf.listen(move || reload.emit(()));
            }
        }
    });
    let here = if let Kept::Here(workspace) = &store.kept { Some(workspace.held.id()) } else { None };
    let ended = {
        let (said, intent, reload) = (said.clone(), intent.clone(), reload.clone());
        Callback::from(move |result: Result<String, String>| {
            let (Ok(words) | Err(words)) = result;
            said.set(words.into());
            intent.set(None);
            reload.emit(());
        })
    };
    let begin = {
        let (store, close) = (store.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            close.emit(());
            spawn_local(moves::begin(store.clone(), tr!("My world").to_owned()));
        })
    };
    let Some(list) = &*entries else {
        return html! {
            <>
                <p>{ if store.shelf.is_none() { tr!("This browser keeps no worlds for this page.") } else { tr!("Looking…") } }</p>
                <Everything ended={ended} />
            </>
        };
    };
    html! {
        <>
            <ul class="worlds-list">
                { for list.iter().map(|entry| row(&store, entry, here.as_deref() == Some(&entry.id), &intent, &ended, &props.close)) }
            </ul>
            <div class="ways"><button class="btn small" onclick={begin}>{ tr!("New world") }</button></div>
            <p class="said" role="status">{ &*said }</p>
            <Everything ended={ended} />
            if let Kept::Here(workspace) = &store.kept { <HowKept workspace={Same(Rc::clone(workspace))} /> }
        </>
    }
}

fn row(
    store: &StoreHandle,
    entry: &Entry,
    here: bool,
    intent: &UseStateHandle<Option<Intent>>,
    ended: &Callback<Result<String, String>>,
    close: &Callback<()>,
) -> Html {
    let id = entry.id.clone();
    let intend = |next: Intent| {
        let intent = intent.clone();
        Callback::from(move |_: MouseEvent| intent.set(Some(next.clone())))
    };
    let state = match (here, entry.open) {
        (true, _) => html! { <span class="tag allow">{ tr!("Here") }</span> },
        (false, true) => html! { <span class="tag implicit">{ tr!("Open in another tab") }</span> },
        (false, false) => Html::default(),
    };
    let steps = trn!(count = entry.steps, "1 step", "{count} steps");
    let go = {
        let (store, id, close) = (store.clone(), id.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            close.emit(());
            spawn_local(moves::go_to(store.clone(), id.clone()));
        })
    };
    let duplicate = {
        let (store, id, ended, name) = (store.clone(), id.clone(), ended.clone(), entry.name.clone());
        Callback::from(move |_: MouseEvent| {
            let (store, id, ended, name) = (store.clone(), id.clone(), ended.clone(), name.clone());
            spawn_local(async move {
                let Some(Same(shelf)) = store.shelf.clone() else { return };
                let done = moves::duplicate(&shelf, &id).await;
                ended.emit(done.map(|()| tr!("“{name}” is there twice now.", name)));
            });
        })
    };
    let name = &entry.name;
    let does = match &**intent {
        Some(Intent::Rename(of)) if *of == id => {
            html! { <Rename {id} name={entry.name.clone()} ended={ended.clone()} /> }
        }
        Some(Intent::Delete(of)) if *of == id => {
            let yes = {
                let (store, id, ended, name) = (store.clone(), id.clone(), ended.clone(), entry.name.clone());
                Callback::from(move |_: MouseEvent| {
                    let (store, id, ended, name) = (store.clone(), id.clone(), ended.clone(), name.clone());
                    spawn_local(async move {
                        let done = moves::delete(store, id).await;
                        ended.emit(done.map(|()| tr!("“{name}” is deleted.", name)));
                    });
                })
            };
            let intent = intent.clone();
            html! {
                <div class="ways">
                    <span>{ tr!("Its keys are gone for ever then.") }</span>
                    <button class="btn small" onclick={yes}>{ tr!("Delete “{name}”", name) }</button>
                    <button class="btn small" onclick={Callback::from(move |_: MouseEvent| intent.set(None))}>{ tr!("Keep it") }</button>
                </div>
            }
        }
        Some(Intent::Rename(_) | Intent::Delete(_)) | None => html! {
            <div class="ways">
                if !here && !entry.open { <button class="btn small" onclick={go} aria-label={tr!("Go to “{name}”", name)}>{ tr!("Go there") }</button> }
                if here || !entry.open {
                    <button class="btn small" onclick={intend(Intent::Rename(id.clone()))} aria-label={tr!("Rename “{name}”", name)}>{ tr!("Rename") }</button>
                }
                <button class="btn small" onclick={duplicate} aria-label={tr!("Duplicate “{name}”", name)}>{ tr!("Duplicate") }</button>
                if !here && !entry.open {
                    <button class="btn small" onclick={intend(Intent::Delete(id.clone()))} aria-label={tr!("Delete… “{name}”", name)}>{ tr!("Delete…") }</button>
                }
            </div>
        },
    };
    html! {
        <li key={entry.id.clone()}>
            <p><b>{ &entry.name }</b>{ " " }<small>{ steps }</small>{ " " }{ state }</p>
            { does }
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct RenameProps {
    id: String,
    name: String,
    ended: Callback<Result<String, String>>,
}

#[component]
fn Rename(props: &RenameProps) -> Html {
    let store = use_store();
    let field = use_node_ref();
    use_effect_with(field.clone(), |field| {
        if let Some(field) = field.cast::<HtmlInputElement>() {
            let _ = field.focus();
            field.select();
        }
    });
    let onsubmit = {
        let (store, field, id, ended) = (store.clone(), field.clone(), props.id.clone(), props.ended.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let name =
                field.cast::<HtmlInputElement>().map(|field| field.value().trim().to_owned()).unwrap_or_default();
            if name.is_empty() {
                ended.emit(Err(tr!("A world needs a name.").to_owned()));
                return;
            }
            let (store, id, ended) = (store.clone(), id.clone(), ended.clone());
            spawn_local(async move {
                let done = moves::rename(store, id, name.clone()).await;
                ended.emit(done.map(|()| tr!("It is called “{name}” now.", name)));
            });
        })
    };
    html! {
        <form class="ways" {onsubmit}>
            <input ref={field} type="text" maxlength="60" value={props.name.clone()} aria-label={tr!("Name of the world")} />
            <button class="btn small">{ tr!("Save the name") }</button>
        </form>
    }
}

/// The line above every view while another tab keeps the person's world.
#[component]
pub(super) fn Elsewhere() -> Html {
    let store = use_store();
    let Kept::Elsewhere { id, name } = &store.kept else { return Html::default() };
    let copy = {
        let (store, name) = (store.clone(), tr!("{name} (copy)", name));
        Callback::from(move |_: MouseEvent| {
            spawn_local(moves::keep_as(store.clone(), name.clone(), Rc::clone(store.own_timeline())));
        })
    };
    let take = {
        let (store, id) = (store.clone(), id.clone());
        Callback::from(move |_: MouseEvent| spawn_local(moves::go_to(store.clone(), id.clone())))
    };
    html! {
        <div class="notice visiting">
            <p class="told" role="status">
                { tr!("“{name}” is open in another tab, which keeps it. Here it is as it was when this tab opened, and what you do here is not kept.", name) }
            </p>
            <button class="btn small" onclick={copy}>{ tr!("Keep a copy") }</button>
            <button class="btn small" onclick={take}>{ tr!("Open it here") }</button>
        </div>
    }
}

/// Keeps the world that is visited as one of the person's own, and goes on in it.
pub(super) fn keep_visited(store: &StoreHandle, name: String) {
    let timeline = Rc::clone(&store.timeline);
    if store.shelf.is_none() {
        store.dispatch(Action::Notice(
            tr!("This browser keeps nothing for this page, so this world cannot be kept either.").into(),
        ));
        return;
    }
    spawn_local(moves::keep_as(store.clone(), name, timeline));
}
