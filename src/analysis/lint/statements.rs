//! What a policy that can be read does not do, or does beyond what was meant.

use std::collections::BTreeSet;

use crate::{
    arn::AccountId,
    authz::permission::{On, PERMISSIONS, Permission},
    lang::tr,
    policy::{
        Policy, PolicyKind, SourceSpan,
        condition::{Comparison, Condition, SetOperator},
        document::{Effect, Element, Statement, Version},
        matching::{ActionPattern, ResourcePattern},
        principal::PolicyPrincipal,
    },
};

use super::{
    super::{
        Edit,
        condition_keys::{self, CONDITION_KEYS, ConditionKey, ValueSort},
        quoted, slice, unquoted,
    },
    Finding, Severity, finding,
    nearest::nearest,
    refused::{insert_member, names_kms_action, without},
};

pub(super) fn look(policy: &Policy, whole: bool, found: &mut Vec<Finding>) {
    for statement in policy.statements() {
        Look { policy, text: policy.text(), statement, found: &mut *found, dead: Vec::new() }.all();
    }
    if policy.kind() == PolicyKind::Key && whole {
        lockout(policy, found);
    }
    old_version(policy, found);
}

/// One statement under examination.
struct Look<'a> {
    policy: &'a Policy,
    text: &'a str,
    statement: &'a Statement,
    found: &'a mut Vec<Finding>,
    /// Why the statement can never match.
    dead: Vec<&'static str>,
}

