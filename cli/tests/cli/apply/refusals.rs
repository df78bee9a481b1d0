//! Files and targets that `apply` refuses.

use aws::randomness::Randomness;
use domain::ids::WorkflowId;
use local::demo;

use super::{EXAMPLE, Setup};
use crate::program::{nowhere, run, run_with_input, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_what_to_change() {
    let setup = Setup::start().await;
    let output = setup.apply(&EXAMPLE.replace("PT2H", "soon"), &["--yes"]);
    let expected = format!(
        "leadgate apply: {0} has 1 mistake\n{0}:15:58: cadence.steps[0].attempt_interval is \"soon\", but must be an \
         ISO 8601 duration of whole seconds from PT0S to P366D, such as PT2H or P1D\n",
        setup.file()
    );
    assert!(stderr(&output).starts_with(&expected), "{output:?}");

    let unknown = "019c0000-0000-7000-8000-00000000ffff";
    let output = setup.apply(EXAMPLE, &["--yes", "--account", unknown]);
    let expected = format!(
        "leadgate apply: no account has the id {unknown}: `leadgate account list` lists the accounts\n"
    );
    assert_eq!(stderr(&output), expected);

    let mut namesake = setup.demo_workflow().await;
    namesake.id = WorkflowId::new(
        "2027-01-01T00:00:00Z".parse().unwrap(),
        Randomness::System.bits(),
    );
    let created = setup
        .services
        .store
        .create_workflow(setup.account, &namesake);
    created.await.unwrap();
    let output = setup.apply(EXAMPLE, &["--yes"]);
    let expected = format!(
        "leadgate apply: the workflows {} and {} are both named Sales Outreach: give each a name of its \
         own\n",
        demo::WORKFLOW_ID,
        namesake.id
    );
    assert_eq!(stderr(&output), expected);

    let file = setup.file();
    let deployment = ["apply", &file, "--table", "t", "--queue-url", "u"];
    let output = run(&deployment);
    let expected = "leadgate apply: no account given: pass --account NAME or ID (`leadgate account list` shows both)\n";
    assert_eq!(stderr(&output), expected);
    let output = run(&deployment[..4]);
    let expected = "leadgate apply: no queue given: pass --stack NAME, or --queue-url URL\n";
    assert_eq!(stderr(&output), expected);

    let url = nowhere();
    let output = run(&["apply", &file, "--dynamodb-url", &url]);
    let expected = format!(
        "leadgate apply: the local stack on {url} does not answer: start it again with `cargo dev`, or \
         pass --stack NAME for one on AWS\n"
    );
    assert_eq!(stderr(&output), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_standard_input_needs_an_answer_on_the_command_line() {
    let setup = Setup::start().await;
    let yaml = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");
    let services = &setup.services;
    let url = ["--dynamodb-url", &services.dynamodb_url];
    let urls = [&url[..], &["--sqs-url", &services.sqs_url]].concat();
    let apply = |args: &[&str]| run_with_input(&[&["apply"][..], args, &urls].concat(), &yaml);
    assert_eq!(
        stderr(&apply(&["-"])),
        "leadgate apply: nothing was changed, because standard input is the file and cannot answer: pass --yes to \
         apply it, or --dry-run to see the changes\n"
    );
    assert_eq!(setup.workflows().await.len(), 1);
    assert!(stdout(&apply(&["-", "--yes"])).contains("\nApplied.\n"));
    assert_eq!(setup.workflows().await.len(), 2);
    // The option of older versions.
    assert_eq!(stdout(&apply(&["--file", "-"])), super::UNCHANGED);
}
