//! The events that the functions get: those of the folder events/, and variants of them.

use serde_json::Value;

use crate::result::Result;

/// The README's lead, with a workflow and a campaign, as an event of API Gateway.
pub const LEAD: &str = include_str!("../../../../events/api/create-lead.json");

/// One start of a lead of the demo account, as an event of SQS.
pub const ONE_START: &str = include_str!("../../../../events/start-workflow/one-record.json");

/// Ten starts of leads of the demo account, as an event of SQS.
pub const TEN_STARTS: &str = include_str!("../../../../events/start-workflow/ten-records.json");

/// Returns a request with an array of leads like [`LEAD`], each with its own phone number.
pub fn leads(count: u32) -> Result<String> {
    let mut event: Value = serde_json::from_str(LEAD)?;
    let lead: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())?;
    let leads = (0..count).map(|number| {
        let mut lead = lead.clone();
        lead["phone"] = format!("+1555{number:07}").into();
        lead
    });
    event["body"] = leads.collect::<Value>().to_string().into();
    Ok(event.to_string())
}

/// Returns [`ONE_START`] with another message.
pub fn start(message: &Value) -> Result<String> {
    let mut event: Value = serde_json::from_str(ONE_START)?;
    event["Records"][0]["body"] = message.clone();
    Ok(event.to_string())
}
