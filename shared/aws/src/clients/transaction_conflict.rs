//! Retries of writes that meet a transaction, as one of the SDK's retry classifiers.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use serde::Deserialize;

/// Type of the failure, without the namespace that DynamoDB puts before it.
const CONFLICT: &str = "TransactionConflictException";

/// Retries a write that DynamoDB refused because a transaction holds its item. DynamoDB has done
/// nothing, and the transaction ends in a moment. The SDK alone does not retry such a write.
///
/// Only the type of a failure counts. The rest of an answer can have text that a client chose.
#[derive(Debug)]
pub(super) struct TransactionUnderWay;

/// The only field of a failure's body that no client can write to.
#[derive(Deserialize)]
struct Failure<'a> {
    /// Name of the error, such as `com.amazonaws.dynamodb.v20120810#ThrottlingException`.
    #[serde(rename = "__type", borrow)]
    kind: Cow<'a, str>,
}

impl ClassifyRetry for TransactionUnderWay {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        // The SDK also asks about answers that succeeded.
        if !matches!(context.output_or_error(), Some(Err(_))) {
            return RetryAction::NoActionIndicated;
        }
        let response = context.response();
        let body = response.and_then(|response| response.body().bytes());
        match serde_json::from_slice(body.unwrap_or_default()) {
            Ok(Failure { kind }) if name(&kind) == CONFLICT => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction under way"
    }
}

/// Returns what follows the namespace of a type.
fn name(kind: &str) -> &str {
    kind.split_once('#').map_or(kind, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_smithy_runtime_api::client::{
        interceptors::context::{Error, Input, Output},
        orchestrator::OrchestratorError,
    };

    use super::*;

    const BODY: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}"#;

    /// Returns the decision after an answer of `status` with `body`.
    fn after(status: u16, body: &'static str) -> RetryAction {
        let mut context = InterceptorContext::new(Input::erase(()));
        context.set_response(HttpResponse::new(status.try_into().unwrap(), body.into()));
        context.set_output_or_error(if status == 200 {
            Ok(Output::erase(()))
        } else {
            Err(OrchestratorError::operation(Error::erase(std::fmt::Error)))
        });
        TransactionUnderWay.classify_retry(&context)
    }

    #[test]
    fn a_conflict_is_tried_again() {
        for body in [
            BODY,
            r#"{"__type":"TransactionConflictException"}"#,
            r#"{"Message":"Transaction is ongoing for the item","__type":"a#TransactionConflictException"}"#,
        ] {
            assert_eq!(after(400, body), RetryAction::transient_error(), "{body}");
        }
    }

    #[test]
    fn an_answer_that_succeeded_is_never_tried_again() {
        for body in [
            BODY,
            r#"{"Item":{"first_name":{"S":"TransactionConflictException"}}}"#,
        ] {
            assert_eq!(after(200, body), RetryAction::NoActionIndicated, "{body}");
        }
    }

    #[test]
    fn a_conflict_is_found_in_the_type_of_a_failure_and_nowhere_else() {
        for body in [
            // The stored item, which has text of a client.
            r##"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "Item":{"first_name":{"S":"TransactionConflictException"},
                "metadata":{"M":{"__type":{"S":"a#TransactionConflictException"}}}}}"##,
            r#"{"__type":"ValidationException","message":"TransactionConflictException"}"#,
            r#"{"__type":"NoTransactionConflictException"}"#,
            r#"{"__type":"TransactionConflictException#ThrottlingException"}"#,
            r#"{"__type":["TransactionConflictException"]}"#,
            r#"{"message":"TransactionConflictException"}"#,
            r#""TransactionConflictException""#,
            "TransactionConflictException",
            "",
        ] {
            assert_eq!(after(400, body), RetryAction::NoActionIndicated, "{body}");
        }
    }
}
