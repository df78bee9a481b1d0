//! What is handed to the functions: the events of events/.

use serde_json::Value;

use crate::Result;

/// The README's lead, with a workflow and a campaign, as API Gateway hands it over.
pub(crate) const LEAD: &str = include_str!("../../../events/api/create-lead.json");

/// One start and ten starts of the demo account's leads, as SQS hands them over.
pub(crate) const ONE_START: &str = include_str!("../../../events/start-workflow/one-record.json");
pub(crate) const TEN_STARTS: &str = include_str!("../../../events/start-workflow/ten-records.json");

/// A request of `count` leads like [`LEAD`], each with a number of its own.
pub(crate) fn leads(count: u32) -> Result<String> {
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

/// [`ONE_START`] with this message instead.
pub(crate) fn start(message: &Value) -> Result<String> {
    let mut event: Value = serde_json::from_str(ONE_START)?;
    event["Records"][0]["body"] = message.clone();
    Ok(event.to_string())
}