impl Look<'_> {
    fn all(mut self) {
        self.actions();
        self.resources();
        self.principals();
        for condition in &self.statement.conditions {
            self.condition(condition);
        }
        if let (Some(why), Effect::Deny) = (self.dead.first(), self.statement.effect) {
            let message = tr!("this Deny never matches, so it protects nothing: {why}", why);
            self.note("deny-never-matches", Severity::Error, self.statement.span, message);
        }
    }

    fn note(&mut self, rule: &'static str, severity: Severity, span: SourceSpan, message: impl Into<String>) {
        self.found.push(finding(rule, severity, span, message));
    }

    fn fixed(
        &mut self,
        rule: &'static str,
        severity: Severity,
        span: SourceSpan,
        message: impl Into<String>,
        fix: Option<(String, Vec<Edit>)>,
    ) {
        let finding = finding(rule, severity, span, message);
        self.found.push(match fix {
            Some((title, edits)) => finding.fixed_by(title, edits),
            None => finding,
        });
    }

    fn is_key_policy(&self) -> bool {
        self.policy.kind() == PolicyKind::Key
    }

    /// What takes an item out of a list; nothing where it is the only one.
    fn removal(&self, span: SourceSpan, count: usize) -> Option<(String, Vec<Edit>)> {
        if count < 2 { None } else { Some((tr!("Remove it").to_owned(), vec![without(self.text, span)?])) }
    }

    fn actions(&mut self) {
        let Some(actions) = &self.statement.actions else {
            if self.is_key_policy() && !self.has_actions_under_resource() {
                let message =
                    tr!("this statement does nothing: it names no `Action`; AWS stores it all the same. Add one");
                self.note("statement-without-effect", Severity::Warning, self.statement.span, message);
            }
            self.dead.push(tr!("it names no `Action`"));
            return;
        };
        let mut alive = actions.negated;
        let count = actions.values.len();
        for value in &actions.values {
            let written = unquoted(self.text, value.span);
            let covered: Vec<_> = permissions(&value.value).collect();
            if self.deletion_meant(actions, &written, &covered) {
                let message = tr!(
                    "`{written}` is about aliases and imported key material, not about keys: deleting those is \
                     `kms:ScheduleKeyDeletion`",
                    written
                );
                let added = format!("{}, \"kms:ScheduleKeyDeletion\"", quoted(&written));
                let added = if slice(self.text, actions.span).starts_with('[') { added } else { format!("[{added}]") };
                let fix = (tr!("Add `kms:ScheduleKeyDeletion`").to_owned(), vec![Edit::replace(value.span, added)]);
                self.fixed("delete-is-not-key-deletion", Severity::Note, value.span, message, Some(fix));
            }
            if !covered.is_empty() {
                let on_key = covered.iter().any(|permission| permission.on != On::Account);
                alive |= on_key || !self.is_key_policy();
                if !on_key && self.is_key_policy() {
                    let message = tr!("`{written}` is not an action on a key, so a key policy cannot give it", written);
                    let fix = self.removal(value.span, count);
                    self.fixed("action-not-on-keys", Severity::Warning, value.span, message, fix);
                }
            } else if written.eq_ignore_ascii_case("kms:ReEncrypt") {
                let message = "`kms:ReEncrypt` is no permission: ReEncrypt needs `kms:ReEncryptFrom` on the one key and \
                               `kms:ReEncryptTo` on the other, which `kms:ReEncrypt*` covers";
                let fix = (
                    tr!("Change to `kms:ReEncrypt*`").to_owned(),
                    vec![Edit::replace(value.span, quoted("kms:ReEncrypt*"))],
                );
                self.fixed("reencrypt-without-star", Severity::Warning, value.span, message, Some(fix));
            } else if names_kms_action(&written) {
                let name = written.get(4..).unwrap_or_default();
                let meant = nearest(name, PERMISSIONS.iter().map(|permission| permission.name));
                let message = match meant {
                    Some(meant) => tr!("KMS has no action `{written}`: `kms:{meant}` may be meant", written, meant),
                    None => tr!("KMS has no action `{written}`: this allows or denies nothing", written),
                };
                let fix = match meant {
                    Some(meant) => {
                        let meant = format!("kms:{meant}");
                        Some((tr!("Change to `{meant}`", meant), vec![Edit::replace(value.span, quoted(&meant))]))
                    }
                    None => self.removal(value.span, count),
                };
                self.fixed("unknown-action", Severity::Warning, value.span, message, fix);
            } else if self.is_key_policy() && written.contains(':') {
                let message =
                    tr!("`{written}` is an action of another service, which a key policy cannot give", written);
                let fix = self.removal(value.span, count);
                self.fixed("action-not-on-keys", Severity::Warning, value.span, message, fix);
            } else {
                // Of another service, and no matter of KMS; or no action, which is said elsewhere.
                alive = true;
            }
        }
        if !alive {
            self.dead.push(tr!("no value of `Action` is an action that this policy can be about"));
        }
    }

    /// Whether a pattern for deletions has to be taken for one of keys, which no other value covers.
    fn deletion_meant(&self, actions: &Element<ActionPattern>, written: &str, covered: &[&Permission]) -> bool {
        let deletes =
            written.get(4..).is_some_and(|name| name.len() < 8 && name.to_ascii_lowercase().starts_with("delete"));
        deletes
            && covered.len() > 1
            && !actions.negated
            && actions.find(|pattern| pattern.matches("kms:schedulekeydeletion")).is_none()
    }

    fn has_actions_under_resource(&self) -> bool {
        let resources = self.statement.resources.as_ref().map(|element| element.values.as_slice()).unwrap_or_default();
        resources.iter().any(|value| names_kms_action(&unquoted(self.text, value.span)))
    }

    fn resources(&mut self) {
        let Some(resources) = &self.statement.resources else {
            self.dead.push(tr!("it names no `Resource`"));
            if self.is_key_policy() {
                let message =
                    tr!("this statement does nothing: it names no `Resource`; AWS stores it all the same. Add \
                               `\"Resource\": \"*\"`, which in a key policy is this key");
                let fix = insert_member(self.text, self.statement.span, "\"Resource\": \"*\"");
                self.fixed(
                    "statement-without-effect",
                    Severity::Warning,
                    self.statement.span,
                    message,
                    fix.map(|fix| (fix.title, fix.edits)),
                );
            }
            return;
        };
        let mut alive = resources.negated;
        let mut misplaced = None;
        for value in &resources.values {
            let written = unquoted(self.text, value.span);
            if names_kms_action(&written) {
                misplaced = misplaced.or(Some(value.span));
                continue;
            }
            let is_arn = value.value.matches_no_resource() || written.starts_with("arn:");
            let resource = written.splitn(6, ':').nth(5).unwrap_or_default();
            let is_alias = resource.starts_with("alias/");
            alive |= is_arn && !(is_alias && self.is_key_policy());
            if !self.is_key_policy() || (is_arn && !is_alias) {
                continue;
            }
            let message = if is_alias {
                tr!(
                    "`{written}` is an alias, and a key policy is held against the key's own ARN: use `*`, and \
                         `kms:RequestAlias` to mind the alias",
                    written
                )
            } else {
                tr!("`{written}` is no ARN and matches nothing: in a key policy use `*`, which is this key", written)
            };
            let fix = (tr!("Change to `*`").to_owned(), vec![Edit::replace(value.span, quoted("*"))]);
            self.fixed("resource-matches-nothing", Severity::Warning, value.span, message, Some(fix));
        }
        if let Some(span) = misplaced {
            self.misplaced_actions(resources, span);
        }
        if !alive {
            self.dead.push(tr!("no value of `Resource` matches a key"));
        }
    }

    fn misplaced_actions(&mut self, resources: &Element<ResourcePattern>, first: SourceSpan) {
        let fix = if self.statement.actions.is_none() && !resources.negated {
            let edits = vec![Edit::replace(resources.name_span, "\"Resource\": \"*\", \"Action\"")];
            Some((tr!("Make it `Action`").to_owned(), edits))
        } else {
            self.removal(first, resources.values.len())
        };
        let message = if self.statement.actions.is_none() {
            tr!(
                "actions under `Resource`, and no `Action`: the statement has no effect. Call this list `Action`, and say which \
             `Resource` it is about"
            )
        } else {
            tr!("an action under `Resource`, where it matches nothing: resources are ARNs or `*`")
        };
        self.fixed("actions-under-resource", Severity::Error, first, message, fix);
    }

    fn principals(&mut self) {
        if !self.is_key_policy() {
            return;
        }
        let Some(principals) = &self.statement.principals else { return };
        let allows = self.statement.effect == Effect::Allow;
        if principals.negated {
            let message = "`NotPrincipal` denies everybody it does not list by every name, so that sessions of a listed \
                           role are denied unless they and the account are listed too: use `\"Principal\": \"*\"` with \
                           `ArnNotEquals` on `aws:PrincipalArn`";
            let by_name = |principal: &PolicyPrincipal| {
                matches!(principal, PolicyPrincipal::User { .. } | PolicyPrincipal::Role { .. })
            };
            let names = principals.values.iter().filter(|value| by_name(&value.value));
            let names: Vec<String> = names.map(|value| quoted(&value.value.to_string())).collect();
            let convertible = names.len() == principals.values.len() && self.statement.conditions.is_empty();
            let fix = convertible.then(|| {
                let list = names.join(", ");
                let span = SourceSpan { start: principals.name_span.start, end: principals.span.end };
                let condition = format!(
                    "\"Principal\": \"*\", \"Condition\": {{\"ArnNotEquals\": {{\"aws:PrincipalArn\": [{list}]}}}}"
                );
                (tr!("Use a condition on `aws:PrincipalArn`").to_owned(), vec![Edit::replace(span, condition)])
            });
            self.fixed("not-principal", Severity::Warning, principals.span, message, fix);
        }
        let anyone = principals.find(|principal| *principal == PolicyPrincipal::Anyone);
        if let Some(value) = anyone.filter(|_| allows && self.statement.conditions.is_empty() && !principals.negated) {
            let message =
                tr!("open to every principal of every AWS account, as there is no condition: name the principals, or \
                           add a condition on `kms:CallerAccount` or `aws:PrincipalOrgID`");
            let fix = only_account(self.policy).filter(|_| principals.values.len() == 1).map(|account| {
                let named = format!("{{\"AWS\": \"arn:aws:iam::{account}:root\"}}");
                (tr!("Only account {account}", account), vec![Edit::replace(principals.span, named)])
            });
            self.fixed("open-to-everybody", Severity::Error, value.span, message, fix);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        let Some(test) = condition.test() else {
            self.dead.push(tr!("it has a condition that never holds"));
            return;
        };
        let known = condition_keys::named(&condition.key);
        let Some(key) = known else { return self.unknown_key(condition) };
        self.never_there(condition, key);
        if test.comparison == Comparison::Null {
            return;
        }
        let bare = condition.operator.rsplit(':').next().unwrap_or_default();
        match (test.set, key.multivalued) {
            (Some(set), false) => {
                let (severity, danger) = match set {
                    SetOperator::ForAllValues => {
                        (Severity::Warning, tr!(", and holds for every request without the key"))
                    }
                    SetOperator::ForAnyValue => (Severity::Note, ""),
                };
                let message = tr!(
                    "`{key}` has one value: a set operator is for lists{danger}; use `{bare}`",
                    key = condition.key,
                    danger,
                    bare
                );
                let fix = (tr!("Change to `{bare}`", bare), self.operator_changed(condition, bare));
                self.fixed(
                    "set-operator-on-single-value",
                    severity,
                    condition.operator_span,
                    message,
                    fix.1.map(|edits| (fix.0, edits)),
                );
            }
            (None, true) => {
                let set = if test.negated { "ForAllValues" } else { "ForAnyValue" };
                let whole = format!("{set}:{bare}");
                let message = tr!(
                    "`{key}` has a list of values: without a set operator this never holds; use `{whole}`",
                    key = condition.key,
                    whole
                );
                let edits = self.operator_changed(condition, &whole);
                let fix = edits.map(|edits| (tr!("Change to `{whole}`", whole), edits));
                self.fixed(
                    "multivalued-without-set-operator",
                    Severity::Warning,
                    condition.operator_span,
                    message,
                    fix,
                );
                self.dead.push(tr!("a list of values is compared as if it were one"));
            }
            (Some(_), true) | (None, false) => {}
        }
        self.sort_of_values(condition, key, bare);
    }

    fn unknown_key(&mut self, condition: &Condition) {
        let ours = ["kms:", "aws:"].iter().any(|prefix| condition.folded_key().starts_with(prefix));
        if !ours {
            return;
        }
        let (head, tail) = match condition.key.find('/').or(condition.key.match_indices(':').nth(1).map(|(at, _)| at)) {
            Some(at) => condition.key.split_at(at + 1),
            None => (&*condition.key, ""),
        };
        let names = CONDITION_KEYS.iter().map(|key| key.name);
        let meant = nearest(head, names.filter(|name| name.ends_with([':', '/']) != tail.is_empty()));
        let key = &condition.key;
        let message = match meant {
            Some(meant) => tr!("no request to KMS has `{key}`: `{meant}{tail}` may be meant", key, meant, tail),
            None => tr!("no request to KMS is known to have `{key}`", key),
        };
        let fix = meant.map(|meant| {
            let whole = format!("{meant}{tail}");
            (tr!("Change to `{whole}`", whole), vec![Edit::replace(condition.key_span, quoted(&whole))])
        });
        self.fixed("unknown-condition-key", Severity::Warning, condition.key_span, message, fix);
    }

    /// A key that no request has, of those the statement is about.
    fn never_there(&mut self, condition: &Condition, key: &ConditionKey) {
        let Some(actions) = &self.statement.actions else { return };
        let mut covered = PERMISSIONS.iter().filter(|permission| covers(actions, permission)).peekable();
        if covered.peek().is_none() || covered.any(|permission| key.operations.include(permission)) {
            return;
        }
        let holds_without = condition.test().is_some_and(|test| {
            test.negated
                || test.if_exists
                || test.comparison == Comparison::Null
                || test.set == Some(SetOperator::ForAllValues)
        });
        let end =
            if holds_without { tr!("so this condition is no limit") } else { tr!("so this condition never holds") };
        let message = tr!("no request for these actions has `{key}`, {end}", key = condition.key, end);
        self.note("condition-key-never-present", Severity::Warning, condition.key_span, message);
        if !holds_without {
            self.dead.push(tr!("it has a condition on a key that its requests do not have"));
        }
    }

    fn sort_of_values(&mut self, condition: &Condition, key: &ConditionKey, bare: &str) {
        let Some(test) = condition.test() else { return };
        let (fits, wanted) = match (key.sort, test.comparison) {
            (_, Comparison::Null) => return,
            (ValueSort::Text, Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike)
            | (
                ValueSort::Arn,
                Comparison::Arn | Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike,
            )
            | (ValueSort::Boolean, Comparison::Bool)
            | (ValueSort::Number, Comparison::Number(_))
            | (ValueSort::Date, Comparison::Date(_))
            | (ValueSort::Address, Comparison::Ip) => (true, ""),
            (ValueSort::Date, Comparison::Number(_)) => (key.name == "aws:EpochTime", "Date"),
            (ValueSort::Text, _) => (false, "String"),
            (ValueSort::Arn, _) => (false, "Arn"),
            (ValueSort::Boolean, _) => (false, "Bool"),
            (ValueSort::Number, _) => (false, "Numeric"),
            (ValueSort::Date, _) => (false, "Date"),
            (ValueSort::Address, _) => (false, "IpAddress"),
        };
        if fits {
            return;
        }
        let name = match (wanted, test.negated) {
            ("Bool", false) => "Bool".to_owned(),
            // There is no negation of `Bool`.
            ("Bool", true) => String::new(),
            ("IpAddress", false) => "IpAddress".to_owned(),
            ("IpAddress", true) => "NotIpAddress".to_owned(),
            (family, negated) => format!("{family}{}Equals", if negated { "Not" } else { "" }),
        };
        let message = tr!(
            "`{bare}` compares other things than `{key}` has: use an operator of `{wanted}`",
            bare,
            key = condition.key,
            wanted
        );
        let whole =
            condition.operator.replace(bare, &format!("{name}{}", if test.if_exists { "IfExists" } else { "" }));
        let fits = |whole: &str| condition.values().all(|(value, _)| Condition::compares(whole, value));
        let fix = Some(whole)
            .filter(|whole| !name.is_empty() && fits(whole))
            .and_then(|whole| Some((tr!("Change to `{whole}`", whole), self.operator_changed(condition, &whole)?)));
        self.fixed("wrong-operator", Severity::Warning, condition.operator_span, message, fix);
    }

    /// Absent where another key stands under the same operator, or the other operator is there already.
    fn operator_changed(&self, condition: &Condition, operator: &str) -> Option<Vec<Edit>> {
        let clash = self.statement.conditions.iter().any(|other| {
            (other.operator_span == condition.operator_span && other.key_span != condition.key_span)
                || *other.operator == *operator
        });
        if clash { None } else { Some(vec![Edit::replace(condition.operator_span, quoted(operator))]) }
    }
}

