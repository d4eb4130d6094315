//! The measured program, `benches/peers`: built here, and asked who takes part in what.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use pyaltt_benches::cell::Cell;
use pyaltt_benches::protocol::{Listing, Measured};

use crate::run::recorded;

/// The lock file that pins the peers.
pub(crate) const LOCK: &str = include_str!("../../../peers/Cargo.lock");

/// The peers whose versions a report tells.
pub(crate) const PINNED: &[&str] = &[
    "crossbeam-channel",
    "crossbeam-utils",
    "flume",
    "kanal",
    "rtsc",
    "tokio",
    "actix",
    "kameo",
    "ractor",
    "roboplc",
    "tonari-actor",
    "xtra",
];

/// The program that was built.
pub(crate) struct Peers {
    program: PathBuf,
}

impl Peers {
    /// Builds it with optimisation. Its dependencies take some minutes the first time.
    pub(crate) fn build() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = root.join("target/peers");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
            .arg(root.join("benches/peers/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("starting cargo")?;
        if !status.success() {
            bail!("building benches/peers ended with {status}");
        }
        Ok(Self { program: target.join("release/pyaltt-peers") })
    }

    /// Who takes part in what.
    pub(crate) fn listing(&self) -> anyhow::Result<Listing> {
        recorded(Command::new(&self.program).arg("list"))
    }

    /// One run of one contender in one cell.
    pub(crate) fn run(&self, contender: &str, cell: Cell, count: usize) -> anyhow::Result<Measured> {
        let mut command = Command::new(&self.program);
        recorded(command.args(args(contender, cell, count)))
    }

    /// The same run as arguments behind those of another program, such as valgrind.
    pub(crate) fn under(&self, command: &mut Command, contender: &str, cell: Cell, count: usize) {
        command.arg(&self.program).args(args(contender, cell, count));
    }
}

fn args(contender: &str, cell: Cell, count: usize) -> [String; 4] {
    [
        "run".to_owned(),
        format!("--contender={contender}"),
        format!("--cell={cell}"),
        format!("--count={count}"),
    ]
}
