//! Who can do what with the key, at a glance.

use std::collections::BTreeSet;

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, HtmlInputElement};
use yew::prelude::*;

use crate::{
    analysis::matrix::{self, Cell, Matrix},
    authz::decision::Verdict,
    estate::principal::Caller,
    lang::{self, msg, tr},
    story::question::{self, Question},
    ui::{
        effects,
        outcome::breakable,
        policy::{Looking, answers::Table, asking, bare_name, desk::DeskAction, doing, path, told},
    },
};

/// Columns in groups.
const GROUPS: &[(&str, &[&str])] = &[
    (msg!("use"), &["Encrypt", "Decrypt", "ReEncryptFrom", "GenerateDataKey", "DescribeKey"]),
    (msg!("manage"), &["PutKeyPolicy", "CreateGrant", "EnableKeyRotation", "DisableKey", "TagResource"]),
    (msg!("delete"), &["ScheduleKeyDeletion", "CancelKeyDeletion"]),
];

pub(super) fn small(looking: &Looking<'_>) -> Html {
    let Some(table) = looking.table else { return Html::default() };
    let open = looking.desk.matrix;
    let toggle = doing(looking.desk, move || DeskAction::Matrix(!open));
    let place = |name: &&str| table.now.actions.iter().position(|action| bare(action) == *name);
    let columns: Vec<usize> = GROUPS.iter().flat_map(|(_, names)| names.iter()).filter_map(place).collect();
    html! {
        <div class="matrix">
            <h2 class="eyebrow">{ tr!("Who can do what") }</h2>
            <table>
                <thead>
                    <tr><td></td>{ for GROUPS.iter().map(|(name, columns)| html! { <th scope="colgroup" colspan={columns.len().to_string()}>{ lang::text(name) }</th> }) }</tr>
                </thead>
                <tbody>{ for table.callers.iter().enumerate().map(|(at, caller)| row(looking, table, (at, caller), &columns)) }</tbody>
            </table>
            <button class="btn small" onclick={toggle} aria-expanded={open.to_string()}>{ if open { tr!("Close the matrix") } else { tr!("Open the matrix") } }</button>
        </div>
    }
}

fn row(looking: &Looking<'_>, table: &Table, (row, caller): (usize, &Caller), columns: &[usize]) -> Html {
    let foreign = caller.account() != looking.question.key.account;
    let cell = |column: &usize| {
        let Some(found) = cell_at(&table.now, row, *column) else { return Html::default() };
        let action = table.now.actions.get(*column).map(|action| bare(action)).unwrap_or_default();
        let changed = cell_at(&table.before, row, *column).is_some_and(|before| before.verdict != found.verdict);
        let (class, mark, words) = drawn(found.verdict);
        let label = format!("{action}: {words}");
        html! {
            <td class={classes!(class, changed.then_some("changed"))} title={label.clone()}>
                <span aria-hidden="true">{ mark }</span><span class="visually-hidden">{ label }{ if changed { tr!(", changed by the edit") } else { "" } }</span>
            </td>
        }
    };
    html! {
        <tr>
            <th scope="row" title={tr!("{caller} of {account}", caller = caller.short_name(), account = caller.account())}>
                { bare_name(caller) }if foreign { <small>{ tr!("of {account}", account = caller.account()) }</small> }
            </th>
            { for columns.iter().map(cell) }
        </tr>
    }
}

/// Without `kms:`.
fn bare(action: &str) -> &str {
    action.strip_prefix("kms:").unwrap_or(action)
}

fn cell_at(matrix: &Matrix, row: usize, column: usize) -> Option<Cell> {
    matrix.rows.get(row)?.cells.get(column).copied()
}

/// Class, mark and words.
fn drawn(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    let (class, _, words) = told(verdict);
    let mark = match verdict {
        Verdict::Allowed => "✓",
        Verdict::ExplicitlyDenied => "✕",
        Verdict::ImplicitlyDenied => "",
    };
    (class, mark, words)
}

