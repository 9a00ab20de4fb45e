//! The left column before a run: what is to be encrypted, under which key, in which context.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    lang::{grouped, tr},
    story::facts::size,
    ui::{
        effects,
        envelope::{
            desk::{Desk, DeskAction, Input, LARGEST_TEXT},
            flow::Flow,
        },
    },
};

#[derive(Properties)]
pub(super) struct WorkspaceProps {
    pub flow: Flow,
    /// Aliases of the caller's account in this Region.
    pub keys: Vec<String>,
    pub acting: String,
}

impl PartialEq for WorkspaceProps {
    fn eq(&self, _: &Self) -> bool {
        // Its flow holds the desk as it was, so it is drawn anew whenever the view is.
        false
    }
}

/// The form.
#[component]
pub(super) fn Workspace(props: &WorkspaceProps) -> Html {
    let desk = &props.flow.desk;
    let use_input = |input: Input| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::Use(input)))
    };
    let pressed = |input: Input| (desk.input == input).to_string();
    let good = desk.context_is_good() && !props.keys.is_empty();
    let seal = {
        let flow = props.flow.clone();
        Callback::from(move |_: MouseEvent| {
            let flow = flow.clone();
            effects::soon(move || flow.seal());
        })
    };
    let encrypt = {
        let flow = props.flow.clone();
        Callback::from(move |_: MouseEvent| {
            let flow = flow.clone();
            effects::soon(move || flow.encrypt_text());
        })
    };
    html! {
        <div class="workspace">
            <div class="switch" role="group" aria-label={tr!("What to encrypt")}>
                <button aria-pressed={pressed(Input::File)} onclick={use_input(Input::File)}>{ tr!("A file") }</button>
                <button aria-pressed={pressed(Input::Text)} onclick={use_input(Input::Text)}>{ tr!("A text") }</button>
            </div>
            if desk.input == Input::File {
                <FileField flow={Live(props.flow.clone())} />
            } else {
                <TextField flow={Live(props.flow.clone())} />
            }
            { key_field(desk, &props.keys, &props.acting) }
            { context_field(desk) }
            <div class="go">
                <button class="btn main" onclick={seal} disabled={!good}>{ if desk.input == Input::File { tr!("Encrypt") } else { tr!("Encrypt in an envelope") } }</button>
                if desk.input == Input::Text {
                    <button class="btn" onclick={encrypt} disabled={!good}>{ tr!("Let KMS encrypt it") }</button>
                }
            </div>
        </div>
    }
}

/// Drawn anew with its parent.
#[derive(Clone)]
struct Live(Flow);

impl PartialEq for Live {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

#[derive(PartialEq, Properties)]
struct FieldProps {
    flow: Live,
}

#[component]
fn FileField(props: &FieldProps) -> Html {
    let flow = &props.flow.0;
    let source = &flow.desk.source;
    let input = use_node_ref();
    let onchange = {
        let flow = flow.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let file = input.as_ref().and_then(HtmlInputElement::files).and_then(|files| files.get(0));
            if let Some(file) = file {
                flow.take(file);
            }
            // The same file may be chosen again after it has changed.
            if let Some(input) = input {
                input.set_value("");
            }
        })
    };
    let choose = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    html! {
        <div class="field drop">
            <div class="file">
                <svg class="sheet" width="22" height="26" viewBox="0 0 22 26" aria-hidden="true"><path d="M3 1.5h11l5 5v18H3z M14 1.5v5h5" /></svg>
                <div><b>{ &source.name }</b><span>{ format!("{}{}", size(source.length), if source.is_sample { tr!(", a sample") } else { "" }) }</span></div>
            </div>
            <input ref={input} type="file" hidden={true} {onchange} aria-label={tr!("File or envelope")} />
            <button class="btn small" onclick={choose}>{ tr!("Choose a file or an envelope") }</button>
            <p class="hint">{ tr!("Or drop one anywhere on the page. Up to 256 MB; it stays in this tab.") }</p>
            if let Some(words) = &flow.desk.refusal {
                <p class="problem" role="alert">{ words.clone() }</p>
            }
        </div>
    }
}

