use expect_test::{Expect, expect};
use serde::de::IgnoredAny;

use super::*;
use crate::analysis::slice;

/// What is found, and every fix tried.
#[track_caller]
fn check(text: &str, kind: PolicyKind, expected: Expect) {
    let findings = lint(text, kind);
    let line = |finding: &Finding| {
        let Finding { rule, severity, line, column, message, .. } = finding;
        let at = slice(text, finding.span).lines().next().unwrap_or_default();
        let fix = finding.fix.as_ref().map(|fix| format!(" [{}]", fix.title)).unwrap_or_default();
        let at: String = at.chars().take(40).collect();
        format!(
            "{severity:?} {rule} at {line}:{column} {at}
    {message}{fix}
"
        )
    };
    expected.assert_eq(&findings.iter().map(line).collect::<String>());
    for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
        let mended = apply(text, &finding.fix.as_ref().unwrap().edits);
        let after = lint(&mended, kind);
        let same = |list: &[Finding]| {
            list.iter().filter(|other| (other.rule, &other.message) == (finding.rule, &finding.message)).count()
        };
        assert!(same(&after) < same(&findings), "not mended: {finding:#?}\n{mended}\n{after:#?}");
        let errors = |list: &[Finding]| list.iter().filter(|finding| finding.severity == Severity::Error).count();
        assert!(errors(&after) <= errors(&findings), "worse: {finding:#?}\n{mended}\n{after:#?}");
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        assert!(is_json(&mended) || !is_json(text), "no longer JSON: {mended}");
    }
    mend_all(text, kind);
}

/// One fix after the other comes to an end.
#[track_caller]
fn mend_all(text: &str, kind: PolicyKind) {
    let mut text = text.to_owned();
    for _ in 0..50 {
        let fix = lint(&text, kind).into_iter().find_map(|finding| finding.fix);
        let Some(fix) = fix else { return };
        text = apply(&text, &fix.edits);
    }
    panic!("never done: {text}");
}

/// A key policy that gives the account everything, and one more statement.
fn beside(statement: &str) -> String {
    let account = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}"#;
    format!(r#"{{"Version": "2012-10-17", "Statement": [{account}, {{{statement}}}]}}"#)
}

#[track_caller]
fn in_key_policy(statement: &str, expected: Expect) {
    check(&beside(statement), PolicyKind::Key, expected);
}

#[test]
fn a_good_policy_has_no_finding() {
    in_key_policy(
        r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": ["kms:Decrypt", "kms:ReEncrypt*"],
        "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:a": "b"},
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}, "Bool": {"aws:SecureTransport": "true"}}"#,
        expect![[""]],
    );
    check(
        r#"{"Statement": {"Effect": "Allow", "Action": ["kms:ListKeys", "s3:GetObject"], "Resource": "*"}}"#,
        PolicyKind::Identity,
        expect![[""]],
    );
}

