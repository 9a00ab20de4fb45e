//! Key material that its owner brings: how it comes into a key of origin `EXTERNAL`, and how it goes.

use crate::{
    clock::Timestamp,
    crypto::{blob::MaterialId, pair, secret::SecretBytes},
    kms::{
        error::KmsError,
        event::EventKind,
        key::{Imported, Key, KeyState, Shared},
        material::KeyMaterial,
        spec::KeySpec,
    },
};

/// Bytes for a key, and what their owner says about them.
pub struct Import {
    pub bytes: SecretBytes,
    /// Absent where the owner leaves it open: new for a key that never had any, known for all others.
    pub novelty: Option<Novelty>,
    /// Which of the known materials it is, if the owner says so.
    pub id: Option<MaterialId>,
    /// Absent where the words of the last import are to stay.
    pub description: Option<String>,
    /// Absent where the bytes never expire.
    pub valid_to: Option<Timestamp>,
}

/// Whether imported bytes are ones that the key had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    New,
    Existing,
}

impl Key {
    /// Takes bytes in. The first become the current material; other new ones of a symmetric key wait for a rotation on
    /// demand; known ones are there again, or longer. A key that lacked them and now lacks none is enabled.
    pub fn import(&mut self, import: Import, now: Timestamp) -> Result<(MaterialId, EventKind), KmsError> {
        let Import { bytes, novelty, id, description, valid_to } = import;
        let unfit = |_| KmsError::MaterialUnfit { key: self.arn, spec: self.spec };
        let secret = self.spec.admit(bytes).map_err(unfit)?;
        let public_key =
            self.spec.scheme().map(|scheme| pair::public_key(scheme, &secret)).transpose().map_err(unfit)?;
        let material = MaterialId::derive(&self.arn.id.to_string(), secret.expose());
        if id.is_some_and(|id| id != material) {
            return Err(KmsError::OtherMaterial(self.arn));
        }
        let is_first = self.materials.is_empty();
        // Whoever names an id means material that is there.
        let is_new = novelty.map_or(is_first && id.is_none(), |novelty| novelty == Novelty::New);
        if is_new == self.knows(material) {
            return Err(if is_new { KmsError::MaterialKnown(self.arn) } else { KmsError::OtherMaterial(self.arn) });
        }
        if is_new {
            let arriving = KeyMaterial::imported(material, description, public_key, now);
            if is_first {
                self.shared_mut().materials.push(arriving);
            } else if self.spec != KeySpec::SymmetricDefault {
                return Err(KmsError::OtherMaterial(self.arn));
            } else if self.pending.is_some() {
                return Err(KmsError::RotationPending(self.arn));
            } else {
                self.shared_mut().pending = Some(arriving);
            }
        } else if let Some(description) = description {
            let Shared { materials, pending, .. } = self.shared_mut();
            if let Some(known) = materials.iter_mut().chain(pending).find(|known| known.id() == material) {
                known.describe(description);
            }
        }
        self.imported.insert(material, Imported { secret, valid_to });
        if self.state == KeyState::PendingImport && self.is_whole() {
            self.state = KeyState::Enabled;
        }
        Ok((material, EventKind::MaterialImported { material, valid_to }))
    }

    /// Takes the bytes of the material of that id away, or of the current one. Nothing happens where there are none.
    pub fn delete_material(
        &mut self,
        id: Option<MaterialId>,
    ) -> Result<(Option<MaterialId>, Vec<EventKind>), KmsError> {
        let Some(id) = id.or(self.current().map(KeyMaterial::id)) else { return Ok((None, Vec::new())) };
        if !self.knows(id) {
            return Err(KmsError::NoSuchMaterial { key: self.arn, id });
        }
        let happened = self.forget(id).then_some(EventKind::MaterialDeleted { material: id });
        Ok((Some(id), happened.into_iter().collect()))
    }

    /// Takes away the bytes that have expired.
    pub fn expire(&mut self, now: Timestamp) -> Vec<EventKind> {
        let over = |imported: &Imported| imported.valid_to.is_some_and(|valid_to| valid_to <= now);
        let expired: Vec<MaterialId> =
            self.imported.iter().filter(|(_, imported)| over(imported)).map(|(id, _)| *id).collect();
        let forget = |material| self.forget(material).then_some(EventKind::MaterialExpired { material });
        expired.into_iter().filter_map(forget).collect()
    }

