//! Tests of `leadgate apply`, on an embedded DynamoDB and SQS.

mod accounts;
mod destinations;
mod held_runs;
mod refusals;
mod waiting_starts;
mod workflows;

use std::{fs, process::Output};

use aws::queue::WorkflowStart;
use domain::{ids::AccountId, page::PageRequest, workflow::Workflow};
use local::{Services, demo};

use crate::program::{run, services};

const EXAMPLE: &str = include_str!("../../fixtures/workflow.yaml");

const UNCHANGED: &str = "Nothing to change: the account matches the file.\n";

/// The services without the functions, and a workflow file.
struct Setup {
    services: Services,
    folder: tempfile::TempDir,
    account: AccountId,
}

impl Setup {
    async fn start() -> Self {
        Self {
            services: services().await,
            folder: tempfile::tempdir().unwrap(),
            account: demo::ACCOUNT_ID.parse().unwrap(),
        }
    }

    fn file(&self) -> String {
        let file = self.folder.path().join("workflow.yaml");
        file.to_str().unwrap().to_owned()
    }

    fn apply(&self, yaml: &str, args: &[&str]) -> Output {
        self.apply_with_queue(&self.services.sqs_url, yaml, args)
    }

    fn apply_with_queue(&self, sqs_url: &str, yaml: &str, args: &[&str]) -> Output {
        let file = self.file();
        fs::write(&file, yaml).unwrap();
        let dynamodb_url = &self.services.dynamodb_url;
        let mut all = vec!["apply", &file, "--dynamodb-url", dynamodb_url];
        all.extend(["--sqs-url", sqs_url]);
        all.extend(args);
        run(&all)
    }

    async fn workflows(&self) -> Vec<Workflow> {
        let request = PageRequest {
            limit: 200,
            after: None,
        };
        let page = self.services.store.workflows(self.account, &request);
        page.await.unwrap().items
    }

    async fn demo_workflow(&self) -> Workflow {
        let id = demo::WORKFLOW_ID.parse().unwrap();
        let workflow = self.services.store.workflow(self.account, id).await;
        workflow.unwrap().unwrap()
    }

    async fn queued(&self) -> Vec<WorkflowStart> {
        let sqs = &self.services.clients.sqs;
        let request = sqs.receive_message().queue_url(&self.services.queue_url);
        let reply = request.max_number_of_messages(10).send().await.unwrap();
        let bodies = reply.messages().iter().map(|message| message.body());
        bodies
            .map(|body| WorkflowStart::from_body(body.unwrap()).unwrap())
            .collect()
    }
}

/// Replaces each id in brackets with `(id)`.
fn without_ids(text: &str) -> String {
    let mut parts = text.split('(');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| match part.split_once(')') {
        Some((id, rest)) if id.len() == 36 => format!("{all}(id){rest}"),
        _ => format!("{all}({part}"),
    })
}
