//! Who can do what with the key, at a glance.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, HtmlInputElement};
use yew::prelude::*;

use crate::{
    authz::decision::Verdict,
    endpoint::Tracing,
    estate::principal::Caller,
    story::question::{self, Question},
    timeline::ask::Draft,
    ui::{
        effects,
        outcome::breakable,
        policy::{Looking, bare_name, desk::DeskAction, doing, told, verdict},
        route::Route,
        store::{Action, HistoryMode},
    },
};

/// Columns in groups.
const GROUPS: &[(&str, &[&str])] = &[
    ("use", &["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "DescribeKey"]),
    ("manage", &["PutKeyPolicy", "CreateGrant", "EnableKeyRotation", "DisableKey", "TagResource"]),
    ("delete", &["ScheduleKeyDeletion", "CancelKeyDeletion"]),
];

/// The columns of the small one.
pub(super) fn few() -> Vec<&'static str> {
    GROUPS.iter().flat_map(|(_, operations)| operations.iter().copied()).collect()
}

/// Everything that can be asked about.
pub(super) fn all() -> Vec<&'static str> {
    question::operations().collect()
}

/// A caller, and the verdict on every operation.
pub(super) type Row = (Caller, Vec<Option<Verdict>>);

/// A row for everybody who can send a request, those of the key's account first.
pub(super) fn ask(draft: &Draft, question: &Question, operations: &[&'static str]) -> Vec<Row> {
    let mut callers = draft.world().estate.callers();
    callers.sort_by_key(|caller| caller.account() != question.key.account);
    let row = |caller: Caller| {
        let cell = |operation: &&'static str| {
            let question = Question { caller: caller.clone(), operation, ..question.clone() };
            verdict(&draft.explain(&question.request(draft.world()), Tracing::Off))
        };
        let cells = operations.iter().map(cell).collect();
        (caller, cells)
    };
    callers.into_iter().map(row).collect()
}

pub(super) fn small(looking: &Looking<'_>) -> Html {
    let open = looking.desk.matrix;
    let toggle = doing(looking.desk, move || DeskAction::Matrix(!open));
    html! {
        <div class="matrix">
            <h2 class="eyebrow">{ "Who can do what" }</h2>
            <table>
                <thead>
                    <tr><td></td>{ for GROUPS.iter().map(|(name, columns)| html! { <th scope="colgroup" colspan={columns.len().to_string()}>{ *name }</th> }) }</tr>
                </thead>
                <tbody>{ for looking.rows.iter().map(|(caller, cells)| row(looking, caller, cells)) }</tbody>
            </table>
            <button class="btn small" onclick={toggle} aria-expanded={open.to_string()}>{ if open { "Close the matrix" } else { "Open the matrix" } }</button>
        </div>
    }
}

fn row(looking: &Looking<'_>, caller: &Caller, found: &[Option<Verdict>]) -> Html {
    let foreign = caller.account() != looking.question.key.account;
    let columns = GROUPS.iter().flat_map(|(_, columns)| columns.iter());
    let cell = |(operation, found): (&&'static str, &Option<Verdict>)| {
        let (class, mark, words) = drawn(*found);
        let label = format!("{operation}: {words}");
        html! { <td {class} title={label.clone()}><span aria-hidden="true">{ mark }</span><span class="visually-hidden">{ label }</span></td> }
    };
    html! {
        <tr>
            <th scope="row" title={format!("{} of {}", caller.short_name(), caller.account())}>
                { bare_name(caller) }if foreign { <small>{ format!("of {}", caller.account()) }</small> }
            </th>
            { for columns.zip(found).map(cell) }
        </tr>
    }
}

/// Class, mark and words.
fn drawn(found: Option<Verdict>) -> (&'static str, &'static str, &'static str) {
    let (class, _, words) = found.map_or(("none", "", "not decided"), told);
    let mark = match found {
        Some(Verdict::Allowed) => "✓",
        Some(Verdict::ExplicitlyDenied) => "✕",
        Some(Verdict::ImplicitlyDenied) | None => "",
    };
    (class, mark, words)
}

