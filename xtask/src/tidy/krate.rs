//! A crate: its modules, what each defines, and which modules each depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::lexer::{Token, tokens};
use super::parser::{self, Item, Kind, items};
use super::paths::{Found, Import, paths};

/// A published crate.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) modules: Vec<Module>,
}

/// A module, with the sources leaked: the program ends soon, and everything points into them.
pub(super) struct Module {
    /// `["queue", "memory"]` of `crate::queue::memory`; empty for the crate root.
    pub(super) path: Vec<&'static str>,
    /// The file, relative to the workspace.
    pub(super) file: PathBuf,
    pub(super) items: Vec<Item<'static>>,
    pub(super) paths: Vec<Found<'static>>,
    /// The words that stand in its own code, imports aside.
    pub(super) words: Vec<&'static str>,
    /// Compiled into tests only, and with more than `cfg(test)` alone.
    pub(super) of_tests: bool,
    /// What the module says of itself.
    pub(super) docs: parser::Attributes<'static>,
}

/// What a path leads to: a module, by its number, and the name in it that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) module: usize,
    /// `None` for the module itself, and for all that is in it.
    pub(super) name: Option<&'static str>,
}

/// A chain of re-exports that is longer is a circle.
const MAX_REEXPORTS: usize = 8;

impl Crate {
    pub(super) fn read(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
        let mut reader = Reader { root, modules: Vec::new() };
        let src = folder.join("src");
        let lib = Outside { path: Vec::new(), written: None, of_tests: false };
        reader.file(&src, &src.join("lib.rs"), &lib)?;
        Ok(Self { name, modules: reader.modules })
    }

