//! `put`: a task of any kind.

use std::io::Read as _;

use anyhow::{anyhow, bail};
use pyaltt_durable::engine::{RawPut, When};
use pyaltt_durable::{DEFAULT_MAX_BODY, Envelope, Placed, QueueName, fresh_id};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::args::PutArgs;
use crate::operator::Operator;
use crate::output::reply::Reply;

#[derive(Serialize)]
struct Json<'p> {
    queue: &'p str,
    id: String,
    placed: &'static str,
}

pub(super) fn run(
    operator: &mut Operator,
    named: Option<&QueueName>,
    args: &PutArgs,
) -> anyhow::Result<Reply> {
    let put = raw(args)?;
    let (queue, missing) = operator.one(named)?;
    let placed = operator.put(&queue, put)?;
    let id = placed.id();
    let (word, text) = match placed {
        Placed::New(_) => ("new", format!("put {id}\n")),
        Placed::Existing(_) => ("existing", format!("{id} is there already; nothing was stored\n")),
        Placed::Replaced(_) => ("replaced", format!("replaced the payload of {id}\n")),
    };
    let reply = Reply::new(text, &Json { queue: queue.as_str(), id: id.to_string(), placed: word })?;
    // It may be meant, or be a slip of the pen.
    Ok(match missing {
        Some(_) => reply.note(format!("the queue {queue:?} is new: nobody takes its tasks yet")),
        None => reply,
    })
}

fn raw(args: &PutArgs) -> anyhow::Result<RawPut> {
    let body = if args.payload == "-" { read()? } else { args.payload.clone() };
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&body) {
        bail!("the payload is no JSON: {error}; a text needs quotes of its own, as in '\"dear Sir\"'");
    }
    let mut envelope = Envelope::new(&args.kind, args.version, body);
    envelope.headers = args.headers.iter().cloned().collect();
    envelope.check(DEFAULT_MAX_BODY)?;
    let mut put = RawPut::new(args.id.unwrap_or_else(fresh_id), envelope);
    put.when = args.delay.map_or(When::Now, When::In);
    put.priority = args.priority.priority();
    put.attempts = args.attempts.map(Into::into);
    put.unique.clone_from(&args.key);
    put.replace = args.replace;
    Ok(put)
}

/// Reads the standard input, but not much more than can be stored.
fn read() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(DEFAULT_MAX_BODY as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| anyhow!("the standard input cannot be read: {error}"))?;
    if bytes.len() > DEFAULT_MAX_BODY {
        bail!("the payload has more than {DEFAULT_MAX_BODY} bytes, which are allowed");
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("the payload is no JSON: it is not UTF-8"))
}
