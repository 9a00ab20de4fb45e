//! In what the playground is not AWS: the rows of `www/differs.md`, which people read as it is.

use crate::story::table::rows;

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What AWS does, or does not say.
    pub aws: &'static str,
    /// What happens here.
    pub here: &'static str,
    pub why: &'static str,
    /// Where it is documented, or how else it is known.
    pub source: &'static str,
}

/// Every row, in the order of the file.
pub fn all() -> impl Iterator<Item = Difference> {
    rows(FILE).map(|[aws, here, why, source]| Difference { aws, here, why, source })
}

const FILE: &str = include_str!("../../www/differs.md");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_row_and_none_is_there_twice() {
        let lines = FILE.lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(all().count() + 2, lines, "a line of the table has not four cells");
        let mut seen = BTreeSet::new();
        for Difference { aws, here, why, source } in all() {
            assert!(seen.insert(aws), "twice: {aws}");
            for text in [aws, here] {
                assert!(text.ends_with('.'), "not a sentence: {text}");
            }
            for text in [why, source] {
                assert!(!text.is_empty() && !text.ends_with('.'), "not a few words: {text}");
            }
        }
    }
}
