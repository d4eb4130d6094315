//! The tools: how each builds and runs a program, and what it calls a finding.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, bail};

use super::program::Program;
use crate::cargo;

/// A tool that watches a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tool {
    /// `ThreadSanitizer`: data races
    Tsan,
    /// valgrind's memcheck: invalid reads and writes, and leaks
    Valgrind,
}

/// What a tool found in one run.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The number of its reports: races, or memory errors.
    reports: u64,
    /// Bytes that are definitely lost; `None` where the tool does not say.
    lost: Option<u64>,
    /// How the program ended.
    status: ExitStatus,
}

const TARGET: &str = "x86_64-unknown-linux-gnu";
const SUPPRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sanitize/thread_sanitizer.supp");

impl Tool {
    /// Says what is missing on this machine, and how to get it.
    pub(crate) fn check(self) -> anyhow::Result<()> {
        match self {
            Self::Tsan => {
                let output =
                    Command::new("rustc").args(["--print", "sysroot"]).output().context("starting rustc")?;
                let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
                let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
                let names = std::fs::read_dir(&libraries).into_iter().flatten().flatten();
                let has_runtime = names
                    .map(|entry| entry.file_name())
                    .any(|name| name.to_string_lossy().contains("_rt.tsan"));
                if !has_runtime {
                    bail!(
                        "{} has no runtime of ThreadSanitizer: take a toolchain of rustup's, or --tool valgrind",
                        libraries.display()
                    );
                }
            }
            Self::Valgrind => {
                let is_there = Command::new("valgrind").arg("--version").output().is_ok();
                // Without the symbols of the C library memcheck refuses to start.
                if !is_there {
                    bail!("valgrind is missing: apt-get install valgrind libc6-dbg, or --tool tsan");
                }
            }
        }
        Ok(())
    }

    /// Builds all programs, and returns their directory.
    pub(crate) fn build(self) -> anyhow::Result<PathBuf> {
        let directory = Path::new("target").join(self.to_string());
        let mut command = cargo::cargo(&["build", "--profile", "soak"]);
        command
            .args(["--package", "pyaltt-examples", "--examples"])
            .args(["--package", "pyaltt-soak", "--bin", "soak", "--target", TARGET])
            .arg("--target-dir")
            .arg(&directory)
            .env("RUSTFLAGS", self.rust_flags());
        if self == Self::Tsan {
            // The flag of the sanitizer is not stable; the compiler is.
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo::run(&mut command).with_context(|| format!("building for {self}"))?;
        Ok(directory.join(TARGET).join("soak"))
    }

    fn rust_flags(self) -> &'static str {
        match self {
            Self::Tsan => "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
            // By default rustix reads a page that the kernel maps into every process, and valgrind hides that page.
            Self::Valgrind => "--cfg=rustix_use_libc",
        }
    }

    /// Runs a program under the tool, and writes everything that it prints to `log`.
    pub(crate) fn run(self, program: &Program, directory: &Path, log: &Path) -> anyhow::Result<Finding> {
        let path = program.path(directory);
        let mut command = match self {
            Self::Tsan => {
                let mut command = Command::new(&path);
                command.env("TSAN_OPTIONS", format!("suppressions={SUPPRESSIONS} second_deadlock_stack=1"));
                command
            }
            Self::Valgrind => {
                let mut command = Command::new("valgrind");
                command.args(["--leak-check=full", "--fair-sched=yes", "--num-callers=30"]);
                // Only what is definitely lost is an error, because a thread that still runs at the end owns memory.
                command.args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]).arg(&path);
                command
            }
        };
        let output = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let status = command
            .args(&program.args)
            .stdin(std::process::Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .with_context(|| format!("starting {command:?}"))?;
        let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
        let (reports, lost) = match self {
            Self::Tsan => (text.matches("WARNING: ThreadSanitizer").count() as u64, None),
            Self::Valgrind => {
                let said = |what: &str| last_number(&text, what);
                let all_freed = text.contains("All heap blocks were freed").then_some(0);
                let lost = said("definitely lost: ").or(all_freed);
                let errors =
                    said("ERROR SUMMARY: ").with_context(|| format!("no summary in {}", log.display()))?;
                (errors, Some(lost.with_context(|| format!("no leak summary in {}", log.display()))?))
            }
        };
        Ok(Finding { reports, lost, status })
    }
}

/// The number behind the last occurrence of some words.
fn last_number(text: &str, words: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(words)?;
    rest.split_whitespace().next()?.replace(',', "").parse().ok()
}

impl Finding {
    pub(crate) fn is_clean(&self) -> bool {
        self.reports == 0 && self.lost.unwrap_or(0) == 0 && self.status.success()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reports", self.reports)?;
        if let Some(lost) = self.lost {
            write!(f, ", {lost} bytes lost")?;
        }
        if !self.status.success() {
            write!(f, ", {}", self.status)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tsan => "tsan",
            Self::Valgrind => "valgrind",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_valgrind_are_read() {
        let text = "==1== LEAK SUMMARY:\n==1==    definitely lost: 1,204 bytes in 3 blocks\n\
                    ==1== ERROR SUMMARY: 2 errors from 1 contexts (suppressed: 0 from 0)\n";
        assert_eq!(last_number(text, "definitely lost: "), Some(1_204));
        assert_eq!(last_number(text, "ERROR SUMMARY: "), Some(2));
        assert_eq!(last_number(text, "indirectly lost: "), None);
    }
}
