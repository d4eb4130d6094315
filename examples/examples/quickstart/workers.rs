//! The three workers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt::prelude::*;
use sysinfo::{
    MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System,
};

use crate::screen::Screen;
use crate::window::Window;

/// How long the meters take to their first figure.
pub(crate) const WARM_UP: Duration = Duration::from_millis(300);

/// The load of the machine at one moment.
pub(crate) struct Sample {
    pub(crate) tick: Tick,
    /// In percent.
    pub(crate) cpu: f32,
    /// In bytes.
    pub(crate) used_memory: u64,
    pub(crate) total_memory: u64,
}

/// Takes a sample in every turn and puts it on the queue.
pub(crate) struct Sampler {
    /// A meter has a new figure every 200 ms at best, so three of them take turns.
    meters: [System; 3],
    samples: Queue<Sample>,
    pub(crate) taken: u64,
}

impl Sampler {
    pub(crate) fn new(samples: &Queue<Sample>) -> Self {
        Self { meters: [(); 3].map(|()| System::new()), samples: samples.clone(), taken: 0 }
    }
}

impl Worker for Sampler {
    type Task = Tick;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.meters.iter_mut().for_each(System::refresh_cpu_usage);
        Ok(())
    }

    fn run(&mut self, tick: Tick, _cx: &mut Context) -> Turn {
        self.meters.rotate_left(1);
        let meter = &mut self.meters[0];
        meter.refresh_cpu_usage();
        meter.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        self.taken += 1;
        self.samples.put(Sample {
            tick,
            cpu: meter.global_cpu_usage(),
            used_memory: meter.used_memory(),
            total_memory: meter.total_memory(),
        })?;
        Ok(Flow::Continue)
    }
}

/// Keeps the last few seconds of samples, shows them, and raises an alarm when the CPU load rises above its mean.
pub(crate) struct Picture {
    pub(crate) cpu: Window,
    pub(crate) memory: Window,
    pub(crate) processed: u64,
    pub(crate) missed: u64,
    pub(crate) alarms: u64,
    pub(crate) threshold: f32,
    is_high: bool,
    alarm: Event,
    screen: Arc<Screen>,
}

impl Picture {
    pub(crate) fn new(threshold: f32, alarm: &Event, screen: &Arc<Screen>) -> Self {
        Self {
            cpu: Window::default(),
            memory: Window::default(),
            processed: 0,
            missed: 0,
            alarms: 0,
            threshold,
            is_high: false,
            alarm: alarm.clone(),
            screen: Arc::clone(screen),
        }
    }
}

impl Worker for Picture {
    type Task = Sample;

    fn run(&mut self, sample: Sample, _cx: &mut Context) -> Turn {
        let was_high = self.is_high;
        self.is_high = self.cpu.is_settled() && sample.cpu > self.cpu.mean() + self.threshold;
        if self.is_high && !was_high {
            self.alarms += 1;
            self.alarm.set();
        }
        self.cpu.push(sample.cpu);
        self.memory.push(percent(sample.used_memory, sample.total_memory));
        self.processed += 1;
        self.missed += sample.tick.missed;
        self.screen.show(self, &sample);
        Ok(Flow::Continue)
    }
}

/// Looks for the busiest process. That takes a while, but nobody waits for this thread.
pub(crate) struct Alarm {
    machine: System,
    screen: Arc<Screen>,
}

impl Alarm {
    pub(crate) fn new(screen: &Arc<Screen>) -> Self {
        Self { machine: System::new(), screen: Arc::clone(screen) }
    }

    fn look(&mut self) {
        let what = ProcessRefreshKind::nothing().with_cpu().without_tasks();
        self.machine.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    }
}

impl Worker for Alarm {
    type Task = Trigger;

    fn run(&mut self, trigger: Trigger, cx: &mut Context) -> Turn {
        let raised = Instant::now();
        self.look();
        if cx.sleep(MINIMUM_CPU_UPDATE_INTERVAL) == Flow::Stop {
            self.screen.alarm(raised, "(no time left to look for the cause)");
            return Ok(Flow::Continue);
        }
        self.look();
        let processes = self.machine.processes().values();
        if let Some(busiest) = processes.max_by(|a, b| a.cpu_usage().total_cmp(&b.cpu_usage())) {
            let (name, cores) = (busiest.name().to_string_lossy(), busiest.cpu_usage() / 100.0);
            let alarms = if trigger.count > 1 { format!("{} alarms", trigger.count) } else { "alarm".into() };
            self.screen.alarm(raised, &format!("{alarms}: {name} keeps {cores:.1} cores busy"));
        }
        Ok(Flow::Continue)
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is rounded to a tenth of a percent anyway")]
fn percent(part: u64, whole: u64) -> f32 {
    100.0 * part as f32 / whole.max(1) as f32
}
