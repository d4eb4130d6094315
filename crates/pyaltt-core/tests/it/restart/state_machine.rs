//! Every call that starts or ends a worker, and every pair of them, in every phase of a restart, against a model.
//!
//! A phase is held by a hook (or by the clock) until the calls were made, so each call has one right result.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, ManualClock, Start, StartError, State,
    StopError, Turn, Worker,
};
use testkit::os_thread::spawn_asleep;
use testkit::{OnDrop, Probe, Turnstile};

use super::{LONG, exact, wait_for};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The first run has failed and is in `after_stop`.
    Ended,
    /// Its end is published, and `on_exit` is being called.
    OnExit,
    /// Its thread waits for the end of the backoff.
    Due,
    /// The second run is in `before_start`, which will succeed.
    Ready,
    /// The second run is in `before_start`, which will fail.
    NotStarted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Start,
    StartWith,
    Stop,
    SignalStop,
    Terminate,
    Drain,
    /// The last handle goes.
    Drop,
    IntoInner,
}

const PHASES: [Phase; 5] = [Phase::Ended, Phase::OnExit, Phase::Due, Phase::Ready, Phase::NotStarted];
const OPS: [Op; 8] =
    [Op::Start, Op::StartWith, Op::Stop, Op::SignalStop, Op::Terminate, Op::Drain, Op::Drop, Op::IntoInner];

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Got {
    Nothing,
    Started,
    AlreadyRunning,
    Taken,
    /// The number of a run, how it ended, and whether that was an error.
    Ended(u64, ExitReason, bool),
    TheWorker,
    TheHandle,
    Other,
}

fn started(result: &Result<(), StartError>) -> Got {
    match result {
        Ok(()) => Got::Started,
        Err(StartError::AlreadyRunning { .. }) => Got::AlreadyRunning,
        Err(StartError::Taken { .. }) => Got::Taken,
        Err(_) => Got::Other,
    }
}

fn ended(result: Result<Exit, StopError>) -> Got {
    match result {
        Ok(exit) => Got::Ended(exit.run, exit.reason, false),
        Err(StopError::Failed(exit)) => Got::Ended(exit.run, exit.reason, true),
        Err(_) => Got::Other,
    }
}

/// Holds whoever comes until it is opened.
#[derive(Clone, Default)]
struct Gate {
    turnstile: Turnstile,
    is_open: Arc<AtomicBool>,
}

impl Gate {
    fn pass(&self) {
        if !self.is_open.load(Ordering::SeqCst) {
            self.turnstile.pass();
        }
    }

    fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
        // For those who came before. No phase has more.
        (0..4).for_each(|_| self.turnstile.release());
    }
}

/// Fails its first turn.
struct Actor {
    phase: Phase,
    gate: Gate,
    starts: Arc<AtomicU64>,
    is_inside: Arc<AtomicBool>,
}

impl Worker for Actor {
    type Task = u32;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        assert!(!self.is_inside.swap(true, Ordering::SeqCst), "two threads in one worker");
        if cx.run_number() > 1 {
            self.gate.pass();
        }
        if self.phase == Phase::NotStarted && cx.run_number() == 2 {
            self.is_inside.store(false, Ordering::SeqCst);
            return Err("no power".into());
        }
        Ok(())
    }

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        if task == 0 { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn after_stop(&mut self, exit: &Exit) {
        if self.phase == Phase::Ended && exit.run == 1 {
            self.gate.pass();
        }
        assert!(self.is_inside.swap(false, Ordering::SeqCst));
    }
}

/// What a worker in a phase should do.
#[derive(Clone, Debug)]
struct Model {
    phase: Phase,
    state: State,
    run: u64,
    restarts: u64,
    /// Somebody has asked for the end of the life.
    asked: bool,
    terminated: bool,
    taken: bool,
    /// Starts that wait until the thread of the ended life is gone.
    waiting_starts: usize,
}

/// What a call should return: now or when the phase is over.
#[derive(Clone, Copy, Debug)]
enum Want {
    Now(Got),
    /// The exit of the first run; an error for who has not asked for the end alone.
    FirstExit {
        is_drain: bool,
    },
    /// The exit at the end of the life.
    LastExit {
        is_drain: bool,
    },
    /// It starts the next life, if it is the first to.
    NextLife,
}

impl Model {
    fn new(phase: Phase) -> Self {
        let state = match phase {
            Phase::Ended => State::Stopping,
            Phase::OnExit | Phase::Due => State::Waiting,
            Phase::Ready | Phase::NotStarted => State::Starting,
        };
        let restarts = u64::from(state == State::Starting);
        let (asked, terminated, taken) = (false, false, false);
        Self { phase, state, run: restarts + 1, restarts, asked, terminated, taken, waiting_starts: 0 }
    }

