//! The function under `#[background_worker]`: what it takes, and what it must not be.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{
    Error, FnArg, GenericParam, Generics, Ident, Pat, PatType, Path, Result, ReturnType, Safety, Signature,
    Type, TypeReference,
};

use crate::words::Kind;

/// One thing that the function takes, in the order in which it takes them.
#[derive(Debug)]
pub(crate) enum Input {
    /// The task, the tick or the trigger, of this type.
    Task(Type),
    /// The context, of this type.
    Context(Type),
    Parameter(Parameter),
}

/// One of the parameters that `start` takes by value.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    /// The type behind the reference.
    pub(crate) value: Type,
    pub(crate) mutable: bool,
}

/// Sorts what the function takes, and refuses what no worker of this kind can have.
pub(crate) fn inputs(signature: &Signature, kind: Kind) -> Result<Vec<Input>> {
    check(signature)?;
    let mut inputs = Vec::new();
    for (index, argument) in signature.inputs.iter().enumerate() {
        let FnArg::Typed(argument) = argument else { continue };
        let input = input(argument, index == 0, kind)?;
        if matches!(input, Input::Context(_)) && inputs.iter().any(|input| matches!(input, Input::Context(_)))
        {
            return Err(Error::new_spanned(argument, "a turn has one context, and this is the second"));
        }
        if let Input::Parameter(Parameter { name, .. }) = &input
            && *name == signature.ident
        {
            let message = "a parameter cannot be called as the worker, which is a static of this name";
            return Err(Error::new(name.span(), message));
        }
        inputs.push(input);
    }
    if inputs.is_empty() && kind == Kind::Queue {
        let message = format!("a queue worker needs a task: {TASK}");
        return Err(Error::new(signature.ident.span(), message));
    }
    Ok(inputs)
}

const TASK: &str = "its function's first parameter, by value, says of which type: `fn mailer(task: Letter)`";
const OWN: &str = "parameters of the function's own are `&T` or `&mut T`, and `start` takes the `T`";

/// Refuses what is wrong with a function before its parameters are looked at.
fn check(signature: &Signature) -> Result<()> {
    let error = |at: &dyn ToTokens, what: &str| {
        let allowed = "a worker's function is a plain `fn name(..)`, or `fn name(..) -> T`";
        Err(Error::new_spanned(at, format!("{what}: {allowed}")))
    };
    if let Some(asyncness) = &signature.asyncness {
        return error(asyncness, "a worker is a plain thread, it cannot await a function");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return error(token, "a worker cannot call an unsafe function");
    }
    if let Some(abi) = &signature.abi {
        return error(abi, "a worker calls functions of Rust, not of another language");
    }
    if let Some(variadic) = &signature.variadic {
        return error(&variadic.dots, "a worker cannot call a function of any number of arguments");
    }
    check_generics(&signature.generics).or_else(|(at, what)| error(at, what))?;
    if let Some(receiver) = signature.receiver() {
        let what = "a worker has no `self`; a type of its own can be one, with `impl Worker for ..`";
        return error(receiver, what);
    }
    match &signature.output {
        ReturnType::Type(_, returned) if matches!(**returned, Type::Never(_)) => {
            let what = "a turn that never ends cannot be stopped, so return after each turn";
            error(returned, what)
        }
        _ => Ok(()),
    }
}

fn check_generics(generics: &Generics) -> std::result::Result<(), (&dyn ToTokens, &'static str)> {
    let what = match generics.params.first() {
        Some(GenericParam::Lifetime(_)) => {
            "a worker keeps what it is given, so there is no lifetime to choose"
        }
        Some(GenericParam::Type(_)) => "a worker is one static, so it cannot be generic",
        Some(GenericParam::Const(_)) => "a worker is one static, so there is no const parameter to choose",
        None => match &generics.where_clause {
            Some(clause) => return Err((clause, "a worker is one static, so there is no type to bound")),
            None => return Ok(()),
        },
    };
    Err((&generics.params, what))
}

fn input(argument: &PatType, first: bool, kind: Kind) -> Result<Input> {
    let (name, ty) = (name(argument)?, ungroup(&argument.ty));
    let condition = |path: &Path| path.is_ident("cfg") || path.is_ident("cfg_attr");
    if let Some(attribute) = argument.attrs.iter().find(|attribute| condition(attribute.path())) {
        let message = "a parameter cannot depend on a `cfg`; write two functions, each with its `cfg`";
        return Err(Error::new_spanned(attribute, message));
    }
    if let Some(word) = find_impl(ty.to_token_stream()) {
        return Err(Error::new(
            word,
            "a parameter needs one type that is known, so `impl Trait` cannot be it",
        ));
    }
    let named_context = name.as_ref().is_some_and(|name| *name == "cx" || *name == "_cx");
    match ty {
        Type::Reference(reference) if named_context || is_context(&reference.elem) => {
            context(reference, first && kind == Kind::Queue)
        }
        _ if named_context => Err(Error::new_spanned(ty, "the context is `cx: &mut Context`")),
        Type::Reference(reference) if first && kind == Kind::Queue => match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => Ok(Input::Task(ty.clone())),
            _ => Err(Error::new_spanned(ty, format!("a task is not lent but given: {TASK}"))),
        },
        Type::Reference(reference) => parameter(name, reference, kind),
        _ => by_value(name.as_ref(), ty, first, kind),
    }
}

fn context(reference: &TypeReference, in_place_of_task: bool) -> Result<Input> {
    if in_place_of_task {
        return Err(Error::new_spanned(reference, format!("the task comes before the context: {TASK}")));
    }
    if reference.mutability.is_none() || reference.lifetime.is_some() {
        return Err(Error::new_spanned(reference, "the context is `cx: &mut Context`"));
    }
    Ok(Input::Context(Type::Reference(reference.clone())))
}

