//! Rules of a lead's partition: the lead, its runs and its history.

use domain::{
    cadence::TouchpointState,
    ids::{AccountId, LeadId, RunId},
    lead::Lead,
    run::{CadenceState, Run, RunStatus, Wake},
};

use super::{
    breach::{Breach, Rule},
    findings::Findings,
};
use crate::store::{
    attention::Attention,
    erase::Tombstone,
    event::EventReceipt,
    history::ActivityItem,
    item::{Attributes, decode, is_erased},
    keys,
    lead::LeadItem,
    run::{entry_in, list_entry_in, run_of},
};

/// The partition of a lead.
pub(super) struct LeadPart {
    account: AccountId,
    lead: LeadId,
    /// Rules that the partition breaks, with the run if it is one of a run.
    broken: Vec<(Rule, Option<RunId>)>,
    has_activity: bool,
    /// Touchpoints that are listed for a person.
    attentions: Vec<(RunId, u16)>,
    runs: Vec<Run>,
    own: Own,
}

/// The item of the lead itself.
enum Own {
    Missing,
    /// A lead that cannot be read.
    Unreadable,
    /// A lead, and the run of its start.
    Lead(Option<RunId>),
    /// A tombstone, and whether everything is erased.
    Tombstone {
        is_finished: bool,
    },
}

impl LeadPart {
    pub(super) fn new(account: AccountId, lead: LeadId) -> Self {
        Self {
            account,
            lead,
            broken: Vec::new(),
            has_activity: false,
            attentions: Vec::new(),
            runs: Vec::new(),
            own: Own::Missing,
        }
    }

    pub(super) fn check(mut self, items: Vec<Attributes>, findings: &mut Findings) {
        for item in items {
            self.take_in(item, findings);
        }
        self.check_runs(findings);
        let (account, lead) = (self.account, self.lead);
        let broken = self.broken.into_iter();
        findings
            .breaches
            .extend(broken.map(|(rule, run_id)| Breach {
                run_id,
                ..Breach::of_lead(rule, account, lead)
            }));
    }

    fn take_in(&mut self, item: Attributes, findings: &mut Findings) {
        let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
        let sk = sk.unwrap_or_default();
        let run = sk.strip_prefix(keys::RUNS).map(str::parse::<RunId>);
        if sk == keys::LEAD {
            self.take_in_own(item, findings);
        } else if let Some(Ok(id)) = run {
            if is_erased(&item) {
                self.tombstone(item, Some(id));
            } else {
                self.take_in_run(id, item, findings);
            }
        } else if sk.starts_with(keys::ACTIVITIES) {
            self.has_activity = true;
            if decode::<ActivityItem>(item).is_err() {
                self.broken.push((Rule::Damaged, None));
            }
        } else if sk.starts_with(keys::EVENT_RECEIPTS) {
            self.has_activity = true;
            if decode::<EventReceipt>(item).is_err() {
                self.broken.push((Rule::Damaged, None));
            }
        } else if let Some(touchpoint) = keys::parse_attention(&sk) {
            self.take_in_attention(touchpoint, item);
        } else {
            self.broken.push((Rule::Unknown, None));
        }
    }

    fn take_in_attention(&mut self, (run, index): (RunId, u16), item: Attributes) {
        let (list, _) = list_entry_in(&item);
        if decode::<Attention>(item).is_err() || list != Some(keys::attentions(self.account)) {
            self.broken.push((Rule::Damaged, Some(run)));
        }
        self.attentions.push((run, index));
    }

    fn take_in_own(&mut self, item: Attributes, findings: &mut Findings) {
        if is_erased(&item) {
            let is_finished = self.tombstone(item, None).unwrap_or(true);
            findings.counts.unfinished_erasures += usize::from(!is_finished);
            if !is_finished {
                findings.erasing.insert(self.lead);
            }
            self.own = Own::Tombstone { is_finished };
            return;
        }
        findings.counts.leads += 1;
        let entry = entry_in(&item);
        let (list, position) = list_entry_in(&item);
        let Some(lead) = self.lead_in(item) else {
            self.broken.push((Rule::Damaged, None));
            self.own = Own::Unreadable;
            return;
        };
        let in_list = keys::lead_list(self.account, keys::lead_shard(self.lead));
        let at = keys::lead_list_position(lead.profile.created_at, self.lead);
        if (list, position) != (Some(in_list), Some(at)) {
            self.broken.push((Rule::LeadList, None));
        }
        match entry {
            (None, None) => {}
            (Some(pk), Some(_))
                if lead.start.is_some() && pk == keys::pending_starts_of(self.lead) =>
            {
                findings.counts.pending_starts += 1;
            }
            _ => self.broken.push((Rule::PendingEntry, None)),
        }
        self.own = Own::Lead(lead.start.map(|start| start.run_id));
    }

    fn lead_in(&self, item: Attributes) -> Option<Lead> {
        let lead: LeadItem = decode(item).ok()?;
        let lead = Lead::try_from(lead).ok()?;
        let is_own = (lead.account_id, lead.profile.id) == (self.account, self.lead);
        is_own.then_some(lead)
    }

