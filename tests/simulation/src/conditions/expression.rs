//! Condition expressions of DynamoDB, as trees.

use std::fmt;

/// Condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// All parts hold.
    And(Vec<Self>),
    /// At least one part holds.
    Or(Vec<Self>),
    /// One comparison or function, as its words.
    Leaf(Vec<String>),
}

impl Expression {
    /// Reads an expression. `name` returns the name of an attribute for its placeholder.
    pub fn read(text: &str, name: impl Fn(&str) -> String) -> Self {
        let words = words(text).into_iter();
        let named = words.map(|word| word.split('.').map(&name).collect::<Vec<_>>().join("."));
        let words: Vec<_> = named.collect();
        let mut rest = words.as_slice();
        let read = read_or(&mut rest);
        assert!(rest.is_empty(), "{text} cannot be read: {rest:?} is left");
        read
    }

    /// Returns the expressions that lack one part of this one.
    pub fn weaker(&self) -> Vec<Self> {
        match self {
            Self::And(parts) => without_one(parts, Self::And),
            Self::Or(parts) => without_one(parts, Self::Or),
            Self::Leaf(words) => match words.as_slice() {
                [operand, between, low, and, high] if between == "BETWEEN" && and == "AND" => {
                    let bound = |sign: &str, bound: &String| {
                        Self::Leaf(vec![operand.clone(), sign.to_owned(), bound.clone()])
                    };
                    vec![bound(">=", low), bound("<=", high)]
                }
                _ => Vec::new(),
            },
        }
    }
}

/// Returns the expressions that lack one of `parts`, or a part of one.
fn without_one(parts: &[Expression], join: fn(Vec<Expression>) -> Expression) -> Vec<Expression> {
    let mut weaker = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let mut rest = parts.to_vec();
        rest.remove(index);
        weaker.push(match rest.len() {
            1 => rest.remove(0),
            _ => join(rest),
        });
        for replaced in part.weaker() {
            let mut rest = parts.to_vec();
            rest[index] = replaced;
            weaker.push(join(rest));
        }
    }
    weaker
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |parts: &[Self], with: &str| {
            let parts = parts.iter().map(|part| match part {
                Self::Leaf(_) => part.to_string(),
                part => format!("({part})"),
            });
            parts.collect::<Vec<_>>().join(with)
        };
        match self {
            Self::And(parts) => f.write_str(&join(parts, " AND ")),
            Self::Or(parts) => f.write_str(&join(parts, " OR ")),
            Self::Leaf(words) => {
                let text = words.join(" ");
                f.write_str(
                    &text
                        .replace(" ( ", "(")
                        .replace(" )", ")")
                        .replace(" ,", ","),
                )
            }
        }
    }
}

/// Splits an expression into its words and signs.
fn words(text: &str) -> Vec<String> {
    let is_sign = |it: char| "<>=".contains(it);
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for character in text.chars() {
        let continues = words.last().is_some_and(|last| {
            let is_after_sign = last.chars().all(is_sign);
            !"(),".contains(last.as_str()) && is_after_sign == is_sign(character)
        });
        match character {
            ' ' => is_open = false,
            '(' | ')' | ',' => {
                words.push(character.to_string());
                is_open = false;
            }
            _ if is_open && continues => {
                if let Some(last) = words.last_mut() {
                    last.push(character);
                }
            }
            _ => {
                words.push(character.to_string());
                is_open = true;
            }
        }
    }
    words
}

fn read_or(words: &mut &[String]) -> Expression {
    read_joined(words, "OR", read_and, Expression::Or)
}

fn read_and(words: &mut &[String]) -> Expression {
    read_joined(words, "AND", read_part, Expression::And)
}

fn read_joined(
    words: &mut &[String],
    with: &str,
    read: fn(&mut &[String]) -> Expression,
    join: fn(Vec<Expression>) -> Expression,
) -> Expression {
    let mut parts = vec![read(words)];
    while words.first().is_some_and(|word| word == with) {
        *words = &words[1..];
        parts.push(read(words));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

/// Reads an expression in parentheses, or one comparison or function.
fn read_part(words: &mut &[String]) -> Expression {
    if words.first().is_some_and(|word| word == "(") {
        *words = &words[1..];
        let inner = read_or(words);
        assert_eq!(words.first().map(String::as_str), Some(")"));
        *words = &words[1..];
        return inner;
    }
    let (mut leaf, mut depth, mut has_between) = (Vec::new(), 0, false);
    while let Some(word) = words.first() {
        match word.as_str() {
            "(" => depth += 1,
            ")" if depth == 0 => break,
            ")" => depth -= 1,
            "BETWEEN" => has_between = true,
            "AND" if has_between => has_between = false,
            "AND" | "OR" if depth == 0 => break,
            _ => {}
        }
        leaf.push(word.clone());
        *words = &words[1..];
    }
    Expression::Leaf(leaf)
}
