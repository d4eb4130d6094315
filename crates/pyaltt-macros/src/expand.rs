//! `#[background_worker]`: expands a function to a static worker.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, Item, ItemFn, Result, ReturnType, Type, Visibility};

use crate::args::{Arguments, Setting};
use crate::attributes::Attributes;
use crate::conflicts;
use crate::signature::{self, Input, Parameter, RESERVED};
use crate::words::Kind;

pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    // The item stays in place beside an error, so that the compiler checks it as well.
    worker(arguments, item).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

fn worker(arguments: TokenStream, item: &TokenStream) -> Result<TokenStream> {
    let Item::Fn(mut function) = syn::parse2(item.clone())? else {
        return Err(Error::new_spanned(item, "`#[background_worker]` goes over a function with a body"));
    };
    let (arguments, wrong) = match syn::parse2(arguments.clone()).and_then(conflicts::checked) {
        Ok(arguments) => (arguments, None),
        // An invalid option still makes a worker, so that the uses of it do not fail as well.
        Err(error) => (Arguments::kind_alone(arguments), Some(error)),
    };
    let attributes = Attributes::take(&mut function)?;
    let plan = signature::inputs(&function.sig, arguments.kind).map(|inputs| {
        let visibility = std::mem::replace(&mut function.vis, Visibility::Inherited);
        Plan { arguments, inputs, attributes, visibility, function }
    });
    match (plan, wrong) {
        (Ok(plan), None) => Ok(plan.tokens()),
        (Ok(plan), Some(wrong)) => {
            let (error, worker) = (wrong.into_compile_error(), plan.tokens());
            Ok(quote!(#error #worker))
        }
        // The signature may be right for the options that were meant.
        (Err(error), wrong) => Err(wrong.unwrap_or(error)),
    }
}

/// Everything that the expansion needs to know about the worker.
struct Plan {
    arguments: Arguments,
    inputs: Vec<Input>,
    attributes: Attributes,
    visibility: Visibility,
    function: ItemFn,
}

impl Plan {
    fn tokens(&self) -> TokenStream {
        let Attributes { conditions, lints, face } = &self.attributes;
        let (visibility, ident) = (&self.visibility, &self.function.sig.ident);
        let about = format!("The type of the background worker [`{0}`](static@{0}).", ident.unraw());
        let (parameters, decorated, methods) = (self.parameters(), self.decorated(), self.methods());
        let (generics, [marker, value]) = self.task_in_type();
        quote! {
            #(#conditions)*
            #(#face)*
            #(#lints)*
            // The static has the function's name, which is in lower case.
            #[allow(non_upper_case_globals)]
            #visibility static #ident: #ident = #ident {
                __worker: ::pyaltt::__private::Lazy::new(),
                #value
            };

            #(#conditions)*
            #[doc = #about]
            #(#lints)*
            // So has the type. An unused worker is already reported as an unused static.
            // A task's type that is too private is already reported at the static, as it is at a plain function.
            #[allow(dead_code, non_camel_case_types, private_interfaces, unreachable_pub)]
            #visibility struct #ident #generics {
                __worker: ::pyaltt::__private::Lazy<#ident>,
                #marker
            }

            #(#conditions)*
            const _: () = {
                #parameters
                #decorated
                #methods

                #[automatically_derived]
                impl ::core::ops::Deref for #ident {
                    type Target = ::pyaltt::__private::HandleOf<#ident>;

                    fn deref(&self) -> &Self::Target {
                        ::pyaltt::__private::Lazy::handle(&self.__worker)
                    }
                }

                #[automatically_derived]
                impl ::core::convert::From<&#ident> for ::pyaltt::__private::Child {
                    fn from(__pyaltt_worker: &#ident) -> Self {
                        ::pyaltt::__private::Lazy::child(&__pyaltt_worker.__worker)
                    }
                }

                #[automatically_derived]
                impl ::core::fmt::Debug for #ident {
                    fn fmt(&self, __pyaltt_f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        ::core::fmt::Debug::fmt(&self.__worker, __pyaltt_f)
                    }
                }
            };
        }
    }

    /// The parameter of the static's type, and the field that uses it with its value.
    ///
    /// A queue worker's type has its task among its parameters, so it is as private as the task. Otherwise a public worker
    /// with a private task would be an error: the implementations for its type would tell the task to those who do not
    /// know it.
    fn task_in_type(&self) -> (TokenStream, [TokenStream; 2]) {
        match (self.arguments.kind, self.inputs.first()) {
            (Kind::Queue, Some(Input::Task(task))) => (
                quote!(<__PyalttTask = #task>),
                [
                    quote!(__task: ::core::marker::PhantomData<fn(__PyalttTask)>,),
                    quote!(__task: ::core::marker::PhantomData,),
                ],
            ),
            _ => (TokenStream::new(), [TokenStream::new(), TokenStream::new()]),
        }
    }

    /// The parameters of a run, and the function: as an associated function of their type, where its name hides
    /// nothing.
    fn parameters(&self) -> TokenStream {
        let (visibility, function) = (&self.visibility, &self.function);
        let (names, values) = self.names_and_values();
        quote! {
            // Nobody can name this type. It is public only where the trait that exposes it is.
            #[allow(missing_debug_implementations, missing_docs, unreachable_pub)]
            #visibility struct __PyalttParameters {
                #(#names: #values,)*
            }

            // The macro requires these parameter types, and the name may be one that a method should not have.
            #[allow(
                clippy::borrowed_box,
                clippy::needless_pass_by_value,
                clippy::new_ret_no_self,
                clippy::ptr_arg,
                clippy::ref_option,
                clippy::trivially_copy_pass_by_ref
            )]
            impl __PyalttParameters {
                #function
            }
        }
    }

    fn decorated(&self) -> TokenStream {
        let ident = &self.function.sig.ident;
        let (build, call) = (self.build(), self.call());
        let (names, _) = self.names_and_values();
        let names: Vec<_> = names.iter().map(|name| name.unraw().to_string()).collect();
        let name = ident.unraw().to_string();
        let start = format!("{name}.start({})", names.join(", "));
        let task = match (self.arguments.kind, self.inputs.first()) {
            (Kind::Looped, _) => quote!(
                type Task = ::pyaltt::Tick;
            ),
            (Kind::Event, _) => quote!(
                type Task = ::pyaltt::Trigger;
            ),
            (Kind::Queue, Some(Input::Task(task))) => quote_spanned!(task.span()=> type Task = #task;),
            (Kind::Queue, _) => unreachable!("a queue worker without a task is refused before"),
        };
        let kind = match self.arguments.kind {
            Kind::Looped => quote!(Looped),
            Kind::Queue => quote!(Queued),
            Kind::Event => quote!(Triggered),
        };
        // An error in one of the parameters is shown at all of them.
        let parameters = quote_spanned!(self.function.sig.paren_token.span.join()=> __PyalttParameters);
        quote! {
            #[automatically_derived]
            impl ::pyaltt::__private::Decorated for #ident {
                #task
                type Parameters = #parameters;
                type Kind = ::pyaltt::__private::#kind;

                const NAME: &'static ::core::primitive::str = #name;
                const START: &'static ::core::primitive::str = #start;

                fn build() ->
                    ::core::result::Result<::pyaltt::__private::HandleOf<Self>, ::pyaltt::BuildError> {
                    #build
                }

                #call
            }
        }
    }

    /// The calls of the builder.
    fn build(&self) -> TokenStream {
        let build = match self.arguments.kind {
            Kind::Looped => quote!(build_looped),
            Kind::Queue => quote!(build_queue),
            Kind::Event => quote!(build_event),
        };
        let ident = &self.function.sig.ident;
        let initial = if self.names_and_values().0.is_empty() {
            quote!(::core::option::Option::Some(__PyalttParameters {}))
        } else {
            quote!(::core::option::Option::None)
        };
        // Without this the builder would use the name of the type.
        let name = self.arguments.get("name").is_none().then(|| {
            let name = ident.unraw().to_string();
            quote!(.name(#name))
        });
        let options = self.arguments.settings.iter().filter_map(|setting| {
            let (option, argument) = (&setting.option, Setting::argument(setting)?);
            Some(quote!(.#option(#argument)))
        });
        let builder = hidden("builder");
        quote! {
            ::pyaltt::__private::#build(
                ::pyaltt::__private::FunctionWorker::<#ident>::new(#initial),
                |#builder| #builder #name #(#options)*,
            )
        }
    }

    /// One turn: calls the function with the parameters that it takes.
    fn call(&self) -> TokenStream {
        let name = &self.function.sig.ident;
        let (mut task, mut cx, mut parameters) = (quote!(_), quote!(_), quote!(_));
        let mut given = Vec::new();
        for input in &self.inputs {
            // An error is shown at the type in the function.
            given.push(match input {
                Input::Task(ty) => {
                    task = quote!(__pyaltt_task);
                    quote_spanned!(ty.span()=> __pyaltt_task)
                }
                Input::Context(ty) => {
                    cx = quote!(__pyaltt_cx);
                    quote_spanned!(ty.span()=> __pyaltt_cx)
                }
                Input::Parameter(Parameter { name, mutable, .. }) => {
                    parameters = quote!(__pyaltt_parameters);
                    let mutability = mutable.then(|| quote!(mut));
                    quote!(&#mutability __pyaltt_parameters.#name)
                }
            });
        }
        let turn = match &self.function.sig.output {
            ReturnType::Default => quote!({
                __PyalttParameters::#name(#(#given),*);
                ::core::result::Result::Ok(::pyaltt::Flow::Continue)
            }),
            ReturnType::Type(_, returned) => {
                let into_turn = if matches!(**returned, Type::ImplTrait(_)) {
                    quote!(::pyaltt::IntoTurn)
                } else {
                    quote_spanned!(returned.span()=> <#returned as ::pyaltt::IntoTurn>)
                };
                quote!({ #into_turn::into_turn(__PyalttParameters::#name(#(#given),*)) })
            }
        };
        quote! {
            // `_cx` and `_tick` are good names for parameters that the function ignores, and yet they are passed on.
            #[allow(clippy::used_underscore_binding)]
            fn call(
                #task: Self::Task,
                #cx: &mut ::pyaltt::Context,
                #parameters: &mut Self::Parameters,
            ) -> ::pyaltt::Turn #turn
        }
    }

    /// The typed starts.
    fn methods(&self) -> TokenStream {
        let (visibility, ident) = (&self.visibility, &self.function.sig.ident);
        let (names, values) = self.names_and_values();
        let (options, parameters) = (hidden("start"), hidden("parameters"));
        quote! {
            // The function decides on the number and the names of the parameters, and few workers use both starts.
            #[allow(clippy::too_many_arguments, clippy::used_underscore_binding, dead_code, unreachable_pub)]
            impl #ident {
                /// Starts the worker with these parameters, and returns once it has started.
                ///
                /// # Errors
                ///
                /// Fails if the worker is already running, if the system refuses a thread, and if the value of an
                /// option is invalid.
                #visibility fn start(
                    &self,
                    #(#names: #values,)*
                ) -> ::core::result::Result<(), ::pyaltt::StartError> {
                    self.start_with(::pyaltt::Start::new(), #(#names),*)
                }

                /// Starts the worker with options for this start and with these parameters.
                ///
                /// # Errors
                ///
                /// The same as those of `start`, and an invalid option for this start.
                #visibility fn start_with(
                    &self,
                    #options: ::pyaltt::Start,
                    #(#names: #values,)*
                ) -> ::core::result::Result<(), ::pyaltt::StartError> {
                    let #parameters = __PyalttParameters { #(#names),* };
                    ::pyaltt::__private::Lazy::start(&self.__worker, #options, #parameters)
                }
            }
        }
    }

    fn names_and_values(&self) -> (Vec<&Ident>, Vec<&Type>) {
        let parameters = self.inputs.iter().filter_map(|input| match input {
            Input::Parameter(Parameter { name, value, .. }) => Some((name, value)),
            Input::Task(_) | Input::Context(_) => None,
        });
        parameters.unzip()
    }
}

/// A variable that stands beside names or expressions of the user's. They cannot see it, and it cannot see them, also if
/// the name is the same. Only a static or a constant would be in the way, so the name is one that nothing else has.
fn hidden(name: &str) -> Ident {
    Ident::new(&format!("{RESERVED}_{name}"), Span::mixed_site())
}
