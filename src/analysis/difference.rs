//! What an edit changed, as a person reads it: the lines that went and those that came.

/// A line of one of two texts that is not in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Gone(String),
    New(String),
}

/// The fewest lines in which two texts differ, in their order. Of long lines only what is around the difference is kept.
pub fn lines(old: &str, new: &str) -> Vec<Line> {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    let rest = before.len().min(after.len()).saturating_sub(head);
    let tail = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let gone = before.get(head..before.len().saturating_sub(tail)).unwrap_or_default();
    let new = after.get(head..after.len().saturating_sub(tail)).unwrap_or_default();
    let indent = gone.iter().chain(new).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let bare = |line: &&str| line.get(indent..).unwrap_or_default().to_owned();
    if let ([gone], [new]) = (gone, new) {
        let (gone, new) = (bare(gone), bare(new));
        return vec![Line::Gone(around(&gone, &new)), Line::New(around(&new, &gone))];
    }
    told(gone, new)
        .into_iter()
        .map(|(is_new, line)| {
            let line = around(&bare(&line), "");
            if is_new { Line::New(line) } else { Line::Gone(line) }
        })
        .collect()
}

/// The lines that go and come between two stretches, by the longest sequence of lines that they have in common.
fn told<'t>(gone: &[&'t str], new: &[&'t str]) -> Vec<(bool, &'t str)> {
    let width = new.len() + 1;
    // How many lines the rests of both from there on have in common. More of them than this are not compared.
    let cells = if gone.len() * new.len() > MOST_COMPARED { 0 } else { (gone.len() + 1) * width };
    let mut common = vec![0_u32; cells];
    let at = |old: usize, new: usize| old * width + new;
    let read = |common: &[u32], place: usize| common.get(place).copied().unwrap_or(0);
    for (old, line) in gone.iter().enumerate().rev().filter(|_| cells > 0) {
        for (other, other_line) in new.iter().enumerate().rev() {
            let value = if line == other_line {
                read(&common, at(old + 1, other + 1)) + 1
            } else {
                read(&common, at(old + 1, other)).max(read(&common, at(old, other + 1)))
            };
            if let Some(cell) = common.get_mut(at(old, other)) {
                *cell = value;
            }
        }
    }
    let (mut old, mut other, mut told) = (0, 0, Vec::new());
    loop {
        match (gone.get(old), new.get(other)) {
            (None, None) => return told,
            (Some(line), Some(same)) if line == same => (old, other) = (old + 1, other + 1),
            (Some(line), next)
                if next.is_none() || read(&common, at(old + 1, other)) >= read(&common, at(old, other + 1)) =>
            {
                told.push((false, *line));
                old += 1;
            }
            (_, Some(line)) => {
                told.push((true, *line));
                other += 1;
            }
            (Some(line), None) => {
                told.push((false, *line));
                old += 1;
            }
        }
    }
}

const MOST_COMPARED: usize = 250_000;
/// So many characters of a line are kept.
const LONGEST: usize = 240;
/// So many stand before the first that differs.
const LEAD: usize = 60;

fn around(line: &str, other: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let same = line.chars().zip(other.chars()).take_while(|(own, other)| own == other).count();
    let skipped = same.saturating_sub(LEAD);
    let kept: String = line.chars().skip(skipped).take(LONGEST).collect();
    let (before, after) = (skipped > 0, skipped + LONGEST < line.chars().count());
    format!("{}{kept}{}", if before { "…" } else { "" }, if after { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let told = lines(old, new).into_iter().map(|line| match line {
            Line::Gone(line) => format!("-{line}"),
            Line::New(line) => format!("+{line}"),
        });
        assert_eq!(told.collect::<Vec<_>>().join("\n"), expected);
    }

    #[test]
    fn what_differs_is_told_without_the_rest() {
        check("a\nb\nc", "a\nb\nc", "");
        check("a\nb\nc", "a\nB\nc", "-b\n+B");
        check("a\nc", "a\nb\nc", "+b");
        check("a\nb\nc", "a\nc", "-b");
        check("a\na", "a\na\na", "+a");
        check("", "a\nb", "+a\n+b");
        check("a: {\n  b\n}", "a: [{\n  b\n}]", "-a: {\n+a: [{\n-}\n+}]");
        check("{\n    a,\n      b\n}", "{\n    a\n}", "-a,\n-  b\n+a");
    }

    #[test]
    fn of_a_long_line_the_difference_is_told() {
        let (lead, rest) = ("x".repeat(300), "y".repeat(300));
        let [gone, new] =
            [format!("…{}é{}…", "x".repeat(60), "y".repeat(179)), format!("…{}{}…", "x".repeat(60), "y".repeat(180))];
        check(&format!("{lead}é{rest}"), &format!("{lead}{rest}"), &format!("-{gone}\n+{new}"));
    }
}