/// The examples of the study notes, to the letter.
#[test]
fn the_notes_examples_as_printed() {
    let whole_account = "    {\n      “Sid”: “xxx”,\n      “Effect”: “Allow”,\n      “Principal”: {“AWS”: “arn:aws:iam::111122223333:root”},\n      “Action”: “kms:*”,\n      “Resource”: “*”\n    }";
    check(
        whole_account,
        PolicyKind::Key,
        expect![[r#"
        Error fragment at 1:5 {
            this is a statement without its policy: put it into the `Statement` of one
        Error smart-quotes at 2:7 “
            typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones [Make all quotes straight]
    "#]],
    );
    let administrators = r#"    {
      "Sid": "Allow access for Key Administrators",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:user/KMSKeyAdmin"},
      "Action": [
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Revoke*",
        "kms:Disable*",
        "kms:Get*",
        "kms:Delete*",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion"
      ],
      "Resource": "*"
    }"#;
    check(
        administrators,
        PolicyKind::Key,
        expect![[r#"
        Error fragment at 1:5 {
            this is a statement without its policy: put it into the `Statement` of one [Put it into a policy]
    "#]],
    );
    let without_deletion = administrators.replace("        \"kms:ScheduleKeyDeletion\",\n", "");
    check(
        &without_deletion,
        PolicyKind::Key,
        expect![[r#"
            Error fragment at 1:5 {
                this is a statement without its policy: put it into the `Statement` of one [Put it into a policy]
            Note delete-is-not-key-deletion at 15:9 "kms:Delete*"
                `kms:Delete*` is about aliases and imported key material, not about keys: deleting those is `kms:ScheduleKeyDeletion` [Add `kms:ScheduleKeyDeletion`]
        "#]],
    );
    let usage = "      \"Resource\": [\n        “kms:Encrypt”,\n        “kms:Decrypt”,\n        “kms:ReEncrypt”,\n        “kms:GenerateDataKey*”,\n        “kms:DescribeKey”\n      ]";
    check(
        usage,
        PolicyKind::Key,
        expect![[r#"
            Error fragment at 1:7 "Resource"
                members of an object without its braces: this is a part of a policy, so put braces around it [Put braces around it]
            Error fragment at 1:7 "Resource": [
                this is a statement without its policy: put it into the `Statement` of one
            Error missing-element at 1:7 "Resource": [
                `Effect` is missing: add it
            Error missing-element at 1:7 "Resource": [
                `Principal` is missing: add it
            Error smart-quotes at 2:9 “
                typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones [Make all quotes straight]
            Error actions-under-resource at 2:9 “kms:Encrypt”
                actions under `Resource`, and no `Action`: the statement has no effect. Call this list `Action`, and say which `Resource` it is about [Make it `Action`]
        "#]],
    );
    let account_a = "      \"Resource\": [\n        “arn:...<AccountB_ID>:key/<keyID>”\n      ],\n    }";
    check(
        account_a,
        PolicyKind::Identity,
        expect![[r#"
        Error fragment at 1:7 "Resource"
            members of an object without its braces: this is a part of a policy, so put braces around it [Put braces around it]
        Error fragment at 1:7 "Resource": [
            this is a statement without its policy: put it into the `Statement` of one
        Error missing-element at 1:7 "Resource": [
            `Effect` is missing: add it
        Error missing-element at 1:7 "Resource": [
            `Action` is missing: add it
        Error smart-quotes at 2:9 “
            typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones [Make all quotes straight]
        Error malformed-resource at 2:9 “arn:...<AccountB_ID>:key/<keyID>”
            `arn:...<AccountB_ID>:key/<keyID>` is not a resource: use `*` or an ARN such as `arn:aws:kms:*:*:key/*`
        Error trailing-comma at 3:8 ,
            JSON takes no comma after the last: remove it [Remove the comma]
    "#]],
    );
    let deletion = "      \"Action\": [\n        ...\n        \"kms:ScheduleKeyDeletion\",\n        \"kms:CancelKeyDeletion\"\n      ]";
    check(
        deletion,
        PolicyKind::Identity,
        expect![[r#"
        Error fragment at 1:7 "Action"
            members of an object without its braces: this is a part of a policy, so put braces around it [Put braces around it]
        Error fragment at 1:7 "Action": [
            this is a statement without its policy: put it into the `Statement` of one
        Error missing-element at 1:7 "Action": [
            `Effect` is missing: add it
        Error missing-element at 1:7 "Action": [
            `Resource` is missing: add it
        Error placeholder at 2:9 ...
            `...` stands for what was left out: write it out, or remove the dots [Remove the dots]
    "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each rule")]
fn what_is_no_json_is_mended() {
    let key = |text: &str, expected: Expect| check(text, PolicyKind::Identity, expected);
    let statement = r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#;
    key(
        &format!(r#"{{"Statement": [{statement},]}}"#),
        expect![[r#"
        Error trailing-comma at 1:71 ,
            JSON takes no comma after the last: remove it [Remove the comma]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement}],}}"#),
        expect![[r#"
        Error trailing-comma at 1:72 ,
            JSON takes no comma after the last: remove it [Remove the comma]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [,{statement}]}}"#),
        expect![[r#"
        Error comma at 1:16 ,
            a comma too many: remove it [Remove the comma]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement} {statement}]}}"#),
        expect![[r#"
        Error missing-comma at 1:72 {
            a comma is missing before this: add it [Add the comma]
    "#]],
    );
    key(
        &format!("{{\"Statement\": // all\n[{statement}] /* of it */}} # end"),
        expect![[r#"
        Error comment at 1:15 // all
            JSON has no comments: put the words into `Sid`, or remove them [Remove the comment]
        Error comment at 2:59 /* of it */
            JSON has no comments: put the words into `Sid`, or remove them [Remove the comment]
        Error comment at 2:72 # end
            JSON has no comments: put the words into `Sid`, or remove them [Remove the comment]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement}]}}}}"#),
        expect![[r#"
        Error stray-bracket at 1:73 }
            a stray `}` that closes nothing: remove it [Remove the `}`]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement}}}"#),
        expect![[r#"
        Error open-bracket at 1:15 [
            this `[` is never closed: add `]` [Add `]`]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement}"#),
        expect![[r#"
        Error open-bracket at 1:15 [
            this `[` is never closed: add `]` [Close with `]}`]
    "#]],
    );
    key(
        &format!(r#"{{"Statement": [{statement}, ...]}}"#),
        expect![[r#"
        Error trailing-comma at 1:71 ,
            JSON takes no comma after the last: remove it [Remove the comma]
        Error placeholder at 1:73 ...
            `...` stands for what was left out: write it out, or remove the dots [Remove the dots]
    "#]],
    );
    key(
        r#"{"Statement": {'Effect': 'Allow', "Action": "kms:*", "Resource": "*"}}"#,
        expect![[r#"
        Error smart-quotes at 1:16 '
            typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones [Make all quotes straight]
    "#]],
    );
    key(
        "{\"Statement\": {\"Effect\": \"Allow,\n\"Action\": \"kms:*\", \"Resource\": \"*\"}}",
        expect![[r#"
        Error open-text at 1:26 "Allow
            the text has no closing quote: add one [Close the quotes]
    "#]],
    );
    key(
        &format!("{{\"Statement\":\u{a0}{statement}}}"),
        expect![[r#"
        Error character at 1:14  
            characters that a policy cannot hold: use tab, line breaks and U+0020 to U+00FF [Replace or remove them all]
    "#]],
    );
    key(
        r#"{"Statement": {"Sid": "a – “b”", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#,
        expect![[r#"
        Error character at 1:26 –
            characters that a policy cannot hold: use tab, line breaks and U+0020 to U+00FF [Replace or remove them all]
        Error smart-quotes at 1:28 “
            typographic quotes, as word processors and web pages make them: JSON and policies know only straight ones [Make all quotes straight]
    "#]],
    );
}

#[test]
fn what_aws_refuses_is_mended() {
    let key = |text: &str, expected: Expect| check(text, PolicyKind::Key, expected);
    in_key_policy(
        r#""effect": "allow", "Principal": "arn:aws:iam::111122223333:role/App", "Action": "Decrypt", "Resource": "*""#,
        expect![[r#"
            Error unknown-element at 1:137 "effect"
                unknown element `effect`: use `Effect` [Change to `Effect`]
            Error effect at 1:147 "allow"
                `Effect` is wrong: got `allow`, expected `Allow` or `Deny` [Change to `Allow`]
            Error malformed-principal at 1:169 "arn:aws:iam::111122223333:role/App"
                `arn:aws:iam::111122223333:role/App` is not a principal: use `*`, an account, or the ARN of a user, role or session without wildcards [Say that it is a principal of AWS]
            Error malformed-action at 1:217 "Decrypt"
                `Decrypt` is not an action: use `*` or a form such as `kms:Decrypt` or `kms:List*` [Change to `kms:Decrypt`]
        "#]],
    );
    in_key_policy(
        r#""Effect": "deny", "Principal": {"aws": "111122223333"}, "Action": "kms:*", "Resource": "*""#,
        expect![[r#"
        Error effect at 1:147 "deny"
            `Effect` is wrong: got `deny`, expected `Allow` or `Deny` [Change to `Deny`]
        Error unknown-principal-kind at 1:169 "aws"
            `aws` is no kind of principal: use `AWS` or `Service` [Change to `AWS`]
    "#]],
    );
    in_key_policy(
        r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:*"}, "Action": ["kms:Decrypt", "..."], "Resource": "*""#,
        expect![[r#"
        Error malformed-principal at 1:177 "arn:aws:iam::111122223333:*"
            `arn:aws:iam::111122223333:*` is not a principal: use `*`, an account, or the ARN of a user, role or session without wildcards [Change to `arn:aws:iam::111122223333:root`]
        Error placeholder at 1:235 "..."
            `...` stands for what was left out: write it out, or remove it [Remove it]
    "#]],
    );
    in_key_policy(
        r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*",
        "Condition": {"ForAnyValue:StringEqualIfExists": {"aws:PrincipalOrgPaths": "o"}, "StringEquals": {"ViaService": "s3"}}, "Note": 1"#,
        expect![[r#"
            Error unknown-operator at 2:23 "ForAnyValue:StringEqualIfExists"
                `ForAnyValue:StringEqualIfExists` is no condition operator: use one such as `StringEquals` or `ForAnyValue:StringLike` [Change to `ForAnyValue:StringEqualsIfExists`]
            Error malformed-condition-key at 2:107 "ViaService"
                `ViaService` is no condition key: use one such as `kms:ViaService` or `aws:PrincipalOrgID` [Change to `kms:ViaService`]
            Error unknown-element at 2:129 "Note"
                unknown element `Note`: remove it or correct its name [Remove it]
        "#]],
    );
    key(
        r#"[{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]"#,
        expect![[r#"
        Error not-an-object at 1:1 [{"Effect": "Allow", "Principal": {"AWS"
            a policy is an object: got a list, expected `{"Version": ..., "Statement": ...}` [Put it into a policy]
    "#]],
    );
    key(
        r#"{"Version": "2020-01-01", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}"#,
        expect![[r#"
        Error version at 1:13 "2020-01-01"
            `Version` is wrong: got `2020-01-01`, expected `2012-10-17` or `2008-10-17` [Change to `2012-10-17`]
    "#]],
    );
    check(
        r#"{"Statement": {"Principal": "*", "Effect": "Allow", "Action": "kms:*"}}"#,
        PolicyKind::Identity,
        expect![[r#"
        Error principal-in-identity-policy at 1:16 "Principal"
            `Principal` cannot stand in an identity policy: whoever the policy is attached to is meant [Remove it]
    "#]],
    );
    check(
        r#"{"Statement": {"Effect": "Allow", "Resource": ["kms:Encrypt"]}}"#,
        PolicyKind::Identity,
        expect![[r#"
        Error missing-element at 1:15 {"Effect": "Allow", "Resource": ["kms:En
            `Action` is missing: add it
        Error actions-under-resource at 1:48 "kms:Encrypt"
            actions under `Resource`, and no `Action`: the statement has no effect. Call this list `Action`, and say which `Resource` it is about [Make it `Action`]
    "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each rule")]
fn statements_say_what_they_do() {
    let allow = |rest: &str, expected: Expect| {
        in_key_policy(
            &format!(r#""Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:role/App"}}, {rest}"#),
            expected,
        );
    };
    let deny = |rest: &str, expected: Expect| {
        in_key_policy(&format!(r#""Effect": "Deny", "Principal": "*", {rest}"#), expected);
    };
    let when = |condition: &str, expected: Expect| {
        allow(&format!(r#""Action": "kms:Decrypt", "Resource": "*", "Condition": {{{condition}}}"#), expected);
    };
    allow(
        r#""Action": "kms:ReEncrypt", "Resource": "*""#,
        expect![[r#"
        Warning reencrypt-without-star at 1:226 "kms:ReEncrypt"
            `kms:ReEncrypt` is no permission: ReEncrypt needs `kms:ReEncryptFrom` on the one key and `kms:ReEncryptTo` on the other, which `kms:ReEncrypt*` covers [Change to `kms:ReEncrypt*`]
    "#]],
    );
    allow(
        r#""Action": ["kms:Decrpt", "kms:Frobnicate", "kms:ReEncrypt"], "Resource": "*""#,
        expect![[r#"
        Warning unknown-action at 1:227 "kms:Decrpt"
            KMS has no action `kms:Decrpt`: `kms:Decrypt` may be meant [Change to `kms:Decrypt`]
        Warning unknown-action at 1:241 "kms:Frobnicate"
            KMS has no action `kms:Frobnicate`: this allows or denies nothing [Remove it]
        Warning reencrypt-without-star at 1:259 "kms:ReEncrypt"
            `kms:ReEncrypt` is no permission: ReEncrypt needs `kms:ReEncryptFrom` on the one key and `kms:ReEncryptTo` on the other, which `kms:ReEncrypt*` covers [Change to `kms:ReEncrypt*`]
    "#]],
    );
    allow(
        r#""Action": ["s3:GetObject", "kms:ListKeys", "kms:Decrypt"], "Resource": "*""#,
        expect![[r#"
        Warning action-not-on-keys at 1:227 "s3:GetObject"
            `s3:GetObject` is an action of another service, which a key policy cannot give [Remove it]
        Warning action-not-on-keys at 1:243 "kms:ListKeys"
            `kms:ListKeys` is not an action on a key, so a key policy cannot give it [Remove it]
    "#]],
    );
    allow(
        r#""Action": "kms:CreateKey", "Resource": "*""#,
        expect![[r#"
        Warning action-not-on-keys at 1:226 "kms:CreateKey"
            `kms:CreateKey` is not an action on a key, so a key policy cannot give it
    "#]],
    );
    allow(
        r#""Action": "kms:Decrypt""#,
        expect![[r#"
        Warning statement-without-effect at 1:136 {"Effect": "Allow", "Principal": {"AWS":
            this statement does nothing: it names no `Resource`; AWS stores it all the same. Add `"Resource": "*"`, which in a key policy is this key [Add `"Resource": "*"`]
    "#]],
    );
    allow(
        r#""Resource": "*""#,
        expect![[r#"
        Warning statement-without-effect at 1:136 {"Effect": "Allow", "Principal": {"AWS":
            this statement does nothing: it names no `Action`; AWS stores it all the same. Add one
    "#]],
    );
    allow(
        r#""Resource": ["kms:Encrypt", "kms:Decrypt"]"#,
        expect![[r#"
        Error actions-under-resource at 1:229 "kms:Encrypt"
            actions under `Resource`, and no `Action`: the statement has no effect. Call this list `Action`, and say which `Resource` it is about [Make it `Action`]
    "#]],
    );
    allow(
        r#""Action": "kms:Encrypt", "Resource": ["kms:Decrypt", "*"]"#,
        expect![[r#"
        Error actions-under-resource at 1:254 "kms:Decrypt"
            an action under `Resource`, where it matches nothing: resources are ARNs or `*` [Remove it]
    "#]],
    );
    allow(
        r#""Action": "kms:Encrypt", "Resource": "arn:aws:kms:us-east-1:111122223333:alias/a""#,
        expect![[r#"
        Warning resource-matches-nothing at 1:253 "arn:aws:kms:us-east-1:111122223333:alia
            `arn:aws:kms:us-east-1:111122223333:alias/a` is an alias, and a key policy is held against the key's own ARN: use `*`, and `kms:RequestAlias` to mind the alias [Change to `*`]
    "#]],
    );
    allow(
        r#""Action": "kms:Encrypt", "Resource": "1234abcd-12ab-34cd-56ef-1234567890ab""#,
        expect![[r#"
        Warning resource-matches-nothing at 1:253 "1234abcd-12ab-34cd-56ef-1234567890ab"
            `1234abcd-12ab-34cd-56ef-1234567890ab` is no ARN and matches nothing: in a key policy use `*`, which is this key [Change to `*`]
    "#]],
    );
    deny(
        r#""Action": "kms:Delete*", "Resource": "*""#,
        expect![[r#"
        Note delete-is-not-key-deletion at 1:183 "kms:Delete*"
            `kms:Delete*` is about aliases and imported key material, not about keys: deleting those is `kms:ScheduleKeyDeletion` [Add `kms:ScheduleKeyDeletion`]
    "#]],
    );
    deny(r#""Action": ["kms:Delete*", "kms:ScheduleKeyDeletion"], "Resource": "*""#, expect![[""]]);
    deny(
        r#""Action": "kms:ReEncrypt", "Resource": "*""#,
        expect![[r#"
        Error deny-never-matches at 1:136 {"Effect": "Deny", "Principal": "*", "Ac
            this Deny never matches, so it protects nothing: no value of `Action` is an action that this policy can be about
        Warning reencrypt-without-star at 1:183 "kms:ReEncrypt"
            `kms:ReEncrypt` is no permission: ReEncrypt needs `kms:ReEncryptFrom` on the one key and `kms:ReEncryptTo` on the other, which `kms:ReEncrypt*` covers [Change to `kms:ReEncrypt*`]
    "#]],
    );
    deny(
        r#""Action": "kms:Encrypt", "Resource": "key""#,
        expect![[r#"
        Error deny-never-matches at 1:136 {"Effect": "Deny", "Principal": "*", "Ac
            this Deny never matches, so it protects nothing: no value of `Resource` matches a key
        Warning resource-matches-nothing at 1:210 "key"
            `key` is no ARN and matches nothing: in a key policy use `*`, which is this key [Change to `*`]
    "#]],
    );
    deny(
        r#""Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:a": "b"}}"#,
        expect![[r#"
        Error deny-never-matches at 1:136 {"Effect": "Deny", "Principal": "*", "Ac
            this Deny never matches, so it protects nothing: it has a condition on a key that its requests do not have
        Warning condition-key-never-present at 1:258 "kms:EncryptionContext:a"
            no request for these actions has `kms:EncryptionContext:a`, so this condition never holds
    "#]],
    );
    deny(
        r#""Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"StringNotEquals": {"kms:EncryptionContext:a": "b"}}"#,
        expect![[r#"
        Warning condition-key-never-present at 1:261 "kms:EncryptionContext:a"
            no request for these actions has `kms:EncryptionContext:a`, so this condition is no limit
    "#]],
    );
    in_key_policy(
        r#""Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*""#,
        expect![[r#"
        Error open-to-everybody at 1:169 "*"
            open to every principal of every AWS account, as there is no condition: name the principals, or add a condition on `kms:CallerAccount` or `aws:PrincipalOrgID` [Only account 111122223333]
    "#]],
    );
    in_key_policy(
        r#""Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/App"}, "Action": "kms:Encrypt", "Resource": "*""#,
        expect![[r#"
        Warning not-principal at 1:171 {"AWS": "arn:aws:iam::111122223333:role/
            `NotPrincipal` denies everybody it does not list by every name, so that sessions of a listed role are denied unless they and the account are listed too: use `"Principal": "*"` with `ArnNotEquals` on `aws:PrincipalArn` [Use a condition on `aws:PrincipalArn`]
    "#]],
    );
    in_key_policy(
        r#""Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "kms:Encrypt", "Resource": "*""#,
        expect![[r#"
        Warning not-principal at 1:171 {"AWS": "111122223333"}
            `NotPrincipal` denies everybody it does not list by every name, so that sessions of a listed role are denied unless they and the account are listed too: use `"Principal": "*"` with `ArnNotEquals` on `aws:PrincipalArn`
    "#]],
    );
    when(
        r#""ForAllValues:StringEquals": {"kms:ViaService": "a"}"#,
        expect![[r#"
        Warning set-operator-on-single-value at 1:272 "ForAllValues:StringEquals"
            `kms:ViaService` has one value: a set operator is for lists, and holds for every request without the key; use `StringEquals` [Change to `StringEquals`]
    "#]],
    );
    when(
        r#""ForAnyValue:StringEquals": {"kms:ViaService": "a"}"#,
        expect![[r#"
        Note set-operator-on-single-value at 1:272 "ForAnyValue:StringEquals"
            `kms:ViaService` has one value: a set operator is for lists; use `StringEquals` [Change to `StringEquals`]
    "#]],
    );
    when(
        r#""StringEquals": {"kms:EncryptionContextKeys": "a"}"#,
        expect![[r#"
        Warning multivalued-without-set-operator at 1:272 "StringEquals"
            `kms:EncryptionContextKeys` has a list of values: without a set operator this never holds; use `ForAnyValue:StringEquals` [Change to `ForAnyValue:StringEquals`]
    "#]],
    );
    when(
        r#""StringNotEquals": {"aws:PrincipalOrgPaths": "a"}"#,
        expect![[r#"
        Warning multivalued-without-set-operator at 1:272 "StringNotEquals"
            `aws:PrincipalOrgPaths` has a list of values: without a set operator this never holds; use `ForAllValues:StringNotEquals` [Change to `ForAllValues:StringNotEquals`]
    "#]],
    );
    when(
        r#""StringEquals": {"kms:ViaServce": "a", "aws:PrincipleTag/team": "b", "kms:Nothing": "c"}"#,
        expect![[r#"
        Warning unknown-condition-key at 1:289 "kms:ViaServce"
            no request to KMS has `kms:ViaServce`: `kms:ViaService` may be meant [Change to `kms:ViaService`]
        Warning unknown-condition-key at 1:311 "aws:PrincipleTag/team"
            no request to KMS has `aws:PrincipleTag/team`: `aws:PrincipalTag/team` may be meant [Change to `aws:PrincipalTag/team`]
        Warning unknown-condition-key at 1:341 "kms:Nothing"
            no request to KMS is known to have `kms:Nothing`
    "#]],
    );
    when(
        r#""StringEquals": {"aws:SecureTransport": "true"}"#,
        expect![[r#"
        Warning wrong-operator at 1:272 "StringEquals"
            `StringEquals` compares other things than `aws:SecureTransport` has: use an operator of `Bool` [Change to `Bool`]
    "#]],
    );
    when(
        r#""Bool": {"kms:ViaService": "true"}"#,
        expect![[r#"
        Warning wrong-operator at 1:272 "Bool"
            `Bool` compares other things than `kms:ViaService` has: use an operator of `String` [Change to `StringEquals`]
    "#]],
    );
    when(
        r#""StringLikeIfExists": {"aws:SourceIp": "10.*"}"#,
        expect![[r#"
        Warning wrong-operator at 1:272 "StringLikeIfExists"
            `StringLikeIfExists` compares other things than `aws:SourceIp` has: use an operator of `IpAddress`
    "#]],
    );
    when(
        r#""NumericLessThan": {"aws:CurrentTime": "1"}"#,
        expect![[r#"
        Warning wrong-operator at 1:272 "NumericLessThan"
            `NumericLessThan` compares other things than `aws:CurrentTime` has: use an operator of `Date` [Change to `DateEquals`]
    "#]],
    );
    when(r#""NumericLessThan": {"aws:EpochTime": "1"}"#, expect![[""]]);
    check(
        r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/a": "${aws:username}"}}}}"#,
        PolicyKind::Identity,
        expect![[r#"
            Warning variable-in-old-version at 1:124 "${aws:username}"
                `${...}` is a variable only in version 2012-10-17: here it is compared to the letter, and matches nothing [Set the version to 2012-10-17]
        "#]],
    );
}

#[test]
fn a_key_that_nobody_administers_is_named() {
    let statement = |who: &str| {
        format!(
            r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{who}"}}, "Action": "kms:*", "Resource": "*"}}]}}"#
        )
    };
    check(&statement("111122223333"), PolicyKind::Key, expect![[""]]);
    check(
        &statement("arn:aws:iam::111122223333:role/Admin"),
        PolicyKind::Key,
        expect![[r#"
        Warning lockout at 1:16 {"Effect": "Allow", "Principal": {"AWS":
            only users or roles can change this policy: if they are deleted, nobody can, and only AWS Support can restore access. Add a statement for the account [Let account 111122223333 decide]
    "#]],
    );
    check(
        &statement("111122223333").replace("kms:*", "kms:Encrypt"),
        PolicyKind::Key,
        expect![[r#"
        Error lockout at 1:16 {"Effect": "Allow", "Principal": {"AWS":
            nobody can change this policy: AWS refuses it unless the safety check is bypassed, and then only AWS Support can restore access. Add a statement for the account [Let account 111122223333 decide]
    "#]],
    );
}
