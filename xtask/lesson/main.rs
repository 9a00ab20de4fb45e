//! What `cargo xtask lesson` does: begins lessons, checks them, and watches them while they are written.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![expect(clippy::disallowed_methods, reason = "a program for the terminal is told what to do by its arguments")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{Duration, SystemTime},
};

use kms_playground::scenario::{catalog, check::check, file, transcript};

const USAGE: &str = "\
usage: cargo xtask lesson <command>

  new ID [folder]                       begins a lesson that passes, in www/scenarios/ or another folder
  check [files or folders] [--update]   plays lessons, holds them against what they expect, and tries their tasks
  watch [files or folders] [--update]   the same whenever one of them changes

With --update, what the runs give is written over what the lessons expect. LESSONS.md describes the format.";

/// Where the course is.
const COURSE: &str = "www/scenarios";
/// What a new lesson begins as.
const TEMPLATE: &str = include_str!("template.md");
/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let mut args: Vec<String> = env::args().skip(1).collect();
    let before = args.len();
    args.retain(|arg| arg != "--update");
    let update = args.len() < before;
    let done = match args.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("new", [id])) => begin(id, COURSE),
        Some(("new", [id, folder])) => begin(id, folder),
        Some(("check", paths)) => check_all(paths, update),
        Some(("watch", paths)) => watch(paths, update),
        Some(("pages", [folder])) => pages(Path::new(folder)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a lesson to go on from, and says whether it passes.
fn begin(id: &str, folder: &str) -> Outcome<bool> {
    let letters = |text: &str| text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    if !id.split('-').all(|word| !word.is_empty() && letters(word)) {
        return Err(format!(
            "`{id}` is no id; write words of small letters with hyphens between them, such as `what-it-costs`"
        ));
    }
    let path = Path::new(folder).join(format!("{id}.md"));
    if path.exists() {
        return Err(format!("{} is there already; choose another id", path.display()));
    }
    let mut title = id.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let text = TEMPLATE.replacen("id: ID", &format!("id: {id}"), 1).replacen("TITLE", &title, 1);
    write(&path, &text)?;
    let right = check_files(std::slice::from_ref(&path), false)?;
    if Path::new(folder) == Path::new(COURSE) {
        println!(
            "It is part of the course when src/scenario/catalog.rs lists it, among the lessons of its part:\n\n    lesson!(\"{id}\"),"
        );
    }
    Ok(right)
}

fn check_all(paths: &[String], update: bool) -> Outcome<bool> {
    check_files(&lessons(paths)?, update)
}

/// Writes every lesson of the course as a page without scripts, and a list of them. `cargo xtask build` puts them into the
/// site.
fn pages(folder: &Path) -> Outcome<bool> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let mut list = Vec::new();
    for lesson in catalog::lessons() {
        let failed = |error: &dyn std::fmt::Display| format!("{}.md: {error}", lesson.id);
        let scenario = file::parse(lesson.text().unwrap_or_default()).map_err(|error| failed(&error))?;
        let transcript = transcript::of(&scenario).map_err(|error| failed(&error))?;
        let address = format!("#/learn/{}/1", lesson.id);
        write(&folder.join(format!("{}.html", lesson.id)), &transcript::html(&transcript, "../", &address))?;
        list.push((lesson.id, scenario.front.title, scenario.front.summary));
    }
    write(&folder.join("index.html"), &transcript::list(&list, "../"))?;
    println!("{} lessons are in {}", list.len(), folder.display());
    Ok(true)
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Checks again whenever a lesson is saved, added or removed, until interrupted.
fn watch(paths: &[String], update: bool) -> Outcome<bool> {
    lessons(paths)?;
    let mut seen = BTreeMap::new();
    loop {
        // An editor may take a file away for a moment while it saves.
        let files = lessons(paths).unwrap_or_default();
        let changed: Vec<PathBuf> =
            files.iter().filter(|path| seen.get(*path) != Some(&modified(path))).cloned().collect();
        if !changed.is_empty() {
            if let Err(failure) = check_files(&changed, update) {
                println!("{failure}");
            }
            println!("Watching {} lessons. Ctrl-C ends it.", files.len());
        }
        // What was written just now is no change.
        seen = files.into_iter().map(|path| (path.clone(), modified(&path))).collect();
        thread::sleep(PAUSE);
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// Prints what is wrong, and says whether nothing is.
fn check_files(files: &[PathBuf], update: bool) -> Outcome<bool> {
    let (mut wrong, mut outdated) = (0_u32, false);
    for path in files {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let name = path.file_stem().map(|name| name.to_string_lossy());
        let mut checked = check(&text, name.as_deref());
        let mut note = "";
        if let Some(updated) = checked.updated.take_if(|_| update) {
            write(path, &updated)?;
            checked = check(&updated, name.as_deref());
            note = ", updated";
        }
        let right = checked.findings.is_empty();
        outdated |= checked.updated.is_some();
        wrong += u32::from(!right);
        println!("{} {shown}{note}", if right { "ok   " } else { "wrong" });
        for finding in &checked.findings {
            println!("{shown}:{finding}");
            if !finding.source.trim().is_empty() {
                println!("    {}", finding.source.trim());
            }
        }
    }
    println!("{} lesson{}, {wrong} wrong", files.len(), if files.len() == 1 { "" } else { "s" });
    if outdated {
        println!("With --update, what the runs give is written over what the lessons expect.");
    }
    Ok(wrong == 0)
}

/// The files themselves, and what is in the folders and below, in the order of names. A README.md is no lesson.
fn lessons(paths: &[String]) -> Outcome<Vec<PathBuf>> {
    let course = [COURSE.to_owned()];
    let mut found = Vec::new();
    for path in if paths.is_empty() { &course } else { paths } {
        collect(Path::new(path), true, &mut found)?;
    }
    if found.is_empty() {
        return Err(format!("no lesson in {}; a lesson is a file whose name ends with .md", paths.join(", ")));
    }
    Ok(found)
}

fn collect(path: &Path, named: bool, found: &mut Vec<PathBuf>) -> Outcome<()> {
    let failed = |error| format!("cannot read {}: {error}", path.display());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if fs::metadata(path).map_err(failed)?.is_dir() {
        if !named && (name.starts_with('.') || name == "node_modules") {
            return Ok(());
        }
        let entries = fs::read_dir(path).map_err(failed)?;
        let mut below =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        below.sort();
        return below.iter().try_for_each(|path| collect(path, false, found));
    }
    if named || (name.ends_with(".md") && !name.starts_with('.') && name != "README.md") {
        found.push(path.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for a test, empty.
    fn folder(name: &str) -> String {
        let folder = env::temp_dir().join(format!("kms-playground-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_lesson_begins_once_and_passes() {
        let folder = folder("new");
        assert_eq!(begin("what-a-grant-is", &folder), Ok(true));
        let text = fs::read_to_string(format!("{folder}/what-a-grant-is.md")).unwrap();
        assert!(text.starts_with("---\nid: what-a-grant-is\ntitle: What a grant is\n"));
        assert!(begin("what-a-grant-is", &folder).unwrap_err().ends_with("is there already; choose another id"));
        for id in ["", "A", "a--b", "a/b", "../a"] {
            assert!(begin(id, &folder).unwrap_err().contains("is no id; write words of small letters"), "{id}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_is_checked_with_all_below_it_and_updated_when_told() {
        let folder = folder("check");
        assert!(lessons(std::slice::from_ref(&folder)).unwrap_err().starts_with("no lesson in"));
        fs::create_dir_all(format!("{folder}/below/.git")).unwrap();
        for other in ["README.md", "notes.txt", "below/.git/x.md"] {
            fs::write(format!("{folder}/{other}"), "Not a lesson.").unwrap();
        }
        assert_eq!(begin("one", &format!("{folder}/below")), Ok(true));
        let paths = [folder.clone()];
        assert_eq!(check_all(&paths, false), Ok(true));
        let file = format!("{folder}/below/one.md");
        let right = fs::read_to_string(&file).unwrap();
        fs::write(&file, right.replace("\n200\n", "\n201\n")).unwrap();
        assert_eq!(check_all(&paths, false), Ok(false));
        assert_eq!(check_all(&paths, true), Ok(true));
        assert_eq!(fs::read_to_string(&file).unwrap(), right);
        fs::remove_dir_all(folder).unwrap();
    }
}
