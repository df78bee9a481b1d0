//! Lists of workflows and campaigns ([contract](../../../../docs/contract.md#lists-and-cursors)).

use domain::{
    campaign::Campaign,
    ids::CampaignId,
    lead::LeadFilter,
    page::{List, encode_cursor},
};
use jiff::Timestamp;
use local::demo;
use reqwest::StatusCode;

use crate::fixtures::{Api, Container, account, body, stack};

#[tokio::test]
async fn pages_show_every_item_once_in_order() {
    let stack = stack().await;
    let store = &stack.services.store;
    let account = account();
    let mut ids = vec![demo::CAMPAIGN_ID.to_owned()];
    for second in 0..6 {
        // Later than the demo campaign, so that the list shows them behind it.
        let created_at = Timestamp::from_second(1_790_000_000 + second).unwrap();
        let id = CampaignId::new(created_at, aws::randomness::Randomness::System.bits());
        let campaign = Campaign {
            id,
            name: format!("Campaign {second}"),
            created_at,
        };
        store.create_campaign(account, &campaign).await.unwrap();
        ids.push(id.to_string());
    }
    let api = Api::of(&stack);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/public/campaigns?limit=3{cursor}");
        let page = body(api.get(&path).send().await.unwrap(), StatusCode::OK).await;
        let items = page["campaigns"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let pagination = &page["pagination"];
        assert_eq!(pagination["limit"], 3);
        assert_eq!(
            pagination["has_more"],
            pagination["next_cursor"].is_string()
        );
        match pagination["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    // A cursor is valid for its own list only.
    let response = api
        .get(&format!("/api/public/workflows?limit=3{cursor}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    stack.stop().await;
}

/// The digest of a cursor has no key, so a client that has its account's id can make a cursor.
#[tokio::test]
async fn a_cursor_with_a_position_of_another_form_is_refused_on_every_list() {
    let container = Container::start().await;
    let lead = "019c0000-0000-7000-8000-000000001101";
    let filter = LeadFilter::default();
    let second = "2026-02-10T12:00:00";
    for (path, list, position) in [
        ("/workflows", List::Workflows, lead.to_owned()),
        ("/campaigns", List::Campaigns, lead.to_owned()),
        ("/leads", List::Leads(&filter), format!("{second}Z#{lead}")),
        (
            &format!("/leads/{lead}/history"),
            List::History(lead.parse().unwrap()),
            format!("{second}.000Z#2#{lead}"),
        ),
    ] {
        let ask = async |position: &str| {
            let cursor = encode_cursor(account(), list, position);
            let path = format!("{path}?cursor={cursor}");
            container.call("GET", &path, None).await
        };
        assert_eq!(ask(&position).await.status, StatusCode::OK, "{path}");
        let long = "x".repeat(3_000);
        for wrong in ["", "~~~~", "!", "\0", &long, "KEY#canary", &position[1..]] {
            let reply = ask(wrong).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path} {wrong:?}");
            assert_eq!(reply.body["details"][0]["field"], "cursor");
        }
    }
    container.stop().await;
}
