//! Message move tasks of SQS. The embedded service accepts a task but moves nothing, so this module
//! moves the messages with calls of the service.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::clock::Clock;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_sqs::SqsService;

use crate::{queue_names::QueueName, queues::Queues};

const TARGET: &str = "x-amz-target";
/// Seconds for which a message is hidden while it is moved.
const HIDDEN: u32 = 600;

/// The embedded SQS with its move tasks.
pub(super) struct Sqs {
    service: SqsService,
    clock: Clock,
    tasks: Mutex<Vec<Task>>,
}

/// A move task, in the form of ListMessageMoveTasks.
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
    /// Returns an SQS without queues, which lives by `clock`.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            service: SqsService::with_backend(Arc::new(Queues::new(clock.clone()))),
            clock,
            tasks: Mutex::default(),
        }
    }

    /// Answers a request. A move continues after its answer.
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
                let Some(task) = self.begin(body) else {
                    let refused = json!({
                        "__type": "AWS.SimpleQueueService.UnsupportedOperation",
                        "message": "There is already a task running.",
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

    /// Adds a task. `None` if the queue has a running one already, or if the messages have no way back.
    fn begin(&self, body: Request) -> Option<Task> {
        let Request {
            source_arn,
            destination_arn,
        } = body;
        let mut tasks = self.tasks();
        if tasks
            .iter()
            .any(|task| task.source_arn == source_arn && task.status == Status::Running)
        {
            return None;
        }
        // Without a destination, messages go back to the queue that they came from.
        let mut queues = QueueName::ALL.into_iter();
        let of_source = queues.find(|queue| queue.dead_letter_arn() == source_arn);
        let destination_arn = destination_arn.or_else(|| of_source.map(QueueName::arn))?;
        let task = Task {
            task_handle: tasks.len().to_string(),
            status: Status::Running,
            destination_arn,
            source_arn,
            approximate_number_of_messages_moved: 0,
            approximate_number_of_messages_to_move: 0,
            started_timestamp: self.clock.now().as_millisecond(),
        };
        tasks.push(task.clone());
        Some(task)
    }

    /// Moves the messages that are in the queue now. Messages that arrive later stay.
    async fn carry_out(&self, task: &Task, request: &MockRequest) {
        let mut found = Vec::new();
        while let Some(messages) = self.receive(task, request).await {
            found.extend(messages);
            let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
            self.change(task, |task| {
                task.approximate_number_of_messages_to_move = count;
            });
        }
        for message in &found {
            if self.move_one(task, message, request).await.is_none() {
                break;
            }
            self.change(task, |task| task.approximate_number_of_messages_moved += 1);
        }
        self.change(task, |task| task.status = Status::Completed);
    }

    fn change(&self, changed: &Task, change: impl Fn(&mut Task)) {
        let mut tasks = self.tasks();
        let task = tasks
            .iter_mut()
            .find(|task| task.task_handle == changed.task_handle);
        task.into_iter().for_each(change);
    }

    /// Receives up to ten messages. `None` if there are no more.
    async fn receive(&self, task: &Task, request: &MockRequest) -> Option<Vec<Value>> {
        let receive = json!({
            "QueueUrl": queue(&task.source_arn), "MaxNumberOfMessages": 10, "VisibilityTimeout": HIDDEN,
        });
        let mut reply = self.call("ReceiveMessage", receive, request).await?;
        match reply.get_mut("Messages")?.take() {
            Value::Array(messages) if !messages.is_empty() => Some(messages),
            _ => None,
        }
    }

    async fn move_one(&self, task: &Task, message: &Value, request: &MockRequest) -> Option<Value> {
        let send = json!({
            "QueueUrl": queue(&task.destination_arn), "MessageBody": message.get("Body"),
        });
        self.call("SendMessage", send, request).await?;
        let delete = json!({
            "QueueUrl": queue(&task.source_arn), "ReceiptHandle": message.get("ReceiptHandle"),
        });
        self.call("DeleteMessage", delete, request).await
    }

    /// Calls the service with the headers of `request`. `None` if the service refuses the call.
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
            // Some replies have an empty body.
            Some(serde_json::from_slice(&reply.body).unwrap_or_default())
        } else {
            None
        }
    }
}

/// Returns a URL of a queue. The service looks at its last part only, which is the last part of the
/// ARN.
fn queue(arn: &str) -> String {
    let name = arn.rsplit(':').next().unwrap_or(arn);
    format!("/{name}")
}
