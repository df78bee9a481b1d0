//! The parameters of a list, and its `pagination` (CONTRACT section 4).

use std::{fmt::Display, str::FromStr};

use axum::extract::{FromRequestParts, Query};
use domain::{
    ids::AccountId,
    page::{List, PageRequest, open_cursor, seal_cursor},
};
use http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Problem};

const DEFAULT_LIMIT: u16 = 50;
const HIGHEST_LIMIT: u16 = 200;

/// What stands in the query, taken out one by one. What is left in the end is not known to the list: it is
/// refused, since a filter that is spelt wrong would show everything.
pub(crate) struct Parameters {
    given: Vec<(String, String)>,
    problems: Vec<Problem>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Pagination {
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
        let Query(mut given): Query<Vec<(String, String)>> = query.map_err(|_| {
            ApiError::Validation(vec![Problem::new("query", "must be given in UTF-8")])
        })?;
        // As in a body, what is empty was not given.
        given.retain(|(_, value)| !value.is_empty());
        Ok(Self {
            given,
            problems: Vec::new(),
        })
    }
}

impl Parameters {
    /// A parameter's value.
    pub(crate) fn take<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        self.take_as(name, |text| {
            text.parse().map_err(|error: T::Err| error.to_string())
        })
    }

    /// A parameter's instant, in RFC 3339.
    pub(crate) fn take_time(&mut self, name: &str) -> Option<Timestamp> {
        self.take_as(name, |text| {
            let what =
                "must be a time in RFC 3339, such as 2026-02-10T12:00:00Z (a + is written as %2B)";
            text.parse().map_err(|_| what.to_owned())
        })
    }

    fn take_as<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let mut values = self.given.extract_if(.., |(given, _)| given == name);
        let (_, text) = values.next()?;
        let read = match values.next() {
            None => read(&text),
            Some(_) => Err("must be given once".to_owned()),
        };
        drop(values);
        read.map_err(|what| self.problems.push(Problem::new(name, what)))
            .ok()
    }

    /// Refuses what was not taken out, with every other problem.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for (name, _) in self.given {
            self.problems
                .push(Problem::new(&name, "is not a parameter of this path"));
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Validation(self.problems))
        }
    }

    /// `limit` and `cursor`, when everything else has been taken out.
    ///
    /// # Errors
    /// `Validation` with every problem at once.
    pub(crate) fn page(
        mut self,
        account: AccountId,
        list: List<'_>,
    ) -> Result<PageRequest, ApiError> {
        let limit = self.take_as("limit", |text| match text.parse() {
            Ok(limit) if (1..=HIGHEST_LIMIT).contains(&limit) => Ok(limit),
            _ => Err(format!("must be a whole number from 1 to {HIGHEST_LIMIT}")),
        });
        let after = self.take_as("cursor", |text| {
            open_cursor(account, list, text).map_err(|error| error.to_string())
        });
        self.finish()?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        Ok(PageRequest { limit, after })
    }
}

impl Pagination {
    pub(crate) fn new(
        account: AccountId,
        list: List<'_>,
        request: &PageRequest,
        next: Option<&str>,
    ) -> Self {
        Self {
            limit: request.limit,
            has_more: next.is_some(),
            next_cursor: next.map(|position| seal_cursor(account, list, position)),
        }
    }
}
