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

static LESSONS: &[Lesson] = &[
    Lesson { id: "why-not-just-encrypt", text: include_str!("../../www/scenarios/why-not-just-encrypt.md") },
    Lesson { id: "an-envelope-byte-by-byte", text: include_str!("../../www/scenarios/an-envelope-byte-by-byte.md") },
    Lesson {
        id: "context-is-part-of-the-lock",
        text: include_str!("../../www/scenarios/context-is-part-of-the-lock.md"),
    },
];
