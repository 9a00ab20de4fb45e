//! One page of a lesson: what is read, what happens, what is asked.

use std::rc::Rc;

use js_sys::Function;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    lang::tr,
    rest,
    scenario::{Call, Item, Predict, run::Played},
    timeline::SlowKey,
    ui::{
        effects, later,
        learn::{
            self, Lesson, PlayedPage, Prepared, exchange, play, prepare,
            prose::{Explained, inline, older_terms},
            reading,
            task::TaskForm,
            whole::WholeLesson,
        },
        route::Route,
        store::{Action, HistoryMode, Same, Visit, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct LessonPageProps {
    pub(super) lesson: Lesson,
    /// For example `Lesson 3`.
    pub(super) name: AttrValue,
    /// Counted from 1.
    pub(super) page: usize,
    /// Id and title of the lesson after this one.
    pub(super) next: Option<(String, String)>,
    pub(super) go: Callback<(Route, HistoryMode)>,
    pub(super) keymaker: Option<Function>,
}

#[component]
pub(super) fn LessonPage(props: &LessonPageProps) -> Html {
    let lesson = &props.lesson.0;
    let store = use_store();
    let made = use_state(|| 0_u32);
    let played = use_memo((props.lesson.clone(), props.page, store.whole, *made), |(lesson, page, ..)| {
        prepare(&lesson.0, page.saturating_sub(1))
    });
    let wanted = if let Some(Prepared::Wants(wanted)) = &*played { Some(wanted.clone()) } else { None };
    use_effect_with(wanted, {
        let (keymaker, made) = (props.keymaker.clone(), made.clone());
        move |wanted: &Option<SlowKey>| {
            if let Some(wanted) = wanted.clone() {
                let next = made.wrapping_add(1);
                effects::make_slow_key(wanted, keymaker, Callback::from(move |_| made.set(next)));
            }
        }
    });
    use_effect_with(Same(Rc::clone(&played)), {
        let (store, id, page) = (store.clone(), lesson.front.id.clone(), props.page);
        move |played: &Same<Option<Prepared>>| {
            if let (true, Some(Prepared::Played(Ok(played)))) = (store.whole, &*played.0) {
                let steps = played
                    .items
                    .iter()
                    .filter_map(|item| if let Played::Moved(step) = item { Some(step) } else { None });
                rest::within(|| store.host.tell_of_page(&id, page, steps));
            }
        }
    });
    let title = use_node_ref();
    use_effect_with((lesson.front.id.clone(), props.page), {
        let title = title.clone();
        // A new page begins at its top, for eyes and for screen readers; the first one leaves the focus alone.
        move |(_, page)| {
            if let Some(title) = title.cast::<HtmlElement>().filter(|_| *page > 1) {
                effects::focus_within(&title);
            }
        }
    });
    use_effect_with((lesson.front.id.clone(), props.page), {
        let dispatcher = store.dispatcher();
        move |(id, page)| {
            if id != learn::YOUR_LESSON && !id.starts_with(learn::FROM) {
                dispatcher.dispatch(Action::Opened(id.clone(), u32::try_from(*page).unwrap_or(1)));
            }
        }
    });
    let Some(page) = lesson.pages.get(props.page.saturating_sub(1)) else { return Html::default() };
    let go_to = |page: usize| {
        let page = u32::try_from(page).unwrap_or(u32::MAX);
        effects::leads(&props.go, Route::Lesson { id: lesson.front.id.clone(), page })
    };
    let body = match &*played {
        Some(Prepared::Played(Ok(played))) => html! {
            <Items key={format!("{}/{}", lesson.front.id, props.page)} lesson={props.lesson.clone()} page={props.page} played={Shared(Rc::clone(played))} go={props.go.clone()} />
        },
        Some(Prepared::Wants(wanted)) => html! {
            <div class="card" role="status">
                <b>{ tr!("KMS makes an RSA key of {bits} bits for this page", bits = wanted.bits()) }</b>
                <progress aria-label={tr!("Making the key")} />
                <p class="hint">{ tr!("Two large primes are being searched for, which takes a moment.") }</p>
            </div>
        },
        Some(Prepared::Played(Err(problem))) => html! { <p class="problem">{ problem }</p> },
        None => html! { <p class="empty">{ tr!("Loading…") }</p> },
    };
    let last = props.page >= lesson.pages.len();
    html! {
        <div class="learn lesson">
            <nav class="pages" aria-label={tr!("Pages of this lesson")}>
                <span class="eyebrow">{ &props.name }</span>
                <strong>{ &lesson.front.title }</strong>
                <ol>
                    { for lesson.pages.iter().enumerate().map(|(at, other)| html! {
                        <li><button onclick={go_to(at + 1)} aria-current={(at + 1 == props.page).then_some("step")}>{ &other.title }</button></li>
                    }) }
                </ol>
                if !lesson.front.older_terms.is_empty() {
                    <p class="aside">{ older_terms(&lesson.front.older_terms) }</p>
                }
            </nav>
            <div class="sheet-of-page">
                <span class="eyebrow">{ tr!("{name} · page {page} of {pages}", name = props.name, page = props.page, pages = lesson.pages.len()) }</span>
                <h1 ref={title} tabindex="-1">{ &page.title }</h1>
                <div class="prose">{ Explained::new(store.whole).blocks(&page.prose) }</div>
                { body }
                <div class="steps">
                    <button class="btn" onclick={go_to(props.page.saturating_sub(1).max(1))} disabled={props.page <= 1}>{ tr!("◀ Back") }</button>
                    if last {
                        <Ending lesson={props.lesson.clone()} next={props.next.clone()} go={props.go.clone()} />
                    } else {
                        <button class="btn main" onclick={go_to(props.page + 1)}>{ tr!("Next ▶") }</button>
                    }
                </div>
            </div>
            { later(store.whole, || html! {
                <WholeLesson key={lesson.front.id.clone()} lesson={props.lesson.clone()} keymaker={props.keymaker.clone()} />
            }) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct EndingProps {
    lesson: Lesson,
    next: Option<(String, String)>,
    go: Callback<(Route, HistoryMode)>,
}

/// The ways on after the last page.
#[component]
fn Ending(props: &EndingProps) -> Html {
    let store = use_store();
    let whole = store.whole;
    let sandbox = {
        let (store, go, lesson) = (store.clone(), props.go.clone(), Rc::clone(&props.lesson.0));
        Callback::from(move |_: MouseEvent| {
            if let Ok(played) = play(&lesson, lesson.pages.len().saturating_sub(1)) {
                let page = u32::try_from(lesson.pages.len()).unwrap_or(1);
                let from = Route::Lesson { id: lesson.front.id.clone(), page };
                let visit = Visit { of: tr!("the lesson “{title}”", title = lesson.front.title), from, task: None };
                store.dispatch(Action::Visit(Rc::new(played.timeline), Rc::new(visit)));
                go.emit((Route::of_view(lesson.view(), lesson.last_request()), HistoryMode::Push));
            }
        })
    };
    let onward = props.next.clone().map(|(id, title)| {
        let onclick = effects::leads(&props.go, Route::Lesson { id, page: 1 });
        html! { <button class="btn main" {onclick}>{ tr!("Next lesson: {title} ▶", title) }</button> }
    });
    let contents = effects::leads(&props.go, Route::Learn);
    html! {
        <>
            <button class="btn" onclick={sandbox} disabled={!whole}>{ tr!("Continue in the sandbox") }</button>
            { onward.unwrap_or_else(|| html! { <button class="btn main" onclick={contents}>{ tr!("All lessons") }</button> }) }
        </>
    }
}

/// A played page that several components look at.
#[derive(Clone)]
struct Shared(Rc<PlayedPage>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
struct ItemsProps {
    lesson: Lesson,
    page: usize,
    played: Shared,
    go: Callback<(Route, HistoryMode)>,
}

/// The items of a page; those after a question wait for its answer.
#[component]
fn Items(props: &ItemsProps) -> Html {
    let answered = use_state(|| 0_usize);
    let store = use_store();
    let whole = store.whole;
    let Some(page) = props.lesson.0.pages.get(props.page.saturating_sub(1)) else { return Html::default() };
    let mut explained = Explained::new(whole);
    // The words above the items are explained there.
    let _ = explained.blocks(&page.prose);
    let mut questions = 0_usize;
    let mut shown = Vec::new();
    for (item, played) in page.items.iter().zip(&props.played.0.items) {
        shown.push(match (item, played) {
            (_, Played::Moved(step)) => exchange::card(step, repeated(item).as_deref()),
            (_, Played::Wrapped(wrapped)) => later(whole, || reading::wrapped(wrapped)),
            (Item::Load(load), Played::Measured(measured)) => {
                later(whole, || reading::measured(&load.traffic, measured, &props.go))
            }
            (_, Played::Metered(meters)) => later(whole, || reading::meters(meters)),
            (_, Played::Billed(bill)) => later(whole, || reading::bill(bill)),
            (_, Played::Shown(bytes)) => later(whole, || exchange::bytes(bytes)),
            (Item::Prose(prose), _) => html! { <div class="prose">{ explained.blocks(prose) }</div> },
            (Item::Predict(_), _) => {
                questions = questions.saturating_add(1);
                let (number, answered) = (questions, answered.clone());
                let open = *answered < number;
                let on_answer = Callback::from(move |()| answered.set(number));
                let question =
                    html! { <Question lesson={props.lesson.clone()} page={props.page} {number} {on_answer} /> };
                if open {
                    shown.push(question);
                    shown.push(html! { <p class="hint waiting">{ tr!("Choose, then see what happens.") }</p> });
                    break;
                }
                question
            }
            (Item::Task(_), _) => later(whole, || {
                html! {
                    <TaskForm lesson={props.lesson.clone()} page={props.page} go={props.go.clone()} />
                }
            }),
            (
                Item::Call(_)
                | Item::Attach(_)
                | Item::Set(_)
                | Item::Incident(_)
                | Item::Advance(_)
                | Item::Bytes(_)
                | Item::Wrap(_)
                | Item::Load(_)
                | Item::Meters(_)
                | Item::Bill(_),
                Played::Nothing | Played::Measured(_),
            ) => Html::default(),
        });
    }
    // By position, so that a question keeps its choice when what follows it appears.
    let placed = shown.into_iter().enumerate().map(|(at, item)| html! { <div key={at.to_string()}>{ item }</div> });
    html! { <div class="items">{ for placed }</div> }
}

/// How often the same request is sent, if more than once.
fn repeated(item: &Item) -> Option<String> {
    let Item::Call(step) = item else { return None };
    let Call { times, every, .. } = &step.call;
    let pace = every.map(|every| tr!(", {every} apart", every)).unwrap_or_default();
    (*times > 1).then(|| tr!("{times} times{pace}, the last of them:", times, pace))
}

#[derive(PartialEq, Properties)]
struct QuestionProps {
    lesson: Lesson,
    page: usize,
    /// Among the questions of the page, counted from 1.
    number: usize,
    on_answer: Callback<()>,
}

/// A prediction: a choice, then whether it was right and why.
#[component]
fn Question(props: &QuestionProps) -> Html {
    let chosen = use_state(|| None::<usize>);
    let page = props.lesson.0.pages.get(props.page.saturating_sub(1));
    let predict = page.and_then(|page| page.predictions().nth(props.number.saturating_sub(1)));
    let Some(predict) = predict else { return Html::default() };
    let choice = |(at, choice): (usize, &crate::scenario::Choice)| {
        let (chosen, on_answer) = (chosen.clone(), props.on_answer.clone());
        let checked = *chosen == Some(at);
        let class = if chosen.is_some() && choice.right { "choice right" } else { "choice" };
        let onchange = Callback::from(move |_: Event| {
            chosen.set(Some(at));
            on_answer.emit(());
        });
        html! {
            <label {class}>
                <input type="radio" name={format!("question-{}", props.number)} {checked} {onchange} />
                <span>{ inline(&choice.text) }</span>
            </label>
        }
    };
    html! {
        <fieldset class="ask">
            <legend>{ inline(&predict.question) }</legend>
            { for predict.choices.iter().enumerate().map(choice) }
            <div role="status">{ verdict(predict, *chosen) }</div>
        </fieldset>
    }
}

fn verdict(predict: &Predict, chosen: Option<usize>) -> Html {
    let Some(choice) = chosen.and_then(|at| predict.choices.get(at)) else { return Html::default() };
    let (class, words) = if choice.right { ("tag allow", tr!("Right")) } else { ("tag implicit", tr!("Not quite")) };
    html! { <p class="verdict"><span {class}>{ words }</span>{ " " }{ inline(&predict.explanation) }</p> }
}
