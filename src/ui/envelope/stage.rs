//! The stage: one sentence, one picture, the player.

use std::{cell::RefCell, rc::Rc};

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::{
    kms::KeyState,
    lang::tr,
    story::{ArtefactId, Facts, FileFacts, KeyFacts, Local, Object, Plot, Status, StepId, Story},
    ui::{
        envelope::{
            breakit::BreakIt,
            desk::Run,
            flow::Flow,
            picture::{Picture, SceneTable},
        },
        player::{Player, Reached, Segment},
        store::HistoryMode,
    },
};

#[derive(Properties)]
pub(super) struct StageProps {
    pub flow: Flow,
    pub run: Option<Rc<Run>>,
    /// Counted from 0.
    pub step: usize,
    pub go: Callback<(usize, HistoryMode)>,
    pub marked: Option<StepId>,
    pub on_mark: Callback<Option<StepId>>,
    pub on_show: Callback<ArtefactId>,
    pub keys: Vec<String>,
    pub state: Option<KeyState>,
}

impl PartialEq for StageProps {
    fn eq(&self, _: &Self) -> bool {
        // Cheap to draw, and what it is given changes with nearly every render of the view.
        false
    }
}

/// The middle of the view.
#[component]
pub(super) fn Stage(props: &StageProps) -> Html {
    let table = use_state(|| false);
    let breaking = use_state(|| false);
    let keys_shown = use_state(|| false);
    // An experiment is on stage: the menu would hide it.
    use_effect_with(props.run.as_ref().map(|run| run.number), {
        let breaking = breaking.clone();
        move |_| breaking.set(false)
    });
    let story = match &props.run {
        Some(run) => Rc::clone(&run.story),
        None => Rc::new(prospect(&props.flow)),
    };
    // Where the keyboard is, also between two keys that come faster than the page is drawn.
    let at = use_mut_ref(|| 0);
    at.replace(props.step);
    let Some(step) = story.steps.get(props.step) else { return Html::default() };
    let begun = props.run.is_some();
    let onkeydown = keys(props, &story, &at, &keys_shown, &breaking);
    let on_object = {
        let on_show = props.on_show.clone();
        Callback::from(move |object: Object| {
            if let Some(id) = object.bytes {
                on_show.emit(id);
            }
        })
    };
    let toggle = |state: &UseStateHandle<bool>| {
        let state = state.clone();
        Callback::from(move |_: MouseEvent| state.set(!*state))
    };
    let kept = props.flow.desk.kept.clone();
    let failed = matches!(step.status, Status::Failed(_));
    let (heading, sentence) = if begun {
        (story.plot.operation(), step.sentence.clone())
    } else {
        (tr!("Three places"), tr!("Your file stays on the right of the dashed line; only a key crosses it.").to_owned())
    };
    html! {
        <section class={classes!("stage", failed.then_some("failed"))} tabindex="0" aria-label={tr!("Stage")} {onkeydown}>
            <header>
                <h2>{ heading }</h2>
                <p class="say" role="status">{ sentence }</p>
                <button class="btn small quiet" onclick={toggle(&table)} aria-pressed={table.to_string()}>{ if *table { tr!("Picture") } else { tr!("As a table") } }</button>
            </header>
            if *table {
                <SceneTable scene={step.scene.clone()} />
            } else {
                <Picture story={Rc::clone(&story)} step={props.step} marked={props.marked} on_mark={props.on_mark.clone()} {on_object} revealed={false} />
            }
            if begun {
                <Player segments={segments(&story, props.marked)} reached={story.reached()} step={props.step} go={props.go.clone()}>
                    if kept.is_some() {
                        <button class="btn small break" onclick={toggle(&breaking)} aria-expanded={breaking.to_string()} aria-controls="break-it">{ tr!("Break it ▾") }</button>
                    }
                </Player>
            }
            if *keys_shown {
                <p class="keys">{ tr!("← → one step · Home End first and last · Space play or pause · ? this line") }</p>
            }
            if let (true, true, Some(envelope)) = (begun, *breaking, kept) {
                <div id="break-it"><BreakIt flow={props.flow.clone()} {envelope} keys={props.keys.clone()} state={props.state} /></div>
            }
        </section>
    }
}

fn segments(story: &Story, marked: Option<StepId>) -> Rc<[Segment]> {
    let steps = story.steps.iter().map(|step| Segment {
        label: step.label,
        title: step.title.clone().into(),
        state: match step.status {
            Status::Failed(_) => Reached::Failed,
            Status::NotReached => Reached::Ahead,
            Status::UnderWay { .. } => Reached::UnderWay,
            Status::Happened => Reached::Happened,
        },
        marked: marked == Some(step.id),
    });
    steps.collect()
}

/// The picture before anything was done: all outlines.
fn prospect(flow: &Flow) -> Story {
    let store = flow.store.borrow();
    let desk = &flow.desk;
    let world = store.timeline.world();
    let alias =
        world.aliases_in(store.acting.account(), store.region, None).find(|(arn, _)| arn.name.as_str() == desk.key);
    let key = KeyFacts::new(world, &desk.key, alias.map(|(_, alias)| alias.key), None);
    Story::tell(&Facts {
        plot: Plot::SealFile,
        caller: store.acting.clone(),
        region: store.region,
        body: serde_json::Value::Null,
        outcome: None,
        key,
        context: desk.pairs.clone(),
        file: FileFacts { ..desk.source.facts() },
        local: Local::NotStarted,
        damage: None,
        tampering: None,
    })
}

/// What the keyboard does while the stage has the focus. A range and a button keep the keys that are theirs.
fn keys(
    props: &StageProps,
    story: &Rc<Story>,
    at: &Rc<RefCell<usize>>,
    shown: &UseStateHandle<bool>,
    breaking: &UseStateHandle<bool>,
) -> Callback<KeyboardEvent> {
    let (go, at, last) = (props.go.clone(), Rc::clone(at), story.steps.len().saturating_sub(1));
    let (shown, breaking, begun) = (shown.clone(), breaking.clone(), props.run.is_some());
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if event.key() == "Escape" && *breaking {
            return breaking.set(false);
        }
        let target: Option<Element> = event.target_dyn_into();
        let tag = target.map(|target| target.tag_name().to_ascii_lowercase()).unwrap_or_default();
        if matches!(tag.as_str(), "input" | "select" | "textarea") {
            return;
        }
        let step = *at.borrow();
        let to = match event.key().as_str() {
            "ArrowLeft" => step.checked_sub(1),
            "ArrowRight" => Some(step + 1).filter(|to| *to <= last),
            "Home" => Some(0),
            "End" => Some(last),
            " " if tag != "button" => {
                event.prevent_default();
                let stage: Option<Element> =
                    event.current_target().and_then(|it| wasm_bindgen::JsCast::dyn_into(it).ok());
                let play = stage.and_then(|stage| stage.query_selector(".play").ok().flatten());
                if let Some(play) = play.and_then(|it| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(it).ok()) {
                    play.click();
                }
                None
            }
            "?" => {
                shown.set(!*shown);
                None
            }
            _ => return,
        };
        if let (true, Some(to)) = (begun, to) {
            event.prevent_default();
            at.replace(to);
            go.emit((to, HistoryMode::Push));
        }
    })
}
