//! The arguments of `#[background_worker(...)]`.

use std::time::Duration;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitInt, Result, Token, UnOp};

use crate::duration::parse_time;
use crate::words::{self, Kind, Takes, Word};

/// The options of one worker. Each is known, allowed on its kind, has a valid value and is given once.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) kind: Kind,
    pub(crate) settings: Vec<Setting>,
}

/// One option, as written.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) option: Ident,
    pub(crate) given: Given,
}

/// The value of an option, as far as the macro knows it.
#[derive(Debug)]
pub(crate) enum Given {
    /// No value.
    Alone,
    Flag(bool),
    Time(Duration),
    /// Any other expression, as written.
    Code(Expr),
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> Result<Self> {
        let written = input.parse_terminated(Written::parse, Token![,])?;
        let kind = kind(written.iter().map(|written| &written.option))?;
        let mut settings: Vec<Setting> = Vec::new();
        for Written { option, value } in written {
            let word = check_word(&option, kind)?;
            if settings.iter().any(|setting| setting.option == option) {
                return Err(Error::new(option.span(), format!("option `{option}` is given twice")));
            }
            let given = Given::of(word, &option, value)?;
            settings.push(Setting { option, given });
        }
        Ok(Self { kind, settings })
    }
}

impl Arguments {
    /// The kind of worker that invalid options ask for, without the options.
    pub(crate) fn kind_alone(wrong: TokenStream) -> Self {
        let words = wrong.into_iter().filter_map(|token| match token {
            TokenTree::Ident(word) => Kind::of_word(&word.to_string()),
            _ => None,
        });
        Self { kind: words.last().unwrap_or(Kind::Looped), settings: Vec::new() }
    }

    /// Returns the setting of this option.
    pub(crate) fn get(&self, option: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.option == option)
    }
}

impl Setting {
    /// Returns the argument of the builder's method, which has the name of the option. `None` for a word that only
    /// says the kind.
    pub(crate) fn argument(&self) -> Option<TokenStream> {
        match &self.given {
            Given::Alone if Kind::of_word(&self.option.to_string()).is_some() => None,
            Given::Alone => Some(TokenStream::new()),
            Given::Flag(flag) => Some(flag.to_token_stream()),
            Given::Time(time) => {
                let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
                Some(quote!(::core::time::Duration::new(#secs, #nanos)))
            }
            Given::Code(code) => Some(code.to_token_stream()),
        }
    }
}

/// An option that is parsed but not checked.
struct Written {
    option: Ident,
    value: Option<Expr>,
}

impl Parse for Written {
    fn parse(input: ParseStream) -> Result<Self> {
        if !input.peek(Ident::peek_any) {
            let message =
                "an option begins with its name: `name = \"mailer\"`, `interval = \"100ms\"`, `queue`";
            return Err(Error::new(input.span(), message));
        }
        let option = input.call(Ident::parse_any)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(wrong_value(&option, &option));
            }
            let value = Some(input.parse()?);
            return Ok(Self { option, value });
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            let message =
                format!("after option `{option}` comes `=` and a value, or `,` and the next option");
            return Err(Error::new(input.span(), message));
        }
        Ok(Self { option, value: None })
    }
}

/// Returns the kind of worker that the options ask for.
fn kind<'a>(options: impl Iterator<Item = &'a Ident>) -> Result<Kind> {
    let mut found: Option<Kind> = None;
    for option in options {
        let Some(kind) = Kind::of_word(&option.to_string()) else { continue };
        match found {
            Some(first) if first != kind => {
                let (first, second) = (first.name(), kind.name());
                let message = format!("a worker has one kind, and this one is both `{first}` and `{second}`");
                return Err(Error::new(option.span(), message));
            }
            _ => found = Some(kind),
        }
    }
    Ok(found.unwrap_or(Kind::Looped))
}

