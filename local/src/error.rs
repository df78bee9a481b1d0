//! Why the local stack cannot run. Every message is one line that says what to change.

use std::{io, net::IpAddr, path::PathBuf};

use aws::{queue::QueueError, store::StoreError};
use thiserror::Error;

use crate::running::Running;

/// Why the local stack cannot run.
#[derive(Debug, Error)]
pub enum LocalError {
    /// Another program listens there.
    #[error("port {port} is taken by another program: stop that, or choose another with {option}")]
    PortTaken {
        /// The port.
        port: u16,
        /// The option that sets it.
        option: &'static str,
    },
    /// The operating system refuses the port.
    #[error("cannot listen on port {port}: choose another with {option}")]
    Port {
        /// The port.
        port: u16,
        /// The option that sets it.
        option: &'static str,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// The machine has no such address.
    #[error(
        "cannot listen on {address}, which is no address of this machine: choose another with --listen"
    )]
    Address {
        /// The address.
        address: IpAddr,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// The folder cannot be made or written.
    #[error("cannot write to the folder {}: choose another with --data-dir", .path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// Another stack has the folder.
    #[error(
        "the folder {} is in use by {}: stop that, or choose another with --data-dir",
        .path.display(), holder_text(.holder.as_ref())
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The stack; `None` while it starts.
        holder: Option<Running>,
    },
    /// A file of the folder is a link, or no file at all: writing to it would write elsewhere.
    #[error("{} is a link: remove it, or choose another folder with --data-dir", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The folder has a file of the lock file's name with other things in it.
    #[error(
        "the file {} is not Leadgate's: choose another folder with --data-dir",
        .path.display()
    )]
    ForeignLock {
        /// The file.
        path: PathBuf,
    },
    /// SQLite cannot keep a database in memory.
    #[error("the embedded DynamoDB cannot start: {0}")]
    Database(String),
    /// The data file is not what this program wrote.
    #[error("the data file {} is damaged ({reason}): move it away to start anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says of it.
        reason: String,
    },
    /// The data file holds a table with other keys or indexes.
    #[error(
        "the data file {} was made by another version of Leadgate: move it away to start anew",
        .path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
    },
    /// template.yaml does not define what the stack needs.
    #[error("template.yaml cannot be used: {0}")]
    Template(String),
    /// The embedded DynamoDB does not do what it should.
    #[error("the embedded DynamoDB failed")]
    DynamoDb(#[source] Box<aws_sdk_dynamodb::Error>),
    /// The embedded SQS does not do what it should.
    #[error("the embedded SQS failed")]
    Sqs(#[source] Box<aws_sdk_sqs::Error>),
    /// The store does not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue does not do what it should.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

fn holder_text(holder: Option<&Running>) -> String {
    match holder {
        Some(Running {
            process, api_url, ..
        }) => format!("leadgate dev, process {process}, {api_url}"),
        None => "another leadgate dev".to_owned(),
    }
}

impl<E, R> From<aws_sdk_dynamodb::error::SdkError<E, R>> for LocalError
where
    aws_sdk_dynamodb::Error: From<aws_sdk_dynamodb::error::SdkError<E, R>>,
{
    fn from(error: aws_sdk_dynamodb::error::SdkError<E, R>) -> Self {
        Self::DynamoDb(Box::new(error.into()))
    }
}
