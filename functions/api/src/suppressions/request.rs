//! A suppression as clients send it.

use aws::account_secret::AccountSecret;
use domain::{
    account::AccountSettings,
    address::{AddressHash, AddressKind},
    channel::Channel,
    email::Email,
    suppression::{Channels, Suppression, SuppressionReason},
    time::whole_second,
};
use jiff::Timestamp;

use crate::http::{error::ApiError, misspelling::nearest, reader::Reader};

/// Fields of the body.
const FIELDS: [&str; 5] = ["phone", "email", "channels", "reason", "note"];
const WORDS: [&str; 4] = ["call", "whatsapp", "sms", "email"];

/// An address and its suppression.
pub struct Request {
    pub address: AddressHash,
    pub suppression: Suppression,
}

impl Request {
    /// Reads a suppression, with every problem collected. Numbers and addresses are read as those of a lead.
    ///
    /// # Errors
    /// [`ApiError::Validation`].
    pub fn read(
        mut reader: Reader,
        account: &AccountSettings,
        secret: &AccountSecret,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let address = read_address(&mut reader, account, secret);
        let channels = read_channels(&mut reader, address.map(|it| it.kind));
        let reason = read_reason(&mut reader);
        let note = reader.short_text("note");
        let required = address.zip(channels).zip(reason);
        let ((address, channels), reason) = reader.finish_with(&FIELDS, required)?;
        Ok(Self {
            address,
            suppression: Suppression {
                channels,
                reason,
                note,
                created_at: whole_second(now),
            },
        })
    }
}

/// Takes `phone` or `email`.
fn read_address(
    reader: &mut Reader,
    account: &AccountSettings,
    secret: &AccountSecret,
) -> Option<AddressHash> {
    let phone = reader.phone(account).map(|dialled| dialled.phone);
    let email: Option<Email> = reader.optional("email");
    match (phone, email) {
        (Some(_), Some(_)) => {
            let what = "cannot be sent together with phone: send a suppression for each";
            reader.problem("email", what);
            None
        }
        (Some(phone), None) => Some(secret.phone_hash(&phone)),
        (None, Some(email)) => Some(secret.email_hash(&email)),
        (None, None) => {
            let is_wrong = ["phone", "email"]
                .iter()
                .any(|it| reader.has_problem_with(it));
            if !is_wrong {
                reader.problem("phone", "or email is required");
            }
            None
        }
    }
}

/// Takes `channels`: "all", which is the default, or a list of channels of the address.
fn read_channels(reader: &mut Reader, kind: Option<AddressKind>) -> Option<Channels> {
    let Some(value) = reader.take_value("channels") else {
        return Some(Channels::ALL).filter(|_| !reader.has_problem_with("channels"));
    };
    if value.get() == r#""all""# {
        return Some(Channels::ALL);
    }
    let words: Vec<String> = serde_json::from_str(value.get()).unwrap_or_default();
    if words.is_empty() {
        reader.problem("channels", r#"must be "all" or a list such as ["call"]"#);
        return None;
    }
    let mut channels = Vec::new();
    for word in &words {
        let channel = Channel::of_word(word);
        match (channel, kind) {
            (Some(channel), Some(kind)) if AddressKind::of(channel) != kind => {
                let own: Vec<_> = kind.channels().map(Channel::as_str).collect();
                let what = format!(
                    "is not a channel of the {kind}; its own: {}",
                    own.join(", ")
                );
                reader.refuse("channels", word, what);
            }
            (Some(channel), _) => channels.push(channel),
            (None, _) => reader.refuse("channels", word, one_of(&WORDS, word)),
        }
    }
    Some(channels.into_iter().collect()).filter(|_| !reader.has_problem_with("channels"))
}

/// Takes `reason`, which is required.
fn read_reason(reader: &mut Reader) -> Option<SuppressionReason> {
    let Some(text) = reader.text("reason") else {
        if !reader.has_problem_with("reason") {
            let words = SuppressionReason::ALL.map(SuppressionReason::as_str);
            reader.problem("reason", format!("is required: {}", words.join(", ")));
        }
        return None;
    };
    let reason = text.trim().parse().ok();
    if reason.is_none() {
        let words = SuppressionReason::ALL.map(SuppressionReason::as_str);
        reader.refuse("reason", &text, one_of(&words, &text));
    }
    reason
}

/// Returns the problem of a word that is none of `words`.
fn one_of(words: &[&str], given: &str) -> String {
    let meant = nearest(given, words).map(|word| format!("; did you mean {word}?"));
    format!(
        "must be one of {}{}",
        words.join(", "),
        meant.unwrap_or_default()
    )
}
