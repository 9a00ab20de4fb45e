//! What a request can have for a condition key, as far as conditions tell values apart.
//!
//! The candidates are complete, since texts come from [`language`](super::language) and quantities from where the
//! conditions cut them; which of them are alike, the conditions themselves say.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use crate::{
    analysis::condition_keys::{ConditionKey, ValueSort},
    clock::Timestamp,
    kms::grant::GrantOperation,
    policy::{
        condition::{Comparison, Condition},
        context::{ContextValue, RequestContext},
        document::Version,
    },
};

use super::{
    language::{Form, Pattern, Tail, TooManyWays, representatives},
    outside::{Outside, Reason, Used, outside},
};

/// What a request has, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Of that name there is nothing.
    Absent(Arc<str>),
    Key(Arc<str>, ContextValue),
    /// A pair of the encryption context.
    Pair(String, String),
}

/// Keys that every request has for which they are there at all.
const ALWAYS: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:viaawsservice",
    "kms:datakeypairspec",
    "kms:encryptionalgorithm",
    "kms:grantoperations",
    "kms:keyagreementalgorithm",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:macalgorithm",
    "kms:primaryregion",
    "kms:replicaregion",
    "kms:signingalgorithm",
    "kms:wrappingalgorithm",
    "kms:wrappingkeyspec",
];

/// Values that look like the key's own, to be shown where any will do.
const PREFERRED: &[(&str, &str)] = &[
    ("aws:sourcearn", "arn:aws:s3:::other"),
    ("aws:sourcevpc", "vpc-0123456789abcdef0"),
    ("aws:sourcevpce", "vpce-0123456789abcdef0"),
    ("kms:granteeprincipal", "arn:aws:iam::999999999999:user/Other"),
    ("kms:keyspec", "SYMMETRIC_DEFAULT"),
    ("kms:requestalias", "alias/other"),
    ("kms:retiringprincipal", "arn:aws:iam::999999999999:user/Other"),
    ("kms:viaservice", "other.us-east-1.amazonaws.com"),
];

/// How many values of a key with several are put together in every way.
const MOST_ELEMENTS: usize = 6;

