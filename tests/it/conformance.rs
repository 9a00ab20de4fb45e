//! What the conversations and tables of these tests really exercised of the API model: every member of every request and
//! response, and every error, of every operation.
//!
//! `tests/data/tables/conformance.txt` counts them. What is not exercised has to be in [`UNREACHED`] with its reason, and
//! what is in there must not be reachable. Operations that this build does not have are listed as absent.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
};

use expect_test::expect_file;
use kms_playground::{
    endpoint::{
        Outcome,
        model::{self, Member, Structure},
    },
    ops::{
        stage::{Stage, StageResult},
        table,
    },
};
use serde_json::Value;

use crate::{
    table as tables,
    wire::{self, Conversation},
};

/// The operation or `*`, `input`, `output` or `error` with a path or name of the model, and why it cannot occur here.
#[rustfmt::skip]
const UNREACHED: &[(&str, &str, &str)] = &[
    ("*", "error DependencyTimeoutException", "nothing here waits for another service"),
    ("*", "error KMSInternalException", "it would be a fault of this program, which the tests look for"),
    ("*", "error KeyUnavailableException", "key material is always at hand"),
    ("CreateGrant", "error LimitExceededException", "2,500 grants are too many for a conversation; tests/it/quotas.rs makes them"),
    ("CreateKey", "error InvalidArnException", "it takes no ARN"),
    ("CreateKey", "output KeyMetadata.DeletionDate", "a new key is not pending deletion"),
    ("CreateKey", "output KeyMetadata.ExpirationModel", "a new key has no imported material"),
    ("CreateKey", "output KeyMetadata.MultiRegionConfiguration.ReplicaKeys.Arn", "a new key has no replicas"),
    ("CreateKey", "output KeyMetadata.MultiRegionConfiguration.ReplicaKeys.Region", "a new key has no replicas"),
    ("CreateKey", "output KeyMetadata.PendingDeletionWindowInDays", "a new key is not pending deletion"),
    ("CreateKey", "output KeyMetadata.ValidTo", "a new key has no imported material"),
    ("DeleteAlias", "error KMSInvalidStateException", "every state of a key lets its aliases go"),
    ("EnableKey", "error LimitExceededException", "the number of enabled keys has no limit"),
    ("GetKeyPolicy", "error KMSInvalidStateException", "possible in every state"),
    ("GetKeyRotationStatus", "error KMSInvalidStateException", "possible in every state"),
    ("GetKeyRotationStatus", "output OnDemandRotationStartDate", "a rotation is complete when the call returns"),
    ("GetPublicKey", "error DisabledException", "AWS's table of key states allows it; only the API page lists the error"),
    ("GetPublicKey", "error InvalidKeyUsageException", "no usage of a key pair forbids it"),
    ("ListGrants", "error KMSInvalidStateException", "possible in every state"),
    ("ListKeyPolicies", "error KMSInvalidStateException", "possible in every state"),
    ("ListKeyPolicies", "output NextMarker", "one policy name is one page"),
    ("ListKeyRotations", "error KMSInvalidStateException", "possible in every state"),
    ("ListRetirableGrants", "error NotFoundException", "it names no key"),
    ("PutKeyPolicy", "error KMSInvalidStateException", "possible in every state"),
    ("PutKeyPolicy", "error UnsupportedOperationException", "the policy of an AWS managed key denies it before"),
    ("ReplicateKey", "output ReplicaKeyMetadata.CloudHsmClusterId", "keys in key stores have no replicas"),
    ("ReplicateKey", "output ReplicaKeyMetadata.CustomKeyStoreId", "keys in key stores have no replicas"),
    ("ReplicateKey", "output ReplicaKeyMetadata.DeletionDate", "a new replica is not pending deletion"),
    ("ReplicateKey", "output ReplicaKeyMetadata.PendingDeletionWindowInDays", "a replica waits for no other key"),
    ("ReplicateKey", "output ReplicaKeyMetadata.XksKeyConfiguration", "keys in key stores have no replicas"),
    ("ReplicateKey", "output ReplicaKeyMetadata.XksKeyConfiguration.Id", "keys in key stores have no replicas"),
    ("ReplicateKey", "output ReplicaKeyMetadata.ExpirationModel", "a new replica has no imported material"),
    ("ReplicateKey", "output ReplicaKeyMetadata.ValidTo", "a new replica has no imported material"),
    ("RetireGrant", "error KMSInvalidStateException", "possible in every state"),
    ("RevokeGrant", "error KMSInvalidStateException", "possible in every state"),
    ("UntagResource", "error TagException", "a tag that is not there does no harm, whatever its name"),
];

/// Parts of the names of what belongs to features that this build does not have yet; it may occur or not.
const NOT_YET: &[&str] = &["UnsupportedOperationException"];

