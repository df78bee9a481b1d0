//! `limit` and `cursor` of a list, and its `pagination` (CONTRACT section 4).

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use shared::domain::{
    ids::AccountId,
    page::{List, PageRequest, open_cursor, seal_cursor},
};

use crate::error::{ApiError, Problem};

const DEFAULT_LIMIT: u16 = 50;
const HIGHEST_LIMIT: u16 = 200;

/// What the client asked for, unread.
#[derive(Deserialize)]
pub(crate) struct Paging {
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Pagination {
    limit: u16,
    has_more: bool,
    next_cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(paging)| paging).map_err(|_| {
            ApiError::Validation(vec![Problem::new(
                "limit, cursor",
                "must be given at most once each, in UTF-8",
            )])
        })
    }
}

impl Paging {
    pub(crate) fn read(self, account: AccountId, list: List) -> Result<PageRequest, ApiError> {
        let mut problems = Vec::new();
        let limit = match self.limit.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=HIGHEST_LIMIT).contains(&limit) => limit,
                _ => {
                    let what = format!("must be a whole number from 1 to {HIGHEST_LIMIT}");
                    problems.push(Problem::new("limit", what));
                    DEFAULT_LIMIT
                }
            },
        };
        let after = match self
            .cursor
            .map(|cursor| open_cursor(account, list, &cursor))
        {
            None => None,
            Some(Ok(position)) => Some(position),
            Some(Err(error)) => {
                problems.push(Problem::new("cursor", error));
                None
            }
        };
        if problems.is_empty() {
            Ok(PageRequest { limit, after })
        } else {
            Err(ApiError::Validation(problems))
        }
    }
}

impl Pagination {
    pub(crate) fn new(account: AccountId, list: List, limit: u16, next: Option<&str>) -> Self {
        Self {
            limit,
            has_more: next.is_some(),
            next_cursor: next.map(|position| seal_cursor(account, list, position)),
        }
    }
}
