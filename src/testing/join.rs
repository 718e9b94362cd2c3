use std::future::poll_fn;
use std::task::Poll;

/// Runs futures at the same time, without a runtime.
pub(super) async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (None, Box::pin(future))).collect();
    poll_fn(|context| {
        for (output, future) in running.iter_mut().filter(|(output, _)| output.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *output = Some(ready);
            }
        }
        if running.iter().all(|(output, _)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(output, _)| output).collect()
}
