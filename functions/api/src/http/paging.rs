//! The parameters of a query, and the `pagination` of a list
//! ([contract](../../../../docs/contract.md#lists-and-cursors)).

use std::{fmt::Display, str::FromStr};

use axum::extract::{FromRequestParts, Query};
use domain::{
    channel::Channel,
    ids::AccountId,
    page::{List, PageRequest, decode_cursor, encode_cursor},
    time::read_time,
    touchpoint_filter::TouchpointFilter,
};
use http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::{ApiError, Problem, Problems},
    misspelling::Advice,
    problem::id_advice,
};

const DEFAULT_LIMIT: u16 = 50;
const MAX_LIMIT: u16 = 200;

/// The parameters of a query, taken out one by one. The parameters that are left in the end are unknown and
/// refused, because a misspelt filter would show everything.
pub struct Parameters {
    given: Vec<(String, String)>,
    /// Names of the parameters that were taken.
    known: Vec<&'static str>,
    problems: Problems,
}

#[derive(Serialize, ToSchema)]
pub struct Pagination {
    #[schema(example = 50)]
    limit: u16,
    has_more: bool,
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(mut given): Query<Vec<(String, String)>> =
            query.map_err(|_| ApiError::invalid("query", "must be given in UTF-8"))?;
        // As in a body, an empty value means "not given".
        given.retain(|(_, value)| !value.is_empty());
        Ok(Self {
            given,
            known: Vec::new(),
            problems: Problems::default(),
        })
    }
}

impl Parameters {
    /// Takes a parameter and parses it.
    pub fn take<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let advice = id_advice(name);
        self.take_as(name, |text| {
            let read = text.parse();
            read.map_err(|error: T::Err| format!("{error}{advice}"))
        })
    }

    /// Takes the name of a channel.
    pub fn take_channel(&mut self, name: &'static str) -> Option<Channel> {
        self.take_as(name, |text| {
            let channel = Channel::of_word(text);
            channel.ok_or_else(|| "must be call, whatsapp, email or sms".to_owned())
        })
    }

    /// Refuses a filter that would need a search through the whole account.
    pub fn require_state(&mut self, filter: &TouchpointFilter) {
        const STATES: &str = "must be due, claimed, unconfirmed or failed";
        if filter.lead_id.is_some() || !self.problems.is_empty() {
            return;
        }
        let problem = match filter.state {
            Some(state) if state.is_of_account() => return,
            Some(_) => format!("{STATES} without lead_id"),
            None => format!("{STATES}; to list all touchpoints of a lead, send lead_id"),
        };
        self.problems.push(Problem::new("state", problem));
    }

    /// Takes a time in RFC 3339.
    pub fn take_time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.take_as(name, |text| {
            read_time(text).map_err(|error| format!("{error} (a + is written as %2B)"))
        })
    }

    /// Takes a parameter with `read`, whose error goes on after the value.
    pub fn take_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.known.push(name);
        let mut values = self.given.extract_if(.., |(given, _)| given == name);
        let (_, text) = values.next()?;
        let read = match values.next() {
            // A cursor is opaque: its text says nothing.
            None if name == "cursor" => read(&text).map_err(|what| Problem::new(name, what)),
            None => read(&text).map_err(|what| Problem::of_value(name, &text, what)),
            Some(_) => Err(Problem::new(name, "must be given once")),
        };
        drop(values);
        read.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// Refuses unknown parameters, with every other problem.
    ///
    /// # Errors
    /// [`ApiError::Validation`].
    pub fn finish(mut self) -> Result<(), ApiError> {
        let mut advice = Advice::new(&self.known);
        for (name, _) in self.given {
            self.problems.push(if name.is_empty() {
                Problem::new("query", "has a value without a name in front of its =")
            } else {
                let advice = advice.about(&name);
                Problem::new(
                    &name,
                    format_args!("is not a parameter of this path{advice}"),
                )
            });
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Validation(self.problems))
        }
    }

    /// Takes `limit` and `cursor`, and refuses all other parameters that are left.
    ///
    /// # Errors
    /// [`ApiError::Validation`].
    pub fn page(mut self, account: AccountId, list: List<'_>) -> Result<PageRequest, ApiError> {
        let limit = self.take_as("limit", |text| match text.parse() {
            Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
            _ => Err(format!("must be a whole number from 1 to {MAX_LIMIT}")),
        });
        let after = self.take_as("cursor", |text| {
            decode_cursor(account, list, text).map_err(|error| error.to_string())
        });
        self.finish()?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        Ok(PageRequest { limit, after })
    }
}

impl Pagination {
    pub fn new(
        account: AccountId,
        list: List<'_>,
        request: &PageRequest,
        next: Option<&str>,
    ) -> Self {
        Self {
            limit: request.limit,
            has_more: next.is_some(),
            next_cursor: next.map(|position| encode_cursor(account, list, position)),
        }
    }
}
