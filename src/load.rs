//! Traffic against the request quotas, second by second: what is offered, served and refused, what is sent again, how
//! long that takes, and what it costs.
//!
//! INVARIANT: a pure function of a [`Lab`], in whole numbers. It asks the buckets that the endpoint asks, and runs no
//! request: an hour of ten thousand requests a second is counted in the time of a few.

pub mod arrivals;
pub mod cloudwatch;
pub mod cost;
mod error;
pub mod lab;
pub mod meter;
pub mod presets;
mod remedy;
mod retry;
mod together;
mod traffic;

pub use error::{LabError, Unreadable};
pub use lab::Lab;
pub use meter::{Meter, measure};
pub use retry::Waits;

/// What comes of a lab that is one JSON value.
///
/// # Errors
///
/// When it is no lab; the error says what is wrong and where.
pub fn of_text(text: &str) -> Result<Meter, LabError> {
    measure(&Lab::parse(text)?)
}

#[cfg(test)]
mod tests;