/// The permissions that a pattern covers.
fn permissions(pattern: &ActionPattern) -> impl Iterator<Item = &'static Permission> {
    PERMISSIONS.iter().filter(|permission| pattern.matches(&folded(permission)))
}

fn covers(actions: &Element<ActionPattern>, permission: &Permission) -> bool {
    actions.find(|pattern| pattern.matches(&folded(permission))).is_some() != actions.negated
}

fn folded(permission: &Permission) -> String {
    format!("kms:{}", permission.name.to_ascii_lowercase())
}

/// The account that every principal of the policy is of.
fn only_account(policy: &Policy) -> Option<AccountId> {
    let accounts: BTreeSet<AccountId> = policy.principals().filter_map(|named| named.value.account()).collect();
    accounts.first().copied().filter(|_| accounts.len() == 1)
}

/// A key whose policy nobody can change is lost as soon as it has to be.
fn lockout(policy: &Policy, found: &mut Vec<Finding>) {
    let changes = |statement: &&Statement| {
        statement.effect == Effect::Allow
            && statement.resources.is_some()
            && statement.actions.as_ref().is_some_and(|actions| {
                actions.find(|pattern| pattern.matches("kms:putkeypolicy")).is_some() != actions.negated
            })
    };
    let mut named = false;
    for statement in policy.statements().iter().filter(changes) {
        for principal in statement.principals.iter().flat_map(|element| &element.values) {
            match principal.value {
                PolicyPrincipal::Account(_) | PolicyPrincipal::Anyone => return,
                PolicyPrincipal::User { .. }
                | PolicyPrincipal::Role { .. }
                | PolicyPrincipal::RoleSession { .. }
                | PolicyPrincipal::FederatedUser { .. } => named = true,
                PolicyPrincipal::Service(_) | PolicyPrincipal::Nobody(_) => {}
            }
        }
    }
    let (severity, message) = if named {
        (
            Severity::Warning,
            tr!(
                "only users or roles can change this policy: if they are deleted, nobody can, and only AWS Support can restore \
             access. Add a statement for the account"
            ),
        )
    } else {
        (
            Severity::Error,
            tr!(
                "nobody can change this policy: AWS refuses it unless the safety check is bypassed, and then only AWS Support \
             can restore access. Add a statement for the account"
            ),
        )
    };
    let Some(first) = policy.statements().first() else { return };
    let lockout = finding("lockout", severity, first.span, message);
    found.push(match only_account(policy) {
        Some(account) => {
            let statement = format!(
                "{{\"Sid\": \"Enable IAM User Permissions\", \"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \
                 \"arn:aws:iam::{account}:root\"}}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}"
            );
            lockout.fixed_by(tr!("Let account {account} decide", account), add_statement(policy, &statement))
        }
        None => lockout,
    });
}

