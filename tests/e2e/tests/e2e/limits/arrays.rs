//! Arrays and lists, which pay for more than one request.

use std::{collections::BTreeSet, time::Duration};

use aws::{randomness::Randomness, store::Withdrawal};
use axum::body::Body;
use domain::{
    api_key::ApiKey,
    ids::{AccountId, CampaignId},
    lead::LeadFilter,
    limit::Limits,
    limited::Limited,
    page::PageRequest,
};
use futures::{future::join_all, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulation::{Cloud, Fleet, Reply};

use super::{KEY, PATH, create_key, fleet, limit, of_account};

/// Number of leads of the largest array.
const MOST: usize = 1_000;

fn leads(count: usize) -> Value {
    (0..count).map(|_| json!({"first_name": "John"})).collect()
}

fn retry_after(reply: &Reply) -> u64 {
    let seconds = reply.headers["retry-after"].to_str().unwrap();
    seconds.parse().unwrap()
}

/// Returns the tokens that remain of the first limit that the reply names.
fn remaining(reply: &Reply) -> usize {
    let text = reply.headers["ratelimit"].to_str().unwrap();
    let number = text.split(';').nth(1).unwrap();
    number.trim_start_matches("r=").parse().unwrap()
}

fn status_counts(replies: &[Reply]) -> (usize, usize) {
    let with = |status| replies.iter().filter(|it| it.status == status).count();
    assert_eq!(with(201) + with(429), replies.len(), "{replies:?}");
    (with(201), with(429))
}

/// Sends an array to each of `containers` at the same moment. The headers of all arrive before the
/// bodies, which come one after the other.
async fn arrays_together(fleet: &Fleet, containers: impl Iterator<Item = usize>) -> Vec<Reply> {
    let text = leads(MOST).to_string();
    let requests = containers.enumerate().map(|(number, container)| {
        let text = text.clone();
        let body = Body::from_stream(stream::once(async move {
            tokio::time::sleep(Duration::from_millis(500 + 20 * number as u64)).await;
            Ok::<_, std::io::Error>(text)
        }));
        fleet.send(container, KEY, "POST", "/leads", body)
    });
    join_all(requests).await
}

async fn stored_leads(fleet: &Fleet, account: AccountId) -> usize {
    let (mut ids, filter) = (BTreeSet::new(), LeadFilter::default());
    let mut request = PageRequest {
        limit: 200,
        after: None,
    };
    loop {
        let listed = fleet.store.leads(account, &filter, &request);
        let page = listed.await.unwrap().page;
        ids.extend(
            page.items
                .into_iter()
                .map(|lead| lead.unwrap().id.to_string()),
        );
        request.after = page.next;
        if request.after.is_none() {
            return ids.len();
        }
    }
}

/// Returns the instant at which a bucket was, or will be, empty.
async fn empty_at(fleet: &Fleet, limited: &Limited, limits: Limits) -> Timestamp {
    let withdrawal = Withdrawal {
        limit: limits.account.or(limits.key).unwrap(),
        tokens: 0,
        is_debt: false,
        known: None,
    };
    let now = fleet.clock.now();
    let withdrawn = fleet.store.withdraw(limited, &withdrawal, now).await;
    withdrawn.unwrap().empty_at
}

#[tokio::test(start_paused = true)]
async fn arrays_that_are_let_in_together_store_the_burst_and_two_arrays_at_most() {
    for (containers, is_of_key) in [(1, false), (4, true), (30, false)] {
        let mut limits = of_account(1, 100);
        if is_of_key {
            limits = Limits {
                account: None,
                key: limits.account,
            };
        }
        fastrand::seed(11);
        let fleet = Fleet::new(&Cloud::new().await, containers);
        let account = create_key(&fleet.store, &fleet.clock, limits).await;
        let start = fleet.clock.now();
        let replies = arrays_together(&fleet, (0..30).map(|it| it % containers)).await;
        let (created, refused) = status_counts(&replies);
        println!("{containers} containers: {created} arrays pass, {refused} do not");
        assert!((1..=2).contains(&created), "{created}");
        let stored = stored_leads(&fleet, account).await;
        assert_eq!(stored, created * MOST, "a refused array stores nothing");
        // A refused array has paid the token at the door, and no other. A container may hold a
        // lease of ten, or begin inside one.
        let limited = match is_of_key {
            true => Limited::Key(KEY.parse::<ApiKey>().unwrap().hash()),
            false => Limited::Account(account),
        };
        let empty_at = empty_at(&fleet, &limited, limits).await;
        let paid = empty_at.duration_since(start).as_secs() + 100;
        let due = (created * (MOST - 1) + 30) as i64;
        let slack = 10 * (containers as i64 + 1);
        assert!((paid - due).abs() <= slack, "{paid}, {due}");
        // Nothing passes until the debt is paid. Then an array does.
        let wait = replies.iter().filter(|it| it.status == 429);
        let wait = wait.map(retry_after).max().unwrap();
        assert!((1_000..=2_000).contains(&wait), "{wait}");
        let early = fleet.call(0, KEY, "POST", "/leads", Some(&leads(2))).await;
        assert_eq!(early.status, 429);
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let late = fleet.call(0, KEY, "POST", "/leads", Some(&leads(2))).await;
        assert_eq!(late.status, 201, "{late:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_array_is_charged_once_and_before_its_writes() {
    let fleet = fleet(1, of_account(10, 20)).await;
    fleet.call(0, KEY, "GET", PATH, None).await;
    let before = fleet.calls().len();
    let reply = fleet.call(0, KEY, "POST", "/leads", Some(&leads(30))).await;
    assert_eq!(reply.status, 201);
    let calls = fleet.calls().split_off(before);
    let at = |name: &str| calls.iter().position(|call| call == name).unwrap();
    let last = calls.iter().rposition(|call| call == "UpdateItem").unwrap();
    assert!(last < at("BatchWriteItem"), "{calls:?}");
    // One for the others, and one for the first lead unless it passes by a lease.
    let updates = calls.iter().filter(|call| *call == "UpdateItem").count();
    assert!(updates <= 2, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn an_array_that_one_limit_refuses_costs_the_other_limit_nothing() {
    let limits = Limits {
        account: limit(1, 100),
        key: limit(1_000, 100_000),
    };
    fastrand::seed(11);
    let fleet = Fleet::new(&Cloud::new().await, 1);
    create_key(&fleet.store, &fleet.clock, limits).await;
    let replies = arrays_together(&fleet, [0; 20].into_iter()).await;
    let (created, refused) = status_counts(&replies);
    let last = replies.iter().map(remaining).min().unwrap();
    assert!(
        refused > 10 && last >= 100_000 - created * MOST - 20,
        "{last}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_pays_a_token_for_each_query_beyond_the_first_eight() {
    let fleet = fleet(1, of_account(1, 1_000)).await;
    let reply = fleet
        .call(0, KEY, "POST", "/leads", Some(&leads(500)))
        .await;
    assert_eq!(reply.status, 201);
    let none = CampaignId::new(fleet.clock.now(), Randomness::System.bits());
    for (path, is_dear) in [
        ("/leads?limit=200".to_owned(), false),
        (format!("/leads?limit=1&campaign_id={none}"), true),
    ] {
        let first = remaining(&fleet.call(0, KEY, "GET", PATH, None).await);
        let before = fleet.calls().len();
        let reply = fleet.call(0, KEY, "GET", &path, None).await;
        assert_eq!(reply.status, 200);
        let calls = fleet.calls().split_off(before);
        let queries = calls.iter().filter(|call| *call == "Query").count();
        assert_eq!(queries > 8, is_dear, "{path}: {queries}");
        let paid = first - remaining(&reply);
        assert_eq!(paid, 1 + queries.saturating_sub(8), "{path}: {queries}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_whose_further_queries_are_forgiven_shows_the_standing_of_a_request_that_passed() {
    fastrand::seed(11);
    let fleet = Fleet::new(&Cloud::new().await, 1);
    let limits = of_account(1, 1_000);
    let account = create_key(&fleet.store, &fleet.clock, limits).await;
    let reply = fleet
        .call(0, KEY, "POST", "/leads", Some(&leads(500)))
        .await;
    assert_eq!(reply.status, 201);
    // The container has a lease. Then another one takes the account far into debt.
    fleet.call(0, KEY, "GET", PATH, None).await;
    let withdrawal = Withdrawal {
        limit: limits.account.unwrap(),
        tokens: 2_500,
        is_debt: true,
        known: None,
    };
    let limited = Limited::Account(account);
    let withdrawn = fleet
        .store
        .withdraw(&limited, &withdrawal, fleet.clock.now());
    assert!(withdrawn.await.unwrap().is_granted);
    let none = CampaignId::new(fleet.clock.now(), Randomness::System.bits());
    let path = format!("/leads?limit=1&campaign_id={none}");
    let reply = fleet.call(0, KEY, "GET", &path, None).await;
    assert_eq!(reply.status, 200);
    // The bucket is empty. The rest of the lease is still there, and is what the reply shows.
    assert!((1..20).contains(&remaining(&reply)), "{reply:?}");
    let next = fleet.call(0, KEY, "GET", PATH, None).await;
    assert_eq!(
        (next.status, remaining(&next)),
        (200, remaining(&reply) - 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_array_is_let_through_and_then_paid_for_lead_by_lead() {
    let fleet = fleet(2, of_account(10, 20)).await;
    let reply = fleet
        .call(0, KEY, "POST", "/leads", Some(&leads(100)))
        .await;
    assert_eq!(reply.status, 201, "an array larger than the burst passes");
    assert_eq!(reply.headers["ratelimit"], r#""account";r=0;t=10"#);
    // The array takes 100 tokens out of 20. The debt of 80 is paid in 8 seconds, and the bucket is
    // full in 10.
    for container in [0, 1] {
        let reply = fleet.call(container, KEY, "GET", PATH, None).await;
        assert_eq!(reply.status, 429);
        let seconds: u32 = reply.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        // A container that the bucket has refused pauses for up to a second more.
        assert!((8..=10).contains(&seconds), "{seconds}");
    }
    tokio::time::sleep(Duration::from_secs(11)).await;
    for container in [0, 1] {
        let reply = fleet.call(container, KEY, "GET", PATH, None).await;
        assert_eq!(reply.status, 200);
    }
}
