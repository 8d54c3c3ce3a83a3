//! Waiting for PostgreSQL. The store is asked from threads of every kind, also from those that drive futures: none of them may
//! drive a runtime of its own. So connections live on a thread of the store's, and whoever wants an answer sleeps until that
//! thread wakes it.

use std::{
    io,
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::StoreError;

struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for what `future` gives.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            // Woken for something else it looks once more, and sleeps again.
            Poll::Pending => thread::park(),
        }
    }
}

/// Where connections live, as long as the process.
pub(super) fn runtime() -> Result<&'static Handle, StoreError> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(1).thread_name("postgres").enable_all().build();
    let runtime = RUNTIME.get_or_init(build).as_ref();
    runtime.map(Runtime::handle).map_err(|error| StoreError::Damaged(format!("no thread for PostgreSQL: {error}")))
}
