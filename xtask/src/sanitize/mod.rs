//! `cargo xtask sanitize`: the examples and a short soak, under `ThreadSanitizer` and under valgrind.
//!
//! - [`tool`]: how a tool builds and runs a program, and what it calls a finding.
//! - [`program`]: the programs that run.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod program;
mod tool;

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use program::Program;
use tool::Tool;

/// Runs the examples and a short soak under `ThreadSanitizer` and valgrind, and fails on any finding
///
/// `ThreadSanitizer` finds data races. It needs no other compiler: the stable one accepts its flag here, and builds
/// into a directory of its own. It sees neither fences nor the inside of the standard library, so accesses that only
/// these order would be false alarms: `xtask/src/sanitize/thread_sanitizer.supp` lists what is suppressed, and why.
///
/// valgrind finds invalid reads, and leaks: nothing may be definitely lost. What statics hold at the end is
/// reachable, and no leak.
///
/// The output of each run is a file in target/sanitize.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Runs only this tool
    #[arg(long, value_enum)]
    tool: Option<Tool>,
    /// Runs only the programs whose names contain this
    #[arg(long)]
    only: Option<String>,
    /// How many seconds the soak runs
    #[arg(long, default_value_t = 20)]
    soak_seconds: u32,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("both tools run only on Linux on x86_64");
    }
    let tools: Vec<Tool> = options.tool.map_or_else(|| vec![Tool::Tsan, Tool::Valgrind], |tool| vec![tool]);
    let programs = program::all(options.soak_seconds)?;
    let is_wanted =
        |program: &&Program| options.only.as_deref().is_none_or(|part| program.name.contains(part));
    let programs: Vec<&Program> = programs.iter().filter(is_wanted).collect();
    if programs.is_empty() {
        bail!("no program has such a name");
    }
    // Nobody should wait for a build to learn what is missing.
    for tool in &tools {
        tool.check()?;
    }
    let logs = Path::new("target/sanitize");
    std::fs::create_dir_all(logs)?;

    let mut rows = Vec::new();
    for tool in &tools {
        println!("building for {tool}");
        let directory = tool.build()?;
        for program in &programs {
            let began = Instant::now();
            let log = logs.join(format!("{tool}-{}.log", program.name));
            let finding = tool.run(program, &directory, &log)?;
            println!("{tool} {}: {finding} in {:.1} s", program.name, began.elapsed().as_secs_f64());
            rows.push((program.name.clone(), *tool, finding));
        }
    }
    println!("\n{:24} {:10} findings", "program", "tool");
    for (program, tool, finding) in &rows {
        println!("{program:24} {:10} {finding}", tool.to_string());
    }
    let bad = rows.iter().filter(|(_, _, finding)| !finding.is_clean()).count();
    if bad > 0 {
        bail!("{bad} of {} runs have findings; see {}", rows.len(), logs.display());
    }
    Ok(())
}
