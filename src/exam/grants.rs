//! What a grant with a constraint lets through.

use serde_json::{Value, json};

use crate::{
    exam::{
        Family, Question, Reading,
        draw::Draw,
        question,
        stage::{ADMINISTRATOR, ORDERS_APP, Stage, day, pretty},
    },
    lang::tr,
};

const TENANTS: &[(&str, &str)] = &[("7", "8"), ("north", "south"), ("red", "blue"), ("ann", "bea")];

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let (tenant, other) = draw.pick(TENANTS)?;
    let exact = draw.below(2) == 0;
    let wants_refused = draw.below(2) == 0;
    let operations: &[&str] = draw.pick(&[
        &["GenerateDataKey", "Decrypt"] as &[&str],
        &["Encrypt", "Decrypt"],
        &["GenerateDataKey", "Encrypt"],
    ])?;
    let mut stage = Stage::new(day(draw.below(700)));
    let key = stage.key(&json!({"Description": "orders"}))?;
    stage.attach("policies of arn:aws:iam::111122223333:role/OrdersApp", "DataKeys", None)?;
    let kind = if exact { "EncryptionContextEquals" } else { "EncryptionContextSubset" };
    let constraint = json!({kind: {"tenant": tenant}});
    let grant = json!({
        "GranteePrincipal": "arn:aws:iam::111122223333:role/OrdersApp",
        "Operations": operations,
        "Constraints": constraint,
    });
    let mut body = grant.clone();
    body.as_object_mut()?.insert("KeyId".to_owned(), Value::from(key.as_str()));
    stage.call(ADMINISTRATOR, "CreateGrant", &body)?;
    stage.tell(
        tr!("The key has the default key policy, which leaves it to the account, and role/OrdersApp has no policy of its own \
             any more. It has one grant, which everybody knows of by now:"),
    );
    stage.show(tr!("The grant"), pretty(&grant));
    let contexts = [
        json!({"tenant": tenant}),
        json!({"tenant": tenant, "stage": "live"}),
        json!({"tenant": other}),
        json!({"Tenant": tenant}),
        json!({"stage": "live"}),
        json!({}),
    ];
    let mut tried = Vec::new();
    for operation in ["Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        for context in &contexts {
            let mut trial = stage.trial();
            let passes = send(&mut trial, &key, operation, context).is_some();
            tried.push((operation, context.clone(), passes));
        }
    }
    // Under a strict constraint there are not always three that pass.
    let passing = tried.iter().filter(|(.., passes)| *passes).count();
    let allowed = !wants_refused || passing < 3;
    draw.shuffle(&mut tried);
    let (odd, even): (Vec<_>, Vec<_>) = tried.into_iter().partition(|(.., passes)| *passes == allowed);
    let mut chosen: Vec<_> = odd.into_iter().take(1).chain(even.into_iter().take(3)).collect();
    draw.shuffle(&mut chosen);
    let right = chosen.iter().position(|(.., passes)| *passes == allowed)?;
    let first = stage.timeline.cursor().checked_add(1)?;
    let mut labels = Vec::new();
    for (operation, context, _) in &chosen {
        send(&mut stage, &key, operation, context);
        labels.push(tr!("`{operation}` with the context `{context}`", operation, context));
    }
    let asks = if allowed {
        tr!("Which of these requests of OrdersApp is allowed?")
    } else {
        tr!("Which of these requests of OrdersApp is refused?")
    };
    let mut played = stage.ask(asks);
    played.step = first.checked_add(right)?;
    let reading = Reading::OddOneOut { labels: labels.clone(), first, allowed };
    question(Family::Grants, played, labels, right, reading)
}

fn send(stage: &mut Stage, key: &str, operation: &str, context: &Value) -> Option<Value> {
    let mut body = json!({"KeyId": key, "EncryptionContext": context});
    let (name, value) = match operation {
        "Encrypt" => ("Plaintext", super::stage::PLAINTEXT),
        _ => ("KeySpec", "AES_256"),
    };
    body.as_object_mut()?.insert(name.to_owned(), Value::from(value));
    stage.call(ORDERS_APP, operation, &body)
}
