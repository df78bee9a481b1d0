//! A function in the comparison, and its CPU time.

use std::time::Duration;

use harness::{
    Function, Result,
    endpoints::{Call, Endpoints},
    events,
};
use serde::Serialize;
use serde_json::Value;

/// Requests before the measurement. After them, just-in-time compilers are done.
const WARM_UP: u32 = 1_000;
/// Requests of one turn.
const REQUESTS: u32 = 200;

/// Reads of the key, the workflow and the campaign that one turn may repeat, when their time in
/// the caches is over.
const MAX_READS: usize = 10;

/// CPU time of one lead.
#[derive(Debug, Serialize)]
pub struct Cpu {
    /// Milliseconds in the process's own code.
    pub user_ms: f64,
    /// Milliseconds in the kernel.
    pub kernel_ms: f64,
}

/// A running function, and its CPU time in all turns so far.
pub struct Contender {
    function: Function,
    /// Field names and types of the two calls of a lead, without their values.
    pub writes: Value,
    /// Bytes in the bodies of the two calls.
    pub sent: u32,
    user: Duration,
    kernel: Duration,
    requests: u32,
}

impl Cpu {
    /// Returns the sum of both times, in milliseconds.
    pub fn total(&self) -> f64 {
        self.user_ms + self.kernel_ms
    }
}

impl Contender {
    /// Sends requests to the function until it is warm.
    pub async fn start(mut function: Function, endpoints: &Endpoints) -> Result<Self> {
        for _ in 0..WARM_UP {
            endpoints.take_calls();
            function.invoke(events::LEAD).await?.accepted()?;
        }
        let mut calls = endpoints.take_calls();
        calls.sort_by(|one, other| one.operation.cmp(&other.operation));
        Ok(Self {
            function,
            writes: calls.iter().map(|call| shape(&call.body)).collect(),
            sent: calls.iter().map(Call::body_size).sum(),
            user: Duration::ZERO,
            kernel: Duration::ZERO,
            requests: 0,
        })
    }

    /// Measures one turn.
    ///
    /// # Errors
    /// A function that makes more or less than two calls for a lead.
    pub async fn round(&mut self, endpoints: &Endpoints) -> Result<()> {
        endpoints.take_calls();
        let before = self.function.cpu_time()?;
        for _ in 0..REQUESTS {
            self.function.invoke(events::LEAD).await?.accepted()?;
        }
        let after = self.function.cpu_time()?;
        self.user += after.user - before.user;
        self.kernel += after.kernel - before.kernel;
        self.requests += REQUESTS;
        let calls = endpoints.take_calls().len();
        let writes = 2 * REQUESTS as usize;
        if (writes..writes + MAX_READS).contains(&calls) {
            Ok(())
        } else {
            Err(format!("a function made {calls} calls for {REQUESTS} leads").into())
        }
    }

    /// Returns the CPU time of one lead, over all turns.
    pub fn cpu_of_a_lead(&self) -> Cpu {
        let of_a_lead = |time: Duration| time.as_secs_f64() * 1e3 / f64::from(self.requests);
        Cpu {
            user_ms: of_a_lead(self.user),
            kernel_ms: of_a_lead(self.kernel),
        }
    }
}

/// Returns the structure of a request, with `null` for each value.
fn shape(request: &Value) -> Value {
    match request {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
        Value::Array(values) => values.iter().map(shape).collect(),
        _ => Value::Null,
    }
}