/// What a function takes by value is its task, tick or trigger.
fn by_value(name: Option<&Ident>, ty: &Type, first: bool, kind: Kind) -> Result<Input> {
    let error = |message: String| Err(Error::new_spanned(ty, message));
    let (word, of_type) = match kind {
        Kind::Queue if first => return Ok(Input::Task(ty.clone())),
        Kind::Queue => return error(format!("only the first parameter, the task, comes by value: {OWN}")),
        Kind::Looped => ("tick", "Tick"),
        Kind::Event => ("trigger", "Trigger"),
    };
    let named = name.is_none_or(|name| name.to_string().trim_start_matches('_') == word);
    let this = kind.describe();
    match (named || is_path_to(ty, of_type), first) {
        (true, true) => Ok(Input::Task(ty.clone())),
        (true, false) => error(format!("`{word}: {of_type}` comes first")),
        (false, _) => error(format!(
            "by value, {this} worker's function takes `{word}: {of_type}` alone, as the first: {OWN}"
        )),
    }
}

fn parameter(name: Option<Ident>, reference: &TypeReference, kind: Kind) -> Result<Input> {
    let error = |at: &dyn ToTokens, message: &str| Err(Error::new_spanned(at, message));
    let value = ungroup(&reference.elem);
    let Some(name) = name else {
        return error(reference, "a parameter of `start` needs a name");
    };
    if let Some(lifetime) = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident != "_") {
        return error(lifetime, "a parameter is lent for one turn, so its reference has no lifetime");
    }
    match kind {
        Kind::Looped if is_path_to(value, "Tick") => {
            return error(reference, "a tick comes by value: `Tick`");
        }
        Kind::Event if is_path_to(value, "Trigger") => {
            return error(reference, "a trigger comes by value: `Trigger`");
        }
        _ => {}
    }
    let instead = match value {
        Type::Path(path) if path.path.is_ident("str") => Some("`&String`, or `&&'static str`"),
        Type::Slice(_) => Some("`&Vec<T>`"),
        Type::TraitObject(_) => Some("`&Box<dyn Trait + Send>`"),
        _ => None,
    };
    if let Some(instead) = instead {
        let message = format!("`start` takes a parameter by value, so its type needs a size: {instead}");
        return error(value, &message);
    }
    let mutable = reference.mutability.is_some();
    Ok(Input::Parameter(Parameter { name, value: value.clone(), mutable }))
}

/// The name of a parameter; `None` for `_`.
fn name(argument: &PatType) -> Result<Option<Ident>> {
    match &*argument.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Ok(Some(pattern.ident.clone()))
        }
        Pat::Wild(_) => Ok(None),
        pattern => {
            let message = "a parameter of a worker's function is a plain name; take it apart in the body";
            Err(Error::new_spanned(pattern, message))
        }
    }
}

/// Whether this is our `Context`, and not one of another crate under its path.
fn is_context(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Path(path) if path.path.segments.len() > 1 => {
            let root = path.path.segments.first().map(|segment| segment.ident.unraw());
            root.is_some_and(|root| root == "pyaltt") && is_path_to(ty, "Context")
        }
        _ => is_path_to(ty, "Context"),
    }
}

/// Whether the type is a path without parameters to a type of this name.
fn is_path_to(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = ungroup(ty) else { return false };
    let last = path.path.segments.last();
    path.qself.is_none() && last.is_some_and(|last| last.ident == name && last.arguments.is_empty())
}

/// The type without the groups that a macro puts around it, and without parentheses.
fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        Type::Paren(paren) => ungroup(&paren.elem),
        _ => ty,
    }
}

/// Where a type says `impl`, at any depth.
fn find_impl(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "impl" => Some(word.span()),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(signature: &str, kind: Kind) -> Result<Vec<Input>> {
        inputs(&syn::parse_str(signature)?, kind)
    }

    /// One letter for each input.
    fn letters(signature: &str, kind: Kind) -> String {
        let letter = |input: &Input| match input {
            Input::Task(_) => 'T',
            Input::Context(_) => 'C',
            Input::Parameter(Parameter { mutable: false, .. }) => 'p',
            Input::Parameter(Parameter { mutable: true, .. }) => 'm',
        };
        parse(signature, kind).unwrap().iter().map(letter).collect()
    }

    #[test]
    fn what_a_function_takes_is_told_by_name_and_by_type() {
        for (signature, kind, want) in [
            ("fn f()", Kind::Looped, ""),
            ("fn f(tick: Tick, cx: &mut Context, a: &u8, b: &mut u8)", Kind::Looped, "TCpm"),
            ("fn f(_tick: timing::Moment)", Kind::Looped, "T"),
            ("fn f(moment: pyaltt::Tick)", Kind::Looped, "T"),
            ("fn f(a: &u8, cx: &mut Context)", Kind::Looped, "pC"),
            ("fn f(tick: &u8)", Kind::Looped, "p"),
            ("fn f(_: Trigger, me: &mut pyaltt::Context)", Kind::Event, "TC"),
            ("fn f(a: &mut zmq::Context, _cx: &mut Mine)", Kind::Event, "mC"),
            ("fn f(anything: (u8, u8), a: &Tick)", Kind::Queue, "Tp"),
            ("fn f(text: &'static str)", Kind::Queue, "T"),
            ("fn f(context: Context)", Kind::Queue, "T"),
        ] {
            assert_eq!(letters(signature, kind), want, "{signature}");
        }
    }

    #[test]
    fn a_function_of_any_number_of_arguments_is_refused() {
        let error = parse("fn f(cx: &mut Context, ...)", Kind::Looped).unwrap_err();
        assert!(error.to_string().starts_with("a worker cannot call a function of any number"), "{error}");
    }
}
