//! Back and forth over recorded steps. Moves a cursor and nothing else.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    lang::{self, msg, tr},
    ui::store::HistoryMode,
};

#[derive(PartialEq, Properties)]
pub(super) struct PlayerProps {
    pub segments: Rc<[Segment]>,
    /// The last step that there is something to see of, counted from 0.
    pub reached: usize,
    /// Counted from 0.
    pub step: usize,
    pub go: Callback<(usize, HistoryMode)>,
    #[prop_or_default]
    pub children: Html,
}

/// One step.
#[derive(Clone, PartialEq)]
pub(super) struct Segment {
    /// One word.
    pub label: &'static str,
    pub title: AttrValue,
    pub state: Reached,
    /// Whether something elsewhere on the page points at it.
    pub marked: bool,
}

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Happened,
    UnderWay,
    Failed,
    Ahead,
}

/// How long a step stands, in milliseconds, and what that is called.
const SPEEDS: [(u32, &str); 3] = [(3600, msg!("slow")), (2200, msg!("normal")), (1100, msg!("fast"))];

/// Buttons, steps and a range.
#[component]
pub(super) fn Player(props: &PlayerProps) -> Html {
    let playing = use_state(|| false);
    let speed = use_state(|| 1_usize);
    let (step, last) = (props.step, props.reached);
    let at_end = step >= last;

    use_effect_with((*playing, *speed, step, last), {
        let (go, playing) = (props.go.clone(), playing.clone());
        move |(is_playing, speed, step, last)| {
            let pause = SPEEDS.get(*speed).map_or(2200, |(pause, _)| *pause);
            let (step, last) = (*step, *last);
            let next = is_playing.then(|| {
                Timeout::new(pause, move || {
                    if step < last {
                        go.emit((step + 1, HistoryMode::Replace));
                    }
                    if step + 1 >= last {
                        playing.set(false);
                    }
                })
            });
            move || drop(next)
        }
    });

    let jump = |to: usize, mode: HistoryMode| {
        let (go, playing) = (props.go.clone(), playing.clone());
        Callback::from(move |_: MouseEvent| {
            playing.set(false);
            go.emit((to, mode));
        })
    };
    let toggle = {
        let (go, playing) = (props.go.clone(), playing.clone());
        Callback::from(move |_: MouseEvent| {
            if !*playing && at_end {
                go.emit((0, HistoryMode::Replace));
            }
            playing.set(!*playing);
        })
    };
    let oninput = {
        let (go, playing) = (props.go.clone(), playing.clone());
        Callback::from(move |event: InputEvent| {
            let range: Option<HtmlInputElement> = event.target_dyn_into();
            if let Some(to) = range.and_then(|range| range.value().parse().ok()) {
                playing.set(false);
                go.emit((to, HistoryMode::Replace));
            }
        })
    };
    let next_speed = {
        let speed = speed.clone();
        Callback::from(move |_: MouseEvent| speed.set((*speed + 1) % SPEEDS.len()))
    };
    let pace = lang::text(SPEEDS.get(*speed).map_or("normal", |(_, name)| *name));
    let current = props.segments.get(step);
    let of = props.segments.len();
    html! {
        <div class="player" role="group" aria-label={tr!("Steps")}>
            <input class={classes!("scrub-steps", format!("of-{of}"))} type="range" min="0" max={of.saturating_sub(1).to_string()} value={step.to_string()} {oninput}
                aria-label={tr!("Step")} aria-valuetext={current.map(|it| tr!("step {step} of {of}, {label}", step = step + 1, of, label = it.label))} />
            <ol class="segments">
                { for props.segments.iter().enumerate().map(|(at, it)| {
                    let (state, words) = match it.state {
                        Reached::Failed => ("failed", tr!(", failed")),
                        Reached::Ahead => ("ahead", tr!(", not reached")),
                        Reached::UnderWay => ("done", tr!(", under way")),
                        Reached::Happened => (if at <= step { "done" } else { "after" }, ""),
                    };
                    let now = at == step;
                    html! {
                        <li key={at}>
                            <button class={classes!(state, now.then_some("now"), it.marked.then_some("marked"))}
                                aria-current={now.then_some("step")} aria-label={tr!("step {at} of {of}, {label}{words}", at = at + 1, of, label = it.label, words)}
                                title={it.title.clone()} onclick={jump(at, HistoryMode::Push)}>
                                <span class="word">{ it.label }</span>
                            </button>
                        </li>
                    }
                }) }
            </ol>
            <div class="controls">
                <button class="btn small" onclick={jump(step.saturating_sub(1), HistoryMode::Push)} disabled={step == 0} aria-label={tr!("One step back")}>{ "◀" }</button>
                <button class="btn small play" onclick={toggle} aria-pressed={playing.to_string()}>{ if *playing { tr!("⏸ pause") } else { tr!("▶ play") } }</button>
                <button class="btn small" onclick={jump((step + 1).min(of.saturating_sub(1)), HistoryMode::Push)} disabled={step + 1 >= of} aria-label={tr!("One step on")}>{ "▶" }</button>
                <button class="btn small quiet" onclick={next_speed} aria-label={tr!("Speed: {pace}", pace)}>{ tr!("speed {pace}", pace) }</button>
                <span class="count">{ tr!("{step} of {of}", step = step + 1, of) }</span>
                { props.children.clone() }
            </div>
        </div>
    }
}
