//! Beside the decision: what would change it, what it was made of, and the record that CloudTrail would keep.

use yew::prelude::*;

use crate::{
    lang::tr,
    ui::{
        audit, outcome,
        policy::{Looking, context, remedies},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Change,
    Context,
    Audit,
}

pub(super) fn inspector(looking: &Looking<'_>, tab: &UseStateHandle<Tab>) -> Html {
    let button = |(it, name): (Tab, &'static str)| {
        let chosen = tab.clone();
        let onclick = Callback::from(move |_: MouseEvent| chosen.set(it));
        html! { <button aria-pressed={(it == **tab).to_string()} {onclick}>{ name }</button> }
    };
    let tabs = [(Tab::Change, remedies::title(looking)), (Tab::Context, tr!("Context")), (Tab::Audit, tr!("Audit"))];
    html! {
        <>
            <div class="tabs" role="group" aria-label={tr!("Inspector")}>{ for tabs.into_iter().map(button) }</div>
            <div class="panel">
                { match **tab {
                    Tab::Change => remedies::list(looking),
                    Tab::Context => context::facts(looking),
                    Tab::Audit => records(looking),
                } }
            </div>
        </>
    }
}

fn records(looking: &Looking<'_>) -> Html {
    let records = match looking.step {
        Some(step) => looking.store.timeline.audit(step),
        None => looking.draft.record(looking.request, looking.outcome),
    };
    let about = match looking.step {
        Some(_) => tr!("What CloudTrail keeps of it."),
        None => {
            tr!(
                "What CloudTrail would keep of it. The question is a dry run where KMS has one, so an allowed one ends in its error."
            )
        }
    };
    html! {
        <>
            <p class="hint">{ about }</p>
            { for records.iter().map(|record| outcome::message(tr!("Record"), audit::record(record))) }
        </>
    }
}
