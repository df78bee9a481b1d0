//! The embedded DynamoDB: dynoxide over a SQLite file or over memory, served with its wire protocol.

use std::{io, path::Path};

use aws_sdk_dynamodb::{Client, types::TimeToLiveSpecification};
use dynoxide::{Database, server::serve_with_shutdown};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{LocalError, definition::Definition};

pub(super) fn open_memory() -> Result<Database, LocalError> {
    Database::memory().map_err(|error| LocalError::Template(error.to_string()))
}

/// Opens the data file, or makes it. A file that SQLite finds fault with is left as it is.
pub(super) fn open_file(path: &Path) -> Result<Database, LocalError> {
    let damaged = |reason: &str| LocalError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    match path.metadata() {
        Err(_) => {}
        Ok(file) if file.len() == 0 => return Err(damaged("it is empty")),
        Ok(_) => match check(path) {
            Ok(found) if found == "ok" => {}
            Ok(found) => return Err(damaged(&found)),
            Err(error) if is_damage(&error) => return Err(damaged(&error.to_string())),
            Err(error) => return Err(unusable(path, &error)),
        },
    }
    Database::new(&path.to_string_lossy()).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> LocalError {
    LocalError::DataDir {
        path: path.parent().unwrap_or(path).to_owned(),
        cause: io::Error::other(error.to_string()),
    }
}

/// What SQLite says of the file: `ok`, or the first thing that is wrong.
fn check(path: &Path) -> rusqlite::Result<String> {
    // Not READ_ONLY: what a killed process left in the write-ahead log could not be read then. Not CREATE:
    // a check makes no file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
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

/// Creates the table, unless it is there from the last time, and says whether one that is there is such a
/// table as this version works with.
pub(super) async fn create_table(
    client: &Client,
    definition: &Definition,
    name: &str,
) -> Result<bool, LocalError> {
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
            let there = client.describe_table().table_name(name).send().await?;
            Ok(there.table().is_some_and(|table| definition.matches(table)))
        }
        created => {
            created?;
            let ttl = TimeToLiveSpecification::builder()
                .attribute_name(definition.ttl_attribute())
                .enabled(true)
                .build()
                .map_err(|error| LocalError::Template(error.to_string()))?;
            client
                .update_time_to_live()
                .table_name(name)
                .time_to_live_specification(ttl)
                .send()
                .await?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_commit_is_synchronised_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leadgate.db");
        let _database = open_file(&path).unwrap();
        // Another connection of the same library: the journal's mode stands in the file, and how a commit
        // is synchronised is the library's default, which dynoxide leaves alone. 2: fully.
        let connection = Connection::open(&path).unwrap();
        let mode: String = connection
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .unwrap();
        let synchronous: u8 = connection
            .query_row("PRAGMA synchronous", [], |row| row.get(0))
            .unwrap();
        assert_eq!((mode.as_str(), synchronous), ("wal", 2));
    }
}
