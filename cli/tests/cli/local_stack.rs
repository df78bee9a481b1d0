//! Tests of the local stack: the data folder, how commands find the stack, and which requests its
//! ports refuse.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use aws::clock::Clock;
use local::{Ports, Running, Stack, Storage, demo, nearest_running, running_in};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};

use crate::program::{leadgate, stderr, stdout};

async fn stack_in(folder: &Path) -> Stack {
    let storage = Storage::Folder(folder.to_owned());
    Stack::start(&storage, Ports::ANY, Clock::System)
        .await
        .unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

/// Runs a command in a folder, on the stack that it finds.
fn in_folder(folder: &Path, args: &[&str]) -> Output {
    leadgate(args).current_dir(folder).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/.leadgate");
    stack_in(&data).await.stop().await;
    // An older version left these modes, with an umask that removes no permission.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["leadgate.db", "lock"] {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let stack = stack_in(&data).await;
    assert_eq!(mode(&data), 0o700);
    let files = fs::read_dir(&data).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_other_things_in_it_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let stack = stack_in(folder.path()).await;
    assert_eq!(mode(folder.path()), 0o755);
    assert_eq!(mode(&folder.path().join("leadgate.db")), 0o600);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    fs::write(&precious, "precious content").unwrap();
    let data = folder.path().join(".leadgate");
    fs::create_dir(&data).unwrap();
    symlink(&precious, data.join("lock")).unwrap();
    let error = Stack::start(&Storage::Folder(data.clone()), Ports::ANY, Clock::System).await;
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("lock is a link or a special file: remove it"),
        "{message}"
    );
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious content");
    assert_eq!(running_in(&data), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_a_link_is_refused() {
    for name in ["leadgate.log", "leadgate.log.1"] {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious content").unwrap();
        let data = folder.path().join(".leadgate");
        fs::create_dir(&data).unwrap();
        symlink(&precious, data.join(name)).unwrap();
        let error = Stack::start(&Storage::Folder(data), Ports::ANY, Clock::System).await;
        let message = error.unwrap_err().to_string();
        assert!(message.contains("is a link or a special file"), "{message}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious content");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_programs_do_not_change() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let refusal = async |folder: &Path| {
        let storage = Storage::Folder(folder.to_owned());
        let error = Stack::start(&storage, Ports::ANY, Clock::System).await;
        error.unwrap_err().to_string()
    };
    let lock = folder.path().join("lock");
    fs::write(&lock, "the lock of another program").unwrap();
    let message = refusal(folder.path()).await;
    assert!(
        message.contains("lock is not a lock file of Leadgate"),
        "{message}"
    );
    assert_eq!(
        fs::read_to_string(&lock).unwrap(),
        "the lock of another program"
    );
    assert_eq!(mode(folder.path()), 0o755);
    fs::remove_file(&lock).unwrap();

    // A pipe without a writer.
    nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(running_in(folder.path()), None);
    let message = refusal(folder.path()).await;
    assert!(message.contains("lock is a link"), "{message}");
    fs::remove_file(&lock).unwrap();

    let target = folder.path().join("target.db");
    fs::write(&target, "precious").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
    symlink(&target, folder.path().join("leadgate.db")).unwrap();
    let message = refusal(folder.path()).await;
    assert!(message.contains("leadgate.db is a link"), "{message}");
    assert_eq!(
        (mode(&target), fs::read_to_string(&target).unwrap().as_str()),
        (0o644, "precious")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_was_killed_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack_in(&folder.path().join(".leadgate")).await;
    let below = folder.path().join("below");
    fs::create_dir_all(below.join(".leadgate")).unwrap();
    let killed = Running {
        process: 1,
        ..nearest_running(&below).unwrap()
    };
    fs::write(below.join(".leadgate/lock"), killed.to_string()).unwrap();
    let found = nearest_running(&below).unwrap();
    assert_eq!(found.process, std::process::id());
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_find_the_running_stack_from_its_folder_and_below() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let data = folder.path().join(".leadgate");
    let stack = stack_in(&data).await;
    let running = nearest_running(&below).unwrap();
    assert_eq!(running.api_url, stack.api_url);

    let elsewhere = tempfile::tempdir().unwrap();
    let data_dir = ["--data-dir", data.to_str().unwrap()];
    for (place, more) in [
        (folder.path(), &[][..]),
        (&below, &[]),
        (elsewhere.path(), &data_dir),
    ] {
        for command in [&["account", "list", "--full"][..], &["queue", "status"]] {
            let output = in_folder(place, &[command, more].concat());
            assert_ne!(stdout(&output), "", "{command:?}");
        }
    }
    stack.stop().await;

    // A stack that has ended is not found, and neither is one that was killed.
    let message = |output: Output| stderr(&output).to_owned();
    let list = ["account", "list"];
    assert_eq!(
        message(in_folder(&below, &list)),
        format!(
            "leadgate account: no local stack is running in {} or a folder above it: start one with `cargo \
             dev`, pass --dynamodb-url for one in memory, or --stack NAME for one on AWS\n",
            below.canonicalize().unwrap().display()
        )
    );
    fs::write(data.join("lock"), running.to_string()).unwrap();
    assert!(message(in_folder(&below, &list)).contains("no local stack is running"));
    fs::write(
        data.join("lock"),
        "leadgate dev, process 1, as an older version wrote it",
    )
    .unwrap();
    assert!(message(in_folder(&below, &list)).contains("no local stack is running"));
    let output = in_folder(
        elsewhere.path(),
        &["account", "list", "--data-dir", "nowhere"],
    );
    assert_eq!(
        message(output),
        "leadgate account: no local stack is running with the data folder nowhere: start one with `cargo dev \
         --data-dir nowhere`\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_port_answers_a_page_of_another_host() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let http = Client::new();
    let services = &stack.services;
    for url in [&stack.api_url, &services.dynamodb_url, &services.sqs_url] {
        for (name, value) in [
            (header::HOST, "evil.example"),
            (header::ORIGIN, "http://evil.example"),
            (header::ORIGIN, "null"),
        ] {
            for method in [reqwest::Method::OPTIONS, reqwest::Method::POST] {
                let request = http.request(method, url).header(&name, value);
                let request = request.header("x-amz-target", "DynamoDB_20120810.ListTables");
                let request = request.header("access-control-request-method", "POST");
                let response = request.body("{}").send().await.unwrap();
                let context = format!("{url} {name}: {value}");
                assert_eq!(response.status(), StatusCode::FORBIDDEN, "{context}");
                let headers = response.headers();
                assert!(
                    !headers.contains_key("access-control-allow-origin"),
                    "{context}"
                );
                let body: Value = response.json().await.unwrap();
                assert_eq!(body["code"], "forbidden", "{context}");
            }
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_is_a_page_for_browsers_and_json_for_programs() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let get = async |accept: Option<&str>| {
        let mut request = Client::new().get(&stack.api_url);
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        request.send().await.unwrap()
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = get(Some(browser)).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["x-frame-options"], "DENY");
    let page = page.text().await.unwrap();
    assert!(
        page.contains("href=\"/docs\"") && page.contains(demo::API_KEY),
        "{page}"
    );
    for accept in [None, Some("*/*"), Some("application/json")] {
        let reply = get(accept).await;
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
        assert!(reply.headers().contains_key("x-request-id"));
        let reply: Value = reply.json().await.unwrap();
        assert_eq!(reply["code"], "not_found", "{accept:?}");
    }
    stack.stop().await;
}

/// The embedded DynamoDB has the operations that the table needs, and refuses others in DynamoDB's
/// form.
#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_answers_in_its_own_words() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let call = async |operation: &str, body: &str| {
        let request = Client::new().post(&stack.services.dynamodb_url);
        let target = format!("DynamoDB_20120810.{operation}");
        let response = request.header("x-amz-target", target).body(body.to_owned());
        let response = response.send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let tables = call("ListTables", "{}").await;
    assert_eq!(tables, (200, json!({"TableNames": ["leadgate"]})));
    let (status, body) = call("ExecuteStatement", "{}").await;
    let kind = body["__type"].as_str().unwrap();
    assert!(
        status == 400 && kind.ends_with("#UnknownOperationException"),
        "{body}"
    );
    let (status, body) = call("GetItem", "not JSON").await;
    let kind = body["__type"].as_str().unwrap();
    assert!(
        status == 400 && kind.ends_with("#SerializationException"),
        "{body}"
    );
    stack.stop().await;
}

#[test]
fn an_idle_stack_prints_nothing() {
    let mut dev = leadgate(&["dev", "--in-memory", "--no-dialer", "--port", "0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The schedule runs at once and then every minute. The runs of the demo leads have one line.
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        assert!(dev.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(100));
    }
    dev.kill().unwrap();
    let printed = String::from_utf8(dev.wait_with_output().unwrap().stderr).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 1, "{printed}");
    assert!(
        lines[0].ends_with("planned runs for 10 leads that had none yet"),
        "{printed}"
    );
}
