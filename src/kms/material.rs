//! Key materials: what a key encrypts with, and what it encrypted with before.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    arn::KeyId,
    clock::Timestamp,
    crypto::{
        blob::{MaterialId, Naming},
        secret::{self, SecretBytes},
    },
    entropy::Entropy,
    kms::spec::KeySpec,
};

/// How a key material came to be the key's.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum MadeBy {
    /// The first: made with the key or, of origin `EXTERNAL`, the first that was imported.
    Creation,
    AutomaticRotation,
    OnDemandRotation,
}

/// A key material: what is known of it, and its secret bytes, which never leave KMS.
#[derive(Clone, Deserialize, Serialize)]
#[serde(from = "Written", into = "Written")]
pub struct KeyMaterial {
    pub since: Timestamp,
    pub by: MadeBy,
    made: Made,
}

/// What is behind a material.
#[derive(Clone)]
enum Made {
    Known(Box<Known>),
    Drawn(Drawn),
}

#[derive(Clone)]
struct Known {
    id: MaterialId,
    /// Absent where they are imported: those can go and come again, and every related key has its own. Absent too where
    /// they are in a cluster behind a key store.
    secret: Option<SecretBytes>,
    /// Its owner's words about imported material.
    description: Option<String>,
    /// The public half of an imported private key, which is told also while the other half is gone.
    public_key: Option<Vec<u8>>,
}

impl KeyMaterial {
    /// The first of a key, or of a rotation.
    pub(super) fn new(naming: &Naming, secret: SecretBytes, by: MadeBy, since: Timestamp) -> Self {
        let id = naming.name(secret.expose());
        let known = Known { id, secret: Some(secret), description: None, public_key: None };
        Self { since, by, made: Made::Known(Box::new(known)) }
    }

    /// Fresh bytes for a key of that spec.
    #[expect(clippy::expect_used, reason = "what is drawn for a spec is a key of that spec, which tests hold")]
    pub(super) fn draw(naming: &Naming, spec: KeySpec, by: MadeBy, now: Timestamp, entropy: &mut Entropy) -> Self {
        Self::new(naming, spec.draw(entropy).expect("a fresh key"), by, now)
    }

    /// Of an automatic rotation, with bytes that follow when they are asked for.
    pub(super) fn drawn(drawn: Drawn, since: Timestamp) -> Self {
        Self { since, by: MadeBy::AutomaticRotation, made: Made::Drawn(drawn) }
    }

    /// What a key knows of the bytes that its owner brought.
    pub(super) fn imported(
        id: MaterialId,
        description: Option<String>,
        public_key: Option<Vec<u8>>,
        since: Timestamp,
    ) -> Self {
        let known = Known { id, secret: None, description, public_key };
        Self { since, by: MadeBy::Creation, made: Made::Known(Box::new(known)) }
    }

    pub fn id(&self) -> MaterialId {
        match &self.made {
            Made::Known(known) => known.id,
            Made::Drawn(drawn) => drawn.id(),
        }
    }

    /// What its id is, or follows from.
    pub fn name(&self) -> MaterialName {
        match &self.made {
            Made::Known(known) => MaterialName::Known(known.id),
            Made::Drawn(drawn) => MaterialName::Drawn(drawn.clone()),
        }
    }

    /// What it follows from, if it was drawn and is not known otherwise.
    pub(super) fn draw_of(&self) -> Option<&Drawn> {
        match &self.made {
            Made::Known(_) => None,
            Made::Drawn(drawn) => Some(drawn),
        }
    }

