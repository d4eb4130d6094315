//! Processes of the tests: this very program, told by the environment to play a part.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Which part it is to play.
const PART: &str = "PYALTT_TEST_PART";
/// The folder of the test.
const FOLDER: &str = "PYALTT_TEST_FOLDER";

/// A process that plays a part. It is killed when this is dropped.
pub(crate) struct Actor {
    pub(crate) process: Child,
    output: BufReader<ChildStdout>,
}

impl Actor {
    pub(crate) fn start(part: &str, folder: &Path) -> Self {
        Self::start_with(part, folder, &[])
    }

    /// `variables`: of its environment, beside those of this process.
    pub(crate) fn start_with(part: &str, folder: &Path, variables: &[(&str, &Path)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::a_child_plays_its_part", "--nocapture", "--test-threads=1"])
            .env(PART, part)
            .env(FOLDER, folder)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    /// Waits until it says this.
    pub(crate) fn hear(&mut self, line: &str) {
        let mut heard = String::new();
        while heard.trim_end() != line {
            heard.clear();
            assert_ne!(self.output.read_line(&mut heard).unwrap(), 0, "it ended without saying {line:?}");
        }
    }

    /// Waits for a line that begins like this, and returns the rest of it.
    #[cfg(target_os = "linux")]
    pub(crate) fn hear_of(&mut self, start: &str) -> String {
        loop {
            let mut heard = String::new();
            assert_ne!(self.output.read_line(&mut heard).unwrap(), 0, "it ended without saying {start:?}");
            if let Some(rest) = heard.trim_end().strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().unwrap();
    }
}

/// What a child says, in a line of its own.
pub(crate) fn say(line: &str) {
    println!("\n{line}");
}

#[apply(bounded)]
fn a_child_plays_its_part() {
    let (Ok(part), Ok(folder)) = (std::env::var(PART), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    match &*part {
        "consumer" => crate::accounts::consume(folder),
        #[cfg(target_os = "linux")]
        "grower" => crate::growth::grow(folder),
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        "writer" => crate::power::write(folder),
        #[cfg(unix)]
        part => crate::deaths::play(part, folder),
        #[cfg(not(unix))]
        part => panic!("no part: {part}"),
    }
}
