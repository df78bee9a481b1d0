//! Additions to the Lambda runtime: a local task for the function, and early return of connections.

use std::{error::Error, panic::resume_unwind};

use tokio::task::{spawn_local, yield_now};

/// Runs a function as a task of a local runtime. This saves a third of the calls of `epoll`: tokio
/// polls a woken task before it looks at the sockets, but the future of `block_on` only after that.
///
/// # Errors
/// Same as the function.
///
/// # Panics
/// If the function panics, or if there is no local runtime.
pub async fn run_as_local_task(
    function: impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + 'static,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    match spawn_local(function).await {
        Ok(result) => result,
        // An error would be printed with the message of the panic, which may hold personal data.
        Err(ended) if ended.is_panic() => resume_unwind(ended.into_panic()),
        Err(ended) => Err(ended.into()),
    }
}

/// Lets the connection of the last answer return to the pool of the Lambda runtime, so that the
/// request for the next event does not open another one. The functions run it after each answer.
/// Never fails.
pub async fn return_connection_to_pool<E>((): ()) -> Result<(), E> {
    // The connection's task reads the end of the reply. It wakes a second task, which returns the
    // connection.
    for _ in 0..2 {
        yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        panic::{AssertUnwindSafe, catch_unwind},
        rc::Rc,
    };

    use tokio::{
        runtime::{Builder, LocalOptions, LocalRuntime},
        sync::oneshot,
    };

    use super::*;

    fn runtime() -> LocalRuntime {
        let options = LocalOptions::default();
        Builder::new_current_thread().build_local(options).unwrap()
    }

    #[test]
    fn the_error_of_a_function_is_the_error_of_its_task() {
        let failing = async { Err("TABLE_NAME is not set".into()) };
        let error = runtime().block_on(run_as_local_task(failing)).unwrap_err();
        assert_eq!(error.to_string(), "TABLE_NAME is not set");
    }

    #[test]
    fn a_panic_of_a_function_goes_on_as_one() {
        let panicking = run_as_local_task(async { panic!("a number too many") });
        let run = AssertUnwindSafe(|| runtime().block_on(panicking));
        let payload = catch_unwind(run).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"a number too many"));
    }

    #[test]
    fn a_connection_is_back_in_its_pool_before_the_next_event() {
        let is_back = Rc::new(Cell::new(false));
        let returned = Rc::clone(&is_back);
        let function = async move {
            let (end_of_reply, read) = oneshot::channel();
            let (wake, woken) = oneshot::channel();
            spawn_local(async move {
                woken.await.unwrap();
                returned.set(true);
            });
            spawn_local(async move {
                read.await.unwrap();
                wake.send(()).unwrap();
            });
            // Both tasks wait, as they do while a function handles an event.
            yield_now().await;
            end_of_reply.send(()).unwrap();
            let returned = return_connection_to_pool(()).await;
            assert!(is_back.get());
            returned
        };
        runtime().block_on(run_as_local_task(function)).unwrap();
    }
}
