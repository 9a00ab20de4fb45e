//! How an answer is read from what was recorded. Nothing here decides; the words are those of the record.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{
    arn::KeyArn,
    authz::decision::{CheckResult, Decision, Verdict},
    clock::Timestamp,
    endpoint::render,
    exam::stage::date,
    kms::throttle::{Charged, Payer},
    lang::{self, msg, tr},
    services::flow,
    timeline::{Input, Step, StepResult, Timeline},
};

/// What of a step is the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Which check decided, and how.
    Decision,
    /// Whether it was refused, and by what error.
    Fault,
    /// Which key it was done with, by its description; or the error.
    Key,
    /// Which of the key's materials was used.
    Material,
    /// A member of the answer that is a time, as a date.
    Date(&'static str),
    /// When the key that it was about is deleted, as a date.
    Deletion,
    /// Whose quota it counted in.
    Charged,
    /// What came of what was asked of a service, and whether that took KMS.
    Served,
    /// How many bytes the last request had that was not refused: the one before.
    Longest,
    /// Which of four steps, in this order and ending with the last one, came out in its own way.
    OddOneOut { labels: Vec<String>, first: usize, allowed: bool },
}

impl Reading {
    /// The answer, in words. Nothing where the record has none.
    pub fn read(&self, timeline: &Timeline, step: usize) -> Option<String> {
        let made = step_of(timeline, step)?;
        match self {
            Self::Decision => decision(made),
            Self::Fault => fault(made),
            Self::Key => key(made),
            Self::Material => material(made),
            Self::Date(member) => {
                let seconds = answer(made)?.get(*member)?.as_f64()?;
                Some(date(Timestamp::from_epoch_seconds(seconds)))
            }
            Self::Deletion => deletion(timeline, made),
            Self::Charged => charged(made),
            Self::Served => served(made),
            Self::Longest => longest(step_of(timeline, step.checked_sub(1)?)?, made),
            Self::OddOneOut { labels, first, allowed } => {
                let steps = timeline.steps().get(first.checked_sub(1)?..)?;
                let mut odd = labels.iter().zip(steps).filter(|(_, step)| step.refused() != *allowed);
                let (label, _) = odd.next()?;
                odd.next().is_none().then(|| label.clone())
            }
        }
    }

    /// Whether its answers follow one another by themselves: then they are shown in that order.
    pub(super) fn has_an_order(&self) -> bool {
        match self {
            Self::Material | Self::Date(_) | Self::Deletion | Self::Longest => true,
            Self::Decision | Self::Fault | Self::Key | Self::Charged | Self::Served | Self::OddOneOut { .. } => false,
        }
    }
}

/// Numbers by their size, all else by the date it ends with.
pub(super) fn in_order(one: &str, other: &str) -> Ordering {
    let number = |text: &str| text.split(' ').next().and_then(|word| word.replace(',', "").parse::<u64>().ok());
    let last = |text: &str| text.split(' ').next_back().map(str::to_owned);
    number(one).cmp(&number(other)).then_with(|| last(one).cmp(&last(other)))
}

/// What was recorded of a step, a fact a line.
pub(super) fn record(timeline: &Timeline, step: usize) -> String {
    let Some(made) = step_of(timeline, step) else { return String::new() };
    match &made.result {
        StepResult::Answered(outcome) => render::outcome(outcome),
        StepResult::Passed(events) => events.iter().map(|event| render::event(event) + "\n").collect(),
        StepResult::Served(answer) => {
            let answered = match &**answer {
                Ok(_) => "done\n".to_owned(),
                Err(error) => format!("{error}\n"),
            };
            let asked = flow::kms_calls(&made.flow).map(|call| render::outcome(&call.outcome));
            asked.chain([answered]).collect()
        }
    }
}

fn step_of(timeline: &Timeline, step: usize) -> Option<&Step> {
    timeline.steps().get(step.checked_sub(1)?).map(AsRef::as_ref)
}

fn answer(step: &Step) -> Option<Value> {
    serde_json::from_str(&step.outcome()?.response.body).ok()
}

fn decision(step: &Step) -> Option<String> {
    let Decision { verdict, decided_by, denied_by, checks, .. } = step.outcome()?.decisions.last()?;
    let by = lang::text(render::check(denied_by.as_ref().map_or(*decided_by, |source| source.check)));
    // What the verdict says by itself; a deny of a whole layer is told by the layer.
    let required =
        checks.iter().any(|report| report.check == *decided_by && report.result == CheckResult::ImplicitDeny);
    Some(match verdict {
        Verdict::Allowed => tr!("Allowed, by {by}", by),
        Verdict::ImplicitlyDenied if required => tr!("Implicit deny: {by} had to allow it and did not", by),
        Verdict::ImplicitlyDenied => tr!("Implicit deny, by {by}", by),
        Verdict::ExplicitlyDenied => tr!("Explicit deny, by a statement in {by}", by),
    })
}

