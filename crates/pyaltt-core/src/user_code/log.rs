//! Logging. A subscriber is user code, and so is the `Display` of an error that it prints, so a panic in either of them
//! is caught as everywhere.

/// Logs an event: `log!(error, fields, "message")` stands for `tracing::error!(fields, "message")`.
macro_rules! log {
    ($level:ident, $($event:tt)*) => {
        // Nobody is left who could be told that the subscriber panicked.
        drop($crate::user_code::call(|| tracing::$level!($($event)*)))
    };
}

/// Logs an event that can occur with every task: a few in a row, then one a second, with the number of events left out
/// before it.
macro_rules! log_often {
    ($level:ident, $($event:tt)*) => {{
        static LIMITER: $crate::user_code::rate_limit::RateLimiter = $crate::user_code::rate_limit::RateLimiter::new();
        if let Some(left_out) = LIMITER.admit(std::time::Instant::now()) {
            log!($level, left_out, $($event)*);
        }
    }};
}
