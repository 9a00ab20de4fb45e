//! A map of texts as rows. A row may be unfinished, or its name given twice; the request has what a map can hold.

use serde_json::{Map, Value};
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use crate::{lang::tr, ui::console::form::Put};

#[derive(PartialEq, Properties)]
pub(in crate::ui) struct PairsProps {
    pub name: String,
    pub values: Map<String, Value>,
    pub put: Put,
}

type Row = (String, String);

/// Rows of name and value.
#[component]
pub(in crate::ui) fn PairsField(props: &PairsProps) -> Html {
    let rows = use_state(Vec::<Row>::new);
    // What is typed here stays as it was typed, unless the map has changed elsewhere.
    let shown = if map(&rows) == props.values { (*rows).clone() } else { from(&props.values) };
    let on = |change: Callback<Vec<Row>>, at: usize, is_value: bool| {
        let shown = shown.clone();
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let mut next = shown.clone();
            if let Some((name, value)) = next.get_mut(at) {
                *(if is_value { value } else { name }) = input.value();
            }
            change.emit(next);
        })
    };
    let set = {
        let (rows, put) = (rows.clone(), props.put.clone());
        Callback::from(move |next: Vec<Row>| {
            let values = map(&next);
            rows.set(next);
            put.emit((!values.is_empty()).then_some(Value::Object(values)));
        })
    };
    let add = {
        let (set, shown) = (set.clone(), shown.clone());
        Callback::from(move |_: MouseEvent| {
            set.emit(shown.iter().cloned().chain([(String::new(), String::new())]).collect());
        })
    };
    let row = |(at, (name, value)): (usize, &Row)| {
        let (set_then, then) = (set.clone(), shown.clone());
        let remove = Callback::from(move |_: MouseEvent| {
            let kept = then.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, row)| row.clone());
            set_then.emit(kept.collect());
        });
        let twice = shown.iter().take(at).any(|(other, _)| other == name);
        let number = at.saturating_add(1);
        html! {
            <div key={at} class="pair">
                <input type="text" value={name.clone()} oninput={on(set.clone(), at, false)} autocomplete="off"
                    aria-label={tr!("{map}: name {number}", map = props.name, number)} placeholder={tr!("name")} aria-invalid={twice.then_some("true")} />
                <span aria-hidden="true">{ "=" }</span>
                <input type="text" value={value.clone()} oninput={on(set.clone(), at, true)} autocomplete="off"
                    aria-label={tr!("{map}: value {number}", map = props.name, number)} placeholder={tr!("value")} />
                <button type="button" class="icon" onclick={remove} aria-label={tr!("{map}: remove pair {number}", map = props.name, number)}>{ "✕" }</button>
                if twice { <p class="problem">{ tr!("This name is there already; the later value counts.") }</p> }
            </div>
        }
    };
    html! {
        <>
            { for shown.iter().enumerate().map(row) }
            <button type="button" class="btn small" onclick={add} aria-label={tr!("Add a pair to {map}", map = props.name)}>{ tr!("+ Add a pair") }</button>
        </>
    }
}

fn map(rows: &[Row]) -> Map<String, Value> {
    rows.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
}

fn from(values: &Map<String, Value>) -> Vec<Row> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