/// Everybody and everything, beside what it was without any draft.
pub(super) fn whole(looking: &Looking<'_>, table: &Table) -> Html {
    let desk = looking.desk;
    let changes = matrix::changes(&table.before, &table.now);
    let changed: BTreeSet<&str> = changes.iter().map(|change| change.action.as_str()).collect();
    let only = desk.changed_only && !changes.is_empty();
    let wanted = desk.wanted.to_ascii_lowercase();
    let actions = table.now.actions.iter().enumerate();
    let shown: Vec<(usize, &String)> = actions
        .filter(|(_, action)| bare(action).to_ascii_lowercase().contains(&wanted))
        .filter(|(_, action)| !only || changed.contains(action.as_str()))
        .collect();
    html! {
        <div class="whole">
            { answers(looking, table) }
            { controls(looking, table, changes.len()) }
            <div class="cells" tabindex="0" role="group" aria-label={tr!("Who can do what")}>
                <table>
                    <thead><tr>
                        <td></td>
                        { for table.callers.iter().map(|caller| html! {
                            <th scope="col"><span>{ bare_name(caller) }<small>{ format!(" {}", caller.account()) }</small></span></th>
                        }) }
                    </tr></thead>
                    <tbody>
                        { for shown.iter().map(|(column, action)| html! {
                            <tr key={action.as_str()}>
                                <th scope="row">{ breakable(bare(action)) }</th>
                                { for table.callers.iter().enumerate().map(|(row, caller)| cell(looking, table, (row, caller), (*column, action))) }
                            </tr>
                        }) }
                    </tbody>
                </table>
                if shown.is_empty() { <p class="empty">{ tr!("No permission of KMS has “{wanted}” in its name.", wanted = desk.wanted) }</p> }
            </div>
        </div>
    }
}

fn controls(looking: &Looking<'_>, table: &Table, changes: usize) -> Html {
    let desk = looking.desk;
    let oninput = {
        let desk = desk.clone();
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            input.iter().for_each(|input| desk.dispatch(DeskAction::Want(input.value())));
        })
    };
    let on_only = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            input.iter().for_each(|input| desk.dispatch(DeskAction::ChangedOnly(input.checked())));
        })
    };
    let save = {
        let text = csv(table);
        Callback::from(move |_: MouseEvent| {
            if let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(&text))) {
                effects::download("who-can-do-what.csv", &blob);
            }
        })
    };
    let close = doing(desk, || DeskAction::Matrix(false));
    html! {
        <div class="row">
            <label>{ tr!("Operations with ") }<input type="search" value={desk.wanted.clone()} {oninput} /></label>
            <p class="hint" role="status">{ match changes {
                0 => String::new(),
                1 => tr!("1 answer differs from before the edit.").to_owned(),
                changes => tr!("{changes} answers differ from before the edit.", changes),
            } }</p>
            if changes > 0 {
                <label class="check-label"><input type="checkbox" checked={desk.changed_only} onchange={on_only} />{ tr!("only those") }</label>
            }
            <button class="btn small" onclick={save}>{ tr!("Save as CSV") }</button>
            <button class="btn small" onclick={close}>{ tr!("Close") }</button>
        </div>
    }
}

/// Four short sentences; who is new in them since the edit, and who is gone, is marked.
fn answers(looking: &Looking<'_>, table: &Table) -> Html {
    let (now, before) = (&table.now.answers, &table.before.answers);
    let sentence = |words: &'static str, now: &[String], before: &[String]| {
        let who = |caller: &&Caller| {
            let arn = caller.to_string();
            now.contains(&arn) || before.contains(&arn)
        };
        let names: Vec<Html> = table
            .callers
            .iter()
            .filter(who)
            .map(|caller| {
                let arn = caller.to_string();
                name(looking, caller, now.contains(&arn), before.contains(&arn), None)
            })
            .collect();
        html! { <div><dt>{ words }</dt><dd>{ joined(names) }</dd></div> }
    };
    html! {
        <dl class="who-can">
            { sentence(tr!("Can use it"), &now.can_use, &before.can_use) }
            { sentence(tr!("Can administer it"), &now.can_administer, &before.can_administer) }
            { sentence(tr!("Can delete it"), &now.can_delete, &before.can_delete) }
            <div><dt>{ tr!("Can give themselves more") }</dt><dd>{ joined(escalating(looking, table)) }</dd></div>
        </dl>
    }
}

