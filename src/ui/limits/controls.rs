//! Who sends what, and what is done about it.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    arn::Region,
    kms::{KeySpec, rate::RequestQuota},
    lang::{figure, tr},
    load::{Lab, arrivals::Arrivals, lab::Flow},
    ui::limits::{
        remedies::{self, BUCKET_KEY, CACHE, CDN},
        words::duration,
    },
};

type Change = Callback<Lab>;

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const DURATIONS: [u32; 6] = [60, 120, 600, 900, 3_600, 86_400];
const SERVICES: [&str; 2] = ["s3:GetObject", "s3:PutObject"];

/// What can be sent, with what key.
const OPERATIONS: [(&str, Option<KeySpec>); 16] = [
    ("Decrypt", None),
    ("Encrypt", None),
    ("GenerateDataKey", None),
    ("ReEncrypt", None),
    ("GenerateRandom", None),
    ("GenerateMac", Some(KeySpec::Hmac256)),
    ("Sign", Some(KeySpec::Rsa3072)),
    ("Verify", Some(KeySpec::EccNistP256)),
    ("GenerateDataKeyPair", Some(KeySpec::Rsa3072)),
    ("CreateKey", None),
    ("CreateGrant", None),
    ("CreateAlias", None),
    ("DescribeKey", None),
    ("GetParametersForImport", None),
    ("ReplicateKey", None),
    ("UpdatePrimaryRegion", None),
];
/// The key store of whoever chooses one.
const STORE: &str = "cks-0123456789abcdef0";

/// How requests arrive, from whom, and how clients are.
pub(super) fn traffic(lab: &Lab, change: &Change) -> Html {
    let region = |lab: &mut Lab, text: &str| {
        lab.region = text.parse().unwrap_or(lab.region);
        let here = lab.region;
        lab.mix.iter_mut().for_each(|flow| refit(flow, here));
    };
    let rules = |lab: &mut Lab, text: &str| lab.rules = text.parse().unwrap_or(lab.rules);
    let of_region = |region: &Region| {
        let rate = RequestQuota::SYMMETRIC.rate(lab.rules, *region);
        (region.to_string(), format!("{region}: {}", figure(&rate.to_string())))
    };
    let figures = [("today", tr!("of today")), ("classic", tr!("of about 2019"))];
    let attempts = [
        (1, tr!("no")),
        (2, tr!("once")),
        (3, tr!("twice, as the SDKs do")),
        (5, tr!("four times")),
        (10, tr!("nine times")),
    ];
    let attempts = attempts.map(|(count, text)| (count.to_string(), text.to_owned()));
    let lasting = DURATIONS.map(|seconds| (seconds.to_string(), duration(seconds.into())));
    let lasting = [(String::new(), tr!("as the recording").to_owned())].into_iter().chain(lasting);
    let is_recorded = matches!(lab.arrivals, Arrivals::Recorded { .. });
    html! {
        <div class="controls">
            <div class="controls">
                { choice(lab, change, tr!("Figures"), figures.map(|(value, text)| (value.to_owned(), text.to_owned())), lab.rules.as_str(), rules) }
                { choice(lab, change, tr!("Region"), Region::ALL.iter().map(of_region), lab.region.as_str(), region) }
            </div>
            <fieldset>
                <legend>{ tr!("Arrivals") }</legend>
                { arrivals(lab, change) }
                { choice(lab, change, tr!("Lasting"), lasting.filter(|(value, _)| is_recorded || !value.is_empty()),
                    &lab.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(), |lab, text| lab.seconds = text.parse().ok()) }
            </fieldset>
            <fieldset>
                <legend>{ tr!("Requests") }</legend>
                { for (0..lab.mix.len()).map(|at| flow(lab, change, at)) }
                { add(lab, change) }
            </fieldset>
            { choice(lab, change, tr!("Clients try again"), attempts, &lab.attempts.to_string(), |lab, text| lab.attempts = text.parse().unwrap_or(lab.attempts)) }
        </div>
    }
}

