//! Rust sources as tokens: what is left without comments and spaces, each with its line.

/// A token of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// The word, the sign, or what stands between the quotes; of a raw identifier without its `r#`.
    pub(super) text: &'a str,
    pub(super) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// One sign; `::` is two.
    Sign,
    Text,
    /// A number or a character.
    Literal,
    Lifetime,
    /// `///` and `/** */`.
    OuterDoc,
    /// `//!` and `/*! */`.
    InnerDoc,
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }
}

/// Splits a source into its tokens. What no compiler would accept gives tokens that no check understands.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut lexer = Lexer { source, at: 0, line: 1 };
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = &self.source[self.at..];
            let first = rest.chars().next()?;
            if first.is_whitespace() {
                self.advance(first.len_utf8());
            } else if rest.starts_with("//") {
                let text = rest.split('\n').next().unwrap_or(rest);
                if let Some(doc) = self.line_comment(text) {
                    return Some(doc);
                }
            } else if rest.starts_with("/*") {
                if let Some(doc) = self.block_comment(rest) {
                    return Some(doc);
                }
            } else {
                return Some(self.word_or_sign(rest, first));
            }
        }
    }

    /// Moves on by so many bytes, and counts the lines.
    fn advance(&mut self, bytes: usize) {
        let end = self.at + bytes;
        self.line += self.source[self.at..end].matches('\n').count();
        self.at = end;
    }

    fn take(&mut self, kind: Kind, bytes: usize, text: &'a str) -> Token<'a> {
        let line = self.line;
        self.advance(bytes);
        Token { kind, text, line }
    }

    fn line_comment(&mut self, comment: &'a str) -> Option<Token<'a>> {
        // Four slashes are a plain comment.
        if let Some(doc) = comment.strip_prefix("///").filter(|doc| !doc.starts_with('/')) {
            return Some(self.take(Kind::OuterDoc, comment.len(), doc));
        }
        if let Some(doc) = comment.strip_prefix("//!") {
            return Some(self.take(Kind::InnerDoc, comment.len(), doc));
        }
        self.advance(comment.len());
        None
    }

    fn block_comment(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let mut depth = 0;
        let mut length = rest.len();
        let mut at = 0;
        while at < rest.len() {
            if rest[at..].starts_with("/*") {
                depth += 1;
                at += 2;
            } else if rest[at..].starts_with("*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    length = at;
                    break;
                }
            } else {
                at += rest[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        let text = rest[..length].trim_end_matches("*/");
        if let Some(doc) = text.strip_prefix("/**").filter(|doc| !doc.is_empty() && !doc.starts_with('*')) {
            return Some(self.take(Kind::OuterDoc, length, doc));
        }
        if let Some(doc) = text.strip_prefix("/*!") {
            return Some(self.take(Kind::InnerDoc, length, doc));
        }
        self.advance(length);
        None
    }

    fn word_or_sign(&mut self, rest: &'a str, first: char) -> Token<'a> {
        if let Some(token) = self.text(rest) {
            return token;
        }
        if first.is_alphabetic() || first == '_' {
            let raw = rest.strip_prefix("r#").filter(|name| name.starts_with(is_word_start));
            let word = leading(raw.unwrap_or(rest), is_word_part);
            let prefix = if raw.is_some() { 2 } else { 0 };
            return self.take(Kind::Word, prefix + word.len(), word);
        }
        if first.is_ascii_digit() {
            let length = number_length(rest);
            return self.take(Kind::Literal, length, &rest[..length]);
        }
        if first == '\'' {
            return self.quote(rest);
        }
        let length = first.len_utf8();
        self.take(Kind::Sign, length, &rest[..length])
    }

    /// A string of any kind, or a byte.
    fn text(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let unprefixed = ["b", "c"].iter().find_map(|prefix| rest.strip_prefix(prefix)).unwrap_or(rest);
        let prefix = rest.len() - unprefixed.len();
        if let Some(raw) = unprefixed.strip_prefix('r') {
            let hashes = leading(raw, |c| c == '#').len();
            if let Some(inner) = raw[hashes..].strip_prefix('"') {
                let end = format!("\"{}", "#".repeat(hashes));
                let length = inner.find(&end).unwrap_or(inner.len());
                let whole = (prefix + 1 + hashes + 1 + length + end.len()).min(rest.len());
                return Some(self.take(Kind::Text, whole, &inner[..length]));
            }
        }
        if let Some(inner) = unprefixed.strip_prefix('"') {
            let length = end_of_quoted(inner, '"');
            return Some(self.take(Kind::Text, (prefix + length + 2).min(rest.len()), &inner[..length]));
        }
        if prefix == 1 && unprefixed.starts_with('\'') {
            let length = end_of_quoted(&unprefixed[1..], '\'');
            let whole = (prefix + length + 2).min(rest.len());
            return Some(self.take(Kind::Literal, whole, &rest[..whole]));
        }
        None
    }

    /// A character or a lifetime.
    fn quote(&mut self, rest: &'a str) -> Token<'a> {
        let inner = &rest[1..];
        let first = inner.chars().next().unwrap_or('\'');
        let is_character = first == '\\' || inner[first.len_utf8().min(inner.len())..].starts_with('\'');
        if is_character {
            let length = (end_of_quoted(inner, '\'') + 2).min(rest.len());
            self.take(Kind::Literal, length, &rest[..length])
        } else {
            let name = leading(inner, is_word_part);
            self.take(Kind::Lifetime, 1 + name.len(), name)
        }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The longest beginning of such characters.
fn leading(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !is_part(c)).unwrap_or(text.len())]
}

/// Where the closing quote is, past those that are escaped.
fn end_of_quoted(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at,
            _ => {}
        }
    }
    inner.len()
}

fn number_length(rest: &str) -> usize {
    let whole = leading(rest, is_word_part).len();
    // `0..n` is a range and `1.max(n)` a call; only a digit after the dot makes it one number.
    match rest[whole..].strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            whole + 1 + leading(fraction, is_word_part).len()
        }
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_left_out_and_docs_are_kept() {
        let source = "/// doc\n// no\n//// no\n/* a /* b */ c */ fn /** d */ f //! in";
        let got: Vec<_> = tokens(source).iter().map(|token| (token.kind, token.text)).collect();
        let want = [
            (Kind::OuterDoc, " doc"),
            (Kind::Word, "fn"),
            (Kind::OuterDoc, " d "),
            (Kind::Word, "f"),
            (Kind::InnerDoc, " in"),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_stands_in_a_string_is_no_word() {
        assert_eq!(texts(r#""use crate::x; // \" no" y"#), [r#"use crate::x; // \" no"#, "y"]);
        assert_eq!(texts("r#\"a \"quoted\" b\"# c"), ["a \"quoted\" b", "c"]);
        assert_eq!(texts("b\"x\" br\"y\" c\"z\" b'\\''"), ["x", "y", "z", "b'\\''"]);
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        use Kind::{Lifetime, Literal, Sign};
        let kinds: Vec<_> = tokens("'a' 'a '\\'' '\"' &'static 'ü'").iter().map(|token| token.kind).collect();
        assert_eq!(kinds, [Literal, Lifetime, Literal, Literal, Sign, Lifetime, Literal]);
    }

    #[test]
    fn raw_identifiers_lose_their_prefix_and_ranges_are_no_numbers() {
        assert_eq!(
            texts("r#loop(0..1_000, 1.5, 1.max(2))").join(" "),
            "loop ( 0 . . 1_000 , 1.5 , 1 . max ( 2 ) )"
        );
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let lines: Vec<_> = tokens("a\n\"x\ny\"\n/* \n */ b").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }
}
