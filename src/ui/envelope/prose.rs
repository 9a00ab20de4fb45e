//! The left column of a run: what this step is, what went wrong, what to do next.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    lang::tr,
    story::{Failure, Local, Plot, Status, StepId, facts::size},
    ui::{
        effects,
        envelope::{
            desk::{DeskAction, Run},
            flow::{Change, Flow},
            seal,
        },
        route::Route,
        store::HistoryMode,
    },
};

#[derive(Properties)]
pub(super) struct NarrationProps {
    pub flow: Flow,
    pub run: Rc<Run>,
    /// Counted from 0.
    pub step: usize,
    pub go: Callback<(usize, HistoryMode)>,
}

impl PartialEq for NarrationProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.run, &other.run) && self.step == other.step && self.go == other.go
    }
}

/// The words of a step.
#[component]
pub(super) fn Narration(props: &NarrationProps) -> Html {
    let story = &props.run.story;
    let Some(step) = story.steps.get(props.step) else { return Html::default() };
    let of = story.steps.len();
    let (back, next) = (props.step.checked_sub(1), Some(props.step + 1).filter(|next| *next < of));
    let jump = |to: Option<usize>| {
        let go = props.go.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(to) = to {
                let go = go.clone();
                effects::soon(move || go.emit((to, HistoryMode::Push)));
            }
        })
    };
    let again = {
        let desk = props.flow.desk.dispatcher();
        Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::Form(true)))
    };
    let what = match story.plot {
        Plot::SealFile => tr!("Seal"),
        Plot::OpenFile => tr!("Open"),
        Plot::EncryptText => tr!("Encrypt"),
        Plot::DecryptText => tr!("Decrypt"),
    };
    html! {
        <div class="narration">
            <div class="row"><span class="eyebrow">{ tr!("{what} · step {step} of {of}", what, step = props.step + 1, of) }</span>
                <button class="link" onclick={again}>{ tr!("New") }</button></div>
            <h1>{ &step.title }</h1>
            if let Some(words) = &props.run.facts.tampering {
                <p class="tampered"><b>{ tr!("Experiment: ") }</b>{ words }{ "." }</p>
            }
            { for step.prose.iter().map(|paragraph| html! { <p><Inline text={paragraph.clone()} /></p> }) }
            if step.id == StepId::Authorise { { decision(props) } }
            { status(props, &step.status) }
            if let Some(aside) = &step.aside {
                <p class="aside">{ aside }</p>
            }
            if next.is_none() || matches!(step.status, Status::Failed(_)) {
                { actions(props) }
            }
            <div class="steps">
                <button class="btn" onclick={jump(back)} disabled={back.is_none()}>{ tr!("◀ Back") }</button>
                <button class="btn main" onclick={jump(next)} disabled={next.is_none()}>{ tr!("Next ▶") }</button>
            </div>
        </div>
    }
}

/// The way to the decision, as long as its request is in the history.
fn decision(props: &NarrationProps) -> Html {
    let store = props.flow.store.borrow();
    let outcome = props.run.facts.outcome.as_ref();
    let mut steps = store.timeline.steps().iter();
    let at = outcome.and_then(|ours| steps.position(|step| step.outcome().is_some_and(|it| Rc::ptr_eq(it, ours))));
    let number = at.and_then(|at| u32::try_from(at.saturating_add(1)).ok());
    let link = |number| {
        let href = Route::Policy { step: Some(number) }.to_hash();
        html! { <p><a class="link" {href}>{ tr!("Why? Open in Policy") }</a></p> }
    };
    number.map(link).unwrap_or_default()
}

fn status(props: &NarrationProps, status: &Status) -> Html {
    match status {
        Status::Happened => Html::default(),
        Status::NotReached => {
            if props.run.is_working() {
                html! { <p class="aside">{ tr!("Not yet: your file is still being worked on.") }</p> }
            } else {
                html! { <p class="aside">{ tr!("Not reached: the story stopped before.") }</p> }
            }
        }
        Status::UnderWay { done, total } => {
            let cancelled = Rc::clone(&props.flow.cancelled);
            let cancel = Callback::from(move |_: MouseEvent| cancelled.borrow().set(true));
            html! {
                <div class="card progress">
                    <progress max={(*total).max(1).to_string()} value={done.to_string()} aria-label={tr!("Bytes done")}></progress>
                    <div class="row"><span>{ tr!("{done} of {total}", done = size(*done), total = size(*total)) }</span><button class="btn small" onclick={cancel}>{ tr!("Cancel") }</button></div>
                    if !seal::has_fast_aes() {
                        <p class="hint">{ tr!("This page did not come over https, so the browser lends it no AES. The playground's own is at work, which is slower.") }</p>
                    }
                </div>
            }
        }
        Status::Failed(failure) => failed(failure),
    }
}

fn failed(failure: &Failure) -> Html {
    html! {
        <div class="failure">
            <p class="kind mono">{ &failure.kind }</p>
            if failure.by_kms {
                if let Some(message) = &failure.message {
                    <p class="said mono">{ message }</p>
                }
            }
            <p><b><Inline text={failure.what.clone()} /></b></p>
            <p><Inline text={failure.why.clone()} /></p>
            <p class="remedy"><Inline text={failure.remedy.clone()} /></p>
        </div>
    }
}

