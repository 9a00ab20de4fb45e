//! Published test vectors as `tests/data/*.txt` has them: a set in brackets, lines of a name and hexadecimal digits.

use std::collections::BTreeMap;

/// One vector: bytes by name.
pub(super) type Vector = BTreeMap<String, Vec<u8>>;

/// The vectors of one set, each from one line called `first` to the next.
pub(super) fn of_set(text: &str, set: &str, first: &str) -> Vec<Vector> {
    let (_, lines) = text.split_once(&format!("[{set}]\n")).unwrap_or_else(|| panic!("no set {set}"));
    let mut vectors: Vec<Vector> = Vec::new();
    for line in lines.lines().take_while(|line| !line.starts_with('[')) {
        let Some((name, digits)) = line.split_once(" = ") else { continue };
        if name == first {
            vectors.push(Vector::new());
        }
        vectors.last_mut().expect("a set begins with its first name").insert(name.to_owned(), bytes(digits));
    }
    vectors
}

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
