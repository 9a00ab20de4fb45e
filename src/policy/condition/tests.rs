use super::*;

fn condition(text: &str) -> (Condition, bool) {
    let (operator, rest) = text.split_once(' ').unwrap();
    let (key, values) = rest.split_once(' ').unwrap();
    let span = SourceSpan { start: 0, end: 0 };
    let values = values.split('|').map(|value| Spanned { value: value.to_owned(), span }).collect();
    let (condition, wrong) = Condition::new(operator, key, values, true, [span; 3]);
    (condition, wrong.is_none())
}

fn context(text: &str) -> RequestContext {
    let mut context = RequestContext::default();
    for pair in text.split("; ").filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap();
        match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(list) => context.set_many(key, list.split('|').filter(|value| !value.is_empty())),
            None => context.set(key, value),
        }
    }
    context
}

/// `operator key value|value` against `key=value; key=[value|value]`.
#[track_caller]
fn check(text: &str, request: &str, holds: bool) {
    assert_eq!(condition(text).0.holds(&context(request)).0, holds, "{text} against {request}");
}

#[test]
fn every_operator_has_two_sides() {
    for (operator, want, fits, fails) in [
        ("StringEquals", "a*", "a*", "ab"),
        ("StringEqualsIgnoreCase", "AbC", "aBc", "ab"),
        ("StringLike", "a*", "abc", "Abc"),
        ("NumericEquals", "7", "7.0", "8"),
        ("NumericLessThan", "7", "6.9", "7"),
        ("NumericLessThanEquals", "7", "7", "7.1"),
        ("NumericGreaterThan", "7", "10", "7"),
        ("NumericGreaterThanEquals", "7", "7", "-8"),
        ("DateEquals", "2030-01-01T00:00:00Z", "1893456000", "1893456001"),
        ("DateLessThan", "2030-01-01", "2029-12-31T23:59:59Z", "2030-01-01T00:00:00Z"),
        ("DateLessThanEquals", "2030-01-01", "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z"),
        ("DateGreaterThan", "2030-01-01", "2030-01-01T00:00:00.001Z", "2030-01-01T00:00:00Z"),
        ("DateGreaterThanEquals", "2030-01-01", "2030-01-01T01:00:00+01:00", "2029-12-31"),
        ("Bool", "true", "true", "false"),
        ("BinaryEquals", "AQID", "AQID", "AQIE"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("IpAddress", "203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("IpAddress", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("IpAddress", "0.0.0.0/0", "255.0.0.1", "::1"),
        ("ArnEquals", "arn:aws:s3:::logs-*", "arn:aws:s3:::logs-1", "arn:aws:s3:::log"),
        ("ArnLike", "arn:aws:*:*:1*:key/?", "arn:aws:kms:us-east-1:12:key/a", "arn:aws:kms:us-east-1:21:key/a"),
        ("ArnLike", "arn:aws:kms:*:key/a", "arn:aws:kms:x:key/a:y", "arn:aws:kms:us-east-1:1:key/a"),
    ] {
        if operator == "ArnLike" && want == "arn:aws:kms:*:key/a" {
            // Five parts are no ARN, so nothing fits.
            check(&format!("{operator} a:k {want}"), &format!("a:k={fits}"), false);
        } else {
            check(&format!("{operator} a:k {want}"), &format!("a:k={fits}"), true);
        }
        check(&format!("{operator} a:k {want}"), &format!("a:k={fails}"), false);
        check(&format!("{operator} a:k {want}"), "", false);
        check(&format!("{operator}IfExists a:k {want}"), "", true);
        check(&format!("{operator}IfExists a:k {want}"), &format!("a:k={fails}"), false);
        check(&format!("{operator} A:K {want}"), &format!("a:k={fails}"), false);
    }
    for (operator, want, fits, fails) in [
        ("StringNotEquals", "a", "b", "a"),
        ("StringNotEqualsIgnoreCase", "a", "b", "A"),
        ("StringNotLike", "a*", "b", "ab"),
        ("NumericNotEquals", "7", "8", "7.00"),
        ("DateNotEquals", "2030", "2031", "2030-01-01"),
        ("NotIpAddress", "203.0.113.0/24", "2001:db8::1", "203.0.113.1"),
        ("ArnNotEquals", "arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a"),
        ("ArnNotLike", "arn:aws:s3:::a*", "arn:aws:s3:::b", "arn:aws:s3:::ab"),
    ] {
        check(&format!("{operator} a:k {want}"), &format!("a:k={fits}"), true);
        check(&format!("{operator} a:k {want}"), &format!("a:k={fails}"), false);
        check(&format!("{operator} a:k other|{want}"), &format!("a:k={fails}"), false);
        check(&format!("{operator} a:k {want}"), "", true);
    }
}

#[test]
fn keys_with_several_values_need_a_set_operator() {
    for (text, request, holds) in [
        ("StringEquals a:k a", "a:k=[a]", false),
        ("StringNotEquals a:k b", "a:k=[a]", false),
        ("ForAllValues:StringEquals a:k a|b", "a:k=[a|b]", true),
        ("ForAllValues:StringEquals a:k a|b", "a:k=[a|c]", false),
        ("ForAllValues:StringEquals a:k a|b", "a:k=[]", true),
        ("ForAllValues:StringEquals a:k a|b", "", true),
        ("ForAllValues:StringEquals a:k a", "a:k=a", true),
        ("ForAllValues:StringNotEquals a:k a", "a:k=[b|c]", true),
        ("ForAllValues:StringNotEquals a:k a", "a:k=[a|c]", false),
        ("ForAnyValue:StringLike a:k a*", "a:k=[x|ab]", true),
        ("ForAnyValue:StringLike a:k a*", "a:k=[x]", false),
        ("ForAnyValue:StringLike a:k a*", "a:k=[]", false),
        ("ForAnyValue:StringLike a:k a*", "", false),
        ("ForAnyValue:StringLikeIfExists a:k a*", "", true),
        ("ForAnyValue:StringNotEquals a:k a|b", "a:k=[a|c]", true),
        ("ForAnyValue:StringNotEquals a:k a|b", "a:k=[a|b]", false),
        ("foranyvalue:stringequals a:k a", "A:K=[a]", true),
        ("Null a:k true", "", true),
        ("Null a:k true", "a:k=x", false),
        ("Null a:k false", "a:k=x", true),
        ("Null a:k false", "", false),
        ("Null a:k true", "a:k=[]", true),
        ("StringEquals a:k ${b:k}", "a:k=x; b:k=x", true),
        ("StringNotEquals a:k ${b:k}", "a:k=x", true),
        ("Bool a:k ${b:k}", "a:k=true; b:k=true", true),
        ("ArnLike a:k arn:aws:iam::${b:k}:role/*", "a:k=arn:aws:iam::12:role/x; b:k=12", true),
        ("ArnLike a:k ${b:k}", "a:k=arn:aws:iam::12:role/x; b:k=arn:aws:iam::12:role/x", false),
    ] {
        check(text, request, holds);
    }
}

#[test]
fn values_that_cannot_be_compared_are_named_and_fit_nothing() {
    for text in [
        "StringEqual a:k a",
        "ForSomeValue:StringEquals a:k a",
        "ForAnyValue:Null a:k true",
        "NumericEquals a:k seven",
        "DateEquals a:k tomorrow",
        "Bool a:k yes",
        "BinaryEquals a:k ?",
        "IpAddress a:k 203.0.113.0/33",
        "IpAddress a:k 203.0.113",
        "ArnEquals a:k role/x",
    ] {
        let (condition, good) = condition(text);
        assert!(!good && !condition.holds(&context("a:k=a")).0, "{text}");
    }
}
