//! Where study notes of about 2019 and today tell different things, and which of them happens in this world.

use yew::prelude::*;

use crate::{
    kms::Rules,
    lang::{self, tr},
    services::{
        Service,
        change::{Change, Here},
    },
    ui::{rules, store::StoreHandle},
};

pub(super) fn then_and_now(service: &'static Service, store: &StoreHandle) -> Html {
    let of_world = store.timeline.world().rules();
    let row = |change: &Change| {
        let followed = change.here.follows(of_world);
        let told = |rules: Rules, when: &'static str, words: &'static str| {
            let here = followed == Some(rules);
            html! {
                <div class={classes!(here.then_some("here"))}>
                    <dt>{ when }if here { <span class="tag allow">{ tr!("so here") }</span> }</dt>
                    <dd>{ lang::text(words) }</dd>
                </div>
            }
        };
        html! {
            <li>
                <h3>{ lang::text(change.what) }</h3>
                <dl>
                    { told(Rules::Classic, tr!("About 2019"), change.then) }
                    { told(Rules::Today, tr!("Today"), change.now) }
                </dl>
                { match change.here {
                    Here::ByRules => Html::default(),
                    Here::Always(_) => html! { <p class="hint">{ tr!("So here by both rules.") }</p> },
                    Here::InWords => html! { <p class="hint">{ tr!("Names and advice: nothing here works otherwise.") }</p> },
                } }
            </li>
        }
    };
    html! {
        <section class="changes" aria-label={tr!("Then and now")}>
            <h2 class="eyebrow">{ tr!("Then and now") }</h2>
            <div class="row">
                <p class="hint">{ tr!("Where study notes of about 2019 and AWS today differ. The rules are the whole world’s; choosing others is a step of its history.") }</p>
                { rules::switch(store) }
            </div>
            <ul>{ for service.then_and_now.iter().map(row) }</ul>
        </section>
    }
}
