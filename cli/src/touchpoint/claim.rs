//! `leadgate touchpoint claim`: takes the touchpoints that are due.

use std::time::Duration;

use clap::Args;
use domain::channel::Channel;
use jiff::{SignedDuration, Timestamp};
use local::{Pace, text::printable};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    error::TouchpointError,
    lead::whole_lead,
    reply::{at, list_at, text_at},
    words::{clock_time, message, name, time},
};
use crate::{
    fields::fields,
    output::OutputArg,
    target::api::{Api, ApiArgs},
};

/// Number of further looks of a claim that finds nothing on a local stack, and the time between two. A
/// touchpoint that has just come due is open within two seconds.
const LOOKS: u8 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Options of `leadgate touchpoint claim`.
#[derive(Args, Clone, Debug)]
pub struct ClaimArgs {
    /// Channel to claim from: call, whatsapp, email or sms; can be repeated [default: all]
    #[arg(long, value_parser = channel)]
    channel: Vec<Channel>,
    /// Claim from this lead: its id or its last characters, its e-mail address, or its phone number
    /// with +
    // Not parsed by clap: it would print a wrong value, which may be a key or personal.
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// Maximum number of touchpoints to claim, up to 25
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=25))]
    limit: u8,
    /// Time for which you have them, from 30 seconds to an hour, such as 10m or PT10M
    #[arg(long, value_name = "DURATION", default_value = "PT5M", value_parser = lease)]
    lease: SignedDuration,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    api: ApiArgs,
}

/// Reads a channel.
pub fn channel(text: &str) -> Result<Channel, &'static str> {
    let channel = Channel::of_word(&text.trim().to_ascii_lowercase());
    channel.ok_or("write call, whatsapp, email or sms")
}

/// Reads the length of a lease.
fn lease(text: &str) -> Result<SignedDuration, &'static str> {
    let (shortest, longest) = (SignedDuration::from_secs(30), SignedDuration::from_hours(1));
    let lease: Option<SignedDuration> = text.trim().parse().ok();
    let lease = lease.filter(|it| (shortest..=longest).contains(it));
    lease.ok_or("write a duration from 30 seconds to an hour, such as 10m or PT10M")
}

pub async fn claim(args: &ClaimArgs) -> Result<(), TouchpointError> {
    let api = Api::of(&args.api).await?;
    let channels: Vec<_> = match args.channel.as_slice() {
        [] => Channel::ALL.map(Channel::as_str).into(),
        channels => channels.iter().map(|it| it.as_str()).collect(),
    };
    let lease = args.lease.to_string();
    let mut body = json!({ "limit": args.limit, "lease": lease, "channels": channels });
    if let Some(text) = &args.lead {
        let lead = whole_lead(&api, text).await?;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("lead_id".to_owned(), lead.into());
        }
    }
    let mut reply = api.post("/touchpoints/claim", body.clone()).await?;
    // A person types this right after a lead or a move of the clock.
    let is_local = api.local_clock().is_some();
    for _ in 0..LOOKS {
        if !is_local || !list_at(&reply.body, "/touchpoints").is_empty() {
            break;
        }
        sleep(BETWEEN_LOOKS).await;
        reply = api.post("/touchpoints/claim", body.clone()).await?;
    }
    args.output.print(&reply.text, |_| {
        let claimed = list_at(&reply.body, "/touchpoints");
        if claimed.is_empty() {
            return nothing(&api);
        }
        let now = api.clock().now();
        let blocks = claimed.iter().map(|it| block(it, api.options(), now));
        blocks.collect::<Vec<_>>().join("\n")
    })?;
    Ok(())
}

/// Returns who to contact, what to say, until when, and the command that reports the outcome.
fn block(claimed: &Value, options: &str, now: Timestamp) -> String {
    let touchpoint = at(claimed, "/touchpoint");
    let mut text = format!("{} to {}", name(touchpoint), person(claimed));
    let number = at(touchpoint, "/try").as_u64().unwrap_or(1);
    if number > 1 {
        text += &format!(", try {number}");
    }
    text += "\n";
    text += &fields(&message(at(claimed, "/message")), true);
    let until = time(claimed, "/lease/until").unwrap_or(now);
    text += &format!(
        "Report its outcome before {}:\nleadgate touchpoint outcome {} {}{options}\n",
        clock_time(until, now),
        printable(text_at(touchpoint, "/id")),
        likely(text_at(touchpoint, "/channel")),
    );
    text
}

/// Returns the name, the address for the channel and the company of the lead.
fn person(claimed: &Value) -> String {
    let lead = at(claimed, "/lead");
    let names = [text_at(lead, "/first_name"), text_at(lead, "/last_name")];
    let names: Vec<_> = names.into_iter().filter(|it| !it.is_empty()).collect();
    let address = match text_at(claimed, "/touchpoint/channel") {
        "email" => text_at(lead, "/email"),
        _ => text_at(lead, "/phone"),
    };
    // `POST /leads` keeps the company in the metadata.
    let companies = ["/company", "/metadata/company"].map(|path| text_at(lead, path));
    let company = companies.into_iter().find(|it| !it.is_empty());
    let company = company.map_or_else(String::new, |it| format!(" ({it})"));
    printable(&format!("{}, {address}{company}", names.join(" ")))
}

/// Returns the outcome that a caller reports most gladly.
fn likely(channel: &str) -> &'static str {
    match channel {
        "call" => "answered",
        _ => "delivered",
    }
}

/// Returns what a person can do if nothing is due.
fn nothing(api: &Api) -> String {
    match api.local_clock() {
        Some(clock) if clock.clock == Pace::Manual => format!(
            "Nothing is due at {}.\nThe clock of the local stack stands still. Move it on:\n\
             leadgate clock advance 2h{}\n",
            clock.now.strftime("%Y-%m-%d %H:%M:%S UTC"),
            api.options()
        ),
        _ => "Nothing is due.\n`leadgate lead show` shows when the next touchpoint of a lead is \
              due.\n"
            .to_owned(),
    }
}
