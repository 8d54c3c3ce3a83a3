//! Partitions: each node in a network namespace of its own, and packets between two of them dropped by nftables, without
//! a word, in both directions or in one. Nothing crosses, the third notices nothing, and after the healing all arrives.

use std::time::Duration;

use crate::{
    dice::Dice,
    has, is_root,
    nodes::{PARTIES, Site, eventually, held_once, introduce, is_delivered, logs_agree, release, same_bytes, settled},
    not_run, system,
};

/// How often two of them are parted.
const PARTITIONS: usize = 8;
/// How many records each gives each meanwhile.
const RELEASES: usize = 10;

/// Three namespaces, each wired to the other two. They go when this goes.
struct Wires {
    names: [String; 3],
}

/// The address of a node, in all namespaces.
fn address(of: usize) -> String {
    format!("10.77.0.{}", of + 1)
}

impl Wires {
    fn new() -> Self {
        let wires = Self { names: PARTIES.map(|(code, _)| format!("entente-{}-{code}", std::process::id())) };
        for (index, name) in wires.names.iter().enumerate() {
            system(&format!("ip netns add {name}"));
            wires.inside(index, "ip link set lo up");
            wires.inside(index, &format!("ip addr add {}/32 dev lo", address(index)));
            wires.inside(index, "nft add table inet faults");
            wires.inside(index, "nft 'add chain inet faults input { type filter hook input priority 0; }'");
        }
        for (left, right) in [(0, 1), (0, 2), (1, 2)] {
            let (here, there) = (&wires.names[left], &wires.names[right]);
            system(&format!("ip link add to{right} netns {here} type veth peer name to{left} netns {there}"));
            for (at, towards) in [(left, right), (right, left)] {
                wires.inside(at, &format!("ip link set to{towards} up"));
                let route = format!("ip route add {} dev to{towards} src {}", address(towards), address(at));
                wires.inside(at, &route);
            }
        }
        wires
    }

    fn inside(&self, index: usize, command: &str) {
        system(&format!("ip netns exec {} {command}", self.names[index]));
    }

    /// From now on `to` gets nothing from `from`.
    fn cut(&self, from: usize, to: usize) {
        self.inside(to, &format!("nft add rule inet faults input ip saddr {} drop", address(from)));
    }

    fn heal(&self) {
        for index in 0..self.names.len() {
            self.inside(index, "nft flush chain inet faults input");
        }
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        for name in &self.names {
            // Also those of a set-up that failed half-way.
            let _ = std::process::Command::new("ip").args(["netns", "del", name]).output();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes network namespaces: `make test-faults`"]
async fn parted_and_healed_everything_arrives() {
    if !is_root() || !has("ip") || !has("nft") {
        return not_run("partitions", "needs root, `ip` and `nft` (Debian: apt-get install iproute2 nftables)");
    }
    let mut dice = Dice::of_this_run();
    println!("partitions: {PARTITIONS} of them, SEED={}", dice.seed());
    let parent = tempfile::tempdir().unwrap();
    // Before the sites, so that it outlives their processes.
    let wires = Wires::new();
    let mut sites = Vec::new();
    for (index, (code, _)) in PARTIES.into_iter().enumerate() {
        let mut site = Site::new(parent.path(), code, &format!("{}:7443", address(index))).with_quick_ledger();
        site.wrapped = ["ip", "netns", "exec", &wires.names[index]].map(str::to_owned).to_vec();
        sites.push(site);
    }
    introduce(&mut sites).await;

    let mut given = 0;
    for round in 0..PARTITIONS {
        let (one, other, third) = *dice.pick(&[(0, 1, 2), (0, 2, 1), (1, 2, 0)]);
        let is_one_way = dice.below(2) == 0;
        wires.cut(one, other);
        if !is_one_way {
            wires.cut(other, one);
        }
        for from in &sites {
            for to in sites.iter().filter(|to| to.code != from.code) {
                for number in 0..RELEASES {
                    let id = format!("{}-{}-{round}-{number}", from.code, to.code);
                    release(&from.client, from.code, to.code, &id, number % 2 == 0).await.unwrap();
                    given += 1;
                }
            }
        }
        // A slow partner slows no other.
        let aside = eventually("the others are served", async || {
            is_delivered(&sites[one], sites[third].code).await
                && is_delivered(&sites[other], sites[third].code).await
                && is_delivered(&sites[third], sites[one].code).await
                && is_delivered(&sites[third], sites[other].code).await
        })
        .await;
        tokio::time::sleep(dice.time(Duration::from_secs(5))).await;
        for (from, to) in [(one, other), (other, one)] {
            assert!(!is_delivered(&sites[from], sites[to].code).await, "a receipt crossed a cut wire");
        }
        wires.heal();
        let after = settled(&sites).await;
        println!(
            "  {} {} {}: the third served in {:.1} s, all receipted {:.1} s after the healing",
            sites[one].code,
            if is_one_way { "-x->" } else { "<-x->" },
            sites[other].code,
            aside.as_secs_f64(),
            after.as_secs_f64()
        );
    }
    let mut held = 0;
    for from in &sites {
        for to in sites.iter().filter(|to| to.code != from.code) {
            let ids = held_once(from, to).await;
            same_bytes(from, to, &ids).await;
            held += ids.len();
        }
    }
    assert_eq!(held, given);
    logs_agree(parent.path(), &mut sites).await;
    println!("  all {held} held exactly once, byte for byte; all logs verify, no alarm");
}