    /// When the next bytes expire, if any will.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.imported.values().filter_map(|imported| imported.valid_to).min()
    }

    /// When imported bytes of one material expire, if they are there and ever will.
    pub fn valid_to_of(&self, material: &KeyMaterial) -> Option<Timestamp> {
        self.imported.get(&material.id())?.valid_to
    }

    /// When the first imported bytes of a material that the key has for ever expire, if any will.
    pub fn valid_to(&self) -> Option<Timestamp> {
        self.materials.iter().filter_map(|material| self.valid_to_of(material)).min()
    }

    /// Whether imported bytes of a material that the key has for ever are there.
    pub fn has_imported(&self) -> bool {
        !self.imported.is_empty() && self.materials.iter().any(|material| self.imported.contains_key(&material.id()))
    }

    /// Whether the bytes of every material are there, and there is one.
    pub fn is_whole(&self) -> bool {
        !self.materials.is_empty() && self.materials.iter().all(|material| self.secret(material).is_some())
    }

    /// A key that was to be deleted stays: disabled or, where it lacks material, waiting for it.
    pub fn cancel_deletion(&mut self) -> EventKind {
        self.state = if self.is_whole() { KeyState::Disabled } else { KeyState::PendingImport };
        EventKind::DeletionCancelled
    }

    /// Takes away the bytes of materials that the set does not know any more.
    pub(super) fn forget_unknown(&mut self) {
        let Self { imported, shared, .. } = self;
        imported.retain(|id, _| shared.knows(*id));
    }

    /// Whether there were bytes to take away.
    fn forget(&mut self, id: MaterialId) -> bool {
        if self.imported.remove(&id).is_none() {
            return false;
        }
        if self.pending.as_ref().is_some_and(|pending| pending.id() == id) {
            // What was not yet rotated to is not the key's for ever. The bytes of a replica are its own affair.
            if !self.is_replica() {
                self.shared_mut().pending = None;
            }
            return true;
        }
        self.state = match self.state {
            KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => KeyState::PendingImport,
            KeyState::PendingDeletion { .. }
            | KeyState::PendingReplicaDeletion { .. }
            | KeyState::Unavailable
            | KeyState::Creating { .. }
            | KeyState::Updating { .. } => self.state,
        };
        true
    }
}

