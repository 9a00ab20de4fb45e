//! As much of SQL, CSV and JSON as it takes to see what a query reads and writes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::glue::Format;

/// A place in S3, `s3://BUCKET/KEY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub bucket: String,
    pub key: String,
}

impl Place {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
        (!bucket.is_empty()).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// An object in this folder.
    pub(super) fn with(&self, name: &str) -> Self {
        let between = if self.key.is_empty() || self.key.ends_with('/') { "" } else { "/" };
        Self { bucket: self.bucket.clone(), key: format!("{}{between}{name}", self.key) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// A query over all of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub table: String,
    /// Whether rows are counted, not shown.
    count: bool,
    limit: Option<u64>,
}

impl Query {
    pub(super) fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.trim().trim_end_matches(';').split_whitespace().collect();
        let [select, what, from, table, rest @ ..] = words.as_slice() else { return None };
        let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
        let count = is(what, "COUNT(*)");
        let limit = match rest {
            [] => None,
            [word, number] if is(word, "LIMIT") && !count => Some(number.parse().ok()?),
            _ => return None,
        };
        let good = is(select, "SELECT") && (count || *what == "*") && is(from, "FROM");
        let named = table.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        (good && named).then(|| Self { table: (*table).to_owned(), count, limit })
    }

    /// What it finds, as CSV.
    pub(super) fn over(&self, rows: Rows) -> String {
        if self.count {
            return format!("\"_col0\"\n\"{}\"\n", rows.values.len());
        }
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let line = |values: &Vec<String>| {
            let quoted: Vec<String> =
                values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
            quoted.join(",") + "\n"
        };
        std::iter::once(&rows.columns).chain(rows.values.iter().take(limit)).map(line).collect()
    }
}

/// The rows of all objects that were read, with the columns of the first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    columns: Vec<String>,
    values: Vec<Vec<String>>,
}

impl Rows {
    /// Adds those of an object.
    pub(super) fn add(&mut self, body: &[u8], format: Format) -> Result<(), &'static str> {
        let text = str::from_utf8(body).map_err(|_| "not a text; is it encrypted?")?;
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        match format {
            Format::Csv => {
                let values =
                    |line: &str| line.split(',').map(|value| value.trim().trim_matches('"').to_owned()).collect();
                if let Some(columns) = lines.next().filter(|_| self.columns.is_empty()) {
                    self.columns = values(columns);
                }
                self.values.extend(lines.map(values));
            }
            Format::Json => {
                for line in lines {
                    let row: Map<String, Value> =
                        serde_json::from_str(line).map_err(|_| "not one JSON object a line")?;
                    if self.columns.is_empty() {
                        self.columns = row.keys().cloned().collect();
                    }
                    let value = |column: &String| match row.get(column) {
                        Some(Value::String(text)) => text.clone(),
                        Some(other) => other.to_string(),
                        None => String::new(),
                    };
                    self.values.push(self.columns.iter().map(value).collect());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_or_refused() {
        for (text, table, count, limit) in [
            ("SELECT * FROM t", Some("t"), false, None),
            ("select * from sales.orders limit 10;", Some("sales.orders"), false, Some(10)),
            ("SELECT COUNT(*) FROM t", Some("t"), true, None),
            ("SELECT COUNT(*) FROM t LIMIT 1", None, false, None),
            ("SELECT a FROM t", None, false, None),
            ("SELECT * FROM t WHERE a = 1", None, false, None),
            ("SELECT * FROM t LIMIT many", None, false, None),
            ("SELECT * FROM \"t\"", None, false, None),
            ("INSERT INTO t VALUES (1)", None, false, None),
            ("", None, false, None),
        ] {
            let expected = table.map(|table| Query { table: table.to_owned(), count, limit });
            assert_eq!(Query::read(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_come_from_csv_and_from_json() {
        for (format, bodies, query, result) in [
            (
                Format::Csv,
                &["a,b\n1,2\n", "a,b\n3,\"4\""][..],
                "SELECT * FROM t",
                "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"\n",
            ),
            (Format::Csv, &["a,b\n1,2\n3,4\n"], "SELECT * FROM t LIMIT 1", "\"a\",\"b\"\n\"1\",\"2\"\n"),
            (Format::Csv, &["a\n1\n2\n"], "SELECT COUNT(*) FROM t", "\"_col0\"\n\"2\"\n"),
            (
                Format::Json,
                &["{\"a\": 1, \"b\": \"x\"}\n{\"b\": \"y\"}"],
                "SELECT * FROM t",
                "\"a\",\"b\"\n\"1\",\"x\"\n\"\",\"y\"\n",
            ),
            (Format::Json, &[], "SELECT COUNT(*) FROM t", "\"_col0\"\n\"0\"\n"),
        ] {
            let mut rows = Rows::default();
            for body in bodies {
                rows.add(body.as_bytes(), format).unwrap();
            }
            assert_eq!(Query::read(query).unwrap().over(rows), result);
        }
        assert!(Rows::default().add(&[0xff], Format::Csv).is_err());
        assert!(Rows::default().add(b"[1]", Format::Json).is_err());
    }
}
