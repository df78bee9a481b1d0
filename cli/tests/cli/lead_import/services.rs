//! Tests of an import whose services are watched, interrupted or gone.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::to_bytes, extract::Request};
use local::demo;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Client;
use tokio::net::TcpListener;

use super::{Import, counts, many, message};
use crate::program::{leadgate, nowhere, stdout};

/// Server in front of a service. It passes each request on, and notes its operation.
async fn recorder(url: String, calls: Arc<Mutex<BTreeSet<String>>>) -> String {
    let http = Client::new();
    let pass_on = async move |request: Request| {
        let (parts, body) = request.into_parts();
        let target = parts.headers["x-amz-target"].to_str().unwrap();
        let (_, operation) = target.rsplit_once('.').unwrap();
        calls.lock().unwrap().insert(operation.to_owned());
        let mut headers = parts.headers;
        headers.remove("host");
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let request = http.post(format!("{url}{}", parts.uri.path()));
        let reply = request.headers(headers).body(body).send().await.unwrap();
        (reply.status(), reply.bytes().await.unwrap())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(pass_on);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_guide_names_every_permission_of_create_and_import() {
    let import = Import::new().await;
    fs::write(import.path("leads.csv"), many(3)).unwrap();
    let calls = Arc::default();
    let dynamodb = recorder(import.services.dynamodb_url.clone(), Arc::clone(&calls)).await;
    let sqs = recorder(import.services.sqs_url.clone(), Arc::clone(&calls)).await;
    let run = |sqs: &str, args: &[&str]| {
        let workflow = [
            "--workflow",
            "sales outreach",
            "--account",
            demo::ACCOUNT_ID,
        ];
        let target = ["--dynamodb-url", &dynamodb, "--sqs-url", sqs];
        let mut command = leadgate(&[&["lead"], args, &workflow, &target].concat());
        stdout(&command.current_dir(import.folder.path()).output().unwrap()).to_owned()
    };
    run(&sqs, &["import", "leads.csv"]);
    let create = ["create", "--first-name", "Ada", "--phone", "+442079460958"];
    let delayed = run(&nowhere(), &create);
    assert!(delayed.contains("it is delayed"), "{delayed}");

    let guide = include_str!("../../../../docs/operator-guide.md");
    let row = guide
        .lines()
        .find(|line| line.starts_with("| `lead create`"));
    let documented: BTreeSet<_> = row
        .unwrap()
        .split('`')
        .filter_map(|text| {
            let name = text.rsplit(':').next()?;
            let is_operation = name.starts_with(char::is_uppercase) && !name.contains(' ');
            is_operation.then(|| name.to_owned())
        })
        .collect();
    assert_eq!(*calls.lock().unwrap(), documented);
}

/// Starts an import of many lines, waits until some leads are there, and sends a signal.
async fn interrupted(import: &Import, signal: Signal) -> Output {
    fs::write(import.path("leads.csv"), many(LINES)).unwrap();
    let before = import.leads().await;
    let child = import
        .command(&["leads.csv", "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while import.leads().await < before + 50 {
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
    child.wait_with_output().unwrap()
}

/// Number of lines: more than are imported before a signal arrives.
const LINES: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn after_ctrl_c_or_a_kill_the_next_run_stores_the_rest_and_nothing_twice() {
    let import = Import::new().await;
    let killed = interrupted(&import, Signal::SIGKILL).await;
    assert_eq!(killed.status.code(), None);
    let after_kill = import.leads().await;
    assert!(after_kill < LINES, "{after_kill}");

    let stopped = interrupted(&import, Signal::SIGINT).await;
    assert_eq!(stopped.status.code(), Some(130), "{}", message(&stopped));
    let [created, there, refused] = counts(&stopped);
    let done = created + there + refused;
    assert_eq!(
        message(&stopped),
        format!(
            "leadgate lead: stopped after {done} of {LINES} lines: run the command again to go on, no lead is \
             stored twice\n"
        )
    );

    let output = import.run(&["leads.csv", "--output", "json"]);
    let [created, there, refused] = counts(&output);
    assert_eq!((created + there, refused), (2_000, 0));
    assert!(there >= 50, "{there}");
    assert_eq!(import.leads().await, LINES);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_ends_at_the_first_failure_of_the_store() {
    let import = Import::new().await;
    fs::write(import.path("leads.csv"), many(20)).unwrap();
    let output = leadgate(&["lead", "import", "leads.csv", "--table", "x"])
        .args([
            "--queue-url",
            "http://127.0.0.1:1/q",
            "--account",
            demo::ACCOUNT_ID,
        ])
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "a")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .env("AWS_ENDPOINT_URL", &import.services.dynamodb_url)
        .current_dir(import.folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message(&output).contains("DynamoDB refused a request"),
        "{output:?}"
    );
    assert!(!Path::new(&import.path("leads.refused.csv")).exists());
}
