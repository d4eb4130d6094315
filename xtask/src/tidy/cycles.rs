//! No modules depend on each other in a circle.

use std::collections::BTreeMap;
use std::path::Path;

use super::krate::{Crate, Module};
use super::parser::Kind;
use super::paths::{Found, Import};
use super::{Finding, Outcome};

/// Looks for circles between the files of each crate.
///
/// A file depends on the file that defines what it names, also where another re-exports it. That a module declares
/// its children and re-exports their names is no dependency, unless it uses those names itself.
pub(super) fn check(crates: &[Crate]) -> Outcome {
    let mut findings = Vec::new();
    let mut cycles = 0;
    let (mut files, mut types) = (0, Vec::new());
    for krate in crates {
        let graph = Graph::of(krate);
        files += graph.files.len();
        types.push(format!("{} {}", krate.name, types_of(krate)));
        for circle in graph.circles() {
            cycles += 1;
            findings.extend(graph.findings(&circle));
        }
    }
    let what = if cycles == 0 {
        "no cycle between rooms".to_owned()
    } else {
        format!("{cycles} cycles between rooms")
    };
    let summary = format!(
        "cycles: {what} ({files} modules in {} crates; types to hold: {})",
        crates.len(),
        types.join(", ")
    );
    Outcome { summary, findings }
}

/// How many types a reader of a crate has to hold: all but those of tests, and no other names of them.
fn types_of(krate: &Crate) -> usize {
    let items = krate.modules.iter().filter(|module| !module.of_tests).flat_map(|module| &module.items);
    items.filter(|item| matches!(item.kind, Kind::Type | Kind::Trait)).count()
}

struct Graph<'c> {
    files: Vec<&'c Path>,
    /// From file to file, with one place that shows it: its line and what stands there.
    edges: BTreeMap<(usize, usize), (usize, String)>,
}

impl<'c> Graph<'c> {
    fn of(krate: &'c Crate) -> Self {
        let mut files: Vec<&Path> = krate.modules.iter().map(|module| &*module.file).collect();
        files.sort_unstable();
        files.dedup();
        let number = |module: &Module| files.iter().position(|file| *file == module.file);
        let mut edges = BTreeMap::new();
        for (from, module) in krate.modules.iter().enumerate() {
            for found in &module.paths {
                let Some(target) = krate.resolve(from, &found.segments) else { continue };
                for target in krate.variants(target.module) {
                    let other = &krate.modules[target];
                    if other.file == module.file || is_table_of_contents(module, other, found) {
                        continue;
                    }
                    if let (Some(from), Some(to)) = (number(module), number(other)) {
                        edges.entry((from, to)).or_insert_with(|| (found.line, found.segments.join("::")));
                    }
                }
            }
        }
        Self { files, edges }
    }

    /// The largest sets of files in which each leads to each.
    fn circles(&self) -> Vec<Vec<usize>> {
        let reached: Vec<Vec<bool>> = (0..self.files.len()).map(|from| self.reached(from)).collect();
        let mut circles: Vec<Vec<usize>> = Vec::new();
        for (file, leads_to) in reached.iter().enumerate() {
            if leads_to[file] && !circles.iter().any(|circle| circle.contains(&file)) {
                let inside = (0..reached.len()).filter(|&other| leads_to[other] && reached[other][file]);
                circles.push(inside.collect());
            }
        }
        circles
    }

    /// Which files one leads to; to itself only in a circle.
    fn reached(&self, from: usize) -> Vec<bool> {
        let mut reached = vec![false; self.files.len()];
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for &(_, to) in self.edges.keys().filter(|(from, _)| *from == file) {
                if !std::mem::replace(&mut reached[to], true) {
                    open.push(to);
                }
            }
        }
        reached
    }

    /// One finding for each dependency inside a circle: one of them has to go.
    fn findings(&self, circle: &[usize]) -> Vec<Finding> {
        let inside = |file: &usize| circle.contains(file);
        let edges = self.edges.iter().filter(|((from, to), _)| inside(from) && inside(to));
        let finding = |(&(from, to), (line, path)): (&(usize, usize), &(usize, String))| Finding {
            file: self.files[from].to_path_buf(),
            line: *line,
            message: format!(
                "`{path}` is part of a cycle of {} modules, which leads back from {}: move what both need below them",
                circle.len(),
                self.files[to].display(),
            ),
        };
        edges.map(finding).collect()
    }
}

/// Whether a module only passes a name of its child on.
fn is_table_of_contents(module: &Module, child: &Module, found: &Found<'_>) -> bool {
    let is_below = child.path.len() > module.path.len() && child.path.starts_with(&module.path);
    let uses_it = match found.import {
        Import::Name { name, .. } => module.words.contains(&name),
        _ => false,
    };
    found.import.is_exported() && is_below && !uses_it
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(sources: &[(&str, &'static str)]) -> Vec<String> {
        check(&[Crate::of("x", sources)])
            .findings
            .iter()
            .map(|finding| {
                let message = finding.message.split(" is part").next().unwrap_or_default();
                format!("{}:{} {message}", finding.file.display(), finding.line)
            })
            .collect()
    }

    #[test]
    fn a_circle_is_found_also_through_a_reexport() {
        let found = circles(&[
            ("", "mod a; mod b; mod c; pub use a::A;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B;\nfn f(a: crate::A) {}"),
            ("c", "use crate::a::A; use crate::b::B;"),
        ]);
        assert_eq!(found, ["a.rs:1 `crate::b::B`", "b.rs:2 `crate::A`"]);
    }

    #[test]
    fn a_parent_that_reexports_is_in_no_circle_with_its_children() {
        let found = circles(&[
            ("", "mod a; pub use a::{B, C};"),
            ("a", "mod b; mod c; pub use b::B; pub use c::C; pub struct A;"),
            ("a::b", "use super::A; use super::C; pub struct B;"),
            ("a::c", "pub struct C;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_parent_that_uses_what_its_child_makes_of_it_is_in_a_circle() {
        for parent in [
            "mod b; use b::B; pub struct A;",
            "mod b; pub struct A; fn f() { b::g() }",
            "mod b; pub use b::B; pub struct A(B);",
        ] {
            let found = circles(&[
                ("", "mod a;"),
                ("a", parent),
                ("a::b", "use super::A; pub struct B; pub fn g() {}"),
            ]);
            assert_eq!(found.len(), 2, "{parent}: {found:?}");
        }
    }
}
