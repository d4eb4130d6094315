//! The paths that some tokens name: those of imports, and those in the middle of code.

use super::lexer::{Kind, Token};

/// A path, as it is written: `crate::error::StartError`, `super::*`, `child::function`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) segments: Vec<&'a str>,
    pub(super) line: usize,
    pub(super) import: Import<'a>,
}

/// What a path brings into scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Import<'a> {
    /// Nothing: it stands in code.
    No,
    /// A name, of whatever visibility.
    Name { name: &'a str, exported: bool },
    /// All names.
    Glob { exported: bool },
}

impl Import<'_> {
    /// Whether others get it from here as well.
    pub(super) fn is_exported(self) -> bool {
        matches!(self, Self::Name { exported: true, .. } | Self::Glob { exported: true })
    }
}

/// Finds all paths. Single words are none, and neither are paths that a macro begins with `$crate`.
pub(super) fn paths<'a>(tokens: &[Token<'a>]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        // `use<'a>` says which lifetimes a type captures.
        if token.is_word("use") && !tokens.get(at + 1).is_some_and(|next| next.is_sign("<")) {
            let exported = before.is_some_and(|before| before.is_word("pub") || before.is_sign(")"));
            at += 1 + tree(&tokens[at + 1..], &[], exported, &mut found);
            continue;
        }
        if token.kind == Kind::Word && !is_continued(&tokens[..at]) {
            let (segments, length) = plain(&tokens[at..]);
            if segments.len() > 1 {
                found.push(Found { segments, line: token.line, import: Import::No });
            }
            at += length;
        } else {
            at += 1;
        }
    }
    found
}

/// Whether the next word belongs to something that these tokens end in: a longer path, a field, a variable of a
/// macro, or the place in `pub(in crate::queue)`.
fn is_continued(before: &[Token<'_>]) -> bool {
    match before {
        [.., first, second] if first.is_sign(":") && second.is_sign(":") => true,
        [.., public, open, word] if public.is_word("pub") && open.is_sign("(") && word.is_word("in") => true,
        [.., last] => last.is_sign(".") || last.is_sign("$"),
        [] => false,
    }
}

/// The words of a path that begins here, and how many tokens they are.
fn plain<'a>(tokens: &[Token<'a>]) -> (Vec<&'a str>, usize) {
    let mut segments = vec![tokens[0].text];
    let mut at = 1;
    while is_separator(&tokens[at..]) && tokens.get(at + 2).is_some_and(|next| next.kind == Kind::Word) {
        segments.push(tokens[at + 2].text);
        at += 3;
    }
    (segments, at)
}

fn is_separator(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [first, second, ..] if first.is_sign(":") && second.is_sign(":"))
}

/// Reads one tree of an import, and returns how many tokens it has.
fn tree<'a>(tokens: &[Token<'a>], parents: &[&'a str], exported: bool, found: &mut Vec<Found<'a>>) -> usize {
    let mut segments = parents.to_vec();
    let mut at = 0;
    let mut line = tokens.first().map_or(0, |token| token.line);
    loop {
        match tokens.get(at) {
            Some(token) if token.kind == Kind::Word && token.text != "as" => {
                segments.push(token.text);
                line = token.line;
                at += 1;
            }
            Some(token) if token.is_sign(":") => at += 1,
            Some(token) if token.is_sign("*") => {
                found.push(Found { segments, line: token.line, import: Import::Glob { exported } });
                return at + 1;
            }
            Some(token) if token.is_sign("{") => {
                at += 1;
                while let Some(token) = tokens.get(at).filter(|token| !token.is_sign("}")) {
                    at +=
                        if token.is_sign(",") { 1 } else { tree(&tokens[at..], &segments, exported, found) };
                }
                return at + 1;
            }
            Some(token) if token.is_word("as") => {
                let name = tokens.get(at + 1).map_or("_", |alias| alias.text);
                push(found, segments, line, name, exported);
                return at + 2;
            }
            _ => {
                let name =
                    segments.iter().rev().find(|segment| **segment != "self").copied().unwrap_or("self");
                push(found, segments, line, name, exported);
                // A sign that is no part of a tree is passed over, so that the caller moves on.
                return at.max(1);
            }
        }
    }
}

fn push<'a>(
    found: &mut Vec<Found<'a>>,
    mut segments: Vec<&'a str>,
    line: usize,
    name: &'a str,
    exported: bool,
) {
    // `words::{self}` is `words`.
    if segments.len() > 1 && segments.last() == Some(&"self") {
        segments.pop();
    }
    found.push(Found { segments, line, import: Import::Name { name, exported } });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::lexer::tokens;

    fn list(source: &str) -> Vec<String> {
        let line = |found: &Found<'_>| match found.import {
            Import::No => found.segments.join("::"),
            Import::Name { name, exported } => {
                format!("{}use {} as {name}", if exported { "pub " } else { "" }, found.segments.join("::"))
            }
            Import::Glob { exported } => {
                format!("{}use {}::*", if exported { "pub " } else { "" }, found.segments.join("::"))
            }
        };
        paths(&tokens(source)).iter().map(line).collect()
    }

    #[test]
    fn groups_of_imports_are_taken_apart() {
        let source = "pub(crate) use crate::{a::{self, B as C}, d::*,\n e,};\nuse super::super::F;";
        let want = [
            "pub use crate::a as a",
            "pub use crate::a::B as C",
            "pub use crate::d::*",
            "pub use crate::e as e",
            "use super::super::F as F",
        ];
        assert_eq!(list(source), want);
        assert_eq!(paths(&tokens(source))[3].line, 2);
    }

    #[test]
    fn paths_in_code_are_found() {
        let source =
            "fn f(x: crate::a::B<super::C>) -> impl X + use<'_> { use self::d::E; g::h::<I>(); x.y; j }";
        assert_eq!(list(source), ["crate::a::B", "super::C", "use self::d::E as E", "g::h"]);
    }

    #[test]
    fn macros_and_visibilities_are_no_paths() {
        assert!(list("pub(in crate::a) struct B; macro_rules! c { () => { $crate::d::E } }").is_empty());
    }
}
