//! The service manager: `systemd` on Linux, and `none`, with the same face, elsewhere and without the feature.

#[cfg(not(all(target_os = "linux", feature = "systemd")))]
mod none;
#[cfg(all(target_os = "linux", feature = "systemd"))]
mod systemd;

#[cfg(not(all(target_os = "linux", feature = "systemd")))]
pub(crate) use none::Service;
#[cfg(all(target_os = "linux", feature = "systemd"))]
pub(crate) use systemd::Service;
