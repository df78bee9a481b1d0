//! The lines about runs: start-workflow plans them, and only the table knows what it planned.

use jiff::Timestamp;
use shared::{
    domain::{
        cadence::{Touchpoint, TouchpointState},
        lead::Lead,
        run::Run,
    },
    queue::WorkflowStart,
    store::{Sought, Store, StoreError},
};

use super::{Journal, lines::Line};
use crate::text::short;

/// Within this many seconds, a contact is due now.
const NOW: i64 = 60;

impl Journal {
    /// Prints what became of starts that start-workflow has handled: a line for one, a line for all of many.
    pub(crate) async fn starts(&self, store: &Store, starts: &[WorkflowStart]) {
        let [start] = starts else {
            if !starts.is_empty() {
                let count = starts.len();
                self.print(&Line::Note(format!("planned the runs of {count} leads")));
            }
            return;
        };
        // A lead that cannot be read is reported where it fails.
        let Ok(Some((lead, run))) = read(store, start).await else {
            return;
        };
        self.print(&Line::Run {
            id: short(&run.id.to_string()).to_owned(),
            fact: self.fact(&lead, &run),
        });
    }

    fn fact(&self, lead: &Lead, run: &Run) -> String {
        let profile = &lead.profile;
        let mut name = profile.first_name.as_str().to_owned();
        if let Some(last) = &profile.last_name {
            name = format!("{name} {}", last.as_str());
        }
        if run.is_waiting() {
            return format!("waits for {name}: {} is paused", run.workflow.name);
        }
        let scheduled: Vec<_> = run
            .touchpoints
            .iter()
            .filter(|it| it.state == TouchpointState::Scheduled)
            .collect();
        let Some(first) = scheduled.first() else {
            return format!("planned: no contact reaches {name}");
        };
        let (count, first) = (scheduled.len(), self.contact(first));
        format!("planned: {count} contacts for {name}, first: {first}")
    }

    fn contact(&self, touchpoint: &Touchpoint) -> String {
        let when = self.when(touchpoint.due_at);
        format!("{} {when}", touchpoint.channel)
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
        Sought::Found(lead) => Some(lead),
        Sought::Erased | Sought::Absent => None,
    };
    Ok(lead.zip(run))
}
