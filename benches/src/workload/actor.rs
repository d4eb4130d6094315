//! Further processes of a run: the same program again, told to play a part of a contender.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::durable::place::Place;

/// What an actor is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Whose part it is.
    pub contender: String,
    /// Which one.
    pub part: String,
    /// Where the queue is.
    pub place: Place,
    /// A number that the part knows what to do with.
    pub number: u64,
}

/// A process that plays a part. It is killed when this is dropped.
#[derive(Debug)]
pub struct Actor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// If the system starts no process.
    pub fn start(contender: &str, part: &str, place: &Place, number: u64) -> Result<Self, String> {
        let (contender, part) = (contender.to_owned(), part.to_owned());
        let role = serde_json::to_string(&Role { contender, part, place: place.clone(), number });
        let begin = |role: String| {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["play", &role]).stdin(Stdio::piped()).stdout(Stdio::piped());
            command.spawn()
        };
        let mut child = role
            .map_err(io::Error::from)
            .and_then(begin)
            .map_err(|error| format!("starting a process: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a process has no input or no output".into());
        };
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line that it says.
    ///
    /// # Errors
    ///
    /// If it ends without one.
    pub fn hear(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err("a process has ended before it said anything".into()),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(format!("listening to a process: {error}")),
        }
    }

    /// Waits for the next number that it says.
    ///
    /// # Errors
    ///
    /// If it says none.
    pub fn hear_number(&mut self) -> Result<u64, String> {
        let heard = self.hear()?;
        heard.parse().map_err(|_| format!("a process said {heard:?}, which is no number"))
    }

    /// Lets it go on, if it waits for that in [`cue`].
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn cue(&mut self) -> Result<(), String> {
        self.input.write_all(b"\n").map_err(|error| format!("a process does not listen: {error}"))
    }

    /// Kills it by SIGKILL, and returns when it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.end();
    }
}

/// The side of the actor: says a line.
///
/// # Errors
///
/// If nobody listens any more.
pub fn say(line: &str) -> Result<(), String> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(|error| error.to_string())
}

/// The side of the actor: waits until it may go on.
///
/// # Errors
///
/// If whoever started it is gone.
pub fn cue() -> Result<(), String> {
    // Without a buffer, so that nothing is kept from the next one who reads.
    match io::stdin().lock().read(&mut [0]) {
        Ok(1) => Ok(()),
        _ => Err("whoever started this is gone".into()),
    }
}

/// The side of the actor: plays until whoever started it is gone.
pub fn stay() {
    while cue().is_ok() {}
}
