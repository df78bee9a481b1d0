//! Where a running stack answers, as its lock file says.

use std::{
    fmt,
    path::{Path, PathBuf},
    process,
};

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

    /// Finds the stack whose data folder is `.leadgate` in `folder`, or in the nearest folder above it. A stack
    /// that was killed is found too, and does not answer.
    pub fn find_from(folder: &Path) -> Option<(PathBuf, Self)> {
        folder.ancestors().find_map(|folder| {
            let data_dir = folder.join(DATA_DIR);
            running_in(&data_dir).map(|running| (data_dir, running))
        })
    }
}

/// As the lock file holds it.
impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}
