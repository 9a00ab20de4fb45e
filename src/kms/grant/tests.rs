use proptest::{collection::btree_map, prelude::*};

use super::*;
use crate::{
    arn::AliasArn,
    entropy::Seed,
    kms::{KmsError, Rules, Setting, World},
};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0234abcd-12ab-34cd-56ef-1234567890ab";
const ANN: &str = "arn:aws:iam::111122223333:user/Ann";
const BEN: &str = "arn:aws:iam::111122223333:user/Ben";

fn grant(number: u8, key: &str, grantee: &str, retiring: Option<&str>) -> Arc<Grant> {
    Arc::new(Grant {
        id: GrantId::from_bytes([number; 32]),
        key: key.parse().unwrap(),
        terms: Terms {
            grantee: grantee.parse().unwrap(),
            retiring: retiring.map(|principal| principal.parse().unwrap()),
            operations: [GrantOperation::Decrypt].into(),
            constraints: Constraints::default(),
            name: None,
        },
        created: Timestamp::from_millis(0),
        issuing_account: "111122223333".parse().unwrap(),
        parent: None,
    })
}

fn numbers<'g>(grants: impl Iterator<Item = &'g Arc<Grant>>) -> Vec<u8> {
    grants.map(|grant| grant.id.to_bytes()[0]).collect()
}

/// The numbers of the grants that each way of looking finds.
#[track_caller]
fn check(grants: &Grants, of_key: &[u8], of_other_key: &[u8], to_ann: &[u8], retirable_by_ben: &[u8]) {
    let (key, other, ann, ben) = (KEY.parse().unwrap(), OTHER_KEY.parse().unwrap(), ANN.parse(), BEN.parse());
    let (ann, ben): (GrantPrincipal, GrantPrincipal) = (ann.unwrap(), ben.unwrap());
    assert_eq!(numbers(grants.of(&key).iter(None)), of_key);
    assert_eq!(numbers(grants.of(&other).iter(None)), of_other_key);
    assert_eq!(numbers(grants.of(&key).given_to(ann.clone(), None)), to_ann);
    assert_eq!(numbers(grants.retirable_by(ben.clone(), None)), retirable_by_ben);
    assert_eq!(grants.of(&key).len(), of_key.len());
    // A page starts after any one of them.
    for (at, number) in of_key.iter().enumerate() {
        let after = Some(GrantId::from_bytes([*number; 32]));
        assert_eq!(numbers(grants.of(&key).iter(after)), of_key[at + 1..]);
    }
    for (at, number) in to_ann.iter().enumerate() {
        let after = Some(GrantId::from_bytes([*number; 32]));
        assert_eq!(numbers(grants.of(&key).given_to(ann.clone(), after)), to_ann[at + 1..]);
    }
    for (at, number) in retirable_by_ben.iter().enumerate() {
        let after = Some(GrantId::from_bytes([*number; 32]));
        assert_eq!(numbers(grants.retirable_by(ben.clone(), after)), retirable_by_ben[at + 1..]);
    }
}

#[test]
fn grants_are_found_by_key_by_grantee_and_by_who_may_retire_them() {
    let mut grants = Grants::default();
    check(&grants, &[], &[], &[], &[]);
    for grant in [
        grant(5, KEY, ANN, None),
        grant(3, KEY, ANN, Some(BEN)),
        grant(4, KEY, BEN, Some(BEN)),
        grant(2, OTHER_KEY, ANN, Some(BEN)),
        grant(1, KEY, ANN, Some(ANN)),
    ] {
        grants.insert(grant);
    }
    check(&grants, &[1, 3, 4, 5], &[2], &[1, 3, 5], &[2, 3, 4]);

    let text = serde_json::to_string(&grants).unwrap();
    let restored: Grants = serde_json::from_str(&text).unwrap();
    check(&restored, &[1, 3, 4, 5], &[2], &[1, 3, 5], &[2, 3, 4]);
    assert_eq!(serde_json::to_string(&restored).unwrap(), text);

    let before = grants.clone();
    grants.remove(&grant(3, KEY, ANN, Some(BEN)));
    check(&grants, &[1, 4, 5], &[2], &[1, 5], &[2, 4]);
    grants.remove_key(&KEY.parse().unwrap());
    check(&grants, &[], &[2], &[], &[2]);
    grants.remove(&grant(2, OTHER_KEY, ANN, Some(BEN)));
    check(&grants, &[], &[], &[], &[]);
    assert_eq!(serde_json::to_string(&grants).unwrap(), "[]");
    check(&before, &[1, 3, 4, 5], &[2], &[1, 3, 5], &[2, 3, 4]);
}

