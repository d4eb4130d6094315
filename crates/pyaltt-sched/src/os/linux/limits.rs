//! The limits and the rights of the process, to tell what would allow what was refused. Nothing is decided by
//! them: whether something is allowed, the system says when it is tried.

use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};

/// The limit that counts at present; `None` when there is none.
pub(super) fn limit(resource: Resource) -> Option<u64> {
    getrlimit(resource).current
}

/// A limit for a message.
pub(super) fn show(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// Whether the calling thread has a capability, in its user namespace.
pub(super) fn has(capability: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(capability))
}
