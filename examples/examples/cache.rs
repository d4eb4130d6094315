//! A cache that many threads ask. The worker owns the values, so there is no lock, and a question carries the place of its
//! answer.

use std::collections::HashMap;
use std::thread;

use pyaltt::prelude::*;

enum Request {
    Set(String, u32),
    Get(String, ReplyTo<Option<u32>>),
    Size(ReplyTo<usize>),
}

fn main() -> Result<(), BoxError> {
    let mut values = HashMap::new();
    let cache = queue(move |request, _cx| match request {
        Request::Set(key, value) => _ = values.insert(key, value),
        Request::Get(key, to) => _ = to.send(values.get(&key).copied()),
        Request::Size(to) => _ = to.send(values.len()),
    })
    .start()?;
    thread::scope(|scope| {
        for number in 0..4 {
            let cache = cache.clone();
            scope.spawn(move || -> Result<(), BoxError> {
                cache.put(Request::Set(format!("key {number}"), number))?;
                let own = cache.ask(|to| Request::Get(format!("key {number}"), to))?.wait()?;
                assert_eq!(own, Some(number));
                Ok(())
            });
        }
    });
    let size = cache.ask(Request::Size)?.wait()?;
    println!("{size} values, key 7: {:?}", cache.ask(|to| Request::Get("key 7".into(), to))?.wait()?);
    assert_eq!(size, 4);
    Ok(())
}
