//! A first walk through a service: a few requests that show what it does with keys, and what happens without them.

/// One thing done on the way.
pub struct Move {
    /// What to see here, in a sentence.
    pub about: &'static str,
    /// Who does it: a user, or `OrdersApp`, of the first account.
    pub who: &'static str,
    pub deed: Deed,
    /// Whether it is refused.
    pub refused: bool,
}

/// What is done. Bodies are JSON text; `$orders` in them is the id of the key behind `alias/orders`, `$VolumeId` what the
/// last answer with such a member had.
pub enum Deed {
    /// Of the service: operation and parameters.
    Ask(&'static str, &'static str),
    /// Of KMS: operation and members.
    AskKms(&'static str, &'static str),
    /// Of another service, by name: operation and parameters.
    AskOther(&'static str, &'static str, &'static str),
    /// Time passes, for example `5m`.
    Wait(&'static str),
}

impl Move {
    pub const fn ask(about: &'static str, operation: &'static str, body: &'static str) -> Self {
        Self { about, who: "Developer", deed: Deed::Ask(operation, body), refused: false }
    }

    pub const fn kms(about: &'static str, operation: &'static str, body: &'static str) -> Self {
        Self { about, who: "KMSKeyAdmin", deed: Deed::AskKms(operation, body), refused: false }
    }

    pub const fn other(
        service: &'static str,
        about: &'static str,
        operation: &'static str,
        body: &'static str,
    ) -> Self {
        Self { about, who: "Developer", deed: Deed::AskOther(service, operation, body), refused: false }
    }

    pub const fn wait(about: &'static str, span: &'static str) -> Self {
        Self { about, who: "Developer", deed: Deed::Wait(span), refused: false }
    }

    #[must_use]
    pub const fn by(self, who: &'static str) -> Self {
        Self { who, ..self }
    }

    #[must_use]
    pub const fn refused(self) -> Self {
        Self { refused: true, ..self }
    }
}
