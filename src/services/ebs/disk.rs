//! What a volume is made of: a data key, wrapped, and blocks under it. EBS's own volumes are that, and those under databases.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountId, KeyArn},
    crypto::{
        context::EncryptionContext,
        secret::{Secret32, SecretBytes},
    },
    endpoint::fault::Fault,
    estate::principal::Caller,
    kms::Rules,
    lang::message,
    policy::principal::EntityName,
};

use super::super::{
    Cx, ServiceError,
    data_key::{DataKey, Described, key_arn},
    granted::{Asker, ServiceGrant},
    held::HeldKeys,
    seal::{self, Bytes},
};

/// What is stored of a volume or of a snapshot.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// Absent where it is not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<DiskKey>,
    /// By name. Sealed under the data key or, where there is none, in the clear.
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    pub blocks: OrdMap<String, Bytes>,
}

/// The data key of a disk as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskKey {
    pub key: KeyArn,
    /// Whether `key` is an AWS managed key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managed: bool,
    pub context: EncryptionContext,
    pub wrapped: Bytes,
}

/// A disk at an instance: from here on, KMS is not asked.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// For example `i-0abc`.
    pub instance: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<ServiceGrant>,
    #[serde(default, skip_serializing_if = "HeldKeys::is_empty")]
    pub held: HeldKeys,
}

/// What has the key in memory and encrypts every block on its way to the disk: a card of the host's, in older notes the
/// hypervisor.
pub fn card(rules: Rules) -> &'static str {
    match rules {
        Rules::Classic => "The hypervisor",
        Rules::Today => "AWS Nitro card",
    }
}

/// In whose name a service asks for a disk's keys, and what it makes of an answer that refuses.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub asker: Asker<'a>,
    pub refused: fn(Fault) -> ServiceError,
    /// What the service calls itself.
    pub principal: &'a str,
    /// The disk's account, and the ARN of what it belongs to.
    pub of: (AccountId, &'a str),
}

