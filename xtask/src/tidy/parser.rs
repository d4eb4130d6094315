//! The items of a module, by their tokens.

use super::lexer::{Kind as TokenKind, Token};

/// An item: what it is, who can see it, and which tokens it consists of.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) line: usize,
    /// Plain `pub`.
    pub(super) public: bool,
    pub(super) attributes: Attributes<'a>,
    /// Everything after the attributes, from the visibility on.
    pub(super) tokens: &'a [Token<'a>],
    /// What stands between its braces; empty without.
    pub(super) body: &'a [Token<'a>],
}

impl Item<'_> {
    /// Whether its body is elsewhere, or it has none.
    pub(super) fn ends_at_semicolon(&self) -> bool {
        self.tokens.last().is_some_and(|token| token.is_sign(";"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fn,
    /// A struct, an enum or a union.
    Type,
    Alias,
    Trait,
    Value,
    Mod,
    Use,
    /// An `impl` block; of a trait or not.
    Impl {
        of_trait: bool,
    },
    Macro,
    Other,
}

/// What the attributes of an item say.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    /// Its documentation, by lines.
    pub(super) docs: Vec<(usize, &'a str)>,
    /// Files that its documentation includes.
    pub(super) included: Vec<&'a str>,
    pub(super) hidden: bool,
    pub(super) exported: bool,
    /// Compiled into tests only.
    pub(super) test: bool,
    pub(super) path: Option<&'a str>,
}

/// Splits the tokens of a module, or of an `impl` block, into items.
pub(super) fn items<'a>(mut tokens: &'a [Token<'a>]) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    while !tokens.is_empty() {
        let (attributes, rest) = attributes(tokens);
        let Some(first) = rest.first() else { break };
        let length = item_length(rest);
        items.push(item(attributes, &rest[..length], first.line));
        tokens = &rest[length..];
    }
    items
}

/// What a module says of itself at its top.
pub(super) fn inner_docs<'a>(tokens: &'a [Token<'a>]) -> Attributes<'a> {
    let mut found = Attributes::default();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].kind == TokenKind::InnerDoc {
            found.docs.push((tokens[at].line, tokens[at].text));
            at += 1;
        } else if is_inner_attribute(&tokens[at..]) {
            let length = group_length(&tokens[at + 2..]);
            found.read(&tokens[at + 2..at + 2 + length]);
            at += 2 + length;
        } else {
            break;
        }
    }
    found
}

/// The tokens without what is compiled into tests only.
pub(super) fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (attributes, rest) = attributes(&tokens[at..]);
        let begin = tokens.len() - rest.len();
        if attributes.test && !is_file(rest) {
            at = begin + item_length(rest);
        } else {
            let end = begin.max(at + 1);
            kept.extend_from_slice(&tokens[at..end]);
            at = end;
        }
    }
    kept
}

/// Whether a module begins here that stands in a file of its own.
fn is_file(tokens: &[Token<'_>]) -> bool {
    let is_module = kind(&tokens[visibility_length(tokens)..]).is_some_and(|(kind, ..)| kind == Kind::Mod);
    is_module && tokens[item_length(tokens) - 1].is_sign(";")
}

fn attributes<'a>(tokens: &'a [Token<'a>]) -> (Attributes<'a>, &'a [Token<'a>]) {
    let mut found = Attributes::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.kind == TokenKind::OuterDoc {
            found.docs.push((token.line, token.text));
            at += 1;
        } else if token.kind == TokenKind::InnerDoc {
            at += 1;
        } else if is_inner_attribute(&tokens[at..]) {
            at += 2 + group_length(&tokens[at + 2..]);
        } else if token.is_sign("#") && tokens.get(at + 1).is_some_and(|next| next.is_sign("[")) {
            let length = group_length(&tokens[at + 1..]);
            found.read(&tokens[at + 1..at + 1 + length]);
            at += 1 + length;
        } else {
            break;
        }
    }
    (found, &tokens[at..])
}

fn is_inner_attribute(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [hash, mark, open, ..] if hash.is_sign("#") && mark.is_sign("!") && open.is_sign("["))
}

