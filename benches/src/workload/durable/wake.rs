//! From a put to the turn, while the consumer has nothing to do.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use super::engine::Engine;
use super::letter::Letter;
use super::place::{Place, Temporary};
use super::store::Store;
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::actor::{Actor, say, stay};
use crate::workload::times::{median_and_p99, quantiles};

/// The name of its case with a worker in the process that puts.
pub const HERE: &str = "wake-here";

/// The name of its case with a worker in another process.
pub const ELSEWHERE: &str = "wake-elsewhere";

/// The name of the part of that process.
const PART: &str = "wake";

/// How long the consumer has nothing to do before each put.
const IDLE: Duration = Duration::from_millis(20);

/// Longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    let how = format!(
        "The consumer has been idle for 20 ms. From the call of put to the beginning of the turn. A queue that lends \
         its tasks out writes twice until then: the task, and that it was taken. {} itself inserts a row and wakes",
        engine.name()
    );
    let case = |name, title, by| {
        let how = format!("{how} {by}; with two commits, what is woken commits as well before it counts.");
        Case::new(engine.id(name), engine.title(title), &how, Work::Repeat(100)).with(median_and_p99())
    };
    let by = match engine {
        Engine::Sqlite => "the process by a datagram on a Unix socket",
        Engine::Postgres => "the process by NOTIFY, in one transaction",
    };
    vec![
        case(HERE, "Put to turn when idle, same process", "a thread by a channel"),
        case(ELSEWHERE, "Put to turn when idle, another process", by),
    ]
}

/// Puts a letter.
pub type PutOne = Box<dyn FnMut(Letter) -> Result<(), String>>;

/// What is woken tells the age of the letter.
pub type Tell = Box<dyn Fn(u64) + Send>;

impl Contender {
    /// Takes part in both cases.
    #[must_use]
    pub fn rouses<S: Store>(self) -> Self {
        self.rouses_here(S::ENGINE, |place, tell| {
            let store = S::open(place)?;
            let tell = Arc::new(Mutex::new(tell));
            let workers = store.start(1, move |letter: Letter| {
                let age = letter.age();
                if let Ok(tell) = tell.lock() {
                    tell(age);
                }
            })?;
            Ok(Box::new(move |letter| {
                let _workers = &workers;
                store.put(letter)
            }))
        })
        .rouses_elsewhere(
            S::ENGINE,
            |place| {
                let store = S::open(place)?;
                Ok(Box::new(move |letter| store.put(letter)))
            },
            |place| {
                let store = S::open(place)?;
                let workers = store.start(1, |letter: Letter| _ = say(&letter.age().to_string()))?;
                say("ready")?;
                stay();
                drop(workers);
                Ok(())
            },
        )
    }

    /// Takes part in the case of one process. `prepare` starts what is woken, and returns what puts.
    #[must_use]
    pub fn rouses_here(
        self,
        engine: Engine,
        prepare: impl Fn(&Place, Tell) -> Result<PutOne, String> + 'static,
    ) -> Self {
        self.does(engine.id(HERE), move |count| {
            let temporary = Temporary::of(engine)?;
            let (give, ages) = mpsc::channel();
            let put = prepare(temporary.place(), Box::new(move |age| _ = give.send(age)))?;
            let hear =
                || ages.recv_timeout(PATIENCE).map_err(|error| format!("a turn has not come: {error}"));
            measure(count, put, hear)
        })
    }

    /// Takes part in the case of two processes. `prepare` returns what puts; `listen` says `ready`, and then the age of each
    /// letter.
    #[must_use]
    pub fn rouses_elsewhere(
        self,
        engine: Engine,
        prepare: impl Fn(&Place) -> Result<PutOne, String> + 'static,
        listen: impl Fn(&Place) -> Result<(), String> + 'static,
    ) -> Self {
        let (id, part) = (self.id(), engine.id(PART));
        self.plays(part.clone(), move |place, _| listen(place)).does(engine.id(ELSEWHERE), move |count| {
            let temporary = Temporary::of(engine)?;
            let mut actor = Actor::start(id, &part, temporary.place(), 0)?;
            actor.hear()?;
            measure(count, prepare(temporary.place())?, || actor.hear_number())
        })
    }
}

fn measure(
    count: usize,
    mut put: PutOne,
    mut hear: impl FnMut() -> Result<u64, String>,
) -> Result<Measured, String> {
    let mut once = |idle| {
        thread::sleep(idle);
        put(Letter::stamped())?;
        hear().map(Duration::from_nanos)
    };
    // Until the log of the file is as long as it will be: from then on it is written over, which is quicker.
    (0..2 * count).try_for_each(|_| once(Duration::ZERO).map(drop))?;
    Ok(quantiles((0..count).map(|_| once(IDLE)).collect::<Result<_, _>>()?))
}
