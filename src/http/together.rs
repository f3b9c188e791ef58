//! Runs several calls at the same time.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, maybe_done};

/// Runs futures at the same time, and returns their outputs in the order of the futures.
///
/// It is for a few futures, because each of them is polled whenever one of them can go on. `join_all` of `futures_util`
/// has a second way for many futures, and the compiler generates both ways for each type.
pub async fn together<T: Send>(futures: impl Iterator<Item = BoxFuture<'_, T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(maybe_done).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for future in &mut running {
            if future.poll_unpin(context).is_pending() {
                all = Poll::Pending;
            }
        }
        all
    })
    .await;
    running.iter_mut().filter_map(|future| std::pin::Pin::new(future).take_output()).collect()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn futures_run_at_the_same_time_and_their_outputs_keep_the_order() {
        let (said, heard) = tokio::sync::oneshot::channel();
        let first = async { heard.await.expect("the second future runs, too") };
        let second = async {
            said.send(1).expect("the first future waits");
            2
        };
        let mut both = pin!(together([first.boxed(), second.boxed()].into_iter()));
        assert_eq!(both.as_mut().now_or_never(), None);
        assert_eq!(both.as_mut().now_or_never(), Some(vec![1, 2]));
        let none: [BoxFuture<'_, u8>; 0] = [];
        assert_eq!(together(none.into_iter()).await, Vec::<u8>::new());
    }
}
