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
    Lesson { id: "root-has-no-access", text: include_str!("../../www/scenarios/root-has-no-access.md") },
    Lesson {
        id: "administrators-are-not-users",
        text: include_str!("../../www/scenarios/administrators-are-not-users.md"),
    },
    Lesson {
        id: "iam-policies-count-only-because",
        text: include_str!("../../www/scenarios/iam-policies-count-only-because.md"),
    },
    Lesson { id: "two-accounts-must-say-yes", text: include_str!("../../www/scenarios/two-accounts-must-say-yes.md") },
    Lesson { id: "grants", text: include_str!("../../www/scenarios/grants.md") },
    Lesson { id: "locked-out", text: include_str!("../../www/scenarios/locked-out.md") },
    Lesson { id: "conditions", text: include_str!("../../www/scenarios/conditions.md") },
    Lesson {
        id: "who-can-give-themselves-more",
        text: include_str!("../../www/scenarios/who-can-give-themselves-more.md"),
    },
    Lesson { id: "a-key-gets-older", text: include_str!("../../www/scenarios/a-key-gets-older.md") },
    Lesson {
        id: "rotate-without-re-encrypting",
        text: include_str!("../../www/scenarios/rotate-without-re-encrypting.md"),
    },
    Lesson { id: "moving-the-alias", text: include_str!("../../www/scenarios/moving-the-alias.md") },
    Lesson { id: "what-cannot-rotate", text: include_str!("../../www/scenarios/what-cannot-rotate.md") },
    Lesson { id: "deleting-a-key-slowly", text: include_str!("../../www/scenarios/deleting-a-key-slowly.md") },
];
