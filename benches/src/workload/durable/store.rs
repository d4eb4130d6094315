//! What a contender of the queues report offers.

use super::engine::Engine;
use super::letter::Letter;
use super::place::Place;
use std::any::Any;

/// What becomes of a letter.
pub trait Handler: Fn(Letter) + Clone + Send + Sync + 'static {}

impl<F: Fn(Letter) + Clone + Send + Sync + 'static> Handler for F {}

/// A queue. Producers share it by reference. Every method fails with the words of what went wrong.
#[expect(clippy::missing_errors_doc, reason = "all of them fail as the trait says")]
pub trait Store: Sync + Sized + 'static {
    /// What keeps its tasks.
    const ENGINE: Engine;

    /// Opens the queue in a place, and makes it if need be.
    fn open(place: &Place) -> Result<Self, String>;

    /// Stores a letter, and returns when it is on the disk.
    fn put(&self, letter: Letter) -> Result<(), String>;

    /// Stores many at once, before what is measured.
    fn fill(&self, letters: Vec<Letter>) -> Result<(), String>;

    /// How many letters wait.
    fn waiting(&self) -> Result<u64, String>;

    /// Starts so many workers. What it returns keeps them running until it is dropped.
    fn start<H: Handler>(&self, workers: usize, handler: H) -> Result<Box<dyn Any>, String>;
}
