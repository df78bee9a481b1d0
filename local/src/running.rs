//! Addresses of a running stack. Its lock file holds them.

use std::{fmt, path::Path, process};

use serde::{Deserialize, Serialize};

use crate::{
    Services,
    data_dir::{DATA_DIR, running_in},
};

/// Addresses of a running stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Id of its process.
    pub process: u32,
    /// URL of the API.
    pub api_url: String,
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
}

impl Running {
    /// The stack of this process.
    pub(crate) fn here(api_url: &str, services: &Services) -> Self {
        Self {
            process: process::id(),
            api_url: api_url.to_owned(),
            dynamodb_url: services.dynamodb_url.clone(),
            sqs_url: services.sqs_url.clone(),
        }
    }

    /// Reads a lock file; `None` if it names no stack.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Finds the running stack whose data folder is `.leadgate` in `folder`, or in the nearest folder above it.
    pub fn find_from(folder: &Path) -> Option<Self> {
        let folders = folder.ancestors();
        folders
            .map(|folder| folder.join(DATA_DIR))
            .find_map(|data_dir| running_in(&data_dir))
    }
}

/// Writes the form of the lock file.
impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}
