//! The picture: three lanes, and every object where it is at this step. Also as a table.

use yew::prelude::*;

use crate::{
    lang::{self, tr},
    story::{Arrow, Look, Object, Place, Presence, Scene, StepId, Story},
    ui::envelope::layout::{Layout, NARROW, Rect, WIDE, fit},
};

#[derive(PartialEq, Properties)]
pub(super) struct PictureProps {
    pub story: std::rc::Rc<Story>,
    /// Counted from 0.
    pub step: usize,
    /// The step whose doing is to be marked.
    pub marked: Option<StepId>,
    pub on_mark: Callback<Option<StepId>>,
    /// An object was chosen.
    pub on_object: Callback<Object>,
    pub revealed: bool,
}

/// Both arrangements; the style sheet shows the one that fits.
#[component]
pub(super) fn Picture(props: &PictureProps) -> Html {
    let Some(step) = props.story.steps.get(props.step) else { return Html::default() };
    html! {
        <div class="picture">
            <Lanes layout={&WIDE} scene={step.scene.clone()} step={props.step} marked={props.marked}
                on_mark={props.on_mark.clone()} on_object={props.on_object.clone()} />
            <Lanes layout={&NARROW} scene={step.scene.clone()} step={props.step} marked={props.marked}
                on_mark={props.on_mark.clone()} on_object={props.on_object.clone()} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct LanesProps {
    layout: &'static Layout,
    scene: Scene,
    step: usize,
    marked: Option<StepId>,
    on_mark: Callback<Option<StepId>>,
    on_object: Callback<Object>,
}

#[component]
fn Lanes(props: &LanesProps) -> Html {
    let (layout, scene) = (props.layout, &props.scene);
    let at = |Rect { x, y, w, h }: Rect| (x.to_string(), y.to_string(), w.to_string(), h.to_string());
    let lanes = layout.lanes.iter().enumerate().map(|(index, lane)| {
        let (x, y, w, h) = at(lane.rect);
        let (text_x, title_y) = (lane.text.0.to_string(), lane.text.1.to_string());
        let under_y = (lane.text.1 + 18).to_string();
        html! {
            <>
                <rect class={if index == 0 { "lane boundary" } else { "lane open" }} {x} {y} width={w} height={h} rx="12" />
                <text class="t13 strong" x={text_x.clone()} y={title_y}>{ lang::text(lane.title) }</text>
                <text class="t12 mut" x={text_x} y={under_y}>{ lang::text(lane.under) }</text>
            </>
        }
    });
    let arrows = scene.arrows.iter().map(|(arrow, now)| draw_arrow(layout, scene, *arrow, *now, props.step));
    let objects = scene.objects.iter().map(|object| {
        let on_mark = props.on_mark.clone();
        html! {
            <Thing key={format!("{:?}", object.place)} {layout} object={object.clone()} context={context_of(scene)}
                marked={props.marked == Some(object.made_in)} step={props.step} {on_mark} on_object={props.on_object.clone()} />
        }
    });
    let (note_x, note_y) = layout.footnote;
    html! {
        <svg class={layout.class} viewBox={format!("0 0 {} {}", layout.size.0, layout.size.1)} role="group"
            aria-label={tr!("Where each secret is at this step")}>
            { defs(layout) }
            { for lanes }
            if let Some((x, from, to)) = layout.divider {
                <line class="rule" x1={x.to_string()} x2={x.to_string()} y1={from.to_string()} y2={to.to_string()} />
            }
            { versions(layout, scene) }
            { for arrows }
            if !scene.nonce.is_empty() {
                <text class="t11 mut halo" x={layout.nonce.0.to_string()} y={layout.nonce.1.to_string()}>{ tr!("derive, nonce") }</text>
                <text class="t11 mut m halo" x={layout.nonce.0.to_string()} y={(layout.nonce.1 + 15).to_string()}>{ &scene.nonce }</text>
            }
            { for objects }
            { for scene.footnote.iter().enumerate().map(|(line, words)| html! {
                { within(238, "t12 mut", note_x, note_y + 19 * i32::try_from(line).unwrap_or(0), words) }
            }) }
        </svg>
    }
}

/// Hatching, arrow heads and padlocks. Ids are per arrangement, since both are in the page.
fn defs(layout: &Layout) -> Html {
    let id = |name: &str| format!("{name}-{}", layout.class);
    html! {
        <defs>
            <pattern id={id("hatch")} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-ground" width="6" height="6" />
                <line class="hatch-line" x1="0" y1="0" x2="0" y2="6" />
            </pattern>
            <marker id={id("now")} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
                <path class="head now" d="M0 0L8 4L0 8z" />
            </marker>
            <marker id={id("past")} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                <path class="head" d="M0 0L8 4L0 8z" />
            </marker>
            <symbol id={id("closed")} viewBox="0 0 14 16">
                <rect x="1.5" y="7" width="11" height="8" rx="2" fill="currentColor" />
                <path d="M4 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="currentColor" stroke-width="1.7" />
            </symbol>
            <symbol id={id("open")} viewBox="0 0 14 16">
                <rect x="1.5" y="7" width="11" height="8" rx="2" fill="currentColor" />
                <path d="M4 7V4.6a3 3 0 0 1 5.6-1.4" fill="none" stroke="currentColor" stroke-width="1.7" />
            </symbol>
        </defs>
    }
}

fn versions(layout: &Layout, scene: &Scene) -> Html {
    let name = if scene.key.is_empty() { tr!("key").to_owned() } else { fit(&scene.key, 20) };
    let more = match scene.more_versions {
        0 => String::new(),
        count => tr!(", {count} more", count),
    };
    let (label_x, label_y) = layout.key_label;
    let boxes = scene.versions.iter().enumerate().map(|(index, version)| {
        let rect = layout.version(index);
        let middle = (rect.x + rect.w / 2).to_string();
        let name_y = if version.role.is_empty() { rect.y + rect.h / 2 + 5 } else { rect.y + rect.h / 2 - 2 };
        let fill = version.chosen.then(|| format!("url(#hatch-{})", layout.class));
        html! {
            <g class={classes!("version", version.chosen.then_some("chosen"))}>
                <rect class="box" {fill} x={rect.x.to_string()} y={rect.y.to_string()} width={rect.w.to_string()} height={rect.h.to_string()} rx="7" />
                <text class="t13 centre" x={middle.clone()} y={name_y.to_string()}>{ &version.name }</text>
                if !version.role.is_empty() {
                    <text class="t11 role centre" x={middle} y={(rect.y + rect.h / 2 + 14).to_string()}>{ version.role }</text>
                }
            </g>
        }
    });
    html! {
        <>
            <text class="t12 mut" x={label_x.to_string()} y={label_y.to_string()}>{ tr!("{name} · key material{more}", name, more) }</text>
            { for boxes }
        </>
    }
}

fn draw_arrow(layout: &Layout, scene: &Scene, arrow: Arrow, now: bool, step: usize) -> Html {
    let drawn = layout.arrow(arrow);
    let head = format!("url(#{}-{})", if now { "now" } else { "past" }, layout.class);
    let chosen = scene.versions.iter().position(|version| version.chosen);
    let from_version = match (arrow, chosen) {
        (Arrow::Derive, Some(index)) => Some(layout.derivation(index)),
        _ => None,
    };
    html! {
        <g key={format!("{arrow:?}{}", if now { step } else { 0 })} class={classes!("arrow", now.then_some("now"), drawn.dashed.then_some("dashed"))}>
            if let Some(path) = from_version {
                <path d={path} marker-end={head.clone()} />
            } else {
                { for drawn.paths.iter().map(|(path, has_head)| html! {
                    <path d={*path} marker-end={has_head.then(|| head.clone())} />
                }) }
            }
            if let Some((words, x, y)) = drawn.label {
                <text class={classes!("t11", "mut", "centre", if drawn.outside { "halo-panel" } else { "halo" })} x={x.to_string()} y={y.to_string()}>{ lang::text(words) }</text>
            }
        </g>
    }
}

#[derive(PartialEq, Properties)]
struct ThingProps {
    layout: &'static Layout,
    object: Object,
    context: String,
    marked: bool,
    step: usize,
    on_mark: Callback<Option<StepId>>,
    on_object: Callback<Object>,
}

#[component]
fn Thing(props: &ThingProps) -> Html {
    let (layout, object) = (props.layout, &props.object);
    let rect = layout.rect(object.place);
    let look = match object.look {
        Look::Plain => "plain",
        Look::Secret => "secret",
        Look::Wrapped => "wrapped",
        Look::Passed => "passed",
        Look::Refused => "refused",
    };
    let presence = match object.presence {
        Presence::Ghost => "ghost",
        Presence::Present => "there",
        Presence::Fresh => "fresh",
        Presence::Wiped => "wiped",
    };
    let is_there = matches!(object.presence, Presence::Present | Presence::Fresh);
    // What is written on it is its name; this is what only the picture shows.
    let description = format!("{}, {}", object.place.lane(), object.presence.phrase());
    let mark = |step: Option<StepId>| {
        let on_mark = props.on_mark.clone();
        move || on_mark.emit(step)
    };
    let (enter, leave) = (mark(Some(object.made_in)), mark(None));
    let (focus, blur) = (mark(Some(object.made_in)), mark(None));
    let choose = {
        let (on_object, object) = (props.on_object.clone(), object.clone());
        move || on_object.emit(object.clone())
    };
    let onclick = {
        let choose = choose.clone();
        Callback::from(move |_: MouseEvent| choose())
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            choose();
        }
    });
    let can_be_shown = object.bytes.is_some() && object.presence != Presence::Ghost;
    let fill = (object.look == Look::Secret && is_there).then(|| format!("url(#hatch-{})", layout.class));
    let body = draw_body(props, rect, is_there);
    // A key of its own in each step in which it is fresh makes the browser show the arrival once.
    let key = if object.presence == Presence::Fresh { format!("fresh{}", props.step) } else { presence.to_owned() };
    html! {
        <g {key} class={classes!("thing", look, presence, props.marked.then_some("marked"), can_be_shown.then_some("button"))}
            role={can_be_shown.then_some("button")} tabindex={can_be_shown.then_some("0")} aria-description={can_be_shown.then_some(description)}
            onclick={can_be_shown.then_some(onclick)} onkeydown={can_be_shown.then_some(onkeydown)}
            onmouseenter={Callback::from(move |_: MouseEvent| enter())} onmouseleave={Callback::from(move |_: MouseEvent| leave())}
            onfocus={Callback::from(move |_: FocusEvent| focus())} onblur={Callback::from(move |_: FocusEvent| blur())}>
            <rect class="box" {fill} x={rect.x.to_string()} y={rect.y.to_string()} width={rect.w.to_string()} height={rect.h.to_string()}
                rx={if matches!(object.place, Place::Request | Place::Permission | Place::KeyState) { "13" } else { "8" }} />
            { body }
        </g>
    }
}

