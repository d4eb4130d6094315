//! Wrong attributes are compile errors, at the right place, that say what is allowed.

#[test]
fn wrong_workers_are_compile_errors_that_say_what_is_allowed() {
    trybuild::TestCases::new().compile_fail("tests/ui/worker_*.rs");
}

#[test]
fn wrong_marks_are_compile_errors_that_say_what_is_allowed() {
    trybuild::TestCases::new().compile_fail("tests/ui/collect_*.rs");
}
