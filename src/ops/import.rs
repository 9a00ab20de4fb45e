//! GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial.

use serde::Serialize;

use crate::{
    arn::KeyArn,
    clock::Span,
    crypto::{
        blob::MaterialId,
        curve::Curve,
        pair::Scheme,
        rsa::{self, Modulus},
        wrap::{self, WrappingAlgorithm},
    },
    kms::{
        Import, KeySpec, Novelty,
        import_token::{ImportToken, VALIDITY},
    },
    ops::{
        call::{Call, Operation, Subject},
        members::Members,
        refusal::{Refusal, SemanticError},
        rotation,
        spec::{Demand, Spec, States},
        wire::{Blob, EpochSeconds},
    },
};

/// A wrapping key for one's own key material, and the token that goes with it (API reference, GetParametersForImport).
pub struct GetParametersForImport {
    key_id: String,
    wrapping_algorithm: String,
    wrapping_key_spec: String,
}

impl Operation for GetParametersForImport {
    const SPEC: Spec = Spec {
        name: "GetParametersForImport",
        demands: &[Demand::own("kms:GetParametersForImport", States::PrepareImport)],
        accepts_alias: false,
    };
    type Output = ImportParameters;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            wrapping_algorithm: members.take("WrappingAlgorithm"),
            wrapping_key_spec: members.take("WrappingKeySpec"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.wrapping(call.key(0)?.spec).map(|_| ())
    }

    fn run(self, call: &mut Call<'_>) -> Result<ImportParameters, Refusal> {
        let (algorithm, modulus) = self.wrapping(call.key(0)?.spec)?;
        let now = call.world.now;
        let (key, entropy, trace) = call.seal_parts(0)?;
        let wrapping_key = rsa::generate(modulus, entropy).map_err(|_| UNFIT)?;
        let public_key = rsa::public_key(&wrapping_key).map_err(|_| UNFIT)?;
        let token = ImportToken { key: key.arn, algorithm, valid_to: now.after(VALIDITY), wrapping_key };
        Ok(ImportParameters {
            import_token: Blob(token.seal(entropy, trace)),
            key_id: key.arn,
            parameters_valid_to: EpochSeconds(token.valid_to),
            public_key: Blob(public_key),
        })
    }
}

impl GetParametersForImport {
    /// How material for a key of `spec` is to be wrapped, if it can be in the way that is asked for.
    fn wrapping(&self, spec: KeySpec) -> Result<(WrappingAlgorithm, Modulus), Refusal> {
        if self.wrapping_key_spec == "SM2" {
            return Err(Refusal::OnlyInChina { what: "WrappingKeySpec SM2" });
        }
        if self.wrapping_algorithm == "SM2PKE" {
            return Err(Refusal::OnlyInChina { what: "WrappingAlgorithm SM2PKE" });
        }
        let refused = || Refusal::Wrapping {
            algorithm: self.wrapping_algorithm.clone(),
            wrapping_key: self.wrapping_key_spec.clone(),
            spec,
        };
        let scheme = self.wrapping_key_spec.parse().ok().and_then(KeySpec::scheme);
        let Some(Scheme::Rsa(modulus)) = scheme else { return Err(refused()) };
        // RSAES_PKCS1_V1_5, since 10 October 2023.
        let algorithm = WrappingAlgorithm::named(&self.wrapping_algorithm).ok_or_else(refused)?;
        let fits = match (spec.scheme(), algorithm.is_by_aes()) {
            (None, by_aes) => !by_aes,
            (Some(Scheme::Rsa(_)), by_aes) => by_aes,
            (Some(Scheme::Curve(_)), true) => true,
            (Some(Scheme::Curve(curve)), false) => (curve, modulus) != (Curve::NistP521, Modulus::Bits2048),
            (Some(Scheme::MlDsa(_) | Scheme::MlKem(_)), _) => false,
        };
        if fits { Ok((algorithm, modulus)) } else { Err(refused()) }
    }
}

/// Brings key material into a key of origin `EXTERNAL` (API reference, ImportKeyMaterial).
pub struct ImportKeyMaterial {
    key_id: String,
    import_token: Blob,
    encrypted_key_material: Blob,
    valid_to: Option<EpochSeconds>,
    expiration_model: Option<String>,
    import_type: Option<String>,
    key_material_description: Option<String>,
    key_material_id: Option<String>,
}

/// The value of `ExpirationModel` with which material stays.
const DOES_NOT_EXPIRE: &str = "KEY_MATERIAL_DOES_NOT_EXPIRE";
/// How far ahead material may expire.
const LONGEST_VALIDITY: Span = Span::days(365);

impl Operation for ImportKeyMaterial {
    const SPEC: Spec = Spec {
        name: "ImportKeyMaterial",
        demands: &[Demand::own("kms:ImportKeyMaterial", States::Import)],
        accepts_alias: false,
    };
    type Output = ImportedMaterial;

