//! What a translation must keep of its message: names in braces, code, the number of strong words, links, and the spaces
//! around it.

use std::collections::BTreeSet;

/// The names in braces, each once. A brace around anything else is text.
pub(crate) fn names(texts: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        for after in text.split('{').skip(1) {
            let Some((name, _)) = after.split_once('}') else { continue };
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            if !name.is_empty() && name.chars().all(is_name) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// The marks of one kind in a text.
type Marks = fn(&str) -> Vec<String>;

/// What is different, in words; nothing where the translation keeps all.
pub(crate) fn differ(message: &str, translation: &str) -> Option<String> {
    let kinds: [(&str, Marks); 5] = [
        ("names in braces", |text| names(&[text]).into_iter().collect()),
        ("code", |text| sorted(text.split('`').skip(1).step_by(2))),
        ("strong words", |text| vec![text.matches("**").count().to_string()]),
        ("links", |text| sorted(text.split("](").skip(1).filter_map(|after| after.split(')').next()))),
        ("spaces around", |text| {
            let (before, after) = (text.len() - text.trim_start().len(), text.len() - text.trim_end().len());
            vec![before.to_string(), after.to_string()]
        }),
    ];
    let found = kinds.into_iter().find(|(_, marks)| marks(message) != marks(translation));
    found.map(|(kind, marks)| {
        format!(
            "{kind}: [{}] in the message, [{}] in the translation",
            marks(message).join(", "),
            marks(translation).join(", ")
        )
    })
}

fn sorted<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut parts: Vec<String> = parts.map(str::to_owned).collect();
    parts.sort();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_translation_keeps_the_marks() {
        let message = "See `Encrypt` and **two** of {count} in ${key}, [AWS](https://aws.amazon.com/).";
        let check = |translation: &str, expected: Option<&str>| {
            let found = differ(message, translation);
            assert_eq!(found.as_deref().map(|words| words.split(':').next().unwrap()), expected, "{translation}");
        };
        check("[AWS](https://aws.amazon.com/): **zwei** von {count} in ${key}, siehe `Encrypt`.", None);
        check(&message.replace("{count}", "{anzahl}"), Some("names in braces"));
        check(&message.replace("${key}", "x"), Some("names in braces"));
        check(&message.replace("`Encrypt`", "`Verschlüsseln`"), Some("code"));
        check(&message.replace("**", "*"), Some("strong words"));
        check(&message.replace("aws.amazon", "aws.example"), Some("links"));
        check(&format!("{message} "), Some("spaces around"));
    }
}
