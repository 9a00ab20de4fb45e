//! Traffic against the request quotas: what is served, what is refused, what it costs, and what helps.

mod chart;
mod cloudwatch;
mod controls;
mod remedies;
mod waits;
pub(in crate::ui) mod words;
mod world;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    lang::{self, figure, grouped, msg, tr, trn},
    load::{
        Lab, Meter, measure,
        presets::{PRESETS, Preset},
    },
    ui::{
        limits::{remedies::Compared, words::dollars},
        route::Route,
        store::HistoryMode,
    },
};

#[derive(PartialEq, Properties)]
pub struct LimitsProps {
    /// The lab to begin with.
    pub preset: Option<&'static str>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
}

/// How long the lab rests before the remedies are compared, in milliseconds.
const COMPARE_AFTER: u32 = 120;

/// The preset of that name, or the first.
fn preset(id: Option<&str>) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| Some(preset.id) == id).or(PRESETS.first())
}

/// The lab.
#[component]
pub fn LimitsView(props: &LimitsProps) -> Html {
    let lab = use_state_eq(|| preset(props.preset).and_then(Preset::lab));
    let chosen = use_state_eq(|| None::<usize>);
    let compared = use_state(Vec::<Compared>::new);
    use_effect_with(props.preset, {
        let (lab, chosen) = (lab.clone(), chosen.clone());
        move |id| {
            if let Some(fresh) = id.and_then(|id| preset(Some(id))).and_then(Preset::lab) {
                lab.set(Some(fresh));
                chosen.set(None);
            }
        }
    });
    let meter = use_memo(((*lab).clone(), props.visible), |(lab, visible)| {
        lab.as_ref().filter(|_| *visible).map(|lab| measure(lab).map_err(|error| error.to_string()))
    });
    use_effect_with(((*lab).clone(), props.visible), {
        let compared = compared.clone();
        move |(lab, visible): &(Option<Lab>, bool)| {
            let lab = lab.clone().filter(|_| *visible);
            let waiting = lab.map(|lab| Timeout::new(COMPARE_AFTER, move || compared.set(remedies::compare(&lab))));
            move || drop(waiting)
        }
    });
    let (true, Some(current)) = (props.visible, (*lab).clone()) else { return Html::default() };
    let change = {
        let lab = lab.clone();
        Callback::from(move |next: Lab| lab.set(Some(next)))
    };
    let on_preset = {
        let (go, lab, chosen) = (props.go.clone(), lab.clone(), chosen.clone());
        Callback::from(move |event: Event| {
            let select: Option<HtmlSelectElement> = event.target_dyn_into();
            if let Some(preset) = select.and_then(|select| preset(Some(&select.value()))) {
                // Also if it is the one that the address names already, after changes.
                lab.set(preset.lab());
                chosen.set(None);
                go.emit((Route::Limits { preset: Some(preset.id) }, HistoryMode::Push));
            }
        })
    };
    let named = preset(props.preset);
    html! {
        <div class="lab">
            <section class="left" aria-label={tr!("Traffic")}>
                <header>
                    <p class="eyebrow">{ tr!("Load lab") }</p>
                    <h1>{ lang::text(named.map_or(msg!("Limits"), |preset| preset.title)) }</h1>
                    <p class="aside">{ named.map_or("", |preset| lang::text(preset.about)) }</p>
                </header>
                <label class="field">{ tr!("Begin with") }
                    <select onchange={on_preset}>
                        { for PRESETS.iter().map(|preset| html! {
                            <option value={preset.id} selected={named.is_some_and(|named| named.id == preset.id)}>{ lang::text(preset.title) }</option>
                        }) }
                    </select>
                </label>
                { controls::traffic(&current, &change) }
            </section>
            <section class="stage" aria-label={tr!("Requests in time")}>
                { match &*meter {
                    Some(Ok(meter)) => stage(&current, meter, &chosen),
                    Some(Err(why)) => refused(why),
                    None => Html::default(),
                } }
                <world::Present />
            </section>
            <aside class="inspector" aria-label={tr!("What helps, and what it costs")}>
                { controls::remedies(&current, &change) }
                if let Some(Ok(meter)) = &*meter {
                    { bill(&current, meter) }
                    { remedies::table(&compared) }
                }
            </aside>
        </div>
    }
}

