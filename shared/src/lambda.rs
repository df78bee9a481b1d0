//! What the functions add to the Lambda runtime.

use std::{error::Error, future::Future};

use tokio::task::{spawn_local, yield_now};

/// Runs a function as a task of a local runtime. A task that is woken is next in a list; the runtime's main future is
/// polled only after another look at the sockets, a third of all such looks.
///
/// # Errors
/// Those of the function, or that it panicked.
///
/// # Panics
/// Outside of a local runtime.
pub async fn on_a_task<T: 'static>(
    function: impl Future<Output = Result<T, Box<dyn Error + Send + Sync>>> + 'static,
) -> Result<T, Box<dyn Error + Send + Sync>> {
    spawn_local(function).await?
}

/// To come after each answer: lets its connection go back to the runtime's pool, so that asking for the next event
/// does not open another one. It never fails.
pub async fn answered<E>((): ()) -> Result<(), E> {
    // The connection's task reads the end of the reply, and another one puts it back.
    for _ in 0..2 {
        yield_now().await;
    }
    Ok(())
}
