//! `leadgate lead import`: stores a lead for each line of a CSV file. Each line has an idempotency
//! key, so the import can be run again.

mod columns;
mod references;
mod report;
mod send;
mod sheet;
mod summary;

use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::PathBuf,
    process::ExitCode,
};

use api::{ApiError, AppState};
use aws::queue::StartQueue;
use clap::Args;
use domain::{
    idempotency::{IdempotencyKey, IdempotencyKeyError},
    ids::AccountId,
};
use local::text::{counted, printable};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use thiserror::Error;

use self::{
    columns::{ColumnError, Columns, Mapping},
    references::References,
    report::{Report, ReportError},
    send::{Intake, Job, Sending},
    sheet::{Row, Sheet, SheetError},
    summary::{Refusal, Summary},
};
use super::{assignment::AssignmentArgs, error::LeadError, field::Field};
use crate::{
    failure,
    output::{self, OutputArg, table},
    stored::account,
    target::{AccountArg, QueueUrlArgs, Target, TargetArgs, TargetError},
};

/// Name of standard input on the command line.
const STANDARD_INPUT: &str = "-";
/// Exit code of a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Options of `leadgate lead import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// CSV file whose first line names the columns, or - for standard input
    file: PathBuf,
    /// Field that a column is read as, such as "Handy=phone"; "Notes=-" leaves the column out; can
    /// be repeated
    #[arg(long = "map", value_name = "COLUMN=FIELD", value_parser = Mapping::parse)]
    mappings: Vec<Mapping>,
    /// Value of a field where a line has none, such as metadata.list=spring; can be repeated
    #[arg(long = "default", value_name = "FIELD=VALUE", value_parser = Field::with_value)]
    defaults: Vec<(Field, String)>,
    #[command(flatten)]
    assignment: AssignmentArgs,
    /// Check every line, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// New file for the refused lines [default: FILE.refused.csv beside the file]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Character between two values, or tab [default: the one of the first line]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueUrlArgs,
}

/// Reads a delimiter.
fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err("give one character, such as ; or tab"),
    }
}

