//! The packages of all published crates, built from what would be published.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cargo::{self, cargo};

/// The published crates, each after those that it depends on.
const CRATES: [&str; 11] = [
    "pyaltt-timing",
    "pyaltt-sched",
    "pyaltt-core",
    "pyaltt-collection",
    "pyaltt-group",
    "pyaltt-durable",
    "pyaltt-sqlite",
    "pyaltt-postgres",
    "pyaltt-macros",
    "pyaltt",
    "pyaltt-queue",
];

/// A directory of its own, so that all that is kept of earlier packages can go.
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/packages");

pub(crate) fn run() -> anyhow::Result<()> {
    forget_earlier_packages()?;
    let mut command = cargo(&["package", "--quiet", "--allow-dirty", "--target-dir", TARGET]);
    for name in CRATES {
        command.args(["--package", name]);
    }
    // Packages have no profiles of the workspace, and nobody debugs these builds.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo::run(&mut command)
}

/// Removes what cargo keeps of earlier packages. It takes a version of a crate for unchangeable, so it would build the
/// packages that have the same version from their earlier sources.
fn forget_earlier_packages() -> anyhow::Result<()> {
    remove(Path::new(TARGET))?;
    let Some(home) = cargo_home() else { return Ok(()) };
    for kept in ["cache", "src"] {
        // The registry in which cargo puts the packages has a path and no host, so its folder's name begins with a dash.
        for registry in entries(&home.join("registry").join(kept)).filter(|path| has_prefix(path, "-")) {
            for package in entries(&registry).filter(|path| has_prefix(path, "pyaltt")) {
                remove(&package)?;
            }
        }
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

fn has_prefix(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
        .with_context(|| format!("removing {}", path.display()))
}
