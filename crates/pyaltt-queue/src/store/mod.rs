//! Where the queues are: from an address to an engine.
//!
//! An engine is one arm of [`at`], one entry of [`FORMS`] and one file here, behind a feature of its own.

pub(crate) mod contract;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use anyhow::bail;

use contract::Store;

/// The addresses that this command was built for.
const FORMS: &[&str] = &[
    #[cfg(feature = "sqlite")]
    "sqlite:FILE",
    #[cfg(feature = "postgres")]
    "postgres://USER@HOST/DATABASE",
];

/// Finds the store of an address. Errors do not repeat more than its scheme: the rest may have a password in it.
pub(crate) fn at(url: &str) -> anyhow::Result<Box<dyn Store>> {
    let allowed = FORMS.join(", ");
    let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        bail!("the URL of the store has no scheme; this command was built for: {allowed}");
    };
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" => Ok(Box::new(sqlite::SqliteFile::at(rest)?)),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Ok(Box::new(postgres::PostgresDatabase::at(rest)?)),
        _ => {
            let _ = rest;
            bail!("no store of the kind {scheme:?} is known; this command was built for: {allowed}")
        }
    }
}

/// Whether a text can be a scheme. What precedes a colon may as well be options with a password among them.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_schemes_are_refused_with_what_is_allowed() {
        for (url, what) in [
            ("tasks.db", "has no scheme"),
            ("redis://me:secret@host/db", r#"no store of the kind "redis""#),
            ("host=/run user=me password=secret:1", "has no scheme"),
            ("", "has no scheme"),
        ] {
            let error = at(url).err().expect("no such store").to_string();
            assert!(error.contains(what), "{error}");
            assert!(error.contains(&FORMS.join(", ")) && !error.contains("secret"), "{error}");
        }
    }
}
