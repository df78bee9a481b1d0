//! Tests of `leadgate tail --stack` and `leadgate open --stack`: the calls to CloudFormation and to
//! CloudWatch Logs, and the lines.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::MetadataExt,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
};

use aws::clock::Clock;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{ENVIRONMENT, leadgate, stack};
use crate::program::{stderr, stdout};

/// Server in the place of CloudFormation and CloudWatch Logs. It gives the lines of a group once
/// for each element, and then those of the last element again.
#[derive(Clone)]
struct Aws {
    /// Replies of FilterLogEvents for the group of `api`. The other groups are empty.
    replies: Arc<Mutex<Vec<(u16, Value)>>>,
    requests: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    url: String,
}

impl Aws {
    async fn start<const N: usize>(replies: [(u16, Value); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            replies: Arc::new(Mutex::new(replies.into_iter().rev().collect())),
            requests: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router = Router::new().route("/", post(Self::answer));
        let router = router.with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    async fn answer(
        State(server): State<Self>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, String) {
        if !headers.contains_key("x-amz-target") {
            let (_, reply) = if body.contains("DescribeStackResources") {
                resources()
            } else {
                stack(&[("ApiUrl", "https://api.example.com")])
            };
            return (StatusCode::OK, reply);
        }
        let is_api = body.contains("leadgate-ApiLogGroup-1");
        server.requests.lock().unwrap().push((headers, body));
        if !is_api {
            return (StatusCode::OK, r#"{"searchedLogStreams":[]}"#.to_owned());
        }
        let mut replies = server.replies.lock().unwrap();
        let (status, reply) = match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop().unwrap(),
        };
        (StatusCode::from_u16(status).unwrap(), reply.to_string())
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = leadgate(args);
        command
            .args(["--stack", "leadgate"])
            .envs(ENVIRONMENT)
            .env("TZ", "UTC")
            .env("AWS_ENDPOINT_URL", &self.url);
        command
    }

    fn tail(&self, args: &[&str]) -> Output {
        let args = [&["tail", "--no-follow"], args].concat();
        self.command(&args).output().unwrap()
    }

    /// Returns the bodies of the requests for the lines of `api`.
    fn bodies(&self) -> Vec<Value> {
        let requests = self.requests.lock().unwrap();
        let bodies = requests.iter().map(|(_, body)| body);
        let bodies = bodies.map(|body| serde_json::from_str(body).unwrap());
        bodies
            .filter(|body: &Value| body["logGroupName"] == "leadgate-ApiLogGroup-1")
            .collect()
    }
}

/// Makes a reply as in the reference of DescribeStackResources.
fn resources() -> (u16, String) {
    let members = [
        ("ApiLogGroup", "AWS::Logs::LogGroup"),
        ("StartWorkflowLogGroup", "AWS::Logs::LogGroup"),
        ("AccessLogGroup", "AWS::Logs::LogGroup"),
        ("Table", "AWS::DynamoDB::Table"),
    ];
    let members = members.map(|(name, kind)| {
        format!(
            "<member><StackName>leadgate</StackName><LogicalResourceId>{name}</LogicalResourceId>\
             <PhysicalResourceId>leadgate-{name}-1</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
             <ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
        )
    });
    let body = format!(
        "<DescribeStackResourcesResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <DescribeStackResourcesResult><StackResources>{}</StackResources></DescribeStackResourcesResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStackResourcesResponse>",
        members.concat()
    );
    (200, body)
}

/// Makes a line as CloudWatch Logs returns it.
fn event(id: &str, timestamp: i64, message: &str) -> Value {
    json!({
        "eventId": id, "ingestionTime": timestamp, "logStreamName": "2026/02/02/[1]abc", "message": message,
        "timestamp": timestamp,
    })
}

const REQUEST: &str = r#"{"_aws":{"Timestamp":1},"timestamp":"2026-02-02T02:40:00Z","level":"INFO","message":"request",
    "http.method":"POST","http.status":201,"target":"metrics"}"#;
/// 2026-02-02T02:40:00Z, in milliseconds since 1970.
const AT: i64 = 1_770_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_all_pages_are_shown_in_order() {
    let server = Aws::start([
        (
            200,
            json!({"events": [event("2", AT + 1_000, "Task timed out")], "nextToken": "more"}),
        ),
        (200, json!({"events": [event("1", AT, REQUEST)]})),
    ])
    .await;
    let output = server.tail(&["--since", "7d"]);
    assert_eq!(
        stdout(&output),
        "02:40:00 api            info  request http.method=POST http.status=201\n\
         02:40:01 api                  Task timed out\n"
    );
    let bodies = server.bodies();
    let [first, second] = &bodies[..] else {
        panic!("{bodies:?}");
    };
    assert_eq!(first["nextToken"], Value::Null);
    assert_eq!(second["nextToken"], "more");
    assert_eq!(first["startTime"], second["startTime"]);
    let start = first["startTime"].as_i64().unwrap();
    let week = 7 * 86_400_000;
    let now = Clock::System.now().as_millisecond();
    assert!(
        (now - week - 60_000..=now - week).contains(&start),
        "{start}"
    );
    // The groups of the gateway and of no function are not read.
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    for (headers, body) in requests.iter() {
        assert_eq!(headers["x-amz-target"], "Logs_20140328.FilterLogEvents");
        assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
        let authorization = headers["authorization"].to_str().unwrap();
        let scope = "/eu-west-1/logs/aws4_request, SignedHeaders=content-type;host;";
        assert!(authorization.contains(scope), "{authorization}");
        assert!(!body.contains("Access"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_before_1970_reads_all_lines() {
    let server = Aws::start([(200, json!({"events": []}))]).await;
    for time in ["9000y", "1900-01-01"] {
        stdout(&server.tail(&["--since", time]));
    }
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 2);
    assert!(bodies.iter().all(|body| body["startTime"] == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_each_line_as_the_function_wrote_it() {
    let events = json!({"events": [event("1", AT, REQUEST), event("2", AT, "no JSON")]});
    let server = Aws::start([(200, events)]).await;
    let output = server.tail(&["--output", "json"]);
    let lines: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line: Value = serde_json::from_str(REQUEST).unwrap();
    let at = "2026-02-02T02:40:00Z";
    assert_eq!(
        lines,
        [
            json!({"at": at, "function": "api", "line": line}),
            json!({"at": at, "function": "api", "line": "no JSON"}),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_comes_late_is_shown_once_until_ctrl_c() {
    let page = |events: &[Value]| (200, json!({ "events": events }));
    let line = |id: &str, at| event(id, at, &format!("line {id}"));
    let now = Clock::System.now().as_millisecond();
    let late = line("late", now - 5_000);
    let server = Aws::start([
        page(&[line("1", now)]),
        page(&[line("1", now), late]),
        page(&[line("1", now), line("3", now)]),
    ])
    .await;
    let mut child = server
        .command(&["tail"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| line.unwrap()[8..].trim().to_owned());
    let seen: Vec<_> = lines.by_ref().take(3).collect();
    let expected = ["1", "late", "3"].map(|id| format!("api                  line {id}"));
    assert_eq!(seen, expected);
    let starts: Vec<_> = server
        .bodies()
        .iter()
        .map(|body| body["startTime"].as_i64().unwrap())
        .collect();
    assert!(
        starts[1] > starts[0] && starts[1] <= now - 60_000,
        "{starts:?}"
    );
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(lines.next(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_to_do() {
    let refused = |code: &str| (400, json!({"__type": code, "message": "User a may not"}));
    for (reply, expected) in [
        (
            refused("AccessDeniedException"),
            "allow logs:FilterLogEvents on the log groups of the stack (AccessDeniedException: User a may not)",
        ),
        (
            refused("com.amazonaws.logs#ExpiredTokenException"),
            "renew your AWS credentials, for example with `aws sso login` (ExpiredTokenException: User a may not)",
        ),
        (
            (404, json!("<html>")),
            "try again in a minute (HTTP 404: no message)",
        ),
    ] {
        let server = Aws::start([reply]).await;
        let output = server.tail(&[]);
        let start = "leadgate tail: CloudWatch Logs refused to read leadgate-ApiLogGroup-1: ";
        assert_eq!(stderr(&output), format!("{start}{expected}\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_read_is_made_again() {
    let throttled = (
        400,
        json!({"__type": "ThrottlingException", "message": "Rate exceeded"}),
    );
    let events = json!({"events": [event("1", AT, "a line")]});
    let server = Aws::start([throttled, (200, events)]).await;
    let output = server.tail(&[]);
    assert_eq!(stdout(&output), "02:40:00 api                  a line\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_ends_is_no_error() {
    let events: Vec<_> = (0..5_000)
        .map(|number| event(&number.to_string(), AT, REQUEST))
        .collect();
    let server = Aws::start([(200, json!({ "events": events }))]).await;
    let mut child = server
        .command(&["tail", "--no-follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn open_writes_the_page_of_a_stacks_api() {
    let server = Aws::start([(200, json!({}))]).await;
    let folder = tempfile::tempdir().unwrap();
    let output = server
        .command(&["open", "--print"])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let url = stdout(&output).trim_end();
    let path = url.strip_prefix("file://").unwrap();
    assert!(path.starts_with(folder.path().to_str().unwrap()), "{url}");
    assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
    let page = fs::read_to_string(path).unwrap();
    assert!(page.contains(r#""url":"https://api.example.com""#));
}
