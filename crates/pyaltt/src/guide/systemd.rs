//! On systemd.
