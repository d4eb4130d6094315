//! Lists of numbers as text.

use std::fmt::Display;

/// Joins numbers with commas: `0,2,3`.
pub(crate) fn list(numbers: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    text
}
