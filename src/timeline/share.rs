//! A world as a short text that goes into an address or a file: `1.` and base64url of a checksum and deflated JSON.
//!
//! INVARIANT: every version that was ever released is read, for ever (`tests/data/shares/`); a text that is not whole is
//! refused before anything of it is looked at; and without [`Material::Included`] no secret is in it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::{
    deflate,
    inflate::{self, TINFLStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::{
    arn::Region,
    entropy::Seed,
    estate::principal::Caller,
    kms::snapshot::{self, DamagedSnapshot},
    lang::tr,
    timeline::{Timeline, saved::Saved},
};

/// The version this build writes. It reads every version up to it.
pub const VERSION: u32 = 1;
/// More than this is no link but a file, in characters: longer addresses are cut off in too many places.
pub const LONGEST_LINK: usize = 8_000;
/// No longer text is written or read, in characters.
pub const LONGEST_TEXT: usize = 4 << 20;
/// No text is read that unfolds to more, in bytes.
pub const LARGEST_WORLD: usize = 16 << 20;

/// Whether what makes the keys is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Material {
    /// The present world without its secrets and without its history, from which they would follow. Who opens it draws
    /// fresh key material. What services have stored is left out: it is sealed under the material that stays.
    Withheld,
    /// Everything, to the last random byte: whoever has the text has the keys.
    Included,
}

/// What a text holds beside a world: what somebody looked at.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Place {
    /// The address of a view within the page, for example `#/policy/3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// On whose behalf requests were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// What a text is opened to.
pub struct Shared {
    pub timeline: Timeline,
    pub place: Place,
    pub material: Material,
}

/// The world is too large to be handed on as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// A text that opens no world.
#[derive(Clone, Debug, PartialEq)]
pub enum DamagedLink {
    /// It does not begin as one.
    NotOne,
    /// Of a later version of this program.
    Version { got: u32 },
    /// Cut short or changed on the way.
    NotWhole,
    /// It is, or unfolds to, more than is read.
    TooLarge,
    /// Whole, but its content is none of this program's.
    Content,
    /// The world in it cannot be used.
    World(DamagedSnapshot),
}

impl fmt::Display for DamagedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne => f.write_str(tr!("this is not a world that somebody shared")),
            Self::Version { got } => f.write_str(&tr!(
                "it was made by a later version of the playground (format {got}; this one reads up to {newest}); reload the \
                 page to get the latest",
                got,
                newest = VERSION
            )),
            Self::NotWhole => f.write_str(tr!("it was cut short or changed on its way; copy the whole of it once more")),
            Self::TooLarge => f.write_str(tr!("it is larger than any world that the playground hands on")),
            Self::Content => f.write_str(tr!("it was not made by the playground")),
            Self::World(damage) => damage.fmt(f),
        }
    }
}

impl std::error::Error for DamagedLink {}

#[derive(Deserialize, Serialize)]
struct Content<'a> {
    place: Place,
    /// Whether key material has to be drawn.
    fresh: bool,
    #[serde(borrow)]
    world: &'a RawValue,
}

/// What there is in a world, in numbers: what a person hands on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inventory {
    pub accounts: u64,
    /// Users and roles.
    pub principals: u64,
    pub keys: u64,
    /// Of keys, principals, groups, endpoints and the organization.
    pub policies: u64,
    pub grants: u64,
    /// Keys whose material its owner imported.
    pub imported: u64,
    /// Up to the cursor.
    pub steps: u64,
}

impl Timeline {
    pub fn inventory(&self) -> Inventory {
        let world = self.world();
        let accounts = world.estate.accounts.values();
        let (mut principals, mut policies) = (0, world.keys().count());
        for account in accounts {
            principals += account.users.len() + account.roles.len();
            for user in account.users.values() {
                policies += user.policies.len() + usize::from(user.boundary.is_some());
            }
            for role in account.roles.values() {
                let alone = [&role.boundary, &role.session_policy];
                policies += role.policies.len() + alone.into_iter().flatten().count();
            }
            policies += account.groups.values().map(|group| group.policies.len()).sum::<usize>();
            policies += usize::from(account.endpoint.is_some());
        }
        if let Some(organization) = &world.estate.organization {
            let levels = organization.service_control.iter().chain(&organization.resource_control);
            policies += levels.map(|level| level.policies.len()).sum::<usize>();
        }
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Inventory {
            accounts: count(world.estate.accounts.len()),
            principals: count(principals),
            keys: count(world.keys().count()),
            policies: count(policies),
            grants: count(world.keys().map(|key| world.grants().of(&key.arn).len()).sum()),
            imported: count(world.keys().filter(|key| key.has_imported()).count()),
            steps: count(self.cursor),
        }
    }

