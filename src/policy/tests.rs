use proptest::prelude::*;

use super::{
    Policy,
    PolicyKind::{Identity, Key},
    SourceSpan,
    error::{PolicyError, PolicyErrorKind},
};

/// Renders what a policy says, or what is wrong with it and the text at fault.
fn render(text: &str, kind: super::PolicyKind) -> String {
    match Policy::parse(text, kind) {
        Ok(policy) => policy.statements().iter().map(|statement| render_statement(text, statement)).collect(),
        Err(error) => format!("{error} @ {}", slice(text, error.span)),
    }
}

fn render_statement(text: &str, statement: &super::Statement) -> String {
    fn values<T>(text: &str, element: Option<&super::document::Element<T>>) -> String {
        let Some(element) = element else { return "nothing".to_owned() };
        assert!(element.values.iter().all(|value| element.span.start <= value.span.start));
        element.values.iter().map(|value| slice(text, value.span)).collect::<Vec<_>>().join(" ")
    }
    let whole = slice(text, statement.span);
    assert!(whole.starts_with('{') && whole.ends_with('}'), "{whole}");
    let principals = values(text, statement.principals.as_ref());
    let (actions, resources) = (values(text, statement.actions.as_ref()), values(text, statement.resources.as_ref()));
    format!("{:?} {principals} does {actions} on {resources};", statement.effect)
}

fn slice(text: &str, span: SourceSpan) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[track_caller]
fn check(kind: super::PolicyKind, text: &str, expected: &str) {
    assert_eq!(render(text, kind), expected);
}

