//! The front door: lessons, in an order.

use yew::prelude::*;

use crate::ui::{route::Route, store::HistoryMode};

#[derive(PartialEq, Properties)]
pub struct LearnViewProps {
    pub go: Callback<(Route, HistoryMode)>,
}

/// The list of lessons, or one page of one.
#[component]
pub fn LearnView(_props: &LearnViewProps) -> Html {
    html! { <main class="learn"><h1>{ "Learn" }</h1></main> }
}
