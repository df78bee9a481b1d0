//! Reasons why the local stack cannot run. Each message is one line that ends with what to do.

use std::{io, net::IpAddr, path::PathBuf};

use aws::{queue::QueueError, store::StoreError};
use jiff::Timestamp;
use thiserror::Error;

use crate::running::Running;

/// Reason why the local stack cannot run.
#[derive(Debug, Error)]
pub enum LocalError {
    /// Another program listens on the port.
    #[error(
        "port {port} is taken by another program: stop it, or choose another port with {option}"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Option that sets the port.
        option: &'static str,
    },
    /// The operating system refuses the port.
    #[error("cannot listen on port {port}: choose another port with {option}")]
    Port {
        /// The port.
        port: u16,
        /// Option that sets the port.
        option: &'static str,
        /// Reason of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The machine does not have the address.
    #[error(
        "cannot listen on {address}, which this machine does not have: choose another address with --listen"
    )]
    Address {
        /// The address.
        address: IpAddr,
        /// Reason of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The folder cannot be created or written.
    #[error(
        "cannot write to the folder {}: choose another folder with --data-dir",
        .path.display()
    )]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Reason of the operating system.
        #[source]
        cause: io::Error,
    },
    /// Another stack uses the folder.
    #[error(
        "the folder {} is in use by {}: stop it, or choose another folder with --data-dir",
        .path.display(), holder_text(.holder.as_ref())
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other stack. `None` while it starts.
        holder: Option<Running>,
    },
    /// A file of the folder is a link or a special file. A write to it would change something
    /// outside the folder.
    #[error(
        "{} is a link or a special file: remove it, or choose another folder with --data-dir",
        .path.display()
    )]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A file with the lock file's name is not a lock file.
    #[error(
        "{} is not a lock file of Leadgate: choose another folder with --data-dir",
        .path.display()
    )]
    ForeignLock {
        /// The file.
        path: PathBuf,
    },
    /// SQLite cannot open a database in memory.
    #[error("the embedded DynamoDB cannot start: {0}")]
    Database(String),
    /// The data file is not a sound database.
    #[error(
        "the data file {} is damaged ({reason}): move it away to begin with an empty one",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Reason of SQLite.
        reason: String,
    },
    /// The data file has another format, or other keys or indexes, than this version.
    #[error(
        "the data file {} was made by another version of Leadgate: move it away to begin with an empty one",
        .path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
    },
    /// The clock of the data was moved beyond the time of the machine.
    #[error(
        "the clock of the data in {} was moved to {time}, which is in the future: go on with --clock manual, or choose \
         another folder with --data-dir",
        .folder.display()
    )]
    FromTheFuture {
        /// The folder.
        folder: PathBuf,
        /// The time to which the clock has come.
        time: Timestamp,
    },
    /// A file with the clock file's name has no time.
    #[error(
        "{} does not have a time: remove it, or choose another folder with --data-dir",
        .path.display()
    )]
    ForeignClock {
        /// The file.
        path: PathBuf,
    },
    /// template.yaml lacks something that the stack needs.
    #[error("template.yaml cannot be used: {0}")]
    Template(String),
    /// A constant of the demo account is not valid.
    #[error("the demo account cannot be created: {0}")]
    Demo(String),
    /// A call to the embedded DynamoDB failed.
    #[error("the embedded DynamoDB failed")]
    DynamoDb(#[source] Box<aws_sdk_dynamodb::Error>),
    /// A call to the embedded SQS failed.
    #[error("the embedded SQS failed")]
    Sqs(#[source] Box<aws_sdk_sqs::Error>),
    /// The TLS library of the sender of webhooks cannot be used.
    #[error("the sender of webhooks cannot start")]
    Webhook(#[from] webhook::TlsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue failed.
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