#[component]
fn TextField(props: &FieldProps) -> Html {
    let desk = props.flow.0.desk.clone();
    let length = desk.text.len();
    let oninput = {
        let desk = desk.clone();
        Callback::from(move |event: InputEvent| {
            let area: Option<HtmlTextAreaElement> = event.target_dyn_into();
            if let Some(area) = area {
                desk.dispatch(DeskAction::Write(area.value()));
            }
        })
    };
    let over = length > LARGEST_TEXT;
    let fill = {
        let desk = desk.clone();
        move |length: usize| {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::Write("x".repeat(length))))
        }
    };
    html! {
        <div class="field">
            <label>{ tr!("Text") }<textarea rows="4" value={desk.text.clone()} {oninput} spellcheck="false" /></label>
            <div class={classes!("meter", over.then_some("over"))}>
                <meter min="0" max={LARGEST_TEXT.to_string()} value={length.min(LARGEST_TEXT).to_string()} aria-label={tr!("Bytes of what direct Encrypt takes")}></meter>
                <span>{ tr!("{length} of 4,096 bytes", length = grouped(length as u64)) }{ if over { tr!(": too long for KMS itself") } else { "" } }</span>
            </div>
            <p class="hint">{ tr!("Try the limit: ") }<button class="link" onclick={fill(LARGEST_TEXT)}>{ tr!("4,096 bytes") }</button>{ " · " }
                <button class="link" onclick={fill(LARGEST_TEXT + 1)}>{ tr!("4,097 bytes") }</button></p>
        </div>
    }
}

fn key_field(desk: &UseReducerHandle<Desk>, keys: &[String], acting: &str) -> Html {
    if keys.is_empty() {
        return html! {
            <p class="problem">{ tr!("{acting} has no key in this Region. Act as somebody else, or choose us-east-1, at the top.", acting) }</p>
        };
    }
    let onchange = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let select: Option<HtmlSelectElement> = event.target_dyn_into();
            if let Some(select) = select {
                desk.dispatch(DeskAction::Key(select.value()));
            }
        })
    };
    html! {
        <label class="field">{ tr!("KMS key") }
            <select {onchange}>{ for keys.iter().map(|key| html! { <option value={key.clone()} selected={*key == desk.key}>{ key }</option> }) }</select>
        </label>
    }
}

fn context_field(desk: &UseReducerHandle<Desk>) -> Html {
    let (problems, all) = desk.context_problems();
    let change = |at: usize, name: Option<&str>, value: Option<&str>| {
        let (desk, name, value) = (desk.clone(), name.map(str::to_owned), value.map(str::to_owned));
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let typed = input.map(|input| input.value()).unwrap_or_default();
            // The half that is given stays; the other is what was typed.
            let (name, value) = (name.clone().unwrap_or_else(|| typed.clone()), value.clone().unwrap_or(typed));
            desk.dispatch(DeskAction::Pair { at, name, value });
        })
    };
    let add = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::AddPair))
    };
    html! {
        <fieldset class="field context">
            <legend>{ tr!("Encryption context") }</legend>
            { for desk.pairs.iter().zip(&problems).enumerate().map(|(at, ((name, value), problem))| {
                let remove = {
                    let desk = desk.clone();
                    Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::DropPair(at)))
                };
                let id = format!("pair-problem-{at}");
                let described = problem.is_some().then(|| id.clone());
                html! {
                    <div class="pair" key={at}>
                        <input type="text" class="mono" value={name.clone()} oninput={change(at, None, Some(value))} aria-label={tr!("Name of pair {at}", at = at + 1)}
                            aria-invalid={problem.is_some().then_some("true")} aria-describedby={described} spellcheck="false" autocomplete="off" />
                        <span aria-hidden="true">{ "=" }</span>
                        <input type="text" class="mono" value={value.clone()} oninput={change(at, Some(name), None)} aria-label={tr!("Value of pair {at}", at = at + 1)}
                            spellcheck="false" autocomplete="off" />
                        <button class="icon" onclick={remove} aria-label={tr!("Remove pair {at}", at = at + 1)}>{ "✕" }</button>
                        if let Some(problem) = problem {
                            <p class="problem" {id}>{ *problem }</p>
                        }
                    </div>
                }
            }) }
            if let Some(words) = all {
                <p class="problem" role="alert">{ words }</p>
            }
            <button class="btn small" onclick={add}>{ tr!("Add a pair") }</button>
            <p class="hint">{ tr!("Not secret. Bound to the data key; needed again, to the letter, to open it.") }</p>
        </fieldset>
    }
}
