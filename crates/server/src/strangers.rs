//! Connections of who has not shown yet who it is. They are bounded for each address and in all, and of more the oldest goes: who
//! says nothing, or is slow, keeps nobody out who comes after. Whoever has shown who it is counts here no more.
//!
//! Key types: [`Strangers`], [`Place`].

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// From one address, or one network of 64 bits: whoever has one of those addresses has all of them.
    pub(crate) each: usize,
    /// In all.
    pub(crate) all: usize,
}

/// The connections that are open.
#[derive(Clone)]
pub(crate) struct Strangers {
    bounds: Bounds,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    number: u64,
    /// The oldest first.
    places: VecDeque<Taken>,
}

struct Taken {
    number: u64,
    from: IpAddr,
    out: oneshot::Sender<()>,
}

/// The place of a connection, until it is dropped.
pub(crate) struct Place {
    number: u64,
    open: Arc<Mutex<Open>>,
}

/// Waits until a connection has to go.
pub(crate) struct Out(oneshot::Receiver<()>);

impl Out {
    /// Comes back when the place went to somebody else; never where it was left.
    pub(crate) async fn gone(&mut self) {
        if (&mut self.0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

impl Strangers {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, open: Arc::default() }
    }

    /// A place for a connection from there; where there is none, the oldest of that address, or of all, goes.
    pub(crate) fn enter(&self, from: IpAddr) -> (Place, Out) {
        let from = network(from);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.places.iter().filter(|place| place.from == from).count();
        let oldest = if own >= self.bounds.each {
            open.places.iter().position(|place| place.from == from)
        } else {
            (open.places.len() >= self.bounds.all).then_some(0)
        };
        if let Some(oldest) = oldest.and_then(|oldest| open.places.remove(oldest)) {
            let _ = oldest.out.send(());
        }
        open.number += 1;
        let (number, (out, outside)) = (open.number, oneshot::channel());
        open.places.push_back(Taken { number, from, out });
        (Place { number, open: Arc::clone(&self.open) }, Out(outside))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // They are in order of their numbers.
        if let Ok(at) = open.places.binary_search_by_key(&self.number, |place| place.number) {
            open.places.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_an_address_goes_and_then_the_oldest_of_all() {
        let strangers = Strangers::new(Bounds { each: 2, all: 4 });
        let enter = |address: &str| strangers.enter(address.parse().unwrap());
        let is_gone = |out: &mut Out| out.0.try_recv().is_ok();
        let (one, mut first) = enter("2001:db8::1");
        let (_two, mut second) = enter("2001:db8::2");
        let (_three, mut third) = enter("2001:db8::3");
        assert!(is_gone(&mut first) && !is_gone(&mut second), "one network");
        drop(one);
        let (four, mut fourth) = enter("192.0.2.1");
        let (_five, mut fifth) = enter("::ffff:192.0.2.1");
        let (_six, _sixth) = enter("192.0.2.2");
        assert!(is_gone(&mut second), "the oldest of all");
        assert!(!is_gone(&mut third) && !is_gone(&mut fourth) && !is_gone(&mut fifth));
        // Who has shown who it is has left, and is not sent away.
        drop(four);
        let (_seven, _seventh) = enter("192.0.2.1");
        assert!(!is_gone(&mut fourth) && !is_gone(&mut fifth) && !is_gone(&mut third));
        assert_eq!(strangers.open.lock().unwrap().places.len(), 4);
    }
}
