//! Message move tasks: the embedded service takes them and moves nothing, so they are done here, through its
//! own calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::clock::Clock;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_sqs::SqsService;

use super::sqs::start_queue_arn;

const TARGET: &str = "x-amz-target";
/// Seconds for which a message is hidden while it is moved.
const HIDDEN: u32 = 30;

/// The embedded SQS with the move tasks that it was given.
#[derive(Default)]
pub(super) struct Sqs {
    service: SqsService,
    tasks: Mutex<Vec<Task>>,
}

/// A task, as ListMessageMoveTasks tells of it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    task_handle: String,
    status: Status,
    source_arn: String,
    destination_arn: String,
    approximate_number_of_messages_moved: u64,
    approximate_number_of_messages_to_move: u64,
    started_timestamp: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Running,
    Completed,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    source_arn: String,
    #[serde(default)]
    destination_arn: Option<String>,
}

impl Sqs {
    /// Answers a request. A move goes on after its answer.
    pub(super) async fn answer(self: Arc<Self>, request: MockRequest) -> MockResponse {
        let target = request.headers.get(TARGET).and_then(|it| it.to_str().ok());
        let action = target.and_then(|target| target.strip_prefix("AmazonSQS."));
        match (action, serde_json::from_slice::<Request>(&request.body)) {
            (Some("ListMessageMoveTasks"), Ok(body)) => {
                let tasks = self.tasks();
                let tasks: Vec<_> = tasks
                    .iter()
                    .rev()
                    .filter(|task| task.source_arn == body.source_arn)
                    .collect();
                MockResponse::json(200, json!({ "Results": tasks }).to_string())
            }
            (Some("StartMessageMoveTask"), Ok(body)) => {
                let Some(task) = self.begin(body, &request).await else {
                    let refused = json!({
                        "__type": "AWS.SimpleQueueService.UnsupportedOperation",
                        "message": "There is already a task running, or a queue is not there.",
                    });
                    return MockResponse::json(400, refused.to_string());
                };
                let handle = json!({ "TaskHandle": task.task_handle });
                tokio::spawn(async move { self.carry_out(&task, &request).await });
                MockResponse::json(200, handle.to_string())
            }
            _ => self.service.handle(request).await,
        }
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the task down, unless the queue has one already.
    async fn begin(&self, body: Request, request: &MockRequest) -> Option<Task> {
        let Request {
            source_arn,
            destination_arn,
        } = body;
        let count = json!({
            "QueueUrl": queue(&source_arn), "AttributeNames": ["ApproximateNumberOfMessages"],
        });
        let count = self.call("GetQueueAttributes", count, request).await?;
        let count = count.pointer("/Attributes/ApproximateNumberOfMessages")?;
        let approximate_number_of_messages_to_move = count.as_str()?.parse().ok()?;
        let mut tasks = self.tasks();
        if tasks
            .iter()
            .any(|task| task.source_arn == source_arn && task.status == Status::Running)
        {
            return None;
        }
        let task = Task {
            task_handle: tasks.len().to_string(),
            status: Status::Running,
            destination_arn: destination_arn.unwrap_or_else(start_queue_arn),
            source_arn,
            approximate_number_of_messages_moved: 0,
            approximate_number_of_messages_to_move,
            started_timestamp: Clock::System.now().as_millisecond(),
        };
        tasks.push(task.clone());
        Some(task)
    }

    async fn carry_out(&self, task: &Task, request: &MockRequest) {
        while self.move_some(task, request).await.is_some() {}
        self.change(task, |task| task.status = Status::Completed);
    }

    fn change(&self, changed: &Task, change: impl Fn(&mut Task)) {
        let mut tasks = self.tasks();
        let task = tasks
            .iter_mut()
            .find(|task| task.task_handle == changed.task_handle);
        task.into_iter().for_each(change);
    }

    /// Moves up to ten messages. None: there was nothing to move.
    async fn move_some(&self, task: &Task, request: &MockRequest) -> Option<()> {
        let source = queue(&task.source_arn);
        let receive = json!({
            "QueueUrl": source, "MaxNumberOfMessages": 10, "VisibilityTimeout": HIDDEN,
        });
        let received = self.call("ReceiveMessage", receive, request).await?;
        for message in received.get("Messages")?.as_array()? {
            let send = json!({
                "QueueUrl": queue(&task.destination_arn), "MessageBody": message.get("Body"),
            });
            self.call("SendMessage", send, request).await?;
            let delete = json!({
                "QueueUrl": source, "ReceiptHandle": message.get("ReceiptHandle"),
            });
            self.call("DeleteMessage", delete, request).await?;
            self.change(task, |task| task.approximate_number_of_messages_moved += 1);
        }
        Some(())
    }

    /// Calls the service as `request` did. None: it refused.
    async fn call(&self, action: &str, body: Value, request: &MockRequest) -> Option<Value> {
        let mut headers: HeaderMap = request.headers.clone();
        let target = HeaderValue::from_str(&format!("AmazonSQS.{action}")).ok()?;
        headers.insert(TARGET, target);
        let request = MockRequest {
            method: request.method.clone(),
            uri: request.uri.clone(),
            headers,
            body: body.to_string().into(),
        };
        let reply = self.service.handle(request).await;
        if reply.status == 200 {
            // An empty body is an answer too.
            Some(serde_json::from_slice(&reply.body).unwrap_or_default())
        } else {
            None
        }
    }
}

/// The service finds a queue by the last part of its URL, which is the last part of its ARN.
fn queue(arn: &str) -> String {
    let name = arn.rsplit(':').next().unwrap_or(arn);
    format!("/{name}")
}
