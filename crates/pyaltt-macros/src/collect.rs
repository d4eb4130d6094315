//! `#[collect(STATIC)]`: puts a function into a static collection.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Ident, ItemFn, LitInt, LitStr, Path, Result, ReturnType, Safety, Signature, Token, Type};

use crate::duration::parse_time;

pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    // The item stays in place beside an error, so that the uses of it do not fail as well.
    register(arguments, item).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

fn register(arguments: TokenStream, item: &TokenStream) -> Result<TokenStream> {
    let Arguments { collection, name, priority, time_limit } = syn::parse2(arguments)?;
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        return Err(Error::new_spanned(item, "`#[collect]` goes over a function with a body"));
    };
    check(&function.sig)?;

    let ident = &function.sig.ident;
    let name = name.unwrap_or_else(|| ident.unraw().to_string());
    let returned = match &function.sig.output {
        ReturnType::Default => quote_spanned!(ident.span()=> ()),
        ReturnType::Type(_, returned) => quote!(#returned),
    };
    let time_limit = match time_limit {
        None => quote!(::core::option::Option::None),
        Some(limit) => {
            let (secs, nanos) = (limit.as_secs(), limit.subsec_nanos());
            quote!(::core::option::Option::Some(::core::time::Duration::new(#secs, #nanos)))
        }
    };
    let collection = quote_spanned!(collection.span()=> &#collection);
    let conditions = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    Ok(quote! {
        #item

        #(#conditions)*
        const _: () = {
            // The registration of a deprecated function is not a new use of it.
            #[allow(deprecated)]
            fn __pyaltt_register() {
                ::pyaltt::__private::Mark::of(#collection).register::<#returned, _>(
                    #name,
                    #priority,
                    #time_limit,
                    || #ident(),
                );
            }
            ::pyaltt::__private::inventory::submit! {
                ::pyaltt::__private::Registration::new(
                    ::core::module_path!(),
                    ::core::line!(),
                    ::core::column!(),
                    #name,
                    __pyaltt_register,
                )
            }
        };
    })
}

fn check(signature: &Signature) -> Result<()> {
    let error = |span: Span, what: &str| {
        let allowed = "a collected function is a plain `fn name() -> T`";
        Err(Error::new(span, format!("{what}: {allowed}")))
    };
    if let Some(asyncness) = &signature.asyncness {
        return error(asyncness.span(), "a collection runs functions on plain threads and cannot await them");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return error(token.span(), "a collection cannot call an unsafe function");
    }
    if !signature.generics.params.is_empty() {
        return error(signature.generics.span(), "a collection cannot choose generic parameters");
    }
    if let Some(clause) = &signature.generics.where_clause {
        return error(clause.span(), "a collection cannot choose generic parameters");
    }
    if let Some(receiver) = signature.receiver() {
        return error(receiver.span(), "a collection has no `self` to call a method on");
    }
    if !signature.inputs.is_empty() {
        return error(signature.inputs.span(), "a collection calls its functions without arguments");
    }
    match &signature.output {
        ReturnType::Type(_, returned) if matches!(**returned, Type::Never(_)) => {
            error(returned.span(), "a function that never returns would keep its collection from running")
        }
        ReturnType::Type(_, returned) if matches!(**returned, Type::ImplTrait(_)) => {
            error(returned.span(), "a collection has to know the return type of its functions")
        }
        _ => Ok(()),
    }
}

struct Arguments {
    collection: Path,
    name: Option<String>,
    priority: i32,
    time_limit: Option<Duration>,
}

const OPTIONS: &str = "`name = \"...\"`, `priority = 10` and `time_limit = \"500ms\"`";

impl Parse for Arguments {
    fn parse(input: ParseStream) -> Result<Self> {
        let path = input.peek(Token![::]) || input.peek(Ident::peek_any);
        if !path || input.peek2(Token![=]) {
            let message = "the static collection comes first, by its path: `#[collect(SHUTDOWN)]`";
            return Err(Error::new(input.span(), message));
        }
        let collection = input.call(Path::parse_mod_style)?;
        let (mut name, mut priority, mut time_limit) = (None, None, None);
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option = input.call(Ident::parse_any)?;
            match option.to_string().as_str() {
                "name" => {
                    let allowed = "a string: `name = \"close the port\"`";
                    set(&mut name, &option, input, allowed, |text: LitStr| Some(text.value()))?;
                }
                "priority" => {
                    let allowed = "a whole number from -2147483648 to 2147483647: `priority = 10`";
                    set(&mut priority, &option, input, allowed, |number: LitInt| {
                        number.base10_parse().ok().filter(|_| number.suffix().is_empty())
                    })?;
                }
                "time_limit" => {
                    let allowed = "a time above zero in h, m, s, ms, us or ns: `time_limit = \"1.5s\"`";
                    set(&mut time_limit, &option, input, allowed, |text: LitStr| parse_time(&text.value()))?;
                }
                unknown => {
                    let message = format!("unknown option `{unknown}`: allowed are {OPTIONS}");
                    return Err(Error::new(option.span(), message));
                }
            }
        }
        Ok(Self { collection, name, priority: priority.unwrap_or(0), time_limit })
    }
}

/// Parses `= value` into `slot`. The error for an invalid value says what is allowed.
fn set<L: Parse, V>(
    slot: &mut Option<V>,
    option: &Ident,
    input: ParseStream,
    allowed: &str,
    read: impl FnOnce(L) -> Option<V>,
) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new(option.span(), format!("option `{option}` is given twice")));
    }
    let error = |span: Span| Error::new(span, format!("option `{option}` takes {allowed}"));
    if !input.peek(Token![=]) {
        return Err(error(option.span()));
    }
    input.parse::<Token![=]>()?;
    let span = if input.is_empty() { option.span() } else { input.span() };
    let value = input.parse::<L>().ok().and_then(read).ok_or_else(|| error(span))?;
    *slot = Some(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_comma_is_allowed_and_options_have_defaults() {
        let arguments: Arguments = syn::parse_str("::program::SHUTDOWN, priority = -5,").unwrap();
        assert_eq!((arguments.name, arguments.priority, arguments.time_limit), (None, -5, None));
    }
}
