//! What is always there: the views, on whose behalf one acts, the clock and the history.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement, ShadowRoot, wasm_bindgen::JsCast};
use yew::prelude::*;

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    estate::principal::Caller,
    kms::advance::Due,
    lang::{self, msg, tr},
    rest,
    story::differs,
    timeline::{Input, Timeline},
    ui::{
        dialog::{Dialog, use_dialog},
        effects,
        embed::EmbedThis,
        home::Home,
        language::LanguageChoice,
        route::Route,
        share::Share,
        store::{Action, HistoryMode, Theme, use_store},
        worlds::Worlds,
    },
};

#[derive(PartialEq, Properties)]
pub struct TopBarProps {
    pub go: Callback<(Route, HistoryMode)>,
}

/// Name, views, caller, theme and help.
#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    let store = use_store();
    let current = match &store.route {
        Route::Learn | Route::Lesson { .. } | Route::Exams | Route::Exam { .. } => msg!("Learn"),
        Route::Envelope { .. } => msg!("Envelope"),
        Route::Policy { .. } | Route::Forwarded { .. } | Route::Asked(_) => msg!("Policy"),
        Route::Rotation { .. } => msg!("Rotation"),
        Route::Services { .. } => msg!("Services"),
        Route::Limits { .. } => msg!("Limits"),
        Route::Console { .. } => msg!("Console"),
        Route::Audit { .. } => msg!("Audit"),
    };
    let tab = |label: &'static str, route: Route| {
        let href = route.to_hash();
        let onclick = effects::leads(&props.go, route);
        html! { <a {href} {onclick} aria-current={(label == current).then_some("page")}>{ lang::text(label) }</a> }
    };
    html! {
        <header class="bar" part="bar" role={(store.home == Home::Element).then_some("none")}>
            <span class="name">{ mark() }{ tr!("KMS Playground") }</span>
            <nav aria-label={tr!("Views")} part="views">
                { tab("Learn", Route::Learn) }
                { tab("Envelope", Route::Envelope { step: 0 }) }
                { tab("Policy", Route::Policy { step: None }) }
                { tab("Rotation", Route::Rotation { key: None }) }
                { tab("Services", Route::Services { service: None, step: None }) }
                { tab("Limits", Route::Limits { preset: None }) }
                { tab("Console", Route::CONSOLE) }
                { tab("Audit", Route::Audit { record: None }) }
            </nav>
            if store.shows_world() { <ActingAs /> }
            { if store.whole { rest::within(|| dialogs(store.home)) } else { dialogs_to_come(store.home) } }
            <Colours />
            { if store.whole { rest::within(|| html! { <Help /> }) } else { help_to_come() } }
        </header>
    }
}

/// The buttons of what can be done with the whole world.
fn dialogs(home: Home) -> Html {
    html! {
        <>
            if home == Home::Page { <Worlds /><Share /> }
            <EmbedThis />
        </>
    }
}

/// The same until the rest of the program is here: nothing moves when they can be used.
fn dialogs_to_come(home: Home) -> Html {
    html! {
        <>
            if home == Home::Page {
                <button class="btn small" disabled=true>{ tr!("Worlds") }</button>
                <button class="btn small" disabled=true>{ tr!("Share") }</button>
            }
            <button class="icon embeds" disabled=true aria-label={tr!("Embed this in a page of your own")}>{ "</>" }</button>
        </>
    }
}

fn help_to_come() -> Html {
    html! { <button class="icon helps" disabled=true aria-label={tr!("Help and differences from AWS")}>{ "?" }</button> }
}

fn mark() -> Html {
    html! {
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <rect class="mark" x="1" y="4" width="18" height="13" rx="2.5" />
            <path class="mark" d="M2 6l8 6 8-6" />
        </svg>
    }
}

#[component]
fn ActingAs() -> Html {
    let store = use_store();
    let callers = Rc::new(store.timeline.world().estate.callers());
    let on_caller = {
        let (store, callers) = (store.clone(), Rc::clone(&callers));
        Callback::from(move |event: Event| {
            let chosen: Option<HtmlSelectElement> = event.target_dyn_into();
            let at = chosen.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some(caller) = at.and_then(|at| callers.get(at)) {
                store.dispatch(Action::ActAs(caller.clone()));
            }
        })
    };
    let on_region = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let chosen: Option<HtmlSelectElement> = event.target_dyn_into();
            if let Some(region) = chosen.and_then(|select| select.value().parse::<Region>().ok()) {
                store.dispatch(Action::InRegion(region));
            }
        })
    };
    let mut accounts: Vec<_> = callers.iter().map(Caller::account).collect();
    accounts.dedup();
    html! {
        <div class="who">
            <label>
                <span>{ tr!("acting as") }</span>
                <select onchange={on_caller} aria-label={tr!("Acting as")}>
                    { for accounts.into_iter().map(|account| html! {
                        <optgroup label={tr!("account {account}", account)}>
                            { for callers.iter().filter(|caller| caller.account() == account).map(|caller| html! {
                                <option selected={*caller == store.acting}>{ format!("{} {}", caller.short_name(), account) }</option>
                            }) }
                        </optgroup>
                    }) }
                </select>
            </label>
            <select onchange={on_region} aria-label={tr!("Region")}>
                { for Region::ALL.iter().map(|region| html! {
                    <option value={region.as_str()} selected={*region == store.region}>{ region.as_str() }</option>
                }) }
            </select>
        </div>
    }
}

