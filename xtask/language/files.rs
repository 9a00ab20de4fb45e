//! The files of the languages: a template of all messages, and below a folder for each language what they are in it, by the
//! file that says them. All in the format of gettext, which translators' programs read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::BufWriter,
    path::{Path, PathBuf},
};

use kms_playground::lang;
use polib::{
    catalog::Catalog,
    message::{Message as Entry, MessageFlags},
    metadata::CatalogMetadata,
    po_file,
};

use crate::{Outcome, gather::Message, marks};

/// All messages, without translations.
pub(crate) const TEMPLATE: &str = "www/languages/messages.pot";
const LANGUAGES: &str = "www/languages";

/// The text of [`TEMPLATE`].
pub(crate) fn template(messages: &[Message]) -> Outcome<String> {
    let mut catalog = Catalog::new(header("", PLURAL)?);
    for message in messages {
        catalog.append_or_update(entry(message, &Known::default(), 2));
    }
    text(&catalog)
}

/// What is said in one language.
pub(crate) struct Language {
    pub(crate) tag: String,
    /// The value of `Plural-Forms`.
    plural: String,
    forms: usize,
    /// By messages.
    known: BTreeMap<String, Known>,
    /// The text of each file, by its path.
    files: BTreeMap<PathBuf, String>,
}

/// A translation.
#[derive(Clone, Debug, Default)]
struct Known {
    many: Option<String>,
    /// One, or as many as the language has plurals.
    forms: Vec<String>,
    /// Taken over from a message that was much like this one, which it quotes; not shown until somebody has looked at it.
    before: Option<String>,
    /// What its translator remarks.
    remark: String,
    file: PathBuf,
}

impl Language {
    /// Every language that has a folder.
    pub(crate) fn all() -> Outcome<Vec<Self>> {
        let mut tags: Vec<String> = entries(Path::new(LANGUAGES))?
            .into_iter()
            .filter(|path| path.is_dir())
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect();
        tags.sort();
        tags.iter().map(|tag| Self::read(tag)).collect()
    }

