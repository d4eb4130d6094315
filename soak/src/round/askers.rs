//! Questions to the workers of a round, and the threads that wait for their answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use pyaltt::{AskError, PutError, Reply, ReplyTo};
use testkit::block_on;

use crate::account::findings::Kind;
use crate::account::round_account::RoundAccount;
use crate::account::task::Task;

/// How many threads wait for answers.
const THREADS: usize = 2;

/// How many questions may wait for these threads; the answers of further ones are not wanted. So the memory of a round does
/// not depend on how far behind the threads are.
const WAITING: usize = 1 << 10;

/// Makes the task of a question, for `ask` and its kind.
pub(crate) type Question = Box<dyn FnOnce(ReplyTo<u64>) -> Task>;

/// Who waits for the answers.
#[derive(Debug)]
pub(crate) struct Askers {
    account: Arc<RoundAccount>,
    questions: Mutex<Option<Sender<Asked>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A question that was put, and its answer if there is one.
#[derive(Debug)]
struct Asked {
    reply: Reply<u64>,
    number: u64,
}

impl Askers {
    pub(crate) fn new(account: &Arc<RoundAccount>) -> Self {
        let (questions, asked) = crossbeam_channel::unbounded();
        let wait = || {
            let (account, asked) = (Arc::clone(account), asked.clone());
            thread::spawn(move || wait_for_answers(&account, &asked))
        };
        let threads = (0..THREADS).map(|_| wait()).collect();
        let questions = Mutex::new(Some(questions));
        Self { account: Arc::clone(account), questions, threads: Mutex::new(threads) }
    }

    /// Puts a task as a question. One of eight answers is not wanted; the others are waited for, unless too many are.
    pub(crate) fn ask(
        &self,
        task: Task,
        put: impl FnOnce(Question) -> Result<Reply<u64>, PutError<Task>>,
    ) -> Result<(), PutError<Task>> {
        let number = task.dice();
        let questions = self.questions.lock().clone().filter(|questions| questions.len() < WAITING);
        let is_awaited = questions.is_some() && !number.is_multiple_of(8);
        let reply = put(Box::new(move |asker| task.answer_to(asker, is_awaited)))?;
        if let Some(questions) = questions
            && is_awaited
        {
            self.account.asks.asked.fetch_add(1, Ordering::SeqCst);
            // The threads take questions as long as there is a sender.
            let _ = questions.send(Asked { reply, number });
        }
        Ok(())
    }

    /// Waits until all questions have ended, as they do with the workers.
    pub(crate) fn join(&self) {
        drop(self.questions.lock().take());
        for thread in std::mem::take(&mut *self.threads.lock()) {
            if thread.join().is_err() {
                self.account.findings.add(Kind::Misbehaved, format_args!("a thread that asked has panicked"));
            }
        }
    }
}

/// Waits for one answer after the other, now as a thread and now as a future.
fn wait_for_answers(account: &RoundAccount, asked: &Receiver<Asked>) {
    for Asked { reply, number } in asked {
        let answer = if number.is_multiple_of(2) { reply.wait() } else { block_on(reply) };
        let asks = &account.asks;
        let count = match &answer {
            Ok(answer) if *answer == number => &asks.answered,
            Err(AskError::NoReply { .. } | AskError::Panicked { .. }) => &asks.unanswered,
            Err(AskError::Ended { .. }) => &asks.ended,
            _ => {
                account.findings.add(Kind::Misbehaved, format_args!("question {number}: {answer:?}"));
                continue;
            }
        };
        count.fetch_add(1, Ordering::SeqCst);
    }
}
