//! The timer slack of the calling thread.

/// Sets the finest timer slack there is, 1 ns. A refusal does not matter: the default stays.
#[cfg(target_os = "linux")]
pub(crate) fn make_finest() {
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

/// Does nothing: other systems have no such setting.
#[cfg(not(target_os = "linux"))]
pub(crate) fn make_finest() {}
