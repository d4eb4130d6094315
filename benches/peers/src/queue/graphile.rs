//! graphile-worker, a queue of Node in PostgreSQL. Its package is fetched by npm into a folder beside this program.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use pyaltt_benches::absence::Absence;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::measured::Measured;
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::letter::BYTES;
use pyaltt_benches::workload::durable::place::Temporary;
use pyaltt_benches::workload::durable::{put, run};

use super::raw::text;

/// The version that is measured: the newest one that older releases of Node run as well.
pub const VERSION: &str = "0.17.3";

/// How many jobs it takes from the server at once in the case of batches.
const LOCAL_QUEUE: usize = 500;

pub(super) fn contender() -> Contender {
    let how = format!(
        "graphile-worker {VERSION} in Node, in a process of its own: addJob for one task after the other; run with as many jobs \
         at once as there are workers, without a log; in batches 8 at once, with a local queue of {LOCAL_QUEUE} and the \
         completion of jobs in batches, as its documentation does where it measures. CPU is that of the process"
    );
    let engine = Engine::Postgres;
    let does = |all: Contender, (name, at_once, local_queue)| {
        all.does(engine.id(name), move |count| node("run", count, at_once, local_queue))
    };
    let runs = [(run::ONE, 1, 0), (run::SOME, 8, 0), (run::BATCH, 8, LOCAL_QUEUE)];
    let contender = Contender::new(Kind::Jobs, "graphile", "graphile-worker", how)
        .does(put::id(engine, 1), |count| node("put", count, 0, 0))
        .needs(missing);
    runs.into_iter().fold(contender, does)
}

/// Lets it do some work in a database of its own.
fn node(work: &str, count: usize, at_once: usize, local_queue: usize) -> Result<Measured, String> {
    let temporary = Temporary::of(Engine::Postgres)?;
    let script = folder()?.join("graphile.mjs");
    fs::write(&script, include_str!("graphile.mjs")).map_err(text)?;
    let mut node = Command::new("node");
    node.arg(script).args([temporary.place().address()?, work]);
    node.args([count, BYTES, at_once, local_queue].map(|number| number.to_string()));
    let output = node.output().map_err(|error| format!("node does not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("reading what node wrote: {error}"))
}

/// What is missing of what it needs.
fn missing(may_fetch: bool) -> Option<Absence> {
    static MISSING: OnceLock<Option<Absence>> = OnceLock::new();
    MISSING.get_or_init(|| fetch(may_fetch).err()).clone()
}

fn fetch(may_fetch: bool) -> Result<(), Absence> {
    let remedy = "install Node with npm, and run it once without --smoke where there is a network";
    let absent = |reason: String| Absence::new(reason, remedy);
    let runs =
        |program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !runs("node") {
        return Err(absent("Node is not installed".into()));
    }
    let folder = folder().map_err(absent)?;
    // Written when npm has done all of its work.
    let is_complete = folder.join("complete");
    if is_complete.exists() {
        return Ok(());
    }
    if !may_fetch {
        return Err(absent(format!("graphile-worker is not in {}", folder.display())));
    }
    fs::create_dir_all(&folder).map_err(|error| absent(error.to_string()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"]);
    npm.arg(&folder).arg(format!("graphile-worker@{VERSION}"));
    let output = npm.output().map_err(|error| absent(format!("npm does not start: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default();
        return Err(absent(format!("npm cannot install graphile-worker: {said}")));
    }
    fs::write(is_complete, []).map_err(|error| absent(error.to_string()))
}

/// The folder of its package.
fn folder() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(text)?;
    let beside = program.parent().ok_or("this program is in no folder")?;
    Ok(beside.join(format!("graphile-worker-{VERSION}")))
}
