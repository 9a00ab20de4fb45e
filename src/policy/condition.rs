//! `Condition`: operators, their modifiers, and what they make of a request ("IAM JSON policy elements: Condition
//! operators", "Creating a condition with multiple keys or values").

use std::{cmp::Ordering, net::IpAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    SourceSpan,
    context::{ContextValue, RequestContext},
    document::Spanned,
    matching::{ArnParts, ResourcePattern},
    quantity::{Decimal, Moment},
    template::{Reading, Template},
};

/// One key under one operator, with the values it is held against.
#[derive(Debug)]
pub struct Condition {
    /// As written, for example `ForAnyValue:StringLikeIfExists`.
    pub operator: Arc<str>,
    test: Option<Operator>,
    /// As written.
    pub key: Arc<str>,
    folded: Box<str>,
    pub operator_span: SourceSpan,
    pub key_span: SourceSpan,
    operands: Vec<Spanned<Operand>>,
    /// The values as written.
    pub wanted: Arc<[Arc<str>]>,
    /// The value or the list of values.
    pub span: SourceSpan,
}

/// An operator without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub comparison: Comparison,
    /// `...Not...`: none of the values may match.
    pub negated: bool,
    pub set: Option<SetOperator>,
    pub if_exists: bool,
}

/// How the values of a multivalued key count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    ForAllValues,
    ForAnyValue,
}

/// How an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// Which outcomes of comparing the request's value with the policy's are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Same,
    Less,
    LessOrSame,
    Greater,
    GreaterOrSame,
}

impl Order {
    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Same => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrSame => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrSame => ordering.is_ge(),
        }
    }
}

/// Every operator: its name, how it compares, and whether it is a negation.
const OPERATORS: &[(&str, Comparison, bool)] = &[
    ("StringEquals", Comparison::Text, false),
    ("StringNotEquals", Comparison::Text, true),
    ("StringEqualsIgnoreCase", Comparison::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::TextIgnoringCase, true),
    ("StringLike", Comparison::TextLike, false),
    ("StringNotLike", Comparison::TextLike, true),
    ("NumericEquals", Comparison::Number(Order::Same), false),
    ("NumericNotEquals", Comparison::Number(Order::Same), true),
    ("NumericLessThan", Comparison::Number(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Number(Order::LessOrSame), false),
    ("NumericGreaterThan", Comparison::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Number(Order::GreaterOrSame), false),
    ("DateEquals", Comparison::Date(Order::Same), false),
    ("DateNotEquals", Comparison::Date(Order::Same), true),
    ("DateLessThan", Comparison::Date(Order::Less), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessOrSame), false),
    ("DateGreaterThan", Comparison::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterOrSame), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("IpAddress", Comparison::Ip, false),
    ("NotIpAddress", Comparison::Ip, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("Null", Comparison::Null, false),
];

/// The names of all operators, without modifiers.
pub fn operators() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|(name, ..)| *name)
}

