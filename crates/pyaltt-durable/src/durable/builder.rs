//! The options of a durable queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::BoxError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Durable;
use super::error::{QueueError, QueueErrorKind};
use super::format::{TaskFormat, Upgrade};
use crate::clerk;
use crate::clerk::state::LONGEST_SAFETY;
use crate::engine::contract::Engine;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::stats::{Finding, Severity};
use crate::envelope::codec::{Codec, Json};
use crate::envelope::{DEFAULT_MAX_BODY, Envelope};
use crate::link::{Link, Opener};
use crate::retry::Retry;
use crate::shared::{Options, Shared};

/// The shortest and the longest lease.
const LEASES: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(86_400);

/// How long the end of the process waits for settlements while the engine fails.
const EXIT_PATIENCE: Duration = Duration::from_secs(10);

/// The options of a durable queue. An engine's store makes it.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Durable, MemoryStore, Retry};
/// use std::time::Duration;
///
/// let mail: Durable<String> = MemoryStore::default()
///     .queue("mail")
///     .retry(Retry::exponential(Duration::from_secs(10)).attempts(3))
///     .lease(Duration::from_secs(60))
///     .build()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "there is no queue before `build`"]
pub struct DurableBuilder {
    name: Vec<u8>,
    open: Arc<Opener>,
    retry: Retry,
    lease: Duration,
    fair_share: u32,
    kind: String,
    version: u32,
    upgrade: Option<Box<Upgrade>>,
    max_body: usize,
    safety: Duration,
    exit_patience: Duration,
    requires_durable: bool,
}