fn draw_body(props: &ThingProps, rect: Rect, is_there: bool) -> Html {
    let (layout, object) = (props.layout, &props.object);
    let padlock = match object.look {
        Look::Secret if is_there => Some("open"),
        Look::Wrapped if is_there => Some("closed"),
        Look::Secret | Look::Wrapped | Look::Plain | Look::Passed | Look::Refused => None,
    };
    let text = |class: &'static str, x: i32, y: i32, words: String| html! { <>{ within(rect.w - 8, class, x, y, &words) }{ " " }</> };
    let lock = |x: i32, y: i32| {
        padlock.map(|name| html! { <use class="lock" href={format!("#{name}-{}", layout.class)} x={x.to_string()} y={y.to_string()} width="13" height="15" /> })
    };
    let middle = rect.x + rect.w / 2;
    let centre_y = rect.y + rect.h / 2 + 5;
    match object.place {
        Place::Request => text("t12 m centre", middle, centre_y, object.title.clone()),
        Place::Permission | Place::KeyState => {
            let sign = match (object.presence, object.look) {
                (Presence::Ghost, _) => "",
                (_, Look::Refused) => "✕ ",
                (_, Look::Passed | Look::Plain | Look::Secret | Look::Wrapped) => "✓ ",
            };
            let words = if object.presence == Presence::Ghost {
                if object.place == Place::Permission { tr!("allowed?").to_owned() } else { tr!("usable?").to_owned() }
            } else {
                format!("{sign}{}", object.title)
            };
            text("t12 centre strong", middle, centre_y, words)
        }
        Place::KmsCallKey | Place::KmsPlain => html! {
            <>
                if !object.detail.is_empty() && is_there {
                    <text class="t11 mut right halo" x={(rect.x + rect.w).to_string()} y={(rect.y - 8).to_string()}>{ &object.detail }</text>
                    { " " }
                }
                { text("t12 centre strong", middle, centre_y, object.title.clone()) }
            </>
        },
        Place::KmsSealed => html! {
            <>
                { lock(rect.x + 22, rect.y + rect.h / 2 - 8) }
                { within(rect.w - 52, "t13 strong tinted", rect.x + 45, centre_y, &object.title) }
            </>
        },
        Place::Stored => draw_envelope(props, rect, is_there),
        Place::KmsContext | Place::AppPlain | Place::AppKey | Place::AppWrapped | Place::AppSealed => {
            let indent = if padlock.is_some() { 38 } else { 16 };
            let room = usize::try_from((rect.w - 26) * 10 / 73).unwrap_or(8);
            let detail = match (object.place, object.presence) {
                (Place::AppKey, Presence::Wiped) => tr!("00 00 00 00 … wiped").to_owned(),
                (Place::AppKey, Presence::Present | Presence::Fresh) => tr!("••••••  look").to_owned(),
                (Place::AppWrapped | Place::AppSealed, Presence::Ghost) => String::new(),
                _ => fit(&object.detail, room),
            };
            let mono = matches!(object.place, Place::KmsContext | Place::AppKey | Place::AppWrapped);
            html! {
                <>
                    { lock(rect.x + 16, rect.y + rect.h / 2 - 19) }
                    { text("t13 strong", rect.x + indent, rect.y + rect.h / 2 - 6, fit(&object.title, room - usize::from(padlock.is_some()) * 3)) }
                    { text(if mono { "t12 m tinted" } else { "t12 mut" }, rect.x + 16, rect.y + rect.h / 2 + 16, detail) }
                </>
            }
        }
    }
}

