//! Which encryption context opens a ciphertext.

use serde_json::{Value, json};

use crate::{
    exam::{
        Family, Question, Reading,
        draw::Draw,
        question,
        stage::{DEVELOPER, Stage, day},
    },
    lang::tr,
};

const NAMES: &[(&str, &str)] =
    &[("tenant", "purpose"), ("bucket", "object"), ("customer", "document"), ("table", "column"), ("project", "stage")];
const VALUES: &[(&str, &str)] = &[("7", "orders"), ("media", "film"), ("ishmael", "ledger"), ("north", "live")];

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let (one, other) = draw.pick(NAMES)?;
    let (first, second) = draw.pick(VALUES)?;
    let mut stage = Stage::new(day(draw.below(700)));
    let key = stage.key(&json!({"Description": "orders"}))?;
    let sealed = stage.sealed(&key, &json!({one: first, other: second}))?;
    stage.tell(tr!(
        "Somebody called `Encrypt` with the encryption context `{context}`. Developer, who may use the key, now calls \
         `Decrypt` with the untouched ciphertext.",
        context = format_args!("{{\"{one}\": \"{first}\", \"{other}\": \"{second}\"}}")
    ));
    let capital =
        |text: &str| text.chars().take(1).flat_map(char::to_uppercase).chain(text.chars().skip(1)).collect::<String>();
    // As text, since it is the order that some differ in.
    let pair = |name: &str, value: &str| format!("\"{name}\": \"{value}\"");
    let candidates = [
        vec![pair(one, first), pair(other, second)],
        vec![pair(other, second), pair(one, first)],
        vec![pair(&capital(one), first), pair(&capital(other), second)],
        vec![pair(one, first)],
        vec![pair(other, second)],
        vec![pair(one, first), pair(other, second), pair("copy", "2")],
        vec![pair(one, second), pair(other, first)],
        vec![pair(one, first), pair(other, &capital(second))],
        vec![pair(one, &format!("{first} ")), pair(other, second)],
        vec![],
    ];
    let mut tried: Vec<(String, bool)> = Vec::new();
    for pairs in candidates {
        let context = format!("{{{}}}", pairs.join(", "));
        let mut trial = stage.trial();
        let opens = decrypt(&mut trial, &sealed, &context).is_some();
        tried.push((context, opens));
    }
    draw.shuffle(&mut tried);
    let (opening, others): (Vec<_>, Vec<_>) = tried.into_iter().partition(|(_, opens)| *opens);
    let mut labels: Vec<String> = opening
        .into_iter()
        .take(1)
        .chain(others.into_iter().take(3))
        .map(|(context, _)| format!("`{context}`"))
        .collect();
    let right = labels.first()?.clone();
    draw.shuffle(&mut labels);
    let first = stage.timeline.cursor().checked_add(1)?;
    for label in &labels {
        decrypt(&mut stage, &sealed, label.trim_matches('`'));
    }
    let at = labels.iter().position(|label| *label == right)?;
    let mut played = stage.ask(tr!("Which encryption context opens it?"));
    played.step = first.checked_add(at)?;
    let reading = Reading::OddOneOut { labels: labels.clone(), first, allowed: true };
    question(Family::Context, played, labels, at, reading)
}

fn decrypt(stage: &mut Stage, sealed: &str, context: &str) -> Option<Value> {
    // Put together as text: an object of serde_json has an order of its own.
    let body = format!("{{\"CiphertextBlob\": \"{sealed}\", \"EncryptionContext\": {context}}}");
    stage.send(DEVELOPER, "Decrypt", body)
}
