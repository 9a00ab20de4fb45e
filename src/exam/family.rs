//! What there are questions about.

use serde::Serialize;

use crate::{
    exam::{
        Question, alias, charges, context, deletion, draw::Draw, grants, imported, longest, material, policies,
        regions, rotation, services, states,
    },
    lang::{msg, tr},
    scenario::part::Part,
};

/// A kind of scenario, with one thing that is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Family {
    Context,
    Alias,
    Policies,
    Grants,
    States,
    Material,
    Rotation,
    Deletion,
    Imported,
    Regions,
    Services,
    Charges,
    Longest,
}

/// How much of the course a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One rule decides.
    Basics,
    /// Several rules meet.
    Advanced,
}

impl Level {
    pub const ALL: [Self; 2] = [Self::Basics, Self::Advanced];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basics => msg!("basics"),
            Self::Advanced => msg!("advanced"),
        }
    }
}

/// Where its world is best looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Policy,
    Rotation,
    Services,
    Console,
}

impl Family {
    pub const ALL: [Self; 13] = [
        Self::Context,
        Self::Alias,
        Self::Policies,
        Self::Grants,
        Self::States,
        Self::Material,
        Self::Rotation,
        Self::Deletion,
        Self::Imported,
        Self::Regions,
        Self::Services,
        Self::Charges,
        Self::Longest,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Context => tr!("Encryption context"),
            Self::Alias => tr!("Aliases and ciphertexts"),
            Self::Policies => "Policies",
            Self::Grants => tr!("Grants and their constraints"),
            Self::States => tr!("Key states"),
            Self::Material => tr!("Key materials"),
            Self::Rotation => tr!("The next rotation"),
            Self::Deletion => tr!("The day of deletion"),
            Self::Imported => tr!("Imported key material"),
            Self::Regions => tr!("Multi-Region keys"),
            Self::Services => tr!("Services without their key"),
            Self::Charges => tr!("Whose quota"),
            Self::Longest => tr!("How much fits"),
        }
    }

    /// Of the course.
    pub fn part(self) -> Part {
        match self {
            Self::Context | Self::Alias => Part::Envelope,
            Self::Policies | Self::Grants => Part::WhoMay,
            Self::States | Self::Material | Self::Rotation | Self::Deletion | Self::Imported | Self::Regions => {
                Part::KeysAndTime
            }
            Self::Services => Part::Services,
            Self::Charges | Self::Longest => Part::LimitsAndCost,
        }
    }

    pub fn level(self) -> Level {
        match self {
            Self::Context | Self::Policies | Self::States | Self::Deletion | Self::Longest => Level::Basics,
            Self::Alias
            | Self::Grants
            | Self::Material
            | Self::Rotation
            | Self::Imported
            | Self::Regions
            | Self::Services
            | Self::Charges => Level::Advanced,
        }
    }

    pub fn view(self) -> View {
        match self {
            Self::Policies | Self::Grants => View::Policy,
            Self::Material | Self::Rotation | Self::Deletion => View::Rotation,
            Self::Services => View::Services,
            Self::Context
            | Self::Alias
            | Self::States
            | Self::Imported
            | Self::Regions
            | Self::Charges
            | Self::Longest => View::Console,
        }
    }

    pub(super) fn ask(self, draw: &mut Draw) -> Option<Question> {
        match self {
            Self::Context => context::ask(draw),
            Self::Alias => alias::ask(draw),
            Self::Policies => policies::ask(draw),
            Self::Grants => grants::ask(draw),
            Self::States => states::ask(draw),
            Self::Material => material::ask(draw),
            Self::Rotation => rotation::ask(draw),
            Self::Deletion => deletion::ask(draw),
            Self::Imported => imported::ask(draw),
            Self::Regions => regions::ask(draw),
            Self::Services => services::ask(draw),
            Self::Charges => charges::ask(draw),
            Self::Longest => longest::ask(draw),
        }
    }
}
