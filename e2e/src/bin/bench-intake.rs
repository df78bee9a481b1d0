//! How long an intake takes: one lead, an array of 1,000 leads of 1 KB, and one lead when DynamoDB and SQS
//! are both 100 ms away. And how much memory the function needs for it: the release `bootstrap` of `api`
//! behind AWS's own Runtime Interface Emulator.
//!
//!     cargo run --release --package e2e --bin bench-intake -- <aws-lambda-rie> <bootstrap of api>

use std::{
    env,
    error::Error,
    path::PathBuf,
    time::{Duration, Instant},
};

use e2e::{
    cases::cases,
    lambda::Lambda,
    proxy::{Fault, Proxy},
};
use leadgate::local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};
use shared::clock::Clock;

const LEADS: u32 = 1_000;
const ROUNDS: u32 = 5;
const FAR: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [emulator, bootstrap] = arguments.as_slice() else {
        return Err("usage: bench-intake <aws-lambda-rie> <bootstrap of api>".into());
    };
    let mut services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System).await?;
    let lambda = Lambda::start(emulator, "api", bootstrap, &services).await?;
    invoke(&lambda, &lead(0)).await?;
    println!("| what | wall time |");
    println!("| --- | --- |");
    let (mut single, mut array) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        single = single.min(invoke(&lambda, &lead(0)).await?);
        array = array.min(invoke(&lambda, &(0..LEADS).map(lead).collect()).await?);
    }
    println!("| one lead, best of {ROUNDS} | {single:?} |");
    println!("| {LEADS} leads in one request, best of {ROUNDS} | {array:?} |");
    let ratio = array.as_secs_f64() / (single * LEADS).as_secs_f64();
    println!("| the array over {LEADS} single calls | {ratio:.3} |");
    let peak = lambda
        .peak_memory_kib()
        .ok_or("the memory cannot be read")?;
    println!("| most memory of the function | {peak} KiB |");
    lambda.stop().await?;

    let far = [
        ("PutItem", Proxy::start(&services.dynamodb_url).await),
        ("SendMessage", Proxy::start(&services.sqs_url).await),
    ];
    let [(_, dynamodb), (_, sqs)] = &far;
    services.dynamodb_url.clone_from(&dynamodb.url);
    services.sqs_url.clone_from(&sqs.url);
    let lambda = Lambda::start(emulator, "api", bootstrap, &services).await?;
    invoke(&lambda, &lead(0)).await?;
    for (operation, proxy) in &far {
        proxy.set(operation, Fault::Slow(FAR));
    }
    let mut slowed = Duration::MAX;
    for _ in 0..ROUNDS {
        slowed = slowed.min(invoke(&lambda, &lead(0)).await?);
    }
    println!("| one lead, both services {FAR:?} away, best of {ROUNDS} | {slowed:?} |");
    lambda.stop().await?;
    services.stop().await;
    Ok(())
}

/// A lead of 1 KB in the demo workflow.
fn lead(number: u32) -> Value {
    let mut lead = json!({
        "first_name": "John", "last_name": "Doe", "email": "john@example.com",
        "phone": format!("+1555{number:07}"), "workflow_id": demo::WORKFLOW_ID,
    });
    let rest = 1_024 - lead.to_string().len() - r#","notes":"""#.len();
    lead["notes"] = "x".repeat(rest).into();
    lead
}

/// Sends a body as the case `create-lead` sends its own, and gives how long it took.
async fn invoke(lambda: &Lambda, body: &Value) -> Result<Duration, Box<dyn Error>> {
    let case = cases("api")
        .into_iter()
        .find(|case| case.name == "create-lead");
    let mut event: Value = serde_json::from_str(&case.ok_or("no case")?.event)?;
    event["body"] = body.to_string().into();
    let event = event.to_string();
    let started = Instant::now();
    let reply: Value = serde_json::from_str(&lambda.invoke(event).await?)?;
    let took = started.elapsed();
    if reply["statusCode"] == 201 {
        Ok(took)
    } else {
        Err(format!("{reply}").into())
    }
}
