//! Waiting until workers have nothing to do.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use pyaltt::{BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Handle, State, StopError};

use crate::os_thread;
use crate::until::until;

/// The kernel keeps as many bytes of a thread's name.
const NAME_KEPT: usize = 15;

/// Waits until every one of these workers has nothing to do: it is stopped, or it runs, no turn is in progress, and its
/// queue is empty or it is paused.
///
/// One look is not enough, because a worker that was looked at may be given a task by one that is looked at later.
/// So the workers are settled when looks in a row find nobody busy and the same counts of turns, runs and tasks: then
/// nothing moved between them. The threads must also sleep, where the system shows that (Linux), so that no task is on
/// its way between a queue and its turn. A looped worker counts as having nothing to do between two ticks.
///
/// No window of time decides: `limit` is only a fuse.
///
/// # Errors
///
/// If they do not come to rest within `limit`: the error names the workers that were busy, and with what.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let printer = pyaltt::queue(|_page: u32, _cx| ()).start()?;
/// let editor = pyaltt::queue({
///     let pages = printer.queue().clone();
///     move |page: u32, _cx| pages.put(page).is_ok()
/// })
/// .start()?;
/// (0..100).try_for_each(|page| editor.put(page))?;
/// testkit::settle(&[&printer, &editor], Duration::from_secs(60))?;
/// assert_eq!(printer.stats().turns, 100);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn settle(workers: &[&dyn Settles], limit: Duration) -> Result<(), Unsettled> {
    let mut before: Option<Vec<Look>> = None;
    let mut last = Vec::new();
    let is_settled = until(limit, || {
        last = look_at(workers);
        if last.iter().any(|look| look.busy_with.is_some()) {
            before = None;
            return false;
        }
        let is_same = before.replace(last.clone()).is_some_and(|before| before == last);
        // The third look, because a thread may have gone to sleep just after it handed a task to one that was asleep.
        is_same && are_asleep(&mut last) && before.as_ref() == Some(&look_at(workers))
    });
    if is_settled { Ok(()) } else { Err(Unsettled { looks: last }) }
}

fn look_at(workers: &[&dyn Settles]) -> Vec<Look> {
    workers.iter().map(|worker| worker.look()).collect()
}

/// Something that can have work to do.
///
/// # Examples
///
/// ```
/// use testkit::Settles;
///
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).start()?;
/// worker.stop()?;
/// let look = worker.look();
/// assert_eq!((look.busy_with, look.is_running), (None, false));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait Settles {
    /// What it does now, and what it has counted.
    fn look(&self) -> Look;
}

/// A look at a worker.
///
/// # Examples
///
/// [`Settles`] shows its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Who it is.
    pub name: String,
    /// What it is busy with; `None`: it has nothing to do.
    pub busy_with: Option<String>,
    /// Whether it has a thread.
    pub is_running: bool,
    /// Its counts of runs, turns and dropped tasks, and the length of its queue: two equal looks at an idle worker mean
    /// that it did nothing in between.
    pub counts: [u64; 4],
}

impl Settles for Handle {
    fn look(&self) -> Look {
        // Before anything that says it is idle: what begins later shows in the next look.
        let counted = self.stats();
        let state = self.state();
        let busy_with = match (state, self.wait_timeout(Duration::ZERO)) {
            (State::Stopped, _) => None,
            (_, Err(StopError::Timeout { stuck_turn: Some(turn), .. })) => Some(format!("turn {turn}")),
            (State::Active, Err(StopError::Timeout { .. })) => None,
            (State::Active, _) => Some("its end".to_owned()),
            (state, _) => Some(format!("{state:?}").to_lowercase()),
        };
        let is_running = state != State::Stopped;
        let counts = [counted.runs, counted.turns, counted.dropped, 0];
        Look { name: self.name().to_owned(), busy_with, is_running, counts }
    }
}

impl Settles for BackgroundWorker {
    fn look(&self) -> Look {
        Handle::look(self)
    }
}

impl Settles for BackgroundEventWorker {
    fn look(&self) -> Look {
        Handle::look(self)
    }
}

impl<T: Send + 'static> Settles for BackgroundQueueWorker<T> {
    fn look(&self) -> Look {
        let mut look = Handle::look(self);
        let len = self.len();
        look.counts[3] = len as u64;
        // What waits for a worker that is stopped or paused is nothing that it could do.
        if look.is_running && len > 0 && !self.is_paused() {
            look.busy_with.get_or_insert_with(|| format!("{len} tasks in its queue"));
        }
        look
    }
}

/// Whether the threads of all running workers sleep, as far as the system says; marks the others as busy.
///
/// The kernel shows a thread by the beginning of its name. Where several share it, all of them must sleep.
fn are_asleep(looks: &mut [Look]) -> bool {
    let mut asleep = HashMap::<String, bool>::new();
    for thread in os_thread::list(None) {
        *asleep.entry(thread.name).or_insert(true) &= thread.state.starts_with('S');
    }
    let running = looks.iter_mut().filter(|look| look.is_running);
    let awake = running.filter(|look| asleep.get(shown(&look.name)) == Some(&false));
    let mut are_asleep = true;
    for look in awake {
        look.busy_with = Some("something that no count shows: its thread is awake".to_owned());
        are_asleep = false;
    }
    are_asleep
}

