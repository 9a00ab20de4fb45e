//! What keys and requests cost at AWS, in US dollars, without taxes and without what stands behind custom key stores.
//!
//! Source: AWS KMS pricing page, figures of 2026, the same in every Region of this program. Whole numbers only.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Mul},
};

use serde::Serialize;

use crate::kms::{
    key::{Key, KeyManager, KeyState},
    material::MadeBy,
    rules::Rules,
    spec::KeySpec,
    world::World,
};

/// An amount, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MicroDollars(pub u64);

impl Add for MicroDollars {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for MicroDollars {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Sum for MicroDollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// In dollars, with cents and with as many digits more as there are: `$3.00`, `$0.000015`.
impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, cents, rest) = (self.0 / 1_000_000, self.0 / 10_000 % 100, self.0 % 10_000);
        write!(f, "${dollars}.{cents:02}")?;
        if rest == 0 { Ok(()) } else { f.write_str(format!("{rest:04}").trim_end_matches('0')) }
    }
}

/// A customer managed key of any kind, for a month; as much again for each rotation that is charged.
pub const KEY: MicroDollars = MicroDollars(1_000_000);

impl Key {
    /// What a month with the key as it is now costs. Related multi-Region keys are each charged.
    pub fn monthly_cost(&self, rules: Rules) -> MicroDollars {
        let is_going = matches!(self.state, KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. });
        if self.manager == KeyManager::Aws || is_going {
            return MicroDollars(0);
        }
        let charged = match rules {
            // Until May 2024 every rotated version was charged, for ever.
            Rules::Classic => self.rotations(),
            Rules::Today => self.rotations().min(2),
        };
        KEY * charged.saturating_add(1)
    }

    /// How often it has rotated.
    pub fn rotations(&self) -> u64 {
        let rotations = self.materials().iter().filter(|material| material.by != MadeBy::Creation).count();
        u64::try_from(rotations).unwrap_or(u64::MAX)
    }
}

impl World {
    /// What a month with the keys as they are now costs.
    pub fn monthly_cost(&self) -> MicroDollars {
        self.keys().map(|key| key.monthly_cost(self.rules())).sum()
    }
}

/// Requests of one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Priced {
    /// All that are not of another kind: those with symmetric and HMAC keys, and management.
    Symmetric,
    Rsa2048,
    /// With any other key pair.
    Asymmetric,
    EccPairs,
    RsaPairs,
}

impl Priced {
    /// A cryptographic operation with a key of that spec.
    pub fn of_keys(spec: KeySpec) -> Self {
        match (spec.scheme(), spec) {
            (None, _) => Self::Symmetric,
            (Some(_), KeySpec::Rsa2048) => Self::Rsa2048,
            (Some(_), _) => Self::Asymmetric,
        }
    }

