//! Inside a crate, a name is imported from the module that defines it.

use super::krate::Crate;
use super::paths::Found;
use super::{Finding, Outcome};

/// Checks that no path leads to a name of the crate root: neither `crate::Name` nor `super::Name` of a module at the
/// top. Exempt are macros, which have no other path, and what a prelude passes on of the names that the root itself
/// passes on from another crate.
pub(super) fn check(crates: &[Crate]) -> Outcome {
    let mut findings = Vec::new();
    for krate in crates {
        for (number, module) in krate.modules.iter().enumerate() {
            for found in &module.paths {
                if let Some(message) = objection(krate, number, found) {
                    findings.push(Finding { file: module.file.clone(), line: found.line, message });
                }
            }
        }
    }
    let summary = format!("imports: {} internal imports through the crate root", findings.len());
    Outcome { summary, findings }
}

fn objection(krate: &Crate, from: usize, found: &Found<'static>) -> Option<String> {
    let plain = krate.resolve_plainly(from, &found.segments)?;
    let through_root = krate.modules[plain.module].path.is_empty()
        && matches!(found.segments[0], "crate" | "super")
        // `crate` alone is a place, as in `crate::*` of a prelude.
        && !krate.modules[from].path.is_empty();
    let name = plain.name.filter(|_| through_root)?;
    let written = found.segments.join("::");
    // Nothing is known of what another crate defines.
    let target = krate.definition(plain.module, name, 0);
    let target = target.filter(|target| !krate.modules[target.module].path.is_empty());
    match target.and_then(|target| Some((target.module, target.name?))) {
        Some((module, name)) => {
            let module = krate.modules[module].path.join("::");
            Some(format!("`{written}` goes through the crate root: say `crate::{module}::{name}`"))
        }
        None if krate.is_macro(plain.module, name) || found.import.is_exported() => None,
        None => Some(format!(
            "`{written}` goes through the crate root: import it from the module or crate that defines it"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_root_is_found_wherever_it_stands() {
        let krate = Crate::of(
            "x",
            &[
                ("", "mod a; mod b; pub mod p; pub use a::A; pub use other::C; macro_rules! m { () => {} }"),
                ("p", "pub use crate::C;"),
                ("a", "pub struct A;"),
                (
                    "b",
                    "use crate::A;\nuse super::C;\nuse crate::a::A as D;\nfn f(a: crate::A) { crate::m!() }",
                ),
            ],
        );
        let texts: Vec<_> = check(&[krate]).findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "b.rs:1: `crate::A` goes through the crate root: say `crate::a::A`",
                "b.rs:2: `super::C` goes through the crate root: import it from the module or crate that defines it",
                "b.rs:4: `crate::A` goes through the crate root: say `crate::a::A`",
            ]
        );
    }
}