#[test]
fn the_same_grant_under_the_same_name_needs_no_room() {
    let mut world = World::new(Timestamp::from_millis(0), Seed::from_number(7));
    world.set(Setting::Rules(Rules::Classic));
    let key: KeyArn = KEY.parse().unwrap();
    let terms = |name: Option<&str>| {
        let terms = grant(0, KEY, ANN, Some(BEN)).terms.clone();
        Terms { name: name.map(str::to_owned), ..terms }
    };
    let mut add = |key, name| world.add_grant(key, terms(name), key.account, None).map(|(grant, _)| grant.id);
    let named = add(key, Some("first")).unwrap();
    for _ in 1..2_500 {
        add(key, None).unwrap();
    }
    assert!(matches!(add(key, None), Err(KmsError::Quota(_))));
    assert_eq!(add(key, Some("first")), Ok(named), "which makes none");
    assert!(add(OTHER_KEY.parse().unwrap(), None).is_ok());

    let alias = AliasArn { account: key.account, region: key.region, name: "alias/aws/s3".parse().unwrap() };
    world.make_managed_key(&alias);
    let managed = world.alias(&alias).unwrap().key;
    for _ in 0..2_501 {
        assert!(
            world.add_grant(managed, terms(None), key.account, None).is_ok(),
            "AWS managed keys have no such quota"
        );
    }
}

#[test]
fn a_token_stands_for_its_grant_in_its_world_and_nothing_else_does() {
    let mut entropy = Entropy::new(Seed::from_number(7));
    let grant = grant(1, KEY, ANN, None);
    let (one, two) = (token(&grant, &mut entropy), token(&grant, &mut entropy));
    assert_ne!(one, two);
    assert!(one.len() <= 8192);
    for token in [&one, &two] {
        assert_eq!(read_token(token, &entropy), Some((grant.key, grant.id)));
        assert_eq!(read_token(token, &Entropy::new(Seed::from_number(8))), None);
    }
    let bytes = STANDARD.decode(&one).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(read_token(&STANDARD.encode(changed), &entropy), None, "byte {at}");
        assert_eq!(read_token(&STANDARD.encode(&bytes[..at]), &entropy), None, "{at} bytes");
    }
    for wrong in ["", "AAAA", "no base64", &one[1..]] {
        assert_eq!(read_token(wrong, &entropy), None, "{wrong}");
    }
}

#[test]
fn operations_fit_the_keys_that_can_do_them() {
    for operation in GrantOperation::all() {
        let keys = KeySpec::all().flat_map(|spec| spec.usages().map(move |usage| (spec, usage)));
        let fits: Vec<String> = keys
            .filter(|(spec, usage)| operation.fits(*spec, *usage))
            .map(|(spec, usage)| format!("{spec} {usage}"))
            .collect();
        let expected = match operation.as_str() {
            "DescribeKey" | "CreateGrant" | "RetireGrant" => 25,
            "GetPublicKey" => 20,
            "Encrypt" | "Decrypt" | "ReEncryptFrom" | "ReEncryptTo" => 4,
            "Sign" | "Verify" => 11,
            "GenerateMac" | "VerifyMac" => 4,
            "DeriveSharedSecret" | "Encapsulate" | "Decapsulate" => 3,
            _ => 1,
        };
        assert_eq!(fits.len(), expected, "{operation}: {fits:?}");
    }
}

#[test]
fn principals_are_arns_or_services() {
    for (text, well_formed) in [
        (ANN, true),
        ("arn:aws:iam::111122223333:root", true),
        ("arn:aws:sts::111122223333:assumed-role/App/session", true),
        ("dynamodb.us-east-1.amazonaws.com", true),
        ("*", false),
        ("111122223333", false),
        ("dynamodb", false),
        ("", false),
    ] {
        let parsed = text.parse::<GrantPrincipal>().ok().map(|principal| principal.to_string());
        assert_eq!(parsed.as_deref(), well_formed.then_some(text));
    }
}

/// Few enough that two contexts often agree.
fn contexts() -> impl Strategy<Value = EncryptionContext> {
    btree_map("[abA]", "[12]", 0..4).prop_map(|pairs| pairs.into_iter().collect())
}

fn constraints() -> impl Strategy<Value = ContextConstraint> {
    (any::<bool>(), contexts()).prop_map(|(equals, pairs)| {
        if equals { ContextConstraint::Equals(pairs) } else { ContextConstraint::Subset(pairs) }
    })
}

proptest! {
    /// A constraint that counts as stricter lets nothing through that the other does not.
    #[test]
    fn a_stricter_constraint_never_widens(own in constraints(), parent in constraints(), context in contexts()) {
        if own.within(&parent) && own.holds(&context) {
            prop_assert!(parent.holds(&context));
        }
        prop_assert!(own.within(&own) && own.holds(own.pairs()));
    }

    /// And one that does not count as stricter does let something through.
    #[test]
    fn a_weaker_constraint_is_weaker(own in constraints(), parent in constraints()) {
        if !own.within(&parent) {
            let wider: EncryptionContext = own.pairs().pairs().chain([("more", "1")]).collect();
            let finds = |context: &EncryptionContext| own.holds(context) && !parent.holds(context);
            prop_assert!(finds(own.pairs()) || finds(&wider));
        }
    }

    /// The pairs of a constraint in a request, with others or without.
    #[test]
    fn equals_is_exact_and_subset_is_not(pairs in contexts(), context in contexts()) {
        let (equals, subset) = (ContextConstraint::Equals(pairs.clone()), ContextConstraint::Subset(pairs.clone()));
        prop_assert_eq!(equals.holds(&context), pairs == context);
        let all: EncryptionContext = context.pairs().chain(pairs.pairs()).collect();
        prop_assert!(subset.holds(&all));
        prop_assert_eq!(subset.holds(&context), all == context);
    }
}
