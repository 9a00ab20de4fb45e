//! Bytes in hex and as text, each under the name of the run it belongs to.

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    lang::{grouped, tr},
    story::{Artefact, ArtefactId, NamedRun, StepId, Story, Tone},
    ui::store::HistoryMode,
};

/// Bytes in a row.
const ROW: usize = 8;

#[derive(PartialEq, Properties)]
pub(super) struct BytesProps {
    pub story: Rc<Story>,
    /// What is shown, if there are bytes of it.
    pub shown: ArtefactId,
    pub on_show: Callback<ArtefactId>,
    pub marked: Option<StepId>,
    pub on_mark: Callback<Option<StepId>>,
    pub go: Callback<(usize, HistoryMode)>,
    pub revealed: bool,
    pub on_reveal: Callback<bool>,
}

/// A chooser, the bytes, and what each of them is.
#[component]
pub(super) fn Bytes(props: &BytesProps) -> Html {
    // The run looked at; a run of another artefact means nothing.
    let run = use_state(|| None::<(ArtefactId, usize)>);
    let Some(artefact) = props.story.artefact(props.shown).or_else(|| props.story.artefacts.first()) else {
        return html! {
            <p class="empty">{ tr!("No bytes yet. They appear when KMS has answered: the wrapped data key, the encryption context, your file.") }</p>
        };
    };
    let onchange = {
        let (story, on_show) = (Rc::clone(&props.story), props.on_show.clone());
        Callback::from(move |event: Event| {
            let chosen: Option<HtmlSelectElement> = event.target_dyn_into();
            let at = chosen.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some(artefact) = at.and_then(|at| story.artefacts.get(at)) {
                on_show.emit(artefact.id);
            }
        })
    };
    let look = {
        let (run, on_mark, runs, id) = (run.clone(), props.on_mark.clone(), artefact.runs.clone(), artefact.id);
        Callback::from(move |at: Option<usize>| {
            on_mark.emit(at.and_then(|at| runs.get(at)).map(|run| run.made_in));
            if let Some(at) = at {
                run.set(Some((id, at)));
            }
        })
    };
    let chosen = (*run).filter(|(id, at)| *id == artefact.id && *at < artefact.runs.len()).map(|(_, at)| at);
    // Runs made by the step that something else points at.
    let hidden = artefact.secret && !props.revealed;
    let shown = artefact.bytes.len() as u64;
    let on_reveal = {
        let (on_reveal, revealed) = (props.on_reveal.clone(), props.revealed);
        Callback::from(move |_: MouseEvent| on_reveal.emit(!revealed))
    };
    html! {
        <div class="bytes">
            <label class="pick">
                <span class="visually-hidden">{ tr!("Bytes of") }</span>
                <select {onchange}>
                    { for props.story.artefacts.iter().map(|it| html! { <option selected={it.id == artefact.id}>{ it.name }</option> }) }
                </select>
                <span class="length">{ tr!("{length} bytes", length = grouped(artefact.length)) }</span>
            </label>
            if artefact.secret {
                <p class="demo"><span class="tag secret">{ tr!("secret") }</span>{ tr!(" demo material; it protects nothing real. ") }
                    <button class="link" aria-pressed={props.revealed.to_string()} onclick={on_reveal}>{ if props.revealed { tr!("hide") } else { tr!("reveal") } }</button></p>
            }
            if artefact.bytes.is_empty() {
                <p class="empty">{ tr!("No bytes: nothing was given.") }</p>
            } else {
                <Hex bytes={Rc::clone(&artefact.bytes)} runs={artefact.runs.clone()} {hidden} {chosen} marked={props.marked} look={look.clone()} />
            }
            if shown < artefact.length {
                <p class="more">{ tr!("The first {shown} bytes of {length}.", shown = grouped(shown), length = grouped(artefact.length)) }</p>
            }
            <Legend artefact={artefact.clone()} {chosen} marked={props.marked} {look} />
            { about(props, artefact, chosen) }
        </div>
    }
}

