//! `kill -9` at random, while all three nodes release to one another: nothing that was acknowledged is lost, nothing is
//! doubled, and every log is consistent.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use entente_server::client::{Client, ClientError};

use crate::{
    dice::Dice,
    nodes::{PARTIES, Site, held_once, introduce, logs_agree, loopback, release, same_bytes, settled},
};

/// How many releases a run has when nobody says.
const RELEASES: u64 = 400;
/// How many people at each node ask at the same time.
const ASKERS: u64 = 4;

/// What the askers were told, as (from, to, id).
#[derive(Default)]
struct Told {
    acknowledged: Mutex<BTreeSet<Release>>,
    /// The connection broke before there was an answer: it may have been kept, once, or not at all.
    unanswered: Mutex<BTreeSet<Release>>,
}

type Release = (&'static str, &'static str, String);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_nothing_is_lost_or_doubled() {
    let releases = std::env::var("RELEASES").map_or(RELEASES, |text| text.parse().expect("RELEASES is a number"));
    let mut dice = Dice::of_this_run();
    println!("kills: {releases} releases, SEED={}", dice.seed());
    let parent = tempfile::tempdir().unwrap();
    let addresses = loopback(&mut dice);
    let site = |code, address| Site::new(parent.path(), code, address).with_quick_ledger();
    let made = PARTIES.iter().zip(&addresses).map(|((code, _), address)| site(code, address));
    let mut sites: Vec<Site> = made.collect();
    introduce(&mut sites).await;

    let start = Instant::now();
    let (told, next) = (Arc::new(Told::default()), Arc::new(AtomicU64::new(0)));
    let askers: Vec<_> = (sites.iter())
        .flat_map(|site| (0..ASKERS).map(move |_| (site.code, site.client.clone())))
        .map(|(from, client)| tokio::spawn(ask(from, client, releases, Arc::clone(&next), Arc::clone(&told))))
        .collect();
    let mut kills = 0;
    while !askers.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(dice.time(Duration::from_millis(400))).await;
        let which = usize::try_from(dice.below(3)).unwrap();
        sites[which].kill().await;
        kills += 1;
        tokio::time::sleep(dice.time(Duration::from_millis(200))).await;
        sites[which].start().await;
    }
    for asker in askers {
        asker.await.unwrap();
    }
    let asked = start.elapsed();
    let after = settled(&sites).await;
    println!("  {kills} kills in {:.1} s; all receipted {:.1} s later", asked.as_secs_f64(), after.as_secs_f64());

    let mut sequenced = BTreeSet::new();
    for from in &sites {
        for to in sites.iter().filter(|to| to.code != from.code) {
            let ids = held_once(from, to).await;
            same_bytes(from, to, &ids).await;
            sequenced.extend(ids.into_iter().map(|id| (from.code, to.code, id)));
        }
    }
    let taken = |told: &Mutex<BTreeSet<Release>>| std::mem::take(&mut *told.lock().unwrap());
    let (acknowledged, unanswered) = (taken(&told.acknowledged), taken(&told.unanswered));
    let lost: Vec<_> = acknowledged.difference(&sequenced).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let strange: Vec<_> =
        sequenced.iter().filter(|it| !acknowledged.contains(it) && !unanswered.contains(it)).collect();
    assert!(strange.is_empty(), "nobody asked for: {strange:?}");
    assert_eq!(acknowledged.len() as u64, releases);
    println!(
        "  {} acknowledged, {} unanswered of which {} were kept; all {} held exactly once, byte for byte",
        acknowledged.len(),
        unanswered.len(),
        sequenced.len() - acknowledged.len(),
        sequenced.len()
    );
    logs_agree(parent.path(), &mut sites).await;
    println!("  all logs verify, all feeds compare equal, no alarm");
}

/// Asks one node for releases until enough are acknowledged; one that is not answered is asked for anew, as another.
async fn ask(from: &'static str, client: Client, releases: u64, next: Arc<AtomicU64>, told: Arc<Told>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= releases {
            return;
        }
        let partners: Vec<&str> = PARTIES.iter().map(|(code, _)| *code).filter(|code| *code != from).collect();
        let to = partners[usize::try_from(number / 3 % 2).unwrap()];
        let is_urgent = number.is_multiple_of(5);
        let mut attempt = 0;
        loop {
            let id = format!("{from}-{number}-{attempt}");
            match release(&client, from, to, &id, is_urgent).await {
                Ok(()) => {
                    told.acknowledged.lock().unwrap().insert((from, to, id));
                    break;
                }
                Err(ClientError::Unreachable { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(ClientError::Broken(_)) => {
                    told.unanswered.lock().unwrap().insert((from, to, id));
                    attempt += 1;
                }
                Err(refused) => panic!("{from}: {refused}"),
            }
        }
    }
}
