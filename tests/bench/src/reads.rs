//! What reading leads costs as an account grows: a page of the list and one lead, at 10,000 and at
//! 1,000,000 leads in one account, through the API's router, over the embedded DynamoDB in memory.
//!
//!     cargo run --release --package bench --bin reads [-- <leads> ...]

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use api::{AppState, router};
use aws::{
    clients::Clients,
    clock::Clock,
    queue::StartQueue,
    store::{Store, WriteStatus},
};
use domain::{
    ids::{AccountId, LeadId},
    lead::{Lead, Profile},
    name::Name,
};
use e2e::proxy::Proxy;
use http::Request;
use local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};
use tower::ServiceExt;

const ROUNDS: u32 = 200;
const BATCH: usize = 2_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sizes: Vec<usize> = env::args()
        .skip(1)
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    let sizes = if sizes.is_empty() {
        vec![10_000, 1_000_000]
    } else {
        sizes
    };
    let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System).await?;
    let proxy = Proxy::start(&services.dynamodb_url).await;
    let clients = Clients::local(&proxy.url, &services.sqs_url);
    let queue = StartQueue::new(clients.sqs, &services.queue_url);
    let watched = Store::new(clients.dynamodb, services.table());
    let watched = router(AppState::new(watched, queue.clone(), Clock::System));
    let api = router(AppState::new(services.store.clone(), queue, Clock::System));

    println!("| leads | read | median | 99 of 100 | calls |");
    println!("| --- | --- | --- | --- | --- |");
    let mut leads = 0;
    for size in sizes {
        fill(&services.store, leads..size).await?;
        leads = size;
        let first = call(&api, "/leads?limit=50").await?;
        let id = first["leads"][0]["id"]
            .as_str()
            .ok_or("no lead")?
            .to_owned();
        let next = first["pagination"]["next_cursor"]
            .as_str()
            .ok_or("one page")?
            .to_owned();
        for (what, path) in [
            ("GET /leads, 50 a page", "/leads?limit=50".to_owned()),
            (
                "the page after it",
                format!("/leads?limit=50&cursor={next}"),
            ),
            ("GET /leads, 200 a page", "/leads?limit=200".to_owned()),
            ("GET /leads/{id}", format!("/leads/{id}")),
        ] {
            call(&watched, &path).await?;
            proxy.take_calls();
            call(&watched, &path).await?;
            let calls = proxy.take_calls().len();
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let started = Instant::now();
                call(&api, &path).await?;
                times.push(started.elapsed());
            }
            times.sort_unstable();
            let at = |percent: usize| {
                times
                    .get(times.len() * percent / 100)
                    .copied()
                    .unwrap_or(Duration::MAX)
            };
            println!(
                "| {leads} | {what} | {:.2?} | {:.2?} | {calls} |",
                at(50),
                at(99)
            );
        }
    }
    services.stop().await;
    Ok(())
}

/// Stores leads of about 600 bytes, a hundred to a second.
async fn fill(store: &Store, numbers: std::ops::Range<usize>) -> Result<(), Box<dyn Error>> {
    let account: AccountId = demo::ACCOUNT_ID.parse()?;
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let leads = batch
            .iter()
            .map(|number| lead(account, *number))
            .collect::<Result<Vec<_>, _>>()?;
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        let stored = store.create_leads(&leads, until).await;
        if stored.leads.iter().any(|lead| *lead != WriteStatus::Stored) {
            return Err("a lead was not stored".into());
        }
    }
    Ok(())
}

fn lead(account: AccountId, number: usize) -> Result<Lead, Box<dyn Error>> {
    let created_at = jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(number / 100)?)?;
    let metadata = json!({"note": "x".repeat(200)});
    Ok(Lead {
        account_id: account,
        profile: Profile {
            id: LeadId::new(created_at, aws::randomness::Randomness::System.bits()),
            first_name: "John".try_into()?,
            last_name: Some("Doe".try_into()?),
            email: Some(format!("lead{number}@example.com").as_str().try_into()?),
            phone: Some(format!("+1555{number:07}").as_str().try_into()?),
            source: Name::api(),
            company: None,
            title: None,
            metadata: serde_json::from_value(metadata)?,
            campaign_id: None,
            created_at,
            updated_at: created_at,
        },
        start: None,
    })
}

async fn call(api: &axum::Router, path: &str) -> Result<Value, Box<dyn Error>> {
    let request = Request::get(format!("/api/public{path}"))
        .header("x-api-key", demo::API_KEY)
        .body(axum::body::Body::empty())?;
    let response = api.clone().oneshot(request).await?;
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(serde_json::from_slice(&body)?)
}
