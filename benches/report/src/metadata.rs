//! What a report was measured on: machine, kernel, settings, limits, versions.

use std::fs;
use std::process::Command;

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

/// A list of facts, in the order in which they are shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Metadata(pub(crate) Vec<(String, String)>);

/// The lock file that this was built with.
const LOCK: &str = include_str!("../Cargo.lock");

impl Metadata {
    pub(crate) fn of_this_machine() -> Self {
        let mut facts = Vec::new();
        let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
        fact("date", output("date", &["-u", "+%Y-%m-%d %H:%M:%S UTC"]));
        fact("commit", commit());
        fact("rustc", output("rustc", &["--version"]));
        fact("build", if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned());
        let uname = rustix::system::uname();
        fact(
            "kernel",
            format!("{} {}", uname.release().to_string_lossy(), uname.machine().to_string_lossy()),
        );
        fact("preemption", preemption(&uname.version().to_string_lossy()));
        fact("processor", processor());
        fact("virtualised", virtualised());
        fact("clocksource", file("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
        fact("governor", file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
        fact("idle driver", file("/sys/devices/system/cpu/cpuidle/current_driver"));
        let slack = rustix::thread::current_timer_slack();
        fact("timer slack", slack.map_or_else(|_| unknown(), |slack| format!("{slack} ns")));
        fact("RLIMIT_RTPRIO", limit(Resource::Rtprio));
        fact("RLIMIT_MEMLOCK", limit(Resource::Memlock));
        fact("real-time throttling", throttling());
        fact("load average before", file("/proc/loadavg"));
        Self(facts)
    }

    /// Adds the version of a program that takes part.
    pub(crate) fn with_program(mut self, name: &str, argument: &str) -> Self {
        self.0.push((name.to_owned(), first_line(&output(name, &[argument]))));
        self
    }

    /// Adds the versions of crates that take part.
    pub(crate) fn with_locked(mut self, names: &[&str]) -> Self {
        self.0.extend(names.iter().map(|name| ((*name).to_owned(), locked_version(LOCK, name))));
        self
    }

    /// Adds one more fact.
    pub(crate) fn with(mut self, name: &str, value: String) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// A fact by its name.
    pub(crate) fn fact(&self, name: &str) -> &str {
        self.0.iter().find(|fact| fact.0 == name).map_or("not known", |fact| &fact.1)
    }
}

fn unknown() -> String {
    "not known".to_owned()
}

fn file(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| unknown(), |content| content.trim().to_owned())
}

/// What a program prints, on whichever output.
fn output(program: &str, args: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(args).output() else { return "not installed".to_owned() };
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&said).trim().to_owned()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn commit() -> String {
    let directory = env!("CARGO_MANIFEST_DIR");
    let head = output("git", &["-C", directory, "rev-parse", "--short=12", "HEAD"]);
    if head.is_empty() || head.contains(' ') {
        return unknown();
    }
    let changed = output("git", &["-C", directory, "status", "--porcelain", "--untracked-files=no"]);
    if changed.is_empty() { head } else { format!("{head}, with changes that are not committed") }
}

fn preemption(version: &str) -> String {
    if let Ok(model) = fs::read_to_string("/sys/kernel/debug/sched/preempt") {
        return model.trim().to_owned();
    }
    if file("/sys/kernel/realtime") == "1" {
        return "PREEMPT_RT".to_owned();
    }
    let named = version.split_whitespace().find(|word| word.starts_with("PREEMPT"));
    named.unwrap_or("none named by the kernel").to_owned()
}

fn processor() -> String {
    let info = file("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let name = model.map_or_else(unknown, |(_, name)| name.trim().to_owned());
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{count} x {name}")
}

fn virtualised() -> String {
    let info = file("/proc/cpuinfo");
    if info.lines().any(|line| line.starts_with("flags") && line.contains(" hypervisor")) {
        let product = file("/sys/class/dmi/id/product_name");
        return format!("yes (product: {product}); expect tails that no program can mend");
    }
    "no sign of it".to_owned()
}

fn limit(resource: Resource) -> String {
    getrlimit(resource).current.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

fn throttling() -> String {
    let of = |name| file(&format!("/proc/sys/kernel/sched_rt_{name}_us"));
    format!("{} of {} µs", of("runtime"), of("period"))
}

/// The version of a crate in a lock file: the newest, which is what we use, where another crate uses an older one too.
fn locked_version(lock: &str, name: &str) -> String {
    let (name, lines) = (format!("name = \"{name}\""), lock.lines().collect::<Vec<_>>());
    let pairs = lines.windows(2).filter(|pair| pair[0] == name);
    let version = pairs.filter_map(|pair| pair[1].strip_prefix("version = ")).next_back();
    version.map_or_else(unknown, |version| version.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_peers_are_those_of_the_lock_file() {
        assert!(locked_version(LOCK, "spin_sleep").starts_with("1."));
        assert_eq!(locked_version(LOCK, "rtsc"), "0.4.5");
        assert_eq!(locked_version(LOCK, "no-such-crate"), unknown());
    }
}
