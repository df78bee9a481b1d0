//! Templates in the texts of messages ([contract](../../../docs/contract.md#messages)).
//!
//! A template is a text with variables, such as `Hello {{ first_name }}`. It is the part of
//! minijinja's language that has no loops and calls nothing, so the work is bounded by the text's
//! length. minijinja reads the tokens, and this module reads the expressions
//! ([ADR 21](../../../docs/adr/0021-messages-are-a-part-of-minijinja.md)).

mod error;
mod variable;

use std::borrow::Cow;

use self::{
    error::DEFAULT,
    variable::{METADATA, shown},
};
pub use self::{
    error::{MAX_SIZE, Place, Problem, TemplateError},
    variable::Variable,
};
use minijinja::{
    machinery::{Token, Tokenizer},
    syntax::SyntaxConfig,
};

/// A template that was read.
#[derive(Debug)]
pub struct Template<'a> {
    pub parts: Vec<Part<'a>>,
}

/// A part of a template.
#[derive(Debug)]
pub enum Part<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// Values in the order of preference: a variable, and its defaults.
    Value(Vec<Operand<'a>>),
}

/// A value in a template.
#[derive(Debug)]
pub enum Operand<'a> {
    Variable(Variable),
    Literal(Cow<'a, str>),
}

impl<'a> Template<'a> {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`], with the first problem.
    pub fn parse(text: &'a str) -> Result<Self, TemplateError> {
        if text.len() > MAX_SIZE {
            return Err(TemplateError::TooLong);
        }
        let mut tokens = Tokens::of(text);
        let parts = tokens.parts();
        parts
            .map(|parts| Self { parts })
            .map_err(|problem| TemplateError::Wrong {
                problem,
                place: Place::new(text, tokens.at),
            })
    }

    /// Returns the variables that have no default.
    pub fn variables_without_default(&self) -> impl Iterator<Item = &Variable> {
        let values = self.parts.iter().filter_map(|part| match part {
            Part::Value(operands) => Some(operands.as_slice()),
            Part::Text(_) => None,
        });
        values.filter_map(|operands| {
            let always = |it: &Operand| !matches!(it, Operand::Variable(it) if it.may_be_missing());
            match operands {
                [Operand::Variable(first), ..] if !operands.iter().any(always) => Some(first),
                _ => None,
            }
        })
    }
}

/// Tokens of a template, read one by one.
struct Tokens<'a> {
    tokens: Tokenizer<'a>,
    peeked: Option<Token<'a>>,
    /// Start of the last token, in bytes.
    at: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        // The usual delimiters are always valid.
        let syntax = SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()
            .unwrap_or_default();
        Self {
            tokens: Tokenizer::new(text, "", false, syntax),
            peeked: None,
            at: 0,
        }
    }

    /// Takes the next token. `None` at the end.
    fn next(&mut self) -> Result<Option<Token<'a>>, Problem> {
        if let Some(token) = self.peeked.take() {
            return Ok(Some(token));
        }
        match self.tokens.next_token() {
            Ok(Some((token, span))) => {
                self.at = usize::try_from(span.start_offset).unwrap_or_default();
                Ok(Some(token))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(Problem::Syntax(
                error.detail().unwrap_or("syntax error").to_owned(),
            )),
        }
    }

    /// Takes the next token if `is_wanted`.
    fn next_if(&mut self, is_wanted: impl Fn(&Token<'a>) -> bool) -> Result<bool, Problem> {
        self.peeked = self.next()?;
        let is_next = self.peeked.as_ref().is_some_and(is_wanted);
        if is_next {
            self.peeked = None;
        }
        Ok(is_next)
    }

    fn expect(
        &mut self,
        is_wanted: impl Fn(&Token<'a>) -> bool,
        expected: &'static str,
    ) -> Result<(), Problem> {
        match self.next()? {
            Some(token) if is_wanted(&token) => Ok(()),
            found => Err(unexpected(found, expected)),
        }
    }

    fn parts(&mut self) -> Result<Vec<Part<'a>>, Problem> {
        let mut parts = Vec::new();
        while let Some(token) = self.next()? {
            parts.push(match token {
                Token::TemplateData(text) => Part::Text(text),
                Token::VariableStart => Part::Value(self.operands()?),
                Token::BlockStart => return Err(Problem::Statement),
                found => return Err(unexpected(Some(found), "text")),
            });
        }
        Ok(parts)
    }

    /// Reads a variable or a text with its defaults, up to the end `}}`.
    fn operands(&mut self) -> Result<Vec<Operand<'a>>, Problem> {
        let mut operands = vec![match self.next()? {
            Some(Token::Int(_)) => return Err(unexpected(Some(Token::Int(0)), "a variable")),
            first => self.operand(first)?,
        }];
        loop {
            match self.next()? {
                Some(Token::VariableEnd) => return Ok(operands),
                Some(Token::Pipe) => operands.push(self.default()?),
                found => return Err(unexpected(found, "`|` or `}}`")),
            }
        }
    }

    /// Reads `default("text")`. Its second argument `true` is the rule here: an empty value counts
    /// as none.
    fn default(&mut self) -> Result<Operand<'a>, Problem> {
        match self.next()? {
            Some(Token::Ident(DEFAULT)) => {}
            Some(Token::Ident(name)) => return Err(Problem::UnknownFilter(name.to_owned())),
            found => return Err(unexpected(found, "a filter")),
        }
        let is = |wanted: Token<'static>| {
            let wanted = std::mem::discriminant(&wanted);
            move |token: &Token<'a>| std::mem::discriminant(token) == wanted
        };
        if !self.next_if(is(Token::ParenOpen))? {
            return Ok(Operand::Literal("".into()));
        }
        let first = self.next()?;
        let operand = self.operand(first)?;
        if self.next_if(is(Token::Comma))? {
            self.expect(|token| matches!(token, Token::Ident("true")), "true")?;
        }
        self.expect(is(Token::ParenClose), "`)`")?;
        Ok(operand)
    }

    fn operand(&mut self, first: Option<Token<'a>>) -> Result<Operand<'a>, Problem> {
        match first {
            Some(Token::Ident(name)) => self.variable(name).map(Operand::Variable),
            Some(Token::Str(text)) => Ok(Operand::Literal(text.into())),
            Some(Token::String(text)) => Ok(Operand::Literal(String::from(text).into())),
            Some(Token::Int(number)) => Ok(Operand::Literal(number.to_string().into())),
            found => Err(unexpected(found, "a variable or a text in quotes")),
        }
    }

    /// Reads the keys after a name.
    fn variable(&mut self, name: &str) -> Result<Variable, Problem> {
        let start = self.at;
        let mut keys = Vec::new();
        loop {
            if self.next_if(|token| matches!(token, Token::Dot))? {
                match self.next()? {
                    Some(Token::Ident(key)) => keys.push(key.to_owned()),
                    found => return Err(unexpected(found, "a key")),
                }
            } else if self.next_if(|token| matches!(token, Token::BracketOpen))? {
                match self.next()? {
                    Some(Token::Str(key)) => keys.push(key.to_owned()),
                    Some(Token::String(key)) => keys.push(key.into()),
                    found => return Err(unexpected(found, "a key in quotes")),
                }
                self.expect(|token| matches!(token, Token::BracketClose), "`]`")?;
            } else {
                break;
            }
        }
        let is_sign = |token: &Token| {
            matches!(
                token,
                Token::Minus | Token::Plus | Token::Colon | Token::Div
            )
        };
        match (Variable::of(name), keys.is_empty()) {
            _ if name == METADATA && keys.is_empty() => {
                let found = self.next()?;
                Err(unexpected(found, "`.` and a key, as in metadata.plan"))
            }
            _ if name == METADATA => match self.peeked.take() {
                Some(found) if is_sign(&found) => Err(unexpected(
                    Some(found),
                    "`|` or `}}` (a key with other characters is written metadata[\"...\"])",
                )),
                next => {
                    self.peeked = next;
                    Ok(Variable::Metadata(keys))
                }
            },
            (Some(variable), true) => Ok(variable),
            _ => {
                self.at = start;
                let path = keys
                    .iter()
                    .fold(name.to_owned(), |path, key| path + "." + key);
                Err(Problem::UnknownVariable(path))
            }
        }
    }
}

fn unexpected(found: Option<Token<'_>>, expected: &'static str) -> Problem {
    let found = match found {
        None => "its end".to_owned(),
        Some(Token::VariableEnd) => "`}}`".to_owned(),
        Some(Token::Ident(name)) => shown(name),
        Some(other) => format!("{}{other}", article(&other)),
    };
    Problem::Unexpected { found, expected }
}

/// Returns the article of a token's name. A sign has none.
fn article(token: &Token<'_>) -> &'static str {
    match token {
        Token::Str(_) | Token::String(_) | Token::Float(_) => "a ",
        Token::Int(_) | Token::Int128(_) => "an ",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
