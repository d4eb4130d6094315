//! A crate: its modules, what each defines, and which modules each depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::lexer::{Token, tokens};
use super::parser::{self, Item, Kind, items};
use super::paths::{Found, Import, paths};

/// A published crate.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) modules: Vec<Module>,
}

/// A module. The sources are leaked, because everything points into them and the program ends soon.
pub(super) struct Module {
    /// `["queue", "memory"]` of `crate::queue::memory`; empty for the crate root.
    pub(super) path: Vec<&'static str>,
    /// The file, relative to the workspace.
    pub(super) file: PathBuf,
    pub(super) items: Vec<Item<'static>>,
    pub(super) paths: Vec<Found<'static>>,
    /// All words of its code, except imports.
    pub(super) words: Vec<&'static str>,
    /// Whether it is compiled for tests only. Modules that need no more than `cfg(test)` are not read at all.
    pub(super) of_tests: bool,
    /// Its inner documentation.
    pub(super) docs: parser::Attributes<'static>,
}

/// The thing that a path leads to: the number of a module, and a name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) module: usize,
    /// `None` for the module itself, or all of its names.
    pub(super) name: Option<&'static str>,
}

/// A longer chain of re-exports is a cycle.
const MAX_REEXPORTS: usize = 8;

impl Crate {
    pub(super) fn read(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
        let mut reader = Reader { root, modules: Vec::new() };
        let src = folder.join("src");
        let lib = Outside { path: Vec::new(), files: Vec::new(), of_tests: false };
        // A crate that is only a program has no library.
        let crate_root =
            ["lib.rs", "main.rs"].map(|file| src.join(file)).into_iter().find(|file| file.exists());
        reader.file(&crate_root.context("a crate has a library or a program")?, &src, &lib)?;
        Ok(Self { name, modules: reader.modules })
    }

    /// A crate with one source per module; `a::b` is in `a/b.rs`.
    #[cfg(test)]
    pub(super) fn of(name: &str, sources: &[(&str, &'static str)]) -> Self {
        let mut reader = Reader { root: Path::new(""), modules: Vec::new() };
        for (path, source) in sources {
            let path: Vec<_> = path.split("::").filter(|part| !part.is_empty()).collect();
            let path: Vec<&'static str> = path.iter().map(|part| &*part.to_string().leak()).collect();
            let file = if path.is_empty() { "lib.rs".into() } else { path.join("/") + ".rs" };
            reader.source(source, Path::new(&file), &Outside { path, files: Vec::new(), of_tests: false });
        }
        Self { name: name.to_owned(), modules: reader.modules }
    }

    /// Follows a path in a module to the definition that it names. `None` if it leads out of the crate.
    pub(super) fn resolve(&self, from: usize, segments: &[&'static str]) -> Option<Target> {
        self.resolve_at_depth(from, segments, 0)
    }

    /// Follows a path to the module that it names, without following re-exports.
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

    /// Finds the definition of a name that is in scope in a module.
    pub(super) fn definition(&self, module: usize, name: &'static str, depth: usize) -> Option<Target> {
        let here = Target { module, name: Some(name) };
        if depth > MAX_REEXPORTS || self.defines(module, name) {
            return Some(here);
        }
        let variants = self.variants(module);
        for (module, found) in
            variants.flat_map(|module| self.modules[module].paths.iter().map(move |p| (module, p)))
        {
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

    /// All modules with the path of this one: more than one if a `cfg` chooses between files.
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
    /// The files that its attributes name.
    files: Vec<&'static str>,
    of_tests: bool,
}

impl Reader<'_> {
    /// Reads the file of a module, and the files of its children, which are in `folder`.
    fn file(&mut self, file: &Path, folder: &Path, module: &Outside) -> anyhow::Result<()> {
        let source = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let relative = file.strip_prefix(self.root).unwrap_or(file);
        for child in self.source(source.leak(), relative, module) {
            let place = folder.join(child.path[module.path.len()..].join("/"));
            let beside = file.parent().context("a file is in a folder")?;
            // A file that an attribute names has its children beside it, as a `mod.rs` has.
            let named = child.files.iter().map(|name| beside.join(name));
            let named = named.map(|file| (file.clone(), file.with_file_name("")));
            let default =
                [(place.with_extension("rs"), place.clone()), (place.join("mod.rs"), place.clone())];
            let files: Vec<_> = named.chain(default).filter(|(file, _)| file.is_file()).collect();
            ensure!(!files.is_empty(), "no file of module {}", place.display());
            for (file, folder) in files {
                self.file(&file, &folder, &child)?;
            }
        }
        Ok(())
    }

    /// Reads a source, and returns the modules that have files of their own.
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
                // Modules of unit tests are always named `tests` here. The models, for example, are checked.
                Kind::Mod if item.attributes.test && item.name == "tests" => {}
                Kind::Mod => outside.push(Outside {
                    path: within(),
                    files: item.attributes.files.clone(),
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

    #[test]
    fn every_file_that_a_cfg_may_choose_is_read() {
        let root = std::env::temp_dir().join(format!("xtask-tidy-{}", std::process::id()));
        for (file, source) in [
            ("lib.rs", "mod a; mod b { mod c; }"),
            (
                "a/mod.rs",
                "#[cfg_attr(x, path = \"real/mod.rs\")] #[cfg_attr(not(x), path = \"stub.rs\")] mod os;",
            ),
            ("a/real/mod.rs", "mod d; pub struct Real;"),
            ("a/real/d.rs", ""),
            ("a/stub.rs", "pub use super::super::b::c::Stub;"),
            ("b/c.rs", "pub struct Stub;"),
        ] {
            let file = root.join("x/src").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, source).unwrap();
        }
        let krate = Crate::read(&root, &root.join("x")).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let mut files: Vec<_> =
            krate.modules.iter().map(|module| module.file.display().to_string()).collect();
        files.sort();
        files.dedup();
        let want = ["a/mod.rs", "a/real/d.rs", "a/real/mod.rs", "a/stub.rs", "b/c.rs", "lib.rs"];
        assert_eq!(files, want.map(|file| format!("x/src/{file}")));
        assert_eq!(target(&krate, 0, "crate::a::os::Real"), "a::os Real");
        assert_eq!(target(&krate, 0, "crate::a::os::Stub"), "b::c Stub");
    }
}
