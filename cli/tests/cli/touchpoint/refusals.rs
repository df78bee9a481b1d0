//! Tests of wrong input of `leadgate touchpoint`.

use crate::{
    manual_stack::ManualStack,
    program::{leadgate, nowhere, run, stderr},
};

const KEY: &str = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_with_what_to_change() {
    let stack = ManualStack::quiet().await;
    let lead = stack.create_john();
    stack.wait_for_due();
    let due = stack.json(&["touchpoint", "list"]);
    let id = due["touchpoints"][0]["id"].as_str().unwrap();
    let last = if id.ends_with('0') { '1' } else { '0' };
    let changed = format!("{}{last}", &id[..id.len() - 1]);
    for (args, message) in [
        (&["outcome", id, "answered"][..], "it was never claimed"),
        (&["outcome", id, "callback"], "add --callback-at tomorrow"),
        (
            &["outcome", id, "answered", "--callback-at", "2h"],
            "--callback-at is for the outcome callback",
        ),
        (
            &["outcome", "zzzz", "answered"],
            "has an id that ends in zzzz: pass the whole id",
        ),
        (&["show", &changed], "not found"),
        (&["show", KEY], "invalid touchpoint id: pass one that"),
        (&["show", "no"], "invalid touchpoint id"),
        (&["list", "--lead", "+4420"], "invalid lead"),
        (
            &["list", "--lead", "ffffffff"],
            "no lead of the account has an id that ends in ffffffff",
        ),
        (&["list", "--lead", KEY], "invalid lead"),
    ] {
        let output = stack.run(&[&["touchpoint"], args].concat());
        let text = stderr(&output).to_lowercase();
        assert!(text.contains(message), "{args:?}: {text}");
        assert!(!text.contains("nxr_live"), "{text}");
    }
    assert!(stack.json(&["lead", "show", &lead])["lead"].is_object());
    for (args, message) in [
        (&["outcome", id, "anwsered"][..], "did you mean answered?"),
        (&["outcome", id], "<OUTCOME>"),
        (
            &["claim", "--channel", "fax"],
            "write call, whatsapp, email or sms",
        ),
        (&["claim", "--lease", "2h"], "from 30 seconds to an hour"),
        (&["claim", "--limit", "26"], "26 is not in 1..=25"),
        (&["list", "--state", "clamed"], "'claimed'"),
        (
            &["outcome", id, "callback", "--callback-at", "soon"],
            "write a date or a time",
        ),
    ] {
        let output = stack.run(&[&["touchpoint"], args].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(message), "{args:?}: {text}");
    }
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_api_refuses_is_not_shown() {
    let stack = ManualStack::start().await;
    let output = stack.run_with(&["touchpoint", "claim"], |command| {
        command.env("LEADGATE_API_KEY", "nxr_live_wrong");
    });
    assert_eq!(
        stderr(&output),
        format!(
            "leadgate touchpoint: {} refuses the API key: set LEADGATE_API_KEY to a valid key, which `leadgate key \
             create` makes\n",
            stack.stack.api_url
        )
    );
    stack.stack.stop().await;
}

#[test]
fn an_api_that_is_not_there_is_an_error_with_what_to_change() {
    let claim = |url: &str| {
        let output = run(&["touchpoint", "claim", "--api-url", url]);
        stderr(&output).to_owned()
    };
    let message = claim(&nowhere());
    assert!(
        message.contains("cannot be called: check the URL and your network"),
        "{message}"
    );
    // The key would be readable on the network.
    let message = claim("http://leads.example.com");
    assert!(
        message.contains("is not the URL of an API: give one such as https://"),
        "{message}"
    );
    let message = claim("https://leads.example.com");
    assert!(
        message.contains("no API key given: set LEADGATE_API_KEY"),
        "{message}"
    );
    let folder = tempfile::tempdir().unwrap();
    let mut command = leadgate(&["touchpoint", "claim"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert!(stderr(&output).contains("or pass --api-url for one in memory"));
}
