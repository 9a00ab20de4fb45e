//! The question in the address bar and the one on the desk, kept the same.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    kms::World,
    lang::tr,
    story::question::Question,
    ui::{
        policy::{
            desk::{DeskAction, DeskHandle},
            first_question, key_name,
        },
        route::Route,
        store::{Action, HistoryMode, StoreHandle},
    },
};

/// What is asked.
pub(super) enum Asked {
    Question(Question),
    /// The address has a principal or a key that this world does not have.
    Unknown(Rc<Question>),
    /// There is nothing to ask about.
    Nothing,
}

/// Follows an address to its question, and writes whatever else is asked to the address bar. While a step of the history
/// is shown, nothing is written.
#[hook]
pub(super) fn use_question(
    store: &StoreHandle,
    desk: &DeskHandle,
    place: (Option<&Rc<Question>>, Option<u32>),
    visible: bool,
    go: &Callback<(Route, HistoryMode)>,
) -> Asked {
    let ((address, step), world) = (place, store.timeline.world());
    let on_desk = desk.asked.clone().filter(|asked| world.key(&asked.key).is_some());
    let on_desk = on_desk.or_else(|| first_question(store));
    let on_desk = on_desk.map(|asked| Question { caller: store.acting.clone(), ..asked });
    // The address that the desk knows.
    let followed = use_mut_ref(|| None::<Rc<Question>>);
    let pending = address.filter(|address| visible && followed.borrow().as_ref() != Some(*address));
    let found = pending.map(|address| found(world, address));
    use_effect_with((address.cloned(), found.clone(), on_desk.clone(), visible, step), {
        let (store, desk, go) = (store.clone(), desk.clone(), go.clone());
        move |(address, found, on_desk, visible, step)| match (found, on_desk) {
            _ if !visible => *followed.borrow_mut() = None,
            (Some(Some(question)), _) => {
                followed.borrow_mut().clone_from(address);
                store.dispatch(Action::ActAs(question.caller.clone()));
                desk.dispatch(DeskAction::Ask(question.clone()));
            }
            (None, Some(question)) if step.is_none() && address.as_deref() != Some(question) => {
                let question = Rc::new(question.clone());
                *followed.borrow_mut() = Some(Rc::clone(&question));
                go.emit((Route::Asked(question), HistoryMode::Replace));
            }
            (Some(None) | None, _) => {}
        }
    });
    match (found, pending, on_desk) {
        (Some(None), Some(unknown), _) => Asked::Unknown(Rc::clone(unknown)),
        (Some(Some(question)), ..) | (_, _, Some(question)) => Asked::Question(question),
        (_, _, None) => Asked::Nothing,
    }
}

/// The question of an address, if its principal and key are there. Any session of a role stands for all.
fn found(world: &World, address: &Question) -> Option<Question> {
    world.key(&address.key)?;
    let asked = (address.caller.account(), address.caller.short_name());
    let caller = world.estate.callers().into_iter().find(|caller| (caller.account(), caller.short_name()) == asked)?;
    let context = if Question::takes_context(address.operation) { address.context.clone() } else { Default::default() };
    Some(Question { caller, context, ..address.clone() })
}

/// What to say of an address that asks about what is not there, and the way on.
pub(super) fn unknown(world: &World, asked: &Question, go: &Callback<(Route, HistoryMode)>) -> Html {
    let Question { caller, operation, key, .. } = asked;
    let missing = if world.key(key).is_none() {
        html! { <>{ tr!("no key ") }<span class="mono">{ key.to_string() }</span></> }
    } else {
        html! { <>{ tr!("nobody called ") }<span class="mono">{ caller.to_string() }</span></> }
    };
    let onclick = go.reform(|_: MouseEvent| (Route::Policy { step: None }, HistoryMode::Replace));
    html! {
        <main class="policy">
            <section class="stage">
                <h1>{ tr!("A question about another world") }</h1>
                <p class="empty" role="status">
                    { tr!("The address asks whether {caller} may do {operation} with {key}. In this world there is ", caller = caller.short_name(), operation, key = key_name(world, *key)) }
                    { missing }{ tr!(". Keys and people differ from world to world: perhaps it was written down in another one, or before a reset.") }
                </p>
                <p><button class="btn main" {onclick}>{ tr!("Ask about what is here") }</button></p>
            </section>
        </main>
    }
}
