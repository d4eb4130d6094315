//! `#[collect]`: what it puts into a collection, and what it refuses.

#![forbid(unsafe_code)]
#![deny(unused_imports, unreachable_pub)]

use std::io::Write;
use std::sync::mpsc::{self, RecvError};
use std::sync::{Mutex, OnceLock};

use pyaltt::{CollectionError, FunctionCollection, collect, collection};

collection! {
    /// Functions without a value.
    pub(crate) static SHUTDOWN: FunctionCollection<()>;
    static DUMP: FunctionCollection<String>;
    static CHECKS: FunctionCollection<Result<u8, String>>;
    static LIMITED: FunctionCollection<()>;
    static NAMES: FunctionCollection<()>;
    static CLASHING: FunctionCollection<u8>;
}

#[collect(SHUTDOWN)]
fn close_port() {}

#[collect(SHUTDOWN, priority = -5)]
fn say_goodbye() -> Result<(), std::io::Error> {
    std::io::sink().flush()
}

#[collect(SHUTDOWN, name = "stop the motor", priority = 100, time_limit = "1.5h")]
fn stop_motor() {}

#[collect(SHUTDOWN)]
#[cfg(any())]
fn not_in_this_program() {
    compile_error!("is configured away");
}

mod modules {
    use super::SHUTDOWN;
    use pyaltt::collect;

    pub(crate) mod deep {
        #[pyaltt::collect(crate::SHUTDOWN)]
        pub(crate) fn park() {}
    }

    #[collect(SHUTDOWN)]
    fn flush() -> Result<(), &'static str> {
        Err("disk is full")
    }
}

#[test]
fn marked_functions_of_all_modules_are_in_their_collection_in_order() {
    #[collect(SHUTDOWN)]
    fn inside_a_function() {}

    // Equal priorities are in the order of modules, then of lines.
    assert_eq!(
        SHUTDOWN.names(),
        ["stop the motor", "close_port", "inside_a_function", "flush", "park", "say_goodbye"]
    );
    let (results, ok) = SHUTDOWN.on_error(|_| ()).include_errors(true).execute();
    assert!(!ok);
    let failed: Vec<_> = results.iter().filter(|(_, outcome)| !outcome.is_ok()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].1.error().unwrap().to_string(), "function `flush` failed: disk is full");
}

#[collect(DUMP)]
fn version() -> String {
    "1.2".to_owned()
}

#[collect(DUMP)]
fn settings() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Err("no settings".into())
}

#[test]
fn a_marked_function_returns_the_value_or_a_result_of_it() {
    let results = DUMP.on_error(|_| ()).run();
    assert_eq!(results.get("version").unwrap().value().map(String::as_str), Some("1.2"));
    assert!(results.get("settings").unwrap().value().is_none());
}

#[collect(CHECKS)]
fn full() -> Result<u8, String> {
    Err("is a value here".to_owned())
}

#[test]
fn a_result_is_the_value_where_the_collection_is_of_results() {
    let (results, ok) = CHECKS.execute();
    assert!(ok);
    assert_eq!(results.get("full").unwrap().value(), Some(&Err("is a value here".to_owned())));
}

#[test]
fn a_marked_function_stays_callable() {
    close_port();
    modules::deep::park();
    assert_eq!(version(), "1.2");
    assert!(say_goodbye().is_ok());
    stop_motor();
}

static RELEASED: OnceLock<Mutex<mpsc::Receiver<()>>> = OnceLock::new();

#[collect(LIMITED, time_limit = "5ms")]
fn hangs() -> Result<(), RecvError> {
    RELEASED.get().expect("is set first").lock().expect("is never poisoned").recv()
}

#[test]
fn the_time_limit_of_a_marked_function_holds() {
    let (release, released) = mpsc::channel();
    RELEASED.set(Mutex::new(released)).unwrap();
    let results = LIMITED.on_error(|_| ()).include_errors(true).run();
    let error = results.get("hangs").unwrap().error();
    assert!(matches!(error, Some(CollectionError::TimedOut { .. })), "{error:?}");
    drop(release);
}

#[collect(NAMES)]
fn r#loop() {}

#[collect(NAMES)]
fn register() {}

#[collect(NAMES)]
#[deprecated]
const extern "C" fn unusual() {}

#[test]
fn unusual_functions_may_be_marked() {
    assert_eq!(NAMES.names(), ["loop", "register", "unusual"]);
    assert!(NAMES.execute().1);
}

mod clash {
    #[pyaltt::collect(super::CLASHING)]
    fn twin() -> u8 {
        1
    }

    mod other {
        #[pyaltt::collect(crate::CLASHING)]
        fn twin() -> u8 {
            2
        }
    }
}

#[test]
fn the_second_of_two_marked_functions_of_one_name_is_a_fault_of_every_run() {
    let (tell, told) = mpsc::channel();
    CLASHING.on_error(move |error| tell.send(error.to_string()).unwrap());
    for _ in 0..2 {
        let (results, ok) = CLASHING.execute();
        assert!(!ok);
        assert_eq!(results.get("twin").unwrap().value(), Some(&1));
        assert!(told.try_recv().unwrap().starts_with("a function named `twin` is already in the collection"));
    }
}
