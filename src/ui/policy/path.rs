//! The checks in AWS's order, as a path that ends at the verdict. Each opens to what it looked at.

use std::borrow::Cow;

use yew::prelude::*;

use crate::{
    authz::decision::{
        Check, CheckReport, CheckResult, ConditionReport, Decision, ElementReport, GrantReport, SourceSpan,
        StatementReport, Verdict,
    },
    endpoint::render,
    lang::{self, tr, trn},
    ui::{
        outcome,
        policy::{
            Looking,
            desk::{DeskAction, DeskHandle},
            documents, told,
        },
    },
};

/// What a check is called.
pub(super) struct CheckName {
    pub title: &'static str,
    /// Whose word it is.
    pub half: &'static str,
    /// One word.
    pub short: &'static str,
}

pub(super) fn name(check: Check) -> CheckName {
    let (title, half, short) = match check {
        Check::ExplicitDeny => (tr!("Explicit deny anywhere"), "", tr!("deny?")),
        Check::ResourceControl => (tr!("Resource control policies"), "", "RCP"),
        Check::ServiceControl => (tr!("Service control policies"), "", "SCP"),
        Check::Endpoint => (tr!("VPC endpoint policy"), "", tr!("endpoint")),
        Check::CrossAccount => (tr!("Account border"), "", tr!("border")),
        Check::KeyPolicy => (tr!("Key policy"), tr!("the key’s half"), tr!("key")),
        Check::Grants => (tr!("Grants"), tr!("the key’s half"), tr!("grants")),
        Check::IdentityPolicies => (tr!("Identity policies"), tr!("the caller’s half"), tr!("identity")),
        Check::Boundary => (tr!("Permissions boundary"), "", tr!("boundary")),
        Check::SessionPolicy => (tr!("Session policy"), "", tr!("session")),
    };
    CheckName { title, half, short }
}

/// The place of the check that settled it.
pub(super) fn deciding(decision: &Decision) -> usize {
    let denied = decision.verdict != Verdict::Allowed;
    let stops = |report: &&CheckReport| matches!(report.result, CheckResult::ImplicitDeny | CheckResult::ExplicitDeny);
    let mut of_check = decision.checks.iter().enumerate().filter(|(_, report)| report.check == decision.decided_by);
    // One of several levels of an organization: the one that stopped it.
    let first = of_check.clone().next();
    let found = of_check.find(|(_, report)| denied && stops(report)).or(first);
    found.map_or(0, |(at, _)| at)
}

pub(super) fn path(looking: &Looking<'_>) -> Html {
    let Some(decision) = looking.decision else { return undecided(looking) };
    let (class, _, words) = told(decision.verdict);
    let at_end = looking.at >= decision.checks.len();
    html! {
        <ol class="path" aria-label={tr!("Checks, in AWS's order")} ref={looking.path.clone()}>
            { for decision.checks.iter().enumerate().map(|(at, report)| check(looking, decision, at, report)) }
            { for decision.lags.iter().map(|lag| html! { <li><span class="dot" aria-hidden="true"></span><p class="hint">{ render::lag(lag) }</p></li> }) }
            <li class={classes!("end", class, at_end.then_some("now"))}><span class="dot" aria-hidden="true"></span><span>{ tr!("Verdict") }</span><span class={classes!("tag", class)}>{ words }</span></li>
        </ol>
    }
}

/// Why there is no decision.
fn undecided(looking: &Looking<'_>) -> Html {
    let fault = looking.outcome.fault.as_ref();
    let said = fault.map(|fault| format!("{}. {}", fault.kind, fault.message.as_deref().unwrap_or_default()));
    html! {
        <div class="path">
            <p class="empty">{ tr!("No permission was decided: the request was refused before, or needs none.") }</p>
            { for said.map(|said| html! { <p class="problem">{ said }</p> }) }
        </div>
    }
}

fn check(looking: &Looking<'_>, decision: &Decision, at: usize, report: &CheckReport) -> Html {
    let decided = at == deciding(decision);
    let after = at > looking.at.max(deciding(decision)) || (at > looking.at && looking.desk.at.is_some());
    let CheckName { title, half, .. } = name(report.check);
    let (class, tag) = match (report.result, report.check) {
        (CheckResult::Allow, _) => ("allow", tr!("allow")),
        (CheckResult::NoImpact, Check::ExplicitDeny) => ("none", tr!("none")),
        (CheckResult::NoImpact, _) => ("none", tr!("no impact")),
        (CheckResult::ImplicitDeny, _) => ("implicit", tr!("implicit deny")),
        (CheckResult::ExplicitDeny, _) => ("deny", tr!("explicit deny")),
    };
    let onclick = super::doing(looking.desk, move || DeskAction::At(at));
    let denied = decision.verdict != Verdict::Allowed;
    let open = decided || at == looking.at || report.result != CheckResult::NoImpact;
    html! {
        <li class={classes!("check", class, decided.then_some("decides"), denied.then_some("denied"), after.then_some("after"), (at == looking.at).then_some("now"))}>
            <span class="dot" aria-hidden="true"></span>
            <button class="title" {onclick} aria-current={(at == looking.at).then_some("step")}>
                <b>{ title }</b>
                if let Some(level) = &report.level { <small>{ tr!(" of {level}", level) }</small> }
                if !half.is_empty() { <small>{ format!(" {half}") }</small> }
                if decided { <span class="visually-hidden">{ tr!(", this check decided") }</span> }
            </button>
            <span class={classes!("tag", class)}>{ tag }</span>
            if open { { looked_at(looking, at, report) } }
        </li>
    }
}

