//! The programs in `examples/examples`, for the chores that run them.

use std::path::Path;

use anyhow::{Context, bail};

/// The names of all examples, in order.
pub(crate) fn names() -> anyhow::Result<Vec<String>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/examples");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&examples).with_context(|| format!("reading {}", examples.display()))? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    if names.is_empty() {
        bail!("there are no examples in {}", examples.display());
    }
    Ok(names)
}

/// The arguments of an example that make it end soon.
pub(crate) fn args(name: &str) -> &'static [&'static str] {
    if name == "quickstart" { &["--seconds", "2"] } else { &[] }
}
