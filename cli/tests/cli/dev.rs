//! `leadgate dev` as a person or a program meets it: the real program, its output, its exit code.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(20);

fn leadgate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running stack; killed when a test fails before it stops it.
struct Dev {
    child: Child,
    ready: Value,
}

impl Dev {
    fn start(data_dir: Option<&Path>) -> Self {
        // As `cargo dev -- --json ...` runs it.
        let mut command = leadgate(&["dev", "--", "--json", "--port", "0"]);
        match data_dir {
            Some(path) => command.arg("--data-dir").arg(path),
            None => command.arg("--in-memory"),
        };
        command.stderr(Stdio::null());
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn text(&self, field: &str) -> &str {
        self.ready[field]
            .as_str()
            .unwrap_or_else(|| panic!("{field} in {}", self.ready))
    }

    fn leads_url(&self) -> String {
        format!("{}/api/public/leads", self.text("api_url"))
    }

    /// Sends a signal and waits for the end.
    fn stop(mut self, signal: Signal) -> (ExitStatus, Duration) {
        let started = Instant::now();
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        (wait(&mut self.child), started.elapsed())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(started.elapsed() < DEADLINE, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a start that cannot succeed prints.
fn refused(args: &[&str]) -> String {
    let mut child = leadgate(args).spawn().unwrap();
    let status = wait(&mut child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stdout, "");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[tokio::test]
async fn the_json_line_has_all_that_a_program_needs() {
    let dev = Dev::start(None);
    let names: Vec<_> = dev
        .ready
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "api_key",
            "api_url",
            "campaign_id",
            "dlq_url",
            "dynamodb_url",
            "queue_url",
            "sqs_url",
            "table",
            "workflow_id"
        ]
    );
    let lead = json!({
        "first_name": "John", "last_name": "Doe", "email": "john@example.com", "phone": "+1234567890",
        "workflow_id": dev.text("workflow_id"), "campaign_id": dev.text("campaign_id"),
    });
    let request = Client::new()
        .post(dev.leads_url())
        .header("x-api-key", dev.text("api_key"));
    let response = request.json(&lead).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert!(response.json::<Value>().await.unwrap()["workflow_run"].is_object());
}

#[test]
fn nothing_answers_on_another_address_of_the_machine() {
    let dev = Dev::start(None);
    for field in ["api_url", "dynamodb_url", "sqs_url"] {
        let here = dev.text(field).trim_start_matches("http://");
        assert!(TcpStream::connect(here).is_ok(), "{here}");
        // A listener on every address would answer here, too.
        let elsewhere = here.replace("127.0.0.1", "127.0.0.2");
        assert!(TcpStream::connect(&elsewhere).is_err(), "{elsewhere}");
    }
}

#[test]
fn beyond_the_machine_it_listens_only_when_told_to_and_warns() {
    let dev = leadgate(&[
        "dev",
        "--json",
        "--in-memory",
        "--port",
        "0",
        "--listen",
        "0.0.0.0",
    ]);
    let mut dev = Dev::of(dev);
    for field in ["api_url", "dynamodb_url", "sqs_url"] {
        // An address that can be pasted, which 0.0.0.0 is not everywhere.
        let here = dev.text(field).strip_prefix("http://").unwrap();
        assert!(here.starts_with("127.0.0.1:"), "{here}");
        let elsewhere = here.replace("127.0.0.1", "127.0.0.2");
        assert!(TcpStream::connect(&elsewhere).is_ok(), "{elsewhere}");
    }
    let log = BufReader::new(dev.child.stderr.take().unwrap()).lines();
    let warning = log
        .map_while(Result::ok)
        .find(|line| line.contains("warning"));
    let warning = warning.unwrap();
    assert!(
        warning.contains("can read and change everything"),
        "{warning}"
    );
}

#[test]
fn an_address_that_the_machine_does_not_have_is_told_in_one_line() {
    let line = refused(&["dev", "--in-memory", "--port", "0", "--listen", "192.0.2.1"]);
    assert!(
        line.starts_with("leadgate dev: cannot listen on 192.0.2.1"),
        "{line}"
    );
    assert!(line.contains("--listen"), "{line}");
}

#[test]
fn ctrl_c_and_sigterm_stop_it_within_two_seconds() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (status, took) = Dev::start(None).stop(signal);
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(took < Duration::from_secs(2), "{signal}: {took:?}");
    }
}

/// What a client was told of a lead.
struct Answered {
    lead: String,
    /// The run that it was promised.
    run: Option<String>,
}

/// Sends leads from many clients at once, sends the signal in their midst, and gives what was answered with
/// 201 until then. The stack gives itself 1.8 seconds to end; the rest is for a busy machine.
async fn stopped_under_load(dev: Dev, signal: Signal) -> Vec<Answered> {
    const CLIENTS: usize = 16;
    const ENOUGH: usize = 200;
    let lead =
        |workflow| json!({ "first_name": "John", "phone": "+1234567890", "workflow_id": workflow });
    let with_run = lead(json!(dev.text("workflow_id")));
    let without_run = lead(Value::Null);
    let (taken, mut answered) = tokio::sync::mpsc::unbounded_channel();
    for client in 0..CLIENTS {
        let lead = if client == 0 { &without_run } else { &with_run };
        let request = Client::new()
            .post(dev.leads_url())
            .header("x-api-key", dev.text("api_key"))
            .json(lead);
        let taken = taken.clone();
        tokio::spawn(async move {
            // Until the listener, or the process, is gone.
            while let Ok(response) = request.try_clone().unwrap().send().await {
                assert_eq!(response.status(), StatusCode::CREATED);
                // A reply that breaks off acknowledges nothing.
                let Ok(created) = response.json::<Value>().await else {
                    return;
                };
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let _ = taken.send(Answered {
                    lead: text(&created["lead"]["id"]).unwrap(),
                    run: text(&created["workflow_run"]["id"]),
                });
            }
        });
    }
    drop(taken);
    let mut all = Vec::new();
    while all.len() < ENOUGH {
        all.push(answered.recv().await.unwrap());
    }
    let (status, took) = tokio::task::spawn_blocking(move || dev.stop(signal))
        .await
        .unwrap();
    let code = (signal != Signal::SIGKILL).then_some(0);
    assert_eq!(status.code(), code);
    assert!(took < Duration::from_secs(4), "{took:?}");
    while let Some(lead) = answered.recv().await {
        all.push(lead);
    }
    all
}

/// Every lead that was answered is there, with the run that it was promised and no other.
async fn assert_kept(dev: &Dev, answered: &[Answered]) {
    let http = Client::new();
    for Answered { lead, run } in answered {
        match run {
            Some(run) => wait_for_run(&http, dev, lead, run).await,
            None => {
                let lead = read(&http, dev, lead).await;
                assert!(lead["active_workflow_run"].is_null(), "{lead}");
            }
        }
    }
    assert!(answered.iter().any(|it| it.run.is_none()));
}

#[tokio::test]
async fn a_stop_under_load_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(Some(folder.path()));
    let answered = stopped_under_load(dev, Signal::SIGTERM).await;
    assert_kept(&Dev::start(Some(folder.path())), &answered).await;
}

