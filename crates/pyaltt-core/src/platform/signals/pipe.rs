//! From the handler of a signal to threads: a pipe, because a handler may do little more than `write`.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Once it is open it lives as long as the process, because a handler may still be about to write to it.
pub(super) struct Pipe(OnceLock<Ends>);

pub(super) struct Ends {
    reader: UnixStream,
    writer: UnixStream,
}

impl Pipe {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Opens it, unless it is open.
    pub(super) fn open(&self) -> io::Result<&Ends> {
        if let Some(ends) = self.0.get() {
            return Ok(ends);
        }
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(self.0.get_or_init(|| Ends { reader, writer }))
    }

    /// Wakes who sleeps in it, if it is open. Does no more than `write` does.
    pub(super) fn ring(&self) {
        if let Some(Ends { writer, .. }) = self.0.get() {
            let mut writer = writer;
            // It can fail only if the pipe is full, and then they are awake already.
            let _ = writer.write(&[0]);
        }
    }
}

impl Ends {
    /// Blocks until somebody rings, maybe for less long.
    pub(super) fn wait(&self) {
        let _ = poll(&mut [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
    }

    /// Forgets who has rung.
    pub(super) fn empty(&self) {
        let mut reader = &self.reader;
        while matches!(reader.read(&mut [0; 64]), Ok(1..)) {}
    }
}
