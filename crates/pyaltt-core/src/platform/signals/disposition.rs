//! What the process does at a signal: ours while somebody wants it caught, and before and after that what it was.
//!
//! A handler that was there before is called by ours, after ours has noted the signal, unless `wait_for_signal` replaces
//! it. Whoever sets a handler while ours is there may call ours from it; then both are in a circle as soon as ours is set
//! again, and the handler breaks that.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::libc::siginfo_t;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal as Number, raise};

use super::caught::{self, slot};
use crate::platform::sys;

/// What becomes of a handler that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Earlier {
    Called,
    Replaced,
}

/// A signal that is caught.
struct Held {
    number: Number,
    /// How many want it.
    users: usize,
    before: SigAction,
}

static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

/// All handlers of others that were ever met. A handler of ours may run at any time, so none is ever taken out.
static OTHERS: [OnceLock<SigHandler>; 16] = [const { OnceLock::new() }; 16];
/// In place of a place in that list: there is no handler to call,
const NONE: usize = usize::MAX;
/// there is none, and the signal is not caught or ignored any more,
const DEFAULT: usize = usize::MAX - 1;
/// and it is not known yet what there was.
const UNKNOWN: usize = usize::MAX - 2;

thread_local! {
    /// The signals whose handler runs on this thread, as bits.
    static INSIDE: Cell<u64> = const { Cell::new(0) };
}

/// Catches a signal, until as many calls of [`release`] as there were of this.
///
/// # Errors
///
/// If it is one that cannot be caught.
pub(super) fn catch(number: Number, earlier: Earlier) -> nix::Result<()> {
    let slot = slot(number as i32);
    let came_early = {
        let mut held = lock();
        if let Some(held) = held.iter_mut().find(|held| held.number == number) {
            held.users += 1;
        } else {
            slot.earlier.store(UNKNOWN, Ordering::SeqCst);
            let flags = SaFlags::SA_RESTART | SaFlags::SA_SIGINFO;
            let ours = SigAction::new(SigHandler::SigAction(handler), flags, SigSet::empty());
            let before = sys::set_action(number, &ours)?;
            slot.earlier.store(place_of(before.handler()), Ordering::SeqCst);
            held.push(Held { number, users: 1, before });
        }
        if earlier == Earlier::Replaced {
            slot.replacing.fetch_add(1, Ordering::SeqCst);
        }
        slot.came_early.swap(false, Ordering::SeqCst)
    };
    if came_early {
        let _ = raise(number);
    }
    Ok(())
}

/// Undoes one [`catch`].
pub(super) fn release(number: Number, earlier: Earlier) {
    let mut all = lock();
    if earlier == Earlier::Replaced {
        slot(number as i32).replacing.fetch_sub(1, Ordering::SeqCst);
    }
    let Some(place) = all.iter().position(|held| held.number == number) else { return };
    all[place].users -= 1;
    if all[place].users > 0 {
        return;
    }
    let before = all.swap_remove(place).before;
    // If somebody else has set a handler meanwhile, that one holds.
    if let Ok(replaced) = sys::set_action(number, &before)
        && !is_ours(&replaced)
    {
        let _ = sys::set_action(number, &replaced);
    } else if matches!(before.handler(), SigHandler::SigDfl) {
        slot(number as i32).earlier.store(DEFAULT, Ordering::SeqCst);
    }
}

/// Whether the signal does what the system makes it do, as far as is known here: not if somebody wants it caught or ignored.
pub(super) fn acts_by_default(number: Number) -> bool {
    let is_held = lock().iter().any(|held| held.number == number);
    !is_held && slot(number as i32).earlier.load(Ordering::SeqCst) == DEFAULT
}

/// The handler. It may interrupt any code, so it only counts, writes to pipes, and calls what was there before.
extern "C" fn handler(number: i32, info: *mut siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    let bit = 1_u64.checked_shl(number.unsigned_abs()).unwrap_or_default();
    let inside = INSIDE.get();
    if inside & bit == 0 {
        INSIDE.set(inside | bit);
        note(number, info, context);
        INSIDE.set(inside);
    }
    Errno::set_raw(errno);
}

fn note(number: i32, info: *mut siginfo_t, context: *mut c_void) {
    let slot = slot(number);
    let place = slot.earlier.load(Ordering::SeqCst);
    if place == UNKNOWN {
        // Whoever catches it sends it again.
        return slot.came_early.store(true, Ordering::SeqCst);
    }
    caught::tell(number, [Number::SIGINT as i32, Number::SIGTERM as i32].contains(&number));
    if slot.replacing.load(Ordering::SeqCst) > 0 {
        return;
    }
    match OTHERS.get(place).and_then(OnceLock::get) {
        Some(SigHandler::Handler(other)) => other(number),
        Some(SigHandler::SigAction(other)) => other(number, info, context),
        _ => {}
    }
}

fn place_of(before: SigHandler) -> usize {
    if matches!(before, SigHandler::SigDfl | SigHandler::SigIgn) {
        return NONE;
    }
    let place = OTHERS.iter().position(|other| is_same(*other.get_or_init(|| before), before));
    place.unwrap_or_else(|| {
        log!(error, "too many handlers of signals were set; an earlier one is not called");
        NONE
    })
}

fn is_ours(action: &SigAction) -> bool {
    is_same(action.handler(), SigHandler::SigAction(handler))
}

fn is_same(one: SigHandler, other: SigHandler) -> bool {
    match (one, other) {
        (SigHandler::Handler(one), SigHandler::Handler(other)) => ptr::fn_addr_eq(one, other),
        (SigHandler::SigAction(one), SigHandler::SigAction(other)) => ptr::fn_addr_eq(one, other),
        _ => false,
    }
}

/// What is locked stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, Vec<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