#[component]
fn Colours() -> Html {
    let store = use_store();
    let button = use_node_ref();
    use_effect_with((button.clone(), store.theme), |(button, theme)| {
        let host = button.cast::<HtmlElement>().and_then(|button| button.get_root_node().dyn_into::<ShadowRoot>().ok());
        if let Some(host) = host.map(|root| root.host()) {
            let _ = match theme {
                Theme::Auto => host.remove_attribute("data-theme"),
                Theme::Light => host.set_attribute("data-theme", "light"),
                Theme::Dark => host.set_attribute("data-theme", "dark"),
            };
        }
    });
    let dark = match store.theme {
        Theme::Auto => effects::prefers_dark(),
        Theme::Light => false,
        Theme::Dark => true,
    };
    let onclick = Callback::from(move |_: MouseEvent| {
        if store.home == Home::Page {
            effects::save_theme(if dark { "light" } else { "dark" });
        }
        store.dispatch(Action::Theme(if dark { Theme::Light } else { Theme::Dark }));
    });
    let (sign, label) = if dark { ("☀", tr!("Light colours")) } else { ("☾", tr!("Dark colours")) };
    html! { <button ref={button} class="icon colours" {onclick} aria-label={label} title={label}>{ sign }</button> }
}

const KEYS: &[(&str, &str)] = &[
    ("← →", msg!("one step back or on")),
    (msg!("Home End"), msg!("the first or last step")),
    (msg!("Space"), msg!("play or pause")),
    ("+ −", msg!("look closer or farther at keys through time")),
    (msg!("Tab"), msg!("from one control to the next")),
    ("?", msg!("this list")),
];

#[component]
fn Help() -> Html {
    let Dialog { node, show, onclose, .. } = use_dialog();
    html! {
        <>
            <button class="icon helps" onclick={show} aria-label={tr!("Help and differences from AWS")} title={tr!("Help")}>{ "?" }</button>
            <dialog ref={node} class="help" aria-labelledby="help-title" {onclose}>
                <form method="dialog">
                    <h2 id="help-title" tabindex="-1">{ tr!("Help") }</h2>
                    { help() }
                    <p>{ tr!("Nothing you do here leaves your browser.") }</p>
                    <button class="btn">{ tr!("Close") }</button>
                </form>
            </dialog>
        </>
    }
}

fn help() -> Html {
    html! {
        <>
            <LanguageChoice />
            <h3>{ tr!("Keys, when a picture has the focus") }</h3>
            <dl>{ for KEYS.iter().map(|(key, meaning)| html! { <><dt><kbd>{ lang::text(key) }</kbd></dt><dd>{ lang::text(meaning) }</dd></> }) }</dl>
            <h3>{ tr!("Differs from AWS") }</h3>
            <ul>{ for differs::all().map(|row| html! {
                <li>
                    <b>{ lang::text(row.aws) }</b>{ " " }{ lang::text(row.here) }{ " " }
                    <small>{ format!("{} ({})", lang::text(row.why), lang::text(row.source)) }</small>
                </li>
            }) }</ul>
        </>
    }
}

/// The world's clock, and its history to go back and forth in.
#[component]
pub fn BottomBar() -> Html {
    let store = use_store();
    let world = store.timeline.world();
    let advance = |label: &str, span: Span| {
        let store = store.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            let mut timeline = Timeline::clone(&store.timeline);
            timeline.advance(span);
            store.dispatch(Action::Moved(Rc::new(timeline)));
        });
        html! { <button class="btn small" {onclick}>{ label }</button> }
    };
    let next = world.next_due().map(|(at, due)| {
        let wait = world.now.until(at);
        let what = match due {
            Due::Rotation(_) => tr!("rotation"),
            Due::Expiry(_) => tr!("expiry"),
            Due::Deletion(_) => tr!("deletion"),
            Due::Transition(_) => tr!("key ready"),
            Due::Connection(_) => tr!("key store"),
            Due::Increase => tr!("higher quota"),
        };
        advance(&tr!("next: {what} in {wait} ▸", what, wait = in_words(wait)), wait)
    });
    html! {
        <footer class="clock" part="clock" role={(store.home == Home::Element).then_some("none")}>
            <time class="now" datetime={world.now.to_string()}>{ clock_face(world.now) }</time>
            <div class="turns" role="group" aria-label={tr!("Move the clock")}>
                { advance(tr!("+1 h"), Span::hours(1)) }
                { advance(tr!("+1 d"), Span::days(1)) }
                { advance(tr!("+1 y"), Span::days(365)) }
                { next }
            </div>
            <History />
        </footer>
    }
}

