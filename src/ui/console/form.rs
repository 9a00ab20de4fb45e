//! A request as a form, drawn from the API model. Knows no operation: a member is drawn by its type and its limits.

use std::rc::Rc;

use serde_json::{Map, Number, Value};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, InputEvent};
use yew::prelude::*;

use crate::{
    clock::Timestamp,
    endpoint::model::{self, Member, Shape, ShapeKind, Structure},
    lang::{grouped, tr},
    ui::{
        console::{blob::BlobField, pairs::PairsField, pick},
        outcome::breakable,
    },
};

/// What the fields know of their surroundings.
pub(super) struct Surroundings {
    pub pick: pick::From,
    /// Path and constraint of each broken one, as AWS writes them.
    pub violations: Vec<(String, String)>,
}

/// Puts a value into the request, or takes it out.
pub(super) type Put = Callback<Option<Value>>;

/// Everything about one member that drawing it takes.
struct Field<'a> {
    around: &'a Surroundings,
    /// As AWS writes it, for example `tags.1.member.tagKey`.
    path: String,
    name: &'a str,
    required: bool,
    value: Option<&'a Value>,
    put: Put,
}

/// The members of a structure, those that are required first.
pub(super) fn members(
    around: &Surroundings,
    path: &str,
    structure: &'static Structure,
    values: &Map<String, Value>,
    put: &Callback<Map<String, Value>>,
) -> Html {
    let values = Rc::new(values.clone());
    let is_required = |name: &str| structure.required.iter().any(|required| required == name);
    let (first, rest): (Vec<_>, Vec<_>) = structure.members.iter().partition(|(name, _)| is_required(name));
    let draw = |(name, member): (&'static String, &'static Member)| {
        let (values_then, put) = (Rc::clone(&values), put.clone());
        let field = Field {
            around,
            path: step(path, &lower_first(name)),
            name,
            required: is_required(name),
            value: values.get(name),
            put: Callback::from(move |value: Option<Value>| {
                let mut next = Map::clone(&values_then);
                match value {
                    Some(value) => next.insert(name.clone(), value),
                    None => next.remove(name),
                };
                put.emit(next);
            }),
        };
        html! { <div key={name.as_str()} class="member">{ draw_member(&field, member) }</div> }
    };
    html! { <>{ for first.into_iter().chain(rest).map(draw) }</> }
}

fn draw_member(field: &Field<'_>, member: &'static Member) -> Html {
    let shape = match member {
        Member::Reference { structure } => return nested(field, structure),
        Member::Plain(shape) => shape,
    };
    match shape.kind {
        ShapeKind::List => return list(field, shape),
        ShapeKind::Map => {
            let values = field.value.and_then(Value::as_object).cloned().unwrap_or_default();
            return group(
                field,
                &limits(shape),
                html! { <PairsField name={field.name.to_owned()} {values} put={field.put.clone()} /> },
            );
        }
        ShapeKind::Blob => {
            let value = field.value.and_then(Value::as_str).map(str::to_owned);
            let control = html! {
                <BlobField id={field.path.clone()} name={field.name.to_owned()} {value} put={field.put.clone()} />
            };
            return labelled(field, true, &limits(shape), control);
        }
        ShapeKind::Boolean | ShapeKind::Integer | ShapeKind::String | ShapeKind::Timestamp => {}
    }
    let control = match (&shape.values, shape.kind) {
        (Some(values), _) => choice(field, values.iter().map(String::as_str), |text| Value::String(text.to_owned())),
        (None, ShapeKind::Boolean) => choice(field, ["true", "false"].into_iter(), |text| Value::Bool(text == "true")),
        (None, _) => text(field, shape),
    };
    labelled(field, shape.values.is_none() && shape.kind == ShapeKind::String, &limits(shape), control)
}

/// A label, a way to pick a value if it is not one of a few, the control, and what is allowed.
fn labelled(field: &Field<'_>, pickable: bool, limits: &str, control: Html) -> Html {
    html! {
        <>
            <div class="row">
                <label for={field.path.clone()}><span translate="no">{ field.name }</span>{ mark(field.required) }</label>
                if pickable { { picker(field) } }
            </div>
            { control }
            { remarks(field, limits) }
        </>
    }
}

/// As [`labelled`], for what has several controls.
fn group(field: &Field<'_>, limits: &str, controls: Html) -> Html {
    html! {
        <fieldset>
            <legend><span translate="no">{ field.name }</span>{ mark(field.required) }</legend>
            { controls }
            { remarks(field, limits) }
        </fieldset>
    }
}

fn mark(required: bool) -> Html {
    if required {
        html! { <span class="required">{ tr!(" required") }</span> }
    } else {
        Html::default()
    }
}

fn remarks(field: &Field<'_>, limits: &str) -> Html {
    let broken = field.around.violations.iter().filter(|(at, _)| *at == field.path);
    html! {
        <>
            { for broken.map(|(_, constraint)| html! { <p class="problem">{ constraint }</p> }) }
            if !limits.is_empty() { <p class="limits">{ limits }</p> }
        </>
    }
}

