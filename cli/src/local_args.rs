//! How a command is told where a local stack answers, if it is not where `leadgate dev` puts it.

use clap::Args;
use shared::aws::Clients;

use crate::{
    dev,
    local::{dead_letter_queue_url, start_queue_url},
};

/// The endpoints of a local stack. A command that has them also has `--queue-url`, for a deployment.
#[derive(Args, Clone, Debug)]
pub(crate) struct LocalArgs {
    /// Where the local stack's DynamoDB answers
    #[arg(long, value_name = "URL", conflicts_with = "queue_url", default_value_t = at(dev::DYNAMODB_PORT))]
    dynamodb_url: String,
    /// Where the local stack's SQS answers
    #[arg(long, value_name = "URL", conflicts_with = "queue_url", default_value_t = at(dev::SQS_PORT))]
    sqs_url: String,
}

fn at(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl LocalArgs {
    pub(crate) async fn clients(&self) -> Clients {
        Clients::local(&self.dynamodb_url, &self.sqs_url).await
    }

    pub(crate) fn dynamodb_url(&self) -> &str {
        &self.dynamodb_url
    }

    pub(crate) fn sqs_url(&self) -> &str {
        &self.sqs_url
    }

    pub(crate) fn start_queue_url(&self) -> String {
        start_queue_url(&self.sqs_url)
    }

    pub(crate) fn dead_letter_queue_url(&self) -> String {
        dead_letter_queue_url(&self.sqs_url)
    }
}