fn arrivals(lab: &Lab, change: &Change) -> Html {
    let kinds = [
        ("constant", tr!("the same every second")),
        ("ramp", tr!("more and more")),
        ("daily", tr!("as the day goes")),
        ("burst", tr!("in bursts")),
        ("recorded", tr!("as recorded")),
    ];
    let (kind, fields) = match &lab.arrivals {
        Arrivals::Constant { per_second } => (
            "constant",
            number(lab, change, tr!("a second"), *per_second, |lab, value| {
                lab.arrivals = Arrivals::Constant { per_second: value };
            }),
        ),
        Arrivals::Ramp { from, to } => (
            "ramp",
            html! {
                <div class="pair-of">
                    { number(lab, change, tr!("from, a second"), *from, |lab, value| if let Arrivals::Ramp { from, .. } = &mut lab.arrivals { *from = value; }) }
                    { number(lab, change, tr!("to"), *to, |lab, value| if let Arrivals::Ramp { to, .. } = &mut lab.arrivals { *to = value; }) }
                </div>
            },
        ),
        Arrivals::Daily { low, high } => (
            "daily",
            html! {
                <div class="pair-of">
                    { number(lab, change, tr!("at night, a second"), *low, |lab, value| if let Arrivals::Daily { low, .. } = &mut lab.arrivals { *low = value; }) }
                    { number(lab, change, tr!("in the evening"), *high, |lab, value| if let Arrivals::Daily { high, .. } = &mut lab.arrivals { *high = value; }) }
                </div>
            },
        ),
        Arrivals::Burst { usual, peak, every_seconds, lasting_seconds } => (
            "burst",
            html! {
                <div class="pair-of">
                    { number(lab, change, tr!("usually, a second"), *usual, |lab, value| if let Arrivals::Burst { usual, .. } = &mut lab.arrivals { *usual = value; }) }
                    { number(lab, change, tr!("in a burst"), *peak, |lab, value| if let Arrivals::Burst { peak, .. } = &mut lab.arrivals { *peak = value; }) }
                    { number(lab, change, tr!("every so many seconds"), *every_seconds, |lab, value| if let Arrivals::Burst { every_seconds, .. } = &mut lab.arrivals { *every_seconds = value; }) }
                    { number(lab, change, tr!("lasting seconds"), *lasting_seconds, |lab, value| if let Arrivals::Burst { lasting_seconds, .. } = &mut lab.arrivals { *lasting_seconds = value; }) }
                </div>
            },
        ),
        Arrivals::Recorded { csv } => {
            let (current, change) = (lab.clone(), change.clone());
            let oninput = Callback::from(move |event: InputEvent| {
                let area: Option<HtmlTextAreaElement> = event.target_dyn_into();
                let csv = area.map(|area| area.value()).unwrap_or_default();
                change.emit(Lab { arrivals: Arrivals::Recorded { csv }, ..current.clone() });
            });
            (
                "recorded",
                html! {
                    <label class="field">{ tr!("Lines of requests, or of second,requests") }
                        <textarea class="mono" rows="5" spellcheck="false" value={csv.clone()} {oninput} />
                    </label>
                },
            )
        }
    };
    let kinds = kinds.map(|(value, text)| (value.to_owned(), text.to_owned()));
    html! { <>{ choice(lab, change, tr!("Pattern"), kinds, kind, set_kind) }{ fields }</> }
}

/// Another pattern, about as strong as the present one.
fn set_kind(lab: &mut Lab, kind: &str) {
    let strength = match lab.arrivals {
        Arrivals::Constant { per_second } => per_second,
        Arrivals::Ramp { to, .. } => to,
        Arrivals::Daily { high, .. } => high,
        Arrivals::Burst { peak, .. } => peak,
        Arrivals::Recorded { .. } => 10_050,
    };
    lab.arrivals = match kind {
        "ramp" => Arrivals::Ramp { from: 0, to: strength },
        "daily" => Arrivals::Daily { low: strength / 10, high: strength },
        "burst" => Arrivals::Burst { usual: strength / 5, peak: strength, every_seconds: 60, lasting_seconds: 10 },
        "recorded" => {
            Arrivals::Recorded { csv: "second,requests\n0,2000\n1,8000\n2,12000\n3,12000\n4,4000\n".to_owned() }
        }
        _ => Arrivals::Constant { per_second: strength },
    };
    lab.seconds = match kind {
        "recorded" => None,
        "daily" => Some(86_400),
        _ => lab.seconds.or(Some(3_600)),
    };
}

/// Leaves away what the operation does not have, and names another Region where it has one.
fn refit(flow: &mut Flow, here: Region) {
    let named = flow.to_region.filter(|to| *to != here);
    let other = named.or_else(|| Region::ALL.iter().copied().find(|region| *region != here));
    flow.to_region = other.filter(|_| flow.is_of_two_regions());
    flow.key_store = flow.key_store.filter(|_| flow.fits_key_stores());
}