/// Why there is nothing to draw.
fn refused(why: &str) -> Html {
    html! {
        <div class="card" role="alert">
            <h2>{ tr!("This traffic cannot be counted") }</h2>
            <p class="problem">{ why }</p>
            <p class="hint">{ tr!("Change what is named there, or begin again with one of the examples.") }</p>
        </div>
    }
}

/// What happens to one account's requests, and to whose.
fn stage(lab: &Lab, meter: &Meter, chosen: &UseStateHandle<Option<usize>>) -> Html {
    // The one with most to tell, unless another is chosen.
    let worst = || {
        (0..meter.lines.len())
            .rev()
            .max_by_key(|at| meter.lines.get(*at).map(|line| (line.exceeded, line.totals.throttled)))
    };
    let at = chosen.filter(|at| *at < meter.lines.len()).or_else(worst).unwrap_or_default();
    let Some(line) = meter.lines.get(at) else { return Html::default() };
    let select = |(nth, line): (usize, &crate::load::meter::Line)| {
        let chosen = chosen.clone();
        let onclick = Callback::from(move |_: MouseEvent| chosen.set(Some(nth)));
        let (class, result) = match (line.totals.throttled, line.exceeded) {
            (0, _) => ("tag allow", tr!("all served").to_owned()),
            (_, 0) => ("tag allow", tr!("has room").to_owned()),
            (_, exceeded) => ("tag deny", tr!("{exceeded} refused", exceeded = grouped(exceeded))),
        };
        html! {
            <li>
                <button {onclick} aria-pressed={(nth == at).to_string()}>
                    <span><b translate="no">{ words::quota_name(line) }</b><small>{ words::payer_in(lab, line) }</small></span>
                    <span class="fill">{ tr!("at most {peak} of {per_second} a second", peak = grouped(line.peak), per_second = figure(&line.per_second)) }</span>
                    <span {class}>{ result }</span>
                </button>
            </li>
        }
    };
    html! {
        <>
            <div class="verdict-of" role="status">
                <h2>{ words::verdict(line) }</h2>
                <p class="aside">{ words::why(lab, line) }</p>
                <p class="hint">{ words::clients(lab, line) }</p>
            </div>
            { chart::draw(lab, meter, line) }
            { waits::table(line) }
            <div class="meters">
                <h2 class="eyebrow">{ tr!("Whose quota") }</h2>
                <ul>{ for meter.lines.iter().enumerate().map(select) }</ul>
            </div>
            { cloudwatch::draw(lab, meter) }
        </>
    }
}

/// What a month costs.
fn bill(lab: &Lab, meter: &Meter) -> Html {
    let cost = &meter.cost;
    let basis = match lab.runs_a_month {
        Some(1) => tr!("Such a time once a month.").to_owned(),
        Some(runs) => tr!("Such a time {runs} times a month.", runs),
        None => tr!("If it goes on like this for a month of 730 hours.").to_owned(),
    };
    html! {
        <section class="bill" aria-labelledby="limits-bill">
            <h2 id="limits-bill" class="eyebrow">{ tr!("KMS, each month") }</h2>
            <p class="sum">{ dollars(cost.total_micro_dollars) }</p>
            <dl>
                <dt>{ tr!("{count} requests", count = grouped(cost.requests_a_month)) }</dt><dd>{ dollars(cost.requests_micro_dollars) }</dd>
                <dt>{ tr!("of these free: {count}", count = grouped(cost.free_requests)) }</dt><dd></dd>
                <dt>{ trn!(count = lab.keys, "1 key", "{count} keys") }</dt><dd>{ dollars(cost.keys_micro_dollars) }</dd>
            </dl>
            <p class="hint">{ basis }{ tr!(" Only what is served is counted.") }</p>
        </section>
    }
}

/// A file of text.
fn save(name: &'static str, text: Rc<String>) -> Callback<MouseEvent> {
    Callback::from(move |_: MouseEvent| crate::ui::effects::download_text(name, &text))
}
