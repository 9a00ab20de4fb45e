use super::*;
use crate::scenario::{catalog, file};

/// Every lesson, with what it says and what came of it.
fn each(judge: impl Fn(&str, &Scenario, &Transcript<'_>)) {
    for lesson in catalog::lessons() {
        let scenario = file::parse(lesson.text().unwrap()).unwrap();
        judge(lesson.id, &scenario, &of(&scenario).unwrap());
    }
}

#[test]
fn nothing_of_a_lesson_is_missing() {
    each(|id, scenario, transcript| {
        let text = markdown(transcript);
        assert_eq!(transcript.sheets.len(), scenario.pages.len(), "{id}");
        for (page, sheet) in scenario.pages.iter().zip(&transcript.sheets) {
            let count = |is: fn(&Entry<'_>) -> bool| sheet.entries.iter().filter(|entry| is(entry)).count();
            let questions = count(|entry| matches!(entry, Entry::Question(_)));
            assert_eq!(questions, page.predictions().count(), "{id}, {}", page.title);
            let quiet =
                page.items.iter().filter(|item| matches!(item, Item::Prose(_) | Item::Predict(_) | Item::Task(_)));
            let happened = count(|entry| matches!(entry, Entry::Happened(_)));
            assert!(happened >= page.items.len() - quiet.count(), "{id}, {}", page.title);
            assert_eq!(count(|entry| matches!(entry, Entry::Heading("Solution"))), page.task().iter().count(), "{id}");
            for entry in &sheet.entries {
                let Entry::Happened(Happened { title, texts }) = entry else { continue };
                assert!(
                    !title.is_empty() && texts.iter().all(|(label, body)| !label.is_empty() && !body.is_empty()),
                    "{id}: {title}"
                );
                assert!(texts.iter().all(|(_, body)| !body.contains("${")), "{id}: {title} has a gap");
            }
        }
        // Every fence that opens closes.
        let fences = text.lines().filter(|line| line.starts_with("```")).count();
        assert_eq!(fences % 2, 0, "{id}");
        assert!(!text.contains("\n\n\n"), "{id}");
    });
}

#[test]
fn a_page_without_scripts_is_balanced_and_has_none() {
    each(|id, _, transcript| {
        let text = html(transcript, "../", &format!("#/learn/{id}/1"));
        for tag in
            ["html", "head", "body", "main", "section", "div", "p", "pre", "ul", "ol", "li", "h1", "h2", "h3", "a", "b"]
        {
            let opened = text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{id}: {tag}");
        }
        assert!(!text.contains("<script") && !text.contains("style="), "{id}");
        let outside = text
            .split("href=\"")
            .skip(1)
            .filter(|rest| !["../", "https://", "index.html"].iter().any(|start| rest.starts_with(start)));
        assert_eq!(outside.count(), 0, "{id}");
    });
}

#[test]
fn marks_in_words_stay_words() {
    let text = "---\nid: x\ntitle: A <b> & \"c\"\nsummary: 2 * 3 * 4.\npart: Who may\nlevel: 1\nminutes: 3\n\
                start: 2030-01-01T00:00:00Z\nseed: 7\n---\n## One\na <script>x</script> [b] `c|<d>` **e_f_**\n";
    let scenario = file::parse(text).unwrap();
    let transcript = of(&scenario).unwrap();
    let written = markdown(&transcript);
    assert!(written.starts_with("# A \\<b> \\& \"c\"\n\n2 \\* 3 \\* 4.\n"), "{written}");
    assert!(written.ends_with("\n## One\n\na \\<script>x\\</script> \\[b\\] `c|<d>` **e\\_f\\_**\n"), "{written}");
    let written = html(&transcript, "../", "#/learn");
    assert!(written.contains("<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>"), "{written}");
    assert!(
        written.contains("<p>a &lt;script&gt;x&lt;/script&gt; [b] <code>c|&lt;d&gt;</code> <strong>e_f_</strong></p>")
    );
}

#[test]
fn a_request_stands_with_its_answer_and_reasons() {
    let text = "---\nid: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n---\n\
                ## One\n```call as=OrdersApp op=CreateKey in=eu-west-1\n```\n```expect\n```\n```predict\nWhy?\n- [x] So.\n- [ ] No.\n\
                > Because.\n```\n";
    let scenario = file::parse(text).unwrap();
    expect_test::expect![[r##"
        # X

        S.

        *Who may, level 1, 3 minutes. The world begins at 2030-01-01T00:00:00Z, with the seed 7.*

        ## One

        **CreateKey as role/OrdersApp in eu-west-1**

        Request:

        ```json
        {}
        ```

        Response, 400 AccessDeniedException:

        ```json
        {
          "Message": "User: arn:aws:sts::111122223333:assumed-role/OrdersApp/lesson is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action",
          "__type": "AccessDeniedException"
        }
        ```

        Why, and what happened:

        ```text
        implicit deny kms:CreateKey on * by the identity policies
        ```

        **What will happen?** Why?

        - [x] So.
        - [ ] No.

        > Because.
    "##]].assert_eq(&markdown(&of(&scenario).unwrap()));
}
