//! Who can do what with the key, at a glance.

use yew::prelude::*;

use crate::{
    authz::decision::Verdict,
    endpoint::Tracing,
    estate::principal::Caller,
    story::question::Question,
    timeline::ask::Draft,
    ui::{
        policy::{Looking, bare_name, desk::DeskAction, told, verdict},
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

/// A caller, and the verdict of every column.
pub(super) type Row = (Caller, Vec<Option<Verdict>>);

/// A row for everybody who can send a request, those of the key's account first.
pub(super) fn ask(draft: &Draft, question: &Question) -> Vec<Row> {
    let mut callers = draft.world().estate.callers();
    callers.sort_by_key(|caller| caller.account() != question.key.account);
    let row = |caller: Caller| {
        let cell = |operation: &&'static str| {
            let question = Question { caller: caller.clone(), operation, ..question.clone() };
            verdict(&draft.explain(&question.request(draft.world()), Tracing::Off))
        };
        let cells = GROUPS.iter().flat_map(|(_, columns)| columns.iter().map(cell)).collect();
        (caller, cells)
    };
    callers.into_iter().map(row).collect()
}

pub(super) fn small(looking: &Looking<'_>) -> Html {
    html! {
        <div class="matrix">
            <h2 class="eyebrow">{ "Who can do what with this key" }</h2>
            <table>
                <thead>
                    <tr><td></td>{ for GROUPS.iter().map(|(name, columns)| html! { <th scope="colgroup" colspan={columns.len().to_string()}>{ *name }</th> }) }</tr>
                </thead>
                <tbody>{ for looking.rows.iter().map(|(caller, cells)| row(looking, caller, cells)) }</tbody>
            </table>
        </div>
    }
}

fn row(looking: &Looking<'_>, caller: &Caller, found: &[Option<Verdict>]) -> Html {
    let foreign = caller.account() != looking.question.key.account;
    let columns = GROUPS.iter().flat_map(|(_, columns)| columns.iter().enumerate());
    html! {
        <tr>
            <th scope="row" title={format!("{} of {}", caller.short_name(), caller.account())}>
                { bare_name(caller) }if foreign { <small>{ format!("of {}", caller.account()) }</small> }
            </th>
            { for columns.zip(found).map(|((nth, operation), found)| cell(looking, caller, operation, *found, nth == 0)) }
        </tr>
    }
}

fn cell(looking: &Looking<'_>, caller: &Caller, operation: &'static str, found: Option<Verdict>, first: bool) -> Html {
    let question = Question { caller: caller.clone(), operation, ..looking.question.clone() };
    let (class, _, words) = found.map_or(("none", "", "not decided"), told);
    let mark = match found {
        Some(Verdict::Allowed) => "✓",
        Some(Verdict::ExplicitlyDenied) => "✕",
        Some(Verdict::ImplicitlyDenied) | None => "",
    };
    let label = format!("{} {operation}: {words}", caller.short_name());
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
    html! {
        <td class={classes!(first.then_some("first"))}>
            <button class={class} {onclick} title={label.clone()} aria-label={label}>{ mark }</button>
        </td>
    }
}