impl Shared {
    /// Whether material of that id is its own for ever, or waits for a rotation.
    fn knows(&self, id: MaterialId) -> bool {
        self.materials.iter().chain(&self.pending).any(|material| material.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::{
        clock::Span,
        entropy::{Entropy, Seed},
        estate::default_key_policy,
        kms::{
            key::{Kind, Origin},
            spec::KeyUsage,
        },
        policy::{Policy, PolicyKind},
    };

    fn start() -> Timestamp {
        "2030-01-01T00:00:00Z".parse().unwrap()
    }

    fn key(spec: KeySpec, usage: KeyUsage) -> Key {
        let arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000".parse().unwrap();
        let policy = default_key_policy("111122223333".parse().unwrap());
        let policy = Policy::parse(&policy, PolicyKind::Key).unwrap();
        let kind = Kind { spec, usage, origin: Origin::External };
        Key::create(arn, kind, policy, String::new(), start(), &mut Entropy::new(Seed::from_number(7)))
    }

    /// Does what each line says, and writes what came of it and what the key is then: its state, its materials and
    /// the one that waits, each with its days to go or `-` where its bytes are gone.
    #[track_caller]
    fn check(key: &mut Key, lines: &str, expected: Expect) {
        let mut entropy = Entropy::new(Seed::from_number(7));
        let (mut told, mut now) = (String::new(), start());
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            let bytes = |name: &str| SecretBytes::from_vec(vec![name.as_bytes()[0]; 32]);
            let id = |name: &str| MaterialId::derive(&key.arn.id.to_string(), bytes(name).expose());
            let import = |name: &str, novelty, days: Option<&&str>| {
                let valid_to = days.map(|days| now.after(days.parse::<Span>().unwrap()));
                Import { bytes: bytes(name), novelty, id: None, description: None, valid_to }
            };
            let came = match words[0] {
                "import" => key.import(import(words[1], None, words.get(2)), now).map(|_| ()),
                "new" => key.import(import(words[1], Some(Novelty::New), words.get(2)), now).map(|_| ()),
                "delete" => {
                    let id = words.get(1).map(|name| id(name));
                    key.delete_material(id).map(|_| ())
                }
                "rotate" => key.rotate_on_demand(crate::kms::Rules::Today, now, &mut entropy).map(|_| ()),
                "disable" => {
                    key.state = KeyState::Disabled;
                    Ok(())
                }
                "schedule" => {
                    key.state = KeyState::PendingDeletion { deletion_date: now.after(Span::days(30)) };
                    Ok(())
                }
                "cancel" => {
                    key.cancel_deletion();
                    Ok(())
                }
                span => {
                    now = now.after(span.parse().unwrap());
                    key.expire(now);
                    Ok(())
                }
            };
            let came = came.err().map(|error| format!("{error:?}").split(['(', ' ']).next().unwrap().to_owned());
            let shown = |material: &KeyMaterial| {
                let name = ["a", "b", "c"]
                    .into_iter()
                    .find(|name| material.id() == MaterialId::derive(&key.arn.id.to_string(), bytes(name).expose()));
                let days = key.valid_to_of(material).map(|at| now.until(at).to_string()).unwrap_or_default();
                format!(" {}{}{days}", name.unwrap(), if key.secret(material).is_some() { "" } else { "-" })
            };
            let materials: String = key.materials().iter().map(shown).collect();
            let pending = key.pending().map(|pending| format!(" |{}", shown(pending))).unwrap_or_default();
            told += &format!(
                "{line}: {}{}{materials}{pending}\n",
                came.map_or(String::new(), |came| came + ", "),
                key.state.as_str()
            );
        }
        expected.assert_eq(&told);
    }

    #[test]
    fn symmetric_keys_have_one_material_after_the_other() {
        check(
            &mut key(KeySpec::SymmetricDefault, KeyUsage::EncryptDecrypt),
            "rotate
             delete
             import a
             import b
             new a
             import a 2d
             rotate
             new b 3d
             new c
             import b 4d
             delete b
             new b 3d
             rotate
             2d
             import b
             import a
             new c 1d
             1d
             new c
             disable
             delete
             delete b
             delete a
             schedule
             import a
             cancel
             import b",
            expect![[r#"
                rotate: NothingToRotateTo, PendingImport
                delete: PendingImport
                import a: Enabled a
                import b: OtherMaterial, Enabled a
                new a: MaterialKnown, Enabled a
                import a 2d: Enabled a2d
                rotate: NothingToRotateTo, Enabled a2d
                new b 3d: Enabled a2d | b3d
                new c: RotationPending, Enabled a2d | b3d
                import b 4d: Enabled a2d | b4d
                delete b: Enabled a2d
                new b 3d: Enabled a2d | b3d
                rotate: Enabled a2d b3d
                2d: PendingImport a- b1d
                import b: PendingImport a- b
                import a: Enabled a b
                new c 1d: Enabled a b | c1d
                1d: Enabled a b
                new c: Enabled a b | c
                disable: Disabled a b | c
                delete: PendingImport a b- | c
                delete b: PendingImport a b- | c
                delete a: PendingImport a- b- | c
                schedule: PendingDeletion a- b- | c
                import a: PendingDeletion a b- | c
                cancel: PendingImport a b- | c
                import b: Enabled a b | c
            "#]],
        );
    }

    #[test]
    fn other_keys_have_one_for_ever() {
        check(
            &mut key(KeySpec::Hmac256, KeyUsage::GenerateVerifyMac),
            "import a 1d
             new b
             import b
             1d
             import b
             import a",
            expect![[r#"
                import a 1d: Enabled a1d
                new b: OtherMaterial, Enabled a1d
                import b: OtherMaterial, Enabled a1d
                1d: PendingImport a-
                import b: OtherMaterial, PendingImport a-
                import a: Enabled a
            "#]],
        );
    }
}