impl DurableBuilder {
    /// Begins to make a queue, for engines. `open` makes a connection to the engine; it is called again when one is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::{Durable, DurableBuilder, MemoryStore};
    ///
    /// let store = MemoryStore::default();
    /// let mail: Durable<String> = DurableBuilder::new("mail", move || Ok(Box::new(store.engine()))).build()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn new(
        name: impl AsRef<[u8]>,
        open: impl Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            open: Arc::new(open),
            retry: Retry::default(),
            lease: Duration::from_secs(30),
            fair_share: 16,
            kind: "task".to_owned(),
            version: 1,
            upgrade: None,
            max_body: DEFAULT_MAX_BODY,
            safety: LONGEST_SAFETY,
            exit_patience: EXIT_PATIENCE,
            requires_durable: false,
        }
    }

    /// Sets when a task that failed is tried again. The default is [`Retry::default`]: 5 attempts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{MemoryStore, Retry};
    /// let mail = MemoryStore::default().queue("mail").retry(Retry::none()).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// Sets how long the tasks of a process that died stay with it at most. The default is 30 s; 100 ms to a day are
    /// allowed.
    ///
    /// It limits no turn: as long as the process lives and reaches the engine, its lease is renewed, once for all its tasks.
    /// Without anything else to do, the process looks for tasks and for dead processes at least every 0.48 leases.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let lease = std::time::Duration::from_secs(5);
    /// let mail = MemoryStore::default().queue("mail").lease(lease).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Makes each so-manieth task that this process takes the oldest one, of whatever level, so that none starves. The
    /// default is 16; with 0 levels are strict.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let mail = MemoryStore::default().queue("mail").fair_share(0).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn fair_share(self, fair_share: u32) -> Self {
        Self { fair_share, ..self }
    }

    /// Sets what its tasks are, such as `letter`. Workers take only tasks of their kind. The default is `task`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let mail = MemoryStore::default().queue("mail").kind("letter").build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn kind(self, kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), ..self }
    }

    /// Sets the version of the kind. Tasks of a newer version wait for a worker that knows it. The default is 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let mail = MemoryStore::default().queue("mail").kind("letter").version(2).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// Sets what makes a task of the current version of one of an older version, as JSON. It is given that version.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// // Version 1 was the text alone.
    /// let mail: Durable<(String, u32)> = MemoryStore::default()
    ///     .queue("mail")
    ///     .version(2)
    ///     .upgrade(|version, json| Ok(if version == 1 { serde_json::json!([json, 0]) } else { json }))
    ///     .build()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn upgrade(
        self,
        upgrade: impl Fn(u32, serde_json::Value) -> Result<serde_json::Value, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { upgrade: Some(Box::new(upgrade)), ..self }
    }

    /// Sets how long the payload of a task may be, in bytes. The default is 1 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let mail = MemoryStore::default().queue("mail").max_body(10).build::<String>()?;
    /// let error = mail.put("dear Madam".into()).unwrap_err();
    /// assert_eq!(error.kind(), pyaltt::PutErrorKind::Rejected);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn max_body(self, bytes: usize) -> Self {
        Self { max_body: bytes, ..self }
    }

    /// Sets the longest time between two looks for tasks that nobody has told of. The default is 30 s. Short
    /// [leases](Self::lease) make it shorter.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let pause = std::time::Duration::from_secs(1);
    /// let mail = MemoryStore::default().queue("mail").look_every(pause).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn look_every(self, pause: Duration) -> Self {
        Self { safety: pause, ..self }
    }

    /// Sets for how long the end of the process waits for what tasks have come to, while the engine fails. The default is
    /// 10 s. What was not told to the engine by then runs again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let patience = std::time::Duration::from_secs(1);
    /// let mail = MemoryStore::default().queue("mail").exit_patience(patience).build::<String>()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn exit_patience(self, patience: Duration) -> Self {
        Self { exit_patience: patience, ..self }
    }

    /// Makes [`build`](Self::build) fail where the settings of the engine break what it promises. By default that is logged
    /// as an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::MemoryStore;
    /// let mail = MemoryStore::default().queue("mail").require_durable(true).build::<String>();
    /// assert!(mail.is_err()); // it is in memory
    /// ```
    pub fn require_durable(self, requires_durable: bool) -> Self {
        Self { requires_durable, ..self }
    }

    /// Makes the queue. Its tasks are stored as JSON.
    ///
    /// # Errors
    ///
    /// If an option has a value that is not allowed, or the engine cannot be reached.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn build<T: Serialize + DeserializeOwned + Send + 'static>(self) -> Result<Durable<T>, QueueError> {
        self.build_with(Json)
    }

    /// Makes a queue whose tasks are stored by a codec of one's own.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, Json, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build_with(Json)?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn build_with<T: Send + 'static>(self, codec: impl Codec<T>) -> Result<Durable<T>, QueueError> {
        let given = String::from_utf8_lossy(&self.name).into_owned();
        let invalid = |error: BoxError| QueueError::new(&*given, QueueErrorKind::Invalid, error);
        let queue = QueueName::new(&self.name).map_err(|error| invalid(error.into()))?;
        self.retry.check().map_err(|error| invalid(error.into()))?;
        if !LEASES.contains(&self.lease) {
            let (lease, shortest, longest) = (self.lease, LEASES.start(), LEASES.end());
            return Err(invalid(format!("lease {lease:?}: {shortest:?} to {longest:?} are allowed").into()));
        }
        Envelope::new(&*self.kind, self.version, []).check(0).map_err(|error| invalid(error.into()))?;
        let link = Link::new(queue.clone(), self.open);
        let findings = link.call(Engine::check).map_err(|error| QueueError::of_engine(&queue, error))?;
        report(&queue, &findings, self.requires_durable)?;
        let options = Options {
            queue,
            kind: self.kind,
            version: self.version,
            retry: self.retry,
            lease: self.lease,
            fair_share: self.fair_share,
            max_body: self.max_body,
            safety: self.safety.max(Duration::from_millis(1)),
            exit_patience: self.exit_patience,
            has_bell: true,
        };
        let form = TaskFormat { codec: Box::new(codec), upgrade: self.upgrade };
        Ok(Durable { shared: Arc::new(Shared::new(options, link, clerk::start)), format: Arc::new(form) })
    }
}

/// Logs what a check has found. What breaks the promise is an error if the queue has to be durable.
fn report(queue: &QueueName, findings: &[Finding], requires_durable: bool) -> Result<(), QueueError> {
    for finding in findings {
        match finding.severity {
            Severity::Note => tracing::info!(%queue, %finding, "a check of the engine"),
            _ if requires_durable => {
                return Err(QueueError::new(queue.as_str(), QueueErrorKind::NotDurable, finding.to_string()));
            }
            _ => tracing::error!(%queue, %finding, "the engine does not keep what it promises"),
        }
    }
    Ok(())
}

impl fmt::Debug for DurableBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = String::from_utf8_lossy(&self.name);
        f.debug_struct("DurableBuilder").field("name", &name).finish_non_exhaustive()
    }
}
