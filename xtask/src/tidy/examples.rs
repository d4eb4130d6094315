//! Every public item has an example, which uses the crate that people depend on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::krate::{Crate, Module};
use super::lexer::Kind as TokenKind;
use super::parser::{Item, Kind, items};
use super::paths::{Import, paths};
use super::{Finding, Outcome};

/// Crates that people may depend on by their own names: to write an engine, or to choose how one is built.
const OWN_NAMES: [&str; 3] = ["pyaltt_durable", "pyaltt_sqlite", "pyaltt_postgres"];

/// Checks every item that can be reached from outside: `pub` items of the crate root and of its public modules, the
/// names that these re-export, and the `pub` items in the `impl` blocks of these types.
///
/// Exempt are `#[doc(hidden)]` items; the methods of traits and of trait implementations, which the example of the
/// trait covers; variants and fields, which the example of the type covers; and modules. Types that can be used but not
/// named, such as a return type that is not re-exported, are not seen. If a re-export names both a module and another
/// item, only the module is seen.
pub(super) fn check(root: &Path, crates: &[Crate]) -> Outcome {
    let mut findings = Vec::new();
    let (mut shown, mut count) = (0, 0);
    for krate in crates {
        for public in public_items(krate) {
            count += 1;
            if has_example(root, public.module, public.item) {
                shown += 1;
            } else {
                let message =
                    format!("`{}` of {} has no example: add one that runs", public.name, krate.name);
                findings.push(Finding { file: public.module.file.clone(), line: public.item.line, message });
            }
        }
        findings.extend(krate.modules.iter().flat_map(wrong_crates));
    }
    findings.extend(wrong_readmes(root, crates));
    let percent = if count == 0 { 100 } else { 100 * shown / count };
    let summary = format!("examples: {shown} of {count} public items with an example ({percent} %)");
    Outcome { summary, findings }
}

struct Public<'c> {
    module: &'c Module,
    item: &'c Item<'static>,
    name: String,
}

fn public_items(krate: &Crate) -> Vec<Public<'_>> {
    let mut reached = BTreeSet::new();
    reach(krate, 0, &mut BTreeSet::new(), &mut reached);
    let mut public = Vec::new();
    for (number, module) in krate.modules.iter().enumerate() {
        let path = &module.path;
        let is_reached = |name: &'static str| {
            krate
                .modules
                .iter()
                .enumerate()
                .any(|(other, twin)| twin.path == *path && reached.contains(&(other, name)))
        };
        for item in module.items.iter().filter(|item| !item.attributes.hidden) {
            let counts = match item.kind {
                Kind::Fn | Kind::Type | Kind::Alias | Kind::Trait | Kind::Value => {
                    item.public && is_reached(item.name)
                }
                Kind::Macro => item.attributes.exported,
                _ => false,
            };
            if counts {
                public.push(Public { module, item, name: item.name.to_owned() });
            }
            if item.kind == (Kind::Impl { of_trait: false }) {
                let of = krate.definition(number, item.name, 0);
                let of = of.and_then(|of| Some((of.module, of.name?)));
                if of.is_some_and(|of| reached.contains(&of)) {
                    public.extend(methods(item).map(|(name, method)| Public { module, item: method, name }));
                }
            }
        }
    }
    public
}

/// Returns the `pub` items of an `impl` block. They are leaked, as the sources are.
fn methods(block: &Item<'static>) -> impl Iterator<Item = (String, &'static Item<'static>)> {
    let of = block.name;
    let methods: &'static [Item<'static>] = items(block.body).leak();
    let public = methods.iter().filter(|method| method.public && !method.attributes.hidden);
    public.map(move |method| (format!("{of}::{}", method.name), method))
}