    fn call(&mut self, op: Op) -> Want {
        match op {
            Op::Start | Op::StartWith => self.start(),
            Op::Stop | Op::Drain => {
                let is_drain = op == Op::Drain;
                let is_over = matches!(self.state, State::Waiting | State::Stopped);
                self.ask();
                if is_over { Want::FirstExit { is_drain } } else { Want::LastExit { is_drain } }
            }
            Op::SignalStop | Op::Drop => {
                self.ask();
                Want::Now(Got::Nothing)
            }
            Op::Terminate => {
                self.terminated |= self.state == State::Starting;
                self.ask();
                Want::Now(Got::Nothing)
            }
            Op::IntoInner if self.state == State::Stopped && !self.taken => {
                self.taken = true;
                Want::Now(Got::TheWorker)
            }
            Op::IntoInner => Want::Now(Got::TheHandle),
        }
    }

    fn start(&mut self) -> Want {
        match self.state {
            State::Waiting => self.begin(1),
            State::Stopped if self.taken => return Want::Now(Got::Taken),
            State::Stopped if self.phase == Phase::OnExit => {
                self.waiting_starts += 1;
                return Want::NextLife;
            }
            State::Stopped => self.begin(0),
            _ => return Want::Now(Got::AlreadyRunning),
        }
        Want::Now(Got::Started)
    }

    fn begin(&mut self, restarts: u64) {
        (self.state, self.run, self.restarts) = (State::Starting, 2, restarts);
        self.asked = false;
    }

    fn ask(&mut self) {
        match self.state {
            State::Waiting => self.state = State::Stopped,
            State::Stopped => {}
            _ => self.asked = true,
        }
    }

    /// The phase is over. Returns how the last run that has ended did so.
    fn release(&mut self) -> (u64, ExitReason) {
        let fails =
            self.state == State::Stopping || self.state == State::Starting && self.phase == Phase::NotStarted;
        let after = if self.asked { State::Stopped } else { State::Waiting };
        match self.state {
            State::Starting if !fails && self.asked => {
                self.state = State::Stopped;
                (2, if self.terminated { ExitReason::Terminated } else { ExitReason::Stopped })
            }
            State::Starting if !fails => {
                self.state = State::Active;
                (1, ExitReason::Failed)
            }
            State::Stopping | State::Starting => {
                self.state = after;
                (self.run, ExitReason::Failed)
            }
            State::Stopped if self.waiting_starts > 0 && !self.taken => {
                self.begin(0);
                self.state = State::Active;
                (1, ExitReason::Failed)
            }
            _ => (1, ExitReason::Failed),
        }
    }
}

/// A worker that is held in a phase, with its model.
struct Case {
    model: Model,
    worker: Option<BackgroundQueueWorker<u32>>,
    clock: ManualClock,
    gate: Gate,
    starts: Arc<AtomicU64>,
    /// Has one entry as soon as nothing is left of the worker.
    gone: Probe<()>,
    calls: Vec<(Op, Want, Call)>,
}

enum Call {
    Done(Got),
    Going(JoinHandle<Got>),
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.model.phase)?;
        self.calls.iter().try_for_each(|(op, want, _)| write!(f, ", {op:?} ({want:?})"))
    }
}

impl Case {
    fn new(phase: Phase) -> Self {
        let (gate, clock, gone) = (Gate::default(), ManualClock::new(), Probe::new());
        let (starts, is_inside) = (Arc::default(), Arc::default());
        let actor = Actor { phase, gate: gate.clone(), starts: Arc::clone(&starts), is_inside };
        let (held, last) = (gate.clone(), gone.clone());
        let worker = BackgroundQueueWorker::builder(actor)
            .restart(exact())
            .clock(clock.clone())
            .on_exit(move |exit| {
                if phase == Phase::OnExit && exit.run == 1 {
                    held.pass();
                }
            })
            .o(OnDrop::new(move || last.add(())))
            .start()
            .unwrap();
        worker.put(0).unwrap();
        match phase {
            Phase::Ended | Phase::OnExit => gate.turnstile.wait(),
            Phase::Due => {
                wait_for(&worker, State::Waiting);
                clock.wait_for_sleepers(1);
            }
            Phase::Ready | Phase::NotStarted => {
                clock.advance_to_next();
                gate.turnstile.wait();
            }
        }
        let model = Model::new(phase);
        assert_eq!(worker.state(), model.state);
        Self { model, worker: Some(worker), clock, gate, starts, gone, calls: Vec::new() }
    }

    /// Makes a call; one that waits for something goes on.
    fn call(&mut self, op: Op) {
        let want = self.model.call(op);
        let call = match (op, &self.worker) {
            (Op::Drop, _) => {
                self.worker = None;
                Call::Done(Got::Nothing)
            }
            (_, None) => unreachable!("a drop is the last call"),
            (op, Some(worker)) => {
                let worker = worker.clone();
                let call = spawn_asleep(move || match op {
                    Op::Start => started(&worker.start()),
                    Op::StartWith => started(&worker.start_with(Start::new().arg(1_u8))),
                    Op::Stop => ended(worker.stop()),
                    Op::Drain => ended(worker.drain()),
                    Op::SignalStop => {
                        worker.signal_stop();
                        Got::Nothing
                    }
                    Op::Terminate => {
                        worker.terminate();
                        Got::Nothing
                    }
                    _ => match worker.into_inner::<Actor>() {
                        Ok(_) => Got::TheWorker,
                        Err(_) => Got::TheHandle,
                    },
                });
                Call::Going(call)
            }
        };
        self.calls.push((op, want, call));
        if let Some(worker) = &self.worker {
            wait_for(worker, self.model.state);
        }
    }