impl<'a> Attributes<'a> {
    /// Reads one attribute, in its brackets.
    fn read(&mut self, attribute: &'a [Token<'a>]) {
        let has = |word: &str| attribute.iter().any(|token| token.is_word(word));
        let text = || attribute.iter().find(|token| token.kind == TokenKind::Text).map(|token| token.text);
        let Some(name) = attribute.get(1) else { return };
        match name.text {
            "doc" if has("include_str") => self.included.extend(text()),
            "doc" if has("hidden") => self.hidden = true,
            "doc" => self.docs.extend(text().map(|text| (name.line, text))),
            "macro_export" | "proc_macro_attribute" | "proc_macro" | "proc_macro_derive" => {
                self.exported = true;
            }
            "path" => self.path = text(),
            "cfg" => self.test |= is_of_tests(attribute),
            _ => {}
        }
    }
}

/// Whether a `cfg` holds in tests only: `test` alone or in an `all`.
fn is_of_tests(cfg: &[Token<'_>]) -> bool {
    let Some(at) = cfg.iter().position(|token| token.is_word("test")) else { return false };
    let negated = at >= 2 && cfg[at - 2].is_word("not");
    !negated && !cfg.iter().any(|token| token.is_word("any"))
}

fn item<'a>(attributes: Attributes<'a>, tokens: &'a [Token<'a>], line: usize) -> Item<'a> {
    let after_visibility = visibility_length(tokens);
    let public = after_visibility == 1;
    let (kind, name, line) = kind(&tokens[after_visibility..]).unwrap_or((Kind::Other, "", line));
    Item { kind, name, line, public, attributes, tokens, body: body(tokens) }
}

/// How many tokens say who can see the item: none, `pub`, or `pub(..)`.
fn visibility_length(tokens: &[Token<'_>]) -> usize {
    match tokens {
        [public, open, ..] if public.is_word("pub") && open.is_sign("(") => 1 + group_length(&tokens[1..]),
        [public, ..] if public.is_word("pub") => 1,
        _ => 0,
    }
}

fn kind<'a>(tokens: &'a [Token<'a>]) -> Option<(Kind, &'a str, usize)> {
    let modifiers = (0..tokens.len()).take_while(|&at| is_modifier(&tokens[at..])).count();
    let (keyword, rest) = tokens[modifiers..].split_first()?;
    let kind = match keyword.text {
        "fn" => Kind::Fn,
        "struct" | "enum" | "union" => Kind::Type,
        "type" => Kind::Alias,
        "trait" => Kind::Trait,
        "const" | "static" => Kind::Value,
        "mod" => Kind::Mod,
        "use" => Kind::Use,
        "macro_rules" => Kind::Macro,
        "impl" => {
            let (of_trait, name) = impl_of(rest);
            return Some((Kind::Impl { of_trait }, name, keyword.line));
        }
        _ => return None,
    };
    let name = rest.iter().find(|token| token.kind == TokenKind::Word && token.text != "mut")?;
    Some((kind, name.text, name.line))
}

fn is_modifier(tokens: &[Token<'_>]) -> bool {
    let [token, next, ..] = tokens else { return false };
    match token.text {
        "unsafe" | "async" | "extern" | "default" | "safe" => token.kind == TokenKind::Word,
        // `const fn` is a function, and `const NAME` a value.
        "const" => ["fn", "unsafe", "async", "extern"].iter().any(|word| next.is_word(word)),
        _ => token.kind == TokenKind::Text,
    }
}

/// Whether an `impl` block is of a trait, and the last name of the type that it is for.
fn impl_of<'a>(tokens: &'a [Token<'a>]) -> (bool, &'a str) {
    let mut depth = 0_usize;
    let mut of_trait = false;
    let mut name = "";
    let mut last = "";
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            // The arrow of `Fn() -> T` closes nothing.
            "<" => depth += 1,
            ">" if last != "-" && last != "=" => depth = depth.saturating_sub(1),
            "{" | "where" if depth == 0 => break,
            // `for<'a>` belongs to a type.
            "for" if depth == 0 && !tokens.get(at + 1).is_some_and(|next| next.is_sign("<")) => {
                of_trait = true;
            }
            _ if depth == 0 && token.kind == TokenKind::Word => name = token.text,
            _ => {}
        }
        last = token.text;
    }
    (of_trait, name)
}

