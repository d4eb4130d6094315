//! The other attributes of a worker's function: which stay on it, and which move to the static.

use syn::{AttrStyle, Attribute, Error, ItemFn, Result};

/// The attributes of the function, by the items that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    /// Whether the worker is compiled at all: on every item.
    pub(crate) conditions: Vec<Attribute>,
    /// Lint levels: on the function, the static and its type.
    pub(crate) lints: Vec<Attribute>,
    /// Documentation and deprecation: on the static.
    pub(crate) face: Vec<Attribute>,
}

impl Attributes {
    /// Takes the attributes off the function that do not belong to the function alone.
    pub(crate) fn take(function: &mut ItemFn) -> Result<Self> {
        let mut taken = Self::default();
        let mut kept = Vec::new();
        for attribute in function.attrs.drain(..) {
            let last = attribute.path().segments.last().map(|segment| segment.ident.to_string());
            match last.as_deref().unwrap_or_default() {
                _ if matches!(attribute.style, AttrStyle::Inner(_)) => kept.push(attribute),
                "background_worker" => {
                    return Err(Error::new_spanned(attribute, "the function is already a background worker"));
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
