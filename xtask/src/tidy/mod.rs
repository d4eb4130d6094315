//! `cargo xtask tidy`: the rules of the tree that no compiler checks.
//!
//! The checks read the sources as tokens ([`lexer`]), as items ([`parser`]) and as modules with the paths that
//! they name ([`krate`]). They do not expand macros and know no types, so each says in its own documentation
//! what it approximates.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod cycles;
mod examples;
mod files;
mod imports;
mod krate;
mod lexer;
mod parser;
mod paths;
mod rooms;
mod text;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use krate::Crate;

/// Checks what no compiler checks: which module may know which, examples on every public item, what must not be in
/// the tree
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Runs this check alone
    #[arg(value_enum)]
    check: Option<Check>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Check {
    /// Each room of `pyaltt-core` imports only from the rooms below it
    Rooms,
    /// No modules of a published crate depend on each other in a circle
    Cycles,
    /// Names are imported from the module that defines them, not through the crate root
    Imports,
    /// Every public item has an example, which says `use pyaltt::..`
    Examples,
    /// No address of a package registry and no path of one machine is in a tracked file
    Text,
    /// No source file is too long
    Files,
}

const ALL: [Check; 6] =
    [Check::Rooms, Check::Cycles, Check::Imports, Check::Examples, Check::Text, Check::Files];

/// What a check found: where it is, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: PathBuf,
    line: usize,
    message: String,
}

/// What a check has to say: one line for whoever reads the log, and everything that has to change.
struct Outcome {
    summary: String,
    findings: Vec<Finding>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().context("finding the workspace")?;
    let crates = published(&root)?;
    let tracked = tracked(&root)?;
    let mut found = 0;
    for check in ALL.into_iter().filter(|check| options.check.is_none_or(|wanted| wanted == *check)) {
        let outcome = match check {
            Check::Rooms => rooms::check(&crates),
            Check::Cycles => cycles::check(&crates),
            Check::Imports => imports::check(&crates),
            Check::Examples => examples::check(&root, &crates),
            Check::Text => text::check(&root, &tracked)?,
            Check::Files => files::check(&root, &tracked)?,
        };
        for finding in &outcome.findings {
            println!("{finding}");
        }
        println!("{}", outcome.summary);
        found += outcome.findings.len();
    }
    ensure!(found == 0, "tidy found {found} places that have to change");
    Ok(())
}

/// The crates that are published, by name.
fn published(root: &Path) -> anyhow::Result<Vec<Crate>> {
    let folder = root.join("crates");
    let mut crates = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let folder = entry?.path();
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let manifest = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        if !manifest.lines().any(|line| line.trim() == "publish = false") {
            crates.push(Crate::read(root, &folder)?);
        }
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// The files that are in the repository, relative to its root.
fn tracked(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output();
    let output = output.context("starting `git ls-files`")?;
    if !output.status.success() {
        bail!("`git ls-files` ended with {}", output.status);
    }
    let names = String::from_utf8(output.stdout).context("names of tracked files")?;
    // A file that was deleted and not yet committed is still listed.
    Ok(names.split_terminator('\0').map(PathBuf::from).filter(|file| root.join(file).is_file()).collect())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}