fn picker(field: &Field<'_>) -> Html {
    let found = field.around.pick.suggestions(field.name);
    if found.is_empty() {
        return Html::default();
    }
    let values: Rc<Vec<String>> = Rc::new(found.iter().map(|(value, _)| value.clone()).collect());
    let put = field.put.clone();
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
        let at = usize::try_from(select.selected_index()).ok().and_then(|at| at.checked_sub(1));
        if let Some(value) = at.and_then(|at| values.get(at)) {
            put.emit(Some(Value::String(value.clone())));
        }
        select.set_selected_index(0);
    });
    html! {
        <select class="pick-value" {onchange} aria-label={tr!("Pick a value for {field}", field = field.name)}>
            <option selected=true>{ tr!("pick…") }</option>
            { for found.into_iter().map(|(_, label)| html! { <option>{ label }</option> }) }
        </select>
    }
}

fn choice<'a>(field: &Field<'_>, values: impl Iterator<Item = &'a str>, read: fn(&str) -> Value) -> Html {
    let current = field.value.map(plain).unwrap_or_default();
    let put = field.put.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            let text = select.value();
            put.emit((!text.is_empty()).then(|| read(&text)));
        }
    });
    let values: Vec<&str> = values.collect();
    let unlisted = (!current.is_empty() && !values.contains(&current.as_str())).then_some(current.as_str());
    html! {
        <select id={field.path.clone()} {onchange}>
            <option value="" selected={current.is_empty()}>{ tr!("not given") }</option>
            { for values.iter().copied().chain(unlisted).map(|value| html! {
                <option value={value.to_owned()} selected={value == current}>{ value }</option>
            }) }
        </select>
    }
}

/// Texts longer than this get more than one line.
const ONE_LINE: i64 = 4096;

fn text(field: &Field<'_>, shape: &'static Shape) -> Html {
    let value = match (shape.kind, field.value) {
        (ShapeKind::Timestamp, Some(Value::Number(seconds))) => iso(seconds),
        (_, value) => value.map(plain).unwrap_or_default(),
    };
    let put = field.put.clone();
    // An empty text is a value where the API has one to be emptied.
    let keeps_empty = field.required && shape.min.unwrap_or(0) == 0;
    let changed = move |text: String| match (shape.kind, text.is_empty()) {
        (ShapeKind::String, false) => put.emit(Some(Value::String(text))),
        (ShapeKind::String, true) if keeps_empty => put.emit(Some(Value::String(text))),
        (_, true) => put.emit(None),
        (ShapeKind::Timestamp, false) => put.emit(Some(epoch(&text))),
        (_, false) => put.emit(Some(text.parse::<i64>().map_or(Value::String(text), Value::from))),
    };
    let id = field.path.clone();
    let invalid = field.around.violations.iter().any(|(at, _)| *at == field.path).then_some("true");
    if shape.kind == ShapeKind::String && shape.max.unwrap_or(0) > ONE_LINE {
        let oninput = Callback::from(move |event: InputEvent| {
            event.target_dyn_into().into_iter().for_each(|it: HtmlTextAreaElement| changed(it.value()));
        });
        return html! { <textarea {id} rows="3" spellcheck="false" {value} {oninput} aria-invalid={invalid} /> };
    }
    let oninput = Callback::from(move |event: InputEvent| {
        event.target_dyn_into().into_iter().for_each(|it: HtmlInputElement| changed(it.value()));
    });
    let (kind, hint) = match shape.kind {
        ShapeKind::Integer => ("number", None),
        ShapeKind::Timestamp => ("text", Some("2031-01-01T00:00:00Z")),
        _ => ("text", None),
    };
    let bound =
        |bound: Option<i64>| (shape.kind == ShapeKind::Integer).then_some(bound).flatten().map(|it| it.to_string());
    html! {
        <input {id} type={kind} {value} {oninput} placeholder={hint} aria-invalid={invalid} autocomplete="off"
            min={bound(shape.min)} max={bound(shape.max)} />
    }
}

