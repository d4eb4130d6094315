mod inner {
    #[pyaltt::background_worker]
    fn hidden() {}
}

fn main() {
    inner::hidden.start().unwrap();
}
