//! Who can do what with a key: every principal of a setting against every permission.

use serde::Serialize;

use crate::authz::{
    decision::{Check, Decision, Verdict},
    permission::{PERMISSIONS, Permission},
    simulate::{Party, Problem, ScenarioError, Setting},
};

use super::requests::{Requests, request_on_alias};

/// Principals and permissions, with a verdict where they meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matrix {
    /// The columns, for example `kms:Decrypt`.
    pub actions: Vec<String>,
    pub rows: Vec<Row>,
    pub answers: Answers,
    /// Every part of a policy that AWS would refuse to store. It matches nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// What one principal can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub principal: String,
    /// One for each action.
    pub cells: Vec<Cell>,
    /// The permissions by which the principal can give itself, or others, more than it has.
    pub escalates: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    pub verdict: Verdict,
    /// The check that settled it.
    pub decided_by: Check,
}

/// The principals for whom the answer is yes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
    /// Who can use the key in cryptography.
    pub can_use: Vec<String>,
    /// Who can change it, its policy, grants, aliases or tags.
    pub can_administer: Vec<String>,
    /// Who can have it or its imported key material deleted.
    pub can_delete: Vec<String>,
    /// Who can give themselves more.
    pub can_escalate: Vec<String>,
}

/// One cell that differs between two matrices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub principal: String,
    pub action: String,
    /// Absent where only one of the two has the principal.
    pub before: Option<Verdict>,
    pub after: Option<Verdict>,
}

/// Reads a setting and decides every cell.
///
/// # Errors
///
/// [`ScenarioError`] for what is no setting.
pub fn of_text(setting: &str) -> Result<Matrix, ScenarioError> {
    Ok(matrix(&Setting::parse(setting)?))
}

/// Decides every cell.
pub fn matrix(setting: &Setting) -> Matrix {
    let rows: Vec<Row> = setting.parties.iter().map(|party| row(setting, party)).collect();
    let mut answers = Answers::default();
    for row in &rows {
        let can = |names: &[&str]| {
            let mut cells = row.cells.iter().zip(PERMISSIONS);
            cells.any(|(cell, permission)| cell.verdict == Verdict::Allowed && names.contains(&permission.name))
        };
        for (list, names) in [
            (&mut answers.can_use, USING),
            (&mut answers.can_administer, ADMINISTERING),
            (&mut answers.can_delete, DELETING),
            (&mut answers.can_escalate, ESCALATING),
        ] {
            if can(names) {
                list.push(row.principal.clone());
            }
        }
    }
    let actions = PERMISSIONS.iter().map(|permission| format!("kms:{}", permission.name)).collect();
    Matrix { actions, rows, answers, problems: setting.problems.clone() }
}

pub(super) fn row(setting: &Setting, party: &Party) -> Row {
    let requests = Requests::of(setting, party);
    let cell = |permission| {
        let decision = decide(setting, party, &requests, permission);
        Cell { verdict: decision.verdict, decided_by: decision.decided_by }
    };
    let cells: Vec<Cell> = PERMISSIONS.iter().map(cell).collect();
    let escalates = cells
        .iter()
        .zip(PERMISSIONS)
        .filter(|(cell, permission)| cell.verdict == Verdict::Allowed && ESCALATING.contains(&permission.name));
    let escalates = escalates.map(|(_, permission)| format!("kms:{}", permission.name)).collect();
    Row { principal: party.principal.clone(), cells, escalates }
}

/// About a permission on an alias and a key the alias is asked first.
fn decide(setting: &Setting, party: &Party, requests: &Requests<'_>, permission: &'static Permission) -> Decision {
    let on_alias = request_on_alias(setting, party, permission);
    let on_alias = on_alias.map(|request| setting.decide(party, &request, false));
    let refused = on_alias.filter(|decision| decision.verdict != Verdict::Allowed);
    refused.unwrap_or_else(|| setting.decide(party, &requests.request(permission), false))
}

/// What an edit changed. Principals are told apart by their ARN.
pub fn changes(before: &Matrix, after: &Matrix) -> Vec<Change> {
    let find = |matrix: &Matrix, principal: &str, nth: usize| {
        let row = matrix.rows.iter().find(|row| row.principal == principal)?;
        row.cells.get(nth).map(|cell| cell.verdict)
    };
    let added = after.rows.iter().filter(|row| before.rows.iter().all(|other| other.principal != row.principal));
    let mut changes = Vec::new();
    for row in before.rows.iter().chain(added) {
        for (nth, action) in before.actions.iter().enumerate() {
            let [was, is] = [before, after].map(|matrix| find(matrix, &row.principal, nth));
            if was != is {
                let (principal, action) = (row.principal.clone(), action.clone());
                changes.push(Change { principal, action, before: was, after: is });
            }
        }
    }
    changes
}

const USING: &[&str] = &[
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
];
const ADMINISTERING: &[&str] = &[
    "CancelKeyDeletion",
    "CreateAlias",
    "CreateGrant",
    "DeleteAlias",
    "DeleteImportedKeyMaterial",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ImportKeyMaterial",
    "PutKeyPolicy",
    "ReplicateKey",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "SynchronizeMultiRegionKey",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
];
const DELETING: &[&str] = &["DeleteImportedKeyMaterial", "ScheduleKeyDeletion"];
const ESCALATING: &[&str] = &["CreateGrant", "PutKeyPolicy"];
