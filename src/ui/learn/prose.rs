//! The prose of a lesson as elements.

use yew::prelude::*;

use crate::scenario::prose::{Inline, Prose};

/// Paragraphs and lists.
pub(super) fn blocks(prose: &[Prose]) -> Html {
    html! { <>{ for prose.iter().map(block) }</> }
}

fn block(prose: &Prose) -> Html {
    match prose {
        Prose::Paragraph(words) => html! { <p>{ inline(words) }</p> },
        Prose::List { numbered, items } => {
            let items = items.iter().map(|words| html! { <li>{ inline(words) }</li> });
            if *numbered {
                html! { <ol>{ for items }</ol> }
            } else {
                html! { <ul>{ for items }</ul> }
            }
        }
    }
}

/// One line of prose.
pub(super) fn inline(words: &[Inline]) -> Html {
    let stretch = |words: &Inline| match words {
        Inline::Text(text) => html! { text },
        Inline::Code(text) => html! { <code>{ text }</code> },
        Inline::Strong(text) => html! { <strong>{ text }</strong> },
        Inline::Link { text, url } => {
            html! { <a href={url.clone()} target="_blank" rel="noopener noreferrer">{ text }</a> }
        }
    };
    html! { <>{ for words.iter().map(stretch) }</> }
}
