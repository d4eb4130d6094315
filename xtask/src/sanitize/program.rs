//! The programs that run under the tools: small, and each ends by itself.

use std::path::{Path, PathBuf};

use crate::examples;

/// A program, built for a tool.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    is_example: bool,
}

impl Program {
    /// Its path in the directory of the build.
    pub(crate) fn path(&self, directory: &Path) -> PathBuf {
        if self.is_example { directory.join("examples").join(&self.name) } else { directory.join(&self.name) }
    }
}

/// All examples, and the soak.
pub(crate) fn all(soak_seconds: u32) -> anyhow::Result<Vec<Program>> {
    let names = examples::names()?.into_iter();
    let mut programs: Vec<Program> = names
        .map(|name| {
            let args = examples::args(&name).iter().map(ToString::to_string).collect();
            Program { name, args, is_example: true }
        })
        .collect();
    // Smaller rounds than usual, because the tools take a hundred times as long.
    let args = format!("--seconds {soak_seconds} --workers 52 --threads 3 --steps 60");
    let args = args.split(' ').map(str::to_owned).collect();
    programs.push(Program { name: "soak".to_owned(), args, is_example: false });
    Ok(programs)
}
