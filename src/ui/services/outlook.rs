//! What goes on working without a key, and until when: asked again, in a world where it is switched off.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    arn::KeyArn,
    lang::tr,
    story::outlook::{self, Line},
    ui::{services::Doing, store::Same},
};

#[derive(PartialEq, Properties)]
pub(super) struct OutlookProps {
    pub doing: Doing,
}

/// Keys that services use here, each with the switch that turns it off and the question what would stop.
#[component]
pub(super) fn Outlook(props: &OutlookProps) -> Html {
    let asked = use_state(|| None::<(KeyArn, Rc<Vec<Line>>)>);
    let timeline = &props.doing.store.timeline;
    // What was found out was about the world before.
    use_effect_with(Same(Rc::clone(timeline)), {
        let asked = asked.clone();
        move |_| asked.set(None)
    });
    let keys = outlook::keys(timeline);
    if keys.is_empty() {
        return Html::default();
    }
    let row = |key: &KeyArn| {
        let world = timeline.world();
        let name = world.aliases_of(*key).next().map_or_else(|| key.id.to_string(), |alias| alias.as_str().to_owned());
        let state = world.key(key).map_or("gone", |key| world.state_of(key).as_str());
        let on = state == "Enabled";
        let switch = {
            let (doing, key) = (props.doing.clone(), *key);
            Callback::from(move |_: MouseEvent| {
                let mut timeline = doing.timeline();
                if outlook::switch(&mut timeline, key, !on) {
                    doing.done(timeline);
                }
            })
        };
        let wonder = {
            let (asked, timeline, key) = (asked.clone(), Rc::clone(timeline), *key);
            Callback::from(move |_: MouseEvent| asked.set(Some((key, Rc::new(outlook::without(&timeline, key))))))
        };
        let lines = asked.as_ref().filter(|(of, _)| of == key).map(|(_, lines)| Rc::clone(lines));
        html! {
            <li>
                <div class="row">
                    <span><b class="mono">{ name }</b>{ format!(" {state}") }</span>
                    <span class="switches">
                        <button class="btn small" onclick={wonder}>{ tr!("What would stop?") }</button>
                        <button class="btn small" onclick={switch}>{ if on { tr!("Disable the key now") } else { tr!("Enable it again") } }</button>
                    </span>
                </div>
                if let Some(lines) = lines { { table(&lines) } }
            </li>
        }
    };
    html! {
        <section class="outlook" aria-label={tr!("Keys in use")}>
            <h2 class="eyebrow">{ tr!("Keys in use") }</h2>
            <ul>{ for keys.iter().map(row) }</ul>
        </section>
    }
}

fn table(lines: &[Line]) -> Html {
    if lines.is_empty() {
        return html! { <p class="hint">{ tr!("No service has read or written anything with it so far.") }</p> };
    }
    let row = |line: &Line| {
        let (class, words) = match (&line.worked_after, &line.stopped_after, &line.error) {
            (None, _, Some(error)) => ("tag deny", tr!("stops at once: {code}", code = error.code)),
            (Some(_), Some(stopped), Some(error)) => {
                ("tag implicit", tr!("goes on, less than {stopped}, then {code}", stopped, code = error.code))
            }
            (Some(_), None, _) | (None, _, None) | (Some(_), Some(_), None) => {
                ("tag allow", tr!("goes on working").to_owned())
            }
        };
        html! { <tr><th scope="row">{ &line.what }</th><td><span {class}>{ words }</span></td></tr> }
    };
    html! {
        <table>
            <caption class="hint">{ tr!("What was done before, tried again with the key disabled.") }</caption>
            <tbody>{ for lines.iter().map(row) }</tbody>
        </table>
    }
}
