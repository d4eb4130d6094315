//! Texts of others on a terminal: they can have anything in them.

use std::fmt::Write as _;

/// Replaces what would move the cursor, or show a text as another one than it is.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) { clean.extend(c.escape_default()) } else { clean.push(c) }
    }
    clean
}

/// The same for JSON, which stays JSON: it can have such characters only inside of its strings.
pub(crate) fn clean_json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmful(c) && !matches!(c, '\n' | '\r' | '\t') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a text cannot fail.
                let _ = write!(clean, "\\u{unit:04x}");
            }
        } else {
            clean.push(c);
        }
    }
    clean
}

/// Control characters, and those that change the direction of what follows or show nothing.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Makes a text one line. None if it would have more than so many characters.
pub(crate) fn line(text: &str, most: usize) -> Option<String> {
    let line = clean(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    (line.chars().count() <= most).then_some(line)
}

/// The beginning of a text, in one line of at most so many characters.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let line = clean(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    line.chars().take(most).collect()
}

/// A text in one line of at most so many characters. Dots at its end say that there is more.
pub(crate) fn short(text: &str, most: usize) -> String {
    line(text, most).unwrap_or_else(|| beginning(text, most.saturating_sub(2)) + "..")
}

/// A number of things: `1 task`, `2 tasks`.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A number of bytes, in few digits.
pub(crate) fn size(bytes: usize) -> String {
    // Two digits are enough, so the precision that is lost is not missed.
    #[expect(clippy::cast_precision_loss, reason = "it is rounded to two digits")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes_f / 1_024.0),
        _ => format!("{:.1} MiB", bytes_f / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_reaches_the_terminal_as_a_command() {
        assert_eq!(clean("a\x1b[2Jb\u{9b}c\u{202e}d\0"), r"a\u{1b}[2Jb\u{9b}c\u{202e}d\u{0}");
        assert_eq!(clean(r#"Zoë said "no" \ 'yes'"#), r#"Zoë said "no" \ 'yes'"#);
        assert_eq!(clean_json("{\n\"a\": \"\u{9b}é\u{7f}\"}"), "{\n\"a\": \"\\u009bé\\u007f\"}");
    }

    #[test]
    fn a_long_text_becomes_a_short_line() {
        assert_eq!(short("a\n  b\tc", 10), "a b c");
        assert_eq!(short("abcdefghij", 10), "abcdefghij");
        assert_eq!(short("abcdefghijk", 10), "abcdefgh..");
        assert_eq!(short("ééééé", 4), "éé..");
        assert_eq!(short("", 4), "");
    }

    #[test]
    fn sizes_and_counts_have_units() {
        assert_eq!(
            [size(0), size(1_023), size(1_024), size(1 << 20)],
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB"]
        );
        assert_eq!([count(1, "task"), count(0, "task")], ["1 task", "0 tasks"]);
    }
}
