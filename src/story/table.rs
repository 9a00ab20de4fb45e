//! Rows of a Markdown table in a file that people read as it is.

/// The cells of each row below the head, of a file with one table of `N` columns.
pub(super) fn rows<const N: usize>(file: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    file.lines().filter_map(cells).skip(1)
}

/// The cells of a line of the table; nothing for the line below the head.
fn cells<const N: usize>(line: &'static str) -> Option<[&'static str; N]> {
    let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    cells.try_into().ok().filter(|cells: &[&str; N]| cells.first() != Some(&"---"))
}
