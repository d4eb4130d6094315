//! What must not stand in a tracked file: an address of a package registry, a path of one machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Finding, Outcome};

/// Hosts that links in the documentation, in manifests and in the lock file may lead to.
const LINKS: [&str; 11] = [
    "crates.io",
    "doc.rust-lang.org",
    "docs.kernel.org",
    "docs.rs",
    "github.com",
    "keepachangelog.com",
    "man7.org",
    "pypi.org",
    "semver.org",
    "www.apache.org",
    "www.w3.org",
];

/// Domains from which packages are fetched, by their labels: neither they nor a host in them may be named. Of the
/// first group only hosts inside, for the domain itself is where people read.
const READABLE: [[&str; 2]; 3] = [["crates", "io"], ["npmjs", "com"], ["rubygems", "org"]];
const REGISTRIES: [&[&str]; 9] = [
    &["pythonhosted", "org"],
    &["npmjs", "org"],
    &["yarnpkg", "com"],
    &["debian", "org"],
    &["ubuntu", "com"],
    &["alpinelinux", "org"],
    &["anaconda", "org"],
    &["proxy", "golang", "org"],
    &["repo1", "maven", "org"],
];

/// Folders that are there on one machine only, at the beginning of an absolute path.
const FOLDERS: [&str; 5] = ["home", "root", "work", "Users", "mnt"];

/// Checks every tracked file that is text.
pub(super) fn check(root: &Path, tracked: &[PathBuf]) -> anyhow::Result<Outcome> {
    let mut findings = Vec::new();
    let mut count = 0;
    for file in tracked {
        let bytes = fs::read(root.join(file)).with_context(|| file.display().to_string())?;
        let Ok(text) = String::from_utf8(bytes) else { continue };
        count += 1;
        for (number, line) in text.lines().enumerate() {
            for message in objections(line) {
                findings.push(Finding { file: file.clone(), line: number + 1, message });
            }
        }
    }
    let summary =
        format!("text: {} addresses of registries and paths of one machine in {count} files", findings.len());
    Ok(Outcome { summary, findings })
}

fn objections(line: &str) -> Vec<String> {
    let registries = hosts(line).filter(|host| is_registry(host)).map(|host| {
        format!("`{host}` is a package registry: leave it to the configuration of whoever builds")
    });
    let links = linked(line).filter(|host| !LINKS.contains(host) && !is_registry(host)).map(|host| {
        format!("a link to `{host}`: if it belongs here, add the host to `LINKS` in `xtask/src/tidy/text.rs`")
    });
    let machine = FOLDERS.iter().filter(|folder| has_folder(line, folder)).map(|folder| {
        format!("a path in `/{folder}` is there on one machine only: make it relative, or take it out")
    });
    registries.chain(links).chain(machine).collect()
}

/// Everything that has the form of a host.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
    words.map(|word| word.trim_matches('.')).filter(|word| word.contains('.'))
}

/// The hosts after `://`.
fn linked(line: &str) -> impl Iterator<Item = &str> {
    line.split("://").skip(1).filter_map(|rest| hosts(rest).next().filter(|host| rest.starts_with(host)))
}

fn is_registry(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let index = labels.windows(2).any(|pair| pair == ["index", "crates"] || pair == ["static", "crates"]);
    let inside =
        READABLE.iter().any(|domain| labels.ends_with(domain) && labels.len() > 2 && labels[0] != "www");
    index || inside || REGISTRIES.iter().any(|domain| labels.ends_with(domain))
}

/// Whether an absolute path of this folder is in the line, of Unix or of Windows.
fn has_folder(line: &str, folder: &str) -> bool {
    ["/", ":\\", ":\\\\"].iter().any(|root| {
        let wanted = format!("{root}{folder}");
        line.match_indices(&wanted).any(|(at, _)| {
            let after = line[at + wanted.len()..].chars().next();
            let before = line[..at].chars().next_back();
            let is_whole = after.is_some_and(|c| c == '/' || c == '\\');
            let is_absolute =
                *root != "/" || !before.is_some_and(|c| c.is_alphanumeric() || "_.-})~*".contains(c));
            is_whole && is_absolute
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_found_and_links_for_readers_are_allowed() {
        let [index, files] = [["index.crates", "io"].join("."), ["files.pythonhosted", "org"].join(".")];
        for line in [format!("sparse+https://{index}/"), format!("from {files}.")] {
            assert_eq!(objections(&line).len(), 1, "{line}");
        }
        for line in [
            "https://pypi.org/project/pyaltt/",
            "on crates.io",
            "registry+https://github.com/a/crates.io-index",
        ] {
            assert!(objections(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn an_unknown_link_is_found() {
        let line = ["see http:", "//10.0.0.5:8081/x and https:", "//docs.rs/x"].concat();
        assert_eq!(objections(&line).len(), 1);
    }

    #[test]
    fn paths_of_a_machine_are_found_and_others_are_allowed() {
        for (root, folder) in [("/", "home"), ("\"/", "work"), ("C:\\", "Users"), ("file:///", "root")] {
            let line = format!("{root}{folder}/me/x");
            assert_eq!(objections(&line).len(), 1, "{line}");
        }
        for line in ["soak/work/x", "./home/x", "a /homework/b", "/dev/null", "/work"] {
            assert!(objections(line).is_empty(), "{line}");
        }
    }
}
