//! How long a CPU may take to leave an idle state: the kernel's power management interface for user space.
//!
//! `/dev/cpu_dma_latency` takes a number of microseconds, and the request stands for as long as the file is open
//! (`Documentation/power/pm_qos_interface.rst` in the kernel's sources).

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::time::Duration;

use crate::answer::Answer;

const PATH: &str = "/dev/cpu_dma_latency";

thread_local! {
    /// The request of this thread, which ends with the thread.
    static REQUEST: RefCell<Option<File>> = const { RefCell::new(None) };
}

pub(crate) fn limit_cpu_latency(limit: Duration) -> Answer {
    match request(limit) {
        // The kernel reports the lowest of all requests, so the value may be lower than ours.
        Ok((file, actual)) => {
            REQUEST.set(Some(file));
            Answer::granted(format!("{actual} µs"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Answer::unsupported(),
        Err(error) => Answer::refused().error(error).needs(format!("write access to {PATH}, which root has")),
    }
}

fn request(limit: Duration) -> io::Result<(File, i32)> {
    let micros = i32::try_from(limit.as_micros()).unwrap_or(i32::MAX);
    let mut file = OpenOptions::new().read(true).write(true).open(PATH)?;
    file.write_all(&micros.to_ne_bytes())?;
    let mut actual = [0; 4];
    file.rewind()?;
    file.read_exact(&mut actual)?;
    Ok((file, i32::from_ne_bytes(actual)))
}
