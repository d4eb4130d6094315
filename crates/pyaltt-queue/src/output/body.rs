//! Payloads: as JSON if they are, else as text if they are, else as bytes.

use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::text::{beginning, clean, clean_json, line, size};

/// How many levels are indented. What is deeper is shown all the same, without more spaces.
const DEEPEST: usize = 32;

/// How many bytes are kept of a payload of which only a line is shown.
const KEPT: usize = 4 << 10;

pub(crate) enum Body<'b> {
    Json(&'b RawValue),
    Text(&'b str),
    Bytes(&'b [u8]),
}

impl<'b> Body<'b> {
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else { return Self::Bytes(bytes) };
        serde_json::from_str(text).map_or(Self::Text(text), Self::Json)
    }

    /// What it is, in JSON replies.
    pub(crate) fn format(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Text(_) => "text",
            Self::Bytes(_) => "hex",
        }
    }

    /// Shows it as a whole.
    pub(crate) fn pretty(&self) -> String {
        match self {
            Self::Json(json) => clean_json(&pretty(json.get())),
            Self::Text(text) => text.lines().map(clean).collect::<Vec<_>>().join("\n"),
            Self::Bytes(bytes) => bytes.chunks(32).map(hex).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// The beginning of a payload, which is kept where many of them are shown.
pub(crate) struct Start {
    bytes: Vec<u8>,
    /// How many bytes the whole payload has.
    pub(crate) size: usize,
}

impl Start {
    /// Keeps as much of a payload as any line shows.
    pub(crate) fn of(mut bytes: Vec<u8>) -> Self {
        let size = bytes.len();
        bytes.truncate(KEPT);
        bytes.shrink_to_fit();
        Self { bytes, size }
    }

    /// Shows it in a line of at most so many characters, but at least 16.
    pub(crate) fn line(&self, most: usize) -> String {
        let Self { bytes, size: bytes_of_all } = self;
        let most = most.max(16);
        let size = format!("({})", size(*bytes_of_all));
        let is_whole = bytes.len() == *bytes_of_all;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // A character that was cut in two.
            Err(error) if error.error_len().is_none() && !is_whole => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return bytes_line(bytes, *bytes_of_all, &size, most),
        };
        line(text, most)
            .filter(|_| is_whole)
            .unwrap_or_else(|| beginning(text, most.saturating_sub(size.len() + 3)) + ".. " + &size)
    }
}

fn bytes_line(bytes: &[u8], all: usize, size: &str, most: usize) -> String {
    let fits = most.saturating_sub(size.len() + "hex .. ".len()) / 2;
    let dots = if all > fits { ".." } else { "" };
    format!("hex {}{dots} {size}", hex(&bytes[..bytes.len().min(fits)]))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Spreads JSON over lines. Its numbers and the order of its fields stay as they are.
fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    let mut chars = json.chars().filter(|c| !c.is_ascii_whitespace() || *c == ' ').peekable();
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
    };
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            ' ' => {}
            '"' => {
                out.push(c);
                in_string = true;
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                if let Some(end) = chars.next_if(|end| matches!(end, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_spread_over_lines_as_it_was_written() {
        let json = r#"{ "z":1.10, "a" : [ ], "b":["x, \"y\" : {", {}],"n":123456789012345678901234567890}"#;
        let want = r#"{
  "z": 1.10,
  "a": [],
  "b": [
    "x, \"y\" : {",
    {}
  ],
  "n": 123456789012345678901234567890
}"#;
        assert_eq!(Body::of(json.as_bytes()).pretty(), want);
        assert_eq!(Body::of("\n 7 ".as_bytes()).pretty(), "7");
        assert_eq!(Body::of(br#""back\\""#).pretty(), r#""back\\""#);
    }

    #[test]
    fn deep_json_does_not_grow_with_its_indentation() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(Body::of(deep.as_bytes()).pretty().len() < 20_000 * (2 * DEEPEST + 2));
    }

    #[test]
    fn what_is_no_json_is_text_or_bytes() {
        assert_eq!(Body::of(b"dear Sir").format(), "text");
        assert_eq!(Body::of(b"").format(), "text");
        assert_eq!(Body::of(b"a\0b\nc").pretty(), "a\\u{0}b\nc");
        assert_eq!(Body::of(&[0, 0xff]).format(), "hex");
        assert_eq!(Body::of(&[0xff; 33]).pretty(), format!("{}\nff", "ff".repeat(32)));
    }

    #[test]
    fn a_line_has_the_size_of_what_it_leaves_out() {
        let line = |bytes: &[u8], most| Start::of(bytes.to_vec()).line(most);
        assert_eq!(line(b"{\n  \"to\": 1\n}", 40), r#"{ "to": 1 }"#);
        assert_eq!(line(b"ends with ..", 40), "ends with ..");
        assert_eq!(line(b"", 40), "");
        assert_eq!(line(b"0123456789abcdefg", 16), "0123456.. (17 B)");
        // Of one byte and a hundred thousand characters of two, so that the part that is kept ends within one.
        let huge = format!("\"{}\"", "é".repeat(100_000));
        assert_eq!(line(huge.as_bytes(), 26), "\"ééééééééééé.. (195.3 KiB)");
        assert_eq!(line(&[0xff, 0], 40), "hex ff00 (2 B)");
        let bytes = vec![0xff; 100_000];
        assert_eq!(line(&bytes, 40), format!("hex {}.. (97.7 KiB)", "ff".repeat(11)));
        assert_eq!(line(&bytes, 0), "hex .. (97.7 KiB)");
    }
}