/// All values of a key that the conditions on it tell apart.
pub(super) fn of_key(key: &ConditionKey, used: &[Used<'_>]) -> Result<Vec<Choice>, Outside> {
    let Some(first) = used.first() else { return Ok(Vec::new()) };
    let name = first.condition.key.clone();
    let folded = first.condition.folded_key();
    for used in used {
        check(*used)?;
        let comparison = used.condition.test().map(|test| test.comparison);
        if !comparison.is_none_or(|comparison| fits(comparison, key.sort)) {
            return Err(used.operator_outside());
        }
    }
    let texts = match key.sort {
        ValueSort::Boolean => vec!["true".to_owned(), "false".to_owned()],
        ValueSort::Number => numbers(folded, used),
        ValueSort::Date => dates(folded, used),
        ValueSort::Address => addresses(used),
        ValueSort::Text | ValueSort::Arn if folded == "kms:grantoperations" => {
            GrantOperation::all().map(|operation| operation.as_str().to_owned()).collect()
        }
        ValueSort::Text | ValueSort::Arn => {
            // Tags may be empty.
            let tail = if key.name.ends_with('/') { Tail::Text } else { Tail::SomeText };
            let own = PREFERRED.iter().find(|(key, _)| *key == folded).map_or("other", |(_, text)| *text);
            apart(used, &[], tail, own)?
        }
    };
    let mut elements: BTreeMap<Vec<bool>, ContextValue> = BTreeMap::new();
    for text in texts {
        let value = ContextValue::from(text);
        elements.entry(outcome(used, folded, Some(&value))).or_insert(value);
    }
    let mut values: Vec<ContextValue> = elements.into_values().collect();
    if key.multivalued {
        if values.len() > MOST_ELEMENTS {
            return Err(first.outside(Reason::TooManyPatterns { key: name.to_string() }));
        }
        values = subsets(&values);
    }
    let mut seen = BTreeSet::new();
    let absent = if ALWAYS.contains(&folded) { None } else { Some(None) };
    let all = absent.into_iter().chain(values.into_iter().map(Some));
    Ok(all
        .filter(|value| seen.insert(outcome(used, folded, value.as_ref())))
        .map(|value| value.map_or_else(|| Choice::Absent(name.clone()), |value| Choice::Key(name.clone(), value)))
        .collect())
}

/// What every condition on a key makes of one value of it.
fn outcome(used: &[Used<'_>], key: &str, value: Option<&ContextValue>) -> Vec<bool> {
    let mut context = RequestContext::default();
    if let Some(value) = value {
        context.set(key, value.clone());
    }
    used.iter().map(|used| used.condition.holds(&context).0).collect()
}

/// Every list of some of the values.
fn subsets(values: &[ContextValue]) -> Vec<ContextValue> {
    let texts: Vec<Arc<str>> = values.iter().flat_map(|value| value.values().iter().cloned()).collect();
    let mut lists: Vec<Vec<Arc<str>>> = vec![Vec::new()];
    for text in texts {
        let more: Vec<_> = lists.iter().map(|list| list.iter().cloned().chain([text.clone()]).collect()).collect();
        lists.extend::<Vec<Vec<Arc<str>>>>(more);
    }
    lists.into_iter().filter(|list| !list.is_empty()).map(|list| ContextValue::Many(list.into())).collect()
}

/// The pairs of encryption contexts that conditions and grants tell apart, one list of choices for each name.
///
/// `values` has the conditions on the value of a name, which is in lower case; `names` those on the list of names;
/// `wanted` what grants ask for. No request has two names that differ in case only.
pub(super) fn of_pairs(
    values: &BTreeMap<String, Vec<Used<'_>>>,
    names: &[Used<'_>],
    wanted: &[(String, String)],
) -> Result<Vec<Vec<Choice>>, Outside> {
    for used in values.values().flatten().chain(names) {
        check(*used)?;
    }
    let mut spelled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if names.is_empty() && wanted.is_empty() {
        for used in values.values().flatten() {
            let name = used.condition.key.splitn(3, ':').last().unwrap_or_default();
            spelled.entry(name.to_ascii_lowercase()).or_insert_with(|| BTreeSet::from([name.to_owned()]));
        }
    } else {
        let own = values.keys().map(|name| Pattern::key_name(name));
        let of_grants = wanted.iter().map(|(name, _)| Pattern::text(name));
        for name in apart(names, &own.chain(of_grants).collect::<Vec<_>>(), Tail::SomeText, "other")? {
            spelled.entry(name.to_ascii_lowercase()).or_default().insert(name);
        }
        // Two names of which other spellings would go together.
        let whole = |name: &String| texts(names).chain(wanted.iter().map(|(name, _)| &**name)).any(|text| text == name);
        let alike = spelled.iter().find(|(folded, spellings)| {
            spellings.len() > 1 && !values.contains_key(*folded) && !spellings.iter().all(whole)
        });
        if let (Some(_), Some(used)) = (alike, names.first()) {
            return Err(used.outside(Reason::Wildcard { key: used.condition.key.to_string() }));
        }
    }
    let mut all = Vec::new();
    for (folded, spellings) in spelled {
        let used = values.get(&folded).map_or(&[][..], Vec::as_slice);
        let of_grants: Vec<&String> =
            wanted.iter().filter(|(name, _)| name.to_ascii_lowercase() == folded).map(|(_, value)| value).collect();
        let literals: Vec<Pattern> = of_grants.iter().map(|value| Pattern::text(value)).collect();
        let mut choices = vec![Choice::Absent(folded.as_str().into())];
        let mut seen = BTreeSet::new();
        for value in apart(used, &literals, Tail::Text, "other")? {
            let held = outcome(used, &format!("kms:EncryptionContext:{folded}"), Some(&value.as_str().into()));
            let asked: Vec<bool> = of_grants.iter().map(|wanted| **wanted == value).collect();
            if seen.insert((held, asked)) {
                choices.extend(spellings.iter().map(|name| Choice::Pair(name.clone(), value.clone())));
            }
        }
        all.push(choices);
    }
    Ok(all)
}

/// One text for everything that the conditions and the patterns can say of a text.
fn apart(used: &[Used<'_>], others: &[Pattern], tail: Tail, preferred: &str) -> Result<Vec<String>, Outside> {
    let mut patterns = others.to_vec();
    let mut preferred = vec![preferred.to_owned()];
    for used in used {
        patterns.extend(patterns_of(*used)?);
        preferred.extend(used.condition.values().map(|(text, _)| text.replace('*', "other").replace('?', "x")));
    }
    representatives(&patterns, &Form::new("", tail), &preferred).map_err(|TooManyWays| {
        let key = used.first().map(|used| used.condition.key.to_string()).unwrap_or_default();
        let reason = Reason::TooManyPatterns { key };
        used.first().map_or_else(|| reason.clone().anywhere(), |used| used.outside(reason.clone()))
    })
}

/// The values of a condition on texts.
pub(super) fn patterns_of(used: Used<'_>) -> Result<Vec<Pattern>, Outside> {
    let read: fn(&str) -> Option<Pattern> = match used.condition.test().map(|test| test.comparison) {
        Some(Comparison::Text) => |text| Some(Pattern::text(text)),
        Some(Comparison::TextIgnoringCase) => |text| Some(Pattern::folded(text)),
        Some(Comparison::TextLike) => |text| Some(Pattern::like(text, None)),
        Some(Comparison::Arn) => Pattern::arn,
        Some(Comparison::Null) | None => return Ok(Vec::new()),
        Some(Comparison::Number(_) | Comparison::Date(_) | Comparison::Bool | Comparison::Binary | Comparison::Ip) => {
            return Err(used.operator_outside());
        }
    };
    Ok(used.condition.values().filter_map(|(text, _)| read(text)).collect())
}

/// Refuses what holds parts of a request against each other.
pub(super) fn check(used: Used<'_>) -> Result<(), Outside> {
    let comparison = used.condition.test().map(|test| test.comparison);
    let variables = match comparison {
        Some(
            Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike | Comparison::Arn | Comparison::Bool,
        ) => used.policy.version() == Some(Version::V2012),
        Some(Comparison::Number(_) | Comparison::Date(_) | Comparison::Binary | Comparison::Ip | Comparison::Null)
        | None => false,
    };
    match used.condition.values().find(|(text, _)| variables && text.contains("${")) {
        Some((_, span)) => Err(outside(used.place, used.policy, span, Reason::Variable)),
        None => Ok(()),
    }
}

/// Whether a comparison is one of values of that sort.
fn fits(comparison: Comparison, sort: ValueSort) -> bool {
    match comparison {
        Comparison::Null => true,
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike => {
            matches!(sort, ValueSort::Text | ValueSort::Arn | ValueSort::Boolean)
        }
        Comparison::Arn => matches!(sort, ValueSort::Text | ValueSort::Arn),
        Comparison::Bool => sort == ValueSort::Boolean,
        Comparison::Number(_) => sort == ValueSort::Number,
        Comparison::Date(_) => sort == ValueSort::Date,
        Comparison::Ip => sort == ValueSort::Address,
        Comparison::Binary => false,
    }
}

fn texts<'u>(used: &'u [Used<'_>]) -> impl Iterator<Item = &'u str> {
    used.iter().flat_map(|used| used.condition.values().map(|(text, _)| text))
}

/// Whole numbers around every cut, within what the key can have.
fn numbers(folded: &str, used: &[Used<'_>]) -> Vec<String> {
    let (least, most) = match folded {
        "kms:rotationperiodindays" => (90, 2_560),
        "kms:schedulekeydeletionpendingwindowindays" => (7, 30),
        _ => (0, 1_000_000_000_000),
    };
    // What is no number of this size lies beyond all that the key can have.
    let cuts = texts(used).filter_map(|text| text.split('.').next()?.parse::<i64>().ok());
    let around = cuts.flat_map(|cut| [cut.saturating_sub(1), cut, cut.saturating_add(1)]).chain([least, most]);
    let within: BTreeSet<i64> = around.filter(|number| (least..=most).contains(number)).collect();
    within.into_iter().map(|number| number.to_string()).collect()
}

/// Whole seconds around every cut.
fn dates(folded: &str, used: &[Used<'_>]) -> Vec<String> {
    let cuts = texts(used).filter_map(Condition::seconds_since_1970);
    let around = cuts.flat_map(|cut| [cut.saturating_sub(1), cut, cut.saturating_add(1)]);
    let mut seconds: BTreeSet<i64> = around.collect();
    if seconds.is_empty() {
        seconds.insert(1_893_456_000);
    }
    let written = |seconds: i64| match seconds {
        0..253_402_300_800 if folded != "aws:epochtime" => Timestamp::from_millis(seconds * 1_000).to_string(),
        seconds => seconds.to_string(),
    };
    seconds.into_iter().map(written).collect()
}

/// Where ranges begin, and what comes after them.
fn addresses(used: &[Used<'_>]) -> Vec<String> {
    let mut addresses =
        vec!["203.0.113.10".to_owned(), "2001:db8::10".to_owned(), "0.0.0.0".to_owned(), "::".to_owned()];
    for text in texts(used) {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let Ok(address) = address.parse::<IpAddr>() else { continue };
        let prefix: Option<u32> = prefix.and_then(|digits| digits.parse().ok());
        match address {
            IpAddr::V4(address) => {
                let others = u32::MAX.checked_shr(prefix.unwrap_or(32)).unwrap_or_default();
                let first = address.to_bits() & !others;
                let after = (first | others).checked_add(1);
                addresses
                    .extend([Some(first), after].into_iter().flatten().map(|bits| Ipv4Addr::from(bits).to_string()));
            }
            IpAddr::V6(address) => {
                let others = u128::MAX.checked_shr(prefix.unwrap_or(128)).unwrap_or_default();
                let first = address.to_bits() & !others;
                let after = (first | others).checked_add(1);
                addresses
                    .extend([Some(first), after].into_iter().flatten().map(|bits| Ipv6Addr::from(bits).to_string()));
            }
        }
    }
    addresses
}
