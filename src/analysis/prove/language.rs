//! Texts that tell patterns apart. For every set of patterns that some text of a form fits at once, and no other, there
//! is one such text: whatever patterns can say of any text, they say of one of these.
//!
//! All patterns are walked through together, as the automata that they are, and characters between which no pattern
//! makes a difference at that place count as one.

use std::collections::{BTreeMap, BTreeSet};

/// A text with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// That character, which is in lower case, in either case.
    Folded(char),
    /// Any one character but that.
    One(Option<char>),
    /// Any run of characters but that.
    Run(Option<char>),
}

impl Pattern {
    pub(super) fn text(text: &str) -> Self {
        Self(text.chars().map(Token::Char).collect())
    }

    /// Compared without regard to case.
    pub(super) fn folded(text: &str) -> Self {
        Self(text.to_lowercase().chars().map(Token::Folded).collect())
    }

    /// Compared as names of condition keys are.
    pub(super) fn key_name(name: &str) -> Self {
        let token =
            |c: char| if c.is_ascii_alphabetic() { Token::Folded(c.to_ascii_lowercase()) } else { Token::Char(c) };
        Self(name.chars().map(token).collect())
    }

    /// With `*` and `?`, which do not reach across the character `never`.
    pub(super) fn like(text: &str, never: Option<char>) -> Self {
        let token = |c| match c {
            '*' => Token::Run(never),
            '?' => Token::One(never),
            c => Token::Char(c),
        };
        Self(text.chars().map(token).collect())
    }

    /// An ARN, whose wildcards do not reach across its first five colons. Absent where no ARN fits.
    pub(super) fn arn(text: &str) -> Option<Self> {
        let text = if text.chars().all(|c| c == '*') { "arn:*:*:*:*:*" } else { text };
        let (first, rest) = text.split_once(':')?;
        let mut parts = rest.splitn(5, ':');
        let mut pattern = Self::text("arn");
        for _ in 0..4 {
            pattern = pattern.then(&Self::text(":")).then(&Self::like(parts.next()?, Some(':')));
        }
        let pattern = pattern.then(&Self::text(":")).then(&Self::like(parts.next()?, None));
        Self::like(first, None).fits("arn").then_some(pattern)
    }

    pub(super) fn then(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// The same, but wildcards do not reach across that character.
    pub(super) fn without(self, never: char) -> Self {
        let token = |token| match token {
            Token::One(None) => Token::One(Some(never)),
            Token::Run(None) => Token::Run(Some(never)),
            other => other,
        };
        Self(self.0.into_iter().map(token).collect())
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let patterns = std::slice::from_ref(self);
        let step = |state: Reached, c| state.step(patterns, c);
        !text.chars().fold(Reached::start(patterns), step).complete(patterns).is_empty()
    }
}

/// Which texts there are.
#[derive(Clone, Debug)]
pub(super) struct Form {
    head: Vec<Place>,
    tail: Tail,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Char(char),
    Digit,
}

/// What follows the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Nothing,
    /// Any text, also none.
    Text,
    SomeText,
    /// A name of IAM.
    Name,
    /// A path of IAM without its first slash, and a name.
    PathAndName,
}

impl Form {
    /// In `head` the character `#` is a digit.
    pub(super) fn new(head: &str, tail: Tail) -> Self {
        let place = |c| if c == '#' { Place::Digit } else { Place::Char(c) };
        Self { head: head.chars().map(place).collect(), tail }
    }

    /// How far a text that went on with `c` is, if it can.
    fn step(&self, at: u32, c: char) -> Option<u32> {
        let length = self.length();
        let head = usize::try_from(at).ok().and_then(|at| self.head.get(at));
        let next = |fits: bool| if fits { Some(at + 1) } else { None };
        match (head, self.tail) {
            (Some(Place::Char(expected)), _) => next(*expected == c),
            (Some(Place::Digit), _) => next(c.is_ascii_digit()),
            (None, Tail::Nothing) => None,
            (None, Tail::Text | Tail::SomeText) => Some(length + 1),
            (None, Tail::Name) => in_name(c).then_some(length + 1),
            (None, Tail::PathAndName) => match (at - length, c) {
                (0, '/') | (_, '*' | '?') => None,
                (_, '/') => Some(length),
                (0 | 1, c) if in_name(c) => Some(length + 1),
                (_, c) => c.is_ascii_graphic().then_some(length + 2),
            },
        }
    }

    fn is_whole(&self, at: u32) -> bool {
        let length = self.length();
        match self.tail {
            Tail::Nothing | Tail::Text => at >= length,
            Tail::SomeText | Tail::Name | Tail::PathAndName => at == length + 1,
        }
    }

    fn length(&self) -> u32 {
        u32::try_from(self.head.len()).unwrap_or(u32::MAX)
    }
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

/// How far a text has got in the patterns: every pattern that it may still fit, with every place it may be at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reached(Vec<(usize, usize)>);

impl Reached {
    fn start(patterns: &[Pattern]) -> Self {
        let mut places = Vec::new();
        for nth in 0..patterns.len() {
            arrive(patterns, nth, 0, &mut places);
        }
        Self(places)
    }

