use pyaltt::collection;

collection! {
    static NOT_A_COLLECTION: Vec<u8>;
}

collection! {
    static WITH_A_VALUE: FunctionCollection<()> = FunctionCollection::new();
}

fn main() {}