thread_local! {
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// By operation, what occurred: `input KeyId`, `output Keys.KeyArn`, `error NotFoundException`.
type Seen = BTreeMap<String, BTreeSet<String>>;

/// Notes what a request exercised, while somebody on this thread wants to know.
pub(crate) fn note(operation: &str, body: &str, outcome: &Outcome) {
    SEEN.with_borrow_mut(|seen| {
        let (Some(seen), Some(model)) = (seen, model::operation(operation)) else { return };
        let seen = seen.entry(operation.to_owned()).or_default();
        let well_formed =
            outcome.stages.iter().any(|record| record.stage == Stage::Shape && record.result == StageResult::Passed);
        if well_formed {
            let request = serde_json::from_str(body).unwrap();
            present(&request, &model.input, "input ", seen);
        }
        match (&outcome.fault, &model.output) {
            (Some(fault), _) => _ = seen.insert(format!("error {}", fault.kind)),
            (None, Some(output)) => {
                let response = serde_json::from_str(&outcome.response.body).unwrap_or_default();
                present(&response, output, "output ", seen);
            }
            (None, None) => {}
        }
    });
}

/// Adds the paths of the members that are in `value`.
fn present(value: &Value, structure: &'static Structure, path: &str, seen: &mut BTreeSet<String>) {
    let Value::Object(members) = value else { return };
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = structure.members.get(name) else { continue };
        let path = format!("{path}{name}");
        for (value, structure) in inner(value, member) {
            present(value, structure, &format!("{path}."), seen);
        }
        seen.insert(path);
    }
}

/// The structures within a member: itself, or the elements of a list.
fn inner<'a>(value: &'a Value, member: &'static Member) -> Vec<(&'a Value, &'static Structure)> {
    match (member, value) {
        (Member::Reference { structure }, value) => vec![(value, model::structure(structure).unwrap())],
        (Member::Plain(shape), Value::Array(elements)) => {
            let element = shape.member.as_deref();
            elements.iter().flat_map(|value| element.into_iter().flat_map(|element| inner(value, element))).collect()
        }
        (Member::Plain(_), _) => Vec::new(),
    }
}

/// The paths of all members of a structure, and of those below them.
fn paths(structure: &'static Structure, path: &str, all: &mut BTreeSet<String>) {
    for (name, member) in &structure.members {
        let path = format!("{path}{name}");
        let mut member = member;
        while let Member::Plain(shape) = member {
            let Some(element) = shape.member.as_deref() else { break };
            member = element;
        }
        if let Member::Reference { structure } = member {
            paths(model::structure(structure).unwrap(), &format!("{path}."), all);
        }
        all.insert(path);
    }
}

fn everything_seen() -> Seen {
    SEEN.set(Some(Seen::new()));
    let mut files: Vec<_> = fs::read_dir(wire::FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        wire::converse(&fs::read_to_string(&path).unwrap(), &path.to_string_lossy(), Conversation::line);
    }
    tables::states_allow_what_they_allow();
    tables::identifiers_name_keys_where_they_may();
    tables::callers_may_what_their_policies_allow();
    SEEN.take().unwrap()
}

#[test]
fn every_member_and_error_of_the_api_model_occurs_or_cannot() {
    let seen = everything_seen();
    let mut reasons: BTreeSet<&(&str, &str, &str)> = UNREACHED.iter().collect();
    let (mut shown, mut missing, mut wrong) = (String::new(), Vec::new(), Vec::new());
    for (operation, model) in model::operations() {
        if table::find(operation).is_none() {
            shown += &format!("{operation}: absent\n");
            continue;
        }
        let mut all = BTreeSet::new();
        paths(&model.input, "input ", &mut all);
        if let Some(output) = &model.output {
            paths(output, "output ", &mut all);
        }
        all.extend(model.errors.iter().map(|kind| format!("error {kind}")));
        let none = BTreeSet::new();
        let seen = seen.get(operation).unwrap_or(&none);
        let counts = ["input", "output", "error"].map(|group| {
            let of_group = |item: &&String| item.starts_with(group);
            let reached = all.iter().filter(of_group).filter(|item| seen.contains(*item)).count();
            format!("{group} {reached} of {}", all.iter().filter(of_group).count())
        });
        shown += &format!("{operation}: {}\n", counts.join(", "));
        for item in &all {
            let why = UNREACHED.iter().find(|(of, what, _)| (*of == operation || *of == "*") && what == item);
            match (why, seen.contains(item)) {
                (None, true) => {}
                (None, false) if NOT_YET.iter().any(|part| item.contains(part)) => {
                    shown += &format!("    {item}: not in this build yet\n");
                }
                (None, false) => missing.push(format!("{operation}: {item}")),
                (Some(reason), false) => {
                    reasons.remove(reason);
                    shown += &format!("    {item}: {}\n", reason.2);
                }
                (Some(_), true) => wrong.push(format!("{operation}: {item}")),
            }
        }
    }
    assert!(missing.is_empty(), "no conversation has these, add one or a reason to UNREACHED:\n{}", missing.join("\n"));
    assert!(wrong.is_empty(), "these are said to be out of reach and occur:\n{}", wrong.join("\n"));
    assert!(reasons.is_empty(), "these reasons are for nothing: {reasons:?}");
    expect_file!["../data/tables/conformance.txt"].assert_eq(&shown);
}