    fn step(&self, patterns: &[Pattern], c: char) -> Self {
        let mut places = Vec::new();
        for &(nth, at) in &self.0 {
            match token(patterns, nth, at) {
                Some(Token::Char(expected)) if expected == c => arrive(patterns, nth, at + 1, &mut places),
                Some(Token::Folded(expected)) if is_folded(c, expected) => arrive(patterns, nth, at + 1, &mut places),
                Some(Token::One(never)) if never != Some(c) => arrive(patterns, nth, at + 1, &mut places),
                Some(Token::Run(never)) if never != Some(c) => arrive(patterns, nth, at, &mut places),
                Some(Token::Char(_) | Token::Folded(_) | Token::One(_) | Token::Run(_)) | None => {}
            }
        }
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    /// The patterns that a text which ends here fits.
    fn complete(&self, patterns: &[Pattern]) -> BTreeSet<usize> {
        self.0.iter().filter(|(nth, at)| token(patterns, *nth, *at).is_none()).map(|(nth, _)| *nth).collect()
    }

    /// The characters between which some pattern makes a difference here.
    fn told_apart(&self, patterns: &[Pattern]) -> BTreeSet<char> {
        let mut told = BTreeSet::new();
        for &(nth, at) in &self.0 {
            match token(patterns, nth, at) {
                Some(Token::Char(c) | Token::One(Some(c)) | Token::Run(Some(c))) => {
                    told.insert(c);
                }
                // The signs for Kelvin and ångström become letters in lower case.
                Some(Token::Folded(c)) => {
                    let upper = c.to_uppercase().next();
                    let all = [Some(c), upper, Some('\u{212A}'), Some('\u{212B}')];
                    told.extend(all.into_iter().flatten().filter(|other| is_folded(*other, c)));
                }
                Some(Token::One(None) | Token::Run(None)) | None => {}
            }
        }
        told
    }
}

fn token(patterns: &[Pattern], nth: usize, at: usize) -> Option<Token> {
    patterns.get(nth)?.0.get(at).copied()
}

/// A run may be empty.
fn arrive(patterns: &[Pattern], nth: usize, at: usize, places: &mut Vec<(usize, usize)>) {
    let mut at = at;
    places.push((nth, at));
    while let Some(Token::Run(_)) = token(patterns, nth, at) {
        at += 1;
        places.push((nth, at));
    }
}

fn is_folded(c: char, lower: char) -> bool {
    c == lower || c.to_lowercase().eq([lower])
}

/// There are more ways through the patterns than are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyWays;

/// How many places in patterns may be come to, counted for every way.
const MOST_PLACES: usize = 300_000;

/// One text of the form for every set of patterns that a text of it fits, a text of `preferred` where one does.
pub(super) fn representatives(
    patterns: &[Pattern],
    form: &Form,
    preferred: &[String],
) -> Result<Vec<String>, TooManyWays> {
    let mut found: BTreeMap<BTreeSet<usize>, String> = BTreeMap::new();
    let read = |text: &str| {
        let mut state = (0, Reached::start(patterns));
        for c in text.chars() {
            state = (form.step(state.0, c)?, state.1.step(patterns, c));
        }
        form.is_whole(state.0).then_some(state.1)
    };
    for text in preferred {
        if let Some(reached) = read(text) {
            found.entry(reached.complete(patterns)).or_insert_with(|| text.clone());
        }
    }
    let start = (0_u32, Reached::start(patterns));
    let mut seen = BTreeSet::from([start.clone()]);
    let mut ways = vec![(start, usize::MAX, ' ')];
    let mut left = MOST_PLACES;
    let mut next = 0;
    while let Some((state, _, _)) = ways.get(next).cloned() {
        let (at, reached) = state;
        if form.is_whole(at) {
            found.entry(reached.complete(patterns)).or_insert_with(|| spelled(&ways, next));
        }
        let told = reached.told_apart(patterns);
        let other = others().find(|c| !told.contains(c) && form.step(at, *c).is_some());
        // A slash is told apart by the form.
        let slash = (form.tail == Tail::PathAndName).then_some('/');
        for c in other.into_iter().chain(slash).chain(told) {
            let Some(after) = form.step(at, c) else { continue };
            let state = (after, reached.step(patterns, c));
            if seen.insert(state.clone()) {
                left = left.checked_sub(1 + state.1.0.len()).ok_or(TooManyWays)?;
                ways.push((state, next, c));
            }
        }
        next += 1;
    }
    Ok(found.into_values().collect())
}

/// Characters to stand for all that no pattern tells apart; every form has some of them where it has any character.
fn others() -> impl Iterator<Item = char> {
    "xyzwvutsrqponmlkjihgfedcba9876543210XYZWVUTSRQPONMLKJIHGFEDCBA-_+=,.@:/"
        .chars()
        .chain('!'..='~')
        .chain('\u{100}'..='\u{400}')
}

/// The text that leads there.
fn spelled(ways: &[((u32, Reached), usize, char)], end: usize) -> String {
    let mut text = Vec::new();
    let mut at = end;
    while let Some((_, from, c)) = ways.get(at).filter(|(_, from, _)| *from != usize::MAX) {
        text.push(*c);
        at = *from;
    }
    text.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(patterns: &[Pattern], form: &Form) -> Vec<BTreeSet<usize>> {
        let fits = |text: &String| (0..patterns.len()).filter(|nth| patterns[*nth].fits(text)).collect();
        representatives(patterns, form, &[]).unwrap().iter().map(fits).collect()
    }

    #[track_caller]
    fn check(patterns: &[Pattern], form: &Form, expected: &[&[usize]]) {
        let mut found = found(patterns, form);
        let mut expected: Vec<BTreeSet<usize>> = expected.iter().map(|set| set.iter().copied().collect()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{patterns:?}");
    }

    #[test]
    fn every_set_of_patterns_that_a_text_fits_has_one() {
        let any = Form::new("", Tail::Text);
        let like = |text| Pattern::like(text, None);
        check(&[], &any, &[&[]]);
        check(&[like("*")], &any, &[&[0]]);
        check(&[like("a"), like("a*"), like("*a")], &any, &[&[], &[1], &[2], &[1, 2], &[0, 1, 2]]);
        check(&[like("?"), like("??*")], &any, &[&[], &[0], &[1]]);
        check(&[like("?"), like("??*")], &Form::new("", Tail::SomeText), &[&[0], &[1]]);
        check(&[Pattern::folded("k"), Pattern::text("k"), Pattern::text("K")], &any, &[&[], &[0], &[0, 1], &[0, 2]]);
        let arn = |text| Pattern::arn(text).unwrap();
        check(&[arn("arn:*:*:*:*:a*"), arn("*")], &any, &[&[], &[0, 1], &[1]]);
        check(&[like("arn:*:a"), arn("arn:aws:*:*:*:a")], &any, &[&[], &[0], &[0, 1]]);
        assert!(Pattern::arn("anr:*:*:*:*:*").is_none() && Pattern::arn("arn:*").is_none());
        let role = Form::new("arn:aws:iam::############:role/", Tail::PathAndName);
        check(&[arn("arn:aws:iam::1*:role/a/*"), arn("arn:aws:iam::*1:user/*")], &role, &[&[], &[0]]);
        check(
            &[arn("arn:aws:iam::11112222333?:role/x"), arn("arn:aws:iam::1*4:role/*")],
            &role,
            &[&[], &[0], &[1], &[0, 1]],
        );
        check(&[arn("arn:aws:iam::1:role/x"), arn("arn:aws:iam::*:role//x")], &role, &[&[]]);
    }

    #[test]
    fn too_many_ways_are_refused() {
        let patterns: Vec<Pattern> = ('a'..='z').map(|c| Pattern::like(&format!("*{c}*{c}*"), None)).collect();
        assert_eq!(representatives(&patterns, &Form::new("", Tail::Text), &[]), Err(TooManyWays));
    }

    proptest! {
        #[test]
        fn no_text_fits_a_set_without_one(
            patterns in proptest::collection::vec("[abA*?]{0,5}", 0..5),
            folded in "[ab]{0,3}",
            text in "[abAc/]{0,7}",
        ) {
            let mut patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::like(text, Some('/'))).collect();
            patterns.push(Pattern::folded(&folded));
            let own: BTreeSet<usize> = (0..patterns.len()).filter(|nth| patterns[*nth].fits(&text)).collect();
            prop_assert!(found(&patterns, &Form::new("", Tail::Text)).contains(&own));
        }

        #[test]
        fn no_name_fits_a_set_without_one(
            patterns in proptest::collection::vec("[rab/*?]{0,6}", 0..4),
            path in "([ab]{1,2}/){0,2}",
            name in "[ab]{1,3}",
        ) {
            let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::like(text, None)).collect();
            let text = format!("r1/{path}{name}");
            let own: BTreeSet<usize> = (0..patterns.len()).filter(|nth| patterns[*nth].fits(&text)).collect();
            prop_assert!(found(&patterns, &Form::new("r#/", Tail::PathAndName)).contains(&own));
        }

        #[test]
        fn patterns_fit_as_those_of_policies_do(pattern in "[ab*?:]{0,9}", text in "[ab:]{0,12}") {
            let condition = |operator: &str| {
                let policy = format!(
                    r#"{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"a:k": "arn:{pattern}"}}}}}}}}"#
                );
                let (policy, _) = crate::policy::Policy::read(&policy, crate::policy::PolicyKind::Identity).unwrap();
                let mut context = crate::policy::context::RequestContext::default();
                context.set("a:k", format!("arn:{text}"));
                policy.statements()[0].conditions[0].holds(&context).0
            };
            let (pattern, text) = (format!("arn:{pattern}"), format!("arn:{text}"));
            prop_assert_eq!(Pattern::like(&pattern, None).fits(&text), condition("StringLike"));
            prop_assert_eq!(Pattern::folded(&pattern).fits(&text), condition("StringEqualsIgnoreCase"));
            prop_assert_eq!(Pattern::arn(&pattern).is_some_and(|own| own.fits(&text)), condition("ArnLike"));
        }
    }
}
