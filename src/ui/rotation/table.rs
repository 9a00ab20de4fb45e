//! The same as a table: a line per version, with what hangs from it.

use yew::prelude::*;

use crate::{
    lang::tr,
    story::chronicle::{
        Life, Phase,
        picture::{self, day},
    },
    ui::rotation::{Looking, desk::DeskAction, doing},
};

/// So many versions of a key are listed; more are counted.
const MOST: usize = 40;

pub(super) fn table(looking: &Looking<'_>) -> Html {
    html! {
        <div class="as-table" role="region" aria-label={tr!("Keys through time, as a table")} tabindex="0">
            <table>
                <thead><tr>
                    <th scope="col">{ tr!("Key") }</th><th scope="col">{ tr!("Version") }</th><th scope="col">{ tr!("Made by") }</th>
                    <th scope="col">{ tr!("Sealed from") }</th><th scope="col">{ tr!("until") }</th><th scope="col">{ tr!("Ciphertexts") }</th>
                </tr></thead>
                { for looking.shown.iter().map(|life| key(looking, life)) }
            </table>
        </div>
    }
}

fn key(looking: &Looking<'_>, life: &Life) -> Html {
    let chronicle = looking.chronicle;
    let materials = life.key.materials();
    let ends = materials.iter().skip(1).map(|next| Some(next.since)).chain([life.gone]);
    let first = materials.len().saturating_sub(MOST);
    let state = match (life.gone, life.phase()) {
        (Some(gone), _) => tr!("deleted {gone}", gone = day(gone)),
        (None, Phase::Usable) => String::new(),
        (None, phase) => phase.words().to_owned(),
    };
    let lines: Vec<_> = materials.iter().zip(ends).zip(1_usize..).skip(first).collect();
    let height = lines.len().max(1) + usize::from(first > 0) + life.names.len();
    let mut head = Some(html! {
        <th scope="rowgroup" rowspan={height.to_string()}>
            <b translate="no">{ &life.name }</b><small>{ &life.about }</small>if !state.is_empty() { <small class="state">{ state }</small> }
        </th>
    });
    let mut rows = Vec::new();
    if first > 0 {
        rows.push(html! { <tr>{ head.take() }<td colspan="5" class="hint">{ tr!("{versions} before these", versions = picture::versions(first)) }</td></tr> });
    }
    if materials.is_empty() {
        rows.push(html! { <tr>{ head.take() }<td colspan="5" class="hint">{ tr!("no material yet") }</td></tr> });
    }
    for ((material, end), version) in lines {
        let of_version = life.sealed.iter().copied().filter(|at| {
            let ciphertext = chronicle.ciphertexts.get(*at);
            ciphertext.and_then(|ciphertext| life.version(ciphertext.material)) == Some(version)
        });
        let sealed: Vec<usize> = of_version.collect();
        rows.push(html! {
            <tr>
                { head.take() }
                <td class="mono">{ format!("v{version}") }</td><td>{ picture::made_by(life, material) }</td>
                <td>{ day(material.since) }</td><td>{ end.map_or(tr!("now").to_owned(), day) }</td>
                <td>
                    { for sealed.iter().take(8).filter_map(|&at| {
                        let name = chronicle.ciphertexts.get(at)?.name();
                        let onclick = doing(looking.desk, move || DeskAction::Look(Some(at)));
                        Some(html! { <button class="link" {onclick} aria-pressed={(looking.desk.chosen == Some(at)).to_string()}>{ name }</button> })
                    }) }
                    if sealed.len() > 8 { { tr!("and {sealed} more", sealed = sealed.len() - 8) } }
                </td>
            </tr>
        });
    }
    for name in &life.names {
        let moves: Vec<String> = name.targets.iter().skip(1).map(|(at, _)| day(*at)).collect();
        rows.push(html! { <tr>{ head.take() }<td colspan="5">{ tr!("{alias} moved here or away on {moves}", alias = name.alias.name, moves = moves.join(", ")) }</td></tr> });
    }
    html! { <tbody>{ rows }</tbody> }
}
