//! The list of leads: order, pages, filters, cursors and cost
//! ([contract](../../../../docs/contract.md#get-leads)).

use std::collections::HashSet;

use aws::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Container, START};

/// Creates `count` leads with one array, and returns their ids.
async fn create(container: &Container, count: usize, lead: &Value) -> Vec<String> {
    let leads: Value = std::iter::repeat_n(lead.clone(), count).collect();
    let reply = container.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    ids(&reply.body["results"], |result| &result["lead"])
}

fn ids(list: &Value, lead: impl Fn(&Value) -> &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| lead(item)["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads a page. Returns the ids of the leads, and the cursor of the next page.
async fn page(container: &Container, query: &str) -> (Vec<String>, Option<String>) {
    let reply = container
        .call("GET", &format!("/leads?{query}"), None)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let pagination = &reply.body["pagination"];
    let next = pagination["next_cursor"].as_str().map(str::to_owned);
    assert_eq!(pagination["has_more"], next.is_some());
    (ids(&reply.body["leads"], |lead| lead), next)
}

/// Reads all pages. Returns the ids of each.
async fn pages(container: &Container, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let (leads, next) = page(container, &format!("{query}{cursor}")).await;
        pages.push(leads);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

fn john() -> Value {
    json!({"first_name": "John", "phone": "+1234567890"})
}

#[tokio::test]
async fn paging_through_1000_while_500_come_in_shows_each_of_the_first_exactly_once() {
    let clock = Clock::manual(START.parse().unwrap());
    let container = Container::at(clock.clone()).await;
    let start: Timestamp = START.parse().unwrap();
    let mut first = Vec::new();
    // Several seconds, each with many leads.
    for second in 0..4 {
        clock.set(start + SignedDuration::from_secs(second));
        first.extend(create(&container, 250, &john()).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    let mut late = HashSet::new();
    loop {
        let (leads, next) = page(&container, &format!("limit=100{cursor}")).await;
        seen.extend(leads);
        if late.len() < 500 {
            // Some leads share the second of the first page, and others come later.
            clock.set(start + SignedDuration::from_secs(3 + i64::from(late.len() > 200)));
            late.extend(create(&container, 50, &john()).await);
        }
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(late.len(), 500);
    seen.retain(|id| !late.contains(id));
    let demo_leads = 10;
    assert_eq!(seen.len(), first.len() + demo_leads);
    let expected: HashSet<_> = first.iter().collect();
    assert_eq!(
        seen.iter().filter(|id| expected.contains(id)).count(),
        1_000
    );
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
    container.stop().await;
}

#[tokio::test]
async fn a_list_is_newest_first_in_full_pages() {
    let clock = Clock::manual(START.parse().unwrap());
    let container = Container::at(clock.clone()).await;
    let start: Timestamp = START.parse().unwrap();
    let mut expected = Vec::new();
    for second in 1..=30 {
        clock.set(start + SignedDuration::from_secs(second));
        expected.push(container.create(&john()).await);
    }
    expected.reverse();
    let pages = pages(&container, "limit=7").await;
    let (last, full) = pages.split_last().unwrap();
    assert!(full.iter().all(|page| page.len() == 7) && last.len() == 40 % 7);
    assert_eq!(pages.concat()[..30], expected);
    let (leads, _) = page(&container, "").await;
    assert_eq!(leads.len(), 40);

    // A page that ends with the last lead has no next page.
    let (leads, next) = page(&container, "limit=40").await;
    assert_eq!((leads.len(), next), (40, None));
    container.stop().await;
}

#[tokio::test]
async fn filters_narrow_the_list_and_leave_its_pages_full() {
    let clock = Clock::manual(START.parse().unwrap());
    let container = Container::at(clock.clone()).await;
    let start: Timestamp = START.parse().unwrap();
    let tagged = json!({"first_name": "T", "campaign_id": demo::CAMPAIGN_ID});
    let enrolled =
        json!({"first_name": "E", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID});
    let mut both = tagged.clone();
    both["phone"] = "+1234567890".into();
    both["workflow_id"] = demo::WORKFLOW_ID.into();
    let (mut with_campaign, mut with_workflow, mut with_both) = (vec![], vec![], vec![]);
    for minute in 1..=5 {
        clock.set(start + SignedDuration::from_mins(minute));
        create(&container, 200, &john()).await;
        with_campaign.push(container.create(&tagged).await);
        with_workflow.push(container.create(&enrolled).await);
        with_both.push(container.create(&both).await);
    }
    let campaign = format!("campaign_id={}", demo::CAMPAIGN_ID);
    let workflow = format!("workflow_id={}", demo::WORKFLOW_ID);
    let after = "created_after=2026-02-10T12:02:00Z";
    let before = "created_before=2026-02-10T13%3A05%3A00%2B01%3A00";
    for (query, expected, demo_leads) in [
        // The demo leads have the campaign and the workflow, and are older.
        (
            campaign.clone(),
            [&with_campaign[..], &with_both].concat(),
            10,
        ),
        (
            workflow.clone(),
            [&with_workflow[..], &with_both].concat(),
            10,
        ),
        (format!("{campaign}&{workflow}"), with_both.clone(), 10),
        (
            format!("{campaign}&{workflow}&{after}&{before}"),
            with_both[1..4].to_vec(),
            0,
        ),
        (
            format!("{campaign}&{after}"),
            [&with_campaign[1..], &with_both[1..]].concat(),
            0,
        ),
    ] {
        let pages = pages(&container, &format!("limit=3&{query}")).await;
        let (last, full) = pages.split_last().unwrap();
        assert!(
            full.iter().all(|page| page.len() == 3),
            "{query}: {pages:?}"
        );
        assert!(!last.is_empty(), "{query}");
        let found: HashSet<_> = pages.concat().into_iter().collect();
        assert_eq!(found.len(), expected.len() + demo_leads, "{query}");
        assert!(expected.iter().all(|id| found.contains(id)), "{query}");
    }
    for nothing in [
        "created_before=2026-02-10T12:00:00Z".to_owned(),
        "created_after=2026-02-10T12:05:01Z".to_owned(),
        "created_after=2026-02-10T12:04:00Z&created_before=2026-02-10T12:02:00Z".to_owned(),
        "campaign_id=019c0000-0000-7000-8000-00000000dead".to_owned(),
        format!(
            "created_after={after}&{campaign}",
            after = "9999-01-01T00:00:00Z"
        ),
        "created_before=-000001-01-01T00:00:00Z".to_owned(),
    ] {
        assert_eq!(pages(&container, &nothing).await, [[""; 0]], "{nothing}");
    }
    container.stop().await;
}

#[tokio::test]
async fn windows_that_touch_show_each_lead_exactly_once() {
    let clock = Clock::manual(START.parse().unwrap());
    let container = Container::at(clock.clone()).await;
    let start: Timestamp = START.parse().unwrap();
    for second in 0..4 {
        // The API keeps the second, and two leads share it.
        clock.set(start + SignedDuration::from_millis(second * 1_000 + 300));
        create(&container, 2, &john()).await;
    }
    let (all, _) = page(&container, "limit=200").await;
    assert_eq!(all.len(), 8 + 10);
    for cuts in [
        &["12:00:00Z"][..],
        &["12:00:01Z", "12:00:02Z", "12:00:03Z"],
        &["12:00:00.999999999Z", "12:00:01.000000001Z"],
        &["12:00:02.5Z", "12:00:02.5Z", "12:00:02.50000000000001Z"],
        &["13:00:01%2B01:00", "12:00:03z"],
    ] {
        let cuts = cuts.iter().map(|cut| format!("2026-02-10T{cut}"));
        let starts = ["0000-01-01T00:00:00Z".to_owned()].into_iter();
        let starts: Vec<_> = starts.chain(cuts.clone()).collect();
        let ends = cuts.chain(["9999-12-31T23:59:59Z".to_owned()]);
        let mut seen = Vec::new();
        for (after, before) in starts.iter().zip(ends) {
            let query = format!("limit=3&created_after={after}&created_before={before}");
            seen.extend(pages(&container, &query).await.concat());
        }
        assert_eq!(seen.len(), all.len(), "{starts:?}");
        assert_eq!(
            seen.iter().collect::<HashSet<_>>(),
            all.iter().collect::<HashSet<_>>(),
            "{starts:?}"
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn a_page_costs_a_call_for_each_shard_and_never_a_scan() {
    let container = Container::warm(&john()).await;
    create(&container, 1_000, &john()).await;
    for limit in [1, 50, 200] {
        let mut cursor = String::new();
        for _ in 0..5 {
            container.dynamodb.take_calls();
            let (leads, next) = page(&container, &format!("limit={limit}{cursor}")).await;
            assert_eq!(leads.len(), limit);
            let calls = container.dynamodb.take_calls();
            assert_eq!(calls, ["Query"; 8], "limit {limit}");
            cursor = format!("&cursor={}", next.unwrap());
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn large_leads_and_rare_ones_make_shorter_pages_in_a_bounded_number_of_calls() {
    let container = Container::start().await;
    let rare = container
        .create(&json!({"first_name": "Rare", "campaign_id": demo::CAMPAIGN_ID}))
        .await;
    let mut large = john();
    large["notes"] = "x".repeat(64 * 1024 - 200).into();
    let mut count = 0;
    for _ in 0..30 {
        count += create(&container, 30, &large).await.len();
    }
    let (mut leads, mut cursor) = (Vec::new(), String::new());
    loop {
        container.dynamodb.take_calls();
        let (page, next) = page(&container, &format!("limit=200{cursor}")).await;
        let calls = container.dynamodb.take_calls().len();
        assert!(
            calls <= 16 && page.len() < 100,
            "{calls} calls, {}",
            page.len()
        );
        leads.extend(page);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(leads.len(), count + 1 + 10);
    assert_eq!(leads.iter().collect::<HashSet<_>>().len(), leads.len());

    container.dynamodb.take_calls();
    let query = format!("limit=1&campaign_id={}", demo::CAMPAIGN_ID);
    let (leads, next) = page(&container, &query).await;
    let calls = container.dynamodb.take_calls().len();
    assert!(leads.is_empty() && calls <= 48, "{calls} calls");
    let (leads, _) = page(&container, &format!("{query}&cursor={}", next.unwrap())).await;
    assert_eq!(leads, [rare]);
    container.stop().await;
}

#[tokio::test]
async fn a_cursor_that_was_changed_or_is_of_another_list_is_refused() {
    let container = Container::start().await;
    let campaign = format!("campaign_id={}", demo::CAMPAIGN_ID);
    let (_, cursor) = page(&container, &format!("limit=2&{campaign}")).await;
    let cursor = cursor.unwrap();
    let mut wrong = vec![
        format!("limit=2&cursor={cursor}"),
        format!("limit=2&{campaign}&created_after={START}&cursor={cursor}"),
    ];
    for place in 0..cursor.len() {
        let mut changed = cursor.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        wrong.push(format!("limit=2&{campaign}&cursor={changed}"));
    }
    for query in wrong {
        let reply = container
            .call("GET", &format!("/leads?{query}"), None)
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(reply.body["details"][0]["field"], "cursor", "{query}");
    }
    container.stop().await;
}

#[tokio::test]
async fn unknown_parameters_of_a_list_are_refused_all_at_once() {
    let container = Container::start().await;
    let query = "limit=0&campaign=x&campaign_id=x&workflow_id=x&created_after=today&cursor=x&cursor=y\
                 &created_before=2026-02-10T12:00:00+01:00";
    let reply = container
        .call("GET", &format!("/leads?{query}"), None)
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> = reply.body["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "campaign_id",
            "workflow_id",
            "created_after",
            "created_before",
            "limit",
            "cursor",
            "campaign"
        ]
    );
    let reply = container.call("GET", "/workflows?offset=1", None).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    container.stop().await;
}
