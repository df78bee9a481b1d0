//! The instructions of a function's call.

use harness::{Callgrind, Function, Result, Setup, endpoints::Endpoints};

/// Events before the counting.
const WARM_UP: u32 = 20;
/// Events of one count.
const COUNTED: u32 = 100;

/// A function under callgrind.
pub struct Counter {
    function: Function,
    callgrind: Callgrind,
}

impl Counter {
    /// Starts a function's release binary. `name` names its log and its profiles.
    pub async fn start(
        setup: &Setup,
        function: &str,
        name: &str,
        endpoints: &Endpoints,
    ) -> Result<Self> {
        let (function, callgrind) = setup.start_counted(function, name, endpoints).await?;
        Ok(Self {
            function,
            callgrind,
        })
    }

    /// Returns the instructions of the whole process for one event, in millions.
    pub async fn millions(&mut self, event: &str) -> Result<f64> {
        for _ in 0..WARM_UP {
            self.function.invoke(event).await?;
        }
        self.callgrind.zero().await?;
        for _ in 0..COUNTED {
            self.function.invoke(event).await?;
        }
        Ok(self.callgrind.count().await? / f64::from(COUNTED) / 1e6)
    }

    pub async fn stop(self) -> Result<()> {
        self.function.stop().await
    }
}
