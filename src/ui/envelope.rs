//! Envelope encryption: where each secret is, and when.
//!
//! A run is one request and what the application did with the answer; [`crate::story`] tells it. Here are only the desk, the
//! stage and the inspector.

mod breakit;
mod bytes;
mod desk;
mod flow;
mod layout;
mod picture;
mod prose;
mod recipes;
mod seal;
mod stage;
mod wire;
mod workspace;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use yew::prelude::*;

use crate::{
    kms::KeyState,
    lang::tr,
    story::{ArtefactId, StepId},
    ui::{
        envelope::{
            bytes::Bytes,
            desk::{Desk, DeskAction, Run, SAMPLE, SAMPLE_NAME},
            flow::{Flow, source_of_text},
            prose::{Inline, Narration},
            recipes::Recipes,
            stage::Stage,
            wire::{Wire, Wired},
            workspace::Workspace,
        },
        store::{Action, HistoryMode, Store, StoreHandle, use_latest, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct EnvelopeViewProps {
    /// Counted from 0.
    pub step: u32,
    pub on_step: Callback<(u32, HistoryMode)>,
    pub visible: bool,
}

/// The view.
#[component]
pub fn EnvelopeView(props: &EnvelopeViewProps) -> Html {
    let store = use_store();
    let sample = use_memo((), |()| source_of_text(SAMPLE_NAME, SAMPLE, true));
    // Work that has begun goes on with the world as it is now, also where it does not show.
    let latest = use_latest(&store);
    let EnvelopeViewProps { step, on_step, visible } = props;
    match sample.as_ref() {
        Some(sample) => html! {
            <Loaded sample={sample.clone()} {store} {latest} step={*step} on_step={on_step.clone()} visible={*visible} />
        },
        None => {
            html! { <div class="envelope"><p class="problem">{ tr!("This browser cannot make files; use a current one.") }</p></div> }
        }
    }
}

#[derive(Properties)]
struct LoadedProps {
    sample: desk::Source,
    store: StoreHandle,
    latest: Rc<RefCell<Store>>,
    step: u32,
    on_step: Callback<(u32, HistoryMode)>,
    visible: bool,
}

/// What does not show need not be drawn again.
impl PartialEq for LoadedProps {
    fn eq(&self, other: &Self) -> bool {
        let same = *self.store == *other.store && self.step == other.step && self.on_step == other.on_step;
        self.visible == other.visible && (same || !self.visible)
    }
}

#[component]
fn Loaded(props: &LoadedProps) -> Html {
    let store = &props.store;
    let desk = use_reducer(|| Desk::new(props.sample.clone()));
    let cancelled = use_mut_ref(|| Rc::new(Cell::new(false)));
    let runs = use_memo((), |()| Cell::new(0));
    let flow = Flow {
        store: Rc::clone(&props.latest),
        dispatch: store.dispatcher(),
        desk: desk.clone(),
        on_step: props.on_step.clone(),
        cancelled,
        runs,
    };
    use_effect_with(store.dropped.clone(), {
        let flow = flow.clone();
        move |dropped| {
            if let Some(file) = dropped.clone() {
                flow.dispatch.dispatch(Action::DroppedTaken);
                flow.take(file);
            }
        }
    });

    let keys = aliases(store);
    use_effect_with(keys.clone(), {
        let desk = desk.clone();
        move |keys| {
            if let (false, Some(first)) = (keys.contains(&desk.key), keys.first()) {
                desk.dispatch(DeskAction::Key(first.clone()));
            }
        }
    });
    let marked = use_state(|| None::<StepId>);
    let chosen = use_state(|| None::<(u32, usize, ArtefactId)>);
    let revealed = use_state(|| false);
    let tab = use_state(|| Tab::Bytes);

    let run = desk.run.clone();
    let steps = run.as_ref().map_or(0, |run| run.story.steps.len());
    let step = usize::try_from(props.step).unwrap_or(0).min(steps.saturating_sub(1));
    let go = {
        let on_step = props.on_step.clone();
        Callback::from(move |(step, mode): (usize, HistoryMode)| on_step.emit((u32::try_from(step).unwrap_or(0), mode)))
    };
    let number = run.as_ref().map_or(0, |run| run.number);
    let on_show = {
        let (chosen, tab) = (chosen.clone(), tab.clone());
        Callback::from(move |id: ArtefactId| {
            chosen.set(Some((number, step, id)));
            tab.set(Tab::Bytes);
        })
    };
    let on_reveal = {
        let revealed = revealed.clone();
        Callback::from(move |yes: bool| revealed.set(yes))
    };
    let on_mark = {
        let marked = marked.clone();
        Callback::from(move |step: Option<StepId>| {
            if *marked != step {
                marked.set(step);
            }
        })
    };
    // A choice of bytes holds until the next step.
    let shown = chosen.filter(|(of, at, _)| (*of, *at) == (number, step)).map(|(.., id)| id);
    let shown = shown.or_else(|| Some(run.as_ref()?.story.steps.get(step)?.shows)).unwrap_or(ArtefactId::Wrapped);
    let form = desk.form || run.is_none();
    html! {
        <div class="envelope">
            <section class="left" aria-label={tr!("Story")}>
                if form {
                    { introduction(run.is_some(), &desk) }
                    <Workspace flow={flow.clone()} {keys} acting={store.acting.short_name()} />
                } else if let Some(run) = &run {
                    <Narration flow={flow.clone()} run={Rc::clone(run)} {step} go={go.clone()} />
                }
            </section>
            <Stage flow={flow.clone()} run={run.clone()} {step} go={go.clone()} marked={*marked} on_mark={on_mark.clone()}
                on_show={on_show.clone()} keys={aliases(store)} state={key_state(store, &desk)} />
            <section class="inspector" aria-label={tr!("Inspector")}>
                <Tabs tab={*tab} on_tab={{ let tab = tab.clone(); Callback::from(move |to| tab.set(to)) }} />
                <div class="panel" role="tabpanel" id={format!("panel-{}", tab.id())} aria-labelledby={format!("tab-{}", tab.id())}>
                    if let Some(run) = &run {
                        { inspect(*tab, run, step, shown, &Looking { marked: *marked, on_mark, on_show, go, revealed: *revealed, on_reveal }) }
                    } else {
                        <p class="empty"><Inline text={tab.empty()} /></p>
                    }
                </div>
            </section>
        </div>
    }
}

struct Looking {
    marked: Option<StepId>,
    on_mark: Callback<Option<StepId>>,
    on_show: Callback<ArtefactId>,
    go: Callback<(usize, HistoryMode)>,
    revealed: bool,
    on_reveal: Callback<bool>,
}

fn inspect(tab: Tab, run: &Rc<Run>, step: usize, shown: ArtefactId, looking: &Looking) -> Html {
    let (revealed, on_reveal) = (looking.revealed, looking.on_reveal.clone());
    match tab {
        Tab::Bytes => html! {
            <Bytes story={Rc::clone(&run.story)} {shown} on_show={looking.on_show.clone()} marked={looking.marked}
                on_mark={looking.on_mark.clone()} go={looking.go.clone()} {revealed} {on_reveal} />
        },
        Tab::Recipes => {
            let recipes = run.story.steps.get(step).map(|step| step.recipes.clone()).unwrap_or_default();
            html! { <Recipes {recipes} {revealed} {on_reveal} /> }
        }
        Tab::Wire => {
            html! { <Wire facts={Wired { run: run.number, facts: run.facts.clone() }} {revealed} {on_reveal} /> }
        }
    }
}

fn introduction(again: bool, desk: &UseReducerHandle<Desk>) -> Html {
    if !again {
        return html! {
            <>
                <span class="eyebrow">{ tr!("Envelope encryption") }</span>
                <h1>{ tr!("Where is each secret, and when?") }</h1>
                <p>{ tr!("Encrypt a file of your own and watch: a real AWS KMS in this tab makes a key for it, wraps that key, and forgets it.") }</p>
            </>
        };
    }
    let back = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.dispatch(DeskAction::Form(false)))
    };
    html! {
        <>
            <span class="eyebrow">{ tr!("Another one") }</span>
            <h1>{ tr!("What shall be encrypted?") }</h1>
            <p><button class="link" onclick={back}>{ tr!("← back to the story") }</button></p>
        </>
    }
}

/// The names of keys that the caller's account has in the Region.
fn aliases(store: &Store) -> Vec<String> {
    let world = store.timeline.world();
    world.aliases_in(store.acting.account(), store.region, None).map(|(arn, _)| arn.name.to_string()).collect()
}

fn key_state(store: &Store, desk: &Desk) -> Option<KeyState> {
    let key = desk.kept.as_ref()?.sealed.header.members().key;
    store.timeline.world().key(&key).map(|key| key.state)
}

/// What the inspector shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Bytes,
    Recipes,
    Wire,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Bytes, Self::Recipes, Self::Wire];

    fn name(self) -> &'static str {
        match self {
            Self::Bytes => tr!("Bytes"),
            Self::Recipes => tr!("Do it yourself"),
            Self::Wire => tr!("Wire"),
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Recipes => "recipes",
            Self::Wire => "wire",
        }
    }

    fn empty(self) -> &'static str {
        match self {
            Self::Bytes => {
                tr!(
                    "**No bytes yet.** When you encrypt, every byte that comes out stands here under its name: which key \
                 material, which nonce, what is ciphertext, what is the tag. Point at one to see the step that made it."
                )
            }
            Self::Recipes => {
                tr!(
                    "**Nothing to do by hand yet.** Each step will say how to do the same with the AWS CLI, boto3, the AWS SDK \
                 for Rust, plain HTTP or openssl, with the values of your run."
                )
            }
            Self::Wire => {
                tr!(
                    "**Nothing was sent yet.** Here will stand the request and the response as they go over the wire, and the \
                 eleven stages between them."
                )
            }
        }
    }
}