fn list(field: &Field<'_>, shape: &'static Shape) -> Html {
    let elements: Rc<Vec<Value>> = Rc::new(field.value.and_then(Value::as_array).cloned().unwrap_or_default());
    let Some(member) = shape.member.as_deref() else { return Html::default() };
    let put = |elements: Vec<Value>| (!elements.is_empty()).then_some(Value::Array(elements));
    if let Member::Plain(Shape { values: Some(values), .. }) = member {
        let check = |value: &'static String| {
            let checked = elements.iter().any(|element| element == value);
            let (elements, on) = (Rc::clone(&elements), field.put.clone());
            let onchange = Callback::from(move |_: Event| {
                let mut next = Vec::clone(&elements);
                next.retain(|element| element != value);
                if !checked {
                    next.push(Value::String(value.clone()));
                }
                on.emit(put(next));
            });
            html! { <label class="check"><input type="checkbox" {checked} {onchange} /><span>{ breakable(value) }</span></label> }
        };
        return group(field, &limits(shape), html! { <div class="checks">{ for values.iter().map(check) }</div> });
    }
    let blank = match member {
        Member::Reference { .. } => Value::Object(Map::new()),
        Member::Plain(_) => Value::String(String::new()),
    };
    let add = {
        let (elements, on) = (Rc::clone(&elements), field.put.clone());
        Callback::from(move |_: MouseEvent| on.emit(put(elements.iter().cloned().chain([blank.clone()]).collect())))
    };
    let draw = |(at, value): (usize, &Value)| {
        let (then, on) = (Rc::clone(&elements), field.put.clone());
        let change = Callback::from(move |value: Option<Value>| {
            let mut next = Vec::clone(&then);
            if let Some(slot) = next.get_mut(at) {
                *slot = value.unwrap_or_else(|| Value::String(String::new()));
            }
            on.emit(put(next));
        });
        let (then, on) = (Rc::clone(&elements), field.put.clone());
        let remove = Callback::from(move |_: MouseEvent| {
            let kept = then.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, value)| value.clone());
            on.emit(put(kept.collect()));
        });
        let number = at.saturating_add(1);
        let path = step(&field.path, &format!("{number}.member"));
        let name = format!("{} {number}", field.name);
        let content = match member {
            Member::Reference { structure } => structure_of(field.around, &path, structure, value, change),
            Member::Plain(_) => {
                let element =
                    Field { around: field.around, path, name: &name, required: false, value: Some(value), put: change };
                draw_member(&element, member)
            }
        };
        html! {
            <div key={at} class="element">
                <div>{ content }</div>
                <button type="button" class="icon" onclick={remove} aria-label={tr!("Remove {name}", name)}>{ "✕" }</button>
            </div>
        }
    };
    group(
        field,
        &limits(shape),
        html! {
            <>
                { for elements.iter().enumerate().map(draw) }
                <button type="button" class="btn small" onclick={add} aria-label={tr!("Add to {field}", field = field.name)}>{ tr!("+ Add") }</button>
            </>
        },
    )
}

fn nested(field: &Field<'_>, structure: &'static str) -> Html {
    let (put, given) = (field.put.clone(), field.value.is_some());
    let toggle = Callback::from(move |_: MouseEvent| put.emit((!given).then(|| Value::Object(Map::new()))));
    let content = field.value.map(|value| structure_of(field.around, &field.path, structure, value, field.put.clone()));
    group(
        field,
        "",
        html! {
            <>
                { content }
                <button type="button" class="btn small" onclick={toggle} aria-label={if given { tr!("Remove {field}", field = field.name) } else { tr!("Add {field}", field = field.name) }}>
                    { if given { tr!("Remove") } else { tr!("+ Add") } }
                </button>
            </>
        },
    )
}

fn structure_of(around: &Surroundings, path: &str, structure: &str, value: &Value, put: Put) -> Html {
    let Some(structure) = model::structure(structure) else { return Html::default() };
    let values = value.as_object().cloned().unwrap_or_default();
    let put = Callback::from(move |values| put.emit(Some(Value::Object(values))));
    html! { <div class="nested">{ members(around, path, structure, &values, &put) }</div> }
}

/// For example `1 to 256 characters, fits ^alias/…$`.
fn limits(shape: &Shape) -> String {
    let unit = match shape.kind {
        ShapeKind::String if shape.values.is_none() => tr!(" characters"),
        ShapeKind::Blob => tr!(" bytes"),
        ShapeKind::List | ShapeKind::Map => tr!(" entries"),
        ShapeKind::Integer => "",
        ShapeKind::String | ShapeKind::Boolean | ShapeKind::Timestamp => return String::new(),
    };
    let number = |bound: i64| grouped(u64::try_from(bound).unwrap_or_default());
    let mut text = match (shape.min.filter(|min| *min > 0 || shape.kind == ShapeKind::Integer), shape.max) {
        (Some(min), Some(max)) if min == max => format!("{}{unit}", number(min)),
        (Some(min), Some(max)) => tr!("{min} to {max}{unit}", min = number(min), max = number(max), unit),
        (None, Some(max)) => tr!("at most {max}{unit}", max = number(max), unit),
        (Some(min), None) => tr!("at least {min}{unit}", min = number(min), unit),
        (None, None) => String::new(),
    };
    if let Some(pattern) = &shape.pattern {
        text.push_str(if text.is_empty() { tr!("fits ") } else { tr!(", fits ") });
        text.push_str(pattern);
    }
    text
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn iso(seconds: &Number) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds, to be shown")]
    let millis = seconds.as_f64().map(|seconds| (seconds * 1000.0) as i64);
    millis.map_or_else(|| seconds.to_string(), |millis| Timestamp::from_millis(millis).to_string())
}

/// Seconds since 1970, or the text as it is while it is not yet a time.
fn epoch(text: &str) -> Value {
    let moment: Option<Timestamp> = text.parse().ok();
    moment.map_or_else(|| Value::String(text.to_owned()), |moment| Value::from(moment.millis().div_euclid(1000)))
}

fn step(path: &str, next: &str) -> String {
    if path.is_empty() { next.to_owned() } else { format!("{path}.{next}") }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
