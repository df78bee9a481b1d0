//! `leadgate touchpoint list`: the touchpoints in a state, or of a lead.

use clap::{Args, ValueEnum};
use domain::channel::Channel;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    claim::channel,
    error::TouchpointError,
    lead::whole_lead,
    reply::{list_at, next_cursor, text_at},
    words::{name, state, time},
};
use crate::{
    output::{FullArg, OutputArg, or_dash},
    target::api::{Api, ApiArgs},
};

/// Number of touchpoints in a page: the maximum of the API's lists.
const PAGE: u16 = 200;
/// Maximum number of pages that are read for a list.
const PAGES: usize = 20;

/// State of the touchpoints of an account.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Their time has come, and no caller has them
    Due,
    /// A caller has them
    Claimed,
    /// They may have gone out, and need a person
    Unconfirmed,
    /// They could not go out, and need a person
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Claimed => "claimed",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed => "failed",
        }
    }
}

/// Options of `leadgate touchpoint list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// State of the touchpoints [default: due, or any with --lead]
    #[arg(long, value_enum)]
    state: Option<State>,
    /// List the touchpoints of this lead: its id or its last characters, its e-mail address, or its
    /// phone number with +
    // Not parsed by clap: it would print a wrong value, which may be a key or personal.
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// List the touchpoints of this channel: call, whatsapp, email or sms
    #[arg(long, value_parser = channel)]
    channel: Option<Channel>,
    /// Maximum number of touchpoints to list, up to 1000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    api: ApiArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Listed {
    touchpoints: Vec<Value>,
    /// Whether there may be more touchpoints.
    more: bool,
}

pub async fn list(args: &ListArgs) -> Result<(), TouchpointError> {
    let api = Api::of(&args.api).await?;
    let lead = match &args.lead {
        Some(text) => Some(whole_lead(&api, text).await?),
        None => None,
    };
    let wanted = match (args.state, &lead) {
        (None, None) => Some(State::Due),
        (state, _) => state,
    };
    let mut filters = Serializer::new(String::new());
    let pairs = [
        ("state", wanted.map(|it| it.as_str().to_owned())),
        ("channel", args.channel.map(|it| it.to_string())),
        ("lead_id", lead),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            filters.append_pair(name, &value);
        }
    }
    let listed = find(&api, &filters.finish(), usize::from(args.limit)).await?;
    let now = api.clock().now();
    args.output.print(&listed, |listed| {
        if listed.touchpoints.is_empty() && !listed.more {
            return nothing(wanted).to_owned();
        }
        let mut text = table(&listed.touchpoints, wanted, args.full, now);
        if listed.more {
            text += &format!(
                "\nThere may be more: pass a --limit above {} to list them.\n",
                args.limit
            );
        }
        text
    })?;
    Ok(())
}

async fn find(api: &Api, filters: &str, limit: usize) -> Result<Listed, TouchpointError> {
    let mut touchpoints = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let left = u16::try_from(limit - touchpoints.len()).unwrap_or(PAGE);
        let after = cursor.map_or_else(String::new, |it| format!("&cursor={it}"));
        let path = format!("/touchpoints?{filters}&limit={}{after}", left.min(PAGE));
        let reply = api.get(&path).await?.body;
        touchpoints.extend(list_at(&reply, "/touchpoints").iter().cloned());
        cursor = next_cursor(&reply);
        if cursor.is_none() || touchpoints.len() >= limit {
            break;
        }
    }
    Ok(Listed {
        touchpoints,
        more: cursor.is_some(),
    })
}

fn table(touchpoints: &[Value], listed: Option<State>, full: FullArg, now: Timestamp) -> String {
    let row = |it: &Value| {
        let due_at = time(it, "/due_at").map(|due_at| full.time(due_at, now));
        [
            full.id(text_at(it, "/id")),
            name(it),
            or_dash(due_at),
            match listed {
                Some(State::Due) => State::Due.as_str().to_owned(),
                _ => state(it),
            },
            full.id(text_at(it, "/lead_id")),
        ]
    };
    let rows: Vec<_> = touchpoints.iter().map(row).collect();
    let headings = ["ID", "TOUCHPOINT", "DUE", "STATE", "LEAD"];
    full.table(headings, &rows, &["STATE"])
}

fn nothing(state: Option<State>) -> &'static str {
    match state {
        Some(State::Due) => "Nothing is due.\n",
        Some(State::Claimed) => "No caller has a touchpoint.\n",
        Some(State::Unconfirmed | State::Failed) => "No such touchpoint needs a person.\n",
        None => "The lead has no such touchpoint.\n",
    }
}
