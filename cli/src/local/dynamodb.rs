//! The embedded DynamoDB: dynoxide over a SQLite file or over memory, served with its wire protocol.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use dynoxide::{Database, server::serve_with_shutdown};
use rusqlite::{Connection, OpenFlags};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{LocalError, definition::Definition};

pub(super) fn open_memory() -> Result<Database, LocalError> {
    Database::memory().map_err(|error| LocalError::Template(error.to_string()))
}

/// Opens the data file, or makes it. A file that SQLite finds fault with is left as it is.
pub(super) fn open_file(path: &Path) -> Result<Database, LocalError> {
    let damaged = |reason: String| LocalError::Damaged {
        path: path.to_owned(),
        reason,
    };
    if path.exists() {
        let reason = check(path).map_err(|error| damaged(error.to_string()))?;
        if reason != "ok" {
            return Err(damaged(reason));
        }
    }
    Database::new(&path.to_string_lossy()).map_err(|error| damaged(error.to_string()))
}

/// What SQLite says of the file: `ok`, or the first thing that is wrong.
fn check(path: &Path) -> rusqlite::Result<String> {
    // Reading only: a check must not repair, and must not make a file that is not there.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

/// Serves the database until `stop` is cancelled.
pub(super) fn serve(
    listener: TcpListener,
    database: Database,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let stopped = async move { stop.cancelled().await };
        if let Err(error) = serve_with_shutdown(listener, database, stopped).await {
            tracing::error!(error, "the embedded DynamoDB stopped");
        }
    })
}

/// Creates the table, unless it is there from the last time.
pub(super) async fn create_table(
    client: &Client,
    definition: &Definition,
    name: &str,
) -> Result<(), LocalError> {
    let created = definition
        .table(client.create_table().table_name(name))?
        .send()
        .await;
    match created {
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        created => Ok(created.map(|_| ())?),
    }
}
