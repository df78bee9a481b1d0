//! Tests of how commands find a stack on AWS: the request to CloudFormation, and the messages about
//! its replies. `logs` has the tests of `tail` on a stack.

mod logs;

use std::{
    fs,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use local::{Services, demo};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::program::{self, nowhere, services, stderr, stdout};

const OK: u16 = 200;

/// Credentials and region of the environment.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
];

/// Server in the place of CloudFormation. It gives each reply once, and repeats the last one.
#[derive(Clone)]
struct CloudFormation {
    replies: Arc<Mutex<Vec<(u16, String)>>>,
    requests: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    url: String,
}

impl CloudFormation {
    async fn start<const N: usize>(replies: [(u16, String); N]) -> Self {
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
        server.requests.lock().unwrap().push((headers, body));
        let mut replies = server.replies.lock().unwrap();
        let (status, body) = match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop().unwrap(),
        };
        (StatusCode::from_u16(status).unwrap(), body)
    }

    fn number_of_requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Lists the accounts of a stack, with the environment's credentials.
    fn list_accounts(&self, stack: &str) -> Output {
        leadgate(&["account", "list", "--stack", stack])
            .envs(ENVIRONMENT)
            .env("AWS_ENDPOINT_URL", &self.url)
            .output()
            .unwrap()
    }
}

/// Returns the program without an environment, so that it finds no credentials there or in a home
/// folder.
fn leadgate(args: &[&str]) -> Command {
    let mut command = program::leadgate(args);
    command.env_clear();
    // Without it, the SDK asks the network for credentials.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Makes a reply as in the reference of DescribeStacks. Its values have entities for full stops and
/// hyphens.
fn stack(outputs: &[(&str, &str)]) -> (u16, String) {
    let members = outputs.iter().map(|(key, value)| {
        let value = value.replace('.', "&#46;").replace('-', "&#x2D;");
        format!(
            "<member><Description>Where &lt;it&gt; is</Description><OutputKey>{key}</OutputKey>\
             <OutputValue>{value}</OutputValue></member>"
        )
    });
    let members: String = members.collect();
    let body = format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <DescribeStacksResult><Stacks><member><StackName>leadgate</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>"
    );
    (OK, body)
}

fn stack_of(services: &Services) -> (u16, String) {
    stack(&[
        ("ApiUrl", "https://api"),
        ("TableName", services.table()),
        ("StartQueueUrl", &services.queue_url),
        ("StartDeadLetterQueueUrl", &services.dlq_url),
    ])
}

fn refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let body = format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>"
    );
    (status, body)
}

fn absent() -> (u16, String) {
    refusal(400, "ValidationError", "Stack with id x does not exist")
}