    /// Whether a call goes on, and so has a handle.
    fn is_busy(&self) -> bool {
        self.calls.iter().any(|(.., call)| matches!(call, Call::Going(call) if !call.is_finished()))
    }

    /// Ends the phase, and checks what became of the worker and of the calls.
    fn check(mut self) {
        let text = self.to_string();
        self.gate.open();
        let last = self.model.release();
        let mut next_lives = Vec::new();
        for (op, want, call) in std::mem::take(&mut self.calls) {
            let got = match call {
                Call::Done(got) => got,
                Call::Going(call) => call.join().unwrap(),
            };
            let (run, reason) =
                if matches!(want, Want::LastExit { .. }) { last } else { (1, ExitReason::Failed) };
            let want = match want {
                Want::Now(want) => want,
                Want::FirstExit { is_drain } | Want::LastExit { is_drain } => {
                    Got::Ended(run, reason, is_drain && reason == ExitReason::Failed)
                }
                Want::NextLife => {
                    next_lives.push(got);
                    continue;
                }
            };
            assert_eq!(got, want, "{op:?} of {text}");
        }
        let expected = if self.model.taken { Got::Taken } else { Got::Started };
        assert_eq!(next_lives.contains(&expected), !next_lives.is_empty(), "{text}");
        self.check_worker(last, &text);
    }

    fn check_worker(mut self, (run, reason): (u64, ExitReason), text: &str) {
        let Some(worker) = self.worker.take() else {
            // Nothing keeps the worker, and its last run is the one that it is in.
            self.gone.next();
            assert_eq!(self.starts.load(Ordering::SeqCst), self.model.run, "{text}");
            return;
        };
        wait_for(&worker, self.model.state);
        let exit = worker.last_exit();
        assert_eq!((exit.run, exit.reason), (run, reason), "{text}");
        assert_eq!(self.starts.load(Ordering::SeqCst), self.model.run, "{text}");
        match self.model.state {
            State::Waiting => {
                self.clock.advance_to_next();
                wait_for(&worker, State::Active);
                self.model.run += 1;
                self.model.restarts += 1;
            }
            State::Stopped if self.model.taken => {
                assert_eq!(started(&worker.start()), Got::Taken, "{text}");
                return;
            }
            State::Stopped => {
                // However far the clock goes, it stays so until it is started.
                self.clock.advance(LONG);
                assert_eq!(worker.state(), State::Stopped, "{text}");
                worker.start().unwrap();
                self.model.run += 1;
                self.model.restarts = 0;
            }
            _ => {}
        }
        worker.put(1).unwrap();
        let exit = worker.drain().unwrap();
        let seen = (exit.run, exit.restarts, exit.turns, exit.reason);
        assert_eq!(seen, (self.model.run, self.model.restarts, 1, ExitReason::Stopped), "{text}");
        assert_eq!(self.starts.load(Ordering::SeqCst), self.model.run, "{text}");
        drop(worker);
        self.gone.next();
    }
}

#[apply(bounded)]
fn r8_every_call_in_every_phase_of_a_restart() {
    for phase in PHASES {
        for op in OPS {
            let mut case = Case::new(phase);
            case.call(op);
            case.check();
        }
    }
}

#[apply(bounded)]
fn r8_every_pair_of_calls_in_every_phase_of_a_restart() {
    for phase in PHASES {
        for first in OPS.into_iter().filter(|op| *op != Op::Drop) {
            for second in OPS {
                let mut case = Case::new(phase);
                case.call(first);
                // A call that goes on has a handle too, so this one would not be the last.
                if second == Op::Drop && case.is_busy() {
                    case.check();
                    continue;
                }
                case.call(second);
                case.check();
            }
        }
    }
}

#[apply(bounded)]
fn r8_a_start_after_a_stop_wins_and_a_stop_after_a_start_does_too() {
    for _ in 0..100 {
        let mut case = Case::new(Phase::Due);
        case.gate.open();
        let worker = case.worker.take().unwrap();
        worker.stop().unwrap();
        worker.start().unwrap();
        assert_eq!((worker.state(), worker.last_exit().run), (State::Active, 1));
        worker.put(0).unwrap();
        wait_for(&worker, State::Waiting);
        worker.start().unwrap();
        assert_eq!(worker.stop().unwrap().run, 3);
        assert_eq!(worker.state(), State::Stopped);
    }
}
