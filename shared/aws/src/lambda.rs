//! What the functions add to the Lambda runtime.

use std::{error::Error, panic::resume_unwind};

use tokio::task::{spawn_local, yield_now};

/// Runs a function as a task of a local runtime. A task that is woken is next in a list; the runtime's main future is
/// polled only after another look at the sockets, a third of all such looks.
///
/// # Errors
/// Those of the function.
///
/// # Panics
/// If the function does, or outside of a local runtime.
pub async fn on_a_task(
    function: impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + 'static,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    match spawn_local(function).await {
        Ok(result) => result,
        // As an error, its message would be printed, which may hold anything.
        Err(ended) if ended.is_panic() => resume_unwind(ended.into_panic()),
        Err(ended) => Err(ended.into()),
    }
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

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

    use super::*;

    fn runtime() -> LocalRuntime {
        let options = LocalOptions::default();
        Builder::new_current_thread().build_local(options).unwrap()
    }

    #[test]
    fn the_error_of_a_function_is_the_error_of_its_task() {
        let failing = async { Err("TABLE_NAME is not set".into()) };
        let error = runtime().block_on(on_a_task(failing)).unwrap_err();
        assert_eq!(error.to_string(), "TABLE_NAME is not set");
    }

    #[test]
    fn a_panic_of_a_function_goes_on_as_one() {
        let panicking = on_a_task(async { panic!("a number too many") });
        let run = AssertUnwindSafe(|| runtime().block_on(panicking));
        let payload = catch_unwind(run).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"a number too many"));
    }
}
