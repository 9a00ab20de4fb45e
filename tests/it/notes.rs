//! Every sentence of the study notes can be seen somewhere, and every place that is named exists.

use std::collections::BTreeSet;

use kms_playground::{
    scenario::{catalog, file},
    story::notes::{self, Place},
};

/// The notes have so many sentences.
const SENTENCES: usize = 97;

#[test]
fn every_sentence_leads_to_a_page_or_a_view_that_exists() {
    let mut seen = BTreeSet::new();
    for note in notes::all() {
        assert!(seen.insert(note.id), "{} is there twice", note.id);
        assert!(note.says.ends_with(['.', '…']), "{}: not a sentence: {}", note.id, note.says);
        assert!(note.places().count() > 0, "{} leads nowhere", note.id);
        for place in note.places() {
            match place {
                Place::Page { lesson, page } => {
                    let found = catalog::lessons().iter().find(|it| it.id == lesson);
                    let found = found.unwrap_or_else(|| panic!("{}: there is no lesson {lesson}", note.id));
                    let pages = file::parse(found.text().unwrap()).unwrap().pages.len();
                    assert!(
                        (1..=pages).contains(&usize::try_from(page).unwrap()),
                        "{}: {lesson} has {pages} pages, not {page}",
                        note.id
                    );
                }
                Place::View(address) => {
                    let views =
                        ["#/services", "#/console", "#/policy", "#/envelope", "#/rotation", "#/audit", "#/limits"];
                    assert!(views.contains(&address), "{}: {address}", note.id);
                }
            }
        }
    }
    let expected: BTreeSet<String> = (1..=SENTENCES).map(|number| format!("S-{number:02}")).collect();
    let seen: BTreeSet<String> = seen.into_iter().map(str::to_owned).collect();
    assert_eq!(expected.symmetric_difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new());
}
