//! Break it: the same opening with one thing wrong. Every experiment really runs.

use serde_json::json;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::{
    arn::KeyArn,
    kms::{KeyState, World},
    lang::{self, grouped, msg, tr},
    story::StepId,
    ui::envelope::{
        desk::Envelope,
        flow::{Change, Flow},
        seal,
    },
};

#[derive(Properties)]
pub(super) struct BreakItProps {
    pub flow: Flow,
    pub envelope: Envelope,
    /// Aliases to choose another key from.
    pub keys: Vec<String>,
    /// What state the envelope's key is in; nothing where this world does not have it.
    pub state: Option<KeyState>,
}

impl PartialEq for BreakItProps {
    fn eq(&self, other: &Self) -> bool {
        // The flow's own parts change with every render; what it acts on is compared here.
        self.envelope == other.envelope && self.keys == other.keys && self.state == other.state
    }
}

/// What a flipped byte is a byte of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Wrapped,
    Chunk,
    Header,
}

const TARGETS: [(Target, &str); 3] = [
    (Target::Wrapped, msg!("wrapped data key")),
    (Target::Chunk, msg!("encrypted file")),
    (Target::Header, msg!("envelope header")),
];

/// A panel of experiments.
#[component]
pub(super) fn BreakIt(props: &BreakItProps) -> Html {
    let target = use_state(|| Target::Wrapped);
    let offset = use_state(|| None::<u64>);
    let header = &props.envelope.sealed.header;
    let members = header.members();
    let prefix = header.prefix().len() as u64;
    let (length, usual) = match *target {
        Target::Wrapped => (members.wrapped_data_key.len() as u64, 70),
        Target::Chunk => (props.envelope.sealed.length - prefix, 0),
        Target::Header => (prefix, prefix.saturating_sub(8)),
    };
    let at = offset.unwrap_or(usual).min(length.saturating_sub(1));
    let on_target = {
        let (target, offset) = (target.clone(), offset.clone());
        Callback::from(move |event: Event| {
            let select: Option<HtmlSelectElement> = event.target_dyn_into();
            let chosen = select.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some((chosen, _)) = chosen.and_then(|at| TARGETS.get(at)) {
                target.set(*chosen);
                offset.set(None);
            }
        })
    };
    let on_offset = {
        let offset = offset.clone();
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            offset.set(input.and_then(|input| input.value().parse().ok()));
        })
    };
    let flip = {
        let (flow, envelope, target) = (props.flow.clone(), props.envelope.clone(), *target);
        Callback::from(move |_: MouseEvent| flip(&flow, &envelope, target, at))
    };
    let other_key = props.keys.iter().find(|key| !names_the_key(&props.flow, key, members.key)).cloned();
    let pair = members.encryption_context.pairs().next().map(|(name, value)| (name.to_owned(), value.to_owned()));
    html! {
        <div class="break-it">
            <p class="lead">{ tr!("The same steps, with one thing wrong. See where they stop.") }</p>
            <fieldset class="flip">
                <legend>{ tr!("Flip a byte") }</legend>
                <label><span>{ tr!("of the") }</span><select onchange={on_target}>
                    { for TARGETS.iter().map(|(it, name)| html! { <option selected={*it == *target}>{ lang::text(name) }</option> }) }
                </select></label>
                <label><span>{ tr!("byte") }</span><input type="number" min="0" max={length.saturating_sub(1).to_string()} value={at.to_string()} oninput={on_offset} /></label>
                <button class="btn small" onclick={flip}>{ tr!("Flip it and open") }</button>
                <span class="hint">{ tr!("0 to {length}", length = grouped(length.saturating_sub(1))) }</span>
            </fieldset>
            <div class="choices">
                <ContextButton flow={Held(props.flow.clone())} envelope={props.envelope.clone()} {pair} />
                if let Some(other) = other_key {
                    <button class="btn small" onclick={use_other_key(&props.flow, &props.envelope, other.clone())}>{ tr!("Open with {other}", other) }</button>
                }
                { key_choices(props, members.key) }
            </div>
        </div>
    }
}

/// A flow as a property: the buttons of a panel are the same while what they act on is.
#[derive(Clone)]
struct Held(Flow);

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(PartialEq, Properties)]
struct ContextButtonProps {
    flow: Held,
    envelope: Envelope,
    pair: Option<(String, String)>,
}

#[component]
fn ContextButton(props: &ContextButtonProps) -> Html {
    let members = props.envelope.sealed.header.members();
    let mut context: Vec<(String, String)> =
        members.encryption_context.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (label, words) = match (&props.pair, context.first_mut()) {
        (Some((name, value)), Some(first)) => {
            first.1 = another(value);
            (
                tr!("Say {name}={value}", name, value = first.1),
                tr!("the encryption context said {name}={said} instead of {name}={value}", name, said = first.1, value),
            )
        }
        _ => {
            context.push(("tenant".to_owned(), "8".to_owned()));
            (
                tr!("Add {pair}", pair = "tenant=8"),
                tr!("the encryption context said {pair}, and there was none", pair = "tenant=8"),
            )
        }
    };
    let onclick = {
        let (flow, envelope) = (props.flow.0.clone(), props.envelope.clone());
        Callback::from(move |_: MouseEvent| {
            let change = Change { words: Some(words.clone()), context: Some(context.clone()), ..Change::default() };
            open(&flow, &envelope, change, StepId::Unwrap);
        })
    };
    html! { <button class="btn small" {onclick}>{ label }</button> }
}