#[component]
fn History() -> Html {
    let store = use_store();
    let (steps, cursor) = (store.timeline.steps(), store.timeline.cursor());
    let go_to = {
        let store = store.clone();
        Callback::from(move |cursor: usize| store.dispatch(Action::Moved(store.moved_to(cursor))))
    };
    let oninput = {
        let go_to = go_to.clone();
        Callback::from(move |event: InputEvent| {
            let range: Option<HtmlInputElement> = event.target_dyn_into();
            if let Some(cursor) = range.and_then(|range| range.value().parse().ok()) {
                go_to.emit(cursor);
            }
        })
    };
    let undo = {
        let go_to = go_to.clone();
        Callback::from(move |_: MouseEvent| go_to.emit(cursor.saturating_sub(1)))
    };
    let redo = Callback::from(move |_: MouseEvent| go_to.emit(cursor.saturating_add(1)));
    let words = match store.timeline.last() {
        None => tr!("the beginning").to_owned(),
        Some(step) => {
            let who = match &step.input {
                Input::Call(request) => tr!(" as {caller}", caller = request.caller.short_name()),
                Input::Serve(request) => tr!(" as {caller}", caller = request.caller.short_name()),
                Input::Advance(_) | Input::Simulate(_) | Input::Attach(_) | Input::Set(_) => String::new(),
            };
            let refused = if step.refused() { tr!(", refused") } else { "" };
            format!("{}{who}{refused}", step.label())
        }
    };
    html! {
        <div class="history">
            <button class="btn small" onclick={undo} disabled={cursor == 0}>{ tr!("↶ Undo") }</button>
            <div class="scrub">
                { dots(steps.len(), cursor, &refused_steps(&store.timeline)) }
                <input type="range" min="0" max={steps.len().to_string()} value={cursor.to_string()} {oninput}
                    aria-label={tr!("History")} aria-valuetext={tr!("step {cursor} of {steps}: {words}", cursor, steps = steps.len(), words)} />
            </div>
            <button class="btn small" onclick={redo} disabled={cursor == steps.len()}>{ tr!("↷ Redo") }</button>
            <span class="last"><b>{ format!("{cursor}/{}", steps.len()) }</b>{ format!(" {words}") }</span>
        </div>
    }
}

/// How many steps are drawn one by one; a longer history is a line.
const DOTS: usize = 60;

/// The line under the range input: what was done, what is undone, what was refused.
fn dots(count: usize, cursor: usize, refused: &[usize]) -> Html {
    let at = |step: usize| step.saturating_mul(1000).checked_div(count).unwrap_or_default();
    let dots = if count > DOTS { 0 } else { count.saturating_add(1) };
    html! {
        <svg class="dots" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
            <line class="ahead" x1="0" y1="8" x2="1000" y2="8" />
            <line class="behind" x1="0" y1="8" x2={at(cursor).to_string()} y2="8" />
            { for (0..dots).map(|step| {
                let state = if refused.contains(&step) { "refused" } else if step <= cursor { "behind" } else { "ahead" };
                let x = at(step);
                html! { <line class={classes!("dot", state)} x1={x.to_string()} x2={x.to_string()} y1="8" y2="8" /> }
            }) }
        </svg>
    }
}

fn refused_steps(timeline: &Timeline) -> Vec<usize> {
    let numbered = timeline.steps().iter().enumerate();
    numbered.filter(|(_, step)| step.refused()).map(|(index, _)| index.saturating_add(1)).collect()
}

/// For example `2030-03-14 09:26:00Z`.
fn clock_face(now: Timestamp) -> String {
    let text = now.to_string();
    let to_the_second = text.get(..19).unwrap_or(&text);
    format!("{}Z", to_the_second.replace('T', " "))
}

/// In the largest whole unit.
fn in_words(span: Span) -> String {
    match (span.whole_days(), span.millis() / 3_600_000, span.millis() / 60_000) {
        (0, 0, minutes) => tr!("{minutes} min", minutes),
        (0, hours, _) => tr!("{hours} h", hours),
        (days, ..) => tr!("{days} d", days),
    }
}
