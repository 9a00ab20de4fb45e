//! Every call as CloudTrail would keep it: filtered, opened, and led back to its step.

use std::{collections::BTreeMap, rc::Rc};

use web_sys::{Element, Event, HtmlSelectElement};
use yew::prelude::*;

use crate::{
    endpoint::{
        audit::Record,
        bus::{self, BusEvent},
        frame::operation_of,
        model,
    },
    estate::principal::Caller,
    lang::{self, msg, tr},
    timeline::{Input, Timeline},
    ui::{
        effects,
        outcome::{self, breakable},
        route::Route,
        store::{HistoryMode, Same, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub struct AuditProps {
    /// The record that is open, counted from 1 in the order in which they were made.
    pub record: Option<u32>,
    pub visible: bool,
    pub go: Callback<(Route, HistoryMode)>,
}

/// One record, and what one looks for it by.
struct Row {
    number: u32,
    /// Counted from 1.
    step: usize,
    record: Record,
    /// Event name, principal, error and key.
    facets: [String; 4],
}

const FACETS: [&str; 4] = [msg!("Event"), msg!("Principal"), msg!("Result"), msg!("Key")];
const SUCCESS: &str = "success";
/// So many rows are shown at once.
const MOST: usize = 200;

/// The trail.
#[component]
pub fn AuditView(props: &AuditProps) -> Html {
    let store = use_store();
    let wanted = use_state(<[String; 4]>::default);
    let key = (Same(Rc::clone(&store.timeline)), props.visible);
    let rows = use_memo(key, |(_, visible)| if *visible { rows(&store.timeline) } else { Vec::new() });
    let opening = use_node_ref();
    // The one that a visit begins with does not scroll the page away from under the reader.
    let shown = use_mut_ref(|| props.record);
    use_effect_with(props.record, {
        let opening = opening.clone();
        move |record| {
            if record.is_some() && shown.replace(*record) != *record {
                opening.cast::<Element>().iter().for_each(effects::bring_into_view);
            }
        }
    });
    if !props.visible {
        return Html::default();
    }
    let fits = |row: &&Row| wanted.iter().zip(&row.facets).all(|(wanted, has)| wanted.is_empty() || wanted == has);
    let found: Vec<&Row> = rows.iter().rev().filter(fits).collect();
    let open = props.record.and_then(|number| rows.iter().find(|row| row.number == number));

    let filter = |(at, name): (usize, &'static str)| {
        let mut counts = BTreeMap::<&str, usize>::new();
        for row in rows.iter() {
            if let Some(value) = row.facets.get(at).filter(|value| !value.is_empty()) {
                *counts.entry(value).or_default() += 1;
            }
        }
        let current = wanted.get(at).cloned().unwrap_or_default();
        let wanted = wanted.clone();
        let onchange = Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let mut next = (*wanted).clone();
            if let Some(slot) = next.get_mut(at) {
                *slot = select.value();
            }
            wanted.set(next);
        });
        html! {
            <label class="field">{ name }
                <select {onchange} aria-label={name}>
                    <option value="" selected={current.is_empty()}>{ tr!("all ({rows})", rows = rows.len()) }</option>
                    { for counts.into_iter().map(|(value, count)| html! {
                        <option value={value.to_owned()} selected={value == current}>{ format!("{} ({count})", if value == SUCCESS { tr!("success") } else { value }) }</option>
                    }) }
                </select>
            </label>
        }
    };
    let clear = {
        let wanted = wanted.clone();
        Callback::from(move |_: MouseEvent| wanted.set(<[String; 4]>::default()))
    };
    let row = |row: &&Row| {
        let number = row.number;
        let onclick = effects::leads(&props.go, Route::Audit { record: Some(number) });
        let [name, who, result, what] = &row.facets;
        let (class, result) =
            if result == SUCCESS { ("tag none", tr!("success")) } else { ("tag deny", result.as_str()) };
        html! {
            <li key={number}>
                <button {onclick} aria-current={(props.record == Some(number)).then_some("true")}>
                    <time>{ time(&row.record) }</time><b>{ breakable(name) }</b><span class="who-asked">{ who }</span>
                    <span class="what mono">{ what }</span><span {class}>{ result }</span>
                </button>
            </li>
        }
    };
    html! {
        <div class="audit">
            <section class="asking" aria-label={tr!("Records")}>
                <header>
                    <h1>{ tr!("Audit") }</h1>
                    <p class="aside">{ tr!("Every call leaves a record, also a refused one, in the form in which CloudTrail keeps it. Records never hold a \
                        plaintext, a key, a ciphertext or a signature.") }</p>
                </header>
                <div class="filters" role="group" aria-label={tr!("Filter")}>
                    { for FACETS.into_iter().map(lang::text).enumerate().map(filter) }
                    <button class="btn small" onclick={clear} disabled={wanted.iter().all(String::is_empty)}>{ tr!("Show all") }</button>
                </div>
                <p class="hint" role="status">{ match (found.len(), rows.len()) {
                    (_, 0) => tr!("No record yet. Send a request in the Console, or encrypt a file: each call shows here.").to_owned(),
                    (found, all) if found > MOST => tr!("{found} of {all} records, of which the last {most} are shown.", found, all, most = MOST),
                    (found, all) => tr!("{found} of {all} records, the latest first.", found, all),
                } }</p>
                <ol class="trail">{ for found.iter().take(MOST).map(row) }</ol>
            </section>
            <aside class="inspector" aria-label={tr!("Record")} ref={opening}>
                if let Some(row) = open {
                    { opened(row, &store.timeline, &props.go) }
                } else {
                    <h2>{ tr!("No record is open") }</h2>
                    <p class="empty">{ tr!("Open a record to read all of it, and to go to the step of the history that left it.") }</p>
                }
            </aside>
        </div>
    }
}

/// A whole record, and the way to its step.
fn opened(row: &Row, timeline: &Timeline, go: &Callback<(Route, HistoryMode)>) -> Html {
    let input = timeline.steps().get(row.step.saturating_sub(1)).map(|step| &step.input);
    let operation =
        input.and_then(|input| if let Input::Call(request) = input { operation_of(&request.target) } else { None });
    let known = operation.and_then(|operation| model::operations().find(|(name, _)| *name == operation));
    let link = known.map(|(operation, _)| {
        let route = Route::Console { operation, step: u32::try_from(row.step).ok() };
        let href = route.to_hash();
        let onclick = effects::leads(go, route);
        html! { <a class="link" {href} {onclick}>{ tr!("Open step {step} in the Console →", step = row.step) }</a> }
    });
    let delivered = delivered(row, timeline);
    html! {
        <>
            <header>
                <p class="eyebrow">{ tr!("Record {number}, of step {step}", number = row.number, step = row.step) }</p>
                <h2>{ breakable(&row.record.event_name) }</h2>
                { link }
            </header>
            { outcome::message(tr!("Record"), record(&row.record)) }
            if let Some(event) = delivered {
                { outcome::message("EventBridge", serde_json::to_string_pretty(&event).unwrap_or_default()) }
            }
        </>
    }
}

/// What EventBridge delivers of the same.
fn delivered(row: &Row, timeline: &Timeline) -> Option<BusEvent> {
    let is_told = |record: &Record| bus::detail_type(record).is_some();
    if !is_told(&row.record) {
        return None;
    }
    let before = timeline.audit(row.step).into_iter().filter(is_told);
    let nth = before.take_while(|record| record.event_id != row.record.event_id).count();
    timeline.bus(row.step).into_iter().nth(nth)
}

/// A record as JSON over several lines.
pub(super) fn record(record: &Record) -> String {
    serde_json::to_string_pretty(record).unwrap_or_default()
}

fn rows(timeline: &Timeline) -> Vec<Row> {
    let steps =
        (1..=timeline.cursor()).flat_map(|step| timeline.audit(step).into_iter().map(move |record| (step, record)));
    steps
        .zip(1..)
        .map(|((step, record), number)| {
            let text = |member: &str| record.user_identity.get(member).and_then(|value| value.as_str());
            let caller = text("arn").and_then(|arn| arn.parse::<Caller>().ok()).map(|caller| caller.short_name());
            let who = caller.unwrap_or_else(|| text("invokedBy").or(text("accountId")).unwrap_or_default().to_owned());
            let key =
                record.resources.last().map_or("", |resource| resource.arn.rsplit(':').next().unwrap_or_default());
            let facets = [
                record.event_name.clone(),
                format!("{who} {}", record.recipient_account_id),
                record.error_code.unwrap_or(SUCCESS).to_owned(),
                named(timeline, &record).unwrap_or_else(|| key.to_owned()),
            ];
            Row { number, step, record, facets }
        })
        .collect()
}

/// The alias that the key of a record has now, if it has one.
fn named(timeline: &Timeline, record: &Record) -> Option<String> {
    let arn = record.resources.last()?.arn.parse().ok()?;
    let name = timeline.world().aliases_of(arn).next()?;
    Some(name.as_str().to_owned())
}

fn time(record: &Record) -> String {
    record.event_time.to_string().replace('T', " ")
}
