//! Which set of questions, and the marking of answers that somebody sent.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    exam::{Answers, Exam, Level, Paper, topics},
    lang::{self, tr},
    scenario::part::Part,
    ui::{
        exam::link,
        route::Route,
        store::{HistoryMode, use_store},
    },
};

#[derive(PartialEq, Properties)]
pub(super) struct StartProps {
    /// Those that were last given.
    pub answers: Option<Answers>,
    pub go: Callback<(Route, HistoryMode)>,
}

const COUNTS: [u8; 4] = [5, 10, 20, 30];

#[component]
pub(super) fn StartPage(props: &StartProps) -> Html {
    let store = use_store();
    // Every visitor's world has a seed of its own, and so a first set of its own.
    let seed = use_state(|| Paper::offered(store.own_timeline().world()).seed.to_string());
    let count = use_state(|| 10_u8);
    let topic = use_state(|| None::<Part>);
    let level = use_state(|| None::<Level>);
    let name = format!("{}-{}", seed.trim(), *count).parse::<Paper>();
    let name = name.map(|paper| Paper { topic: *topic, level: *level, ..paper });
    let onsubmit = {
        let (go, name) = (props.go.clone(), name);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Ok(paper) = name {
                go.emit((Route::Exam { paper, question: Some(1) }, HistoryMode::Push));
            }
        })
    };
    let on_seed = {
        let seed = seed.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                seed.set(input.value());
            }
        })
    };
    let on_count = {
        let count = count.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().and_then(|select| select.value().parse().ok());
            count.set(chosen.unwrap_or(10));
        })
    };
    let on_topic = {
        let topic = topic.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().and_then(|select| select.value().parse().ok());
            topic.set(chosen);
        })
    };
    let on_level = {
        let level = level.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            level.set(Level::ALL.into_iter().find(|level| Some(level.as_str()) == chosen.as_deref()));
        })
    };
    html! {
        <div class="learn exam begin">
            <section>
                <span class="eyebrow">{ tr!("Exam") }</span>
                <h1>{ tr!("Test yourself") }</h1>
                <p class="aside">{ tr!("Each question is a small world that KMS has really lived through. What is right was read from its record, \
                    and so were the wrong choices: they are what happened in worlds a little different. After your answer you see the \
                    record, and can go into that world.") }</p>
                { going_on(props) }
            </section>
            <form class="card" {onsubmit} aria-label={tr!("A set of questions")}>
                <label>{ tr!("Questions") }
                    <select onchange={on_count}>{ for COUNTS.iter().map(|some| html! { <option value={some.to_string()} selected={*some == *count}>{ some }</option> }) }</select>
                </label>
                <label>{ tr!("About") }
                    <select onchange={on_topic}>
                        <option value="" selected={topic.is_none()}>{ tr!("everything") }</option>
                        { for topics().map(|part| html! { <option value={part.as_str()} selected={*topic == Some(part)}>{ lang::text(part.as_str()) }</option> }) }
                    </select>
                </label>
                <label>{ tr!("Level") }
                    <select onchange={on_level}>
                        <option value="" selected={level.is_none()}>{ tr!("both") }</option>
                        { for Level::ALL.into_iter().map(|some| html! { <option value={some.as_str()} selected={*level == Some(some)}>{ lang::text(some.as_str()) }</option> }) }
                    </select>
                </label>
                <label>{ tr!("Number of the set") }
                    <input type="text" inputmode="numeric" value={(*seed).clone()} oninput={on_seed} aria-invalid={name.is_err().to_string()} aria-describedby="about-the-number" />
                </label>
                <p class="hint" id="about-the-number">{ tr!("The same number gives the same questions to everybody. Take this one, or one that you were given.") }</p>
                if name.is_err() { <p class="problem" role="alert">{ tr!("The number of a set is a whole number from 0 to 4294967295.") }</p> }
                <button class="btn main" type="submit" disabled={name.is_err()}>{ tr!("Begin") }</button>
            </form>
            <Marking go={props.go.clone()} />
        </div>
    }
}