/// A key policy with one statement of these members.
#[track_caller]
fn check_statement(members: &str, expected: &str) {
    check(Key, &format!(r#"{{"Version": "2012-10-17", "Statement": [{{{members}}}]}}"#), expected);
}

/// A key policy with this `Principal`.
#[track_caller]
fn check_principal(principal: &str, expected: &str) {
    check_statement(&format!(r#""Effect": "Allow", "Principal": {principal}"#), expected);
}

#[test]
fn a_policy_says_what_its_statements_say() {
    check(
        Key,
        r#"{"Id": "x", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}}"#,
        r#"Deny "*" does "kms:*" on "*";"#,
    );
    check(
        Identity,
        "{\"Version\": \"2008-10-17\",\r\n\"Statement\": [\r\n\t{\"Effect\": \"Allow\", \"Action\": [\"*\"], \"Resource\": \"arn:aws:kms:*:*:key/*\"},
         {\"Resource\": \"*\", \"Action\": [\"kms:A\", \"kms:B\"], \"Effect\": \"Deny\", \"Sid\": \"\u{e9}\"}]}",
        r#"Allow nothing does "*" on "arn:aws:kms:*:*:key/*";Deny nothing does "kms:A" "kms:B" on "*";"#,
    );
    // The names and values of members may be written with escapes.
    check(
        Identity,
        r#"{"St\u0061tement": {"Effect": "\u0041llow", "Action": "kms:\u002a", "Resource": "\u002a"}}"#,
        r#"Allow nothing does "kms:\u002a" on "\u002a";"#,
    );
}

#[test]
fn a_key_policy_may_lack_action_or_resource_and_an_identity_policy_may_not() {
    let study_notes_json_3 = r#""Effect": "Allow", "Principal": "*", "Resource": ["kms:Encrypt", "kms:Decrypt"]"#;
    check_statement(study_notes_json_3, r#"Allow "*" does nothing on "kms:Encrypt" "kms:Decrypt";"#);
    check_principal(r#""*""#, r#"Allow "*" does nothing on nothing;"#);
    let statement = r#"{"Effect": "Allow", "Action": "kms:*"}"#;
    check(
        Identity,
        &format!(r#"{{"Statement": {statement}}}"#),
        &format!("line 1, column 15: `Resource` is missing: add it @ {statement}"),
    );
    let statement = r#"{"Effect": "Allow", "Resource": "*"}"#;
    check(
        Identity,
        &format!(r#"{{"Statement": {statement}}}"#),
        &format!("line 1, column 15: `Action` is missing: add it @ {statement}"),
    );
    check(
        Identity,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": ["kms:Encrypt"]}}"#,
        "line 1, column 63: `kms:Encrypt` is not a resource: use `*` or an ARN such as `arn:aws:kms:*:*:key/*` @ \"kms:Encrypt\"",
    );
}

#[test]
fn the_study_notes_first_policy_has_smart_quotes() {
    let text = "{
      \u{201C}Sid\u{201D}: \u{201C}xxx\u{201D},
      \u{201C}Effect\u{201D}: \u{201C}Allow\u{201D},
      \u{201C}Principal\u{201D}: {\u{201C}AWS\u{201D}: \u{201C}arn:aws:iam::111122223333:root\u{201D}},
      \u{201C}Action\u{201D}: \u{201C}kms:*\u{201D},
      \u{201C}Resource\u{201D}: \u{201C}*\u{201D}
    }";
    check(Key, text, "line 2, column 7: `\u{201C}` is not a quote of JSON: use a straight `\"` @ \u{201C}");
    check(
        Key,
        "{\n\"Id\": \"\u{e9}\u{e9}\", \u{2018}Sid\u{2019}",
        "line 2, column 13: `\u{2018}` is not a quote of JSON: use a straight `\"` @ \u{2018}",
    );
    check(
        Key,
        "{\"Id\": \"\u{1F511}\"}",
        "line 1, column 9: `\\u{1f511}` cannot stand in a policy: use tab, line breaks and characters from U+0020 to U+00FF @ \u{1F511}",
    );
}

#[test]
fn only_strict_json_is_json() {
    let rows = [
        ("", "line 1, column 1: not JSON: EOF while parsing a value @ "),
        ("{", "line 1, column 1: not JSON: EOF while parsing an object @ {"),
        ("{\n\n", "line 3, column 1: not JSON: EOF while parsing an object @ "),
        ("{} {}", "line 1, column 4: not JSON: trailing characters @ {"),
        ("{\"Id\": \"\u{e9}\", }", "line 1, column 13: not JSON: trailing comma @ }"),
        ("{\"Statement\": [1, ]}", "line 1, column 19: not JSON: trailing comma @ ]"),
        ("{\"Id\": \"\u{e9}\" \"Version\": 1}", "line 1, column 12: not JSON: expected `,` or `}` @ \""),
        ("{\n  Id: 1}", "line 2, column 3: not JSON: key must be a string @ I"),
        ("{'Id': 1}", "line 1, column 2: not JSON: key must be a string @ '"),
        ("{\"Id\" 1}", "line 1, column 7: not JSON: expected `:` @ 1"),
        ("{\"Id\": 0x1F}", "line 1, column 9: not JSON: expected `,` or `}` @ x"),
        ("{\"Id\": +1}", "line 1, column 8: not JSON: expected value @ +"),
        ("{\"Id\": 01}", "line 1, column 9: not JSON: invalid number @ 1"),
        ("{\"Id\": NaN}", "line 1, column 8: not JSON: expected value @ N"),
        ("// no\n{}", "line 1, column 1: JSON has no comments: remove it, or put the words into `Sid` @ // no"),
        ("{\u{a0}}", "line 1, column 2: not JSON: key must be a string @ \u{a0}"),
        (
            "{\"Id\": \"a\tb\"}",
            "line 1, column 9: not JSON: control character (\\u0000-\\u001F) found while parsing a string @ a",
        ),
        ("{\"Statement\": 1,\n \"Id\": \"\\ud800\"}", "line 2, column 15: not JSON: unexpected end of hex escape @ \""),
        ("{\"Id\": \"\\x\"}", "line 1, column 10: not JSON: invalid escape @ x"),
        ("{\"Id\": \"a", "line 1, column 9: not JSON: EOF while parsing a string @ a"),
    ];
    for (text, expected) in rows {
        check(Key, text, expected);
    }
}

#[test]
fn a_policy_is_an_object_of_known_elements() {
    let rows = [
        (
            "[]",
            "line 1, column 1: a policy is an object: got a list, expected `{\"Version\": ..., \"Statement\": ...}` @ []",
        ),
        (
            "null",
            "line 1, column 1: a policy is an object: got null, expected `{\"Version\": ..., \"Statement\": ...}` @ null",
        ),
        ("{}", "line 1, column 1: `Statement` is missing: add it @ {}"),
        ("{\"Statement\": []}", "line 1, column 15: `Statement` is empty: name at least one @ []"),
        (
            "{\"Statement\": 1}",
            "line 1, column 15: `Statement` has the wrong type: got a number, expected a statement or a list of statements @ 1",
        ),
        (
            "{\"Statement\": [true]}",
            "line 1, column 16: `Statement` has the wrong type: got a boolean, expected an object for each statement @ true",
        ),
        (
            "{\"Statements\": []}",
            "line 1, column 2: unknown element `Statements`: remove it or correct its name @ \"Statements\"",
        ),
        ("{\"statement\": []}", "line 1, column 2: unknown element `statement`: use `Statement` @ \"statement\""),
        ("{\"Id\": \"a\",\n\"Id\": \"b\"}", "line 2, column 1: `Id` appears twice: keep one @ \"Id\""),
        ("{\"Id\": \"a\",\n\"\\u0049d\": \"b\"}", "line 2, column 1: `Id` appears twice: keep one @ \"\\u0049d\""),
        ("{\"Id\": 1}", "line 1, column 8: `Id` has the wrong type: got a number, expected a text @ 1"),
        (
            "{\"Version\": \"2012-10-18\"}",
            "line 1, column 13: `Version` is wrong: got `2012-10-18`, expected `2012-10-17` or `2008-10-17` @ \"2012-10-18\"",
        ),
        (
            "{\"Version\": 2012}",
            "line 1, column 13: `Version` has the wrong type: got a number, expected a text @ 2012",
        ),
    ];
    for (text, expected) in rows {
        check(Key, text, expected);
    }
}

#[test]
fn a_statement_has_known_elements_of_the_right_type() {
    let wrong = |members: &str, expected: &str| check_statement(members, &format!("line 1, column {expected}"));
    wrong(r#""Principal": "*""#, "41: `Effect` is missing: add it @ {\"Principal\": \"*\"}");
    wrong(r#""Effect": "allow""#, "52: `Effect` is wrong: got `allow`, expected `Allow` or `Deny` @ \"allow\"");
    wrong(r#""Effect": ["Allow"]"#, "52: `Effect` has the wrong type: got a list, expected a text @ [\"Allow\"]");
    wrong(r#""Effect": "Allow""#, "41: `Principal` is missing: add it @ {\"Effect\": \"Allow\"}");
    wrong(r#""Effect": "Deny", "Effect": "Deny""#, "60: `Effect` appears twice: keep one @ \"Effect\"");
    wrong(r#""Sid": 1"#, "49: `Sid` has the wrong type: got a number, expected a text @ 1");
    wrong(r#""action": "*""#, "42: unknown element `action`: use `Action` @ \"action\"");
    wrong(r#""Conditions": {}"#, "42: unknown element `Conditions`: remove it or correct its name @ \"Conditions\"");
    wrong(
        r#""Action": {"a": 1}"#,
        "52: `Action` has the wrong type: got an object, expected a text or a list of texts @ {\"a\": 1}",
    );
    wrong(r#""Action": ["*", null]"#, "58: `Action` has the wrong type: got null, expected a text @ null");
    wrong(r#""Action": []"#, "52: `Action` is empty: name at least one @ []");
    wrong(r#""Resource": []"#, "54: `Resource` is empty: name at least one @ []");
    wrong(
        r#""Action": ["kms:*", "Decrypt"]"#,
        "62: `Decrypt` is not an action: use `*` or a form such as `kms:Decrypt` or `kms:List*` @ \"Decrypt\"",
    );
    check(
        Identity,
        r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#,
        "line 1, column 35: `Principal` cannot stand in an identity policy: whoever the policy is attached to is meant @ \"Principal\"",
    );
}

#[test]
fn a_principal_is_anyone_or_somebody_by_name() {
    let good = |principal: &str, values: &str| {
        check_principal(principal, &format!("Allow {values} does nothing on nothing;"));
    };
    good(r#""*""#, r#""*""#);
    good(r#"{"AWS": "*"}"#, r#""*""#);
    good(
        r#"{"AWS": ["111122223333", "arn:aws:iam::111122223333:root"]}"#,
        r#""111122223333" "arn:aws:iam::111122223333:root""#,
    );
    good(r#"{"Service": "s3.amazonaws.com", "AWS": "*"}"#, r#""s3.amazonaws.com" "*""#);

    let malformed = |principal: &str, column: u32, got: &str| {
        check_principal(
            principal,
            &format!(
                "line 1, column {column}: `{got}` is not a principal: use `*`, an account, or the ARN of a user, role or session without wildcards @ \"{got}\""
            ),
        );
    };
    malformed(r#""arn:aws:iam::111122223333:root""#, 74, "arn:aws:iam::111122223333:root");
    malformed(r#"{"AWS": ["*", "arn:aws:iam::111122223333:user/*"]}"#, 88, "arn:aws:iam::111122223333:user/*");
    malformed(r#"{"Service": "*"}"#, 86, "*");
    check_principal("{}", "line 1, column 74: `Principal` is empty: name at least one @ {}");
    check_principal(r#"{"AWS": []}"#, "line 1, column 82: `Principal` is empty: name at least one @ []");
    check_principal(
        r#"["*"]"#,
        "line 1, column 74: `Principal` has the wrong type: got a list, expected `*` or an object such as {\"AWS\": ...} @ [\"*\"]",
    );
    check_principal(
        r#"{"aws": "*"}"#,
        "line 1, column 75: `aws` is no kind of principal: use `AWS` or `Service` @ \"aws\"",
    );
    check_principal(r#"{"AWS": "*", "AWS": "*"}"#, "line 1, column 87: `AWS` appears twice: keep one @ \"AWS\"");
}

#[test]
fn a_statement_has_each_element_or_its_negation() {
    check_statement(
        r#""Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": "*", "NotResource": "*""#,
        r#"Deny "*" does "*" on "*";"#,
    );
    let wrong = |members: &str, expected: &str| check_statement(members, &format!("line 1, column {expected}"));
    let both = |element: &str| {
        let members = format!(r#""Effect": "Deny", "Principal": "*", "{element}": "*", "Not{element}": "*""#);
        let column = 41 + 1 + 36 + element.len() + 9;
        wrong(
            &members,
            &format!("{column}: `{element}` and `Not{element}` exclude each other: keep one @ \"Not{element}\""),
        );
    };
    both("Action");
    both("Resource");
    wrong(
        r#""Effect": "Allow", "NotPrincipal": "*""#,
        "77: `NotPrincipal` with `Allow` would let in everybody else and is not supported: name the principals @ \"*\"",
    );
}

#[test]
fn a_condition_has_an_operator_a_key_and_values() {
    let good = |condition: &str| {
        check_statement(
            &format!(r#""Effect": "Deny", "Principal": "*", "Condition": {condition}"#),
            r#"Deny "*" does nothing on nothing;"#,
        );
    };
    good("{}");
    good(r#"{"StringEquals": {}}"#);
    good(r#"{"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"kms:RotationPeriodInDays": [90, "365"]}}"#);
    good(r#"{"ForAnyValue:StringLikeIfExists": {"kms:EncryptionContext:a b": ["*"]}}"#);
    good(r#"{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "Null": {"aws:MultiFactorAuthAge": true}}"#);
    let wrong = |condition: &str, expected: &str| {
        let members = format!(r#""Effect": "Deny", "Principal": "*", "Condition": {condition}"#);
        check_statement(&members, &format!("line 1, column {expected}"));
    };
    wrong(
        "[]",
        "91: `Condition` has the wrong type: got a list, expected an object such as {\"StringEquals\": {\"kms:ViaService\": ...}} @ []",
    );
    wrong(
        r#"{"StringEqual": {"kms:ViaService": "x"}}"#,
        "92: `StringEqual` is no condition operator: use one such as `StringEquals` or `ForAnyValue:StringLike` @ \"StringEqual\"",
    );
    wrong(
        r#"{"NullIfExists": {"a:b": true}}"#,
        "92: `NullIfExists` is no condition operator: use one such as `StringEquals` or `ForAnyValue:StringLike` @ \"NullIfExists\"",
    );
    wrong(
        r#"{"StringEquals": {"ViaService": "x"}}"#,
        "109: `ViaService` is no condition key: use one such as `kms:ViaService` or `aws:PrincipalOrgID` @ \"ViaService\"",
    );
    wrong(
        r#"{"Bool": {"a:b": "yes"}}"#,
        "108: `yes` cannot be compared by this operator: expected `true` or `false` @ \"yes\"",
    );
    wrong(
        r#"{"Null": {"a:b": null}}"#,
        "108: `Condition` has the wrong type: got null, expected a text, a number or a boolean, or a list of these @ null",
    );
}

/// What cannot be stored at AWS is read all the same, and matches nothing.
#[test]
fn what_is_wrong_is_listed_and_the_rest_is_read() {
    let text = r#"{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["nobody", "*"]}, "Action": "Decrypt"}, {"Effect": "Maybe"},
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
    let (policy, wrong) = Policy::read(text, Key).unwrap();
    assert_eq!(policy.statements().len(), 2);
    let wrong: Vec<_> = wrong.iter().map(|error| slice(text, error.span)).collect();
    assert_eq!(wrong, ["\"nobody\"", "\"Decrypt\"", "\"Maybe\""]);
    assert!(Policy::read("{\"Statement\": [}", Key).is_err());
}

#[test]
fn a_variable_needs_version_2012() {
    let variable = "arn:aws:kms:*:*:key/${aws:username}";
    for version in [r#""Version": "2012-10-17","#, r#""Version": "2008-10-17","#, ""] {
        check(
            Identity,
            &format!(r#"{{{version} "Statement": {{"Effect": "Deny", "Action": "*", "Resource": "{variable}"}}}}"#),
            &format!(r#"Deny nothing does "*" on "{variable}";"#),
        );
    }
}

/// Only the kind of error: these texts are too long to show.
#[track_caller]
fn check_refused(kind: super::PolicyKind, text: &str, expected: impl Fn(&PolicyErrorKind) -> bool) {
    let error = Policy::parse(text, kind).unwrap_err();
    assert!(expected(&error.kind), "{error}");
}

#[test]
fn size_has_a_limit_and_nesting_needs_none() {
    let padded = |spaces: usize| {
        let statement = r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#;
        format!("{statement}{}", " ".repeat(spaces - statement.len()))
    };
    assert!(Policy::parse(&padded(32_768), Key).is_ok());
    check_refused(Key, &padded(32_769), |kind| {
        matches!(kind, PolicyErrorKind::TooLarge { size: 32_769, limit: 32_768, .. })
    });

    let identity = |letters: usize| {
        let statement = r#"{"Id":"","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        format!(
            "\n\n{}",
            statement.replace(r#""Id":"""#, &format!(r#""Id":"{}""#, "a".repeat(letters - statement.len())))
        )
    };
    assert!(Policy::parse(&identity(6_144), Identity).is_ok());
    check_refused(Identity, &identity(6_145), |kind| matches!(kind, PolicyErrorKind::TooLarge { size: 6_145, .. }));

    // What AWS would not store is read nevertheless, up to what its APIs take.
    let spaced = |bytes: usize| Policy::read(&padded(bytes), Key);
    assert_eq!(spaced(131_072).unwrap().1.len(), 1);
    assert!(matches!(spaced(131_073).unwrap_err().kind, PolicyErrorKind::TooLarge { limit: 131_072, .. }));

    let too_large = |kind: &PolicyErrorKind| matches!(kind, PolicyErrorKind::TooLarge { .. });
    let syntax = |kind: &PolicyErrorKind| matches!(kind, PolicyErrorKind::Syntax { .. });
    check_refused(Key, &"[".repeat(100_000), too_large);
    check_refused(Key, &"[".repeat(32_000), syntax);
    check_refused(Key, &"{\"Id\":".repeat(5_000), syntax);
    let nested = format!("{{\"Statement\": {}{}}}", "[".repeat(16_000), "]".repeat(16_000));
    check_refused(Key, &nested, |kind| matches!(kind, PolicyErrorKind::WrongType { element: "Statement", .. }));
    let members: String = (0..3_000).map(|n| format!("\"{n}\":0,")).collect();
    check_refused(Key, &format!("{{{members}\"Id\":\"\"}}"), |kind| {
        matches!(kind, PolicyErrorKind::UnknownElement { .. })
    });
}

/// Depth beyond any size limit: what the JSON parser itself does with it.
#[test]
fn deep_nesting_does_not_use_the_stack() {
    let text = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok());
}

#[test]
fn a_policy_is_stored_as_its_text() {
    let key = r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#;
    let identity = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    for (text, kind) in [(key, Key), (identity, Identity)] {
        let policy = Policy::parse(text, kind).unwrap();
        let stored = serde_json::to_string(&policy).unwrap();
        assert_eq!(stored, serde_json::to_string(text).unwrap());
        let loaded: Policy = serde_json::from_str(&stored).unwrap();
        assert_eq!((loaded.kind(), &loaded), (kind, &policy));
    }
    assert!(serde_json::from_str::<Policy>("\"{}\"").is_err());
}

/// The error of any text points into the text and counts lines and columns from 1.
fn assert_total(text: &str) -> Result<(), TestCaseError> {
    for kind in [Key, Identity] {
        match Policy::parse(text, kind) {
            Ok(policy) => {
                prop_assert_eq!(policy.text(), text);
                prop_assert!(!policy.statements().is_empty());
                let stored = serde_json::to_string(&policy).unwrap();
                prop_assert_eq!(serde_json::from_str::<Policy>(&stored).unwrap(), policy);
            }
            Err(PolicyError { kind, line, column, span }) => {
                prop_assert!(!kind.to_string().is_empty());
                prop_assert!(line >= 1 && column >= 1);
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
                let named = text.split('\n').nth(line as usize - 1);
                prop_assert!(named.is_some_and(|named| named.chars().count() + 1 >= column as usize));
            }
        }
    }
    Ok(())
}

const VALID: &[&str] = &[
    r#"{
  "Version": "2012-10-17",
  "Id": "clé",
  "Statement": [
    {"Sid": "a b", "Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"], "Service": "s3.amazonaws.com"},
     "Action": ["kms:ReEncrypt*", "*"], "Resource": "*"},
    {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/*"}
  ]
}"#,
    r#"{"Statement": {"Effect": "Allow", "Action": ["kms:List*"], "Resource": ["*", "arn:aws:kms:*:1:key/?"]}}"#,
];

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        assert_total(&text)?;
    }

    #[test]
    fn any_change_of_a_policy_is_parsed_or_refused(
        valid in 0..VALID.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[\\[\\]{}\",:*?$a\\\\u0\n\u{e9}\u{201c} ]{0,4}"), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut chars: Vec<char> = VALID[valid].chars().collect();
        for (at, removed, inserted) in edits {
            let start = at.index(chars.len() + 1);
            let end = (start + removed).min(chars.len());
            chars.splice(start..end, inserted.chars());
        }
        let changed: String = chars.iter().collect();
        assert_total(&changed)?;
        let truncated: String = chars.iter().take(cut.index(chars.len() + 1)).collect();
        assert_total(&truncated)?;
    }
}
