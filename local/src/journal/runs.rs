//! Lines about the runs that start-workflow has built, from the table.

use std::sync::PoisonError;

use aws::{
    queue::WorkflowStart,
    store::{Lookup, Store, StoreError},
};
use domain::{
    cadence::{Touchpoint, TouchpointState},
    lead::Lead,
    name::Name,
    run::{Run, RunStatus},
};
use jiff::Timestamp;

use super::{Journal, facts::LONGEST_NAME, lines::Line};
use crate::text::{counted, cut, printable, short};

/// Seconds up to which a contact is due now.
const NOW: i64 = 60;

impl Journal {
    /// Adds a line for each handled start, in their order.
    pub(crate) async fn starts(&self, store: &Store, starts: &[WorkflowStart]) {
        for start in starts {
            // The log has the error of a lead that cannot be read.
            if let Ok(Some((lead, run))) = read(store, start).await
                && self.is_new(&run)
            {
                self.add(Line::Run {
                    id: short(&run.id.to_string()).to_owned(),
                    fact: self.fact(&lead, &run),
                });
            }
        }
    }

    /// Returns whether a run has no line yet. A start that was sent again gets none.
    fn is_new(&self, run: &Run) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert((run.id, run.is_waiting()))
    }

    fn fact(&self, lead: &Lead, run: &Run) -> String {
        let profile = &lead.profile;
        let names = [Some(&profile.first_name), profile.last_name.as_ref()];
        let names: Vec<_> = names.into_iter().flatten().map(Name::as_str).collect();
        let name = cut(&printable(&names.join(" ")), LONGEST_NAME);
        if run.is_waiting() {
            return format!(
                "paused for {name}: the workflow {} is paused",
                run.workflow.name
            );
        }
        match run.status {
            RunStatus::Failed => {
                return format!("failed for {name}: the workflow does not exist any more");
            }
            RunStatus::Stopped => return format!("stopped for {name} before it was planned"),
            RunStatus::Queued | RunStatus::Running | RunStatus::Completed => {}
        }
        let scheduled: Vec<_> = run
            .touchpoints
            .iter()
            .filter(|it| it.state == TouchpointState::Scheduled)
            .collect();
        let Some(first) = scheduled.first() else {
            return format!("planned: no contact reaches {name}");
        };
        let contacts = counted(scheduled.len(), "contact");
        format!("planned: {contacts} for {name}, {}", self.first(first))
    }

    fn first(&self, touchpoint: &Touchpoint) -> String {
        let when = self.when(touchpoint.due_at);
        format!("first {} due {when}", touchpoint.channel)
    }

    fn when(&self, due_at: Timestamp) -> String {
        if due_at.as_second() - self.now().as_second() < NOW {
            return "now".to_owned();
        }
        let local = due_at.to_zoned(self.zone.clone());
        local.strftime("%a %-d %b %H:%M").to_string()
    }
}

async fn read(store: &Store, start: &WorkflowStart) -> Result<Option<(Lead, Run)>, StoreError> {
    let (account, lead) = (start.account_id, start.lead_id);
    let run = store.run(account, lead, start.run_id).await?;
    let lead = match store.lead(account, lead).await? {
        Lookup::Found(lead) => Some(lead),
        Lookup::Erased | Lookup::Missing => None,
    };
    Ok(lead.zip(run))
}
