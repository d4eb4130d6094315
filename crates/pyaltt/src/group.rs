//! Programs of workers: started in order, restarted alone or together, ended in reverse within a limit.
//!
//! What most programs name is in the crate root as well. The [guide](crate::guide::programs) explains all of it.
//!
//! # Examples
//!
//! ```
//! use pyaltt::Supervisor;
//! use pyaltt::group::Problem;
//!
//! let uplink = pyaltt::looped(|_tick, _cx| ()).name("uplink").build()?;
//! let program = Supervisor::new().add(&uplink).start()?;
//! let is_down = |problem: &Problem| matches!(problem, Problem::Down { .. });
//! assert!(!program.problems().iter().any(is_down));
//! # Ok::<(), pyaltt::BoxError>(())
//! ```

pub use pyaltt_group::{
    Child, EndedBy, GroupError, GroupEvent, MemberInfo, MemberOutcome, MemberReport, Problem, Report,
    Supervision, Supervisor,
};
