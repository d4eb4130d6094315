//! Processes of the tests: the very program of the tests, told by the environment to play a part.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Which part it is to play.
const PART: &str = "PYALTT_TEST_PART";
/// The folder of the test.
const FOLDER: &str = "PYALTT_TEST_FOLDER";
/// The test that plays it.
const STAGE: &str = "child::a_child_plays_its_part";

/// A process that plays a part. It is killed when this is dropped.
///
/// The program of the tests has a test `child::a_child_plays_its_part`, which does what [`Actor::part`] says.
///
/// # Examples
///
/// ```no_run
/// use testkit::Actor;
///
/// // In the module `child`, a test:
/// fn a_child_plays_its_part() {
///     let Some((part, folder)) = Actor::part() else { return };
///     assert_eq!(part, "writer");
///     std::fs::write(folder.join("letter"), "dear Sir").unwrap();
///     testkit::say("written");
/// }
///
/// let folder = std::env::temp_dir();
/// Actor::start("writer", &folder).hear("written");
/// ```
#[derive(Debug)]
pub struct Actor {
    /// The process.
    pub process: Child,
    output: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts a process for a part.
    ///
    /// # Panics
    ///
    /// If the system starts none.
    ///
    /// # Examples
    ///
    /// [`Actor`] shows its use.
    ///
    /// ```no_run
    /// let mut actor = testkit::Actor::start("writer", "/tmp".as_ref());
    /// actor.process.wait().unwrap();
    /// ```
    #[must_use]
    pub fn start(part: &str, folder: &Path) -> Self {
        Self::start_with(part, folder, &[])
    }

    /// Starts a process with variables of its environment, beside those of this process.
    ///
    /// # Panics
    ///
    /// If the system starts none.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let preload = ("LD_PRELOAD", "/tmp/recorder.so".as_ref());
    /// testkit::Actor::start_with("writer", "/tmp".as_ref(), &[preload]).hear("written");
    /// ```
    #[must_use]
    pub fn start_with(part: &str, folder: &Path, variables: &[(&str, &Path)]) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", STAGE, "--nocapture", "--test-threads=1"])
            .env(PART, part)
            .env(FOLDER, folder)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        Self { process, output }
    }

    /// Returns the part that this process is to play, and the folder of the test; none if it is not an actor.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(testkit::Actor::part(), None);
    /// ```
    #[must_use]
    pub fn part() -> Option<(String, PathBuf)> {
        Some((std::env::var(PART).ok()?, std::env::var_os(FOLDER)?.into()))
    }

    /// Waits until it says this.
    ///
    /// # Panics
    ///
    /// If it ends without.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// testkit::Actor::start("writer", "/tmp".as_ref()).hear("written");
    /// ```
    pub fn hear(&mut self, line: &str) {
        while !self.hear_of(line).is_empty() {}
    }

    /// Waits for a line that begins like this, and returns the rest of it.
    ///
    /// # Panics
    ///
    /// If it ends without.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let bytes = testkit::Actor::start("grower", "/tmp".as_ref()).hear_of("bytes ");
    /// assert!(bytes.parse::<u64>().is_ok());
    /// ```
    pub fn hear_of(&mut self, start: &str) -> String {
        loop {
            let mut heard = String::new();
            let length = self.output.read_line(&mut heard).expect("its output");
            assert_ne!(length, 0, "it ended without saying {start:?}");
            if let Some(rest) = heard.trim_end().strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Sends it a signal, such as `-STOP`.
    ///
    /// # Panics
    ///
    /// If it is gone.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// testkit::Actor::start("holder", "/tmp".as_ref()).signal("-STOP");
    /// ```
    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.expect("the command").success());
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Says a line that the test hears, in a line of its own.
///
/// # Examples
///
/// ```
/// testkit::say("written");
/// ```
pub fn say(line: &str) {
    println!("\n{line}");
}
