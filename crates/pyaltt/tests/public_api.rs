//! The names and signatures that users rely on, used as they would use them: a change that breaks one of these is a
//! breaking change.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt::crossbeam_channel::Receiver;
use pyaltt::timing::{Poll, Precise, Realtime, Strategy, WaitContext, Waited};
use pyaltt::{
    AskError, AskFuture, BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Backoff, BoxError,
    BuildError, Context, EndFuture, Ended, Event, Exit, ExitReason, Exits, Flow, FunctionCollection, Handle,
    Inbox, MissedTick, NoTask, Overflow, Panic, PutError, PutErrorKind, PutFuture, Queue, Reply, ReplyTo,
    Restart, Start, StartError, State, StopError, StopToken, Then, Tick, Ticker, Trigger, Turn, WaitError,
    WaitingOn, WaitsFor, Watch, WeakHandle, Worker, WorkerError, WorkerErrorKind,
};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

struct Pin(u8);

#[derive(Default)]
struct Everything {
    ticks: u64,
}

impl Worker for Everything {
    type Task = Tick;

    fn run(&mut self, task: Tick, cx: &mut Context) -> Turn {
        let Tick { index: _, scheduled, late, missed } = task;
        let _: (Instant, Duration, u64) = (scheduled, late, missed);
        let _: (&str, bool, u64, u64) = (cx.name(), cx.is_active(), cx.run_number(), cx.turn_number());
        let _: (Option<&u8>, Option<u8>) = (cx.o::<u8>(), cx.arg::<Pin>().map(|pin| pin.0));
        let _ = (cx.o_mut::<u8>().is_some(), cx.arg_mut::<Pin>().is_some(), cx.id(), cx.stats());
        let token: StopToken = cx.stop_token();
        assert!(!token.is_stopped() && !token.wait(Duration::ZERO));
        let _line = token.receiver();
        assert_eq!(cx.sleep(Duration::ZERO), Flow::Continue);
        self.ticks += 1;
        if self.ticks == 3 {
            cx.terminate();
        }
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
        let _: &mut Context = inbox.context();
        assert!(inbox.next_deadline(Instant::now() + ms(100)).is_ok());
        let _: Result<Tick, NoTask> = inbox.try_next();
        while let Some(task) = inbox.next() {
            if let ControlFlow::Break(()) = inbox.turn(self, task) {
                break;
            }
        }
        Ok(())
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {}

    fn before_stop(&mut self, _cx: &mut Context) {}

    fn after_stop(&mut self, exit: &Exit) {
        assert_eq!(exit.reason, ExitReason::Terminated);
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        Flow::Stop
    }
}

#[test]
fn workers_of_the_users_types() -> Result<(), BoxError> {
    let worker: BackgroundWorker =
        BackgroundWorker::builder(Everything::default()).interval(ms(10)).realtime(true).build()?;
    worker.start_with(
        Start::new().interval(ms(1)).arg(Pin(7)).o(1_u8).name("all").daemon(true).paused(false),
    )?;
    let exit: Exit = worker.wait()?;
    let _: (Option<Arc<WorkerError>>, u64, usize, Arc<str>) =
        (exit.error.clone(), exit.turns, exit.left, Arc::clone(&exit.worker));
    assert_eq!((worker.state(), worker.last_exit().reason), (State::Stopped, ExitReason::Terminated));
    let worker: Result<Everything, BackgroundWorker> = worker.into_inner();
    assert_eq!(worker.map(|worker| worker.ticks).ok(), Some(3));
    Ok(())
}

#[test]
fn workers_of_functions() -> Result<(), BoxError> {
    let hello = pyaltt::looped(|_tick, cx| println!("I'm a worker {}", cx.name()))
        .name("hello")
        .interval(ms(100))
        .missed(MissedTick::CatchUp { max: 2 })
        .strategy(Precise)
        .stack_size(1 << 20)
        .start()?;
    assert!(matches!(hello.start(), Err(StartError::AlreadyRunning { .. })));
    hello.signal_stop();
    let _: Result<Exit, StopError> = hello.stop_timeout(Duration::from_secs(10));
    let _: Result<Exit, StopError> = hello.wait_timeout(Duration::from_secs(10));
    hello.stop()?;

    let mail = pyaltt::queue(|letter: String, _cx| if letter.is_empty() { Err("empty") } else { Ok(()) })
        .name("mail")
        .bounded(1024)
        .overflow(Overflow::Block)
        .on_error(|e| eprintln!("{e}"))
        .start()?;
    mail.put("dear Sir".into())?;
    mail.try_put("dear Madam".into())?;
    mail.put_timeout(String::new(), ms(1))?;
    let _: (usize, bool) = (mail.len(), mail.is_empty());
    assert_eq!(mail.drain()?.turns, 3);
    mail.signal_drain();
    let _: Result<Exit, StopError> = mail.drain_timeout(ms(1));
    mail.close();
    assert_eq!(mail.put("late".into()).unwrap_err().into_inner(), "late");
    let pending: Vec<String> = mail.take_pending();
    assert!(pending.is_empty());

    let door = Event::new();
    let alarm =
        pyaltt::event(|trigger: Trigger, _cx| println!("{} alarms", trigger.count)).event(door).start()?;
    alarm.trigger();
    alarm.event().set();
    alarm.terminate();
    alarm.wait()?;
    alarm.pause();
    let _: Result<(), StopError> = alarm.pause_wait(ms(100));
    let _: bool = alarm.is_paused();
    alarm.resume();
    alarm.detach();
    Ok(())
}

#[test]
fn errors_of_runs() -> Result<(), BoxError> {
    let printer = pyaltt::queue(|_page: u32, _cx| Err::<(), _>("no paper")).name("printer").start()?;
    printer.put(1)?;
    let error = printer.wait().unwrap_err();
    let StopError::Failed(exit) = &error else { return Err(error.into()) };
    let failure: &WorkerError = exit.error.as_deref().ok_or("it failed")?;
    let _: (&str, Option<u64>, Option<&str>) = (failure.worker(), failure.turn(), failure.hook());
    assert!(matches!(failure.kind(), WorkerErrorKind::Failed(_)));
    let refused: PutErrorKind = printer.put(2).unwrap_err().kind();
    assert_eq!(refused, PutErrorKind::WorkerFailed);
    let _: [PutErrorKind; 3] = [PutErrorKind::Stopping, PutErrorKind::Closed, PutErrorKind::FromOnDropped];
    match error {
        StopError::Left { exit: _, tasks: 1.., .. } | StopError::Stopping { worker: _, .. } => {
            Err("not these".into())
        }
        _ => Ok(()),
    }
}

#[test]
fn restarts() -> Result<(), BoxError> {
    let backoff: Backoff = (ms(1)..ms(100)).into();
    let policy = Restart::on_failure()
        .backoff(backoff)
        .jitter(0.5)
        .max(3, Duration::from_secs(60))
        .healthy_after(ms(1000))
        .only(|exit: &Exit| exit.errors > 0)
        .start(|exit: &Exit| Start::new().arg(exit.run));
    let link = pyaltt::event(|_trigger, cx| if cx.run_number() < 3 { Err("no route") } else { Ok(()) })
        .restart(policy.clone())
        .after_start(|cx| {
            assert_eq!(cx.arg::<u64>().copied(), cx.run_number().checked_sub(1).filter(|n| *n > 0));
        })
        .on_exit(|exit: &Exit| match exit.then {
            Then::Rest | Then::Again { after: _ } | Then::GaveUp { restarts: _, within: _ } => {}
            _ => unreachable!("no supervisor holds it"),
        })
        .build()?;
    link.start()?;
    while link.stats().restarts < 2 {
        link.trigger();
        std::thread::yield_now();
    }
    let exit: Exit = link.stop()?;
    let _: (u64, usize, Then, State) = (exit.restarts, exit.pending, exit.then, State::Waiting);
    drop(pyaltt::looped(|_tick, _cx| ()).restart(Restart::always().backoff(ms(1))).build()?);
    drop(pyaltt::queue(|_task: u8, _cx| ()).restart(Restart::never()).build()?);
    Ok(())
}

#[test]
fn questions_and_answers() -> Result<(), BoxError> {
    enum Order {
        Price(u8, ReplyTo<u32>),
    }
    let shop = pyaltt::queue(|order, _cx| match order {
        Order::Price(item, to) if to.is_wanted() => drop::<Result<(), u32>>(to.send(u32::from(item))),
        Order::Price(..) => {}
    })
    .build()?;
    let refused: PutError<Order> = shop.ask(|to| Order::Price(1, to)).unwrap_err();
    assert_eq!(refused.kind(), PutErrorKind::NotRunning);
    shop.start()?;
    assert_eq!(shop.ask(|to| Order::Price(1, to))?.wait()?, 1);
    let mut reply: Reply<u32> = shop.try_ask(|to| Order::Price(2, to))?;
    let timed: Result<u32, AskError> = reply.wait_timeout(Duration::MAX);
    assert_eq!(timed?, 2);
    let mut reply = shop.ask_timeout(|to| Order::Price(3, to), ms(1))?;
    let receiver: &Receiver<Infallible> = reply.receiver();
    assert!(receiver.recv().is_err());
    let got: Option<Result<u32, AskError>> = reply.try_get();
    assert_eq!(got.unwrap()?, 3);
    shop.ask(|to| Order::Price(4, to))?.cancel();
    shop.ask(|to| Order::Price(5, to))?.detach();
    drop(async { shop.ask(|to| Order::Price(6, to))?.await.map_err(BoxError::from) });
    drop(async { shop.ask_async(|to| Order::Price(7, to)).await?.await.map_err(BoxError::from) });
    let question: AskFuture<'_, u32, Order> = shop.ask_async(|to| Order::Price(8, to));
    drop(question);

    let (to, reply): (ReplyTo<u8>, Reply<u8>) = pyaltt::reply();
    let late: Result<(), u8> = {
        drop(reply);
        to.send(1)
    };
    assert_eq!(late, Err(1));
    let name = |error: &AskError| match error {
        AskError::NoReply { worker, .. }
        | AskError::Panicked { worker, .. }
        | AskError::Stopping { worker, .. }
        | AskError::FromWorker { worker, .. }
        | AskError::Ended { worker, exit: Exit { .. }, .. }
        | AskError::Timeout { worker, waited: Duration { .. }, .. } => Arc::clone(worker),
        other => other.worker().into(),
    };
    let ended = shop.ask(|to| Order::Price(7, to))?;
    shop.stop()?;
    if let Err(error) = ended.wait() {
        assert_eq!(&*name(&error), shop.name());
    }
    drop(shop.take_pending());
    Ok(())
}

#[test]
fn the_ends_of_other_workers() -> Result<(), BoxError> {
    let beat = pyaltt::looped(|_tick, _cx| false).build()?;
    let alarm = pyaltt::event(|_trigger, _cx| ()).build()?;
    let guard = pyaltt::queue(|_exit: Exit, _cx| ()).build()?;
    let watches: [Watch; 2] =
        [guard.watch(&beat, Exit::clone), guard.watch(&alarm, |exit: &Exit| exit.clone())];
    assert_eq!(guard.take_pending().len(), watches.len());

    let ended: Result<Ended, WaitError> = pyaltt::wait_any(&[&beat, &alarm, &guard], Some(ms(1)));
    let Ended { index, name, exit, .. } = ended?;
    let _: (usize, Arc<str>, Exit) = (index, name, exit);
    assert!(matches!(pyaltt::wait_any(&[], None), Err(WaitError::NoWorkers)));

    let of_one_kind: Vec<Result<Exit, StopError>> =
        pyaltt::wait_all(&[beat.clone(), beat.clone()], Instant::now());
    let of_all_kinds = pyaltt::wait_all(&[Handle::from(&beat), Handle::from(&alarm)], None);
    let by_reference: [&Handle; 2] = [&beat, &alarm];
    assert_eq!(
        (of_one_kind.len(), of_all_kinds.len(), pyaltt::wait_all(&by_reference, None).len()),
        (2, 2, 2)
    );

    let mut exits = Exits::new();
    exits.add(&beat);
    let next: Result<(Handle, Exit), NoTask> = exits.next(ms(1));
    assert_eq!(next?.0, *beat);
    assert_eq!(exits.next(None).unwrap_err(), NoTask::Ended);
    Ok(())
}

#[test]
fn builders_of_every_option() -> Result<(), BuildError> {
    let builder = || pyaltt::looped(|_tick, _cx| ()).daemon(false).paused(false).o("an object");
    drop(builder().delay_before(ms(1)).delay_after(ms(1)).poll_delay(ms(1)).build()?);
    drop(builder().delay(ms(1)).build()?);
    drop(pyaltt::queue(|_task: u8, _cx| ()).priority().build()?);
    drop(pyaltt::queue(|_task: u8, _cx| ()).lifo().build()?);
    let (_sender, receiver) = pyaltt::crossbeam_channel::unbounded();
    drop(pyaltt::queue(|_task: u8, _cx| ()).queue(receiver).build()?);
    Ok(())
}

#[test]
fn queues_without_a_worker() -> Result<(), BoxError> {
    let bounded: Result<Queue<u8>, BuildError> = Queue::bounded(2);
    for queue in [Queue::unbounded(), bounded?, Queue::lifo(), Queue::priority()] {
        let queue: Queue<u8> = queue;
        queue.put(1)?;
        queue.try_put(2)?;
        let pending: Vec<u8> = queue.take_pending();
        assert_eq!((pending.len(), queue.is_empty()), (2, true));
        drop(pyaltt::queue(|_task: u8, _cx| ()).queue(queue).build()?);
    }
    Ok(())
}

#[test]
fn timing_without_a_worker() -> Result<(), BoxError> {
    struct Own;
    impl Strategy for Own {
        fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
            Poll::default().wait_until(deadline, cx)
        }
    }
    let _strategies: [Box<dyn Strategy>; 4] =
        [Box::new(Poll::default()), Box::new(Precise), Box::new(Realtime::new()), Box::new(Own)];
    assert_eq!(Ticker::interval(ms(1))?.take(2).count(), 2);
    Ok(())
}