impl Operator {
    /// Names are compared without regard to case. Absent for what is no operator; `Null` takes no modifier.
    pub(super) fn new(text: &str) -> Option<Self> {
        let (set, rest) = match text.split_once(':') {
            None => (None, text),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAllValues") => (Some(SetOperator::ForAllValues), rest),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAnyValue") => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => return None,
        };
        let cut = rest.len().checked_sub(IF_EXISTS.len()).and_then(|at| rest.split_at_checked(at));
        let (name, if_exists) = match cut {
            Some((name, end)) if end.eq_ignore_ascii_case(IF_EXISTS) => (name, true),
            _ => (rest, false),
        };
        let found = OPERATORS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let (_, comparison, negated) = *found?;
        let plain = set.is_none() && !if_exists;
        if comparison == Comparison::Null && !plain { None } else { Some(Self { comparison, negated, set, if_exists }) }
    }

    /// What the policy's value is, read for this comparison; `variables` where `${…}` is one. Absent if it is no such
    /// value.
    fn operand(self, text: &str, variables: bool) -> Option<Operand> {
        let template = |wildcards| Template::new(text, Reading { variables, wildcards });
        match self.comparison {
            Comparison::Text | Comparison::TextIgnoringCase => Some(Operand::Text(template(false))),
            Comparison::TextLike => Some(Operand::Text(template(true))),
            Comparison::Number(_) => Decimal::new(text).map(Operand::Number),
            Comparison::Date(_) => Moment::new(text).map(Operand::Date),
            Comparison::Bool if variables && text.contains("${") => Some(Operand::Text(template(false))),
            Comparison::Bool | Comparison::Null => boolean(text).map(Operand::Bool),
            Comparison::Binary => STANDARD.decode(text).ok().map(Operand::Binary),
            Comparison::Ip => Network::new(text).map(Operand::Ip),
            Comparison::Arn => {
                let pattern = ResourcePattern::condition(text, variables);
                pattern.is_well_formed().then_some(Operand::Arn(pattern))
            }
        }
    }

    /// What a value has to be, for the words of an error.
    fn expected(self) -> &'static str {
        match self.comparison {
            Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike => "a text",
            Comparison::Number(_) => "a number",
            Comparison::Date(_) => "a date such as `2030-01-01T00:00:00Z`, or seconds since 1970",
            Comparison::Bool | Comparison::Null => "`true` or `false`",
            Comparison::Binary => "base64",
            Comparison::Ip => "an IP address or range such as `203.0.113.0/24`",
            Comparison::Arn => "an ARN, with all its six parts",
        }
    }

    /// Whether one value of the request fits one of the policy's.
    fn fits(self, operand: &Operand, got: &str, context: &RequestContext) -> bool {
        match (operand, self.comparison) {
            (Operand::Text(template), Comparison::TextIgnoringCase) => {
                // In lower case a text has no fewer than a third of its bytes.
                template.text(3 * got.len(), context).is_some_and(|text| folded(&text) == folded(got))
            }
            (Operand::Text(template), Comparison::Bool) => template
                .text("false".len(), context)
                .and_then(|text| boolean(&text))
                .is_some_and(|want| boolean(got) == Some(want)),
            (Operand::Text(template), _) => template.matches(got, context),
            (Operand::Number(want), Comparison::Number(order)) => {
                Decimal::new(got).is_some_and(|got| order.accepts(got.cmp(want)))
            }
            (Operand::Date(want), Comparison::Date(order)) => {
                Moment::new(got).is_some_and(|got| order.accepts(got.cmp(want)))
            }
            (Operand::Bool(want), _) => boolean(got) == Some(*want),
            (Operand::Binary(want), _) => STANDARD.decode(got).is_ok_and(|got| got == *want),
            (Operand::Ip(network), _) => got.parse().is_ok_and(|address| network.contains(address)),
            (Operand::Arn(pattern), _) => ArnParts::of(got).is_some_and(|arn| pattern.matches(&arn, context)),
            (Operand::Number(_) | Operand::Date(_) | Operand::Nothing, _) => false,
        }
    }
}

const IF_EXISTS: &str = "IfExists";

/// A value of the policy, ready to be compared.
#[derive(Debug)]
enum Operand {
    Text(Template),
    Number(Decimal),
    Date(Moment),
    Bool(bool),
    Binary(Vec<u8>),
    Ip(Network),
    Arn(ResourcePattern),
    /// What is no value for the operator.
    Nothing,
}

/// What is wrong with a condition.
pub(super) enum Wrong {
    /// No such operator.
    Operator,
    /// A value that the operator cannot compare.
    Value { got: String, span: SourceSpan, expected: &'static str },
}

impl Condition {
    /// The condition and what is wrong with it; where something is, it does not hold.
    pub(super) fn new(
        operator: &str,
        key: &str,
        values: Vec<Spanned<String>>,
        variables: bool,
        [operator_span, key_span, span]: [SourceSpan; 3],
    ) -> (Self, Option<Wrong>) {
        let test = Operator::new(operator);
        let mut wrong = if test.is_none() { Some(Wrong::Operator) } else { None };
        let mut operands = Vec::with_capacity(values.len());
        let mut wanted = Vec::with_capacity(values.len());
        for Spanned { value, span } in values {
            let operand = test.and_then(|test| test.operand(&value, variables));
            if let (None, Some(test), None) = (&operand, test, &wrong) {
                wrong = Some(Wrong::Value { got: value.clone(), span, expected: test.expected() });
            }
            operands.push(Spanned { value: operand.unwrap_or(Operand::Nothing), span });
            wanted.push(value.into());
        }
        let folded = key.to_ascii_lowercase().into();
        let (operator, key) = (operator.into(), key.into());
        let wanted = wanted.into();
        (Self { operator, test, key, folded, operator_span, key_span, operands, wanted, span }, wrong)
    }

