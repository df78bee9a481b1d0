//! One call of an AWS service.

use aws_sdk_dynamodb::config::http::HttpRequest;
use serde_json::Value;

/// Name of the table.
pub const TABLE: &str = "leadgate";
/// URL of the start queue.
pub const QUEUE_URL: &str = "http://sqs.test/starts";
/// URL of the dispatch queue.
pub const DISPATCH_QUEUE_URL: &str = "http://sqs.test/dispatch";

/// Function that makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Api,
    StartWorkflow,
    RequeueStarts,
    WakeRuns,
    DispatchTouchpoints,
    /// An operator with a command. It has no role of the stack.
    Operator,
}

/// Call on its way to a service.
#[derive(Debug)]
pub struct Call {
    pub caller: Caller,
    /// Number of the transport that carries the call.
    pub transport: u32,
    /// Operation, such as `PutItem`.
    pub operation: String,
    /// Body of the request. A fault or a mutation may change it.
    pub body: Value,
    /// Request of the SDK, with the headers and the body that it had at first.
    pub request: HttpRequest,
    /// Field of the answer that lists the part of a batch that the service does not do. `None` if
    /// it does all.
    pub withheld: Option<(&'static str, Value)>,
}

impl Call {
    /// Reads the operation and the body of a request from the SDK.
    pub fn read(caller: Caller, transport: u32, request: HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().expect("a body in memory");
        Self {
            caller,
            transport,
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(body).expect("a JSON body"),
            request,
            withheld: None,
        }
    }
}