/// What can be done at the end of a story.
fn actions(props: &NarrationProps) -> Html {
    let run = &props.run;
    let name = run.facts.file.name.clone();
    let download =
        |name: String, blob: web_sys::Blob| Callback::from(move |_: MouseEvent| effects::download(&name, &blob));
    match run.story.plot {
        Plot::SealFile => {
            let (Some(envelope), Local::Done) = (&run.envelope, &run.facts.local) else {
                return html! { <div class="actions">{ put_right(props) }</div> };
            };
            let open = {
                let (flow, blob, name) = (props.flow.clone(), envelope.blob.clone(), name.clone());
                Callback::from(move |_: MouseEvent| flow.open(blob.clone(), name.clone(), Change::default(), None))
            };
            html! {
                <div class="actions">
                    <button class="btn main" onclick={download(format!("{name}.kmsenvelope"), envelope.blob.clone())}>{ tr!("Download the envelope") }</button>
                    <button class="btn" onclick={open}>{ tr!("Open it again") }</button>
                </div>
            }
        }
        Plot::OpenFile => match (&run.recovered, &props.flow.desk.kept) {
            (Some(recovered), _) => html! {
                <div class="actions">
                    if let Some(preview) = &recovered.preview {
                        <pre class="preview" tabindex="0" role="group" aria-label={tr!("The beginning of {name}", name)}>{ preview }</pre>
                    }
                    <button class="btn main" onclick={download(name, recovered.blob.clone())}>{ tr!("Download the file") }</button>
                </div>
            },
            (None, Some(kept)) => {
                let open = {
                    let (flow, blob, name) = (props.flow.clone(), kept.blob.clone(), name);
                    Callback::from(move |_: MouseEvent| flow.open(blob.clone(), name.clone(), Change::default(), None))
                };
                let label =
                    if run.facts.tampering.is_some() { tr!("Open the untouched envelope") } else { tr!("Try again") };
                html! { <div class="actions">{ put_right(props) }<button class="btn" onclick={open}>{ label }</button></div> }
            }
            (None, None) => Html::default(),
        },
        Plot::EncryptText => {
            if run.story.failed_at().is_some() {
                return Html::default();
            }
            let flow = props.flow.clone();
            let decrypt = Callback::from(move |_: MouseEvent| flow.decrypt_text());
            html! { <div class="actions"><button class="btn" onclick={decrypt}>{ tr!("Decrypt it again") }</button></div> }
        }
        Plot::DecryptText => {
            let text = String::from_utf8_lossy(&run.facts.file.start).into_owned();
            let text: String = text.chars().take(600).collect();
            html! { <pre class="preview" tabindex="0" role="group" aria-label={tr!("Your text")}>{ text }</pre> }
        }
    }
}

/// Where a key is off or waits to be deleted: an administrator's requests that end that, and the same once more.
fn put_right(props: &NarrationProps) -> Html {
    let run = &props.run;
    let kind = run.facts.outcome.as_ref().and_then(|outcome| outcome.fault.as_ref()).map(|fault| fault.kind);
    let operations: &'static [&'static str] = match kind {
        Some("DisabledException") => &["EnableKey"],
        Some("KMSInvalidStateException") => &["CancelKeyDeletion", "EnableKey"],
        _ => return Html::default(),
    };
    let (Some(key), flow) = (run.facts.key.arn, props.flow.clone()) else { return Html::default() };
    let onclick = Callback::from(move |_: MouseEvent| {
        let body = serde_json::json!({ "KeyId": key.to_string() });
        let requests: Vec<_> = operations.iter().map(|operation| (*operation, body.clone())).collect();
        if !flow.administer(&requests) {
            return;
        }
        match (flow.desk.run.as_ref().map(|run| run.story.plot), &flow.desk.kept) {
            (Some(Plot::OpenFile), Some(kept)) => {
                let name = kept.sealed.header.members().file_name.to_string();
                flow.open(kept.blob.clone(), name, Change::default(), None);
            }
            (Some(Plot::EncryptText), _) => flow.encrypt_text(),
            _ => flow.seal(),
        }
    });
    html! { <button class="btn main" {onclick}>{ tr!("Put it right: {operations}", operations = operations.join(", ")) }</button> }
}

#[derive(PartialEq, Properties)]
pub(super) struct InlineProps {
    pub text: AttrValue,
}

/// Prose with `code` in backticks and the important between double asterisks.
#[component]
pub(super) fn Inline(props: &InlineProps) -> Html {
    let pieces = props.text.split('`').enumerate().map(|(at, piece)| {
        if at % 2 == 1 {
            return html! { <code>{ piece.to_owned() }</code> };
        }
        let parts = piece.split("**").enumerate().map(|(at, part)| {
            if at % 2 == 1 {
                html! { <b>{ part.to_owned() }</b> }
            } else {
                html! { { part.to_owned() } }
            }
        });
        html! { <>{ for parts }</> }
    });
    html! { <>{ for pieces }</> }
}