    /// Whether an operator of that name can compare anything with the value.
    pub fn compares(operator: &str, value: &str) -> bool {
        Operator::new(operator).is_some_and(|operator| operator.operand(value, true).is_some())
    }

    /// What a value is for date operators, in whole seconds since 1970, rounded down. Absent for what is no date.
    pub fn seconds_since_1970(value: &str) -> Option<i64> {
        Moment::new(value).map(|moment| moment.seconds())
    }

    /// Absent for a name that is no operator.
    pub fn test(&self) -> Option<Operator> {
        self.test
    }

    /// Each value as written, with its place.
    pub fn values(&self) -> impl Iterator<Item = (&str, SourceSpan)> {
        self.wanted.iter().zip(&self.operands).map(|(text, operand)| (&**text, operand.span))
    }

    /// The key in lower case, as contexts and other policies are searched for it.
    pub fn folded_key(&self) -> &str {
        &self.folded
    }

    /// What the request has for the key.
    pub fn got<'c>(&self, context: &'c RequestContext) -> Option<&'c ContextValue> {
        context.get(&self.folded)
    }

    /// Whether it holds, and the value that decided where one did.
    pub fn holds(&self, context: &RequestContext) -> (bool, Option<SourceSpan>) {
        self.holds_for(self.got(context), context)
    }

    /// The same where it is known already what the request has for the key.
    pub fn holds_for(&self, got: Option<&ContextValue>, context: &RequestContext) -> (bool, Option<SourceSpan>) {
        let Some(test) = self.test else { return (false, None) };
        if test.comparison == Comparison::Null {
            let absent = got.is_none_or(|got| got.values().is_empty());
            let found =
                self.operands.iter().find(|operand| matches!(operand.value, Operand::Bool(want) if want == absent));
            return (found.is_some(), found.map(|operand| operand.span));
        }
        let find = |got: &str| self.operands.iter().find(|operand| test.fits(&operand.value, got, context));
        let Some(got) = got else {
            let holds = match test.set {
                _ if test.if_exists => true,
                Some(SetOperator::ForAllValues) => true,
                Some(SetOperator::ForAnyValue) => false,
                None => test.negated,
            };
            return (holds, None);
        };
        match (test.set, got) {
            (None, ContextValue::One(got)) => {
                let found = find(got);
                (found.is_some() != test.negated, found.map(|operand| operand.span))
            }
            // Which of several values would count, nothing says.
            (None, ContextValue::Many(_)) => (false, None),
            (Some(SetOperator::ForAllValues), got) => {
                (got.values().iter().all(|got| find(got).is_some() != test.negated), None)
            }
            (Some(SetOperator::ForAnyValue), got) => {
                let value = got.values().iter().find(|got| find(got).is_some() != test.negated);
                (value.is_some(), value.and_then(|got| find(got)).map(|operand| operand.span))
            }
        }
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, is)| is)
}

/// A range of IP addresses.
#[derive(Debug)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Without a prefix, one address.
    fn new(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let longest = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        if prefix > longest { None } else { Some(Self { address, prefix }) }
    }

    fn contains(&self, address: IpAddr) -> bool {
        let (own, other, length) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(own.to_bits()), u128::from(other.to_bits()), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        // A shift by the whole width, of the range that is everything, leaves nothing to compare.
        (own ^ other).checked_shr(length - self.prefix).unwrap_or_default() == 0
    }
}

#[cfg(test)]
mod tests;