/// What a check looked at: what matched and what nearly did in full, the rest in short.
fn looked_at(looking: &Looking<'_>, at: usize, report: &CheckReport) -> Html {
    let wanting = report.result == CheckResult::ImplicitDeny;
    let near = |statement: &&StatementReport| says_something(statement, wanting);
    let full = at == looking.at || looking.decision.is_some_and(|decision| at == deciding(decision));
    let numbered: Vec<(usize, &StatementReport)> = report.statements.iter().enumerate().collect();
    let (shown, others): (Vec<_>, Vec<_>) = numbered.into_iter().partition(|(_, it)| near(it));
    let missed = |grant: &&GrantReport| grant.findings.iter().filter(|found| !found.matched).count();
    let grants_near = |grant: &&GrantReport| missed(grant) <= usize::from(wanting);
    let (grants, far): (Vec<_>, Vec<_>) = report.grants.iter().partition(grants_near);
    let more = usize::try_from(report.more_grants).unwrap_or(0).saturating_add(far.len());
    if shown.is_empty() && others.is_empty() && grants.is_empty() && more == 0 {
        return nothing_to_look_at(report.check);
    }
    html! {
        <div class="statements">
            { for shown.into_iter().map(|(nth, it)| statement(looking, (at, nth), it, full)) }
            { for grants.into_iter().map(grant) }
            if more > 0 { <p class="hint">{ tr!("and {more} grants to others or for other things", more) }</p> }
            if !others.is_empty() {
                <details>
                    <summary>{ summary(&others) }</summary>
                    { for others.into_iter().map(|(nth, it)| statement(looking, (at, nth), it, false)) }
                </details>
            }
        </div>
    }
}

/// Whether a statement has a part in the answer: it matched; or, where an Allow was wanting, it nearly did.
pub(super) fn says_something(it: &StatementReport, wanting: bool) -> bool {
    misses(it).len() <= usize::from(wanting)
}

fn nothing_to_look_at(check: Check) -> Html {
    let words = match check {
        Check::IdentityPolicies => tr!("The caller has no policies of its own."),
        Check::Grants => tr!("The key has no grants."),
        Check::KeyPolicy => tr!("No statement allows anything."),
        Check::ExplicitDeny
        | Check::CrossAccount
        | Check::ResourceControl
        | Check::ServiceControl
        | Check::Endpoint
        | Check::Boundary
        | Check::SessionPolicy => return Html::default(),
    };
    html! { <div class="statements"><p class="hint">{ words }</p></div> }
}

/// For example `3 other statements: action differs`.
fn summary(others: &[(usize, &StatementReport)]) -> String {
    let mut parts: Vec<_> = others.iter().flat_map(|(_, it)| misses(it)).collect();
    parts.sort_unstable();
    parts.dedup();
    let differ = trn!(count = parts.len(), "{parts} differs", "{parts} differ", parts = parts.join(", "));
    trn!(count = others.len(), "1 other statement: {differ}", "{count} other statements: {differ}", differ)
}

/// A part of a statement.
pub(super) struct Part<'a> {
    pub name: Cow<'static, str>,
    pub matched: bool,
    pub span: Option<SourceSpan>,
    condition: Option<&'a ConditionReport>,
}

/// The parts of a statement, in reading order.
pub(super) fn parts(it: &StatementReport) -> Vec<Part<'_>> {
    let element = |name: [&'static str; 2], report: &ElementReport| Part {
        name: if report.negated { name[1] } else { name[0] }.into(),
        matched: report.matched,
        span: report.span,
        condition: None,
    };
    let mut parts: Vec<Part<'_>> =
        it.principal.iter().map(|it| element([tr!("principal"), tr!("not principal")], it)).collect();
    parts.push(element([tr!("action"), tr!("not action")], &it.action));
    parts.push(element([tr!("resource"), tr!("not resource")], &it.resource));
    for report in &it.conditions {
        let name = report.key.to_string().into();
        parts.push(Part { name, matched: report.matched, span: Some(report.span), condition: Some(report) });
    }
    parts
}

fn misses(it: &StatementReport) -> Vec<Cow<'static, str>> {
    parts(it).into_iter().filter(|part| !part.matched).map(|part| part.name).collect()
}