    /// A data key pair of that spec.
    pub fn of_pairs(spec: KeySpec) -> Self {
        if matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096) {
            Self::RsaPairs
        } else {
            Self::EccPairs
        }
    }

    /// What one request costs. The pricing page tells it of 10,000.
    pub fn each(self) -> MicroDollars {
        MicroDollars(match self {
            Self::Symmetric | Self::Rsa2048 => 3,
            Self::Asymmetric => 15,
            Self::EccPairs => 10,
            Self::RsaPairs => 1_200,
        })
    }

    /// How many are free in a month, over all Regions.
    pub fn free(self) -> u64 {
        match self {
            Self::Symmetric => 20_000,
            Self::Rsa2048 | Self::Asymmetric | Self::EccPairs | Self::RsaPairs => 0,
        }
    }

    /// What `requests` of an account cost in a month.
    pub fn monthly_cost(self, requests: u64) -> MicroDollars {
        self.each() * requests.saturating_sub(self.free())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        arn::{AliasArn, KeyArn, Region},
        clock::Span,
        entropy::Seed,
        kms::{KeyUsage, Kind, Origin, Setting},
        policy::{Policy, PolicyKind},
    };

    #[test]
    fn a_key_costs_a_dollar_and_its_rotations_as_the_rules_say() {
        let every_year = |years: u32| 365 * years;
        // Rules, days that the key rotates every 365 of, and what a month costs then.
        for (rules, days, expected) in [
            (Rules::Today, 0, "$1.00"),
            (Rules::Today, 364, "$1.00"),
            (Rules::Today, 365, "$2.00"),
            (Rules::Today, every_year(2), "$3.00"),
            (Rules::Today, every_year(3), "$3.00"),
            (Rules::Today, every_year(20), "$3.00"),
            (Rules::Classic, every_year(2), "$3.00"),
            (Rules::Classic, every_year(3), "$4.00"),
            (Rules::Classic, every_year(20), "$21.00"),
        ] {
            let (mut world, key) = world(rules);
            world.advance(Span::days(days));
            assert_eq!(world.monthly_cost().to_string(), expected, "{rules}, day {days}");
            assert_eq!(world.monthly_cost(), world.key(&key).unwrap().monthly_cost(rules));
        }
    }

    #[test]
    fn what_is_to_be_deleted_and_what_aws_manages_is_free() {
        let (mut world, key) = world(Rules::Today);
        let alias = AliasArn { account: key.account, region: key.region, name: "alias/aws/s3".parse().unwrap() };
        world.make_managed_key(&alias);
        assert_eq!((world.keys().count(), world.monthly_cost().to_string()), (2, "$1.00".to_owned()));
        for (state, expected) in [
            (KeyState::PendingDeletion { deletion_date: world.now }, "$0.00"),
            (KeyState::PendingReplicaDeletion { window_days: 7 }, "$0.00"),
            (KeyState::Disabled, "$1.00"),
            (KeyState::PendingImport, "$1.00"),
        ] {
            let changed = Key { state, ..Key::clone(world.key(&key).unwrap()) };
            world.put_key(changed);
            assert_eq!(world.monthly_cost().to_string(), expected, "{state:?}");
        }
    }

    #[test]
    fn requests_cost_by_their_kind_and_the_first_are_free() {
        for (kind, requests, expected) in [
            (Priced::Symmetric, 20_000, "$0.00"),
            (Priced::Symmetric, 20_001, "$0.000003"),
            (Priced::Symmetric, 30_000, "$0.03"),
            // 10,050 a second for 30 days.
            (Priced::Symmetric, 10_050 * 86_400 * 30, "$78148.74"),
            (Priced::Rsa2048, 1, "$0.000003"),
            (Priced::Rsa2048, 10_000, "$0.03"),
            (Priced::Asymmetric, 10_000, "$0.15"),
            (Priced::EccPairs, 10_000, "$0.10"),
            (Priced::RsaPairs, 10_000, "$12.00"),
            (Priced::RsaPairs, 1, "$0.0012"),
        ] {
            assert_eq!(kind.monthly_cost(requests).to_string(), expected, "{requests} of {kind:?}");
        }
        for (spec, with_key, pair) in [
            (KeySpec::SymmetricDefault, Priced::Symmetric, None),
            (KeySpec::Hmac512, Priced::Symmetric, None),
            (KeySpec::Rsa2048, Priced::Rsa2048, Some(Priced::RsaPairs)),
            (KeySpec::Rsa3072, Priced::Asymmetric, Some(Priced::RsaPairs)),
            (KeySpec::EccNistP256, Priced::Asymmetric, Some(Priced::EccPairs)),
            (KeySpec::EccNistEdwards25519, Priced::Asymmetric, Some(Priced::EccPairs)),
            (KeySpec::MlDsa44, Priced::Asymmetric, None),
            (KeySpec::MlKem768, Priced::Asymmetric, None),
        ] {
            assert_eq!(Priced::of_keys(spec), with_key, "{spec}");
            assert!(pair.is_none_or(|pair| Priced::of_pairs(spec) == pair), "{spec}");
        }
    }

    fn world(rules: Rules) -> (World, KeyArn) {
        let mut world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        world.set(Setting::Rules(rules));
        let arn = KeyArn {
            account: "111122223333".parse().unwrap(),
            region: Region::US_EAST_1,
            id: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
        };
        let kind = Kind { spec: KeySpec::SymmetricDefault, usage: KeyUsage::EncryptDecrypt, origin: Origin::AwsKms };
        let policy = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
        let policy = Policy::parse(policy, PolicyKind::Key).unwrap();
        let mut key = Key::create(arn, kind, policy, String::new(), world.now, &mut world.entropy);
        key.enable_rotation(365, world.now);
        world.add_key(key).unwrap();
        (world, arn)
    }
}
