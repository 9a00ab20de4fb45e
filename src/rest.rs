//! The part of the program that the page fetches after its first picture, and how to do without it until then.
//!
//! `cargo xtask build` puts into a file of its own whatever only [`within`] leads to, code and data. Everywhere else the
//! program is whole from the start: natively, in the npm package, in tests and while playing.
//!
//! INVARIANT: nothing is ever made up in place of the rest. What needs it is not begun before it is here, or is done
//! by way of [`without`], which throws away what came of it.

use std::cell::Cell;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Here,
    Awaited,
    /// Something is being done without it.
    Tried {
        missed: bool,
    },
}

thread_local! {
    static REST: Cell<Rest> = const { Cell::new(Rest::Here) };
}

/// Whether the program is whole.
pub fn is_here() -> bool {
    REST.get() == Rest::Here
}

/// The rest is on its way, until it has [`arrived`].
pub fn awaited() {
    REST.set(Rest::Awaited);
}

/// The rest is here.
pub fn arrived() {
    REST.set(Rest::Here);
}

/// What `work` comes to; nothing if the rest is not here and was missed, in which case `work` has to be done again later.
/// It must change nothing but what it returns.
pub fn without<T>(work: impl FnOnce() -> T) -> Option<T> {
    if is_here() {
        return Some(work());
    }
    REST.set(Rest::Tried { missed: false });
    let result = work();
    let missed = REST.replace(Rest::Awaited) == Rest::Tried { missed: true };
    (!missed).then_some(result)
}

/// Does work of the rest; nothing where it is missed, which [`without`] then knows.
///
/// To need it before it is here and without having asked is a mistake that stops the page: the first call across the
/// border meets an empty place in the table.
pub fn needed<T>(work: impl FnOnce() -> T) -> Option<T> {
    match REST.get() {
        Rest::Here | Rest::Awaited => Some(within(work)),
        Rest::Tried { .. } => {
            REST.set(Rest::Tried { missed: true });
            None
        }
    }
}

/// The border: does work of the rest, which must be here. `xtask/split.mjs` knows this function by its name.
#[inline(never)]
pub fn within<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misses_the_rest_comes_to_nothing_until_it_is_here() {
        let easy = || without(|| 1);
        let hard = || without(|| needed(|| 2));
        assert_eq!((is_here(), easy(), hard()), (true, Some(1), Some(Some(2))));
        awaited();
        assert_eq!((is_here(), easy(), hard(), easy()), (false, Some(1), None, Some(1)));
        assert!(!is_here(), "trying does not bring it");
        arrived();
        assert_eq!((is_here(), hard()), (true, Some(Some(2))));
    }
}
