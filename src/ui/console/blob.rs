//! Bytes as a person has them: text, hexadecimal or base64. The request has them as base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use web_sys::{HtmlSelectElement, HtmlTextAreaElement, InputEvent};
use yew::prelude::*;

use crate::{
    lang::{self, msg, tr},
    story::facts::size,
    ui::{console::form::Put, outcome::hex},
};

#[derive(PartialEq, Properties)]
pub(super) struct BlobProps {
    pub id: String,
    pub name: String,
    /// Base64.
    pub value: Option<String>,
    pub put: Put,
}

/// How the bytes are written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Text,
    Hex,
    Base64,
}

const FORMS: [(Form, &str); 3] = [(Form::Text, msg!("text")), (Form::Hex, msg!("hex")), (Form::Base64, "base64")];

impl Form {
    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Text => Some(text.as_bytes().to_vec()),
            Self::Hex => unhex(text),
            Self::Base64 => STANDARD.decode(text.split_whitespace().collect::<String>()).ok(),
        }
    }

    fn write(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Text => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Hex => Some(hex(bytes)),
            Self::Base64 => Some(STANDARD.encode(bytes)),
        }
    }
}

/// A text area, its form, and the same bytes in the other forms.
#[component]
pub(super) fn BlobField(props: &BlobProps) -> Html {
    let form = use_state(|| Form::Text);
    // What was typed, and the base64 it made; kept while the request still has that.
    let typed = use_state(|| None::<(String, Option<String>)>);
    let bytes = props.value.as_ref().map(|value| STANDARD.decode(value).ok());
    let shown_form = match &bytes {
        // Bytes that are no text are shown as what they are.
        Some(Some(bytes)) if *form == Form::Text && std::str::from_utf8(bytes).is_err() => Form::Base64,
        Some(None) => Form::Base64,
        _ => *form,
    };
    let kept = typed.as_ref().filter(|(_, made)| *made == props.value);
    let text = match (kept, &bytes) {
        (Some((text, _)), _) => text.clone(),
        (None, Some(Some(bytes))) => shown_form.write(bytes).unwrap_or_default(),
        (None, _) => props.value.clone().unwrap_or_default(),
    };
    let problem = (!text.is_empty() && shown_form.read(&text).is_none()).then_some(match shown_form {
        Form::Hex => tr!("Hexadecimal is pairs of 0 to 9 and a to f."),
        Form::Text | Form::Base64 => tr!("Base64 is groups of four letters, padded with =."),
    });
    let oninput = {
        let (typed, put) = (typed.clone(), props.put.clone());
        Callback::from(move |event: InputEvent| {
            let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() else { return };
            let text = area.value();
            // What cannot be read goes into the request as it is, for KMS to refuse.
            let made = (!text.is_empty())
                .then(|| shown_form.read(&text).map_or_else(|| text.clone(), |bytes| STANDARD.encode(bytes)));
            typed.set(Some((text, made.clone())));
            put.emit(made.map(Value::String));
        })
    };
    let onchange = {
        let (form, typed) = (form.clone(), typed.clone());
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            if let Some((chosen, _)) = FORMS.into_iter().find(|(_, name)| chosen.as_deref() == Some(*name)) {
                typed.set(None);
                form.set(chosen);
            }
        })
    };
    let others = bytes.flatten().filter(|bytes| !bytes.is_empty()).map(|bytes| {
        let others = FORMS.into_iter().filter(|(form, _)| *form != shown_form);
        let written =
            others.filter_map(|(form, name)| Some(format!("{} {}", lang::text(name), cut(&form.write(&bytes)?))));
        let size = size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        std::iter::once(size).chain(written).collect::<Vec<_>>().join(" · ")
    });
    html! {
        <div class="blob">
            <textarea id={props.id.clone()} rows="2" spellcheck="false" value={text} {oninput}
                class={(shown_form != Form::Text).then_some("mono")} aria-invalid={problem.map(|_| "true")} />
            <select {onchange} aria-label={tr!("{value} is given as", value = props.name)}>
                { for FORMS.into_iter().map(|(form, name)| html! {
                    <option value={name} selected={form == shown_form}>{ lang::text(name) }</option>
                }) }
            </select>
            if let Some(problem) = problem { <p class="problem">{ problem }</p> }
            if let Some(others) = others { <p class="limits mono">{ others }</p> }
        </div>
    }
}

/// The longest form shown beside, in characters.
const SHOWN: usize = 48;

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high << 4) | low),
        _ => None,
    });
    pairs.collect()
}
