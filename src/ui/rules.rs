//! The switch between the rules of about 2019 and today's.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    kms::{Rules, Setting},
    lang::{self, tr},
    timeline::Timeline,
    ui::store::{Action, StoreHandle},
};

/// Chooses for the present world, as a step of its history.
pub(super) fn switch(store: &StoreHandle) -> Html {
    let rules = store.timeline.world().rules();
    let choose = |wanted: Rules| {
        let store = store.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            if store.timeline.world().rules() != wanted {
                let mut timeline = Timeline::clone(&store.timeline);
                timeline.set(Setting::Rules(wanted));
                store.dispatch(Action::Moved(Rc::new(timeline)));
            }
        });
        html! { <button {onclick} aria-pressed={(rules == wanted).to_string()}>{ lang::text(wanted.as_str()) }</button> }
    };
    html! {
        <div class="switch" role="group" aria-label={tr!("Rules")}>
            { for Rules::ALL.into_iter().map(choose) }
        </div>
    }
}
