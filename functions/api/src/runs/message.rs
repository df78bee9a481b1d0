//! Messages as clients see them ([contract](../../../../docs/contract.md#force_first_message)).

use domain::first_message::MessageParts;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The message of a touchpoint, with the parts that were given.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Hello, when does a call suit you?")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    begin_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    template_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Value>>)]
    #[schema(nullable = false)]
    components: Option<Box<RawValue>>,
}

impl From<MessageParts> for MessageOut {
    fn from(
        MessageParts {
            content,
            begin_message,
            subject,
            html,
            template_id,
            components,
        }: MessageParts,
    ) -> Self {
        Self {
            content,
            begin_message,
            subject,
            html,
            template_id,
            // The text was checked when the request was parsed.
            components: components.and_then(|text| RawValue::from_string(text).ok()),
        }
    }
}
