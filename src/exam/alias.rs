//! What an alias means for ciphertexts that are there already.

use serde_json::json;

use crate::{
    clock::Span,
    exam::{
        Family, Question, Reading,
        draw::Draw,
        outcomes,
        stage::{ADMINISTRATOR, DEVELOPER, PLAINTEXT, Played, Stage, day},
    },
    lang::tr,
};

const NAMES: &[(&str, &str, &str)] = &[
    ("alias/orders", "green", "blue"),
    ("alias/invoices", "old", "new"),
    ("alias/media", "spring", "autumn"),
    ("alias/ledger", "first", "second"),
];

/// What happens to the alias after the text was encrypted.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Nothing,
    Moved,
    Deleted,
    MovedAndDisabled,
}

/// What is asked then.
#[derive(Clone, Copy)]
enum Asked {
    DecryptByAlias,
    DecryptUnnamed,
    DecryptByOld,
    DecryptByNew,
    Encrypt,
}

pub(super) fn ask(draw: &mut Draw) -> Option<Question> {
    let names = draw.pick(NAMES)?;
    let start = draw.below(700);
    let mut variants = Vec::new();
    for then in [Then::Nothing, Then::Moved, Then::Moved, Then::Deleted, Then::MovedAndDisabled] {
        for asked in
            [Asked::DecryptByAlias, Asked::DecryptUnnamed, Asked::DecryptByOld, Asked::DecryptByNew, Asked::Encrypt]
        {
            variants.push((then, asked));
        }
    }
    outcomes(Family::Alias, draw, Reading::Key, variants, |(then, asked)| play(names, start, *then, *asked))
}

fn play((alias, old, new): (&str, &str, &str), start: usize, then: Then, asked: Asked) -> Option<Played> {
    let mut stage = Stage::new(day(start));
    let first = stage.key(&json!({"Description": old}))?;
    let second = stage.key(&json!({"Description": new}))?;
    stage.call(ADMINISTRATOR, "CreateAlias", &json!({"AliasName": alias, "TargetKeyId": first}))?;
    let sealed = stage.sealed(alias, &json!({}))?;
    stage.tell(tr!("There are two symmetric encryption keys, “{old}” and “{new}”. `{alias}` points to “{old}”, and a text is encrypted \
         with `KeyId` `{alias}`.", old, new, alias));
    stage.wait(Span::days(30));
    match then {
        Then::Nothing => stage.tell(tr!("A month goes by, and nothing is changed.")),
        Then::Moved | Then::MovedAndDisabled => {
            stage.call(ADMINISTRATOR, "UpdateAlias", &json!({"AliasName": alias, "TargetKeyId": second}))?;
            stage.tell(tr!("A month later `UpdateAlias` points `{alias}` to “{new}”.", alias, new));
        }
        Then::Deleted => {
            stage.call(ADMINISTRATOR, "DeleteAlias", &json!({"AliasName": alias}))?;
            stage.tell(tr!("A month later `{alias}` is deleted. The keys stay.", alias));
        }
    }
    if then == Then::MovedAndDisabled {
        stage.call(ADMINISTRATOR, "DisableKey", &json!({"KeyId": first}))?;
        stage.tell(tr!("The key “{old}” is disabled.", old));
    }
    let decrypt = |key: Option<&str>| {
        let mut body = json!({"CiphertextBlob": sealed});
        let key = body.as_object_mut().zip(key).map(|(members, key)| members.insert("KeyId".to_owned(), key.into()));
        drop(key);
        ("Decrypt", body)
    };
    let (operation, body) = match asked {
        Asked::DecryptByAlias => decrypt(Some(alias)),
        Asked::DecryptUnnamed => decrypt(None),
        Asked::DecryptByOld => decrypt(Some(&first)),
        Asked::DecryptByNew => decrypt(Some(&second)),
        Asked::Encrypt => ("Encrypt", json!({"KeyId": alias, "Plaintext": PLAINTEXT})),
    };
    let how = match asked {
        Asked::DecryptByAlias => tr!("calls `Decrypt` with that ciphertext and `KeyId` `{alias}`", alias),
        Asked::DecryptUnnamed => tr!("calls `Decrypt` with that ciphertext and no `KeyId`").to_owned(),
        Asked::DecryptByOld => tr!("calls `Decrypt` with that ciphertext and the ARN of “{old}” as `KeyId`", old),
        Asked::DecryptByNew => tr!("calls `Decrypt` with that ciphertext and the ARN of “{new}” as `KeyId`", new),
        Asked::Encrypt => tr!("calls `Encrypt` with another text and `KeyId` `{alias}`", alias),
    };
    stage.call(DEVELOPER, operation, &body);
    Some(stage.ask(tr!("Developer, who may use both keys, {how}. What comes of it?", how)))
}
