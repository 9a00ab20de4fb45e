//! What of its quotas the present world uses, and whether its endpoint counts requests.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    kms::{Consistency, Quota, Rules, Setting},
    lang::{grouped, tr},
    timeline::Timeline,
    ui::store::{Action, StoreHandle, use_store},
};

/// The resource quotas of whoever acts, in the present Region.
#[component]
pub(super) fn Present() -> Html {
    let store = use_store();
    let world = store.timeline.world();
    let (account, region, rules) = (store.acting.account(), store.region, world.rules());
    let aliases =
        world.aliases_in(account, region, None).filter(|(arn, _)| !arn.name.as_str().starts_with("alias/aws/"));
    let mine = || world.keys().filter(|key| (key.arn.account, key.arn.region) == (account, region));
    let counted = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let bars = [
        (tr!("Customer managed keys"), Quota::Keys, world.count_keys(account, region).into()),
        (tr!("Aliases"), Quota::Aliases, counted(aliases.count())),
        (tr!("Aliases of one key, the most"), Quota::AliasesPerKey, {
            counted(mine().map(|key| world.aliases_of(key.arn).count()).max().unwrap_or_default())
        }),
        (tr!("Grants of one key, the most"), Quota::GrantsPerKey, {
            counted(mine().map(|key| world.grants().of(&key.arn).len()).max().unwrap_or_default())
        }),
        (tr!("Custom key stores"), Quota::KeyStores, counted(world.stores_in(account, region, None).count())),
    ];
    let bar = |(name, quota, used): (&'static str, Quota, u64)| {
        let most = u64::from(quota.most(rules)?);
        let other =
            if rules == Rules::Today { (tr!("in about 2019"), Rules::Classic) } else { (tr!("today"), Rules::Today) };
        let others = match quota.most(other.1) {
            None => tr!("{other}: no such quota", other = other.0),
            Some(figure) if u64::from(figure) == most => String::new(),
            Some(figure) => format!("{}: {}", other.0, grouped(figure.into())),
        };
        let text = tr!("{used} of {most}", used = grouped(used), most = grouped(most));
        Some(html! {
            <li>
                <span>{ name }</span><b>{ text.clone() }</b>
                <meter min="0" max={most.to_string()} value={used.to_string()} aria-label={format!("{name}: {text}")}></meter>
                <small>{ others }</small>
            </li>
        })
    };
    let counts = world.throttles();
    let eventual = world.consistency() == Consistency::Eventual;
    html! {
        <section class="present" aria-labelledby="limits-present">
            <header>
                <h2 id="limits-present">{ tr!("The present world") }</h2>
                <p class="hint">{ tr!("Account {account} in {region}, by {rules} figures. What would be too much is refused with LimitExceededException.", account, region, rules = match rules {
                    Rules::Classic => tr!("the older"),
                    Rules::Today => tr!("today's"),
                }) }</p>
                <p class="hint">{ tr!("All keys of the world together cost {cost} a month, used or not.", cost = world.monthly_cost()) }</p>
            </header>
            <ul class="bars">{ for bars.into_iter().filter_map(bar) }</ul>
            <div class="settings">
                <label class="check-label">
                    <input type="checkbox" checked={counts} onchange={setting(&store, Setting::Throttling(!counts))} />
                    { tr!("Count requests and refuse too many, with ThrottlingException") }
                </label>
                <label class="check-label">
                    <input type="checkbox" checked={eventual} onchange={setting(&store, Setting::Consistency(if eventual { Consistency::Instant } else { Consistency::Eventual }))} />
                    { tr!("Let changed grants, tags and aliases take five minutes to be known (eventual consistency)") }
                </label>
                <label class="check-label">
                    <input type="checkbox" checked={rules == Rules::Classic} onchange={setting(&store, Setting::Rules(if rules == Rules::Classic { Rules::Today } else { Rules::Classic }))} />
                    { tr!("Go by the older figures") }
                </label>
                <p class="hint">{ tr!("Each is a step of the history and can be undone. The world's clock stands still between requests, so a quota that is used up stays so until you move it.") }</p>
            </div>
        </section>
    }
}

/// Chooses something for the world, as a step.
fn setting(store: &StoreHandle, setting: Setting) -> Callback<Event> {
    let store = store.clone();
    Callback::from(move |_: Event| {
        let mut timeline = Timeline::clone(&store.timeline);
        timeline.set(setting);
        store.dispatch(Action::Moved(Rc::new(timeline)));
    })
}
