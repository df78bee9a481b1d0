//! Reasons why the local stack does not start.

use std::{fs, io::Read, net::TcpListener};

use nix::sys::signal::Signal;

use super::{Dev, leadgate, wait};

/// Returns the error message of a stack that cannot start.
fn refused(args: &[&str]) -> String {
    let mut child = leadgate(args).spawn().unwrap();
    let status = wait(&mut child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stdout, "");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn an_address_that_the_machine_does_not_have_is_an_error_of_one_line() {
    let line = refused(&["dev", "--in-memory", "--port", "0", "--listen", "192.0.2.1"]);
    assert!(
        line.starts_with("leadgate dev: cannot listen on 192.0.2.1"),
        "{line}"
    );
    assert!(line.contains("--listen"), "{line}");
}

#[test]
fn a_taken_port_is_an_error_of_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    for option in ["--port", "--dynamodb-port", "--sqs-port"] {
        let line = match option {
            "--port" => refused(&["dev", "--in-memory", "--port", &port]),
            option => refused(&["dev", "--in-memory", "--port", "0", option, &port]),
        };
        let expected = format!("leadgate dev: port {port} is taken by another program");
        assert!(line.starts_with(&expected), "{line}");
        assert!(
            line.ends_with(&format!("choose another port with {option}\n")),
            "{line}"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside_a_file = file.join("data");
    let line = refused(&[
        "dev",
        "--port",
        "0",
        "--data-dir",
        inside_a_file.to_str().unwrap(),
    ]);
    assert!(line.contains("cannot write to the folder"), "{line}");
    assert!(line.contains("--data-dir"), "{line}");
}

#[test]
fn a_damaged_data_file_is_an_error_of_one_line_and_does_not_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leadgate.db");
    Dev::start(Some(folder.path())).stop(Signal::SIGTERM);
    let sound = fs::read(&file).unwrap();
    let mut torn = sound.clone();
    torn.truncate(sound.len() / 2);
    let mut scribbled = sound.clone();
    scribbled[4096..3 * 4096].fill(0x5a);
    for damaged in [b"this is no database".to_vec(), torn, scribbled] {
        fs::write(&file, &damaged).unwrap();
        let line = refused(&[
            "dev",
            "--port",
            "0",
            "--data-dir",
            folder.path().to_str().unwrap(),
        ]);
        assert!(line.contains("leadgate.db is damaged ("), "{line}");
        assert!(
            line.contains("move it away to begin with an empty one"),
            "{line}"
        );
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn a_second_start_on_a_folder_names_the_process_that_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(Some(folder.path()));
    let line = refused(&[
        "dev",
        "--port",
        "0",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    let holder = format!(
        "is in use by leadgate dev, process {}, {}",
        dev.child.id(),
        dev.text("api_url")
    );
    assert!(line.contains(&holder), "{line}");
    // On the same port too, the error is about the folder, because it names the process.
    let port = dev.text("api_url").rsplit(':').next().unwrap();
    let line = refused(&[
        "dev",
        "--port",
        port,
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    assert!(line.contains(&holder), "{line}");
}