    /// Checks a tombstone. Returns whether everything behind it is erased. `None` if it cannot be
    /// read.
    fn tombstone(&mut self, item: Attributes, run: Option<RunId>) -> Option<bool> {
        let entry = entry_in(&item);
        let Ok(tombstone) = decode::<Tombstone>(item) else {
            self.broken.push((Rule::Damaged, run));
            return None;
        };
        let is_finished = tombstone.is_finished();
        // Only the tombstone of a lead is ever unfinished.
        let fits = match entry {
            (None, None) => is_finished,
            (Some(pk), Some(_)) => !is_finished && run.is_none() && pk == keys::UNFINISHED_ERASURES,
            _ => false,
        };
        if !fits {
            self.broken.push((Rule::PendingEntry, run));
        }
        Some(is_finished)
    }

    fn take_in_run(&mut self, id: RunId, item: Attributes, findings: &mut Findings) {
        findings.counts.runs += 1;
        let (entry, open) = (entry_in(&item), list_entry_in(&item));
        let Ok(run) = run_of(item, self.account, self.lead) else {
            self.broken.push((Rule::Damaged, Some(id)));
            return;
        };
        let wake = run.wake();
        let own = wake.map(|wake| keys::run_entry(&run, wake)).unzip();
        if own != entry {
            self.broken.push((Rule::Entry, Some(id)));
        }
        if keys::open_entry(&run).unzip() != open {
            self.broken.push((Rule::OpenEntry, Some(id)));
        }
        findings.counts.open += usize::from(open.0.is_some());
        match wake {
            None => {}
            Some(Wake::Due { .. }) => findings.counts.due += 1,
            Some(Wake::Held(_)) => findings.counts.held += 1,
        }
        let carries = run.hand_over.as_ref();
        let carries = carries.is_some_and(|it| it.claim.is_some() || it.is_open);
        let needs_entry = run.cadence_state == CadenceState::Active || carries;
        if wake.is_some() != needs_entry {
            self.broken.push((Rule::EntryCount, Some(id)));
        }
        if contradicts_itself(&run) {
            self.broken.push((Rule::RunState, Some(id)));
        }
        self.runs.push(run);
    }

    /// Checks the runs beside each other and beside the lead.
    fn check_runs(&mut self, findings: &mut Findings) {
        let is_beside = self.has_activity || !self.attentions.is_empty();
        let is_left = is_beside || !self.runs.is_empty();
        let start = match &self.own {
            Own::Missing | Own::Tombstone { is_finished: true } => {
                if is_left {
                    self.broken.push((Rule::Orphan, None));
                }
                return;
            }
            // The runs go next.
            Own::Tombstone { is_finished: false } => return,
            Own::Unreadable => None,
            Own::Lead(start) => Some(*start),
        };
        self.check_attentions();
        for run in &self.runs {
            let place = (self.account, run.workflow.id, run.id);
            if run.is_waiting() {
                findings.counts.waiting += 1;
                findings.waiting.insert(place, self.lead);
            } else if !run.is_planned() || !run.is_active() {
                findings.waited.insert(run.id);
            }
            // The workflow of a failed run was never there.
            if run.status != RunStatus::Failed {
                let version = (self.account, run.workflow.id, run.workflow.version);
                let breach = Breach::of_place(Rule::VersionMissing, place, self.lead);
                findings.followed.entry(version).or_insert(breach);
            }
            let is_earlier = start.is_some_and(|start| start != Some(run.id));
            let is_newer = start.is_some_and(|start| start.is_none_or(|it| it < run.id));
            if is_newer || is_earlier && run.is_active() {
                self.broken.push((Rule::NewestRun, Some(run.id)));
            }
        }
    }

    fn check_attentions(&mut self) {
        for (id, index) in &self.attentions {
            let run = self.runs.iter().find(|run| run.id == *id);
            let touchpoint = run.and_then(|run| run.touchpoint(*index));
            if !touchpoint.is_some_and(|it| it.state.needs_a_person()) {
                self.broken.push((Rule::AttentionLeft, Some(*id)));
            }
        }
    }
}

/// Returns whether the states of a run contradict each other.
fn contradicts_itself(run: &Run) -> bool {
    let with = |state| {
        let touchpoints = (0_u16..).zip(&run.touchpoints);
        touchpoints
            .filter(|(_, it)| it.state == state)
            .map(|(index, _)| index)
            .collect::<Vec<_>>()
    };
    let is_active = run.cadence_state == CadenceState::Active;
    let is_over = matches!(
        run.cadence_state,
        CadenceState::Completed | CadenceState::Cancelled
    );
    let status_fits = match run.status {
        RunStatus::Queued => run.cadence_state == CadenceState::Paused,
        RunStatus::Running => true,
        RunStatus::Completed | RunStatus::Stopped | RunStatus::Failed => is_over,
    };
    let out = run
        .hand_over
        .as_ref()
        .filter(|it| it.claim.is_some() || it.is_open);
    let claimed: Vec<_> = out.map(|it| it.index).into_iter().collect();
    let dispatched = with(TouchpointState::Dispatched).len();
    let is_reported = |it: &domain::cadence::Touchpoint| it.outcome.is_none() || it.was_claimed;
    !(status_fits
        && !(run.current_status.is_terminal && run.is_active())
        && !(is_active && run.human_takeover)
        && (is_active || run.held.is_none())
        && (is_active || with(TouchpointState::Scheduled).is_empty())
        && with(TouchpointState::Claimed) == claimed
        && dispatched <= 1
        && (dispatched == 1 || run.awaited.is_none())
        && run.touchpoints.iter().all(is_reported))
}
