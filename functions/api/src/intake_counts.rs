//! What became of the leads of an intake, for the metrics in its log line.

use crate::{error::ApiError, leads::Taken};

/// Goes from the handler to the line in the reply's extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IntakeCounts {
    /// Leads that are new.
    pub(crate) created: usize,
    /// Leads that an earlier request of the same name had created.
    pub(crate) replayed: usize,
    /// Leads that were not created.
    pub(crate) refused: usize,
    /// Starts that could not be sent, and follow.
    pub(crate) delayed: usize,
    /// The code of the first lead's error that was not created.
    pub(crate) reason: Option<&'static str>,
}

impl IntakeCounts {
    /// Of one lead, or of many.
    pub(crate) fn of<'a>(
        outcomes: impl IntoIterator<Item = Result<&'a Taken, &'a ApiError>>,
    ) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            match outcome {
                Ok(taken) if taken.replayed => counts.replayed += 1,
                Ok(taken) => {
                    counts.created += 1;
                    counts.delayed += usize::from(taken.delayed);
                }
                Err(error) => {
                    counts.refused += 1;
                    counts.reason.get_or_insert(error.code());
                }
            }
        }
        counts
    }
}