#[test]
fn collections() {
    let dump = FunctionCollection::new();
    dump.add("cpu", || 1).unwrap();
    dump.add_result("disk", || Err::<u8, _>("no disk")).unwrap();
    dump.on_error(|error| eprintln!("{error}"));
    dump.include_errors(true);
    let (results, ok) = dump.execute();
    assert!(!ok && results.get("disk").is_some());
    dump.on_run(|fc| fc.execute().0);
    assert_eq!(dump.run().len(), 2);
    dump.remove("cpu");
}

#[test]
fn what_is_shared_between_threads_can_be() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<BackgroundWorker>();
    shared::<BackgroundQueueWorker<u8>>();
    shared::<Handle>();
    shared::<WeakHandle>();
    shared::<BackgroundEventWorker>();
    shared::<StopToken>();
    shared::<Event>();
    shared::<pyaltt::Queue<std::cell::Cell<u8>>>();
    shared::<FunctionCollection<u8>>();
    shared::<Exit>();
    shared::<StopError>();
    shared::<WaitError>();
    shared::<AskError>();
    sent::<Reply<std::cell::Cell<u8>>>();
    sent::<ReplyTo<std::cell::Cell<u8>>>();
    shared::<Ended>();
    sent::<Watch>();
    sent::<Exits>();
    shared::<Panic>();
    shared::<BuildError>();
    shared::<Restart>();
    shared::<Backoff>();
    sent::<StartError>();
    sent::<Ticker>();
    sent::<Start>();
}

