//! The signature of the function under `#[background_worker]`: the parameters that it takes, and what is not allowed.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{
    Error, FnArg, GenericParam, Generics, Ident, Pat, PatType, Path, Result, ReturnType, Safety, Signature,
    Type, TypeReference,
};

use crate::words::Kind;

/// One parameter of the function.
#[derive(Debug)]
pub(crate) enum Input {
    /// The task, the tick or the trigger, with its type.
    Task(Type),
    /// The context, with its type.
    Context(Type),
    Parameter(Parameter),
}

/// A parameter of the function's own, which `start` takes by value.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    /// The type behind the reference.
    pub(crate) value: Type,
    pub(crate) mutable: bool,
}

/// Sorts the parameters of the function, and refuses those that no worker of this kind can have.
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
            let message = "a parameter cannot have the name of the worker, which is a static";
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

const TASK: &str = "the first parameter of the function is the task, by value: `fn mailer(task: Letter)`";
const OWN: &str = "the function's own parameters are `&T` or `&mut T`, and `start` takes the `T`";

/// The beginning of names that the generated code has for its own: in lower case for variables, and with capital
/// letters for types.
pub(crate) const RESERVED: &str = "__pyaltt";

/// Refuses what is wrong with the function apart from its parameters.
fn check(signature: &Signature) -> Result<()> {
    let name = &signature.ident;
    if name.unraw().to_string().to_lowercase().starts_with(RESERVED) {
        let message =
            format!("names that begin with `{RESERVED}` are reserved for the code that the macro makes");
        return Err(Error::new(name.span(), message));
    }
    let error = |at: &dyn ToTokens, what: &str| {
        let allowed = "a worker's function is a plain `fn name(..)`, or `fn name(..) -> T`";
        Err(Error::new_spanned(at, format!("{what}: {allowed}")))
    };
    if let Some(asyncness) = &signature.asyncness {
        return error(asyncness, "a worker is a plain thread and cannot await a function");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return error(token, "a worker cannot call an unsafe function");
    }
    if let Some(abi) = &signature.abi {
        return error(abi, "a worker cannot call an `extern` function");
    }
    if let Some(variadic) = &signature.variadic {
        return error(&variadic.dots, "a worker cannot call a variadic function");
    }
    check_generics(&signature.generics).or_else(|(at, what)| error(at, what))?;
    if let Some(receiver) = signature.receiver() {
        let what = "a decorated worker has no `self`; implement `Worker` for a type instead";
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
            "a worker owns its parameters, so it cannot be generic over a lifetime"
        }
        Some(GenericParam::Type(_)) => "a worker is one static, so it cannot be generic",
        Some(GenericParam::Const(_)) => "a worker is one static, so it cannot have const parameters",
        None => match &generics.where_clause {
            Some(clause) => {
                return Err((clause, "a worker is one static, so it cannot have a `where` clause"));
            }
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
        return Err(Error::new(word, "the type of a parameter must be known, so it cannot be `impl Trait`"));
    }
    let named_context = name.as_ref().is_some_and(|name| *name == "cx" || *name == "_cx");
    match ty {
        Type::Reference(reference) if named_context || is_context(&reference.elem) => {
            context(reference, first && kind == Kind::Queue)
        }
        _ if named_context => Err(Error::new_spanned(ty, "the context is `cx: &mut Context`")),
        Type::Reference(reference) if first && kind == Kind::Queue => match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => Ok(Input::Task(ty.clone())),
            _ => Err(Error::new_spanned(ty, format!("a task cannot be borrowed: {TASK}"))),
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

/// The only parameter that a function takes by value is its task, tick or trigger.
fn by_value(name: Option<&Ident>, ty: &Type, first: bool, kind: Kind) -> Result<Input> {
    let error = |message: String| Err(Error::new_spanned(ty, message));
    let (word, of_type) = match kind {
        Kind::Queue if first => return Ok(Input::Task(ty.clone())),
        Kind::Queue => return error(format!("only the task, the first parameter, is taken by value: {OWN}")),
        Kind::Looped => ("tick", "Tick"),
        Kind::Event => ("trigger", "Trigger"),
    };
    let named = name.is_none_or(|name| name.to_string().trim_start_matches('_') == word);
    let this = kind.describe();
    match (named || is_path_to(ty, of_type), first) {
        (true, true) => Ok(Input::Task(ty.clone())),
        (true, false) => error(format!("`{word}: {of_type}` comes first")),
        (false, _) => error(format!(
            "the only parameter that {this} worker's function takes by value is `{word}: {of_type}`, which comes first: {OWN}"
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
        return error(
            lifetime,
            "a parameter is borrowed for one turn, so its reference cannot have a lifetime",
        );
    }
    match kind {
        Kind::Looped if is_path_to(value, "Tick") => {
            return error(reference, "a tick is taken by value: `Tick`");
        }
        Kind::Event if is_path_to(value, "Trigger") => {
            return error(reference, "a trigger is taken by value: `Trigger`");
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

/// Returns the name of a parameter, or `None` for `_`.
fn name(argument: &PatType) -> Result<Option<Ident>> {
    match &*argument.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Ok(Some(pattern.ident.clone()))
        }
        Pat::Wild(_) => Ok(None),
        pattern => {
            let message = "a parameter of a worker's function is a plain name; destructure it in the body";
            Err(Error::new_spanned(pattern, message))
        }
    }
}

/// Whether the type is our `Context`, and not one of another crate under its path.
fn is_context(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Path(path) if path.path.segments.len() > 1 => {
            let root = path.path.segments.first().map(|segment| segment.ident.unraw());
            root.is_some_and(|root| root == "pyaltt") && is_path_to(ty, "Context")
        }
        _ => is_path_to(ty, "Context"),
    }
}

/// Whether the type is a path without parameters to a type with this name.
fn is_path_to(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = ungroup(ty) else { return false };
    let last = path.path.segments.last();
    path.qself.is_none() && last.is_some_and(|last| last.ident == name && last.arguments.is_empty())
}

/// Strips parentheses and the groups that a macro puts around a type.
fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        Type::Paren(paren) => ungroup(&paren.elem),
        _ => ty,
    }
}

/// Finds the word `impl` in a type, at any depth.
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

    /// Returns one letter for each input.
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
    fn parameters_are_recognized_by_name_and_by_type() {
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
    fn a_variadic_function_is_refused() {
        let error = parse("fn f(cx: &mut Context, ...)", Kind::Looped).unwrap_err();
        assert!(error.to_string().starts_with("a worker cannot call a variadic function"), "{error}");
    }
}
