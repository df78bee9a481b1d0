//! The embedded DynamoDB: dynoxide, with its data in a SQLite file or in memory. The local stack
//! serves it on a port of its own, because dynoxide's server would answer web pages of every host.

use std::{
    io,
    path::Path,
    sync::{Arc, OnceLock},
};

use aws_sdk_dynamodb::{Client, types::TimeToLiveSpecification};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    response::Response,
};
use dynoxide::{Database, DynoxideError};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{LocalError, private_file::create_private, template::Template};

const TARGET: &str = "x-amz-target";
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// Maximum size of a request's body in DynamoDB, in bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Number of the data's format, in SQLite's `user_version`. Files from before it have 0. It rises
/// with each shape of item that this version does not read any more.
const FORMAT: u32 = 3;

/// Inspection of the conditional writes of this process. `None` outside of tests.
static INSPECTION: OnceLock<Inspection> = OnceLock::new();

/// Function that sees a call before DynamoDB does it, and may change the request.
pub type Inspection = fn(operation: &str, request: &mut Value);

/// Lets `inspection` see each conditional write that comes to a port of this process. For tests,
/// which plant bugs into all local stacks of their process. The first inspection stays.
pub fn inspect_conditional_writes(inspection: Inspection) {
    INSPECTION.get_or_init(|| inspection);
}

pub(super) fn open_memory() -> Result<Database, LocalError> {
    Database::memory().map_err(|error| LocalError::Database(error.to_string()))
}