/// Who can give themselves more, and by which permissions.
fn escalating(looking: &Looking<'_>, table: &Table) -> Vec<Html> {
    let of = |matrix: &Matrix, row: usize| matrix.rows.get(row).map(|row| row.escalates.clone()).unwrap_or_default();
    let mut names = Vec::new();
    for (row, caller) in table.callers.iter().enumerate() {
        let (now, before) = (of(&table.now, row), of(&table.before, row));
        if now.is_empty() && before.is_empty() {
            continue;
        }
        let how: Vec<&str> = if now.is_empty() { &before } else { &now }.iter().map(|action| bare(action)).collect();
        let how = tr!(" by {how}", how = how.join(tr!(" and ")));
        names.push(name(looking, caller, !now.is_empty(), !before.is_empty(), Some(how)));
    }
    names
}

fn name(looking: &Looking<'_>, caller: &Caller, now: bool, before: bool, how: Option<String>) -> Html {
    let of =
        (caller.account() != looking.question.key.account).then(|| tr!(" of {account}", account = caller.account()));
    let who = html! { <>{ bare_name(caller) }{ of }<small>{ how }</small></> };
    match (now, before) {
        (true, true) => who,
        (true, false) => html! { <ins>{ who }<span class="visually-hidden">{ tr!(" (new)") }</span></ins> },
        (false, _) => html! { <del>{ who }<span class="visually-hidden">{ tr!(" (no longer)") }</span></del> },
    }
}

fn joined(names: Vec<Html>) -> Html {
    if names.is_empty() {
        return html! { <span class="hint">{ tr!("nobody") }</span> };
    }
    let part = |(at, name): (usize, Html)| html! { <>if at > 0 { { ", " } }<span>{ name }</span></> };
    html! { <>{ for names.into_iter().enumerate().map(part) }</> }
}

fn cell(
    looking: &Looking<'_>,
    table: &Table,
    (row, caller): (usize, &Caller),
    (column, action): (usize, &String),
) -> Html {
    let Some(now) = cell_at(&table.now, row, column) else { return Html::default() };
    let before = cell_at(&table.before, row, column).unwrap_or(now);
    let (class, mark, words) = drawn(now.verdict);
    let changed = now.verdict != before.verdict;
    let note =
        if changed { tr!(", before the edit {verdict}", verdict = drawn(before.verdict).2) } else { String::new() };
    let label = format!("{} {}: {words}{note}", caller.short_name(), bare(action));
    let title = tr!("{label}. Decided by: {title}", label, title = path::name(now.decided_by).title);
    let class = classes!(class, changed.then_some("changed"));
    let operation = looking.known.operation_of(action);
    let operation = operation.and_then(|name| question::operations().find(|known| *known == name));
    let Some(operation) = operation else {
        // Nobody asks for it by itself, so there is no question to open.
        return html! { <td><span {class} {title}><span aria-hidden="true">{ mark }</span><span class="visually-hidden">{ label }</span></span></td> };
    };
    let question = Question { caller: caller.clone(), operation, ..looking.question.clone() };
    let onclick = asking(looking, question, Some(action.clone()));
    html! { <td><button {class} {onclick} {title} aria-label={label}>{ mark }</button></td> }
}

/// A line for each permission, a column for each caller.
fn csv(table: &Table) -> String {
    let mut text = String::from("operation");
    for row in &table.now.rows {
        text.push(',');
        text.push_str(&row.principal);
    }
    for (column, action) in table.now.actions.iter().enumerate() {
        text.push('\n');
        text.push_str(action);
        for row in &table.now.rows {
            text.push(',');
            text.push_str(row.cells.get(column).map_or("", |cell| drawn(cell.verdict).2));
        }
    }
    text.push('\n');
    text
}
