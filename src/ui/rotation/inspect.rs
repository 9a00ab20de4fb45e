//! What is looked at, in words: a key with its versions, or a ciphertext and what opens it.

use yew::prelude::*;

use crate::{
    kms::{KeyState, Rotation, advance::Due, quota::Quota},
    lang::{tr, trn},
    story::chronicle::{
        Chronicle, Life, Opening,
        picture::{self, day, wait},
    },
    ui::{
        outcome::with_code,
        rotation::{Looking, controls, desk::DeskAction, doing},
    },
};

/// The versions that are listed; the oldest and the newest of more.
const MOST: usize = 12;

pub(super) fn inspector(looking: &Looking<'_>) -> Html {
    let Some(life) = looking.life else {
        return html! { <p class="empty">{ tr!("Pick a key, and here stands when it rotates, which versions it has, and what can be done with it.") }</p> };
    };
    html! {
        <>
            <header><h2 translate="no">{ &life.name }</h2><p class="hint mono">{ life.key.arn.id.to_string() }</p></header>
            { ciphertext(looking, life) }
            { facts(looking, life) }
            if life.gone.is_none() { { controls::controls(looking, life) } }
            { versions(looking, life) }
        </>
    }
}

/// What happens next, for example `orders rotates`.
pub(super) fn due(chronicle: &Chronicle, due: Due) -> String {
    let (arn, what) = match due {
        Due::Rotation(arn) => (arn, tr!("rotates")),
        Due::Expiry(arn) => (arn, tr!("loses its material")),
        Due::Deletion(arn) => (arn, tr!("is deleted")),
        Due::Transition(arn) => (arn, tr!("is ready")),
        Due::Connection(_) => return tr!("a key store").to_owned(),
        Due::Increase => return tr!("a higher quota").to_owned(),
    };
    let life = chronicle.lives.iter().find(|life| life.key.arn == arn);
    format!("{} {what}", life.map_or(tr!("a key"), |life| life.name.as_str()))
}

fn facts(looking: &Looking<'_>, life: &Life) -> Html {
    let now = looking.chronicle.now;
    let row = |name: &'static str, value: Html| html! { <div class="row"><dt>{ name }</dt><dd>{ value }</dd></div> };
    let key = &life.key;
    let (class, state) = match (life.gone, key.state) {
        (Some(at), _) => ("tag deny", tr!("deleted {at}", at = day(at))),
        (None, KeyState::Enabled) => ("tag allow", "Enabled".to_owned()),
        (
            None,
            state @ (KeyState::PendingDeletion { .. }
            | KeyState::PendingReplicaDeletion { .. }
            | KeyState::PendingImport),
        ) => ("tag deny", state.as_str().to_owned()),
        (None, state) => ("tag none", state.as_str().to_owned()),
    };
    let stopped = match key.state {
        KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } | KeyState::Disabled => true,
        KeyState::Enabled
        | KeyState::PendingImport
        | KeyState::Unavailable
        | KeyState::Creating { .. }
        | KeyState::Updating { .. } => false,
    };
    let next = match (key.next_rotation(), key.rotation) {
        (_, Rotation::Off) => None,
        (Some(next), Rotation::On { .. }) => {
            Some(tr!("{day}, in {wait}", day = day(next), wait = wait(now.until(next))))
        }
        (None, Rotation::On { next, .. }) if stopped && next <= now => {
            Some(tr!("at once when it is enabled").to_owned())
        }
        (None, Rotation::On { next, .. }) if stopped => Some(tr!("{next}, if it is enabled by then", next = day(next))),
        (None, Rotation::On { next, .. }) => Some(day(next)),
    };
    let automatic = match key.rotation {
        Rotation::Off => html! { <span class="tag none">{ tr!("off") }</span> },
        Rotation::On { .. } => html! { <span class="tag allow">{ tr!("on") }</span> },
    };
    let used = life.on_demand();
    let rules = looking.store.timeline.world().rules();
    let on_demand = match Quota::OnDemandRotationsPerKey.most(rules) {
        Some(most) => tr!("{used} of {most} used", used, most),
        None => tr!("{used} used", used),
    };
    html! {
        <dl class="card key-facts">
            { row(tr!("State"), html! { <span {class}>{ state }</span> }) }
            { row(tr!("Automatic rotation"), automatic) }
            if let Rotation::On { period_days, .. } = key.rotation { { row(tr!("Period"), html! { trn!(period_days, "1 day", "{period_days} days") }) } }
            if let Some(next) = next { { row(tr!("Next"), html! { next }) } }
            { row(tr!("On demand"), html! { on_demand }) }
            if let KeyState::PendingDeletion { deletion_date } = key.state {
                if life.gone.is_none() { { row(tr!("Deleted on"), html! { tr!("{day}, in {wait}", day = day(deletion_date), wait = wait(now.until(deletion_date))) }) } }
            }
            if life.gone.is_none() { { row(tr!("Costs"), html! { tr!("{cost} a month", cost = key.monthly_cost(rules)) }) } }
            if let Some(expiry) = key.next_expiry() { { row(tr!("Material expires"), html! { day(expiry) }) } }
        </dl>
    }
}

