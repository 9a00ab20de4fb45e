//! What happens in a lesson, at a glance: one mark for each request and how it was answered, each question, each task.
//!
//! Read off the file when the program is built, so that the list of lessons can show it without their texts. A lesson's
//! `expect` blocks are what its run gives, so the marks are its record.

/// One thing in a lesson, in the order of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    /// A page begins.
    Page,
    /// A request that was answered.
    Answered,
    Refused,
    /// Time passes, or something happens where KMS does not see it.
    Happens,
    Question,
    Task,
}

/// How many marks a file has.
pub(super) const fn count(text: &str) -> usize {
    read::<0>(text).1
}

/// The marks of a file, which has `N` of them.
pub(super) const fn marks<const N: usize>(text: &str) -> [Mark; N] {
    read::<N>(text).0
}

/// The first `N` marks, and how many there are.
const fn read<const N: usize>(text: &str) -> ([Mark; N], usize) {
    let (mut marks, mut found) = ([Mark::Page; N], 0);
    let mut rest = text.as_bytes();
    // Whether the answer to a request is still to come.
    let mut awaited = false;
    while !rest.is_empty() {
        let mark = match rest {
            [b'#', b'#', b' ', ..] => Some(Mark::Page),
            [b'`', b'`', b'`', b'c', b'a', b'l', b'l', ..] => {
                awaited = true;
                None
            }
            [b'`', b'`', b'`', b'a', b'd', b'v', ..] | [b'`', b'`', b'`', b'i', b'n', b'c', ..] => Some(Mark::Happens),
            [b'`', b'`', b'`', b'p', b'r', b'e', ..] => Some(Mark::Question),
            [b'`', b'`', b'`', b't', b'a', b's', b'k', ..] => Some(Mark::Task),
            [b'2', b'0', b'0', b'\n', ..] | [b'=', b' ', ..] if awaited => {
                awaited = false;
                Some(Mark::Answered)
            }
            [b'4' | b'5', b'0', b'0', b' ', ..] | [b'!', b' ', ..] if awaited => {
                awaited = false;
                Some(Mark::Refused)
            }
            _ => None,
        };
        if let Some(mark) = mark {
            if let Some((_, [place, ..])) = marks.as_mut_slice().split_at_mut_checked(found) {
                *place = mark;
            }
            found += 1;
        }
        while let [letter, after @ ..] = rest {
            rest = after;
            if *letter == b'\n' {
                break;
            }
        }
    }
    (marks, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_a_file_are_those_of_its_blocks() {
        const TEXT: &str = "---\nid: x\n---\n\n## One\n\n```call as=root op=ListKeys\n{}\n```\n\n```expect\n200\nallow\n```\n\n\
                            ```predict\nSo?\n- [x] Yes.\n- [ ] No.\n> Why.\n```\n\n```call as=root op=s3:GetObject\n{}\n```\n\n\
                            ```expect\nkms Decrypt by x -> AccessDeniedException\n! 403 AccessDenied No.\n```\n\n## Two\n\n\
                            ```advance\n1d\n```\n\n```expect\nnothing happened by itself\n```\n\n```task goal=\"success ListKeys\"\nDo.\n```\n\n\
                            ```solution as=root op=ListKeys\n{}\n```\n\n```expect\n200\n```\n";
        const COUNT: usize = count(TEXT);
        let expected =
            [Mark::Page, Mark::Answered, Mark::Question, Mark::Refused, Mark::Page, Mark::Happens, Mark::Task];
        assert_eq!(marks::<COUNT>(TEXT), expected);
    }
}
