//! Tasks for queues by priority.

/// Implements the order of a type, and the equality that goes with it, by one comparison.
///
/// # Examples
///
/// ```
/// struct Job(u8, &'static str);
///
/// testkit::ordered_by!(Job, |a, b| a.0.cmp(&b.0));
///
/// assert!(Job(1, "a") == Job(1, "b") && Job(1, "a") < Job(2, "a"));
/// ```
#[macro_export]
macro_rules! ordered_by {
    ($type:ty, |$a:ident, $b:ident| $compare:expr) => {
        impl ::std::cmp::Ord for $type {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                let ($a, $b) = (self, other);
                $compare
            }
        }

        impl ::std::cmp::PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> ::std::option::Option<::std::cmp::Ordering> {
                ::std::option::Option::Some(::std::cmp::Ord::cmp(self, other))
            }
        }

        impl ::std::cmp::PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                ::std::cmp::Ord::cmp(self, other).is_eq()
            }
        }

        impl ::std::cmp::Eq for $type {}
    };
}