/// Collects the names that can be reached in a public module, each with the module that defines it.
fn reach(
    krate: &Crate,
    module: usize,
    seen: &mut BTreeSet<usize>,
    reached: &mut BTreeSet<(usize, &'static str)>,
) {
    for module in krate.variants(module).collect::<Vec<_>>() {
        if !seen.insert(module) {
            continue;
        }
        for item in krate.modules[module].items.iter().filter(|item| item.public && !item.attributes.hidden) {
            match item.kind {
                Kind::Mod => {
                    if let Some(child) = krate.resolve(module, &["self", item.name]) {
                        reach(krate, child.module, seen, reached);
                    }
                }
                Kind::Use => {
                    for found in paths(item.tokens).iter().filter(|found| found.import != Import::No) {
                        let Some(target) = krate.resolve(module, &found.segments) else { continue };
                        match target.name {
                            Some(name) => _ = reached.insert((target.module, name)),
                            None => reach(krate, target.module, seen, reached),
                        }
                    }
                }
                _ => _ = reached.insert((module, item.name)),
            }
        }
    }
}

fn has_example(root: &Path, module: &Module, item: &Item<'_>) -> bool {
    let attributes = &item.attributes;
    if Blocks::of(attributes.docs.iter().copied()).any_example {
        return true;
    }
    let folder = module.file.parent().unwrap_or(Path::new(""));
    let included =
        attributes.included.iter().filter_map(|file| fs::read_to_string(root.join(folder).join(file)).ok());
    included.into_iter().any(|text| Blocks::of(text.lines().map(|line| (0, line))).any_example)
}

/// Finds lines of examples that use one of the crates behind `pyaltt`.
fn wrong_crates(module: &Module) -> Vec<Finding> {
    let docs = module.items.iter().filter(|item| item.kind != Kind::Mod).map(|item| {
        let is_doc = |kind| matches!(kind, TokenKind::OuterDoc | TokenKind::InnerDoc);
        let inside = item.tokens.iter().filter(|token| is_doc(token.kind));
        item.attributes.docs.iter().copied().chain(inside.map(|token| (token.line, token.text))).collect()
    });
    docs.chain([module.docs.docs.clone()]).flat_map(|docs: Vec<_>| wrong_lines(&module.file, docs)).collect()
}

/// The same for the READMEs of the workspace and of its crates.
fn wrong_readmes(root: &Path, crates: &[Crate]) -> Vec<Finding> {
    let own = crates.iter().map(|krate| Path::new("crates").join(&krate.name).join("README.md"));
    let readmes = own.chain([PathBuf::from("README.md")]);
    let texts = readmes.filter_map(|file| Some((fs::read_to_string(root.join(&file)).ok()?, file)));
    let wrong = |(text, file): (String, PathBuf)| {
        wrong_lines(&file, text.lines().enumerate().map(|(i, line)| (i + 1, line)).collect())
    };
    texts.flat_map(wrong).collect()
}

fn wrong_lines(file: &Path, docs: Vec<(usize, &str)>) -> Vec<Finding> {
    let code = Blocks::of(docs.into_iter()).code.into_iter();
    let wrong = code.filter(|(_, code)| names_inner_crate(code));
    let finding = |(line, code): (usize, &str)| Finding {
        file: file.to_path_buf(),
        line,
        message: format!("`{}`: examples use `pyaltt::`, the crate that people depend on", code.trim()),
    };
    wrong.map(finding).collect()
}

/// Whether a line uses `pyaltt_core` or another inner crate.
fn names_inner_crate(code: &str) -> bool {
    code.match_indices("pyaltt_").any(|(at, _)| {
        let rest = code[at..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let name = &code[at..code.len() - rest.len()];
        (rest.starts_with("::") || rest.starts_with(';')) && !OWN_NAMES.contains(&name)
    })
}

/// The code blocks in the documentation of an item.
#[derive(Default)]
struct Blocks<'a> {
    any_example: bool,
    code: Vec<(usize, &'a str)>,
}

impl<'a> Blocks<'a> {
    fn of(lines: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut blocks = Self::default();
        // The info string of the block that is open.
        let mut open: Option<&str> = None;
        // A block comment is one token of many lines.
        let lines = lines
            .flat_map(|(number, text)| text.lines().enumerate().map(move |(i, line)| (number + i, line)));
        for (number, line) in lines {
            match (line.trim().strip_prefix("```"), open) {
                (Some(_), Some(_)) => open = None,
                (Some(info), None) => {
                    open = Some(info);
                    blocks.any_example |=
                        is_rust(info) && !info.contains("ignore") && !info.contains("compile_fail");
                }
                (None, Some(info)) if is_rust(info) => blocks.code.push((number, line)),
                _ => {}
            }
        }
        blocks
    }
}

fn is_rust(info: &str) -> bool {
    let words = ["rust", "no_run", "should_panic", "compile_fail", "ignore", "edition", "standalone"];
    let mut parts = info.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
    parts.all(|part| words.iter().any(|word| part.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sources: &[(&str, &'static str)]) -> (Vec<String>, String) {
        let outcome = check(Path::new(""), &[Crate::of("x", sources)]);
        (outcome.findings.iter().map(ToString::to_string).collect(), outcome.summary)
    }

    #[test]
    fn every_reachable_item_needs_an_example() {
        let (found, summary) = texts(&[
            (
                "",
                "mod a; pub mod b; mod secret; pub use a::{A, f as g}; pub use other::Thing;
                #[doc(hidden)] pub mod hidden { pub fn no() {} }",
            ),
            (
                "a",
                "/// ```\n/// use pyaltt::A;\n/// ```\npub struct A; pub fn f() {} pub fn unreachable() {}
                impl A { /// No example.\n pub fn method(&self) {} pub(crate) fn own() {} fn private() {} }
                impl Clone for A { fn clone(&self) -> A { A } } #[doc(hidden)] pub struct H;",
            ),
            ("b", "pub trait T { fn t(); } pub use super::a::A; #[macro_export] macro_rules! m { () => {} }"),
            (
                "secret",
                "use super::a::A; impl A { pub const MAX: u8 = 1; } pub struct S; impl S { pub fn s() {} }",
            ),
        ]);
        let names: Vec<_> = found.iter().filter_map(|text| text.split('`').nth(1)).collect();
        assert_eq!(names, ["f", "A::method", "T", "m", "A::MAX"]);
        assert!(found[1].starts_with("a.rs:6: `A::method` of x has no example"), "{}", found[1]);
        assert_eq!(summary, "examples: 1 of 6 public items with an example (16 %)");
    }

    #[test]
    fn only_rust_that_runs_is_an_example() {
        for (info, want) in
            [("", true), ("no_run", true), ("text", false), ("ignore", false), ("toml", false)]
        {
            let fence = format!("```{info}");
            let lines = [fence.as_str(), "x", "```"];
            assert_eq!(Blocks::of(lines.into_iter().map(|line| (1, line))).any_example, want, "{info}");
        }
    }

    #[test]
    fn an_example_may_depend_on_a_feature() {
        let source = "
            #[cfg_attr(feature = \"test-util\", doc = \"```\")]
            #[cfg_attr(not(feature = \"test-util\"), doc = \"```ignore\")]
            /// use pyaltt_core::A;
            /// ```
            /// No use of pyaltt_core::A here.
            pub struct A;";
        let (found, summary) = texts(&[("", source)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("lib.rs:4: `use pyaltt_core::A;`"), "{}", found[0]);
        assert_eq!(summary, "examples: 1 of 1 public items with an example (100 %)");
    }

    #[test]
    fn examples_use_the_crate_that_people_depend_on() {
        let (found, _) = texts(&[(
            "",
            "//! ```\n//! use pyaltt_core::Worker;\n//! ```\n\nfn f() {}\n/// pyaltt_core::X in prose\nstruct A {
            /// ```\n    /// use pyaltt::X; let pyaltt_x = 1;\n    /// ```\n    b: u8 }",
        )]);
        assert_eq!(
            found,
            [
                "lib.rs:2: `use pyaltt_core::Worker;`: examples use `pyaltt::`, the crate that people depend on"
            ]
        );
    }
}