#[test]
fn waits_without_a_thread() -> Result<(), BoxError> {
    let mail = pyaltt::queue(|_letter: u8, _cx| ()).start()?;
    let put: PutFuture<'_, u8> = mail.put_async(1);
    let queued: PutFuture<'_, u8> = mail.queue().put_async(2);
    drop(async { (put.await, queued.await) });
    let (wait, drain): (EndFuture<'_>, EndFuture<'_>) = (mail.wait_async(), mail.drain_async());
    drop(async {
        let exits: [Result<Exit, StopError>; 2] = [wait.await, drain.await];
        exits
    });
    let on: Option<WaitingOn> = mail.waiting_on();
    assert!(on.is_none());
    let told = |on: &WaitingOn| match on.what {
        WaitsFor::Room | WaitsFor::End | WaitsFor::Answer | WaitsFor::Start => {
            (Arc::clone(&on.worker), on.then.is_some(), on.is_ring(), on.workers().count())
        }
        _ => (Arc::clone(&on.worker), false, false, 0),
    };
    let _ = told;
    mail.stop()?;
    Ok(())
}

#[test]
fn programs_of_workers() -> Result<(), BoxError> {
    use pyaltt::group::{MemberInfo, MemberReport, Problem};
    use pyaltt::{Child, EndedBy, GroupError, GroupEvent, MemberOutcome, Report, Supervision, Supervisor};

    let shutdown = FunctionCollection::new();
    shutdown.add("close", || ())?;
    let mail = pyaltt::queue(|_letter: &str, _cx| ()).name("mail").build()?;
    let bus = pyaltt::looped(|_tick, _cx| ()).name("bus").interval(ms(1)).build()?;
    let bell = pyaltt::event(|_trigger, _cx| ()).name("bell").build()?;
    let handle: &Handle = &bell;
    let io = Supervisor::new().name("io").rest_for_one().max(3, ms(1_000)).add(&bus).add(handle);
    let plan = Supervisor::new()
        .name("gateway")
        .one_for_one()
        .one_for_all()
        .restart(Restart::on_failure())
        .add(Child::of(&mail).drain().critical().stop_within(ms(1_000)).start_within(ms(1_000)))
        .add(Child::of(io).restart(Restart::never()).stuck_after(ms(1_000)).retry_start())
        .stop_within(ms(5_000))
        .on_shutdown(&shutdown)
        .on_event(|event: &GroupEvent| drop(event.to_string()));
    #[cfg(feature = "signals")]
    let plan = plan.on_signal(1, || ());
    #[cfg(feature = "systemd")]
    let plan = plan.systemd();
    let program: Supervision = plan.start()?;
    let members: Vec<MemberInfo> = program.members();
    assert_eq!(members.len(), 3);
    let problems: Vec<Problem> = program.problems();
    assert_eq!(problems.is_empty(), program.is_healthy());
    let late = pyaltt::event(|_trigger, _cx| ()).build()?;
    let added: Result<(), GroupError> = program.add(&late);
    added?;
    let _: Option<Exit> = program.remove(&late);
    let _: Option<Report> = program.wait_timeout(Duration::ZERO);
    let report = program.stop_within(ms(5_000));
    let _: (&EndedBy, Duration, &Vec<MemberReport>) = (&report.ended_by, report.took, &report.members);
    assert!(matches!(report.members[0].outcome, MemberOutcome::Stopped(_)));
    assert_eq!((report.shutdown.len(), report.exit_code()), (1, 0));
    let _: std::process::ExitCode = report.into();
    #[cfg(feature = "signals")]
    {
        let _: fn(Supervisor) -> Result<Report, GroupError> = Supervisor::run_until_signal;
        let _: fn(&Supervision) -> Result<Report, GroupError> = Supervision::until_signal;
    }
    Ok(())
}
