//! The request and the response as they went over the wire, and the eleven stages between them.

use serde_json::Value;
use yew::prelude::*;

use crate::{lang::tr, story::Facts, ui::outcome};

#[derive(PartialEq, Properties)]
pub(super) struct WireProps {
    pub facts: Wired,
    pub revealed: bool,
    pub on_reveal: Callback<bool>,
}

/// The facts of a run; each run has a number of its own.
#[derive(Clone)]
pub(super) struct Wired {
    pub run: u32,
    pub facts: Facts,
}

impl PartialEq for Wired {
    fn eq(&self, other: &Self) -> bool {
        self.run == other.run
    }
}

/// What was sent, what came back, and what happened in between.
#[component]
pub(super) fn Wire(props: &WireProps) -> Html {
    let facts = &props.facts.facts;
    let Some(told) = &facts.outcome else {
        return html! { <p class="empty">{ tr!("Nothing was sent: the envelope could not even be read.") }</p> };
    };
    let response: Value = serde_json::from_str(&told.response.body).unwrap_or(Value::Null);
    let has_secret = [&facts.body, &response].iter().any(|body| body.get("Plaintext").is_some());
    let on_reveal = {
        let (on_reveal, revealed) = (props.on_reveal.clone(), props.revealed);
        Callback::from(move |_: MouseEvent| on_reveal.emit(!revealed))
    };
    let request = format!(
        "POST / HTTP/1.1\nX-Amz-Target: TrentService.{}\nContent-Type: application/x-amz-json-1.1\n\n{}",
        facts.plot.operation(),
        pretty(&facts.body, props.revealed)
    );
    let reply = format!(
        "HTTP/1.1 {} {}\nx-amzn-RequestId: {}\n\n{}",
        told.response.status,
        if told.response.status == 200 { "OK" } else { "Bad Request" },
        told.request_id,
        pretty(&response, props.revealed)
    );
    html! {
        <div class="wire">
            if has_secret {
                <p class="demo">{ tr!("Plaintext is demo material. ") }
                    <button class="link" aria-pressed={props.revealed.to_string()} onclick={on_reveal}>{ if props.revealed { tr!("hide") } else { tr!("reveal") } }</button></p>
            }
            { outcome::message(tr!("Request"), request) }
            { outcome::message(tr!("Response"), reply) }
            <div class="card">
                <b>{ tr!("Eleven stages in between") }</b>
                { outcome::stages(&told.stages) }
            </div>
        </div>
    }
}

fn pretty(body: &Value, revealed: bool) -> String {
    let mut body = body.clone();
    if let (false, Some(plaintext)) = (revealed, body.get_mut("Plaintext")) {
        *plaintext = "••••••••".into();
    }
    if body.is_null() { String::new() } else { serde_json::to_string_pretty(&body).unwrap_or_default() }
}
