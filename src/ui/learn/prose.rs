//! The prose of a lesson as elements.

use yew::prelude::*;

use crate::{
    lang::{self, tr},
    rest,
    scenario::{
        OlderTerm,
        prose::{self, Inline, Prose},
    },
    story::glossary::{self, Entry, Piece},
};

/// Explains words where they first occur on a page, once the glossary is here.
#[derive(Default)]
pub(super) struct Explained(Option<Vec<&'static str>>);

impl Explained {
    /// Nothing is explained yet; `whole` is whether the whole program is here.
    pub(super) fn new(whole: bool) -> Self {
        Self(whole.then(Vec::new))
    }

    /// Paragraphs and lists.
    pub(super) fn blocks(&mut self, prose: &[Prose]) -> Html {
        html! { <>{ for prose.iter().map(|prose| self.block(prose)) }</> }
    }

    fn block(&mut self, prose: &Prose) -> Html {
        match prose {
            Prose::Paragraph(words) => html! { <p>{ self.inline(words) }</p> },
            Prose::List { numbered, items } => {
                let items = items.iter().map(|words| html! { <li>{ self.inline(words) }</li> });
                if *numbered {
                    html! { <ol>{ for items }</ol> }
                } else {
                    html! { <ul>{ for items }</ul> }
                }
            }
        }
    }

    fn inline(&mut self, words: &[Inline]) -> Html {
        let stretch = |words: &Inline| match (words, &mut self.0) {
            (Inline::Text(text), Some(seen)) => rest::within(|| explained(&glossary::pieces(text, seen))),
            (other, _) => stretch(other),
        };
        html! { <>{ for words.iter().map(stretch) }</> }
    }
}

/// Text and words. A line may break beside a button, so what touches a word stands with it in an element where none does.
fn explained(pieces: &[Piece<'_>]) -> Html {
    let is_word = |at: usize| matches!(pieces.get(at), Some(Piece::Word(..)));
    let touching = |at: usize| match pieces.get(at) {
        Some(Piece::Text(text)) => glossary::touching(text, at > 0 && is_word(at - 1), is_word(at + 1)),
        Some(Piece::Word(..)) | None => ("", "", ""),
    };
    let element = |(at, piece): (usize, &Piece<'_>)| match *piece {
        Piece::Text(_) => html! { touching(at).1 },
        Piece::Word(text, entry) => {
            let before = at.checked_sub(1).map_or("", |before| touching(before).2);
            let after = touching(at + 1).0;
            html! { <span class="with-word">{ before }<Word text={text.to_owned()} {entry} />{ after }</span> }
        }
    };
    html! { <>{ for pieces.iter().enumerate().map(element) }</> }
}

/// Paragraphs and lists without explanations.
pub(super) fn blocks(prose: &[Prose]) -> Html {
    Explained::default().blocks(prose)
}

/// One line of prose.
pub(super) fn inline(words: &[Inline]) -> Html {
    html! { <>{ for words.iter().map(stretch) }</> }
}

fn stretch(words: &Inline) -> Html {
    match words {
        Inline::Text(text) => html! { text },
        Inline::Code(text) => html! { <code>{ text }</code> },
        Inline::Strong(text) => html! { <strong>{ text }</strong> },
        Inline::Link { text, url } => {
            html! { <a href={url.clone()} target="_blank" rel="noopener noreferrer">{ text }</a> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct WordProps {
    /// As the prose has it.
    text: String,
    entry: Entry,
}

/// A word that tells what it means, within its line.
#[component]
fn Word(props: &WordProps) -> Html {
    let open = use_state(|| false);
    let onclick = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let WordProps { text, entry } = props;
    html! {
        <>
            <button class="word" aria-expanded={open.to_string()} {onclick}>{ text }</button>
            if *open { <span class="meaning" role="note">{ meaning(entry) }</span> }
        </>
    }
}

/// What is said in one sentence with marks, and some of it only known on the way.
pub(in crate::ui) fn marked(words: &str) -> Html {
    prose::inline(words).map_or_else(|_| words.to_owned().into(), |words| inline(&words))
}

/// What older texts call things.
pub(super) fn older_terms(terms: &[OlderTerm]) -> Html {
    let term = |OlderTerm { older, today }: &OlderTerm| tr!("**{older}** is {today}", older, today);
    let terms: Vec<String> = terms.iter().map(term).collect();
    marked(&tr!("In older texts: {terms}.", terms = terms.join("; ")))
}

/// What a word means and what it is called elsewhere, in a sentence or two.
pub(super) fn meaning(entry: &Entry) -> String {
    let also: Vec<_> = entry.also().collect();
    if also.is_empty() {
        lang::text(entry.meaning).to_owned()
    } else {
        tr!("{meaning} Also: {also}.", meaning = lang::text(entry.meaning), also = also.join(", "))
    }
}