/// The envelope with what is in it.
fn draw_envelope(props: &ThingProps, rect: Rect, is_there: bool) -> Html {
    let object = &props.object;
    let line = |at: i32, class: &'static str, words: String| {
        html! { <>{ within(rect.w - 22, class, rect.x + 16, rect.y + at, &words) }{ " " }</> }
    };
    if !is_there {
        let rows = [tr!("wrapped data key"), tr!("encrypted file"), tr!("encryption context")];
        return html! {
            <>
                { line(30, "t12 mut", tr!("the envelope will hold").to_owned()) }
                { for rows.iter().zip([60, 82, 104]).map(|(row, at)| line(at, "t12 mut", (*row).to_owned())) }
                { line(140, "t12 mut", tr!("never the plain key").to_owned()) }
            </>
        };
    }
    let room = usize::try_from((rect.w - 28) * 10 / 73).unwrap_or(18);
    let lock = |at: i32| {
        html! { <use class="lock" href={format!("#closed-{}", props.layout.class)} x={(rect.x + 16).to_string()} y={(rect.y + at - 12).to_string()} width="12" height="14" /> }
    };
    let indented = |at: i32, words: &str| {
        html! { <>{ within(rect.w - 42, "t12", rect.x + 36, rect.y + at, words) }{ " " }</> }
    };
    html! {
        <>
            { line(28, "t13 strong", fit(&object.title, room)) }
            { line(48, "t12 mut", object.detail.clone()) }
            { lock(80) }{ indented(80, tr!("wrapped data key")) }
            { lock(104) }{ indented(104, tr!("encrypted file")) }
            { line(130, "t12 m", fit(&props.context, room)) }
            { line(rect.h - 16, "t12 mut", tr!("no plain key in it").to_owned()) }
        </>
    }
}