/// What the kernel shows of a name.
fn shown(name: &str) -> &str {
    let end = (0..=NAME_KEPT.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

/// Workers that did not come to rest.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use testkit::Turnstile;
///
/// let turnstile = Turnstile::new();
/// let held = turnstile.clone();
/// let worker = pyaltt::queue(move |_task: u8, _cx| held.pass()).name("mail").start()?;
/// worker.put(1)?;
/// turnstile.wait();
/// let error = testkit::settle(&[&worker], Duration::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "the workers did not come to rest; mail is busy with turn 1");
/// turnstile.release();
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Unsettled {
    /// The last look at each worker.
    pub looks: Vec<Look>,
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the workers did not come to rest")?;
        for look in &self.looks {
            if let Some(what) = &look.busy_with {
                write!(f, "; {} is busy with {what}", look.name)?;
            }
        }
        Ok(())
    }
}

impl Error for Unsettled {}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use pyaltt::Queue;

    use super::*;
    use crate::turnstile::Turnstile;

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn tasks_that_go_round_a_circle_of_workers_are_waited_for() {
        static CIRCLE: [OnceLock<Queue<u32>>; 3] = [const { OnceLock::new() }; 3];
        let workers: Vec<_> = (0..3)
            .map(|index| {
                let pass_on = move |left: u32, _cx: &mut _| {
                    if left > 0 {
                        CIRCLE[(index + 1) % 3].get().unwrap().put(left - 1).unwrap();
                    }
                };
                pyaltt::queue(pass_on).name(format!("circle {index}")).build().unwrap()
            })
            .collect();
        for (worker, slot) in workers.iter().zip(&CIRCLE) {
            slot.set(worker.queue().clone()).unwrap();
            worker.start().unwrap();
        }
        workers[0].put(9_999).unwrap();
        let looks: Vec<&dyn Settles> = workers.iter().map(|worker| worker as &dyn Settles).collect();
        settle(&looks, LIMIT).unwrap();
        assert_eq!(workers.iter().map(|worker| worker.stats().turns).sum::<u64>(), 10_000);
    }

    #[test]
    fn each_of_many_puts_has_been_run_when_it_settles() {
        let ran = std::sync::Arc::new(AtomicU64::new(0));
        let counted = std::sync::Arc::clone(&ran);
        let count = move |_task: u64, _cx: &mut _| {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        let worker = pyaltt::queue(count).name("many puts").start().unwrap();
        for put in 1..=1_000 {
            worker.put(put).unwrap();
            settle(&[&worker], LIMIT).unwrap();
            assert_eq!(ran.load(Ordering::SeqCst), put);
        }
    }

    #[test]
    fn a_trigger_is_waited_for() {
        let heard = std::sync::Arc::new(AtomicU64::new(0));
        let counted = std::sync::Arc::clone(&heard);
        let count = move |trigger: pyaltt::Trigger, _cx: &mut _| {
            counted.fetch_add(trigger.count, Ordering::SeqCst);
        };
        let worker = pyaltt::event(count).name("a trigger").start().unwrap();
        for count in 1..=1_000 {
            worker.trigger();
            settle(&[&worker], LIMIT).unwrap();
            // Elsewhere nothing shows a trigger that was not heard yet.
            if cfg!(target_os = "linux") {
                assert_eq!(heard.load(Ordering::SeqCst), count);
            }
        }
    }

    #[test]
    fn stopped_and_idle_workers_are_settled_and_a_stuck_one_is_named() {
        let stopped = pyaltt::queue(|_task: u8, _cx| ()).name("stopped").build().unwrap();
        stopped.put(1).unwrap();
        let far = pyaltt::looped(|_tick, _cx| ()).name("far").delay_before(Duration::MAX).start().unwrap();
        let paused = pyaltt::queue(|_task: u8, _cx| ()).name("paused").paused(true).start().unwrap();
        paused.put(1).unwrap();
        settle(&[&stopped, &far, &paused], LIMIT).unwrap();
        paused.drain().unwrap();

        let turnstile = Turnstile::new();
        let held = turnstile.clone();
        let stuck = pyaltt::event(move |_trigger, _cx| held.pass()).name("stuck").start().unwrap();
        stuck.trigger();
        turnstile.wait();
        let error = settle(&[&stopped, &far, &stuck], Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.to_string(), "the workers did not come to rest; stuck is busy with turn 1");
        turnstile.release();
        settle(&[&stopped, &far, &stuck], LIMIT).unwrap();
    }

    #[test]
    fn the_kernel_shows_the_beginning_of_a_name() {
        assert_eq!((shown("short"), shown("exactly fifteen")), ("short", "exactly fifteen"));
        assert_eq!(shown("more than fifteen"), "more than fifte");
        assert_eq!(shown("größer als fünfzehn"), "größer als f");
    }
}
