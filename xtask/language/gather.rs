//! Every message there is: in the code by the names of the macros of `src/lang.rs`, in the lessons and tables by the readers
//! that the page reads them with.

use std::{collections::BTreeMap, fs, path::Path};

use kms_playground::{
    load::presets,
    scenario::{catalog, file, messages},
    services,
    story::{
        differs::{self, Difference},
        glossary, notes,
    },
};
use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use crate::{Outcome, marks};

/// Something said in English.
pub(crate) struct Message {
    pub(crate) one: String,
    /// What is said of any other number, if it is about a number.
    pub(crate) many: Option<String>,
    /// The files that say it, each once.
    pub(crate) sources: Vec<String>,
}

impl Message {
    /// The file, without `.po`, in which every language has it: that of its first source.
    pub(crate) fn file(&self) -> String {
        let first = self.sources.first().map_or("", String::as_str);
        let name = first.rsplit('/').next().unwrap_or_default().trim_end_matches(".md");
        if first.starts_with("www/scenarios/") {
            format!("lessons/{name}")
        } else if first.starts_with("www/") {
            name.trim_end_matches(".js").to_owned()
        } else {
            let module = first.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
            if module == "ui" { "interface".to_owned() } else { module.to_owned() }
        }
    }
}

/// Every message: of the page, of the layers below it, of the tables, and of the lessons, each once.
pub(crate) fn all() -> Outcome<Vec<Message>> {
    let mut found = Found::default();
    let mut paths = rust_files(Path::new("src"))?;
    paths.sort_by_key(|path| (!path.starts_with("src/ui"), path.clone()));
    for path in paths.iter().filter(|path| *path != "src/lang.rs") {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("{path}: {error}"))?;
        found.code(path, tokens)?;
    }
    if !found.bare.is_empty() {
        return Err(found.bare.join("\n"));
    }
    for path in ["www/trouble.js", "www/offline.js"] {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
        for said in said_in_script(&text).map_err(|problem| format!("{path}: {problem}"))? {
            found.add(path, &said, None)?;
        }
    }
    for service in services::SERVICES {
        let operations = service.operations.iter().flat_map(|operation| {
            [operation.about].into_iter().chain(operation.parameters.iter().map(|parameter| parameter.about))
        });
        let changes = service.then_and_now.iter().flat_map(|change| [change.what, change.then, change.now]);
        let tour = service.tour.iter().map(|step| step.about);
        for text in [service.about].into_iter().chain(operations).chain(changes).chain(tour) {
            found.add("src/services.rs", text, None)?;
        }
    }
    for preset in presets::PRESETS {
        for text in [preset.title, preset.about] {
            found.add("src/load/presets.rs", text, None)?;
        }
    }
    for entry in glossary::all() {
        found.add("www/glossary.md", entry.word, None)?;
        found.add("www/glossary.md", entry.meaning, None)?;
    }
    for note in notes::all() {
        found.add("www/notes.md", note.says, None)?;
        note.today.map_or(Ok(()), |today| found.add("www/notes.md", today, None))?;
    }
    for Difference { aws, here, why, source } in differs::all() {
        for text in [aws, here, why, source] {
            found.add("www/differs.md", text, None)?;
        }
    }
    for lesson in catalog::lessons() {
        let path = format!("www/scenarios/{}.md", lesson.id);
        let scenario = file::parse(lesson.text().unwrap_or_default());
        let mut scenario = scenario.map_err(|error| format!("{path}: {error}"))?;
        for text in messages::of(&mut scenario) {
            found.add(&path, &text, None)?;
        }
    }
    Ok(found.messages)
}

/// The texts of a script, which are the first arguments of `say` in `www/words.js`.
fn said_in_script(text: &str) -> Outcome<Vec<String>> {
    let texts = text.split("say(").skip(1).map(|after| {
        // JavaScript writes them as JSON does.
        let mut found = serde_json::Deserializer::from_str(after).into_iter::<String>();
        found.next().and_then(Result::ok).ok_or_else(|| {
            format!("`say` takes its text as a literal, not {}", after.lines().next().unwrap_or_default())
        })
    });
    texts.collect()
}

fn rust_files(folder: &Path) -> Outcome<Vec<String>> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Found {
    messages: Vec<Message>,
    /// Where each stands in `messages`.
    places: BTreeMap<String, usize>,
    /// What the page shows and nobody can translate.
    bare: Vec<String>,
}

