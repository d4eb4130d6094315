//! The limits and the capabilities of the process, used only to say what would allow a refused request. They decide
//! nothing: the system says whether something is allowed when it is tried.

use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};

/// Returns the current (soft) limit; `None` when there is none.
pub(super) fn limit(resource: Resource) -> Option<u64> {
    getrlimit(resource).current
}

/// Formats a limit for a message.
pub(super) fn show(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// Returns whether the calling thread has a capability, in its user namespace.
pub(super) fn has(capability: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(capability))
}
