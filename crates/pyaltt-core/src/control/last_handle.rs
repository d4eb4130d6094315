//! What becomes of a worker that no handle is left of.

use super::Control;
use super::record::Handles;
use super::state::State;
use super::stop_signal::StopLevel;
use crate::wait::Wait;
use crate::wait::current_worker;

impl Control {
    /// Called when the last handle is dropped. Tells the worker to stop, and waits for it unless it is a daemon.
    pub(crate) fn abandon(&self) {
        let (daemon, state) = {
            let mut record = self.record.lock();
            if record.handles == Handles::Detached {
                return;
            }
            record.handles = Handles::Dropped;
            (record.daemon, record.state)
        };
        // A worker that drops its own last handle goes on without one: it could not wait for itself. It is not restarted.
        if current_worker::is(self.id) && state != State::Waiting {
            return;
        }
        self.signal(StopLevel::Stop);
        if !daemon && !current_worker::is(self.id) {
            // `FromWorker` is ruled out. A failure is in the log, and a wait that the stop of the dropping thread's own
            // worker has cut leaves this worker to end by itself.
            let _ = self.wait(Wait::Forever);
        }
    }
}
