//! What the functions add to the Lambda runtime.

use tokio::task::yield_now;

/// To come after each answer: lets its connection go back to the runtime's pool, so that asking for the next event
/// does not open another one. It never fails.
pub async fn answered<E>((): ()) -> Result<(), E> {
    // The connection's task reads the end of the reply, and another one puts it back.
    for _ in 0..2 {
        yield_now().await;
    }
    Ok(())
}
