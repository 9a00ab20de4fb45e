//! The operations, to be searched and chosen.

use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use crate::{
    lang::{self, tr},
    ops::table,
    story::operations::GROUPS,
    ui::outcome::breakable,
};

#[derive(PartialEq, Properties)]
pub(super) struct OperationsProps {
    pub operation: &'static str,
    pub choose: Callback<&'static str>,
}

/// A list with a search where there is room for one, and the browser's own list where there is not.
#[component]
pub(super) fn Operations(props: &OperationsProps) -> Html {
    let sought = use_state(String::new);
    let oninput = {
        let sought = sought.clone();
        Callback::from(move |event: InputEvent| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlInputElement| sought.set(it.value()));
        })
    };
    let onchange = {
        let choose = props.choose.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            let mut all = GROUPS.iter().flat_map(|group| group.operations);
            if let Some((name, _)) = all.find(|(name, _)| chosen.as_deref() == Some(*name)) {
                choose.emit(name);
            }
        })
    };
    let words = sought.to_lowercase();
    let fits = |(name, purpose): &(&'static str, &'static str)| {
        words.split_whitespace().all(|word| name.to_lowercase().contains(word) || purpose.to_lowercase().contains(word))
    };
    let entry = |&(name, purpose): &(&'static str, &'static str)| {
        let choose = props.choose.clone();
        let onclick = Callback::from(move |_: MouseEvent| choose.emit(name));
        let here = table::find(name).is_some();
        let current = (name == props.operation).then_some("true");
        html! {
            <li key={name}>
                <button {onclick} aria-current={current} title={purpose} class={(!here).then_some("absent")}>
                    { breakable(name) }if !here { <span class="visually-hidden">{ tr!(", not in this build") }</span> }
                </button>
            </li>
        }
    };
    let found: Vec<_> = GROUPS
        .iter()
        .map(|group| (lang::text(group.name), group.operations.iter().filter(|it| fits(it)).collect::<Vec<_>>()))
        .filter(|(_, operations)| !operations.is_empty())
        .collect();
    let count: usize = found.iter().map(|(_, operations)| operations.len()).sum();
    html! {
        <nav class="operations" aria-label={tr!("Operations")}>
            <label class="few">{ tr!("Operation") }
                <select {onchange}>
                    { for GROUPS.iter().map(|group| html! {
                        <optgroup label={lang::text(group.name)}>
                            { for group.operations.iter().map(|(name, _)| html! {
                                <option value={*name} selected={*name == props.operation}>
                                    { if table::find(name).is_some() { (*name).to_owned() } else { tr!("{name} (not in this build)", name) } }
                                </option>
                            }) }
                        </optgroup>
                    }) }
                </select>
            </label>
            <div class="many">
                <input type="search" placeholder={tr!("Search 56 operations")} aria-label={tr!("Search operations")} value={(*sought).clone()} {oninput} />
                <p class="visually-hidden" role="status">{ tr!("{count} operations", count) }</p>
                { for found.iter().map(|(name, operations)| html! {
                    <section key={*name}>
                        <h2 class="eyebrow">{ *name }</h2>
                        <ul>{ for operations.iter().map(|it| entry(it)) }</ul>
                    </section>
                }) }
                if found.is_empty() { <p class="empty">{ tr!("No operation has these words in its name or purpose.") }</p> }
            </div>
        </nav>
    }
}