#[tokio::test]
async fn a_kill_under_load_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    // The second is killed while it builds what the first has left behind.
    for _ in 0..2 {
        let dev = Dev::start(Some(folder.path()));
        answered.extend(stopped_under_load(dev, Signal::SIGKILL).await);
    }
    assert_kept(&Dev::start(Some(folder.path())), &answered).await;
}

async fn read(http: &Client, dev: &Dev, id: &str) -> Value {
    let request = http.get(format!("{}/{id}", dev.leads_url()));
    let response = request
        .header("x-api-key", dev.text("api_key"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut reply: Value = response.json().await.unwrap();
    reply["lead"].take()
}

async fn wait_for_run(http: &Client, dev: &Dev, id: &str, run: &str) {
    let started = Instant::now();
    loop {
        let lead = read(http, dev, id).await;
        let there = &lead["active_workflow_run"];
        assert_eq!(there["id"], run, "{lead}");
        if there["run_status"] == "running" {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "{lead}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_taken_port_is_told_in_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    for option in ["--port", "--dynamodb-port", "--sqs-port"] {
        let line = match option {
            "--port" => refused(&["dev", "--in-memory", "--port", &port]),
            option => refused(&["dev", "--in-memory", "--port", "0", option, &port]),
        };
        let expected = format!("leadgate dev: port {port} is taken by another program");
        assert!(line.starts_with(&expected), "{line}");
        assert!(
            line.ends_with(&format!("choose another with {option}\n")),
            "{line}"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside_a_file = file.join("data");
    let line = refused(&[
        "dev",
        "--port",
        "0",
        "--data-dir",
        inside_a_file.to_str().unwrap(),
    ]);
    assert!(line.contains("cannot write to the folder"), "{line}");
    assert!(line.contains("--data-dir"), "{line}");
}

#[test]
fn a_damaged_data_file_is_told_in_one_line_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leadgate.db");
    Dev::start(Some(folder.path())).stop(Signal::SIGTERM);
    let sound = fs::read(&file).unwrap();
    let mut torn = sound.clone();
    torn.truncate(sound.len() / 2);
    let mut scribbled = sound.clone();
    scribbled[4096..3 * 4096].fill(0x5a);
    for damaged in [b"this is no database".to_vec(), torn, scribbled] {
        fs::write(&file, &damaged).unwrap();
        let line = refused(&[
            "dev",
            "--port",
            "0",
            "--data-dir",
            folder.path().to_str().unwrap(),
        ]);
        assert!(line.contains("leadgate.db is damaged ("), "{line}");
        assert!(line.contains("move it away to start anew"), "{line}");
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn a_second_start_on_a_folder_says_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(Some(folder.path()));
    let line = refused(&[
        "dev",
        "--port",
        "0",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    let holder = format!(
        "is in use by leadgate dev, process {}, {}",
        dev.child.id(),
        dev.text("api_url")
    );
    assert!(line.contains(&holder), "{line}");
    // As a person meets it, who starts it twice on the same port: the folder is the better answer.
    let port = dev.text("api_url").rsplit(':').next().unwrap();
    let line = refused(&[
        "dev",
        "--port",
        port,
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    assert!(line.contains(&holder), "{line}");
}
