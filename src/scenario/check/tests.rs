use super::*;

/// A lesson that is right, but for what `body` says. Its page begins on line 12.
fn lesson(body: &str) -> String {
    let fields =
        "id: x\ntitle: X\nsummary: S.\npart: Who may\nlevel: 1\nminutes: 3\nstart: 2030-01-01T00:00:00Z\nseed: 7\n";
    format!("---\n{fields}---\n## Page\n{body}\n")
}

#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    let found: Vec<String> = check(text, Some("x")).findings.iter().map(Finding::to_string).collect();
    assert_eq!(found, expected);
}

const RANDOM: &str = "```call as=Administrator op=GenerateRandom bind=bytes:Plaintext\n{ \"NumberOfBytes\": 9 }\n```\n\
                      ```expect\n200\nallow kms:GenerateRandom on * by the identity policies\ndraw ChaCha20 stream of the world: -> random data 9 bytes\n```\n";

/// A task with that goal, on line 12, and with these blocks after its hint.
fn task(goal: &str, start: &str, hint: &str, solution: &str) -> String {
    lesson(&format!("```task goal=\"{goal}\"\nDo.\n```\n{start}```hint\n{hint}\n```\n{solution}"))
}

const LISTED: &str = "```solution as=Administrator op=ListKeys\n```\n```expect\n200\nallow kms:ListKeys on * by the identity policies\n```";

#[test]
fn what_cannot_be_read_is_found_to_the_character() {
    finds("id: x", &["1:1: no front matter; begin with `---`, one `name: value` a line, and `---`"]);
    let text = lesson("Words.");
    finds(
        &text.replace("seed", "sed"),
        &[
            "9:1: no field `sed`; there are id, title, summary, part, level, minutes, start, seed, tags, view, older; `seed` is near",
        ],
    );
    finds(&text.replace("seed: 7", "seed: lucky"), &["9:7: `seed` is `lucky`, expected a number"]);
    finds(
        &lesson("```call as=Nobody op=Encrypt\n```"),
        &["12:12: nobody is called `Nobody`; write a user or role of the default world, root, or 444455556666/name"],
    );
    finds(
        &lesson("```call as=root op=Encript\n```"),
        &["12:20: AWS KMS has no operation `Encript`; `Encrypt` is near"],
    );
    finds(
        &lesson("```call as=root op=ListKeys times=0\n```"),
        &["12:35: `times` is `0`, expected a number from 1 to 2500"],
    );
    finds(&lesson("```call as=root op=ListKeys on=key\n```"), &["12:29: `call` takes no `on=`; remove it"]);
    finds(
        &task("success ListKey", "", "So.", LISTED),
        &["12:23: AWS KMS has no operation `ListKey`; `ListKeys` is near"],
    );
    finds(&lesson("One.\n\n- two **three\n- four"), &["14:7: `**` is not closed; close it in the same paragraph"]);
}

#[test]
fn a_body_is_wrong_at_a_column_of_its_own() {
    let body = |body: &str| lesson(&format!("{RANDOM}```call as=root op=Encrypt\n{body}\n```\n```expect\n```"));
    finds(
        &body("{ \"KeyId\": \"ä\", \"Plaintext\": \"${bytes}\" oops }"),
        &["21:41: the body is not JSON: expected `,` or `}`"],
    );
    finds(&body("{\n  \"KeyId\": \"${key}\"\n}"), &["22:13: `key` is not bound before this; bound are bytes"]);
    finds(
        &body("{ \"a\": \"${bytes|shout}\" }"),
        &["21:9: `${bytes|shout}` is no gap; write `${name}`, `${name|flip:40}`, `${zeros:4097}` or `${text:hello}`"],
    );
    finds(&body("{ \"a\": \"${bytes}\", \"b\": \"${by\""), &["21:26: `${` is not closed; add `}`"]);
    finds(
        &body("{ “KeyId”: 1 }"),
        &[
            "21:3: the body is not JSON: key must be a string; `“` is a typographic quotation mark; type a straight one, `\"`",
        ],
    );
    finds(
        &lesson("```call as=“root” op=Encrypt\n```"),
        &[
            "12:12: nobody is called `“root”`; write a user or role of the default world, root, or 444455556666/name; `“` is a typographic quotation mark; type a straight one, `\"`",
        ],
    );
}

