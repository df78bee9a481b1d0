//! How long do reads take as an account grows?
//!
//! Reads pages of the list and one lead, at 10,000 and at 1,000,000 leads in one account.
//! The requests go through the API's router to the embedded DynamoDB, in memory.
//!
//! ```sh
//! cargo run --release --package studies --bin reads [-- LEADS ...]
//! ```

use std::{
    ops::Range,
    process::ExitCode,
    time::{Duration, Instant},
};

use api::{AppState, router};
use aws::{
    clients::Clients,
    clock::Clock,
    store::{Store, WriteStatus},
};
use axum::Router;
use clap::Parser;
use domain::{
    ids::{AccountId, LeadId},
    lead::{Lead, Profile},
    name::Name,
};
use harness::{Result, endpoints::Endpoints, exit_code};
use http::Request;
use local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Timed requests of each kind.
const ROUNDS: u32 = 200;
/// Leads of one write, which bounds the memory for them.
const BATCH: usize = 2_000;
/// Time limit of one write.
const BATCH_TIME: Duration = Duration::from_secs(60);

/// Times reads of the list and of one lead, at growing numbers of leads.
#[derive(Debug, Parser)]
struct Options {
    /// Numbers of leads in the account, in ascending order
    #[arg(default_values_t = [10_000, 1_000_000])]
    leads: Vec<usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(study(Options::parse()).await)
}

async fn study(Options { leads: sizes }: Options) -> Result<()> {
    let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System).await?;
    let api = api(&services, services.store.clone());
    println!("| leads | request | median | 99th percentile | calls |");
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
        for (request, path) in [
            ("GET /leads, 50 a page", "/leads?limit=50".to_owned()),
            ("its next page", format!("/leads?limit=50&cursor={next}")),
            ("GET /leads, 200 a page", "/leads?limit=200".to_owned()),
            ("GET /leads/{id}", format!("/leads/{id}")),
        ] {
            let calls = count_calls(&services, &path).await?;
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
                "| {leads} | {request} | {:.2?} | {:.2?} | {calls} |",
                at(50),
                at(99)
            );
        }
    }
    services.stop().await;
    Ok(())
}

fn api(services: &Services, store: Store) -> Router {
    let state = AppState::new(store, services.queue.clone(), Clock::System);
    router(state)
}

/// Returns the number of AWS calls of a request whose key is in the cache.
async fn count_calls(services: &Services, path: &str) -> Result<usize> {
    let endpoints = Endpoints::http(&services.dynamodb_url, Duration::ZERO).await?;
    let clients = Clients::local(&endpoints.dynamodb_url, &endpoints.sqs_url);
    let api = api(services, Store::new(clients.dynamodb, services.table()));
    // The first request reads the key too.
    call(&api, path).await?;
    endpoints.take_calls();
    call(&api, path).await?;
    Ok(endpoints.take_calls().len())
}

/// Stores leads with these numbers. A lead has about 600 bytes, and 100 leads have the same second.
async fn fill(store: &Store, numbers: Range<usize>) -> Result<()> {
    let account: AccountId = demo::ACCOUNT_ID.parse()?;
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let leads = batch
            .iter()
            .map(|number| lead(account, *number))
            .collect::<Result<Vec<_>>>()?;
        let until = tokio::time::Instant::now() + BATCH_TIME;
        let stored = store.create_leads(&leads, until).await;
        if stored.leads.iter().any(|lead| *lead != WriteStatus::Stored) {
            return Err("DynamoDB did not store a lead".into());
        }
    }
    Ok(())
}

fn lead(account: AccountId, number: usize) -> Result<Lead> {
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

async fn call(api: &Router, path: &str) -> Result<Value> {
    let request = Request::get(format!("/api/public{path}"))
        .header("x-api-key", demo::API_KEY)
        .body(axum::body::Body::empty())?;
    let response = api.clone().oneshot(request).await?;
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(serde_json::from_slice(&body)?)
}
