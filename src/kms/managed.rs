//! AWS managed keys: KMS makes one for a service that needs it, names it `alias/aws/…` and keeps its policy, which lets
//! only that service use it.

use crate::{
    arn::{AliasArn, AliasName, KeyArn, KeyId},
    kms::{
        event::{Event, EventKind},
        key::{Key, KeyManager, Kind, Origin},
        spec::{KeySpec, KeyUsage},
        world::World,
    },
    policy::{Policy, PolicyKind},
};

/// Of a service: the last part of its alias, what its key protects, and the key's policy in `ACCOUNT` and `REGION`, to
/// the byte as GetKeyPolicy returns it.
type Service = (&'static str, &'static str, &'static str);

/// Of the services that this playground knows, by alias.
const SERVICES: &[Service] = &[
    ("dynamodb", "DynamoDB data", include_str!("managed/dynamodb.json")),
    ("ebs", "EBS volumes", include_str!("managed/ebs.json")),
    ("glue", "Glue data", include_str!("managed/glue.json")),
    ("kinesis", "Kinesis data", include_str!("managed/kinesis.json")),
    ("rds", "RDS database volumes", include_str!("managed/rds.json")),
    ("s3", "S3 objects", include_str!("managed/s3.json")),
];

/// The aliases that every account has in every Region before there is a key behind them, in order.
pub fn predefined_aliases() -> impl Iterator<Item = AliasName> {
    SERVICES.iter().filter_map(|(service, ..)| format!("{PREFIX}{service}").parse().ok())
}

impl World {
    /// Makes the key of a predefined alias, if that is one and there is none.
    pub fn make_managed_key(&mut self, alias: &AliasArn) -> Vec<Event> {
        let known = SERVICES.iter().find(|(service, ..)| alias.name.as_str().strip_prefix(PREFIX) == Some(service));
        let Some((_, protected, policy)) = known.filter(|_| self.alias(alias).is_none()) else { return Vec::new() };
        let text = policy.replace("ACCOUNT", &alias.account.to_string()).replace("REGION", alias.region.as_str());
        let Ok(policy) = Policy::parse(&text, PolicyKind::Key) else { return Vec::new() };
        let description = format!("Default key that protects my {protected} when no other key is defined");
        let arn = KeyArn { account: alias.account, region: alias.region, id: KeyId::from_random(self.entropy.draw()) };
        let kind = Kind { spec: KeySpec::SymmetricDefault, usage: KeyUsage::EncryptDecrypt, origin: Origin::AwsKms };
        let mut key = Key::create(arn, kind, policy, description, self.now, &mut self.entropy);
        key.manager = KeyManager::Aws;
        key.enable_rotation(self.rules().managed_rotation_days(), self.now);
        self.put_key(key);
        vec![self.event(arn, EventKind::KeyCreated), self.put_alias(alias.clone(), arn)]
    }
}

const PREFIX: &str = "alias/aws/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arn::Region, entropy::Seed};

    #[test]
    fn every_service_has_its_key_with_a_policy_that_can_be_saved() {
        let mut world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let account = "111122223333".parse().unwrap();
        assert!(predefined_aliases().is_sorted());
        for name in predefined_aliases() {
            let alias = AliasArn { account, region: Region::US_EAST_1, name };
            assert_eq!(world.make_managed_key(&alias).len(), 2, "{alias}");
            assert!(world.make_managed_key(&alias).is_empty(), "{alias}");
        }
        let saved = serde_json::to_string(&world).unwrap();
        let opened: World = serde_json::from_str(&saved).unwrap();
        assert_eq!(serde_json::to_string(&opened).unwrap(), saved);
        for key in opened.keys() {
            let policy = &key.policy;
            assert_eq!((key.manager, policy.kind()), (KeyManager::Aws, PolicyKind::Key), "{policy:?}");
            assert!(!policy.text().contains("ACCOUNT") && !policy.text().contains("REGION"), "{policy:?}");
            assert!(policy.statements()[0].conditions.len() == 2 && policy.statements()[1].conditions.is_empty());
        }
        assert_eq!(opened.keys().count(), SERVICES.len());
        let others = ["alias/aws/lambda", "alias/aws/s3/", "alias/s3", "alias/aws/S3"];
        for name in others {
            let alias = AliasArn { account, region: Region::US_EAST_1, name: name.parse().unwrap() };
            assert!(world.make_managed_key(&alias).is_empty(), "{alias}");
        }
    }
}
