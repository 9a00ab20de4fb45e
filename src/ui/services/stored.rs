//! What a service stores and holds in memory, as a tree: the bytes at each level, and the clocks of what is held.

use yew::prelude::*;

use crate::{
    crypto::step::Sensitivity,
    lang::{self, tr},
    services::{Item, ItemKind, Service},
    story::facts,
    ui::{
        outcome::{MASK, short_hex},
        route::Route,
        store::Store,
    },
};

/// So many things beside one another are shown open.
const FEW: usize = 4;

/// Everything of one service, as of now.
pub(super) fn inventory(service: &Service, store: &Store) -> Html {
    let items = (service.inventory)(store.timeline.cloud(), store.timeline.world());
    html! {
        <section class="stored">
            <h2 class="eyebrow">{ tr!("What is stored") }</h2>
            if items.is_empty() {
                <p class="empty">{ tr!("{title} stores nothing yet.", title = service.title) }</p>
            }
            { for items.iter().map(|found| item(found, store, items.len() <= FEW)) }
        </section>
    }
}

fn item(item: &Item, store: &Store, open: bool) -> Html {
    let (class, sign) = match item.kind {
        ItemKind::Resource => ("of-resource", "▣"),
        ItemKind::KmsKey(_) => ("of-kms", "◆"),
        ItemKind::ServiceKey => ("of-service", "◇"),
        ItemKind::WrappedKey => ("of-wrapped", "▤"),
        ItemKind::PlaintextKey => ("of-plain", "◉"),
        ItemKind::Data => ("of-data", "▦"),
    };
    let key = match item.kind {
        ItemKind::KmsKey(arn) => {
            let world = store.timeline.world();
            let alias = world.aliases_of(arn).next().map(|alias| alias.as_str().to_owned());
            let state = world.key(&arn).map_or(tr!("gone for ever"), |key| world.state_of(key).as_str());
            let href = Route::Rotation { key: Some(arn.id) }.to_hash();
            let name = alias.unwrap_or_else(|| arn.id.to_string());
            html! { <p class="key-of"><a {href} class="link">{ name }</a>{ format!(" {state}") }</p> }
        }
        ItemKind::Resource | ItemKind::ServiceKey | ItemKind::WrappedKey | ItemKind::PlaintextKey | ItemKind::Data => {
            Html::default()
        }
    };
    let bytes = item.bytes.as_ref().map(|field| {
        let (words, shown) = match (field.sensitivity, item.kind) {
            // Whoever sees the disk sees this.
            (Sensitivity::Secret, ItemKind::Data) => (tr!("bytes in the clear"), short_hex(&field.bytes)),
            (Sensitivity::Secret, _) => (tr!("bytes"), MASK.to_owned()),
            (Sensitivity::Public | Sensitivity::Ciphertext, _) => (tr!("bytes"), short_hex(&field.bytes)),
        };
        html! { <p class="bytes"><span>{ format!("{} {words}", field.bytes.len()) }</span><code>{ shown }</code></p> }
    });
    let held = item.until.map(|until| {
        let left = facts::length(store.timeline.world().now.until(until));
        html! { <p class="clock">{ tr!("in memory until {until}, {left} more unless used", until, left) }</p> }
    });
    html! {
        <details class={classes!("item", class)} {open}>
            <summary><span aria-hidden="true">{ sign }</span>{ " " }{ item.name.text() }</summary>
            { key }
            { for held }
            { for bytes }
            if !item.facts.is_empty() {
                <dl>{ for item.facts.iter().map(|(label, text)| html! { <><dt>{ lang::text(label) }</dt><dd>{ text.text() }</dd></> }) }</dl>
            }
            { for item.children.iter().map(|child| self::item(child, store, item.children.len() <= FEW)) }
        </details>
    }
}