/// What can be done to the key itself, and the way back.
fn key_choices(props: &BreakItProps, key: KeyArn) -> Html {
    let act = |label: &'static str, operations: &'static [(&'static str, Option<u32>)], show: StepId| {
        let (flow, envelope) = (props.flow.clone(), props.envelope.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            let requests: Vec<_> = operations
                .iter()
                .map(|(operation, days)| {
                    let body = match days {
                        Some(days) => json!({ "KeyId": key.to_string(), "PendingWindowInDays": days }),
                        None => json!({ "KeyId": key.to_string() }),
                    };
                    (*operation, body)
                })
                .collect();
            if flow.administer(&requests) {
                open(&flow, &envelope, Change::default(), show);
            }
        });
        html! { <button class="btn small" {onclick}>{ label }</button> }
    };
    match props.state {
        None => html! { <p class="hint">{ tr!("This world does not have the envelope's key.") }</p> },
        Some(KeyState::Enabled) => html! {
            <>
                { act(tr!("Disable the key"), &[("DisableKey", None)], StepId::State) }
                { act(tr!("Rotate the key"), &[("RotateKeyOnDemand", None)], StepId::Resolve) }
                { act(tr!("Schedule its deletion"), &[("ScheduleKeyDeletion", Some(7))], StepId::State) }
            </>
        },
        Some(KeyState::Disabled) => act(tr!("Put it right: enable the key"), &[("EnableKey", None)], StepId::State),
        Some(KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }) => act(
            tr!("Put it right: cancel the deletion, enable the key"),
            &[("CancelKeyDeletion", None), ("EnableKey", None)],
            StepId::State,
        ),
        Some(
            KeyState::PendingImport | KeyState::Unavailable | KeyState::Creating { .. } | KeyState::Updating { .. },
        ) => {
            html! { <p class="hint">{ tr!("The envelope's key is not ready to be changed.") }</p> }
        }
    }
}

fn open(flow: &Flow, envelope: &Envelope, change: Change, show: StepId) {
    let name = envelope.sealed.header.members().file_name.to_string();
    flow.open(envelope.blob.clone(), name, change, Some(show));
}

fn use_other_key(flow: &Flow, envelope: &Envelope, key: String) -> Callback<MouseEvent> {
    let (flow, envelope) = (flow.clone(), envelope.clone());
    Callback::from(move |_: MouseEvent| {
        let words = Some(tr!("the request named {key}", key));
        let change = Change { words, key_id: Some(key.clone()), ..Change::default() };
        open(&flow, &envelope, change, StepId::Derive);
    })
}

fn flip(flow: &Flow, envelope: &Envelope, target: Target, at: u64) {
    let (flow, envelope) = (flow.clone(), envelope.clone());
    let header = &envelope.sealed.header;
    let name = header.members().file_name.to_string();
    match target {
        Target::Wrapped => {
            let mut wrapped = header.members().wrapped_data_key.clone();
            let Some(byte) = usize::try_from(at).ok().and_then(|at| wrapped.get_mut(at)) else { return };
            let before = *byte;
            *byte ^= 1;
            let words = tr!(
                "byte {at} of the wrapped data key was changed from {before} to {after}",
                at,
                before = format_args!("{before:02x}"),
                after = format_args!("{:02x}", *byte),
            );
            let change = Change { words: Some(words), wrapped_key: Some(wrapped), ..Change::default() };
            open(&flow, &envelope, change, StepId::Unwrap);
        }
        Target::Chunk | Target::Header => {
            let place = if target == Target::Header { at } else { header.prefix().len() as u64 + at };
            spawn_local(async move {
                if let Ok((blob, before, after)) = seal::flipped(&envelope.blob, place).await {
                    let words = tr!(
                        "byte {at} of the envelope was changed from {before} to {after}",
                        at = grouped(place),
                        before = format_args!("{before:02x}"),
                        after = format_args!("{after:02x}"),
                    );
                    let change = Change { words: Some(words), ..Change::default() };
                    flow.open(blob, name, change, Some(StepId::Open));
                }
            });
        }
    }
}

fn names_the_key(flow: &Flow, alias: &str, key: KeyArn) -> bool {
    let store = flow.store.borrow();
    aliases_of(store.timeline.world(), key).any(|name| name == alias)
}

/// The names of a key, by which a request may call it.
fn aliases_of(world: &World, key: KeyArn) -> impl Iterator<Item = &str> {
    world.aliases_of(key).map(|name| name.as_str())
}

/// The same, but for its last character.
fn another(value: &str) -> String {
    let mut chars: Vec<char> = value.chars().collect();
    match chars.last_mut() {
        Some(last) => *last = if *last == '8' { '9' } else { '8' },
        None => chars.push('8'),
    }
    chars.into_iter().collect()
}