/// Returns the option with this name, if a worker of this kind has it.
fn check_word(option: &Ident, kind: Kind) -> Result<&'static Word> {
    let name = option.to_string();
    let this = kind.describe();
    let Some(word) = words::find(&name) else {
        let guess =
            words::nearest(&name).map_or_else(String::new, |word| format!("; did you mean `{word}`?"));
        let message = format!(
            "unknown option `{name}`{guess}\nallowed on {this} worker are {}\nthe kinds are `looped` (the default), \
             `queue` and `event`",
            kind.options(),
        );
        return Err(Error::new(option.span(), message));
    };
    match word.kind {
        Some(only) if only != kind => {
            let only = only.name();
            let message = format!(
                "option `{name}` is only allowed on {only} workers, and this is {this} worker\n\
                 allowed on {this} worker are {}",
                kind.options(),
            );
            Err(Error::new(option.span(), message))
        }
        _ => Ok(word),
    }
}

impl Given {
    fn of(word: &Word, option: &Ident, value: Option<Expr>) -> Result<Self> {
        let Some(value) = value else {
            return match word.takes {
                Takes::Nothing | Takes::NothingOrCode => Ok(Self::Alone),
                Takes::Flag => Ok(Self::Flag(true)),
                _ => Err(wrong_value(option, option)),
            };
        };
        let given = match (word.takes, literal(&value)) {
            (Takes::Value, _)
            | (
                Takes::NothingOrCode | Takes::Code | Takes::Flag | Takes::Time | Takes::Count,
                Literal::None,
            ) => None,
            (Takes::Flag, Literal::Is(Lit::Bool(flag))) => Some(Self::Flag(flag.value)),
            (Takes::Text, Literal::Is(Lit::Str(text))) if !text.value().is_empty() => None,
            (Takes::Count, Literal::Is(Lit::Int(number))) if is_count(number) => None,
            (Takes::Time, Literal::Is(Lit::Str(text))) => {
                Some(Self::Time(parse_time(&text.value()).ok_or_else(|| wrong_value(option, text))?))
            }
            _ => return Err(wrong_value(option, &value)),
        };
        Ok(given.unwrap_or(Self::Code(value)))
    }
}

/// Whether an expression is a literal.
enum Literal<'a> {
    Is(&'a Lit),
    /// A negative literal, which no option takes.
    Negative,
    None,
}

fn literal(value: &Expr) -> Literal<'_> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Literal::Is(lit),
        // A macro that expands to the attribute puts its own arguments into groups.
        Expr::Group(group) => literal(&group.expr),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match literal(&unary.expr) {
            Literal::None => Literal::None,
            Literal::Is(_) | Literal::Negative => Literal::Negative,
        },
        _ => Literal::None,
    }
}

/// Whether a number is a possible count: above zero, and not more than memory can hold.
fn is_count(number: &LitInt) -> bool {
    let fits = number.base10_parse::<i64>().is_ok_and(|number| number > 0);
    fits && matches!(number.suffix(), "" | "usize")
}

fn wrong_value(option: &Ident, at: &dyn ToTokens) -> Error {
    let message = match words::find(&option.to_string()) {
        Some(word) => format!("option `{option}` takes {}", word.allowed),
        None => format!("option `{option}` has no value"),
    };
    Error::new_spanned(at, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Arguments {
        syn::parse_str(text).unwrap()
    }

    #[test]
    fn no_options_are_a_looped_worker_and_a_trailing_comma_is_allowed() {
        assert_eq!(parse("").kind, Kind::Looped);
        let arguments = parse("interval = \"100ms\", realtime,");
        assert_eq!((arguments.kind, arguments.settings.len()), (Kind::Looped, 2));
    }

    #[test]
    fn the_kind_may_come_anywhere_and_may_have_a_value() {
        assert_eq!(parse("bounded = 5, queue").kind, Kind::Queue);
        let arguments = parse("event = DOOR.clone()");
        assert_eq!(arguments.kind, Kind::Event);
        assert_eq!(arguments.settings[0].argument().unwrap().to_string(), "DOOR . clone ()");
    }

    #[test]
    fn a_word_that_only_says_the_kind_calls_no_method() {
        assert!(parse("queue").settings[0].argument().is_none());
        assert!(parse("queue, lifo").settings[1].argument().unwrap().is_empty());
    }
}
