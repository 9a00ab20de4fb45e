//! The languages of the page. Here their files become tables; the rest is done by `xtask/language/main.rs`, which has the
//! core that these commands must start without.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, process::Command};

use polib::{catalog::Catalog, message::MessageView, po_file};

use crate::{Outcome, run::cannot_start};

const FILES: &str = "www/languages";

/// Writes tables, or passes the command on to the program that knows all messages.
pub fn language(args: &[String]) -> Outcome {
    if let [command, folder] = args
        && command == "site"
    {
        return site(Path::new(folder));
    }
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--example", "language", "--"]).args(args);
    let status = command.status().map_err(|error| cannot_start(&command, &error))?;
    // It has said what is wrong.
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// Writes the table of each language into `folder`, and two that show what cannot be translated yet: one of them is read
/// from right to left.
fn site(folder: &Path) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    for entry in fs::read_dir(FILES).map_err(|error| format!("cannot read {FILES}: {error}"))? {
        let path = entry.map_err(|error| format!("cannot read {FILES}: {error}"))?.path();
        if path.is_dir() {
            let tag = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut table = Table::default();
            table.add_folder(&path)?;
            table.write(&folder.join(format!("{tag}.json")))?;
        }
    }
    let template = parse(&Path::new(FILES).join("messages.pot"))?;
    let pseudo = Table::pseudo(&template);
    ["qps-ploc", "qps-plocm"].iter().try_for_each(|tag| pseudo.write(&folder.join(format!("{tag}.json"))))
}

/// What `src/lang.rs` reads.
#[derive(Default)]
struct Table {
    plural: String,
    messages: BTreeMap<String, String>,
    plurals: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// What is translated in the files of a folder and below.
    fn add_folder(&mut self, folder: &Path) -> Outcome {
        for entry in fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))? {
            let path = entry.map_err(|error| format!("cannot read {}: {error}", folder.display()))?.path();
            if path.is_dir() {
                self.add_folder(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "po") {
                let catalog = parse(&path)?;
                self.plural.clone_from(&catalog.metadata.plural_rules.expr);
                self.add(&catalog, |entry| entry.is_translated() && !entry.flags().is_fuzzy(), str::to_owned);
            }
        }
        Ok(())
    }

    fn add(&mut self, catalog: &Catalog, is_wanted: impl Fn(&dyn MessageView) -> bool, say: impl Fn(&str) -> String) {
        for entry in catalog.messages().filter(|entry| is_wanted(*entry)) {
            let one = entry.msgid().to_owned();
            match (entry.msgstr(), entry.msgstr_plural()) {
                (Ok(said), _) => drop(self.messages.insert(one, say(said))),
                (_, Ok(forms)) => drop(self.plurals.insert(one, forms.iter().map(|form| say(form)).collect())),
                (Err(_), Err(_)) => {}
            }
        }
    }

    /// Every message with other letters, which are still read, and a third longer, as other languages are.
    fn pseudo(template: &Catalog) -> Self {
        let mut table = Self { plural: "(n != 1)".to_owned(), ..Self::default() };
        for entry in template.messages() {
            let one = entry.msgid().to_owned();
            match entry.msgid_plural() {
                Ok(many) => drop(table.plurals.insert(one.clone(), vec![pseudo(&one), pseudo(many)])),
                Err(_) => drop(table.messages.insert(one.clone(), pseudo(&one))),
            }
        }
        table
    }

    fn write(&self, path: &Path) -> Outcome {
        let mut text = format!("{{\"plural\":{}", quoted(&self.plural));
        let messages = self.messages.iter().map(|(one, said)| format!("\n{}:{}", quoted(one), quoted(said)));
        let plurals = self.plurals.iter().map(|(one, forms)| {
            let forms: Vec<String> = forms.iter().map(|form| quoted(form)).collect();
            format!("\n{}:[{}]", quoted(one), forms.join(","))
        });
        let (messages, plurals): (Vec<_>, Vec<_>) = (messages.collect(), plurals.collect());
        // Writing to a String cannot fail.
        let _ = writeln!(text, ",\"messages\":{{{}}},\"plurals\":{{{}}}}}", messages.join(","), plurals.join(","));
        fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

fn parse(path: &Path) -> Outcome<Catalog> {
    po_file::parse(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Accents on all letters but those of names in braces, of code and of links, in brackets with the spaces outside.
fn pseudo(text: &str) -> String {
    let words = text.trim();
    let (before, after) = (&text[..text.len() - text.trim_start().len()], &text[text.trim_end().len()..]);
    let mut said = format!("{before}⟦");
    let mut rest = words;
    while let Some(letter) = rest.chars().next() {
        let kept = KEPT.iter().find_map(|(start, end)| {
            let inside = rest.strip_prefix(start)?;
            Some(start.len() + inside.find(end)? + end.len())
        });
        match kept {
            Some(length) => {
                said.push_str(&rest[..length]);
                rest = &rest[length..];
            }
            None => {
                said.push(accented(letter));
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    // In words of their own, for which a line can break.
    for at in 0..words.chars().count().div_ceil(3) {
        said.push_str(if at % 8 == 7 { " ~" } else { "~" });
    }
    said.push('⟧');
    said.push_str(after);
    said
}

/// How that begins and ends which is in every translation as it is in the message.
const KEPT: &[(&str, &str)] = &[("{", "}"), ("`", "`"), ("](", ")")];

fn accented(letter: char) -> char {
    const PLAIN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const ACCENTED: &str = "ÀƁÇĐÉƑĜĤÎĴĶĹṀÑÖÞǪŔŠŢÛṼŴẊÝŽàƀçđéƒĝĥîĵķĺɱñöþǫŕšţûṽŵẋýž";
    PLAIN.find(letter).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_texts_keep_what_translations_keep() {
        assert_eq!(pseudo("Of {count} “x”"), "⟦Öƒ {count} “ẋ”~~~~~⟧");
        assert_eq!(pseudo(", `a` "), "⟦, `a`~~⟧ ");
        assert_eq!(pseudo("[a](https://x)"), "⟦[à](https://x)~~~~~⟧");
    }

    #[test]
    fn strings_are_json() {
        assert_eq!(quoted("a \"b\" \\ \n ü"), r#""a \"b\" \\ \u000a ü""#);
    }
}