/// The changes that put a statement before all others: over several lines if the policy is.
pub(in crate::analysis) fn add_statement(policy: &Policy, statement: &str) -> Vec<Edit> {
    let statements = policy.statements();
    let (Some(first), Some(last)) = (statements.first(), statements.last()) else { return Vec::new() };
    let text = policy.text();
    let before = text.get(..first.span.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent = if line.trim().is_empty() && before.contains('\n') { format!("\n{line}") } else { " ".to_owned() };
    let own = line.len() - line.trim_start().len();
    let statement =
        if text.contains('\n') { spread(statement, line.get(..own).unwrap_or_default()) } else { statement.to_owned() };
    if before.trim_end().ends_with('[') {
        return vec![Edit::insert(first.span.start, format!("{statement},{indent}"))];
    }
    vec![Edit::insert(first.span.start, format!("[{statement},{indent}")), Edit::insert(last.span.end, "]")]
}

/// An object with a line for each of its members.
fn spread(object: &str, indent: &str) -> String {
    let (mut spread, mut depth, mut quoted, mut escaped) = (String::new(), 0_u32, false, false);
    for sign in object.chars() {
        match sign {
            '"' if !escaped => quoted = !quoted,
            '}' | ']' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    spread.push_str(&format!("\n{indent}"));
                }
            }
            '{' | '[' if !quoted => depth += 1,
            ' ' if !quoted && depth == 1 && spread.trim_end_matches(' ').ends_with('\n') => continue,
            _ => {}
        }
        escaped = quoted && sign == '\\' && !escaped;
        spread.push(sign);
        if depth == 1 && !quoted && (sign == ',' || sign == '{' && spread.len() == 1) {
            spread.push_str(&format!("\n{indent}  "));
        }
    }
    spread
}

fn old_version(policy: &Policy, found: &mut Vec<Finding>) {
    if policy.version() == Some(Version::V2012) {
        return;
    }
    let text = policy.text();
    let variable = policy.statements().iter().find_map(|statement| {
        let resources = statement.resources.iter().flat_map(|element| element.values.iter().map(|value| value.span));
        let values = statement.conditions.iter().flat_map(|condition| condition.values().map(|(_, span)| span));
        resources.chain(values).find(|span| slice(text, *span).contains("${"))
    });
    let Some(span) = variable else { return };
    let message =
        "`${...}` is a variable only in version 2012-10-17: here it is compared to the letter, and matches nothing";
    let edit = match policy.version_span() {
        Some(version) => Edit::replace(version, quoted("2012-10-17")),
        None => {
            Edit::insert(super::super::offset(text.find('{').unwrap_or_default() + 1), "\"Version\": \"2012-10-17\", ")
        }
    };
    let fix = finding("variable-in-old-version", Severity::Warning, span, message);
    found.push(fix.fixed_by(tr!("Set the version to 2012-10-17"), vec![edit]));
}