/// The way back into a set that has been begun.
fn going_on(props: &StartProps) -> Html {
    let Some(given) = props.answers.as_ref().filter(|given| given.chosen.iter().any(Option::is_some)) else {
        return Html::default();
    };
    let paper = given.paper;
    let open = given.chosen.iter().position(Option::is_none);
    let done = given.chosen.iter().flatten().count();
    let question = open.and_then(|at| u32::try_from(at.saturating_add(1)).ok());
    let words = match question {
        Some(_) => tr!("Go on with the set {paper}: {done} of {count} answered", paper, done, count = paper.count),
        None => tr!("The result of the set {paper}", paper),
    };
    html! { <p>{ link(&props.go, Route::Exam { paper, question }, "link", html! { words }) }</p> }
}

#[derive(PartialEq, Properties)]
struct MarkingProps {
    go: Callback<(Route, HistoryMode)>,
}

/// For teachers: answers of one person or of many, a line each.
#[component]
fn Marking(props: &MarkingProps) -> Html {
    let text = use_state(String::new);
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() {
                text.set(area.value());
            }
        })
    };
    let marked = use_memo((*text).clone(), |text| mark(text));
    let row = |(line, marked): &(String, Result<Marked, String>)| match marked {
        Ok(Marked { answers, points, wrong }) => {
            let route = Route::Exam { paper: answers.paper, question: Some(1) };
            let wrong = if wrong.is_empty() { tr!("none").to_owned() } else { wrong.join(", ") };
            html! {
                <tr><th scope="row" class="mono">{ answers.to_string() }</th><td>{ tr!("{points} of {count}", points, count = answers.paper.count) }</td>
                <td>{ wrong }</td><td>{ link(&props.go, route, "link", html! { tr!("the set") }) }</td></tr>
            }
        }
        Err(problem) => {
            html! { <tr><th scope="row" class="mono">{ line }</th><td colspan="3"><span class="problem">{ problem }</span></td></tr> }
        }
    };
    html! {
        <section class="marking" aria-label={tr!("Mark answers")}>
            <h2>{ tr!("Mark answers") }</h2>
            <label>{ tr!("Answers such as 4711-10-ACBD..DABC, one on each line") }
                <textarea rows="4" spellcheck="false" {oninput} />
            </label>
            <div role="status">
                if !marked.is_empty() {
                    <table>
                        <thead><tr><th scope="col">{ tr!("Answers") }</th><th scope="col">{ tr!("Right") }</th><th scope="col">{ tr!("Not right") }</th><th scope="col">{ tr!("Questions") }</th></tr></thead>
                        <tbody>{ for marked.iter().map(row) }</tbody>
                    </table>
                }
            </div>
        </section>
    }
}

struct Marked {
    answers: Answers,
    points: usize,
    /// The numbers of the questions that were not answered rightly.
    wrong: Vec<String>,
}

/// So many lines are marked at once.
const MOST_LINES: usize = 200;

/// Each line with its mark, or with what is wrong with it. A line may be a whole sentence that ends in the answers.
fn mark(text: &str) -> Vec<(String, Result<Marked, String>)> {
    let mut made: Vec<Exam> = Vec::new();
    let mut marked = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES) {
        let last = line.split_whitespace().next_back().unwrap_or(line);
        let answers = match last.parse::<Answers>() {
            Ok(answers) => answers,
            // The text that the result page offers says more than the answers.
            Err(_) if line.starts_with("KMS Playground, ") => continue,
            Err(problem) => {
                marked.push((line.to_owned(), Err(problem.to_string())));
                continue;
            }
        };
        if !made.iter().any(|exam| exam.paper == answers.paper) {
            made.push(Exam::of(answers.paper));
        }
        let Some(exam) = made.iter().find(|exam| exam.paper == answers.paper) else { continue };
        let mark = answers.mark(exam);
        let wrong = mark.right.iter().enumerate().filter(|(_, right)| !**right);
        let wrong = wrong.map(|(at, _)| at.saturating_add(1).to_string()).collect();
        marked.push((line.to_owned(), Ok(Marked { points: mark.points(), answers, wrong })));
    }
    marked
}
