//! A transcript as an HTML page without scripts, in the styles of the playground.

use std::fmt::Write as _;

use crate::scenario::{
    OlderTerm, Predict,
    prose::{Inline, Prose},
    transcript::{Entry, Happened, Transcript},
};

/// The whole page. `home` leads to where the playground and its `styles/` are, for example `../`; `address` is the lesson
/// below it.
pub fn html(transcript: &Transcript<'_>, home: &str, address: &str) -> String {
    let [title, summary, about] = [transcript.title, transcript.summary, &transcript.about].map(escaped);
    let mut text = head(&title, &summary, home);
    // Writing to a String cannot fail, here and below.
    let _ = write!(
        text,
        "<p><a href=\"{}{}\">Try this lesson in the KMS Playground</a>, which needs JavaScript; this page does not. \
         <a href=\"index.html\">All lessons to read</a></p>\n<h1>{title}</h1>\n<p>{summary}</p>\n<p class=\"aside\">{about}</p>\n",
        escaped(home),
        escaped(address)
    );
    if !transcript.older_terms.is_empty() {
        let term = |term: &OlderTerm| format!("<b>{}</b> is {}", escaped(&term.older), escaped(&term.today));
        let terms: Vec<String> = transcript.older_terms.iter().map(term).collect();
        let _ = writeln!(text, "<p class=\"aside\">In older texts: {}.</p>", terms.join("; "));
    }
    for sheet in &transcript.sheets {
        let _ = writeln!(text, "<section class=\"leaf\">\n<h2>{}</h2>", escaped(sheet.title));
        for entry in &sheet.entries {
            match entry {
                Entry::Prose(prose) => text.extend(prose.iter().map(block)),
                Entry::Heading(words) => {
                    let _ = writeln!(text, "<h3>{}</h3>", escaped(words));
                }
                Entry::Question(predict) => text.push_str(&question(predict)),
                Entry::Happened(happened) => text.push_str(&what_happened(happened)),
            }
        }
        text.push_str("</section>\n");
    }
    text.push_str(FOOT);
    text
}

/// A page that leads to those of the lessons: id, title and summary of each.
pub fn list(lessons: &[(&str, String, String)], home: &str) -> String {
    let mut text = head("Lessons to read", "Every lesson of the KMS Playground, to read and print.", home);
    text.push_str("<h1>Lessons to read</h1>\n<p>What happens in each lesson of the ");
    let _ = writeln!(
        text,
        "<a href=\"{}\">KMS Playground</a>, to read and print, without JavaScript.</p>\n<ol>",
        escaped(home)
    );
    for (id, title, summary) in lessons {
        let [id, title, summary] = [id, title.as_str(), summary.as_str()].map(escaped);
        let _ = writeln!(text, "<li><a href=\"{id}.html\">{title}</a>: {summary}</li>");
    }
    text.push_str("</ol>\n");
    text.push_str(FOOT);
    text
}

const FOOT: &str = "</main>\n</body>\n</html>\n";

/// Up to the first words of a page. `title` and `summary` are escaped.
fn head(title: &str, summary: &str, home: &str) -> String {
    let home = escaped(home);
    let style = |name: &&str| format!("<link rel=\"stylesheet\" href=\"{home}styles/{name}.css\">\n");
    let styles: String = STYLES.iter().map(style).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} · KMS Playground</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"description\" content=\"{summary}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"{home}icon.svg\" type=\"image/svg+xml\">\n{styles}\
         </head>\n<body>\n<main class=\"transcript alone\">\n"
    )
}

/// Of those in `styles/`, what a transcript takes.
const STYLES: &[&str] = &["tokens", "base", "transcript"];

fn block(prose: &Prose) -> String {
    match prose {
        Prose::Paragraph(words) => format!("<p>{}</p>\n", inline(words)),
        Prose::List { numbered, items } => {
            let list = if *numbered { "ol" } else { "ul" };
            let items: String = items.iter().map(|words| format!("<li>{}</li>\n", inline(words))).collect();
            format!("<{list}>\n{items}</{list}>\n")
        }
    }
}

fn question(predict: &Predict) -> String {
    let mut text =
        format!("<div class=\"asked\">\n<p><b>What will happen?</b> {}</p>\n<ul>\n", inline(&predict.question));
    for choice in &predict.choices {
        let (class, mark) = if choice.right { (" class=\"right\"", "<b>Right:</b> ") } else { ("", "") };
        let _ = writeln!(text, "<li{class}>{mark}{}</li>", inline(&choice.text));
    }
    let _ = writeln!(text, "</ul>\n<p>{}</p>\n</div>", inline(&predict.explanation));
    text
}

fn what_happened(happened: &Happened) -> String {
    let mut text = format!("<div class=\"happened\">\n<p><b>{}</b></p>\n", escaped(&happened.title));
    for (label, body) in &happened.texts {
        let _ = writeln!(text, "<p class=\"label\">{}</p>\n<pre>{}</pre>", escaped(label), escaped(body.trim_end()));
    }
    text.push_str("</div>\n");
    text
}

fn inline(words: &[Inline]) -> String {
    words
        .iter()
        .map(|part| match part {
            Inline::Text(text) => escaped(text),
            Inline::Code(text) => format!("<code>{}</code>", escaped(text)),
            Inline::Strong(text) => format!("<strong>{}</strong>", escaped(text)),
            Inline::Link { text, url } => {
                format!("<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>", escaped(url), escaped(text))
            }
        })
        .collect()
}

/// Text as text, also between quotation marks.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            other => written.push(other),
        }
    }
    written
}
