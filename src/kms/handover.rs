//! A world for somebody else: all that is known of it, without what makes its keys. Whoever receives it draws fresh
//! material, so every key is there under its name, with its policy, state and dates, and opens nothing that was sealed
//! before.
//!
//! INVARIANT: no secret of any kind passes. A new place for secrets in a world must be dealt with here;
//! `tests/it/shares.rs` searches for all of them.

use std::sync::Arc;

use crate::{
    arn::KeyArn,
    crypto::secret::SecretBytes,
    entropy::{Entropy, Seed},
    estate::credential::AccessKey,
    kms::{
        key::Key,
        material::KeyMaterial,
        register::Materials,
        store::{
            Behind,
            premises::{PASSWORD, SECRET_ACCESS_KEY},
        },
        world::World,
    },
};

impl World {
    /// The same without seed, key material, passwords and secrets of access keys. Key material that its owner imported
    /// is missing as if it had been deleted: nobody else can bring it.
    ///
    /// Only for writing down. To live it needs [`Self::with_fresh_material`].
    pub fn without_secrets(&self) -> Self {
        let mut world = self.clone();
        world.entropy = Entropy::new(Seed::from_bytes([0; 32]));
        world.materials = Materials::default();
        world.each_key(|key, _| {
            let imported: Vec<_> = key.imported.keys().copied().collect();
            for id in imported {
                // It is there, or it is gone already.
                let _ = key.delete_material(Some(id));
            }
            let shared = key.shared_mut();
            for material in shared.materials.iter_mut().chain(&mut shared.pending) {
                *material = material.withheld();
            }
        });
        let keys = world.estate.access_keys.iter();
        world.estate.access_keys =
            keys.map(|(id, key)| (id.clone(), AccessKey::built_in(id, key.caller.clone()))).collect();
        world.premises = world.premises.without_secrets();
        let stores = world.stores.into_iter().map(|(id, mut store)| {
            match &mut Arc::make_mut(&mut store).behind {
                Behind::Cluster { password, .. } => *password = SecretBytes::from_vec(PASSWORD.into()),
                Behind::Proxy(access) => access.credential.secret = SecretBytes::from_vec(SECRET_ACCESS_KEY.into()),
            }
            (id, store)
        });
        world.stores = stores.collect();
        world
    }

    /// A world that was written down without its secrets, with others that follow from `seed`.
    pub fn with_fresh_material(mut self, seed: Seed) -> Self {
        let mut entropy = Entropy::new(seed);
        self.premises = self.premises.with_fresh_keys(&mut entropy);
        self.materials = Materials::default();
        self.each_key(|key, materials| {
            let (arn, spec, naming) = (key.arn, key.spec, key.naming());
            let shared = key.shared_mut();
            for material in shared.materials.iter_mut().chain(&mut shared.pending) {
                if material.is_withheld() {
                    *material = KeyMaterial::draw(&naming, spec, material.by, material.since, &mut entropy);
                }
            }
            for material in &shared.materials {
                materials.insert(material.id(), arn);
            }
        });
        self.entropy = entropy;
        self
    }

    /// Changes every key; what related keys have in common is changed with the first of them and then left.
    fn each_key(&mut self, mut change: impl FnMut(&mut Key, &mut Materials)) {
        let arns: Vec<KeyArn> = self.keys().map(|key| key.arn).collect();
        for arn in arns {
            let Some(mut key) = self.key(&arn).map(|key| Key::clone(key)) else { continue };
            change(&mut key, &mut self.materials);
            self.replace_key(key);
        }
    }
}