impl Found {
    fn add(&mut self, source: &str, one: &str, many: Option<String>) -> Outcome<()> {
        let place = *self.places.entry(one.to_owned()).or_insert(self.messages.len());
        let Some(message) = self.messages.get_mut(place) else {
            self.messages.push(Message { one: one.to_owned(), many, sources: vec![source.to_owned()] });
            return Ok(());
        };
        if message.many != many {
            return Err(format!("{source}: “{one}” is said elsewhere with another plural, or with none; say it alike"));
        }
        if !message.sources.iter().any(|known| known == source) {
            message.sources.push(source.to_owned());
        }
        Ok(())
    }

    fn code(&mut self, path: &str, tokens: TokenStream) -> Outcome<()> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let name = macro_called(tokens.get(..at).unwrap_or_default());
            if let Some(name @ ("tr" | "trn" | "msg" | "message")) = name.as_deref() {
                let place = format!("{path}:{}", group.span_open().start().line);
                self.called(path, name, group.stream()).map_err(|problem| format!("{place}: {problem}"))?;
            }
            if name.as_deref() == Some("html")
                && let Some(bare) = bare(group.stream())
            {
                let line = bare.span().start().line;
                self.bare.push(format!("{path}:{line}: {bare} is shown as it stands; write `tr!({bare})`"));
            }
            self.code(path, group.stream())?;
        }
        Ok(())
    }

    /// What stands between the brackets of a macro of `src/lang.rs`.
    fn called(&mut self, path: &str, name: &str, tokens: TokenStream) -> Outcome<()> {
        let mut arguments = vec![Vec::new()];
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ',' => arguments.push(Vec::new()),
                _ => arguments.iter_mut().next_back().into_iter().for_each(|last| last.push(token.clone())),
            }
        }
        arguments.retain(|argument| !argument.is_empty());
        let texts: Vec<String> = arguments.iter().filter_map(|argument| one_string(argument)).collect();
        let names: Vec<String> =
            arguments
                .iter()
                .filter_map(|argument| {
                    if let Some(TokenTree::Ident(name)) = argument.first() { Some(name.to_string()) } else { None }
                })
                .collect();
        let (one, many) = match (name, &texts[..]) {
            ("tr" | "msg" | "message", [one]) => (one, None),
            ("trn", [one, many]) => (one, Some(many.clone())),
            _ => return Err(format!("`{name}!` takes its texts as literals")),
        };
        if name != "msg" {
            let used = marks::names(&[one.as_str(), many.as_deref().unwrap_or_default()]);
            let missing = used.iter().find(|used| !names.contains(used) && !names.is_empty());
            let unused =
                names.iter().find(|name| !used.contains(*name) && (many.is_none() || names.first() != Some(*name)));
            if let Some(name) = missing.or(unused) {
                return Err(format!("`{name}` is only on one side: in “{one}” or among its values"));
            }
        }
        self.add(path, one, many)
    }
}

/// The name in `name!`, where that is what the tokens end with.
fn macro_called(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [.., TokenTree::Ident(name), TokenTree::Punct(mark)] if mark.as_char() == '!' => Some(name.to_string()),
        _ => None,
    }
}

fn one_string(tokens: &[TokenTree]) -> Option<String> {
    if let [TokenTree::Literal(literal)] = tokens { string(literal) } else { None }
}

fn string(literal: &Literal) -> Option<String> {
    if let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) { Some(text.value()) } else { None }
}

/// A text that a person would read, in `html!` and not asked for in the language of the page.
fn bare(tokens: TokenStream) -> Option<Literal> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_read = |literal: &Literal| string(literal).is_some_and(|text| text.contains(char::is_lowercase));
    tokens.iter().enumerate().find_map(|(at, token)| {
        let before: String = tokens.get(at.saturating_sub(2)..at)?.iter().map(ToString::to_string).collect();
        let is_read_attribute = READ_ATTRIBUTES.iter().any(|name| before == format!("{name}="));
        match token {
            TokenTree::Group(_) if before.ends_with('=') && !is_read_attribute => None,
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                match &inner[..] {
                    [TokenTree::Literal(literal)] if group.delimiter() == Delimiter::Brace && is_read(literal) => {
                        // What follows a name is a branch of an expression, not a child of an element.
                        let is_child = before.ends_with('>') || before.ends_with('}') || before.is_empty();
                        is_child.then(|| literal.clone())
                    }
                    _ => bare(group.stream()),
                }
            }
            TokenTree::Literal(literal) if is_read_attribute && is_read(literal) => Some(literal.clone()),
            TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
        }
    })
}

/// Attributes that are read to people, by the last part of their names: `aria-label`, `aria-valuetext`.
const READ_ATTRIBUTES: &[&str] =
    &["label", "title", "placeholder", "alt", "valuetext", "description", "roledescription"];
