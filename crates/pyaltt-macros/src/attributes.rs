//! The other attributes of a worker's function: which go on with it, and which go over to the static.

use syn::{AttrStyle, Attribute, Error, ItemFn, Result};

/// The attributes of the function, by where they belong.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    /// Whether the worker is there at all: on everything.
    pub(crate) conditions: Vec<Attribute>,
    /// What is to be allowed or denied: on the function, the static and its type.
    pub(crate) lints: Vec<Attribute>,
    /// What is said to those who use it: on the static.
    pub(crate) face: Vec<Attribute>,
}

impl Attributes {
    /// Takes those off the function that are not its own alone.
    pub(crate) fn take(function: &mut ItemFn) -> Result<Self> {
        let mut taken = Self::default();
        let mut kept = Vec::new();
        for attribute in function.attrs.drain(..) {
            let last = attribute.path().segments.last().map(|segment| segment.ident.to_string());
            match last.as_deref().unwrap_or_default() {
                _ if matches!(attribute.style, AttrStyle::Inner(_)) => kept.push(attribute),
                "background_worker" => {
                    return Err(Error::new_spanned(attribute, "the function is a background worker already"));
                }
                "cfg" => taken.conditions.push(attribute),
                "doc" | "deprecated" => taken.face.push(attribute),
                "allow" | "warn" | "deny" | "forbid" => {
                    taken.lints.push(attribute.clone());
                    kept.push(attribute);
                }
                _ => kept.push(attribute),
            }
        }
        function.attrs = kept;
        Ok(taken)
    }
}
