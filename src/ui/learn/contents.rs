//! The list of lessons: by part, narrowed down to what they are about, each with a glance at what happens in it.

use std::rc::Rc;

use js_sys::Function;
use yew::prelude::*;

use crate::{
    lang::{self, tr},
    rest,
    scenario::{Front, Scenario, catalog, course::Reached, part::Part, tag::Tag},
    ui::{
        effects, later,
        learn::{
            find::{Reference, Search},
            kind,
            open::OpenLesson,
            preview,
            progress::ProgressBar,
        },
        route::Route,
        store::{HistoryMode, Same, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct ContentsProps {
    pub(super) listed: Same<Vec<(&'static catalog::Lesson, Front)>>,
    pub(super) go: Callback<(Route, HistoryMode)>,
    /// A lesson from a file.
    pub(super) opened: Callback<Rc<Scenario>>,
    /// Whether such a lesson is asked for and not here.
    pub(super) lost: bool,
    pub(super) keymaker: Option<Function>,
}

#[component]
pub(super) fn Contents(props: &ContentsProps) -> Html {
    let store = use_store();
    let link = |route: Route, class: &'static str, content: Html| {
        let href = route.to_hash();
        let onclick = effects::leads(&props.go, route);
        html! { <a {href} {class} {onclick}>{ content }</a> }
    };
    let store_of = use_store();
    let reached = |front: &Front, pages: usize| match store_of.progress.of(&front.id) {
        Some(Reached { done: true, .. }) => html! { <span class="tag allow">{ tr!("Done") }</span> },
        Some(Reached { page, .. }) => {
            html! { <span class="tag none">{ tr!("Page {page} of {pages}", page, pages) }</span> }
        }
        None => Html::default(),
    };
    let card = |(at, (lesson, front)): (usize, &(&catalog::Lesson, Front))| {
        let kind = kind(front);
        html! {
            <li>{ link(Route::Lesson { id: front.id.clone(), page: 1 }, "lesson-card", html! {
                <>
                    <span class="eyebrow">{ tr!("{kind} {at} · {minutes} min · {pages} pages", kind, at = at + 1, minutes = front.minutes, pages = lesson.pages) }</span>
                    <strong>{ &front.title }{ reached(front, lesson.pages) }</strong>
                    <span class="about">{ &front.summary }</span>
                    { preview::row(lesson.marks) }
                    <span class="topics">{ front.tags.iter().map(|tag| lang::text(tag.as_str())).collect::<Vec<_>>().join(" · ") }</span>
                </>
            }) }</li>
        }
    };
    let chosen = use_state(|| None::<Tag>);
    let tag = *chosen;
    let part = |part: Part| {
        let about = |front: &Front| tag.is_none_or(|tag| front.tags.contains(&tag));
        let of_part = |(_, (_, front)): &(usize, &(&catalog::Lesson, Front))| front.part == part && about(front);
        let mut lessons = props.listed.0.iter().enumerate().filter(of_part).peekable();
        lessons.peek()?;
        Some(html! { <><h3>{ lang::text(part.as_str()) }</h3><ol>{ for lessons.map(card) }</ol></> })
    };
    let question = use_state(AttrValue::default);
    let on_change = {
        let question = question.clone();
        Callback::from(move |words| question.set(words))
    };
    html! {
        <div class="learn contents">
            <section class="welcome">
                <h1>{ tr!("A whole AWS KMS, in this tab") }</h1>
                <p>{ tr!("Real cryptography, real policy decisions, a clock you can move, and nothing hidden. Whatever you do stays in \
                      your browser, and every step can be undone.") }</p>
                { link(Route::Envelope { step: 0 }, "invite", html! {
                    <>
                        <strong>{ tr!("Encrypt a file of your own") }</strong>
                        <span>{ tr!("Drop it anywhere on this page, or start with the sample: watch every key, every byte, and break it.") }</span>
                    </>
                }) }
                { link(Route::Services { service: None, step: None }, "invite", html! {
                    <>
                        <strong>{ tr!("See how services use keys") }</strong>
                        <span>{ tr!("S3, EBS, DynamoDB and six more around KMS: who asks for which key, what is stored, and what stops without it.") }</span>
                    </>
                }) }
                { link(Route::Exams, "lesson-card", html! {
                    <>
                        <strong>{ tr!("Test yourself") }</strong>
                        <span>{ tr!("Questions about worlds that KMS has really lived through. A set has a number, so it can be shared and marked.") }</span>
                    </>
                }) }
            </section>
            <section>
                <h2>{ tr!("Lessons") }</h2>
                <Search question={(*question).clone()} {on_change} />
                { if store.whole { rest::within(|| html! { <ProgressBar /> }) } else { progress_to_come() } }
                if question.trim().is_empty() {
                    { tags(&chosen, &props.listed.0) }
                    { preview::legend() }
                    { for Part::ALL.into_iter().filter_map(part) }
                }
            </section>
            { later(store.whole, || html! { <Reference /> }) }
            { later(store.whole, || html! {
                <OpenLesson opened={props.opened.clone()} lost={props.lost} keymaker={props.keymaker.clone()} />
            }) }
        </div>
    }
}

/// As high as the bar, so that nothing moves when it comes.
fn progress_to_come() -> Html {
    html! { <div class="course-progress"><button class="btn small" disabled=true>{ tr!("Save progress") }</button></div> }
}

/// What lessons are about, as buttons; the same one again shows all lessons.
fn tags(chosen: &UseStateHandle<Option<Tag>>, listed: &[(&catalog::Lesson, Front)]) -> Html {
    let button = |tag: Tag| {
        let count = listed.iter().filter(|(_, front)| front.tags.contains(&tag)).count();
        let is_chosen = **chosen == Some(tag);
        let chosen = chosen.clone();
        let onclick = Callback::from(move |_: MouseEvent| chosen.set((!is_chosen).then_some(tag)));
        html! {
            <button {onclick} aria-pressed={is_chosen.to_string()}>{ lang::text(tag.as_str()) }<span class="count">{ count }</span></button>
        }
    };
    let lessons = chosen.map(|tag| listed.iter().filter(|(_, front)| front.tags.contains(&tag)).count());
    let said = lessons.map(|count| tr!("{count} of {all} lessons and challenges.", count, all = listed.len()));
    html! {
        <>
            <div class="tags" role="group" aria-label={tr!("What lessons are about")}>{ for Tag::ALL.into_iter().map(button) }</div>
            <div role="status" class="hint">{ said }</div>
        </>
    }
}
