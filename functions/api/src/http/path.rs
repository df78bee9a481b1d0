//! Ids in a path.

use std::str::FromStr;

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path},
};
use domain::ids::{LeadId, RunId, WorkflowId};
use http::request::Parts;

use super::error::ApiError;

/// A path's `{id}`. A text that is no id gets the same answer as an id that does not exist.
pub struct PathId<T>(pub T);

/// A kind of item that a path can name.
pub trait Resource: FromStr {
    /// The name of the kind in an error.
    const NAME: &'static str;
}

impl Resource for LeadId {
    const NAME: &'static str = "Lead";
}

impl Resource for WorkflowId {
    const NAME: &'static str = "Workflow";
}

/// The ids of a path to a run of a lead.
pub struct RunPath {
    pub lead: LeadId,
    pub run: RunId,
}

impl<S: Send + Sync> FromRequestParts<S> for RunPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let ids = parts.extract::<Path<(String, String)>>().await.ok();
        let Path((lead, run)) = ids.ok_or(ApiError::NotFound("Lead"))?;
        Ok(Self {
            lead: lead.parse().map_err(|_| ApiError::NotFound("Lead"))?,
            run: run.parse().map_err(|_| ApiError::NotFound("Run"))?,
        })
    }
}

/// Defines the id of a path as the client sent it, for ids that the handler reads.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $resource:literal) => {
        $(#[$doc])*
        pub struct $name(pub String);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
                let id = parts.extract::<Path<String>>().await.ok();
                let Path(id) = id.ok_or(ApiError::NotFound($resource))?;
                Ok(Self(id))
            }
        }
    };
}

text_id! {
    /// The id of a touchpoint in a path, as the client sent it.
    TouchpointId, "Touchpoint"
}
text_id! {
    /// The id of a suppression in a path, as the client sent it.
    SuppressionId, "Suppression"
}

impl<S: Send + Sync, T: Resource> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let id = parts.extract::<Path<String>>().await.ok();
        id.and_then(|Path(id)| id.parse().ok())
            .map(Self)
            .ok_or(ApiError::NotFound(T::NAME))
    }
}