/// Opens the data file, or creates it. Does not change a damaged file, or one of another format.
pub(super) fn open_file(path: &Path) -> Result<Database, LocalError> {
    let damaged = |reason: &str| LocalError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    match path.metadata() {
        Err(_) => {
            create_private(path).map_err(|error| unusable(path, &error))?;
            set_format(path).map_err(|error| unusable(path, &error))?;
        }
        Ok(file) if file.len() == 0 => return Err(damaged("it is empty")),
        Ok(_) => match check(path) {
            Ok((found, _)) if found != "ok" => return Err(damaged(&found)),
            Ok((_, FORMAT)) => {}
            Ok(_) => {
                return Err(LocalError::OtherVersion {
                    path: path.to_owned(),
                });
            }
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

fn set_format(path: &Path) -> rusqlite::Result<()> {
    Connection::open(path)?.pragma_update(None, "user_version", FORMAT)
}

/// Returns the result of SQLite's check, which is `ok` or the first fault, and the format.
fn check(path: &Path) -> rusqlite::Result<(String, u32)> {
    // Without READ_ONLY, so that SQLite reads the write-ahead log of a killed process. Without
    // CREATE, because a check must not create a file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    let format = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((found, format))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
}

/// Returns the routes of the database's port.
pub(super) fn routes(database: Database) -> Router {
    Router::new()
        .fallback(respond)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(database))
}

/// Answers a request in DynamoDB's protocol: JSON, with the operation in a header.
async fn respond(
    State(database): State<Arc<Database>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get(TARGET).and_then(|it| it.to_str().ok());
    let operation = target.and_then(|it| it.strip_prefix(TARGET_PREFIX));
    let operation = operation.unwrap_or_default();
    let has_condition =
        || str::from_utf8(&body).is_ok_and(|it| it.contains("\"ConditionExpression\""));
    let inspection = INSPECTION.get().filter(|_| has_condition());
    let inspected = inspection.and_then(|inspection| {
        let mut request: Value = serde_json::from_slice(&body).ok()?;
        inspection(operation, &mut request);
        Some(request)
    });
    let (status, reply) = match inspected {
        Some(request) => answer(&database, operation, request),
        None => {
            let request = &mut serde_json::Deserializer::from_slice(&body);
            answer(&database, operation, request)
        }
    };
    let mut response = Response::new(Body::from(reply.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Carries out one call of DynamoDB. Returns the status and the reply.
pub fn answer<'de>(
    database: &Database,
    operation: &str,
    request: impl Deserializer<'de>,
) -> (u16, Value) {
    let done = match operation {
        "BatchGetItem" => call(request, |it| database.batch_get_item(it)),
        "BatchWriteItem" => call(request, |it| database.batch_write_item(it)),
        "CreateTable" => call(request, |it| database.create_table(it)),
        "DeleteItem" => call(request, |it| database.delete_item(it)),
        "DeleteTable" => call(request, |it| database.delete_table(it)),
        "DescribeTable" => call(request, |it| database.describe_table(it)),
        "DescribeTimeToLive" => call(request, |it| database.describe_time_to_live(it)),
        "GetItem" => call(request, |it| database.get_item(it)),
        "ListTables" => call(request, |it| database.list_tables(it)),
        "PutItem" => call(request, |it| database.put_item(it)),
        "Query" => call(request, |it| database.query(it)),
        "Scan" => call(request, |it| database.scan(it)),
        "TransactGetItems" => call(request, |it| database.transact_get_items(it)),
        "TransactWriteItems" => call(request, |it| database.transact_write_items(it)),
        "UpdateItem" => call(request, |it| database.update_item(it)),
        "UpdateTable" => call(request, |it| database.update_table(it)),
        "UpdateTimeToLive" => call(request, |it| database.update_time_to_live(it)),
        unknown => {
            let message =
                format!("The DynamoDB of the local stack does not have the operation {unknown:?}.");
            return (400, refused("UnknownOperationException", &message));
        }
    };
    match done {
        Ok(reply) => (200, reply),
        Err(CallError::Unreadable) => (
            400,
            refused("SerializationException", "The request cannot be read."),
        ),
        Err(CallError::Refused(error)) => {
            let body = serde_json::from_str(&error.to_json()).unwrap_or_default();
            (error.status_code(), body)
        }
    }
}

/// Reason why a call has no result.
enum CallError {
    Unreadable,
    Refused(DynoxideError),
}

fn call<'de, Q: DeserializeOwned, R: Serialize>(
    request: impl Deserializer<'de>,
    operation: impl FnOnce(Q) -> Result<R, DynoxideError>,
) -> Result<Value, CallError> {
    let request = Q::deserialize(request).map_err(|_| CallError::Unreadable)?;
    let reply = operation(request).map_err(CallError::Refused)?;
    serde_json::to_value(reply).map_err(|_| CallError::Unreadable)
}

fn refused(kind: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": message})
}

/// Creates the table if it does not exist. Returns whether the table has the keys and indexes of
/// this version.
pub(super) async fn create_table(
    client: &Client,
    template: &Template,
    name: &str,
) -> Result<bool, LocalError> {
    let created = template
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
            Ok(there.table().is_some_and(|table| template.matches(table)))
        }
        created => {
            created?;
            let ttl = TimeToLiveSpecification::builder()
                .attribute_name(template.ttl_attribute())
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
    fn a_data_file_of_another_format_is_refused_and_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leadgate.db");
        drop(open_file(&path).unwrap());
        drop(open_file(&path).unwrap());
        for format in [0, FORMAT - 1, FORMAT + 1] {
            let connection = Connection::open(&path).unwrap();
            connection
                .pragma_update(None, "user_version", format)
                .unwrap();
            drop(connection);
            let before = std::fs::read(&path).unwrap();
            let error = open_file(&path).err().unwrap();
            assert!(matches!(error, LocalError::OtherVersion { .. }), "{error}");
            let text = error.to_string();
            let (_, end) = text.split_once("leadgate.db ").unwrap();
            assert_eq!(
                end,
                "was made by another version of Leadgate: move it away to begin with an empty one"
            );
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn each_commit_is_synchronised_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leadgate.db");
        let _database = open_file(&path).unwrap();
        // A second connection has the same settings: the file has the mode of the journal, and
        // dynoxide does not change the library's default of `synchronous`. The value 2 is FULL.
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