const SUCCEEDS: &str = msg!("It succeeds");

fn fault(step: &Step) -> Option<String> {
    let fault = &step.outcome()?.fault;
    Some(fault.as_ref().map_or(lang::text(SUCCEEDS), |fault| fault.kind).to_owned())
}

fn key(step: &Step) -> Option<String> {
    let outcome = step.outcome()?;
    if let Some(fault) = &outcome.fault {
        return Some(fault.kind.to_owned());
    }
    let arn: KeyArn = answer(step)?.get("KeyId")?.as_str()?.parse().ok()?;
    let key = step.world.key(&arn)?;
    Some(tr!("It succeeds, with the key “{description}”", description = key.description))
}

fn material(step: &Step) -> Option<String> {
    let answer = answer(step)?;
    let arn: KeyArn = answer.get("KeyId")?.as_str()?.parse().ok()?;
    let used = answer.get("KeyMaterialId")?.as_str()?;
    let key = step.world.key(&arn)?;
    let at = key.materials().iter().position(|material| material.id().to_string() == used)?;
    let material = key.materials().get(at)?;
    Some(tr!("The {nth} one, of {since}", nth = lang::text(ORDINALS.get(at)?), since = date(material.since)))
}

const ORDINALS: [&str; 8] = [
    msg!("first"),
    msg!("second"),
    msg!("third"),
    msg!("fourth"),
    msg!("fifth"),
    msg!("sixth"),
    msg!("seventh"),
    msg!("eighth"),
];

fn deletion(timeline: &Timeline, step: &Step) -> Option<String> {
    let Input::Call(request) = &step.input else { return None };
    let body: Value = serde_json::from_str(&request.body).ok()?;
    let arn: KeyArn = body.get("KeyId")?.as_str()?.parse().ok()?;
    // Lived through, not computed: time passes until the key is gone.
    let mut after = timeline.clone();
    let events = after.advance(crate::clock::Span::days(400));
    let gone = |event: &&crate::kms::Event| {
        event.about.key() == Some(arn) && matches!(event.kind, crate::kms::EventKind::KeyDeleted)
    };
    Some(events.iter().find(gone).map_or_else(|| tr!("Not at all").to_owned(), |event| date(event.at)))
}

fn charged(step: &Step) -> Option<String> {
    let of = |charged: &Charged| match charged.payer {
        Payer::Account { account, .. } => tr!("Account {account}, in “{quota}”", account, quota = charged.quota),
        Payer::Store { store, .. } => tr!("The key store {store}, in “{quota}”", store, quota = charged.quota),
    };
    let charged: Vec<String> = step.outcome()?.charged.iter().map(of).collect();
    (!charged.is_empty()).then(|| charged.join(tr!(", and ")))
}

fn served(step: &Step) -> Option<String> {
    let StepResult::Served(answer) = &step.result else { return None };
    let asked = flow::kms_calls(&step.flow).count();
    Some(match (&**answer, asked) {
        (Ok(_), 0) => tr!("It works, and KMS is not asked").to_owned(),
        (Ok(_), _) => tr!("It works: KMS is asked, and allows it").to_owned(),
        (Err(error), 0) => tr!("It is refused, without asking KMS: {code}", code = error.code),
        (Err(error), _) => tr!("KMS is asked, and it is refused: {code}", code = error.code),
    })
}

fn longest(before: &Step, last: &Step) -> Option<String> {
    let bytes = |step: &Step| {
        let Input::Call(request) = &step.input else { return None };
        let body: Value = serde_json::from_str(&request.body).ok()?;
        let number = body.get("NumberOfBytes").and_then(Value::as_u64);
        number.or_else(|| {
            let text = ["Plaintext", "Message"].iter().find_map(|name| body.get(*name)?.as_str())?;
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()?;
            u64::try_from(bytes.len()).ok()
        })
    };
    let (most, over) = (bytes(before)?, bytes(last)?);
    let fits = !before.refused() && last.refused() && over == most.saturating_add(1);
    fits.then(|| tr!("{most} bytes", most = crate::lang::grouped(most)))
}