    pub(crate) fn read(tag: &str) -> Outcome<Self> {
        let mut language = Self {
            tag: tag.to_owned(),
            plural: PLURAL.to_owned(),
            forms: 2,
            known: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        for path in po_files(&Path::new(LANGUAGES).join(tag))? {
            let text = read(&path)?;
            let catalog = po_file::parse(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            language.plural = catalog.metadata.plural_rules.dump();
            language.forms = catalog.metadata.plural_rules.nplurals;
            for found in catalog.messages() {
                let forms = match found.msgstr_plural() {
                    Ok(forms) => forms.clone(),
                    Err(_) => vec![found.msgstr().unwrap_or_default().to_owned()],
                };
                let known = Known {
                    many: found.msgid_plural().ok().map(str::to_owned),
                    forms,
                    before: found.flags().is_fuzzy().then(|| found.extracted_comments().to_owned()),
                    remark: found.translator_comments().to_owned(),
                    file: path.clone(),
                };
                let is_better = known.is_translated() || !language.known.contains_key(found.msgid());
                if is_better {
                    language.known.insert(found.msgid().to_owned(), known);
                }
            }
            language.files.insert(path, text);
        }
        Ok(language)
    }

    /// Hands it every message. What is not said any more is gone, and what is said much like it begins with its translation.
    pub(crate) fn write(&self, messages: &[Message]) -> Outcome<()> {
        let wanted = self.merged(messages)?;
        for path in self.files.keys().filter(|path| !wanted.contains_key(*path)) {
            fs::remove_file(path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
        }
        wanted.iter().try_for_each(|(path, text)| write(path, text))
    }

    /// What is to do, each with the file and the message.
    pub(crate) fn problems(&self, messages: &[Message]) -> Outcome<Vec<String>> {
        let mut problems = Vec::new();
        let listed = lang::LANGUAGES.iter().any(|language| language.tag == self.tag);
        if !listed {
            problems.push(format!("{}: is not in LANGUAGES of src/lang.rs", self.tag));
        }
        let table = serde_json::json!({"plural": self.expression(), "messages": {}, "plurals": {}});
        if let Err(problem) = lang::speak(lang::ENGLISH, &table.to_string()) {
            problems.push(format!("{}: {problem}", self.tag));
        }
        lang::speak_english();
        for (path, wanted) in self.merged(messages)? {
            if self.files.get(&path) != Some(&wanted) {
                problems.push(format!("{}: is outdated; run `cargo xtask language update`", path.display()));
            }
        }
        for message in messages {
            let place = || format!("{}/{}.po: “{}”", self.tag, message.file(), message.one);
            match self.known.get(&message.one) {
                Some(known) if known.before.is_some() => {
                    problems.push(format!("{}: look at it and take away its mark `fuzzy`", place()));
                }
                Some(known) if known.is_translated() => {
                    let differs =
                        |form: &String| known.differs(message, form).map(|found| format!("{}: {found}", place()));
                    problems.extend(known.forms.iter().filter_map(differs));
                }
                _ => problems.push(format!("{}: is not translated", place())),
            }
        }
        Ok(problems)
    }

    /// `(n != 1)`, for example.
    fn expression(&self) -> &str {
        self.plural.rsplit("plural=").next().unwrap_or_default().trim_end_matches(';')
    }

    /// The text of each file as it should be.
    fn merged(&self, messages: &[Message]) -> Outcome<BTreeMap<PathBuf, String>> {
        let said: BTreeSet<&str> = messages.iter().map(|message| message.one.as_str()).collect();
        let mut gone: BTreeMap<&String, &Known> =
            self.known.iter().filter(|(one, known)| !said.contains(one.as_str()) && known.is_translated()).collect();
        let mut catalogs: BTreeMap<PathBuf, Catalog> = BTreeMap::new();
        for message in messages {
            let path = Path::new(LANGUAGES).join(&self.tag).join(format!("{}.po", message.file()));
            let known =
                self.known.get(&message.one).filter(|known| known.is_translated() && known.many == message.many);
            let known = known.cloned().unwrap_or_else(|| {
                let alike = gone
                    .iter()
                    .filter(|(_, known)| known.file == path && known.many.is_some() == message.many.is_some());
                let nearest = alike.map(|(one, _)| (in_common(one, &message.one), (*one).clone())).max();
                let Some((_, one)) = nearest.filter(|(percent, _)| *percent >= ALIKE) else { return Known::default() };
                let before = Some(format!("before: {one}"));
                gone.remove(&one).map_or_else(Known::default, |known| Known { before, ..known.clone() })
            });
            if !catalogs.contains_key(&path) {
                catalogs.insert(path.clone(), Catalog::new(header(&self.tag, &self.plural)?));
            }
            if let Some(catalog) = catalogs.get_mut(&path) {
                catalog.append_or_update(entry(message, &known, self.forms));
            }
        }
        catalogs.into_iter().map(|(path, catalog)| Ok((path, text(&catalog)?))).collect()
    }
}

impl Known {
    fn is_translated(&self) -> bool {
        !self.forms.is_empty() && self.forms.iter().all(|form| !form.is_empty())
    }

    /// Where a form differs from its message in what it must keep. A form for one may leave out the number.
    fn differs(&self, message: &Message, form: &str) -> Option<String> {
        let many = message.many.as_ref().and_then(|many| marks::differ(many, form));
        let one = marks::differ(&message.one, form);
        match &message.many {
            Some(_) => one.and(many),
            None => one,
        }
    }
}

/// How much in common, in percent, makes two messages much alike.
const ALIKE: usize = 60;

/// How many words two texts have in common, in percent of all of theirs.
fn in_common(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|text| text.split_whitespace().collect::<BTreeSet<_>>());
    let all = one.union(&other).count();
    (one.intersection(&other).count() * 100).checked_div(all).unwrap_or_default()
}

/// As most languages have it; a language with others says so in the header of its first file.
const PLURAL: &str = "nplurals=2; plural=(n != 1);";

fn header(tag: &str, plural: &str) -> Outcome<CatalogMetadata> {
    let lines = format!(
        "Project-Id-Version: KMS Playground\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\
         Content-Transfer-Encoding: 8bit\nLanguage: {tag}\nPlural-Forms: {plural}\n"
    );
    CatalogMetadata::parse(&lines).map_err(|error| format!("{tag}: {error}"))
}

/// A message with what is known of it.
fn entry(message: &Message, known: &Known, forms: usize) -> Entry {
    let mut entry = if message.many.is_some() { Entry::build_plural() } else { Entry::build_singular() };
    let mut flags = MessageFlags::new();
    if known.before.is_some() {
        flags.add_flag("fuzzy");
    }
    entry
        .with_source(message.sources.join("\n"))
        .with_extracted_comments(known.before.clone().unwrap_or_default())
        .with_translator_comments(known.remark.clone())
        .with_flags(flags)
        .with_msgid(message.one.clone());
    let mut said = known.forms.clone();
    match &message.many {
        Some(many) => {
            said.resize(forms, String::new());
            entry.with_msgid_plural(many.clone()).with_msgstr_plural(said)
        }
        None => entry.with_msgstr(said.into_iter().next().unwrap_or_default()),
    };
    entry.done()
}

fn text(catalog: &Catalog) -> Outcome<String> {
    let mut writer = BufWriter::new(Vec::new());
    po_file::write(catalog, &mut writer).map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map(|text| format!("{}\n", text.trim_end())).map_err(|error| error.to_string())
}

/// The files of a language, in the order of their paths.
fn po_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(po_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "po") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

pub(crate) fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

pub(crate) fn write(path: impl AsRef<Path>, text: &str) -> Outcome<()> {
    let path = path.as_ref();
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
