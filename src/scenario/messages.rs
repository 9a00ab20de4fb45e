//! The words of a lesson, by which it is translated: every paragraph, title, question and hint is a message of its own. What
//! is sent and what comes of it is none.

use crate::{
    lang,
    scenario::{
        Front, Goal, Item, OlderTerm, Page, Predict, Probe, Scenario, Task, Work,
        prose::{self, Inline, Prose},
    },
};

/// Every message of a lesson, in the order of its file, as they are looked up.
pub fn of(scenario: &mut Scenario) -> Vec<String> {
    let mut found = Vec::new();
    scenario_by(scenario, &mut |message| {
        found.push(message.to_owned());
        None
    });
    found
}

/// The lesson in the language of the page.
pub fn translated(mut scenario: Scenario) -> Scenario {
    scenario_by(&mut scenario, &mut lang::translation);
    scenario
}

/// What a lesson says of itself in the language of the page.
pub fn front_translated(mut front: Front) -> Front {
    front_by(&mut front, &mut lang::translation);
    front
}

/// What stands in place of a message; nothing where it stays.
type Change<'a> = dyn FnMut(&str) -> Option<&'static str> + 'a;

fn scenario_by(scenario: &mut Scenario, change: &mut Change<'_>) {
    front_by(&mut scenario.front, change);
    for Page { title, prose, items } in &mut scenario.pages {
        plain(title, change);
        blocks(prose, change);
        items.iter_mut().for_each(|item| item_by(item, change));
    }
}

fn front_by(front: &mut Front, change: &mut Change<'_>) {
    plain(&mut front.title, change);
    plain(&mut front.summary, change);
    // The older words are quotations.
    front.older_terms.iter_mut().for_each(|OlderTerm { today, .. }| plain(today, change));
}

fn item_by(item: &mut Item, change: &mut Change<'_>) {
    match item {
        Item::Prose(prose) => blocks(prose, change),
        Item::Predict(Predict { question, choices, explanation }) => {
            marked(question, change);
            choices.iter_mut().for_each(|choice| marked(&mut choice.text, change));
            marked(explanation, change);
        }
        Item::Task(Task { text, hints, work }) => {
            blocks(text, change);
            if let Work::Requests { goal: Goal::Probes(probes), .. } = work {
                probes.iter_mut().for_each(|Probe { shows, .. }| plain(shows, change));
            }
            hints.iter_mut().for_each(|hint| blocks(hint, change));
        }
        Item::Call(_)
        | Item::Attach(_)
        | Item::Set(_)
        | Item::Advance(_)
        | Item::Bytes(_)
        | Item::Wrap(_)
        | Item::Load(_)
        | Item::Meters(_)
        | Item::Bill(_)
        | Item::Incident(_) => {}
    }
}

fn blocks(prose: &mut [Prose], change: &mut Change<'_>) {
    for block in prose {
        match block {
            Prose::Paragraph(words) => marked(words, change),
            Prose::List { items, .. } => items.iter_mut().for_each(|words| marked(words, change)),
        }
    }
}

fn marked(words: &mut Vec<Inline>, change: &mut Change<'_>) {
    // A translation whose marks are wrong is as good as none; `cargo xtask language check` tells of it.
    if let Some(Ok(changed)) = change(&prose::source(words)).map(prose::inline) {
        *words = changed;
    }
}

fn plain(words: &mut String, change: &mut Change<'_>) {
    if let Some(changed) = change(words) {
        changed.clone_into(words);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scenario::{catalog, file};

    #[test]
    fn all_words_of_a_lesson_are_looked_up_and_nothing_else() {
        for lesson in catalog::lessons() {
            let text = lesson.text().unwrap();
            let mut original = file::parse(text).unwrap();
            let messages = of(&mut original);
            let table: BTreeMap<&str, String> =
                messages.iter().map(|message| (message.as_str(), format!("→ {message}"))).collect();
            let table = serde_json::json!({"plural": "0", "messages": table, "plurals": {}});
            lang::speak(lang::LANGUAGES[1], &table.to_string()).unwrap();
            let mut changed = translated(file::parse(text).unwrap());
            lang::speak_english();
            let expected: Vec<String> = messages.iter().map(|message| format!("→ {message}")).collect();
            assert_eq!(of(&mut changed), expected, "{}", lesson.id);
        }
    }
}