    fn read(members: &mut Members) -> Self {
        Self {
            key_id: members.take("KeyId"),
            import_token: members.take("ImportToken"),
            encrypted_key_material: members.take("EncryptedKeyMaterial"),
            valid_to: members.take("ValidTo"),
            expiration_model: members.take("ExpirationModel"),
            import_type: members.take("ImportType"),
            key_material_description: members.take("KeyMaterialDescription"),
            key_material_id: members.take("KeyMaterialId"),
        }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn validate(&self) -> Result<(), Refusal> {
        let expires = self.expiration_model.as_deref() != Some(DOES_NOT_EXPIRE);
        if expires != self.valid_to.is_some() {
            return Err(Refusal::Semantic(SemanticError::ValidToOfExpirationModel { expires }));
        }
        if self.novelty() == Some(Novelty::New) && self.key_material_id.is_some() {
            return Err(Refusal::Semantic(SemanticError::MaterialIdOfNew));
        }
        Ok(())
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        // What is new comes to the primary key first; its replicas then know which bytes they lack.
        if self.novelty() == Some(Novelty::New) || call.key(0)?.current().is_none() {
            rotation::not_a_replica(call)?;
        }
        let EpochSeconds(valid_to) = self.valid_to.unwrap_or(EpochSeconds(call.world.now.after(LONGEST_VALIDITY)));
        if valid_to <= call.world.now || valid_to > call.world.now.after(LONGEST_VALIDITY) {
            return Err(Refusal::Semantic(SemanticError::ValidToOutOfRange));
        }
        let members = [
            ("ImportType", self.import_type.is_some()),
            ("KeyMaterialDescription", self.key_material_description.is_some()),
            ("KeyMaterialId", self.key_material_id.is_some()),
        ];
        members.into_iter().filter(|(_, given)| *given).try_for_each(|(member, _)| symmetric_only(call, member))
    }

    fn run(self, call: &mut Call<'_>) -> Result<ImportedMaterial, Refusal> {
        let (novelty, key, now) = (self.novelty(), call.arn(0)?, call.world.now);
        let (entropy, trace) = (&mut call.world.entropy, &mut call.trace);
        let token = ImportToken::open(&self.import_token.0, key, now, entropy, trace)?;
        let wrapped = &self.encrypted_key_material.0;
        let bytes = wrap::unwrap(token.algorithm, &token.wrapping_key, wrapped, entropy, trace);
        let import = Import {
            bytes: bytes.map_err(|_| Refusal::InvalidCiphertext)?,
            novelty,
            id: material_id(self.key_material_id.as_deref()),
            description: self.key_material_description,
            valid_to: self.valid_to.map(|EpochSeconds(valid_to)| valid_to),
        };
        let mut material = None;
        call.change(|key, now, _| {
            let (id, happened) = key.import(import, now)?;
            material = Some(id);
            Ok(vec![happened])
        })?;
        ImportedMaterial::new(material, call)
    }
}

impl ImportKeyMaterial {
    fn novelty(&self) -> Option<Novelty> {
        self.import_type.as_deref().map(|name| match name {
            "NEW_KEY_MATERIAL" => Novelty::New,
            _ => Novelty::Existing,
        })
    }
}

/// Takes imported key material away at once; the same may come back (API reference, DeleteImportedKeyMaterial).
pub struct DeleteImportedKeyMaterial {
    key_id: String,
    key_material_id: Option<String>,
}

impl Operation for DeleteImportedKeyMaterial {
    const SPEC: Spec = Spec {
        name: "DeleteImportedKeyMaterial",
        demands: &[Demand::own("kms:DeleteImportedKeyMaterial", States::DeleteMaterial)],
        accepts_alias: false,
    };
    type Output = ImportedMaterial;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), key_material_id: members.take("KeyMaterialId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        if self.key_material_id.is_some() { symmetric_only(call, "KeyMaterialId") } else { Ok(()) }
    }

    fn run(self, call: &mut Call<'_>) -> Result<ImportedMaterial, Refusal> {
        let mut material = None;
        call.change(|key, _, _| {
            let (id, happened) = key.delete_material(material_id(self.key_material_id.as_deref()))?;
            material = id;
            Ok(happened)
        })?;
        ImportedMaterial::new(material, call)
    }
}

const UNFIT: Refusal = Refusal::Internal { why: "a fresh key is no key" };

/// Only symmetric encryption keys tell their materials apart.
fn symmetric_only(call: &Call<'_>, member: &'static str) -> Result<(), Refusal> {
    match call.key(0)?.spec {
        KeySpec::SymmetricDefault => Ok(()),
        spec => Err(Refusal::MemberOfSpec { member, spec }),
    }
}

/// The id in a request, whose form the API model has held.
fn material_id(given: Option<&str>) -> Option<MaterialId> {
    given.and_then(|id| id.parse().ok())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportParameters {
    import_token: Blob,
    key_id: KeyArn,
    parameters_valid_to: EpochSeconds,
    public_key: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportedMaterial {
    key_id: KeyArn,
    /// Only of symmetric encryption keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl ImportedMaterial {
    fn new(material: Option<MaterialId>, call: &Call<'_>) -> Result<Self, Refusal> {
        let key = call.key(0)?;
        let key_material_id = material.filter(|_| key.spec == KeySpec::SymmetricDefault);
        Ok(Self { key_id: key.arn, key_material_id })
    }
}
