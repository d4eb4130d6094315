//! The timer slack of the calling thread.

/// Sets the finest timer slack that there is, 1 ns. A refusal is of no consequence: the default stays.
#[cfg(target_os = "linux")]
pub(crate) fn make_finest() {
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

/// Other systems have no such setting.
#[cfg(not(target_os = "linux"))]
pub(crate) fn make_finest() {}
