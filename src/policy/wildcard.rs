//! Wildcards: `*` is any run of characters, `?` is any one.

use std::fmt;

/// A pattern with the work that does not depend on the text done once.
pub(super) struct Wildcard {
    /// The stretches between stars; one more than there are stars.
    stretches: Box<[Stretch]>,
}

/// Characters that follow one another.
enum Stretch {
    Text(Box<str>),
    /// With `?`, which is `None`, among them.
    Open(Box<[Option<char>]>),
}

/// A part of a pattern.
#[derive(Clone, Copy)]
pub(super) enum Token<'a> {
    /// `*`
    Run,
    /// `?`
    One,
    /// Characters that mean themselves.
    Text(&'a str),
}

impl Wildcard {
    pub(super) fn new(pattern: &str) -> Self {
        Self::of(tokens(pattern))
    }

    pub(super) fn of<'a>(tokens: impl IntoIterator<Item = Token<'a>>) -> Self {
        let mut stretches = Vec::new();
        let mut stretch: Vec<Option<char>> = Vec::new();
        for token in tokens {
            match token {
                // Runs of stars are one star.
                Token::Run if stretch.is_empty() && !stretches.is_empty() => {}
                Token::Run => stretches.push(Stretch::of(std::mem::take(&mut stretch))),
                Token::One => stretch.push(None),
                Token::Text(text) => stretch.extend(text.chars().map(Some)),
            }
        }
        stretches.push(Stretch::of(stretch));
        Self { stretches: stretches.into() }
    }

    /// Whether every text matches.
    pub(super) fn is_anything(&self) -> bool {
        self.stretches.len() == 2 && self.stretches.iter().all(Stretch::is_empty)
    }

    /// Whether the whole text fits.
    ///
    /// Each stretch takes the first place where it fits: one that has found its place need not look for another. So
    /// the text is gone over once, by a search that is linear where no `?` is in the way, and else takes as many steps
    /// for each character as the stretch has machine words.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.stretches.split_first() else { return false };
        let Some(text) = first.strip_start(text) else { return false };
        let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
        let mut text = text;
        for stretch in middle {
            let Some(after) = stretch.find(text) else { return false };
            text = after;
        }
        last.ends(text)
    }
}

/// A pattern cut into its parts.
fn tokens(pattern: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let first = rest.as_bytes().first()?;
        let end = match first {
            b'*' | b'?' => 1,
            _ => rest.find(['*', '?']).unwrap_or(rest.len()),
        };
        let (part, others) = rest.split_at_checked(end)?;
        rest = others;
        Some(match first {
            b'*' => Token::Run,
            b'?' => Token::One,
            _ => Token::Text(part),
        })
    })
}

impl Stretch {
    fn of(characters: Vec<Option<char>>) -> Self {
        match characters.iter().copied().collect::<Option<String>>() {
            Some(text) => Self::Text(text.into()),
            None => Self::Open(characters.into()),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// What comes after the stretch, if the text starts with it.
    fn strip_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(wanted) => text.strip_prefix(&**wanted),
            Self::Open(wanted) => {
                let mut rest = text.chars();
                wanted
                    .iter()
                    .all(|want| rest.next().is_some_and(|got| fits(*want, got)))
                    .then_some(())
                    .map(|()| rest.as_str())
            }
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => text.ends_with(&**wanted),
            Self::Open(wanted) => {
                let mut rest = text.chars().rev();
                wanted.iter().rev().all(|want| rest.next().is_some_and(|got| fits(*want, got)))
            }
        }
    }

    /// What comes after the first place where the stretch fits.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Text(wanted) => text.split_once(&**wanted).map(|(_, after)| after),
            Self::Open(wanted) => find_open(wanted, text),
        }
    }
}

fn fits(want: Option<char>, got: char) -> bool {
    want.is_none_or(|want| want == got)
}

/// All places at once: bit n says that the text read so far ends with the first n + 1 characters wanted (the Shift-And
/// algorithm of Baeza-Yates and Gonnet).
fn find_open<'t>(wanted: &[Option<char>], text: &'t str) -> Option<&'t str> {
    let words = wanted.len().div_ceil(64);
    let bits = |fits: &dyn Fn(Option<char>) -> bool| -> Vec<u64> {
        let word = |chunk: &[Option<char>]| chunk.iter().rev().fold(0, |word, want| word << 1 | u64::from(fits(*want)));
        wanted.chunks(64).map(word).collect()
    };
    let mut distinct: Vec<char> = wanted.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let masks: Vec<Vec<u64>> = distinct.iter().map(|got| bits(&|want| fits(want, *got))).collect();
    let any = bits(&|want| want.is_none());
    let last = 1_u64 << (wanted.len().wrapping_sub(1) % 64);
    let mut state = vec![0_u64; words];
    let mut rest = text.chars();
    while let Some(got) = rest.next() {
        let mask = distinct.binary_search(&got).ok().and_then(|at| masks.get(at)).unwrap_or(&any);
        let mut carry = 1;
        for (word, mask) in state.iter_mut().zip(mask) {
            let out = *word >> 63;
            *word = (*word << 1 | carry) & mask;
            carry = out;
        }
        if state.last().is_some_and(|word| word & last != 0) {
            return Some(rest.as_str());
        }
    }
    None
}

/// Shows the pattern.
impl fmt::Debug for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, stretch) in self.stretches.iter().enumerate() {
            f.write_str(if nth > 0 { "*" } else { "" })?;
            match stretch {
                Stretch::Text(text) => f.write_str(text)?,
                Stretch::Open(wanted) => f.write_str(&wanted.iter().map(|c| c.unwrap_or('?')).collect::<String>())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, without any cleverness.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', after)), _) => {
                by_definition(after, text) || text.split_first().is_some_and(|(_, rest)| by_definition(pattern, rest))
            }
            (Some((want, after)), Some((got, rest))) => (*want == '?' || want == got) && by_definition(after, rest),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_match_by_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = by_definition(&chars(&pattern), &chars(&text));
            prop_assert_eq!(Wildcard::new(&pattern).matches(&text), expected);
        }
    }

    #[test]
    fn a_hostile_pattern_is_gone_through_once() {
        let text = "a".repeat(16_384);
        let stars = Wildcard::new(&format!("{}b", "a*".repeat(5_000)));
        assert!(!stars.matches(&text));
        assert!(stars.matches(&format!("{text}b")));
        assert!(!Wildcard::new(&"a*".repeat(16_385)).matches(&text));
        assert!(!Wildcard::new(&format!("{}b", "*".repeat(200_000))).matches(&text));
        assert!(!Wildcard::new(&format!("*?{}b*", "a".repeat(8_000))).matches(&text));
        assert!(Wildcard::new(&format!("*?{}?*", "a".repeat(8_000))).matches(&text));
        assert!(!Wildcard::new(&"*?".repeat(16_385)).matches(&text));
        assert!(Wildcard::new(&"*?".repeat(16_384)).matches(&text));
    }

    #[test]
    fn a_stretch_may_have_many_words() {
        for length in [63, 64, 65, 128, 129] {
            let found = format!("*?{}*", "b".repeat(length));
            assert!(Wildcard::new(&found).matches(&format!("aa{}c", "b".repeat(length))), "{length}");
            assert!(!Wildcard::new(&found).matches(&format!("aa{}c", "b".repeat(length - 1))), "{length}");
        }
    }
}