/// Writes the file of a profile `ops`, and returns its folder and path.
fn profile(lines: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    fs::write(&path, format!("[profile ops]\n{lines}")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_outputs_name_its_table_and_a_profile_has_region_credentials_and_endpoint() {
    let services = services().await;
    let server = CloudFormation::start([stack_of(&services)]).await;
    let (folder, config) = profile(&format!(
        "region = eu-west-1\ncredential_process = sh credentials.sh\n\
         services = local\n[services local]\ncloudformation =\n  endpoint_url = {}\n",
        server.url
    ));
    let script = "echo >> calls\n\
                  echo '{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}'\n";
    fs::write(folder.path().join("credentials.sh"), script).unwrap();
    let run = |args: &[&str]| {
        leadgate(args)
            .current_dir(folder.path())
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_PROFILE", "ops")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &services.dynamodb_url)
            .env("AWS_ENDPOINT_URL_SQS", &services.sqs_url)
            .output()
            .unwrap()
    };
    let output = run(&["account", "list", "--full", "--stack", "leadgate"]);
    assert!(stdout(&output).contains(demo::ACCOUNT_ID));
    // CloudFormation and DynamoDB are called with the same credentials.
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    assert_eq!(calls, "\n");
    let output = run(&["account", "list", "--full", "--table", services.table()]);
    assert!(stdout(&output).contains(demo::ACCOUNT_ID));
    let output = run(&["queue", "status", "--stack", "leadgate"]);
    assert!(stdout(&output).contains("Pending starts: 0"));
    // A stack on AWS has no demo account.
    let output = run(&["key", "list", "--stack", "leadgate"]);
    let expected = "leadgate key: no account given: pass --account NAME or ID (`leadgate account list` shows both)\n";
    assert_eq!(stderr(&output), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_is_signed_for_cloudformation() {
    let server = CloudFormation::start([absent()]).await;
    let arn = "arn:aws:cloudformation:eu-west-1:1:stack/lead gate&x=ü/2";
    server.list_accounts(arn);
    let requests = server.requests.lock().unwrap();
    let [(headers, body)] = &requests[..] else {
        panic!("{} requests", requests.len());
    };
    assert_eq!(
        body,
        "Action=DescribeStacks&Version=2010-05-15&StackName=arn%3Aaws%3Acloudformation%3Aeu-west-1\
         %3A1%3Astack%2Flead+gate%26x%3D%C3%BC%2F2"
    );
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(headers["x-amz-security-token"], "token");
    assert!(
        headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("leadgate/")
    );
    let date = &headers["x-amz-date"].to_str().unwrap()[..8];
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{date}/eu-west-1/cloudformation/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
    );
    let authorization = headers["authorization"].to_str().unwrap();
    let signature = authorization.strip_prefix(&expected).unwrap();
    assert_eq!(signature.len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_call_is_made_again() {
    let services = services().await;
    let throttled = refusal(400, "Throttling", "Rate exceeded");
    let server = CloudFormation::start([throttled.clone(), stack_of(&services)]).await;
    let output = leadgate(&["account", "list", "--full", "--stack", "leadgate"])
        .envs(ENVIRONMENT)
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", &server.url)
        .env("AWS_ENDPOINT_URL", &services.dynamodb_url)
        .output()
        .unwrap();
    assert!(stdout(&output).contains(demo::ACCOUNT_ID));
    assert_eq!(server.number_of_requests(), 2);

    let server = CloudFormation::start([throttled]).await;
    assert_eq!(
        stderr(&server.list_accounts("leadgate")),
        "leadgate account: CloudFormation refused to describe the stack leadgate: try again in \
         a minute (Throttling: Rate exceeded)\n"
    );
    assert_eq!(server.number_of_requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reply_that_is_no_stack_of_leadgate_is_one_clear_error() {
    let html = "<!DOCTYPE html><html><p>Log in to the network</html>".to_owned();
    let name = "Value &apos;x&apos; at &apos;stackName&apos; is too long";
    for (reply, expected) in [
        (
            absent(),
            "there is no stack x in eu-west-1: check the name, and AWS_REGION",
        ),
        (
            stack(&[("BucketName", "b")]),
            "the stack x has no output TableName: pass a stack of Leadgate whose deployment has finished",
        ),
        (
            refusal(403, "AccessDenied", "User a may not do &lt;it&gt;"),
            "CloudFormation refused to describe the stack x: allow cloudformation:DescribeStacks, or \
             pass --table instead of --stack (AccessDenied: User a may not do <it>)",
        ),
        (
            refusal(403, "ExpiredToken", "The security token is expired"),
            "CloudFormation refused to describe the stack x: renew your AWS credentials, for example \
             with `aws sso login` (ExpiredToken: The security token is expired)",
        ),
        (
            refusal(400, "ValidationError", name),
            "CloudFormation refused to describe the stack x: check the name (ValidationError: Value 'x' \
             at 'stackName' is too long)",
        ),
        (
            (404, html.clone()),
            "CloudFormation refused to describe the stack x: check AWS_ENDPOINT_URL if it is set (HTTP \
             404: no message)",
        ),
        (
            (OK, html),
            "CloudFormation's reply cannot be read: check your network, and AWS_ENDPOINT_URL if it is \
             set: response error: error parsing XML: there is no DescribeStacksResult",
        ),
    ] {
        let server = CloudFormation::start([reply]).await;
        let output = server.list_accounts("x");
        assert_eq!(stderr(&output), format!("leadgate account: {expected}\n"));
        assert_eq!(server.number_of_requests(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_error_is_tried_again() {
    let server = CloudFormation::start([(503, String::new())]).await;
    assert_eq!(
        stderr(&server.list_accounts("x")),
        "leadgate account: CloudFormation refused to describe the stack x: try again in a minute (HTTP \
         503: no message)\n"
    );
    assert_eq!(server.number_of_requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_one_clear_error() {
    let mut server = CloudFormation::start([absent()]).await;
    server.url = nowhere();
    let output = server.list_accounts("x");
    let expected = "leadgate account: CloudFormation in eu-west-1 cannot be called: check AWS_REGION, your \
                    network, and AWS_ENDPOINT_URL if it is set: ";
    assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
}

#[test]
fn without_a_region_or_credentials_the_error_names_what_to_set() {
    let account = ["--account", demo::ACCOUNT_ID];
    let queues = [
        "--queue-url",
        "https://sqs.example/q",
        "--dlq-url",
        "https://sqs.example/d",
    ];
    let keys = [&["key", "list", "--table", "x"][..], &account].concat();
    let leads = [&["lead", "list", "--table", "x"][..], &account].concat();
    let queue = [&["queue", "status"][..], &queues].concat();
    let no_region = "no AWS region is set: set AWS_REGION, or a region in your AWS profile\n";
    let no_credentials = "no AWS credentials found: set AWS_PROFILE to a profile that has them, or run `aws sso \
                          login`\n";
    let (_folder, config) = profile("credential_process = false\n");
    let config = ("AWS_CONFIG_FILE", &*config);
    let region = ("AWS_REGION", "eu-west-1");
    for args in [
        &["account", "list", "--stack", "x"][..],
        &keys,
        &leads,
        &queue,
    ] {
        let run = |environment: &[(&str, &str)]| {
            let mut command = leadgate(args);
            let output = command.envs(environment.iter().copied()).output().unwrap();
            let prefix = format!("leadgate {}: ", args[0]);
            let message = stderr(&output).strip_prefix(&prefix);
            message.unwrap_or_else(|| panic!("{output:?}")).to_owned()
        };
        let without_region = ENVIRONMENT
            .into_iter()
            .filter(|(name, _)| *name != "AWS_REGION");
        let without_region: Vec<_> = without_region.collect();
        assert_eq!(run(&without_region), no_region, "{args:?}");
        assert_eq!(run(&[region]), no_credentials, "{args:?}");
        let message = run(&[region, config, ("AWS_PROFILE", "ops")]);
        let expected =
            "the AWS credentials cannot be loaded: check AWS_PROFILE, or run `aws sso login`: ";
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
