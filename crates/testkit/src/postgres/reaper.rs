//! Who stops a server and removes its folder when the tests are gone, however they went.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Reads the numbers of servers, each in the place of the one before, until nobody can write any more: then the tests have
/// ended. `$1` is the folder.
const SCRIPT: &str = r#"
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while [ -e "$1/data/postmaster.pid" ] && [ $((tries += 1)) -lt 200 ]; do sleep 0.05; done
fi
rm -rf "$1"
"#;

/// A process of its own, because a static is never dropped and a killed process drops nothing.
#[derive(Debug)]
pub(super) struct Reaper(Child);

impl Reaper {
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "reaper"]).arg(folder).current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Self)
    }

    /// Says which process is to be stopped.
    pub(super) fn watch(&mut self, server: Option<u32>) {
        let line = server.map_or_else(String::new, |server| server.to_string());
        if let Some(shell) = &mut self.0.stdin {
            // If it is gone, a folder is left behind.
            writeln!(shell, "{line}").ok();
        }
    }

    /// Has it do its work now.
    pub(super) fn begin(&mut self) {
        drop(self.0.stdin.take());
    }

    /// Waits until it has done its work.
    pub(super) fn finish(&mut self) {
        self.begin();
        self.0.wait().ok();
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.finish();
    }
}
