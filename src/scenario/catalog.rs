//! The lessons of this program, in the order in which to take them. They are part of it: they need no network.

/// One lesson as it was written.
pub struct Lesson {
    /// The name of its file, without `.md`.
    pub id: &'static str,
    pub text: &'static str,
}

/// Every lesson.
pub fn lessons() -> &'static [Lesson] {
    LESSONS
}

/// A lesson by the name of its file.
macro_rules! lesson {
    ($id:literal) => {
        Lesson { id: $id, text: include_str!(concat!("../../www/scenarios/", $id, ".md")) }
    };
}

static LESSONS: &[Lesson] = &[
    lesson!("why-not-just-encrypt"),
    lesson!("an-envelope-byte-by-byte"),
    lesson!("context-is-part-of-the-lock"),
    lesson!("root-has-no-access"),
    lesson!("administrators-are-not-users"),
    lesson!("iam-policies-count-only-because"),
    lesson!("two-accounts-must-say-yes"),
    lesson!("grants"),
    lesson!("locked-out"),
    lesson!("conditions"),
    lesson!("who-can-give-themselves-more"),
    lesson!("a-key-gets-older"),
    lesson!("rotate-without-re-encrypting"),
    lesson!("moving-the-alias"),
    lesson!("what-cannot-rotate"),
    lesson!("deleting-a-key-slowly"),
    lesson!("imported-material-runs-out"),
    lesson!("ten-thousand-views-a-second"),
    lesson!("whose-quota-is-it"),
    lesson!("what-it-costs"),
];