#[derive(PartialEq, Properties)]
struct TabsProps {
    tab: Tab,
    on_tab: Callback<Tab>,
}

#[component]
fn Tabs(props: &TabsProps) -> Html {
    let list = use_node_ref();
    let onkeydown = {
        let (list, tab, on_tab) = (list.clone(), props.tab, props.on_tab.clone());
        Callback::from(move |event: KeyboardEvent| {
            let at = Tab::ALL.iter().position(|it| *it == tab).unwrap_or(0);
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % Tab::ALL.len(),
                "ArrowLeft" => (at + Tab::ALL.len() - 1) % Tab::ALL.len(),
                "Home" => 0,
                "End" => Tab::ALL.len() - 1,
                _ => return,
            };
            event.prevent_default();
            if let Some(next) = Tab::ALL.get(to) {
                on_tab.emit(*next);
                let button = list
                    .cast::<web_sys::Element>()
                    .and_then(|list| list.query_selector(&format!("#tab-{}", next.id())).ok().flatten());
                if let Some(button) =
                    button.and_then(|it| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(it).ok())
                {
                    let _ = button.focus();
                }
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label={tr!("Inspector")} ref={list} {onkeydown}>
            { for Tab::ALL.iter().map(|it| {
                let (tab, on_tab) = (*it, props.on_tab.clone());
                let on = tab == props.tab;
                html! {
                    <button role="tab" id={format!("tab-{}", tab.id())} aria-selected={on.to_string()} tabindex={if on { "0" } else { "-1" }}
                        aria-controls={on.then(|| format!("panel-{}", tab.id()))} onclick={Callback::from(move |_: MouseEvent| on_tab.emit(tab))}>{ tab.name() }</button>
                }
            }) }
        </div>
    }
}
