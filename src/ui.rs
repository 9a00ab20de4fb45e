//! The page. Shows what the layers below recorded; decides nothing about KMS itself.

use std::{collections::BTreeMap, rc::Rc};

use yew::prelude::*;

/// What the host page asked for.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AppProps {
    pub options: Rc<BTreeMap<String, String>>,
}

/// The whole page.
#[component]
pub fn App(_props: &AppProps) -> Html {
    html! { <main><h1>{ "KMS Playground" }</h1></main> }
}
