//! What is written about lessons is true: every example in LESSONS.md is played, and so is what a new lesson begins as.

use std::fs;

use expect_test::expect_file;
use kms_playground::scenario::check::check;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/LESSONS.md");
const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/xtask/lesson/template.md");

/// What the pieces of lessons in the document go on from.
const BEFORE: &str = "---\nid: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n---\n\
                      ## Before\n```call as=Administrator op=CreateKey bind=key:KeyMetadata.KeyId\n```\n```expect\n```\n\
                      ```call as=OrdersApp op=GenerateDataKey bind=sealed:CiphertextBlob\n\
                      {\"KeyId\": \"${key}\", \"KeySpec\": \"AES_256\", \"EncryptionContext\": {\"tenant\": \"7\"}}\n```\n```expect\n```\n## Example\n";

const OPENS: &str = "````markdown\n";
const CLOSES: &str = "````\n";

/// Reads the file, so that one run writes what the next one reads.
#[test]
fn every_example_in_the_document_is_right() {
    let page = "\n## Example\n";
    let before = check(&format!("{BEFORE}Words.\n"), None).updated.unwrap();
    let (before, _) = before.split_once(page).unwrap();
    let before = format!("{before}{page}");
    let mut document = fs::read_to_string(DOCUMENT).unwrap();
    let (mut at, mut count) = (0, 0);
    while let Some(start) = document[at..].find(OPENS).map(|found| at + found + OPENS.len()) {
        let end = start + document[start..].find(CLOSES).unwrap();
        let example = document[start..end].to_owned();
        let prefix = if example.starts_with("---") { "" } else { before.as_str() };
        let checked = check(&format!("{prefix}{example}"), None);
        let right =
            checked.updated.as_deref().map_or(example.as_str(), |text| text.strip_prefix(prefix).unwrap()).to_owned();
        let findings = check(&format!("{prefix}{right}"), None).findings;
        assert!(findings.is_empty(), "{example}\n{findings:?}");
        document.replace_range(start..end, &right);
        at = start + right.len() + CLOSES.len();
        count += 1;
    }
    assert!(count >= 10, "{count} examples");
    expect_file![DOCUMENT].assert_eq(&document);
}

#[test]
fn the_document_names_every_block() {
    let unknown = check(&format!("{BEFORE}```nothing\n```\n"), None).findings[0].problem.clone();
    let (_, blocks) = unknown.split_once("there are ").unwrap();
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let known = blocks.replace(" and ", ", ");
    let missing: Vec<&str> = known
        .split(", ")
        .filter(|block| !document.contains(&format!("`{block}`")) || !document.contains(&format!("```{block}")))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "blocks without an example in LESSONS.md");
}

#[test]
fn a_new_lesson_passes() {
    let text = fs::read_to_string(TEMPLATE).unwrap();
    assert!(text.starts_with("---\nid: ID\ntitle: TITLE\n"));
    let checked = check(&text, Some("ID"));
    if let Some(updated) = &checked.updated {
        expect_file![TEMPLATE].assert_eq(updated);
    }
    let named = text.replacen("id: ID", "id: my-lesson", 1).replacen("TITLE", "My lesson", 1);
    assert_eq!(check(checked.updated.as_ref().unwrap_or(&named), None).findings, []);
}
