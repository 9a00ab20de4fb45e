//! How to do the step at hand without this page.

use yew::prelude::*;

use crate::{lang::tr, story::Recipe, ui::outcome::Copy};

#[derive(PartialEq, Properties)]
pub(super) struct RecipesProps {
    pub recipes: Vec<Recipe>,
    pub revealed: bool,
    pub on_reveal: Callback<bool>,
}

/// One card a tool.
#[component]
pub(super) fn Recipes(props: &RecipesProps) -> Html {
    if props.recipes.is_empty() {
        return html! { <p class="empty">{ tr!("Nothing to do by hand at this step.") }</p> };
    }
    let secrets = props.recipes.iter().any(Recipe::has_secrets);
    let on_reveal = {
        let (on_reveal, revealed) = (props.on_reveal.clone(), props.revealed);
        Callback::from(move |_: MouseEvent| on_reveal.emit(!revealed))
    };
    html! {
        <div class="recipes">
            if secrets {
                <p class="demo">{ if props.revealed { tr!("With this run's secrets filled in: demo material. ") } else { tr!("Secrets are left out. ") } }
                    <button class="link" aria-pressed={props.revealed.to_string()} onclick={on_reveal}>{ if props.revealed { tr!("hide them") } else { tr!("fill them in") } }</button></p>
            }
            { for props.recipes.iter().enumerate().map(|(at, recipe)| html! {
                <RecipeCard key={at} recipe={recipe.clone()} revealed={props.revealed} />
            }) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct RecipeCardProps {
    recipe: Recipe,
    revealed: bool,
}

#[component]
fn RecipeCard(props: &RecipeCardProps) -> Html {
    let text = props.recipe.text(props.revealed);
    let tool = props.recipe.tool.name();
    html! {
        <div class="card">
            <div class="row"><b>{ tool }</b><Copy text={text.clone()} what={tool} /></div>
            if !props.recipe.note.is_empty() {
                <span class="note">{ props.recipe.note }</span>
            }
            <pre tabindex="0" role="group" aria-label={tr!("{tool}, text to copy", tool)}>{ text }</pre>
        </div>
    }
}