impl Cx<'_> {
    /// A new data key, which nobody sees in the clear yet.
    ///
    /// # Errors
    ///
    /// What the service makes of what KMS answers.
    pub fn new_disk_key(
        &mut self,
        asking: Asking<'_>,
        described: &Described,
        context: EncryptionContext,
    ) -> Result<DiskKey, ServiceError> {
        let members = json!({ "KeyId": described.key, "KeySpec": "AES_256", "EncryptionContext": context });
        let why = message!("a data key for the volume, wrapped only");
        let answer = self.ask_as(asking.asker, "GenerateDataKeyWithoutPlaintext", &members, why);
        let answer = answer.map_err(asking.refused)?;
        let (key, wrapped) = (key_arn(&answer)?, seal::blob(&answer, "CiphertextBlob")?.into());
        Ok(DiskKey { key, managed: described.managed, context, wrapped })
    }

    /// The same data key, wrapped anew under the same KMS key for another disk.
    ///
    /// # Errors
    ///
    /// What the service makes of what KMS answers.
    pub fn same_disk_key(
        &mut self,
        asking: Asking<'_>,
        source: &DiskKey,
        context: EncryptionContext,
    ) -> Result<DiskKey, ServiceError> {
        let members = json!({
            "CiphertextBlob": source.wrapped,
            "SourceKeyId": source.key,
            "SourceEncryptionContext": source.context,
            "DestinationKeyId": source.key,
            "DestinationEncryptionContext": context,
        });
        let answer =
            self.ask_as(asking.asker, "ReEncrypt", &members, message!("the same data key, bound to the new name"));
        let answer = answer.map_err(asking.refused)?;
        let wrapped = seal::blob(&answer, "CiphertextBlob")?.into();
        Ok(DiskKey { context, wrapped, ..source.clone() })
    }

    /// A copy of a disk under another data key: every block is decrypted and encrypted. For that the service gets a grant,
    /// uses it once and ends it.
    ///
    /// # Errors
    ///
    /// What the service makes of what KMS answers.
    pub fn copied_disk(
        &mut self,
        asking: Asking<'_>,
        source: &Disk,
        described: &Described,
        context: EncryptionContext,
    ) -> Result<Disk, ServiceError> {
        let Asking { asker, refused, principal, of } = asking;
        let old = match &source.key {
            None => None,
            Some(old) => {
                let answer = self.there(old.key.region, |cx| {
                    cx.ask_as(asker, "Decrypt", &decrypt(old), message!("the data key of what is copied"))
                });
                Some(seal::key(&answer.map_err(refused)?, "Plaintext")?)
            }
        };
        let key = self.new_disk_key(asking, described, context)?;
        let terms = json!({
            "GranteeServicePrincipal": principal,
            "RetiringServicePrincipal": principal,
            "Operations": ["Decrypt", "RetireGrant"],
            "Constraints": { "EncryptionContextSubset": key.context, "SourceArn": of.1 },
        });
        let (grant, _) = self.make_grant(asker, key.key, terms, message!("permission to encrypt the copy"), refused)?;
        let answer = self.ask_itself(principal, of, "Decrypt", &decrypt(&key), message!("the data key of the copy"));
        self.retire_grant(principal, of, &grant, message!("the end of the grant, which is not needed any more"));
        let new = seal::key(&answer.map_err(refused)?, "Plaintext")?;
        let mut blocks = OrdMap::new();
        for (name, stored) in &source.blocks {
            let plaintext = match &old {
                None => stored.0.to_vec(),
                Some(old) => self.open("", message!("decrypts a block"), old, name, stored)?.expose().to_vec(),
            };
            blocks.insert(
                name.clone(),
                self.seal("", message!("encrypts it under the new data key"), &new, name, &plaintext),
            );
        }
        Ok(Disk { key: Some(key), blocks })
    }

    /// Brings a disk's data key to the host of an instance: a grant for that host and this disk alone, by which it asks for
    /// the key itself.
    ///
    /// # Errors
    ///
    /// What the service makes of what KMS answers.
    pub fn attach_disk(&mut self, asking: Asking<'_>, disk: &Disk, instance: &str) -> Result<Attachment, ServiceError> {
        let mut attachment = Attachment { instance: instance.to_owned(), grant: None, held: HeldKeys::default() };
        let Some(key) = &disk.key else { return Ok(attachment) };
        let host = host_of(asking.of.0, instance)?;
        let mut constraints = json!({ "EncryptionContextSubset": key.context });
        // A service that makes a grant by one of its own can give no more than that has.
        if let (Asker::Itself { arn, .. }, Value::Object(members)) = (asking.asker, &mut constraints) {
            members.insert("SourceArn".to_owned(), json!(arn));
        }
        let terms = json!({
            "GranteePrincipal": host,
            "RetiringServicePrincipal": asking.principal,
            "Operations": ["Decrypt"],
            "Constraints": constraints,
        });
        let why = message!("permission for the host of this instance, for as long as the volume is attached");
        let (grant, token) = self.make_grant(asking.asker, key.key, terms, why, asking.refused)?;
        let mut members = decrypt(key);
        if let Value::Object(members) = &mut members {
            members.insert("GrantTokens".to_owned(), json!([token]));
        }
        let answer =
            self.ask_directly(host, "Decrypt", &members, message!("the volume's data key")).map_err(|fault| {
                self.retire_grant(
                    asking.principal,
                    asking.of,
                    &grant,
                    message!("the end of the grant, as the volume was not attached"),
                );
                (asking.refused)(fault)
            })?;
        let plaintext = seal::key(&answer, "Plaintext")?;
        let DiskKey { key, context, wrapped, .. } = key.clone();
        let data_key = DataKey { key, context, wrapped, plaintext };
        attachment.held.hold(format!("the host of {instance}"), &data_key, self.now());
        attachment.grant = Some(grant);
        let card = card(self.world.rules());
        self.tell_of(
            card,
            message!("The data key is in memory at the host of {instance} until the volume is detached.", instance),
        );
        Ok(attachment)
    }

    /// Ends what [`Self::attach_disk`] began.
    pub fn detach_disk(&mut self, asking: Asking<'_>, attachment: &Attachment) {
        let Some(grant) = &attachment.grant else { return };
        let card = card(self.world.rules());
        self.tell_of(
            card,
            message!("The data key is erased from memory at the host of {instance}.", instance = attachment.instance),
        );
        self.retire_grant(
            asking.principal,
            asking.of,
            grant,
            message!("the end of the grant, as the volume is detached"),
        );
    }

    /// A block as it is to be stored.
    ///
    /// # Errors
    ///
    /// Where the disk is encrypted and the card has no key.
    pub fn written(
        &mut self,
        disk: &Disk,
        attachment: &Attachment,
        name: &str,
        plaintext: &[u8],
    ) -> Result<Bytes, ServiceError> {
        if disk.key.is_none() {
            self.tell(message!("The volume is not encrypted: what is written is stored as it is."));
            return Ok(plaintext.to_vec().into());
        }
        let key = attachment.key()?;
        Ok(self.seal(card(self.world.rules()), message!("encrypts on the way to the disk"), &key, name, plaintext))
    }

    /// What a stored block is in the clear.
    ///
    /// # Errors
    ///
    /// Where the disk is encrypted and the card has no key.
    pub fn read(
        &mut self,
        disk: &Disk,
        attachment: &Attachment,
        name: &str,
        stored: &Bytes,
    ) -> Result<SecretBytes, ServiceError> {
        if disk.key.is_none() {
            return Ok(SecretBytes::from_vec(stored.0.to_vec()));
        }
        let key = attachment.key()?;
        self.open(card(self.world.rules()), message!("decrypts on the way from the disk"), &key, name, stored)
    }
}

impl Attachment {
    fn key(&self) -> Result<Secret32, ServiceError> {
        self.held.iter().next().map(|held| held.plaintext.clone()).ok_or_else(ServiceError::internal)
    }
}

/// The session that AWS's own host acts as for an instance.
fn host_of(account: AccountId, instance: &str) -> Result<Caller, ServiceError> {
    let arn = format!("arn:aws:sts::{account}:assumed-role/{}/{instance}", EntityName::INFRASTRUCTURE);
    let malformed = || {
        let message = format!("Invalid id: \"{instance}\" (expecting \"i-...\")");
        ServiceError::new("InvalidInstanceID.Malformed", 400, message)
    };
    arn.parse().ok().filter(|_| instance.starts_with("i-")).ok_or_else(malformed)
}

/// The members of Decrypt for the data key of a disk.
pub fn decrypt(key: &DiskKey) -> Value {
    json!({ "KeyId": key.key, "CiphertextBlob": key.wrapped, "EncryptionContext": key.context })
}