/// What the chosen run is for, and the way to its step.
fn about(props: &BytesProps, artefact: &Artefact, chosen: Option<usize>) -> Html {
    let run = chosen.and_then(|at| artefact.runs.get(at)).or_else(|| {
        let current = props.marked;
        artefact.runs.iter().find(|run| current == Some(run.made_in)).or_else(|| artefact.runs.first())
    });
    let Some(run) = run else { return Html::default() };
    let Some(at) = props.story.position(run.made_in) else { return Html::default() };
    let label = props.story.steps.get(at).map_or("", |step| step.label);
    let go = props.go.clone();
    let onclick = Callback::from(move |_: MouseEvent| go.emit((at, HistoryMode::Push)));
    html! {
        <div class="card about">
            <span><b>{ &run.name }</b>{ ". " }{ run.about }</span>
            <button class="link" {onclick}>{ tr!("made in step {at}, {label} →", at = at + 1, label) }</button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct HexProps {
    bytes: Rc<[u8]>,
    runs: Vec<NamedRun>,
    hidden: bool,
    chosen: Option<usize>,
    marked: Option<StepId>,
    look: Callback<Option<usize>>,
}

#[component]
fn Hex(props: &HexProps) -> Html {
    let rows = props.bytes.chunks(ROW).enumerate().map(|(row, bytes)| {
        let start = row * ROW;
        let end = start + bytes.len();
        // The runs in this row, each with its stretch of it.
        let pieces = props.runs.iter().enumerate().filter_map(|(at, run)| {
            let (from, to) = (run.start.max(start), (run.start + run.length).min(end));
            (from < to).then(|| (at, run, bytes.get(from - start..to - start).unwrap_or_default()))
        });
        let pieces: Vec<_> = pieces.collect();
        let span = |at: usize, run: &NamedRun, text: String| {
            let on = props.chosen == Some(at) || props.marked == Some(run.made_in);
            let (enter, leave) = (props.look.clone(), props.look.clone());
            html! {
                <span class={classes!("run", tone(run.tone), on.then_some("on"))}
                    onmouseenter={Callback::from(move |_: MouseEvent| enter.emit(Some(at)))}
                    onmouseleave={Callback::from(move |_: MouseEvent| leave.emit(None))}>{ text }</span>
            }
        };
        let hex = |bytes: &[u8]| -> String {
            let digits = |byte: &u8| if props.hidden { "••".to_owned() } else { format!("{byte:02x}") };
            bytes.iter().map(digits).collect::<Vec<_>>().join(" ")
        };
        let text = |bytes: &[u8]| -> String {
            let char = |byte: &u8| match byte {
                _ if props.hidden => '•',
                b' '..=b'~' => char::from(*byte),
                _ => '·',
            };
            bytes.iter().map(char).collect()
        };
        html! {
            <>
                <span class="o">{ format!("{start:03x}") }</span>
                <span class="x">{ for pieces.iter().map(|(at, run, bytes)| span(*at, run, hex(bytes))) }</span>
                <span class="t">{ for pieces.iter().map(|(at, run, bytes)| span(*at, run, text(bytes))) }</span>
            </>
        }
    });
    html! { <div class="hex" tabindex="0" role="group" aria-label={tr!("Offset, hexadecimal and text")}>{ for rows }</div> }
}

#[derive(PartialEq, Properties)]
struct LegendProps {
    artefact: Artefact,
    chosen: Option<usize>,
    marked: Option<StepId>,
    look: Callback<Option<usize>>,
}

#[component]
fn Legend(props: &LegendProps) -> Html {
    html! {
        <ul class="legend" aria-label={tr!("What the bytes are")}>
            { for props.artefact.runs.iter().enumerate().map(|(at, run)| {
                let on = props.chosen == Some(at) || props.marked == Some(run.made_in);
                let call = |at: Option<usize>| {
                    let look = props.look.clone();
                    move || look.emit(at)
                };
                let (enter, leave, focus, blur, click) = (call(Some(at)), call(None), call(Some(at)), call(None), call(Some(at)));
                html! {
                    <li>
                        <button class={classes!(on.then_some("on"))} aria-pressed={(props.chosen == Some(at)).to_string()}
                            onmouseenter={Callback::from(move |_: MouseEvent| enter())} onmouseleave={Callback::from(move |_: MouseEvent| leave())}
                            onfocus={Callback::from(move |_: FocusEvent| focus())} onblur={Callback::from(move |_: FocusEvent| blur())}
                            onclick={Callback::from(move |_: MouseEvent| click())}>
                            <span class={classes!("run", tone(run.tone), on.then_some("on"))}></span>
                            <span class="name">{ &run.name }</span>
                            <span class="count">{ grouped(run.length as u64) }</span>
                        </button>
                    </li>
                }
            }) }
        </ul>
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Format => "f",
        Tone::Key => "k",
        Tone::Nonce => "n",
        Tone::Iv => "i",
        Tone::Sealed => "c",
        Tone::Tag => "g",
        Tone::Secret => "s",
        Tone::Text => "p",
    }
}
