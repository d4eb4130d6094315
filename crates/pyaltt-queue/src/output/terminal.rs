//! What is known of the terminal.

use std::io::IsTerminal as _;

/// How wide a line is where nobody knows.
const USUAL: usize = 160;

/// Whether the standard output is a terminal.
pub(crate) fn is_there() -> bool {
    std::io::stdout().is_terminal()
}

/// How many characters a line has.
pub(crate) fn width() -> usize {
    if !is_there() {
        return USUAL;
    }
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return size.ws_col.into();
    }
    USUAL
}