/// What stands between the braces that end the item.
fn body<'a>(tokens: &'a [Token<'a>]) -> &'a [Token<'a>] {
    if !tokens.last().is_some_and(|token| token.is_sign("}")) {
        return &[];
    }
    let mut at = 0;
    while at < tokens.len() {
        let length = group_length(&tokens[at..]);
        if tokens[at].is_sign("{") && at + length == tokens.len() {
            return &tokens[at + 1..tokens.len() - 1];
        }
        at += length;
    }
    &[]
}

/// How many tokens an item, a field or a statement has that begins here.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let rest = &tokens[visibility_length(tokens)..];
    let kind = kind(rest).map(|(kind, ..)| kind);
    // The braces of a value or of an import are in its middle.
    let ends_at_brace = !matches!(kind, Some(Kind::Use | Kind::Value | Kind::Alias))
        && !rest.first().is_some_and(|token| token.is_word("let"));
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let ends_field = token.is_sign(",") && kind.is_none() && depth_of_angles(&tokens[..at]) == 0;
        if token.is_sign(";") || ends_field {
            return at + 1;
        }
        // The end of what the last field or statement stands in.
        if token.kind == TokenKind::Sign && matches!(token.text, "}" | ")" | "]") {
            return at.max(1);
        }
        at += group_length(&tokens[at..]);
        if token.is_sign("{") && ends_at_brace {
            return at;
        }
    }
    tokens.len()
}

/// How many `<` are open at the end of these tokens.
fn depth_of_angles(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let mut last = "";
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Sign) {
        match token.text {
            "<" => depth += 1,
            ">" if last != "-" && last != "=" => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = token.text;
    }
    depth
}

/// How many tokens belong to the group that opens here; one where none opens.
pub(super) fn group_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::Sign {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::lexer::tokens;

    /// Kind, name and whether it is public, of each item.
    fn list(source: &str) -> Vec<String> {
        let tokens = tokens(source);
        let line = |item: &Item<'_>| {
            let public = if item.public { "pub " } else { "" };
            format!("{public}{:?} {}", item.kind, item.name)
        };
        items(&tokens).iter().map(line).collect()
    }

    #[test]
    fn items_are_found_with_their_names() {
        let source = "
            pub const fn a() {} const B: [u8; 2] = { [1, 2] }; pub(crate) static mut C: u8 = 0;
            pub struct D<T>(pub T) where T: X, u8: Y; enum E { F { g: u8 } }
            pub unsafe extern \"C\" fn h() -> impl Fn(u8) -> u8 where A: B, C: D { if x { y } else { z } }
            thread_local! { static I: u8 = 1; } use a::{b, c}; pub mod j; mod k { fn l() {} }
            macro_rules! m { () => {} } type N = fn(u8) -> u8; pub trait O { fn p(); }";
        let want = [
            "pub Fn a",
            "Value B",
            "Value C",
            "pub Type D",
            "Type E",
            "pub Fn h",
            "Other ",
            "Use a",
            "pub Mod j",
            "Mod k",
            "Macro m",
            "Alias N",
            "pub Trait O",
        ];
        assert_eq!(list(source), want);
    }

    #[test]
    fn an_impl_is_named_by_its_type() {
        let of = |of_trait: bool, name: &str| format!("Impl {{ of_trait: {of_trait} }} {name}");
        for (source, want) in [
            ("impl<T: Fn() -> u8> a::B<T> where T: X {}", of(false, "B")),
            ("unsafe impl<T> Send for B<T> {}", of(true, "B")),
            ("impl<F> C<F> where F: for<'a> Fn(&'a u8) {}", of(false, "C")),
        ] {
            assert_eq!(list(source), [want], "{source}");
        }
    }

    #[test]
    fn what_only_tests_see_is_left_out() {
        let source = "#[cfg(test)] use a::{b, c}; struct D { #[cfg(test)] e: X<u8, u8>, f: u8 }
            #[cfg(all(test, g))] mod h { fn i() {} } #[cfg(not(test))] fn j() {} #[cfg(test)] mod k;";
        let tokens = tokens(source);
        let kept: Vec<_> = without_tests(&tokens).iter().map(|token| token.text).collect();
        let want = "struct D { f : u8 } # [ cfg ( not ( test ) ) ] fn j ( ) { } # [ cfg ( test ) ] mod k ;";
        assert_eq!(kept.join(" "), want);
    }

    #[test]
    fn attributes_tell_docs_and_what_is_hidden() {
        let tokens = tokens(
            "/// One.\n#[doc = \"Two.\"] #[doc(hidden)] #[path = \"x.rs\"] #[doc = include_str!(\"y.md\")] fn f() {}",
        );
        let items = items(&tokens);
        let attributes = &items[0].attributes;
        assert_eq!(attributes.docs, [(1, " One."), (2, "Two.")]);
        assert_eq!((attributes.hidden, attributes.path), (true, Some("x.rs")));
        assert_eq!(attributes.included, ["y.md"]);
    }
}