    /// Text from which [`Self::from_shared`] makes this timeline up to the cursor, or the present alone.
    ///
    /// # Errors
    ///
    /// When the world is larger than what is read.
    pub fn to_shared(&self, material: Material, place: &Place) -> Result<String, TooLarge> {
        let world = match material {
            Material::Withheld => {
                let start = self.world().without_secrets();
                snapshot::write(&Saved { start, cloud: None, inputs: Vec::new(), forgotten: 0 })
            }
            Material::Included => self.snapshot(),
        };
        let world: &RawValue = serde_json::from_str(&world).map_err(|_| TooLarge)?;
        let content = Content { place: place.clone(), fresh: material == Material::Withheld, world };
        let content = serde_json::to_vec(&content).map_err(|_| TooLarge)?;
        if content.len() > LARGEST_WORLD {
            return Err(TooLarge);
        }
        let text = folded(&content);
        if text.len() > LONGEST_TEXT { Err(TooLarge) } else { Ok(text) }
    }

    /// Opens what [`Self::to_shared`] made, of this version or an older one. `seed` is for what was withheld.
    ///
    /// # Errors
    ///
    /// When it is not whole, of a later version, too large, or no world.
    pub fn from_shared(text: &str, seed: Seed) -> Result<Shared, DamagedLink> {
        let content = unfolded(text)?;
        let content = str::from_utf8(&content).map_err(|_| DamagedLink::Content)?;
        let Content { place, fresh, world } = serde_json::from_str(content).map_err(|_| DamagedLink::Content)?;
        let mut saved: Saved = snapshot::read(world.get()).map_err(DamagedLink::World)?;
        if fresh {
            saved.start = saved.start.with_fresh_material(seed);
        }
        let material = if fresh { Material::Withheld } else { Material::Included };
        let timeline = Self::replay(saved).map_err(DamagedLink::World)?;
        Ok(Shared { timeline, place, material })
    }
}

/// Whether a text says that it is a shared world, whole or not.
pub fn is_one(text: &str) -> bool {
    version_of(text.trim()).is_some()
}

/// The JSON in a text, if that is whole.
///
/// # Errors
///
/// As those of [`Timeline::from_shared`].
pub fn unfolded(text: &str) -> Result<Vec<u8>, DamagedLink> {
    let text = text.trim();
    if text.len() > LONGEST_TEXT {
        return Err(DamagedLink::TooLarge);
    }
    let (version, body) = version_of(text).ok_or(DamagedLink::NotOne)?;
    if version != VERSION {
        return Err(DamagedLink::Version { got: version });
    }
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| DamagedLink::NotWhole)?;
    let (sum, deflated) = bytes.split_at_checked(SUM).ok_or(DamagedLink::NotWhole)?;
    if sum != checksum(deflated) {
        return Err(DamagedLink::NotWhole);
    }
    inflate::decompress_to_vec_with_limit(deflated, LARGEST_WORLD).map_err(|error| {
        if error.status == TINFLStatus::HasMoreOutput { DamagedLink::TooLarge } else { DamagedLink::Content }
    })
}

/// Content as a text that [`unfolded`] reads.
pub fn folded(content: &[u8]) -> String {
    written(&deflate::compress_to_vec(content, COMPRESSION))
}

/// Deflated content as text, with what shows that it is whole.
pub fn written(deflated: &[u8]) -> String {
    let mut bytes = checksum(deflated).to_vec();
    bytes.extend(deflated);
    format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// How many bytes of the hash are in a text: enough that no accident meets them.
const SUM: usize = 8;
/// From 0 to 10: slow and small, for a text is made once.
const COMPRESSION: u8 = 9;

fn checksum(deflated: &[u8]) -> [u8; SUM] {
    let hash = Sha256::new_with_prefix(b"kms-playground link 1\0").chain_update(deflated).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

fn version_of(text: &str) -> Option<(u32, &str)> {
    let (version, body) = text.split_once('.')?;
    let is_number = (1..=4).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_digit());
    Some((version.parse().ok().filter(|_| is_number)?, body))
}