/// Reason why an import failed or ended early.
#[derive(Debug, Error)]
enum ImportError {
    #[error("cannot read {0}")]
    Read(String, #[source] io::Error),
    #[error("{0} {1}")]
    Sheet(String, SheetError),
    #[error(transparent)]
    Columns(#[from] ColumnError),
    #[error(transparent)]
    Lead(#[from] LeadError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Key(#[from] IdempotencyKeyError),
    #[error("{refused} of {} refused{}", counted(*lines, "line"), mend(report.as_ref()))]
    Refused {
        refused: usize,
        lines: usize,
        report: Option<PathBuf>,
    },
    #[error("stopped after {done} of {}: run the command again to go on, no lead is stored twice", counted(*lines, "line"))]
    Stopped {
        done: usize,
        lines: usize,
        #[source]
        cause: Option<Box<LeadError>>,
    },
}

/// Returns what to do about refused lines.
fn mend(report: Option<&PathBuf>) -> String {
    match report {
        Some(path) => format!(
            ": mend them in {}, and import that file",
            printable(&path.to_string_lossy())
        ),
        None => ": mend them, and import the file again".to_owned(),
    }
}

impl<E: Into<TargetError>> From<E> for ImportError {
    fn from(error: E) -> Self {
        Self::Lead(LeadError::Target(error.into()))
    }
}

/// Imports the file. The exit code is 1 if a line is refused or the import fails, and 130 after
/// Ctrl-C.
pub async fn run(args: &ImportArgs) -> ExitCode {
    match import(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = failure::report("lead", &error);
            match error {
                ImportError::Stopped { cause: None, .. } => ExitCode::from(INTERRUPTED),
                _ => code,
            }
        }
    }
}

async fn import(args: &ImportArgs) -> Result<(), ImportError> {
    let name = match args.file.to_str() {
        Some(STANDARD_INPUT) => "standard input".to_owned(),
        _ => printable(&args.file.to_string_lossy()),
    };
    let content = content(args).map_err(|error| ImportError::Read(name.clone(), error))?;
    let sheet =
        Sheet::read(&content, args.delimiter).map_err(|error| ImportError::Sheet(name, error))?;
    let columns = Columns::new(&sheet, &args.mappings, &args.defaults)?;
    let target = Target::with_queues(&args.target, &args.queues).await?;
    let store = target.store()?;
    let account = account(&store, target.account(&args.account).await?).await?;
    let assignment = args.assignment.find(&store, account.id).await?;
    let is_default = |field: &Field| args.defaults.iter().any(|(it, _)| it == field);
    let is_given = |field: &Field| columns.has(field) || is_default(field);
    let mut references = References::read(&store, account.id, is_given).await?;
    let defaults = references.defaults(&args.defaults)?;
    // Nothing is sent in a dry run.
    let queue = match target.queue() {
        Err(_) if args.dry_run => StartQueue::new(target.clients.sqs.clone(), ""),
        queue => queue?,
    };
    let intake = Intake {
        state: AppState::new(store, queue, target.clock),
        account: account.settings(None),
        is_dry_run: args.dry_run,
    };
    let body = |row: &Row| columns.body(row, assignment, &defaults, &mut references);
    let lines = Lines::new(&sheet, account.id, body)?;
    // A dry run and standard input have no file beside them.
    let has_file = !args.dry_run && args.file.to_str() != Some(STANDARD_INPUT);
    let report = Report::open(args.report.as_deref(), has_file.then_some(&*args.file))?;
    if !args.output.is_json() {
        let text = heading(&sheet, &columns, lines.repeated);
        output::print(&text).map_err(LeadError::from)?;
    }
    let mut summary = Summary::new(args.dry_run, sheet.rows.len(), lines.refused);
    let cause = send(&intake, lines.jobs, &mut summary).await;
    let (done, lines) = (summary.done(), summary.lines);
    // The next run writes the refused lines of one that ended early.
    let report = match done < lines {
        true => Ok(None),
        false => report.write(&sheet, &summary),
    };
    let path = report.as_ref().ok().and_then(Option::as_deref);
    summary.refused_file = path.map(|path| path.to_string_lossy().into_owned());
    args.output
        .print(&summary, Summary::text)
        .map_err(LeadError::from)?;
    let report = report?;
    match cause {
        Some(cause) => Err(ImportError::Stopped {
            done,
            lines,
            cause: Some(Box::new(cause.into())),
        }),
        None if done < lines => Err(ImportError::Stopped {
            done,
            lines,
            cause: None,
        }),
        None if summary.refused > 0 => Err(ImportError::Refused {
            refused: summary.refused,
            lines,
            report,
        }),
        None => Ok(()),
    }
}

fn content(args: &ImportArgs) -> io::Result<Vec<u8>> {
    if args.file.to_str() != Some(STANDARD_INPUT) {
        return fs::read(&args.file);
    }
    let mut content = Vec::new();
    io::stdin().read_to_end(&mut content)?;
    Ok(content)
}

/// The requests for the lines of a file.
struct Lines {
    jobs: Vec<Job>,
    /// Lines that have no request.
    refused: Vec<Refusal>,
    /// Number of lines that are equal to one above.
    repeated: usize,
}

impl Lines {
    fn new(
        sheet: &Sheet,
        account: AccountId,
        mut body: impl FnMut(&Row) -> Result<Map<String, Value>, String>,
    ) -> Result<Self, IdempotencyKeyError> {
        let mut lines = Self {
            jobs: Vec::new(),
            refused: Vec::new(),
            repeated: 0,
        };
        let mut seen: HashMap<String, usize> = HashMap::new();
        for row in &sheet.rows {
            let line = row.line;
            match body(row) {
                Err(reason) => lines.refused.push(Refusal { line, reason }),
                Ok(body) => {
                    // Its keys are sorted, so the order of the columns makes no difference.
                    let body = Value::from(body).to_string();
                    let above = seen.entry(body.clone()).or_default();
                    lines.repeated += usize::from(*above > 0);
                    let key = key(account, &body, *above)?;
                    *above += 1;
                    lines.jobs.push(Job { line, key, body });
                }
            }
        }
        Ok(lines)
    }
}

/// Returns the idempotency key of a line: a hash of its request, and of the number of equal lines
/// above it.
fn key(
    account: AccountId,
    body: &str,
    above: usize,
) -> Result<IdempotencyKey, IdempotencyKeyError> {
    let hash = Sha256::digest(format!("{account} {above} {body}"));
    format!("import-{}", base16ct::lower::encode_string(&hash)).parse()
}

/// Returns how the file is read, for people.
fn heading(sheet: &Sheet, columns: &Columns, repeated: usize) -> String {
    let headings = sheet.headings.iter().zip(columns.shown());
    let rows: Vec<_> = headings
        .map(|(heading, field)| [heading.clone(), field])
        .collect();
    let mut text = table(["COLUMN", "READ AS"], &rows, "COLUMN");
    if repeated > 0 {
        text += &format!(
            "\n{} equal to one above: each becomes a lead of its own.\n",
            match repeated {
                1 => "1 line is".to_owned(),
                more => format!("{more} lines are"),
            }
        );
    }
    text + "\n"
}

/// Sends the requests, and adds their results to the summary. Returns the error that ended it
/// early. It also ends early at Ctrl-C.
async fn send(intake: &Intake, jobs: Vec<Job>, summary: &mut Summary) -> Option<ApiError> {
    let mut sending = Sending::begin(intake, jobs);
    while let Some(sent) = sending.next().await {
        match sent {
            Ok(sent) => summary.add(sent),
            Err(error) => return Some(error),
        }
    }
    None
}
