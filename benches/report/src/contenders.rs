//! Everyone: ours and the peers.

use pyaltt_benches::contender::Contender;
use pyaltt_benches::ours;

use crate::model::Subject;

/// All contenders of a report, in the order of its tables.
pub(crate) fn of(subject: Subject) -> Vec<Contender> {
    let (mut all, peers) = match subject {
        Subject::Timing => (ours::timing(), pyaltt_peers::timing()),
        Subject::Messages => (ours::messages(), pyaltt_peers::messages()),
        Subject::Queues => (ours::queues(), pyaltt_peers::queues()),
        Subject::Groups => (ours::groups(), pyaltt_peers::groups()),
    };
    if subject == Subject::Messages {
        all.extend(pyaltt_peers::ours_in_tokio());
    }
    all.extend(peers);
    all
}
