//! Definition files: the YAML of a workflow or of an account.
//!
//! One set of types serves both directions. `apply` and `plan` read it, and `export` writes it with
//! serde.
//!
//! Reading goes through a tree of values with their lines (`node`), because serde stops at the
//! first problem. `reader` collects all problems of a file, each with its line and its field. The
//! compiler checks the fields that it reads against the type.
//!
//! The form of a workflow is in the [contract](../../../docs/contract.md#workflow-definition).

mod account;
mod cadence;
mod destination;
#[cfg(test)]
mod destination_tests;
mod file;
mod node;
#[cfg(test)]
mod outcome_tests;
mod outcomes;
mod problem;
#[cfg(test)]
mod problem_tests;
mod reader;
mod schema;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
mod workflow;

pub use self::{
    account::{AccountDefinition, CampaignDefinition},
    cadence::message_form,
    destination::DestinationDefinition,
    file::{File, FileError, is_stdin},
    problem::{Place, Problem},
    schema::{SCHEMA_TITLE, schema},
    workflow::{StatusDefinition, WorkflowDefinition},
};
