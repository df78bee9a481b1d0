//! Choice of the calls that meet faults.

use std::collections::HashMap;

use fastrand::Rng;

use crate::{call::Caller, fault::Fault};

/// Fault of one call.
#[derive(Clone, Copy, Debug)]
pub struct FaultAt {
    /// Number of the call, from 0. Retries do not count.
    pub call: usize,
    /// Fault that the first attempt meets.
    pub fault: Fault,
    /// Whether the retries meet it too.
    pub hits_retries: bool,
}

/// Calls that meet faults.
#[derive(Clone, Debug)]
pub enum Faults {
    /// No call.
    None,
    /// These calls.
    At(Vec<FaultAt>),
    /// This percentage of attempts. Half of the faults also hit all retries of their call.
    Random(u32),
    /// This percentage of attempts, each with a fault of an outage. Retries are drawn again.
    Errors(u32),
    /// All attempts of some operations.
    Of(Vec<FaultOf>),
}

/// Fault of an operation.
#[derive(Clone, Copy, Debug)]
pub struct FaultOf {
    /// Operation, such as `PutItem`.
    pub operation: &'static str,
    /// Function that calls it. `None` for all functions.
    pub caller: Option<Caller>,
    /// Fault of its attempts.
    pub fault: Fault,
    /// Whether only the next attempt meets it.
    pub is_once: bool,
}

/// Calls so far, and the faults that they met.
pub struct Calls {
    pub faults: Faults,
    calls: Vec<CallWithFault>,
    /// Position in `calls`, by the SDK's id of an invocation. All attempts of a call share this id.
    positions: HashMap<String, usize>,
}

struct CallWithFault {
    operation: String,
    /// Fault that all retries meet. `None` if they meet none or each its own.
    of_retries: Option<Fault>,
}

impl Calls {
    pub fn new(faults: Faults) -> Self {
        Self {
            faults,
            calls: Vec::new(),
            positions: HashMap::new(),
        }
    }

    /// Sets the fault of an operation, in place of the fault that it had. `None` if its calls are
    /// to succeed.
    pub fn set(&mut self, operation: &'static str, fault: Option<FaultOf>) {
        let mut faults = match std::mem::replace(&mut self.faults, Faults::None) {
            Faults::Of(faults) => faults,
            _ => Vec::new(),
        };
        faults.retain(|it| it.operation != operation);
        faults.extend(fault);
        self.faults = Faults::Of(faults);
    }

    /// Returns the operations that were called. Retries do not count.
    pub fn operations(&self) -> Vec<String> {
        let calls = self.calls.iter();
        calls.map(|call| call.operation.clone()).collect()
    }

    /// Returns the fault of the next attempt. `None` if it meets no fault.
    pub fn next_fault(
        &mut self,
        rng: &mut Rng,
        (caller, operation): (Caller, &str),
        invocation: &str,
    ) -> Option<Fault> {
        let of = (caller, operation);
        match self.positions.get(invocation) {
            Some(position) => self.fault_of_retry(rng, of, *position),
            None => {
                let position = self.calls.len();
                let fault = self.fault_of_call(rng, of, position);
                let of_retries = fault.filter(|it| it.hits_retries).map(|it| it.fault);
                let operation = operation.to_owned();
                self.calls.push(CallWithFault {
                    operation,
                    of_retries,
                });
                self.positions.insert(invocation.to_owned(), position);
                fault.map(|it| it.fault)
            }
        }
    }

    fn fault_of_call(&mut self, rng: &mut Rng, of: (Caller, &str), call: usize) -> Option<FaultAt> {
        let (fault, hits_retries) = match &mut self.faults {
            Faults::None => return None,
            Faults::At(faults) => return faults.iter().find(|it| it.call == call).copied(),
            Faults::Random(percent) => (draw(rng, *percent, &Fault::DRAWN)?, rng.bool()),
            Faults::Errors(percent) => (draw(rng, *percent, &Fault::ERRORS)?, false),
            Faults::Of(faults) => (take(faults, of)?, false),
        };
        Some(FaultAt {
            call,
            fault,
            hits_retries,
        })
    }

    fn fault_of_retry(&mut self, rng: &mut Rng, of: (Caller, &str), call: usize) -> Option<Fault> {
        match (&mut self.faults, self.calls[call].of_retries) {
            (Faults::None, _) => None,
            (Faults::Of(faults), _) => take(faults, of),
            (_, Some(fault)) => Some(fault),
            (Faults::At(_), None) => None,
            (Faults::Random(percent), None) => draw(rng, *percent, &Fault::DRAWN),
            (Faults::Errors(percent), None) => draw(rng, *percent, &Fault::ERRORS),
        }
    }
}

fn draw(rng: &mut Rng, percent: u32, faults: &[Fault]) -> Option<Fault> {
    (rng.u32(0..100) < percent).then(|| faults[rng.usize(0..faults.len())])
}

/// Returns the fault of an operation, and removes it if it is for one attempt.
fn take(faults: &mut Vec<FaultOf>, (caller, operation): (Caller, &str)) -> Option<Fault> {
    let is_meant =
        |it: &FaultOf| it.operation == operation && it.caller.is_none_or(|it| it == caller);
    let position = faults.iter().position(is_meant)?;
    let found = faults[position];
    if found.is_once {
        faults.remove(position);
    }
    Some(found.fault)
}
