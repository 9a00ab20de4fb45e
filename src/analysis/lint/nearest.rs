//! The name that somebody meant.

/// The nearest of the names, if one is near enough to have been meant. Case does not count.
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let written = written.to_ascii_lowercase();
    if written.len() > LONGEST {
        return None;
    }
    let scored = names.into_iter().map(|name| (distance(&written, &name.to_ascii_lowercase()), name));
    let allowed = (written.len() / 4).clamp(1, 4);
    scored.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= allowed).map(|(_, name)| name)
}

const LONGEST: usize = 100;

/// How many letters have to be put in, left out or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to = to.as_bytes();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (nth, from) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), nth + 1);
        let mut left = nth + 1;
        for (above, to) in row.iter_mut().skip(1).zip(to) {
            let changed = diagonal + usize::from(from != *to);
            diagonal = *above;
            left = changed.min(left + 1).min(*above + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
