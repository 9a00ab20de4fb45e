//! The layers above and beside a user's or role's own policies, to be added.

use std::sync::Arc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::{
    estate::{attachment::Place, principal::Caller},
    lang::{self, tr},
    story::{
        persona::{LAYERS, Layer},
        question::Question,
    },
    timeline::ask::PolicyPlace,
    ui::policy::{Looking, desk::DeskAction},
};

/// Where a layer would stand, and what it would be called there; nothing where the caller can have none.
fn place(layer: Layer, question: &Question) -> Option<PolicyPlace> {
    let (caller, owner) = (&question.caller, question.key.account);
    let (place, name) = match (layer, caller) {
        (Layer::Own, Caller::User { account, name }) => (Place::User(*account, name.clone()), "Extra"),
        (Layer::Own, Caller::RoleSession { account, role, .. }) => (Place::Role(*account, role.clone()), "Extra"),
        (Layer::Boundary, Caller::User { account, name }) => (Place::UserBoundary(*account, name.clone()), "Boundary"),
        (Layer::Boundary, Caller::RoleSession { account, role, .. }) => {
            (Place::RoleBoundary(*account, role.clone()), "Boundary")
        }
        (Layer::Session, Caller::RoleSession { account, role, .. }) => {
            (Place::Session(*account, role.clone()), "Session")
        }
        (Layer::Endpoint, _) => (Place::Endpoint(caller.account()), "Endpoint"),
        (Layer::Organization, _) => (Place::ServiceControl(None), "Extra"),
        (Layer::Account, _) => (Place::ServiceControl(Some(caller.account())), "Extra"),
        (Layer::Resource, _) => (Place::ResourceControl(Some(owner)), "Extra"),
        (Layer::Own | Layer::Boundary | Layer::Session, Caller::Root(_) | Caller::Service { .. })
        | (Layer::Session, Caller::User { .. }) => {
            return None;
        }
    };
    Some(PolicyPlace::Attached { place, name: Arc::from(name) })
}

/// The choice of layers that are not there yet.
pub(super) fn adding(looking: &Looking<'_>, there: &[PolicyPlace]) -> Html {
    let offered: Vec<(&'static str, PolicyPlace, String)> = LAYERS
        .iter()
        .filter_map(|(layer, title, text)| {
            let place = place(*layer, looking.question).filter(|place| !there.contains(place))?;
            Some((*title, place, text.replace("ACCOUNT", &looking.question.key.account.to_string())))
        })
        .collect();
    let names: Vec<&str> = offered.iter().map(|(title, ..)| *title).collect();
    let options = names.iter().map(|name| html! { <option>{ lang::text(name) }</option> }).collect::<Html>();
    let desk = looking.desk.clone();
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
        let at = usize::try_from(select.selected_index()).ok().and_then(|at| at.checked_sub(1));
        select.set_selected_index(0);
        if let Some((_, place, text)) = at.and_then(|at| offered.get(at)) {
            desk.dispatch(DeskAction::Write(place.clone(), text.clone()));
            desk.dispatch(DeskAction::Open(place.clone()));
        }
    });
    html! { <select aria-label={tr!("Add a layer")} {onchange}><option selected=true>{ tr!("+ a layer …") }</option>{ options }</select> }
}