/// Requests of one kind.
fn flow(lab: &Lab, change: &Change, at: usize) -> Html {
    let Some(flow) = lab.mix.get(at) else { return Html::default() };
    let emit = move |lab: &Lab, change: &Change, apply: fn(&mut Flow, &str)| {
        let here = lab.region;
        let (lab, change) = (lab.clone(), change.clone());
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let mut next = lab.clone();
            if let Some(flow) = next.mix.get_mut(at) {
                apply(flow, &select.value());
                refit(flow, here);
            }
            change.emit(next);
        })
    };
    let on_operation = emit(lab, change, |flow, text| {
        text.clone_into(&mut flow.operation);
        flow.key_spec = OPERATIONS.iter().find(|(name, _)| *name == text).and_then(|(_, spec)| *spec);
    });
    let on_region = emit(lab, change, |flow, text| flow.to_region = text.parse().ok());
    let on_store = emit(lab, change, |flow, text| flow.key_store = text.parse().ok());
    let on_account = emit(lab, change, |flow, text| flow.account = text.parse().unwrap_or(flow.account));
    let weight = {
        let (lab, change) = (lab.clone(), change.clone());
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            if let Some(weight) = input.and_then(|input| input.value().trim().parse().ok()) {
                let mut next = lab.clone();
                next.mix.get_mut(at).iter_mut().for_each(|flow| flow.weight = weight);
                change.emit(next);
            }
        })
    };
    let remove = {
        let (lab, change) = (lab.clone(), change.clone());
        Callback::from(move |_: MouseEvent| {
            let mut next = lab.clone();
            next.mix.remove(at);
            change.emit(next);
        })
    };
    let nth = at + 1;
    let account = flow.account.to_string();
    let operations = SERVICES.into_iter().chain(OPERATIONS.iter().map(|(name, _)| *name));
    html! {
        <div class="flow" role="group" aria-label={tr!("Requests {nth}", nth)}>
            <select onchange={on_operation} aria-label={tr!("Operation")}>
                { for operations.map(|name| html! { <option value={name} selected={name == flow.operation}>{ name }</option> }) }
            </select>
            <select onchange={on_account} aria-label={tr!("From account")}>
                { for ACCOUNTS.map(|id| html! { <option value={id} selected={id == account}>{ tr!("from {id}", id) }</option> }) }
            </select>
            if flow.fits_key_stores() {
                <select onchange={on_store} aria-label={tr!("Key store")}>
                    <option value="" selected={flow.key_store.is_none()}>{ tr!("in the KMS key store") }</option>
                    <option value={STORE} selected={flow.key_store.is_some()}>{ tr!("in a custom key store") }</option>
                </select>
            }
            if flow.is_of_two_regions() {
                <select onchange={on_region} aria-label={tr!("Other Region")}>
                    { for Region::ALL.iter().filter(|region| **region != lab.region).map(|region| html! {
                        <option value={region.to_string()} selected={flow.to_region == Some(*region)}>{ tr!("to {region}", region) }</option>
                    }) }
                </select>
            }
            if lab.mix.len() > 1 {
                <label>{ tr!("parts") }<input type="number" min="0" max="1000000" required=true value={flow.weight.to_string()} oninput={weight} /></label>
                <button class="btn small quiet" onclick={remove} aria-label={tr!("Take away requests {nth}", nth)}>{ "✕" }</button>
            }
            if let Some(spec) = flow.key_spec {
                <small>{ tr!("with {spec}", spec = spec.as_str()) }</small>
            }
        </div>
    }
}

fn add(lab: &Lab, change: &Change) -> Html {
    let (current, change) = (lab.clone(), change.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        let mut next = current.clone();
        if let Some(last) = current.mix.last() {
            let (operation, key_spec, to_region) = ("Encrypt".to_owned(), None, None);
            next.mix.push(Flow { operation, key_spec, to_region, ..last.clone() });
        }
        change.emit(next);
    });
    html! { <button class="btn small" {onclick} disabled={lab.mix.len() >= 6}>{ tr!("Add requests") }</button> }
}

