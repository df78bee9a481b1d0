//! Runs the release `bootstrap` of each function behind AWS's Runtime Interface Emulator, with the
//! local DynamoDB and SQS. Hands it every event of `events/<function>/` and compares the replies.
//!
//!     replay-events <aws-lambda-rie> <folder with api/bootstrap, start-workflow/bootstrap, ...>

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use e2e::{
    cases::{self, cases, functions},
    lambda::Lambda,
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [emulator, bootstraps] = arguments.as_slice() else {
        eprintln!("usage: replay-events <aws-lambda-rie> <folder of the functions' bootstraps>");
        return ExitCode::from(2);
    };
    let (mut passed, mut failed) = (0, 0);
    for function in functions() {
        let bootstrap = bootstraps.join(&function).join("bootstrap");
        let results = replay(emulator, &function, &bootstrap).await;
        for result in results.unwrap_or_else(|error| vec![Err(error.to_string())]) {
            match result {
                Ok(()) => passed += 1,
                Err(difference) => {
                    failed += 1;
                    eprintln!("{function}/{difference}");
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Returns the result of each case of a function, in order, and of the check of the services after
/// them.
async fn replay(
    emulator: &Path,
    function: &str,
    bootstrap: &Path,
) -> Result<Vec<Result<(), String>>, Box<dyn Error>> {
    let services = cases::services(function).await;
    let lambda = Lambda::start(emulator, function, bootstrap, &services).await?;
    let mut results = Vec::new();
    for case in cases(function) {
        results.push(case.check(&lambda.invoke(case.event.clone()).await?));
    }
    results.push(cases::check_effects(function, &services).await);
    lambda.stop().await?;
    services.stop().await;
    Ok(results)
}
