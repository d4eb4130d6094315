//! Writing to the standard streams. A reader that has gone, as in `| head -1`, is no error and no panic.

use std::io::{self, ErrorKind, Write as _};

use anyhow::anyhow;

/// Whether somebody reads on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    There,
    Gone,
}

/// Writes a text as it is.
pub(crate) fn out(text: &str) -> anyhow::Result<Reader> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(anyhow!("writing the output: {error}")),
    }
}

/// Writes a text to the standard error as it is.
pub(crate) fn err(text: &str) {
    // Whoever closes it does not want to be told.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes a line to the standard error.
pub(crate) fn note(text: &str) {
    err(&format!("pyaltt-queue: {}\n", super::text::clean(text)));
}