/// What keeps requests from KMS, or lets more of them through.
pub(super) fn remedies(lab: &Lab, change: &Change) -> Html {
    let minutes = |seconds: u32| seconds / 60;
    html! {
        <fieldset class="remedies">
            <legend class="eyebrow">{ tr!("What can be done") }</legend>
            { switch(lab, change, tr!("Ask AWS for a higher quota"), lab.increase.is_some(), |lab, on| lab.increase = on.then(|| remedies::usual_increase(lab))) }
            if let Some(increase) = lab.increase {
                <div class="pair-of">
                    { number(lab, change, tr!("a second"), increase.per_second, |lab, value| lab.increase.iter_mut().for_each(|increase| increase.per_second = value)) }
                    { number(lab, change, tr!("after minutes"), minutes(increase.after_seconds), |lab, value| lab.increase.iter_mut().for_each(|increase| increase.after_seconds = value.saturating_mul(60))) }
                </div>
            }
            { switch(lab, change, tr!("S3 Bucket Keys"), lab.bucket_key.is_some(), |lab, on| lab.bucket_key = on.then_some(BUCKET_KEY)) }
            if let Some(key) = lab.bucket_key {
                { number(lab, change, tr!("saved, of 100 (AWS: up to 99)"), key.saved_percent, |lab, value| lab.bucket_key.iter_mut().for_each(|key| key.saved_percent = value)) }
            }
            { switch(lab, change, tr!("A CDN in front of S3"), lab.cdn.is_some(), |lab, on| lab.cdn = on.then_some(CDN)) }
            if let Some(cdn) = lab.cdn {
                { number(lab, change, tr!("views it has already, of 100"), cdn.hit_percent, |lab, value| lab.cdn.iter_mut().for_each(|cdn| cdn.hit_percent = value)) }
            }
            { switch(lab, change, tr!("A data key cache in the application"), lab.data_key_cache.is_some(), |lab, on| lab.data_key_cache = on.then_some(CACHE)) }
            if let Some(cache) = lab.data_key_cache {
                <div class="pair-of">
                    { number(lab, change, tr!("oldest, seconds"), cache.max_age_seconds, |lab, value| lab.data_key_cache.iter_mut().for_each(|cache| cache.max_age_seconds = value)) }
                    { number(lab, change, tr!("most messages"), cache.max_messages, |lab, value| lab.data_key_cache.iter_mut().for_each(|cache| cache.max_messages = value)) }
                    { number(lab, change, tr!("most MB"), u32::try_from(cache.max_bytes / 1_000_000).unwrap_or(u32::MAX), |lab, value| lab.data_key_cache.iter_mut().for_each(|cache| cache.max_bytes = u64::from(value) * 1_000_000)) }
                    { number(lab, change, tr!("bytes in a message"), u32::try_from(cache.message_bytes).unwrap_or(u32::MAX), |lab, value| lab.data_key_cache.iter_mut().for_each(|cache| cache.message_bytes = value.into())) }
                    { number(lab, change, "machines", cache.hosts, |lab, value| lab.data_key_cache.iter_mut().for_each(|cache| cache.hosts = value)) }
                </div>
            }
        </fieldset>
    }
}

fn choice(
    lab: &Lab,
    change: &Change,
    label: &'static str,
    options: impl IntoIterator<Item = (String, String)>,
    current: &str,
    apply: fn(&mut Lab, &str),
) -> Html {
    let (lab, change) = (lab.clone(), change.clone());
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
        let mut next = lab.clone();
        apply(&mut next, &select.value());
        change.emit(next);
    });
    html! {
        <label class="field">{ label }
            <select {onchange} aria-label={label}>
                { for options.into_iter().map(|(value, text)| { let selected = value == current; html! { <option {value} {selected}>{ text }</option> } }) }
            </select>
        </label>
    }
}

fn number(lab: &Lab, change: &Change, label: &'static str, value: u32, apply: fn(&mut Lab, u32)) -> Html {
    let (lab, change) = (lab.clone(), change.clone());
    let oninput = Callback::from(move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        // What is no number is figure by the browser, and changes nothing.
        if let Some(value) = input.and_then(|input| input.value().trim().parse().ok()) {
            let mut next = lab.clone();
            apply(&mut next, value);
            change.emit(next);
        }
    });
    html! { <label class="field">{ label }<input type="number" min="0" step="1" required=true value={value.to_string()} {oninput} /></label> }
}

fn switch(lab: &Lab, change: &Change, label: &'static str, on: bool, apply: fn(&mut Lab, bool)) -> Html {
    let (lab, change) = (lab.clone(), change.clone());
    let onchange = Callback::from(move |_: Event| {
        let mut next = lab.clone();
        apply(&mut next, !on);
        change.emit(next);
    });
    html! { <label class="check-label"><input type="checkbox" checked={on} {onchange} />{ label }</label> }
}
