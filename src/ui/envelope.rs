//! Envelope encryption: where each secret is, and when.

use yew::prelude::*;

use crate::ui::store::HistoryMode;

#[derive(PartialEq, Properties)]
pub struct EnvelopeViewProps {
    pub step: u32,
    pub on_step: Callback<(u32, HistoryMode)>,
    pub visible: bool,
}

/// The view.
#[component]
pub fn EnvelopeView(_props: &EnvelopeViewProps) -> Html {
    html! { <main class="envelope"><h1>{ "Envelope" }</h1></main> }
}