/// Newest first, with how many ciphertexts hang from each.
fn versions(looking: &Looking<'_>, life: &Life) -> Html {
    let materials = life.key.materials();
    let count = |version: usize| {
        let of_version = |at: &&usize| {
            let ciphertext = looking.chronicle.ciphertexts.get(**at);
            ciphertext.and_then(|ciphertext| life.version(ciphertext.material)) == Some(version)
        };
        life.sealed.iter().filter(of_version).count()
    };
    let until = materials.iter().skip(1).map(|next| Some(next.since)).chain([None]);
    let left_out = materials.len().saturating_sub(MOST);
    let listed: Vec<_> = materials.iter().zip(until).zip(1_usize..).skip(left_out).collect();
    html! {
        <div class="card versions">
            <h2>{ tr!("Versions") }</h2>
            <table>
                <tbody>
                    { for listed.into_iter().rev().map(|((material, until), version)| {
                        let state = match until {
                            Some(until) => tr!("retired {until}", until = day(until)),
                            None if life.gone.is_some() => tr!("destroyed").to_owned(),
                            None => tr!("current").to_owned(),
                        };
                        let count = count(version);
                        html! {
                            <tr title={format!("{}, {}", picture::made_by(life, material), day(material.since))}>
                                <th scope="row" class="mono">{ format!("v{version}") }</th><td>{ state }</td>
                                <td class="hint">{ if count == 0 { String::new() } else { picture::ciphertexts(count) } }</td>
                            </tr>
                        }
                    }) }
                </tbody>
            </table>
            if materials.is_empty() { <p class="hint">{ tr!("None yet: it waits for imported material.") }</p> }
            if left_out > 0 { <p class="hint">{ tr!("and {left_out} older, all of them kept", left_out) }</p> }
        </div>
    }
}

fn ciphertext(looking: &Looking<'_>, life: &Life) -> Html {
    let Some((at, opening)) = looking.opening else { return Html::default() };
    let Some(ciphertext) = looking.chronicle.ciphertexts.get(at) else { return Html::default() };
    let version = life.version(ciphertext.material);
    let row = picture::row(looking.chronicle, life, looking.window);
    let near: Vec<usize> = row
        .dots
        .iter()
        .find(|dot| dot.ciphertexts.contains(&at))
        .map(|dot| dot.ciphertexts.clone())
        .unwrap_or_default();
    let sealed =
        version.map_or(String::new(), |version| tr!(" by version {version} of {life}", version, life = life.name));
    html! {
        <div class="card ciphertext">
            <div class="row"><h2>{ ciphertext.name() }</h2>
                <button class="btn small quiet" onclick={doing(looking.desk, || DeskAction::Look(None))} aria-label={tr!("Close the ciphertext")}>{ "✕" }</button></div>
            <p>{ tr!("Sealed on {at}{sealed}, for {caller}.", at = day(ciphertext.at), sealed, caller = ciphertext.caller.short_name()) }</p>
            { match opening {
                Opening::Opens { version } => html! {
                    <p class="opens">{ tr!("Opens now. The ciphertext names its key material, and KMS takes version {version}, whichever one is current.", version) }</p>
                },
                Opening::Closed { kind, why } => html! {
                    <>
                        <p class="problem">{ tr!("Nothing opens it now: {kind}.", kind) }</p>
                        <p>{ why.meaning }{ " " }{ with_code(&why.why) }</p>
                        <p class="hint">{ why.remedy }</p>
                    </>
                },
            } }
            if near.len() > 1 {
                <div class="near" role="group" aria-label={tr!("Ciphertexts of about the same time")}>
                    { for near.into_iter().take(30).filter_map(|other| {
                        let name = looking.chronicle.ciphertexts.get(other)?.step;
                        let onclick = doing(looking.desk, move || DeskAction::Look(Some(other)));
                        Some(html! { <button class="btn small" {onclick} aria-pressed={(other == at).to_string()}>{ tr!("step {name}", name) }</button> })
                    }) }
                </div>
            }
        </div>
    }
}
