//! Every function of the program that is marked with `#[collect]`.
//!
//! Each mark submits one [`Registration`], and the linker gathers them from all crates of the program. A crate that the
//! program never names is not linked, and nothing at run time could tell that it ever existed. The first
//! use of any static collection runs all of them, once. They fill the collections without going through `Deref`, so none
//! of them waits for the registration that it is part of. They call no user code: a name that is already taken is
//! recorded, and the runs of that collection report it.

use std::sync::Once;

/// A function marked with `#[collect]`: where it is, and how it registers.
#[derive(Debug)]
pub struct Registration {
    place: (&'static str, u32, u32, &'static str),
    register: fn(),
}

inventory::collect!(Registration);

impl Registration {
    /// Describes a function in `module`, marked at `line` and `column`.
    pub const fn new(
        module: &'static str,
        line: u32,
        column: u32,
        name: &'static str,
        register: fn(),
    ) -> Self {
        Self { place: (module, line, column, name), register }
    }
}

/// Registers all marked functions. Only the first call does anything.
pub(crate) fn register_all() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The linker promises no order.
        let mut registrations: Vec<_> = inventory::iter::<Registration>.into_iter().collect();
        registrations.sort_by_key(|registration| registration.place);
        for registration in registrations {
            (registration.register)();
        }
    });
}