/// Words in the picture, closer together where a language needs more room than there is. A letter takes about 7 units.
fn within(room: i32, class: &'static str, x: i32, y: i32, words: &str) -> Html {
    let needs = i32::try_from(words.chars().count()).unwrap_or(i32::MAX).saturating_mul(7);
    let (length, adjust) = if needs > room { (Some(room.to_string()), Some("spacingAndGlyphs")) } else { (None, None) };
    html! { <text {class} x={x.to_string()} y={y.to_string()} textLength={length} lengthAdjust={adjust}>{ words }</text> }
}

fn context_of(scene: &Scene) -> String {
    scene.object(Place::KmsContext).map_or_else(|| tr!("encryption context").to_owned(), |object| object.detail.clone())
}

#[derive(PartialEq, Properties)]
pub(super) struct TableProps {
    pub scene: Scene,
}

/// The picture in words.
#[component]
pub(super) fn SceneTable(props: &TableProps) -> Html {
    html! {
        <div class="scene-table">
            <table>
                <caption>{ tr!("Where each thing is at this step") }</caption>
                <thead><tr><th scope="col">{ tr!("Where") }</th><th scope="col">{ tr!("What") }</th><th scope="col">{ tr!("Kind") }</th><th scope="col">{ tr!("State") }</th></tr></thead>
                <tbody>
                    { for props.scene.versions.iter().map(|version| html! {
                        <tr><td>{ tr!("KMS") }</td><th scope="row">{ tr!("key material {version} {role}", version = version.name, role = version.role) }</th><td>{ tr!("secret") }</td>
                            <td>{ if version.chosen { tr!("in use") } else { tr!("there") } }</td></tr>
                    }) }
                    { for props.scene.objects.iter().map(|object| html! {
                        <tr><td>{ object.place.lane() }</td>
                            <th scope="row">{ format!("{} {}", object.title, object.detail) }</th>
                            <td>{ match object.look { Look::Plain => tr!("plain"), Look::Secret => tr!("secret"), Look::Wrapped => tr!("wrapped"), Look::Passed | Look::Refused => tr!("check") } }</td>
                            <td>{ object.presence.phrase() }</td></tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}
