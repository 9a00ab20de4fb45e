//! Every state a person may want to come back to is an address: the part after `#`.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{decode_uri_component, encode_uri_component};

use crate::{
    arn::KeyId,
    endpoint::model,
    exam::Paper,
    load::presets::PRESETS,
    scenario::{Asked, Call, catalog, view::View},
    services,
    story::question::{self, Question},
    ui::learn::{FROM, YOUR_LESSON},
};

/// Which view is shown, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The list of lessons.
    Learn,
    /// One page of a lesson, counted from 1. A lesson that is fetched has the id [`FROM`] and its path.
    Lesson { id: String, page: u32 },
    /// The choice of a set of questions.
    Exams,
    /// A question of a set, counted from 1; or its result.
    Exam { paper: Paper, question: Option<u32> },
    /// One step of the envelope's story, counted from 0.
    Envelope { step: u32 },
    /// A question about permissions; or the decision of a step of the history, counted from 1.
    Policy { step: Option<u32> },
    /// The decision about a request that a service made in a step, counted from 1 like the step.
    Forwarded { step: u32, call: u32 },
    /// Keys through time, and the one that is looked at.
    Rotation { key: Option<KeyId> },
    /// A question about permissions, by itself.
    Asked(Rc<Question>),
    /// A service that uses keys, and the step of the history that is shown, counted from 1.
    Services { service: Option<&'static str>, step: Option<u32> },
    /// The load lab, and the example that it begins with.
    Limits { preset: Option<&'static str> },
    /// An operation's request, and the step of the history that is shown beside it, counted from 1.
    Console { operation: &'static str, step: Option<u32> },
    /// The audit trail, and the record that is open, counted from 1.
    Audit { record: Option<u32> },
}

impl Route {
    /// The console as a newcomer finds it.
    pub const CONSOLE: Self = Self::Console { operation: "GenerateDataKey", step: None };

    /// A view of the sandbox, at what a request is about.
    pub(crate) fn of_view(view: View, about: Option<&Call>) -> Self {
        match view {
            View::Envelope => Self::Envelope { step: 0 },
            View::Policy => Self::Policy { step: None },
            View::Rotation => Self::Rotation { key: None },
            View::Services => {
                let service = about.and_then(|call| match &call.operation {
                    Asked::Service { service, .. } => services::NAMES.iter().find(|known| *known == service).copied(),
                    Asked::Kms(_) => None,
                });
                Self::Services { service, step: None }
            }
            View::Limits => Self::Limits { preset: None },
            View::Console => {
                let asked = about.and_then(|call| match &call.operation {
                    Asked::Kms(operation) => model::operations().find(|(name, _)| *name == operation.as_str()),
                    Asked::Service { .. } => None,
                });
                asked.map_or(Self::CONSOLE, |(operation, _)| Self::Console { operation, step: None })
            }
            View::Audit => Self::Audit { record: None },
        }
    }

    /// The lesson that is shown, and which of its pages, counted from 1.
    pub fn lesson(&self) -> Option<(&str, u32)> {
        if let Self::Lesson { id, page } = self { Some((id, *page)) } else { None }
    }

    /// The step of the envelope's story that is shown, counted from 0.
    pub fn envelope(&self) -> Option<u32> {
        if let Self::Envelope { step } = self { Some(*step) } else { None }
    }

    /// For example `#/envelope/7`.
    pub fn to_hash(&self) -> String {
        match self {
            Self::Learn => "#/learn".to_owned(),
            Self::Lesson { id, page } => match id.strip_prefix(FROM) {
                Some(path) => format!("#/lesson?from={}&page={page}", encode_uri_component(path)).replace("%2F", "/"),
                None => format!("#/learn/{id}/{page}"),
            },
            Self::Exams => "#/exam".to_owned(),
            Self::Exam { paper, question } => {
                let place = question.map_or("result".to_owned(), |question| question.to_string());
                format!("#/exam/{}/{place}", paper.to_string().replacen('-', "/", 1))
            }
            Self::Envelope { step } => format!("#/envelope/{step}"),
            Self::Policy { step: None } => "#/policy".to_owned(),
            Self::Policy { step: Some(step) } => format!("#/policy/{step}"),
            Self::Forwarded { step, call } => format!("#/policy/{step}.{call}"),
            Self::Rotation { key: None } => "#/rotation".to_owned(),
            Self::Rotation { key: Some(key) } => format!("#/rotation/{key}"),
            Self::Asked(question) => asking(question),
            Self::Services { service, step } => {
                let service = service.map_or(String::new(), |service| format!("/{service}"));
                let step = step.map_or(String::new(), |step| format!("/{step}"));
                format!("#/services{service}{step}")
            }
            Self::Limits { preset: None } => "#/limits".to_owned(),
            Self::Limits { preset: Some(preset) } => format!("#/limits/{preset}"),
            Self::Audit { record: None } => "#/audit".to_owned(),
            Self::Audit { record: Some(record) } => format!("#/audit/{record}"),
            Self::Console { operation, step: None } => format!("#/console/{operation}"),
            Self::Console { operation, step: Some(step) } => format!("#/console/{operation}/{step}"),
        }
    }

    /// The address's route; nothing for an address that means none.
    pub fn from_hash(hash: &str) -> Option<Self> {
        if let Some(query) = hash.strip_prefix("#/policy?") {
            return asked(query).map(|question| Self::Asked(Rc::new(question)));
        }
        if let Some(set) = hash.strip_prefix("#/exam") {
            return if set.is_empty() { Some(Self::Exams) } else { exam(set.strip_prefix('/')?) };
        }
        if let Some(query) = hash.strip_prefix("#/lesson?") {
            return lesson_from(query);
        }
        let mut parts = hash.strip_prefix("#/")?.split('/');
        let route = match (parts.next()?, parts.next(), parts.next()) {
            ("learn", None, None) => Self::Learn,
            ("learn", Some(id), page)
                if id == YOUR_LESSON || catalog::lessons().iter().any(|lesson| lesson.id == id) =>
            {
                Self::Lesson { id: id.to_owned(), page: page.map_or(Ok(1), str::parse).ok()? }
            }
            ("envelope", step, None) => Self::Envelope { step: step.map_or(Ok(0), str::parse).ok()? },
            ("policy", Some(place), None) if place.contains('.') => {
                let (step, call) = place.split_once('.')?;
                Self::Forwarded { step: step.parse().ok()?, call: call.parse().ok()? }
            }
            ("policy", step, None) => Self::Policy { step: step.map(str::parse).transpose().ok()? },
            ("rotation", key, None) => Self::Rotation { key: key.map(str::parse).transpose().ok()? },
            ("services", None, None) => Self::Services { service: None, step: None },
            ("services", Some(number), None) if number.parse::<u32>().is_ok() => {
                Self::Services { service: None, step: number.parse().ok() }
            }
            ("services", Some(name), step) => Self::Services {
                service: Some(services::NAMES.iter().find(|known| **known == name)?),
                step: step.map(str::parse).transpose().ok()?,
            },
            ("limits", None, None) => Self::Limits { preset: None },
            ("limits", Some(id), None) => {
                Self::Limits { preset: Some(PRESETS.iter().find(|preset| preset.id == id)?.id) }
            }
            ("audit", record, None) => Self::Audit { record: record.map(str::parse).transpose().ok()? },
            ("console", None, None) => Self::CONSOLE,
            ("console", Some(operation), step) => {
                let (operation, _) = model::operations().find(|(name, _)| *name == operation)?;
                Self::Console { operation, step: step.map(str::parse).transpose().ok()? }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(route)
    }
}

/// For example `from=lessons/mine.md&page=2`.
fn lesson_from(query: &str) -> Option<Route> {
    let (mut from, mut page) = (None, 1);
    for part in query.split('&') {
        match part.split_once('=')? {
            ("from", path) => from = Some(decode_uri_component(path).ok().map(String::from)?),
            ("page", number) => page = number.parse().ok()?,
            _ => return None,
        }
    }
    from.filter(|path| !path.is_empty()).map(|path| Route::Lesson { id: format!("{FROM}{path}"), page })
}

/// For example `4711/10`, `4711/10/3` or `4711/10/result`.
fn exam(set: &str) -> Option<Route> {
    let mut parts = set.splitn(3, '/');
    let paper: Paper = format!("{}-{}", parts.next()?, parts.next()?).parse().ok()?;
    let question = match parts.next() {
        None => Some(1),
        Some("result") => None,
        Some(number) => Some(number.parse().ok().filter(|number| (1..=u32::from(paper.count)).contains(number))?),
    };
    Some(Route::Exam { paper, question })
}

/// For example `#/policy?do=Decrypt&as=arn:aws:iam::111122223333:user/Developer&on=arn:aws:kms:…&with:tenant=7`.
fn asking(question: &Question) -> String {
    let Question { caller, operation, key, context } = question;
    let mut hash = format!("#/policy?do={operation}&as={caller}&on={key}");
    for (name, value) in context {
        let [name, value] = [name, value].map(|text| String::from(encode_uri_component(text)));
        hash.push_str(&format!("&with:{name}={value}"));
    }
    hash
}

/// A question of anybody about anything that could be; whether there is such a principal and such a key, the view says.
fn asked(query: &str) -> Option<Question> {
    let (mut caller, mut operation, mut key) = (None, None, None);
    let mut context = BTreeMap::new();
    for part in query.split('&') {
        let (name, value) = part.split_once('=')?;
        match name {
            "do" => operation = Some(question::operations().find(|known| *known == value)?),
            "as" => caller = Some(value.parse().ok()?),
            "on" => key = Some(value.parse().ok()?),
            _ => {
                let text = |encoded: &str| decode_uri_component(encoded).ok().map(String::from);
                context.insert(text(name.strip_prefix("with:")?)?, text(value)?);
            }
        }
    }
    Some(Question { caller: caller?, operation: operation?, key: key?, context })
}