    /// A crate of one source a module; `a::b` stands in `a/b.rs`.
    #[cfg(test)]
    pub(super) fn of(name: &str, sources: &[(&str, &'static str)]) -> Self {
        let mut reader = Reader { root: Path::new(""), modules: Vec::new() };
        for (path, source) in sources {
            let path: Vec<_> = path.split("::").filter(|part| !part.is_empty()).collect();
            let path: Vec<&'static str> = path.iter().map(|part| &*part.to_string().leak()).collect();
            let file = if path.is_empty() { "lib.rs".into() } else { path.join("/") + ".rs" };
            reader.source(source, Path::new(&file), &Outside { path, written: None, of_tests: false });
        }
        Self { name: name.to_owned(), modules: reader.modules }
    }

    /// Follows a path from a module to where what it names is defined. `None` if it leads out of the crate.
    pub(super) fn resolve(&self, from: usize, segments: &[&'static str]) -> Option<Target> {
        self.resolve_at_depth(from, segments, 0)
    }

    /// The first step of a path: the module that it names, whether or not what is looked for is defined there.
    pub(super) fn resolve_plainly(&self, from: usize, segments: &[&'static str]) -> Option<Target> {
        let mut path = self.modules[from].path.clone();
        let mut rest = segments;
        match *segments.first()? {
            "crate" => {
                path.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while let Some(("super", others)) = rest.split_first().map(|(first, others)| (*first, others))
                {
                    path.pop()?;
                    rest = others;
                }
            }
            child => {
                path.push(child);
                self.find(&path)?;
                rest = &rest[1..];
            }
        }
        while let Some((first, others)) = rest.split_first() {
            path.push(first);
            if self.find(&path).is_none() {
                path.pop();
                break;
            }
            rest = others;
        }
        Some(Target { module: self.find(&path)?, name: rest.first().copied() })
    }

    fn resolve_at_depth(&self, from: usize, segments: &[&'static str], depth: usize) -> Option<Target> {
        let target = self.resolve_plainly(from, segments)?;
        match target.name {
            Some(name) => self.definition(target.module, name, depth),
            None => Some(target),
        }
    }

    /// Where a name is defined that is in scope in a module.
    pub(super) fn definition(&self, module: usize, name: &'static str, depth: usize) -> Option<Target> {
        let here = Target { module, name: Some(name) };
        if depth > MAX_REEXPORTS || self.defines(module, name) {
            return Some(here);
        }
        for found in &self.modules[module].paths {
            match found.import {
                Import::Name { name: bound, .. } if bound == name => {
                    return self.resolve_at_depth(module, &found.segments, depth + 1);
                }
                Import::Glob { .. } => {
                    let source = self.resolve_plainly(module, &found.segments);
                    let source = source.filter(|source| source.name.is_none() && source.module != module);
                    if let Some(source) = source.filter(|source| self.has(source.module, name)) {
                        return self.definition(source.module, name, depth + 1);
                    }
                }
                _ => {}
            }
        }
        Some(here)
    }

    /// All modules of this path: more than one where a `cfg` chooses between files.
    pub(super) fn variants(&self, module: usize) -> impl Iterator<Item = usize> {
        let path = &self.modules[module].path;
        (0..self.modules.len()).filter(move |&other| self.modules[other].path == *path)
    }

    pub(super) fn is_macro(&self, module: usize, name: &str) -> bool {
        self.modules[module].items.iter().any(|item| item.kind == Kind::Macro && item.name == name)
    }

    fn find(&self, path: &[&str]) -> Option<usize> {
        self.modules.iter().position(|module| module.path == path)
    }

    fn defines(&self, module: usize, name: &str) -> bool {
        self.variants(module).any(|module| {
            let items = &self.modules[module].items;
            items.iter().any(|item| item.name == name && !matches!(item.kind, Kind::Use | Kind::Impl { .. }))
        })
    }

    fn has(&self, module: usize, name: &str) -> bool {
        let imports =
            |found: &Found<'_>| matches!(found.import, Import::Name { name: bound, .. } if bound == name);
        self.defines(module, name) || self.modules[module].paths.iter().any(imports)
    }
}

struct Reader<'r> {
    root: &'r Path,
    modules: Vec<Module>,
}

/// A module in a file of its own.
struct Outside {
    path: Vec<&'static str>,
    /// The file that a `#[path]` says.
    written: Option<&'static str>,
    of_tests: bool,
}

impl Reader<'_> {
    /// Reads the file of a module, and those of its modules. A module of a `#[path]` has no files below it.
    fn file(&mut self, src: &Path, file: &Path, module: &Outside) -> anyhow::Result<()> {
        let source = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let relative = file.strip_prefix(self.root).unwrap_or(file);
        for child in self.source(source.leak(), relative, module) {
            let place = src.join(child.path.join("/"));
            let file = match child.written {
                Some(written) => file.parent().context("a file is in a folder")?.join(written),
                None => [place.with_extension("rs"), place.join("mod.rs")]
                    .into_iter()
                    .find(|file| file.is_file())
                    .with_context(|| format!("no file of module {}", place.display()))?,
            };
            self.file(src, &file, &child)?;
        }
        Ok(())
    }

    /// Takes in a source, and returns the modules that are in files of their own.
    fn source(&mut self, source: &'static str, file: &Path, module: &Outside) -> Vec<Outside> {
        let tokens: &'static [Token<'static>] = parser::without_tests(&tokens(source)).leak();
        let mut outside = Vec::new();
        let begin = self.modules.len();
        self.module(tokens, file, module.path.clone(), &mut outside);
        if module.of_tests {
            for module in &mut self.modules[begin..] {
                module.of_tests = true;
            }
            for child in &mut outside {
                child.of_tests = true;
            }
        }
        outside
    }

    fn module(
        &mut self,
        tokens: &'static [Token<'static>],
        file: &Path,
        path: Vec<&'static str>,
        outside: &mut Vec<Outside>,
    ) {
        let (mut found, mut words, mut inline) = (Vec::new(), Vec::new(), Vec::new());
        let items = items(tokens);
        for item in &items {
            let within = || path.iter().copied().chain([item.name]).collect::<Vec<_>>();
            match item.kind {
                Kind::Mod if !item.ends_at_semicolon() => inline.push((item.body, within())),
                // `tests` is the one name that modules of unit tests have here; others are looked at.
                Kind::Mod if item.attributes.test && item.name == "tests" => {}
                Kind::Mod => outside.push(Outside {
                    path: within(),
                    written: item.attributes.path,
                    of_tests: item.attributes.test,
                }),
                _ => {
                    found.extend(paths(item.tokens));
                    if item.kind != Kind::Use {
                        words.extend(item.tokens.iter().map(|token| token.text));
                    }
                }
            }
        }
        let docs = parser::inner_docs(tokens);
        let file_path = file.to_path_buf();
        self.modules.push(Module {
            path,
            file: file_path,
            items,
            paths: found,
            words,
            of_tests: false,
            docs,
        });
        for (body, path) in inline {
            self.module(body, file, path, outside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(krate: &Crate, from: usize, path: &str) -> String {
        let segments: Vec<_> = path.split("::").map(|part| &*part.to_string().leak()).collect();
        let segments: Vec<&'static str> = segments;
        match krate.resolve(from, &segments) {
            None => "out".to_owned(),
            Some(target) => {
                let path = krate.modules[target.module].path.join("::");
                format!("{path} {}", target.name.unwrap_or("*"))
            }
        }
    }

    #[test]
    fn a_path_is_followed_to_the_definition() {
        let krate = Crate::of(
            "x",
            &[
                ("", "mod a; mod b; pub use a::A; pub use b::*; pub struct Root;"),
                ("a", "mod c; pub struct A; pub use c::C; use std::fmt;"),
                ("a::c", "use super::A; pub struct C; mod inner { use super::C; }"),
                ("b", "pub use crate::a::C as D; pub enum B { X }"),
            ],
        );
        for (from, path, want) in [
            (2, "crate::A", "a A"),
            (2, "crate::Root", " Root"),
            (2, "crate::D", "a::c C"),
            (2, "crate::b::B::X", "b B"),
            (2, "super::A", "a A"),
            (2, "super::super::a", "a *"),
            (1, "c::C", "a::c C"),
            (1, "fmt::Debug", "out"),
            (3, "super::C", "a::c C"),
            (4, "std::fmt", "out"),
        ] {
            assert_eq!(target(&krate, from, path), want, "{path}");
        }
    }
}
