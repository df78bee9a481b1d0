//! Answers of a receiver, by what they say about the touchpoint
//! ([contract](../../../docs/webhooks.md#answers)).

use std::time::Duration;

use http::StatusCode;
use thiserror::Error;

/// Result of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 2xx: the receiver has taken the touchpoint.
    Accepted { status: u16, body: Body },
    /// 400, 409, 422, or another 4xx without a meaning of its own: the receiver refuses this contact.
    Refused { status: u16, body: Body },
    /// The receiver has not taken the touchpoint, for a reason that is not the touchpoint's own.
    Missed(Miss),
    /// 410: the receiver wants no more touchpoints.
    Gone { body: Body },
    /// 429 or 503: the receiver has not taken the touchpoint, and wants nothing for this time.
    Busy {
        status: u16,
        cool_for: Duration,
        body: Body,
    },
    /// The receiver may have taken the touchpoint.
    Unknown(Unknown),
}

/// Body of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// At most [`MOST_BODY`](crate::MOST_BODY) bytes.
    pub bytes: Vec<u8>,
    /// Whether nothing is missing: the body was not longer, and it came whole and in time.
    pub is_whole: bool,
}

/// Reason why a receiver has not taken the touchpoint.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Miss {
    /// 3xx, 401, 403, 404 or 405.
    #[error("the receiver answered {status}")]
    Status { status: u16, body: Body },
    #[error("the name of the host has no address")]
    Dns,
    /// No address of the host is one that the sender may call.
    #[error("the address of the host is not public")]
    Forbidden,
    #[error("the receiver refused the connection")]
    Refused,
    #[error("no connection to the receiver could be made")]
    Unreachable,
    /// The text is of the TLS library.
    #[error("no encrypted connection to the receiver could be made: {0}")]
    Tls(String),
    #[error("the connection to the receiver was not ready in time")]
    ConnectTimeout,
}

/// Reason why it is unknown whether the receiver has taken the touchpoint.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unknown {
    /// 5xx except 503, 408, or a status that HTTP does not define.
    #[error("the receiver answered {status}")]
    Status { status: u16, body: Body },
    #[error("the receiver did not answer in time")]
    Timeout,
    #[error("the connection to the receiver was cut before its answer")]
    Cut,
    #[error("the answer of the receiver is not HTTP")]
    Unreadable,
}

impl Answer {
    /// Returns the answer of a status, with the time of `Retry-After`.
    pub(crate) fn of(status: StatusCode, cool_for: Duration, body: Body) -> Self {
        let status = status.as_u16();
        match status {
            200..300 => Self::Accepted { status, body },
            300..400 | 401 | 403..=405 => Self::Missed(Miss::Status { status, body }),
            410 => Self::Gone { body },
            429 | 503 => Self::Busy {
                status,
                cool_for,
                body,
            },
            408 => Self::Unknown(Unknown::Status { status, body }),
            400..500 => Self::Refused { status, body },
            _ => Self::Unknown(Unknown::Status { status, body }),
        }
    }

    /// Returns the status of the answer. `None` if the receiver did not answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Accepted { status, .. }
            | Self::Refused { status, .. }
            | Self::Busy { status, .. }
            | Self::Missed(Miss::Status { status, .. })
            | Self::Unknown(Unknown::Status { status, .. }) => Some(*status),
            Self::Gone { .. } => Some(410),
            Self::Missed(_) | Self::Unknown(_) => None,
        }
    }

    /// Returns the body of the answer. `None` if the receiver did not answer.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Accepted { body, .. }
            | Self::Refused { body, .. }
            | Self::Busy { body, .. }
            | Self::Gone { body }
            | Self::Missed(Miss::Status { body, .. })
            | Self::Unknown(Unknown::Status { body, .. }) => Some(body),
            Self::Missed(_) | Self::Unknown(_) => None,
        }
    }

    /// Returns whether the receiver did nothing until the time was over.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Missed(Miss::ConnectTimeout) | Self::Unknown(Unknown::Timeout)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOL: Duration = Duration::from_secs(7);

    fn kind(status: u16) -> &'static str {
        let body = Body::default();
        let answer = Answer::of(StatusCode::from_u16(status).unwrap(), COOL, body.clone());
        assert_eq!(answer.status(), Some(status));
        assert_eq!(answer.body(), Some(&body));
        assert!(!answer.is_timeout());
        match answer {
            Answer::Accepted { .. } => "accepted",
            Answer::Refused { .. } => "refused",
            Answer::Missed(_) => "missed",
            Answer::Gone { .. } => "gone",
            Answer::Busy { cool_for, .. } => {
                assert_eq!(cool_for, COOL);
                "busy"
            }
            Answer::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn each_status_has_its_row_of_the_table() {
        for status in 100..=999 {
            let expected = match status {
                200..=299 => "accepted",
                300..=399 | 401 | 403 | 404 | 405 => "missed",
                410 => "gone",
                429 | 503 => "busy",
                408 | 100..=199 | 500..=999 => "unknown",
                _ => "refused",
            };
            assert_eq!(kind(status), expected, "{status}");
        }
    }

    #[test]
    fn two_answers_are_timeouts() {
        assert!(Answer::Missed(Miss::ConnectTimeout).is_timeout());
        assert!(Answer::Unknown(Unknown::Timeout).is_timeout());
        assert!(!Answer::Unknown(Unknown::Cut).is_timeout());
        assert_eq!(Answer::Missed(Miss::Dns).status(), None);
    }
}
