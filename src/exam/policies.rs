//! Which policy decides: a key's, its caller's, or one beside them.

use serde_json::{Value, json};

use crate::{
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{AUDIT_APP, KEY_ADMIN, ORDERS_APP, Played, Stage, day, name, pretty},
    },
    lang::tr,
};

#[derive(Clone, Copy)]
enum KeySays {
    /// The default: the caller's account decides.
    Account,
    /// The caller by name.
    Caller,
    /// The caller by name, for one tenant.
    ForTenant,
    /// Administrators alone.
    Nothing,
    /// The account decides, and one tenant is denied to all.
    DeniesTenant,
}

#[derive(Clone, Copy)]
enum Own {
    Allows,
    Silent,
    Denies,
}

#[derive(Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    ScpDenies,
    ScpLacks,
    BoundaryLacks,
    BoundaryAllows,
    SessionLacks,
    EndpointLacks,
    RcpDenies,
}

#[derive(Clone, Copy)]
struct Layout {
    key: KeySays,
    own: Own,
    beside: Beside,
    /// The caller is of another account than the key.
    crosses: bool,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let start = draw.below(700);
    let operation = draw.pick(&["GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Encrypt"])?;
    let tenant = draw.pick(&["7", "8"])?;
    let mut layouts = Vec::new();
    for key in [KeySays::Account, KeySays::Caller, KeySays::ForTenant, KeySays::Nothing, KeySays::DeniesTenant] {
        for own in [Own::Allows, Own::Allows, Own::Silent, Own::Denies] {
            for beside in [
                Beside::Nothing,
                Beside::Nothing,
                Beside::ScpDenies,
                Beside::ScpLacks,
                Beside::BoundaryLacks,
                Beside::BoundaryAllows,
                Beside::SessionLacks,
                Beside::EndpointLacks,
                Beside::RcpDenies,
            ] {
                layouts.extend([false, true].map(|crosses| Layout { key, own, beside, crosses }));
            }
        }
    }
    outcomes(Family::Policies, draw, Reading::Decision, layouts, |layout| play(start, operation, tenant, *layout))
}

fn play(start: usize, operation: &str, tenant: &str, layout: Layout) -> Option<Played> {
    let Layout { key, own, beside, crosses } = layout;
    let (caller, account, role) =
        if crosses { (AUDIT_APP, "444455556666", "AuditApp") } else { (ORDERS_APP, "111122223333", "OrdersApp") };
    let role = format!("arn:aws:iam::{account}:role/{role}");
    let mut stage = Stage::new(day(start));
    let key_policy = key_policy(key, account, &role);
    let key = stage.call(KEY_ADMIN, "CreateKey", &json!({"Description": "orders", "Policy": pretty(&key_policy)}))?;
    let key = key.get("KeyMetadata")?.get("Arn")?.as_str()?.to_owned();
    stage.tell(tr!(
        "{who} calls `{operation}` with a key of account 111122223333, and the encryption context `{context}`.",
        who = name(caller),
        operation,
        context = format_args!("{{\"tenant\": \"{tenant}\"}}")
    ));
    stage.show(tr!("The key policy"), pretty(&key_policy));

    let place = format!("policies of {role}");
    stage.attach(&place, "DataKeys", None)?;
    let using = json!(["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"]);
    let own = match own {
        Own::Allows => allow(&using),
        Own::Silent => allow(&json!(["kms:DescribeKey", "kms:ListAliases"])),
        Own::Denies => json!({"Version": VERSION, "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
            {"Sid": "NotThese", "Effect": "Deny", "Action": using, "Resource": "*"},
        ]}),
    };
    stage.attach(&place, "OfTheRole", Some(&pretty(&own)))?;
    stage.show(tr!("The policy of the role {name}", name = role.rsplit('/').next()?), pretty(&own));

    let denies = json!({"Version": VERSION, "Statement": [{"Sid": "NoUse", "Effect": "Deny", "Action": using, "Resource": "*"}]});
    let looking = json!(["kms:Describe*", "kms:Get*", "kms:List*"]);
    let (title, place, policy) = match beside {
        Beside::Nothing => (String::new(), String::new(), Value::Null),
        Beside::ScpDenies => (tr!("An SCP on account {account}", account), format!("scps of {account}"), denies),
        Beside::ScpLacks => {
            (tr!("The only SCP on account {account}", account), format!("scps of {account}"), allow(&looking))
        }
        Beside::BoundaryLacks => {
            (tr!("The permissions boundary of the role").to_owned(), format!("boundary of {role}"), allow(&looking))
        }
        Beside::BoundaryAllows => {
            (tr!("The permissions boundary of the role").to_owned(), format!("boundary of {role}"), allow(&using))
        }
        Beside::SessionLacks => {
            (tr!("The session policy").to_owned(), format!("session policy of {role}"), allow(&looking))
        }
        Beside::EndpointLacks => {
            let policy = json!({"Version": VERSION, "Statement": [{"Effect": "Allow", "Principal": "*", "Action": looking, "Resource": "*"}]});
            (
                tr!("The policy of the VPC endpoint that the request comes through").to_owned(),
                format!("endpoint of {account}"),
                policy,
            )
        }
        Beside::RcpDenies => {
            let policy = json!({"Version": VERSION, "Statement": [{"Sid": "OnlyOurOwn", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}}]});
            (tr!("An RCP on account 111122223333").to_owned(), "rcps of 111122223333".to_owned(), policy)
        }
    };
    if beside != Beside::Nothing {
        stage.attach(&place, "Beside", Some(&pretty(&policy)))?;
        stage.show(title, pretty(&policy));
    }
    if beside == Beside::ScpLacks {
        stage.attach(&place, "FullAWSAccess", None)?;
    }
    let mut body = json!({"KeyId": key, "EncryptionContext": {"tenant": tenant}});
    let (member, value) =
        if operation == "Encrypt" { ("Plaintext", super::stage::PLAINTEXT) } else { ("KeySpec", "AES_256") };
    body.as_object_mut()?.insert(member.to_owned(), value.into());
    stage.call(caller, operation, &body);
    Some(stage.ask(tr!("There is no grant. What is decided, and by what?")))
}

const VERSION: &str = "2012-10-17";

fn allow(actions: &Value) -> Value {
    json!({"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn key_policy(says: KeySays, account: &str, role: &str) -> Value {
    let admin = json!({"Sid": "Administer", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/KMSKeyAdmin"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:Put*", "kms:ScheduleKeyDeletion"], "Resource": "*"});
    let use_by = |principal: &str| {
        json!({"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": principal},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"})
    };
    let account = format!("arn:aws:iam::{account}:root");
    let mut statements = vec![admin];
    match says {
        KeySays::Account => statements.push(use_by(&account)),
        KeySays::Caller => statements.push(use_by(role)),
        KeySays::ForTenant => {
            let mut statement = use_by(role);
            if let Some(members) = statement.as_object_mut() {
                let condition = json!({"StringEquals": {"kms:EncryptionContext:tenant": "7"}});
                members.insert("Condition".to_owned(), condition);
            }
            statements.push(statement);
        }
        KeySays::Nothing => {}
        KeySays::DeniesTenant => {
            statements.push(use_by(&account));
            statements.push(
                json!({"Sid": "NotEight", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
                "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "8"}}}),
            );
        }
    }
    json!({"Version": VERSION, "Statement": statements})
}