    /// The bytes, if they are kept with it.
    pub(super) fn secret(&self) -> Option<Cow<'_, SecretBytes>> {
        match &self.made {
            Made::Known(known) => known.secret.as_ref().map(Cow::Borrowed),
            Made::Drawn(drawn) => Some(Cow::Owned(drawn.secret())),
        }
    }

    /// Its owner's words about imported material.
    pub fn description(&self) -> Option<&str> {
        self.known()?.description.as_deref()
    }

    /// The public half of an imported private key.
    pub fn public_key(&self) -> Option<&[u8]> {
        self.known()?.public_key.as_deref()
    }

    pub(super) fn describe(&mut self, description: String) {
        self.made = Made::Known(Box::new(Known { description: Some(description), ..self.looked_at() }));
    }

    /// Forgets the bytes, which another has taken over.
    pub(super) fn forget_secret(&mut self) {
        self.made = Made::Known(Box::new(Known { secret: None, ..self.looked_at() }));
    }

    /// The same without its bytes. Not to be used before [`Self::is_withheld`] is asked and others are drawn.
    pub(super) fn withheld(&self) -> Self {
        let known = self.looked_at();
        let secret = known.secret.as_ref().map(|_| SecretBytes::from_vec(Vec::new()));
        Self { made: Made::Known(Box::new(Known { secret, ..known })), ..*self }
    }

    /// Whether there were bytes, which somebody kept back.
    pub(super) fn is_withheld(&self) -> bool {
        self.known().and_then(|known| known.secret.as_ref()).is_some_and(SecretBytes::is_empty)
    }

    fn known(&self) -> Option<&Known> {
        match &self.made {
            Made::Known(known) => Some(known),
            Made::Drawn(_) => None,
        }
    }

    /// All that is behind it, found out.
    fn looked_at(&self) -> Known {
        match &self.made {
            Made::Known(known) => Known::clone(known),
            Made::Drawn(drawn) => {
                Known { id: drawn.id(), secret: Some(drawn.secret()), description: None, public_key: None }
            }
        }
    }
}

/// The streams from which the materials of one key are drawn, and what their ids begin with.
pub(super) struct Draws {
    stream: Entropy,
    naming: Naming,
}

impl Draws {
    pub(super) fn of(key: KeyId, stream: &Entropy) -> Self {
        Self { stream: stream.clone(), naming: Naming::of_key(&key.to_string()) }
    }
}

/// The material of a symmetric encryption key that an automatic rotation has drawn. All of it follows from its place in
/// the stream of chance, and is found out each time it is asked for: a hundred years draw very many, and few of them are
/// ever looked at.
#[derive(Clone)]
pub struct Drawn {
    by: Arc<Draws>,
    position: u64,
}

impl Drawn {
    /// How many bytes of the stream each takes.
    pub(super) const LENGTH: u64 = 32;

    pub(super) fn new(by: &Arc<Draws>, position: u64) -> Self {
        Self { by: Arc::clone(by), position }
    }

    pub(super) fn id(&self) -> MaterialId {
        self.by.naming.name(self.secret().expose())
    }

    fn secret(&self) -> SecretBytes {
        let mut bytes = vec![0; KEY_LENGTH];
        self.by.stream.at(self.position).fill(&mut bytes);
        SecretBytes::from_vec(bytes)
    }
}

const KEY_LENGTH: usize = 32;

/// The id of a material or, of one that was drawn and not yet looked at, what it follows from. Compares and writes as
/// the id.
#[derive(Clone)]
pub enum MaterialName {
    Known(MaterialId),
    Drawn(Drawn),
}

impl MaterialName {
    pub fn id(&self) -> MaterialId {
        match self {
            Self::Known(id) => *id,
            Self::Drawn(drawn) => drawn.id(),
        }
    }
}

impl PartialEq for MaterialName {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl fmt::Debug for MaterialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

impl Serialize for MaterialName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id().serialize(serializer)
    }
}

/// A material as a saved world has it.
#[derive(Deserialize, Serialize)]
struct Written {
    id: MaterialId,
    since: Timestamp,
    by: MadeBy,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::cleartext_snapshot::optional")]
    secret: Option<SecretBytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<Vec<u8>>,
}

impl From<Written> for KeyMaterial {
    fn from(Written { id, since, by, secret, description, public_key }: Written) -> Self {
        Self { since, by, made: Made::Known(Box::new(Known { id, secret, description, public_key })) }
    }
}

impl From<KeyMaterial> for Written {
    fn from(material: KeyMaterial) -> Self {
        let (since, by) = (material.since, material.by);
        let Known { id, secret, description, public_key } = material.looked_at();
        Self { id, since, by, secret, description, public_key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_material_of_older_worlds_is_read() {
        let id = "ab".repeat(32);
        let text = format!(r#"{{"id":"{id}","since":"2030-01-01T00:00:00Z","by":"Creation","secret":"AQI="}}"#);
        let material: KeyMaterial = serde_json::from_str(&text).unwrap();
        assert_eq!(material.secret().unwrap().expose(), [1, 2]);
        assert_eq!(serde_json::to_string(&material).unwrap(), text);
    }
}
