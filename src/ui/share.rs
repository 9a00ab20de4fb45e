//! A world handed on: the dialog that says what is in a link, and the opening of links and files that others made.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    lang::{tr, trn},
    rest,
    timeline::{
        Timeline,
        share::{self, Inventory, Material, Place, Shared},
    },
    ui::{
        dialog::{Dialog, use_dialog},
        effects, later,
        outcome::Copy,
        route::Route,
        store::{Action, StoreHandle, Visit, use_store},
    },
    web,
};

/// Opens what somebody shared, from the address or a file, as soon as the whole program is here.
#[hook]
pub(super) fn use_link(store: &StoreHandle) {
    use_effect_with((store.link.clone(), store.whole), {
        let store = store.clone();
        move |(link, whole): &(Option<Rc<str>>, bool)| {
            if let (Some(link), true) = (link, *whole) {
                rest::within(|| open(&store, link));
            }
        }
    });
}

/// Visits the world in a text: the person's own stays as it is.
fn open(store: &StoreHandle, text: &str) {
    store.dispatch(Action::LinkTaken);
    let route = match Timeline::from_shared(text, web::seed()) {
        Ok(Shared { timeline, place: Place { view, caller, region }, .. }) => {
            let visit = Visit { of: tr!("a link").to_owned(), from: Route::Learn, task: None };
            let callers = timeline.world().estate.callers();
            store.dispatch(Action::Visit(Rc::new(timeline), Rc::new(visit)));
            if let Some(caller) = caller.filter(|caller| callers.contains(caller)) {
                store.dispatch(Action::ActAs(caller));
            }
            if let Some(region) = region {
                store.dispatch(Action::InRegion(region));
            }
            view.and_then(|view| Route::from_hash(&view)).unwrap_or(Route::CONSOLE)
        }
        Err(damage) => {
            let words =
                tr!("The shared world could not be opened: {damage}. Your own world is as you left it.", damage);
            store.dispatch(Action::Notice(words.into()));
            Route::Learn
        }
    };
    effects::write_route(&route, false);
    store.dispatch(Action::GoTo(route));
}

/// What the name of a file with one shared world ends with.
pub(super) const FILE: &str = ".kmsworld";

/// The button in the frame, and the dialog.
#[component]
pub(super) fn Share() -> Html {
    let store = use_store();
    let Dialog { node, open, show, onclose } = use_dialog();
    html! {
        <>
            <button class="btn small" onclick={show}>{ tr!("Share") }</button>
            <dialog ref={node} class="help share" aria-labelledby="share-title" {onclose}>
                <form method="dialog">
                    <h2 id="share-title" tabindex="-1">{ tr!("Share this world") }</h2>
                    if open { { later(store.whole, || html! { <Contents /> }) } }
                    <button class="btn">{ tr!("Close") }</button>
                </form>
            </dialog>
        </>
    }
}

#[component]
fn Contents() -> Html {
    let store = use_store();
    let included = use_state_eq(|| false);
    let material = if *included { Material::Included } else { Material::Withheld };
    let place =
        Place { view: Some(store.route.to_hash()), caller: Some(store.acting.clone()), region: Some(store.region) };
    let text = store.timeline.to_shared(material, &place);
    let Inventory { accounts, principals, keys, policies, grants, imported, steps } = store.timeline.inventory();
    let onchange = {
        let included = included.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            included.set(input.is_some_and(|input| input.checked()));
        })
    };
    let mut inside = vec![
        trn!(count = accounts, "1 account", "{count} accounts"),
        trn!(count = principals, "1 user or role", "{count} users and roles"),
        trn!(count = keys, "1 key, with its name, state and dates", "{count} keys, with their names, states and dates"),
        trn!(count = policies, "1 policy", "{count} policies"),
        trn!(count = grants, "1 grant", "{count} grants"),
        tr!("the clock, at {now}", now = store.timeline.world().now),
        tr!("the view you are in, as {caller} in {region}", caller = store.acting.short_name(), region = store.region),
    ];
    let words = if *included {
        inside.push(trn!(
            count = steps,
            "1 step of history, with what was sent",
            "{count} steps of history, with all that was sent"
        ));
        inside.push(tr!("the seed, and with it all key material, passwords and secrets").to_owned());
        tr!("Whoever has the link has these keys: they open everything that was encrypted here, and can sign as these keys do. Never \
         do this with anything that is really secret.")
            .to_owned()
    } else {
        let lost = if imported == 0 {
            String::new()
        } else {
            trn!(
                count = imported,
                " Imported material is missing from 1 key, as if it had been deleted.",
                " Imported material is missing from {count} keys, as if it had been deleted."
            )
        };
        tr!(
            "Whoever opens the link draws fresh key material: the same keys by name, but nothing that was encrypted here opens \
             there, and signatures and tags from here do not verify. The history stays here, for the old material follows from it, \
             and services begin with nothing stored.{lost}",
            lost
        )
    };
    html! {
        <>
            <div>
                <h3>{ tr!("What is in it") }</h3>
                <ul>{ for inside.into_iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            </div>
            <label class="choice">
                <input type="checkbox" checked={*included} {onchange} />
                { tr!(" Put the key material in too") }
            </label>
            <p>{ words }</p>
            { match text {
                Ok(text) => ways(&text),
                Err(share::TooLarge) => html! {
                    <p class="problem" role="alert">{ tr!("This world is too large to be handed on in one piece. Save it under Worlds instead.") }</p>
                },
            } }
        </>
    }
}

/// The link if it is short enough, and the file.
fn ways(text: &str) -> Html {
    let save = {
        let text = text.to_owned();
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            effects::download_text(&format!("world{FILE}"), &text);
        })
    };
    let address = effects::shared_address(text);
    let length = address.len();
    let fits = length <= share::LONGEST_LINK;
    let select = Callback::from(|event: FocusEvent| {
        event.target_dyn_into::<HtmlTextAreaElement>().iter().for_each(HtmlTextAreaElement::select);
    });
    html! {
        <>
            if fits {
                <label class="address">
                    { tr!("The link, {length} characters", length) }
                    <textarea readonly=true rows="3" onfocus={select} value={address.clone()} />
                </label>
            } else {
                <p class="too-long">{ tr!(
                    "As a link it would have {length} characters, and many programs cut links off after {longest}. Hand on the file: it \
                     opens when it is dropped on the page, or under Worlds.",
                    length,
                    longest = share::LONGEST_LINK
                ) }</p>
            }
            // In a form of a dialog every other button would close it.
            <div class="ways" onclick={Callback::from(|event: MouseEvent| event.prevent_default())}>
                if fits { <Copy text={address} what={tr!("the link")} /> }
                <button type="button" class="btn small" onclick={save}>{ tr!("Save as a file") }</button>
            </div>
        </>
    }
}