fn statement(looking: &Looking<'_>, place: (usize, usize), it: &StatementReport, full: bool) -> Html {
    let number = it.index.saturating_add(1);
    let name = it.sid.as_deref().map_or_else(|| tr!("Statement {number}", number), str::to_owned);
    let effect = if it.allows { tr!("allows") } else { tr!("denies") };
    let words = match (it.matched, it.delegates, misses(it).len()) {
        (true, true, _) => tr!("matches by account: its own policies count").to_owned(),
        (true, false, _) => effect.to_owned(),
        (false, _, 1) => tr!("almost {effect}", effect),
        (false, ..) => tr!("does not match").to_owned(),
    };
    let document = documents::place_of(&it.source, looking);
    let text = document.as_ref().map(|document| documents::evaluated(looking, document)).unwrap_or_default();
    let open = {
        let (desk, document) = (looking.desk.clone(), document.clone());
        Callback::from(move |_: MouseEvent| {
            document.iter().for_each(|document| desk.dispatch(DeskAction::Open(document.clone())));
        })
    };
    let is_open = document == Some(documents::open(looking));
    let light = |span: Option<SourceSpan>| light(looking.desk, span.filter(|_| is_open));
    let (over, out) = light(Some(it.span));
    html! {
        <div class={classes!("statement", it.matched.then_some("hot"), (looking.desk.pointed == Some(place)).then_some("pointed"))}
            onmouseenter={over.reform(|_: MouseEvent| ())} onmouseleave={out.reform(|_: MouseEvent| ())}>
            <button class="name" onclick={open} onfocus={over.reform(|_: FocusEvent| ())} onblur={out.reform(|_: FocusEvent| ())}>
                <b translate="no">{ name }</b>{ tr!(" of {source} {words}", source = outcome::named(&it.source), words) }
            </button>
            if full {
                <ul class="parts">
                    { for parts(it).into_iter().map(|part| {
                        let (over, out) = light(part.span.or(Some(it.span)));
                        let (class, sign, said) = if part.matched { ("y", "✓", tr!("fits")) } else { ("n", "✕", tr!("does not fit")) };
                        let words = part.condition.map_or_else(|| wording(&text, &part, it.span), compared);
                        html! {
                            <li tabindex="0" {class} onmouseenter={over.reform(|_: MouseEvent| ())} onmouseleave={out.reform(|_: MouseEvent| ())}
                                onfocus={over.reform(|_: FocusEvent| ())} onblur={out.reform(|_: FocusEvent| ())}>
                                <span aria-hidden="true">{ sign }</span><span>{ part.name }<span class="visually-hidden">{ format!(" {said}: ") }</span></span>
                                <b>{ words }</b>
                            </li>
                        }
                    }) }
                </ul>
            }
        </div>
    }
}

/// What a condition wants and what the request has.
fn compared(report: &ConditionReport) -> String {
    let got = match &report.got {
        None => tr!("the request has none").to_owned(),
        Some(got) => tr!("got {values}", values = got.values().join(", ")),
    };
    format!("{} {}: {got}", report.operator, report.want.join(", "))
}

/// Callbacks that light a stretch up and put it out.
fn light(desk: &DeskHandle, span: Option<SourceSpan>) -> (Callback<()>, Callback<()>) {
    let turn = |span: Option<SourceSpan>| {
        let desk = desk.clone();
        Callback::from(move |()| {
            if desk.lit != span {
                desk.dispatch(DeskAction::Light(span));
            }
        })
    };
    (turn(span), turn(None))
}

/// The words of the policy that decided, in short and without JSON's signs.
fn wording(text: &str, part: &Part<'_>, whole: SourceSpan) -> String {
    let Some(span) = part.span.filter(|span| *span != whole) else { return tr!("is not there").to_owned() };
    let at = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let words = text.get(at(span.start)..at(span.end)).unwrap_or_default();
    let bare: String = words.chars().filter(|sign| !matches!(sign, '"' | '[' | ']' | '{' | '}')).collect();
    let bare = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    let none = if !part.matched && words.starts_with('[') { tr!("none of ") } else { "" };
    match bare.char_indices().nth(MOST) {
        Some((end, _)) => format!("{none}{}…", bare.get(..end).unwrap_or_default()),
        None => format!("{none}{bare}"),
    }
}

/// So many characters of a policy's text are repeated.
const MOST: usize = 90;

fn grant(report: &GrantReport) -> Html {
    let name = report.name.as_deref().or(report.grant.get(..8)).unwrap_or_default();
    let words = if report.matched { tr!("gives it") } else { tr!("almost gives it") };
    html! {
        <div class={classes!("statement", report.matched.then_some("hot"))}>
            <p class="name"><b>{ tr!("Grant {name}", name) }</b>{ format!(" {words}") }</p>
            <ul class="parts">
                { for report.findings.iter().map(|found| {
                    let (class, sign) = if found.matched { ("y", "✓") } else { ("n", "✕") };
                    let got = if found.matched { found.want.clone() } else { tr!("{want}, got {got}", want = found.want, got = found.got) };
                    html! { <li {class}><span aria-hidden="true">{ sign }</span><span>{ lang::text(render::grant_part(found.part)) }</span><b>{ got }</b></li> }
                }) }
            </ul>
        </div>
    }
}
