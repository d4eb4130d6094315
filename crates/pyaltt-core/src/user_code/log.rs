//! How this crate logs. A subscriber is code of a user, and so is an error that it prints: a panic in one of them
//! goes no further, as everywhere.

/// Logs an event: `log!(error, fields, "message")`, as one of `tracing`'s macros of that name.
macro_rules! log {
    ($level:ident, $($event:tt)*) => {
        // There is no one left to tell of a subscriber that fails.
        drop($crate::user_code::call(|| tracing::$level!($($event)*)))
    };
}

/// Logs an event that can come with every task: some in a row, then one a second with the number of those that were
/// left out.
macro_rules! log_often {
    ($level:ident, $($event:tt)*) => {{
        static LIMITER: $crate::user_code::rate_limit::RateLimiter = $crate::user_code::rate_limit::RateLimiter::new();
        if let Some(left_out) = LIMITER.admit(std::time::Instant::now()) {
            log!($level, left_out, $($event)*);
        }
    }};
}