/// Everybody and everything: `now` beside `before`, the answers without any draft.
pub(super) fn whole(looking: &Looking<'_>, now: &[Row], before: &[Row]) -> Html {
    let wanted = looking.desk.wanted.to_ascii_lowercase();
    let oninput = {
        let desk = looking.desk.clone();
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            input.iter().for_each(|input| desk.dispatch(DeskAction::Want(input.value())));
        })
    };
    let save = {
        let text = csv(now);
        Callback::from(move |_: MouseEvent| {
            if let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(&text))) {
                effects::download("who-can-do-what.csv", &blob);
            }
        })
    };
    let close = doing(looking.desk, || DeskAction::Matrix(false));
    let differs = now.iter().zip(before).flat_map(|((_, now), (_, before))| now.iter().zip(before));
    let changed = differs.filter(|(now, before)| now != before).count();
    let shown = all().into_iter().enumerate().filter(|(_, operation)| operation.to_ascii_lowercase().contains(&wanted));
    html! {
        <div class="whole">
            <div class="row">
                <label>{ "Operations with " }<input type="search" value={looking.desk.wanted.clone()} {oninput} /></label>
                <p class="hint" role="status">{ match changed {
                    0 => String::new(),
                    1 => "1 answer differs from before the edit.".to_owned(),
                    changed => format!("{changed} answers differ from before the edit."),
                } }</p>
                <button class="btn small" onclick={save}>{ "Save as CSV" }</button>
                <button class="btn small" onclick={close}>{ "Close" }</button>
            </div>
            <div class="cells" tabindex="0" role="group" aria-label="Who can do what">
                <table>
                    <thead><tr>
                        <td></td>
                        { for now.iter().map(|(caller, _)| html! {
                            <th scope="col"><span>{ bare_name(caller) }<small>{ format!(" {}", caller.account()) }</small></span></th>
                        }) }
                    </tr></thead>
                    <tbody>
                        { for shown.map(|(at, operation)| html! {
                            <tr>
                                <th scope="row">{ breakable(operation) }</th>
                                { for now.iter().zip(before).map(|((caller, now), (_, before))| {
                                    let of = |cells: &[Option<Verdict>]| cells.get(at).copied().flatten();
                                    cell(looking, caller, operation, of(now), of(before))
                                }) }
                            </tr>
                        }) }
                    </tbody>
                </table>
            </div>
        </div>
    }
}

fn cell(
    looking: &Looking<'_>,
    caller: &Caller,
    operation: &'static str,
    now: Option<Verdict>,
    before: Option<Verdict>,
) -> Html {
    let question = Question { caller: caller.clone(), operation, ..looking.question.clone() };
    let (class, mark, words) = drawn(now);
    let changed = if now == before { String::new() } else { format!(", before the edit {}", drawn(before).2) };
    let label = format!("{} {operation}: {words}{changed}", caller.short_name());
    let onclick = {
        let (store, desk, go) = (looking.store.clone(), looking.desk.clone(), looking.go.clone());
        let leave = looking.step.is_some();
        Callback::from(move |_: MouseEvent| {
            store.dispatch(Action::ActAs(question.caller.clone()));
            desk.dispatch(DeskAction::Ask(question.clone()));
            if leave {
                go.emit((Route::Policy { step: None }, HistoryMode::Push));
            }
        })
    };
    let class = classes!(class, (now != before).then_some("changed"));
    html! { <td><button {class} {onclick} title={label.clone()} aria-label={label}>{ mark }</button></td> }
}

/// A line for each operation, a column for each caller.
fn csv(rows: &[Row]) -> String {
    let mut text = String::from("operation");
    for (caller, _) in rows {
        text.push(',');
        text.push_str(&caller.to_string());
    }
    for (at, operation) in all().into_iter().enumerate() {
        text.push_str("\nkms:");
        text.push_str(operation);
        for (_, cells) in rows {
            text.push(',');
            text.push_str(drawn(cells.get(at).copied().flatten()).2);
        }
    }
    text.push('\n');
    text
}
