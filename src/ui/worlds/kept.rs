//! How the present world is kept, as one more envelope: the browser's key, the data key wrapped under it, and the records
//! that the data key seals. Every figure is read from the database.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    lang::tr,
    ui::{
        keep::{
            Workspace,
            shelf::{Facts, LastRecord},
        },
        outcome::hex,
        store::Same,
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct HowKeptProps {
    pub(super) workspace: Same<Workspace>,
}

#[component]
pub(super) fn HowKept(props: &HowKeptProps) -> Html {
    let facts = use_state(|| None::<Facts>);
    use_effect_with(props.workspace.clone(), {
        let facts = facts.clone();
        move |Same(workspace)| {
            let workspace = workspace.clone();
            spawn_local(async move { facts.set(workspace.held.facts().await.ok()) });
        }
    });
    let Some(Facts { algorithm, bits, extractable, wrapped, nonce, records, sealed, last }) = &*facts else {
        return Html::default();
    };
    let secret = wrapped.len().saturating_sub(TAG);
    let (cipher, tag) = wrapped.split_at_checked(secret).unwrap_or((wrapped, &[]));
    let readable =
        if *extractable { tr!("scripts could read it") } else { tr!("no script can read it, this one neither") };
    html! {
        <section class="how-kept" aria-labelledby="how-kept-title">
            <h3 id="how-kept-title">{ tr!("How this world is kept") }</h3>
            <p>{ tr!("An envelope like those you make here: the browser stands where KMS would.") }</p>
            <ol class="kept-envelope">
                <li class="secret">
                    <b>{ tr!("The browser's key") }</b>
                    <span>{ tr!("{algorithm}, {bits} bits", algorithm, bits) }</span>
                    <small>{ tr!("Made by this browser, in its database: {readable}.", readable) }</small>
                </li>
                <li class="arrow" aria-hidden="true">{ tr!("wraps →") }</li>
                <li class="wrapped">
                    <b>{ tr!("The world's data key") }</b>
                    <span>{ tr!("{secret} bytes, wrapped: {wrapped} bytes", secret, wrapped = wrapped.len()) }</span>
                    <small>{ tr!("Stored wrapped only; unwrapped in memory while the world is open.") }</small>
                </li>
                <li class="arrow" aria-hidden="true">{ tr!("seals →") }</li>
                <li class="wrapped">
                    <b>{ tr!("The world") }</b>
                    <span>{ tr!("{records} records, {sealed} bytes", records, sealed) }</span>
                    <small>{ tr!("Its beginning and each step since, each sealed by itself.") }</small>
                </li>
            </ol>
            <dl>
                <dt>{ tr!("Wrapped data key") }</dt>
                <dd>
                    <code>{ hex(cipher) }</code>
                    <small>{ tr!("nonce {nonce}, tag {tag}; bound to the id of the world", nonce = hex(nonce), tag = hex(tag)) }</small>
                </dd>
                if let Some(LastRecord { nonce, bytes }) = last {
                    <dt>{ tr!("Last record") }</dt>
                    <dd>
                        <span>{ tr!("{bytes} bytes, of which {tag} are the tag", bytes, tag = TAG) }</span>
                        <small>{ tr!("nonce {nonce}; bound to its place in the world", nonce = hex(nonce)) }</small>
                    </dd>
                }
            </dl>
            <p>
                { tr!("This keeps the keys from whoever copies the database, not from this page or from whoever uses this browser. Names \
                   of worlds, dates and numbers of steps are not sealed.") }
            </p>
        </section>
    }
}

/// Of AES-GCM, in bytes.
const TAG: usize = 16;