#[test]
fn what_cannot_be_played_is_found_where_it_stands() {
    finds(
        &lesson(&RANDOM.replace(":Plaintext", ":Plain")),
        &["12:55: the response has no text `Plain` to bind; it is {\"Plaintext\":\"vfucQVahzy0v\"}"],
    );
    finds(
        &lesson(&format!("{RANDOM}```wrap for=bytes with=RSAES_OAEP_SHA_1 bind=wrapped\n00\n```")),
        &["20:13: nothing can be wrapped for `bytes`; bind the PublicKey of GetParametersForImport to it"],
    );
    let flipped = "```call as=root op=Encrypt\n{\n\"Plaintext\": \"${bytes|flip:9}\" }\n```\n```expect\n```";
    finds(
        &lesson(&format!("{RANDOM}{flipped}")),
        &["22:15: byte 9 of `bytes` cannot be flipped; it is not base64 of more than 9 bytes"],
    );
}

#[test]
fn what_a_lesson_expects_is_held_against_its_run() {
    finds(&lesson(RANDOM), &[]);
    let text = lesson(&RANDOM.replace("on *", "on that"));
    finds(
        &text,
        &[
            "17:1: the run gives `allow kms:GenerateRandom on * by the identity policies` here, and the lesson expects `allow kms:GenerateRandom on that by the identity policies`; correct the step, or take over what the run gives",
        ],
    );
    let checked = check(&text, None);
    assert_eq!(checked.updated.as_deref(), Some(lesson(RANDOM).as_str()));
    assert!(checked.plays);
    finds(
        &lesson(&RANDOM.replace("draw ChaCha20 stream of the world: -> random data 9 bytes\n", "")),
        &[
            "18:1: the run gives `draw ChaCha20 stream of the world: -> random data 9 bytes` here, and the lesson expects nothing more; correct the step, or take over what the run gives",
        ],
    );
}

#[test]
fn a_task_is_open_until_its_solution() {
    finds(&task("success ListKeys", "", "So.", LISTED), &[]);
    finds(
        &task("success ListAliases", "", "", LISTED),
        &[
            "12:1: the solution does not do the task; correct the goal or the solution",
            "15:1: a hint is empty; say how to begin",
        ],
    );
    finds(
        &task("success ListKeys", "```start as=Administrator op=ListKeys\n```\n", "So.", LISTED),
        &["12:1: the request to start with does the task already; leave something to do"],
    );
}

#[test]
fn a_lesson_has_a_name_and_a_size() {
    let text = lesson("Words.");
    finds(&text.replace("title: X", "title:"), &["3:1: `title` is empty; write it after the colon"]);
    let renamed = check(&text, Some("y"));
    assert_eq!(renamed.findings[0].to_string(), "2:1: `id` is `x`, but the file is called `y.md`; call both the same");
    assert!(renamed.plays && check(&text, None).findings.is_empty());
    finds(&format!("\u{feff}{text}"), &["1:1: the file begins with a byte order mark; save it as UTF-8 without one"]);
    finds(
        &lesson(&"word ".repeat(60_000)),
        &["1:1: the file has 300114 bytes, and at most 262144 are read; split the lesson"],
    );
}

/// A lesson may come from anybody.
#[test]
fn prose_is_text_and_nothing_else() {
    use crate::scenario::prose::{Inline, Prose};
    let refused = |prose: &str, expected: &str| finds(&lesson(prose), &[expected]);
    let starts = |start: &str| {
        format!("12:1: a line starts with `{start}`; prose is paragraphs and lists, and `## ` starts a page")
    };
    refused("<script>alert(1)</script>", &starts("<"));
    refused("<img src=x onerror=alert(1)>", &starts("<"));
    refused("![picture](https://example.com/x.png)", &starts("!["));
    for target in ["javascript:alert(1)", "data:text/html,x", "http://example.com", "//example.com", "/x", "x.md"] {
        refused(
            &format!("a [link]({target})").replace("alert(1)", "alert"),
            &format!(
                "12:8: a link leads to `{}`; only https:// links work everywhere",
                target.replace("alert(1)", "alert")
            ),
        );
    }
    let text = "a <script>alert(1)</script> &amp; <b onclick=\"x\">b</b>";
    let checked = check(&lesson(text), None);
    let page = &checked.scenario.unwrap().pages[0];
    assert_eq!(page.prose, [Prose::Paragraph(vec![Inline::Text(text.to_owned())])]);
}
