//! The scenario, step by step, as examples/northeast-asia/README.md asks for it.

use entente_node::Partner;
use entente_server::{
    api::{DecisionView, RecipientView},
    keys::KeyFolder,
    verify::{self, Verified},
};
use entente_store::Reader;
use sha2::{Digest, Sha256};

use super::{
    bundle::Bundle,
    script::Script,
    world::{Letter, Site, TRILATERAL, World, wait_until},
};
use crate::failure::Failure;

const GSOMIA: &str = "jp-kr-gsomia-2016";
const US_JP: &str = "us-jp-gsomia-2007";
const US_KR: &str = "us-kr-gsomia-1987";
const TRILATERAL_ID: &str = "trilateral-hypothetical";
const WARNING: &str = "missile-warning";
/// How many records are under way when a node is killed.
const MANY: usize = 200;

pub(super) async fn play(world: &mut World, bundle: &Bundle, script: &mut Script<'_>) -> Result<(), Failure> {
    bilaterals(world, bundle, script).await?;
    never(world, script).await?;
    third_party(world, script).await?;
    direct(world, script).await?;
    suspended(world, script).await?;
    trilateral(world, script).await?;
    killed(world, script).await?;
    verified(world, script)
}

/// A record of KOR about a launch, for JPN.
fn korean<'a>(id: &'a str, content: &'a [u8], under: Option<&'a str>) -> Letter<'a> {
    Letter {
        id,
        label: "//KOR SECRET//REL TO USA, JPN, KOR",
        subject: "dprk-missile",
        content,
        title: "launch-report.txt",
        to: &["JPN"],
        purpose: WARNING,
        under,
    }
}

fn first(views: Vec<RecipientView>) -> Result<RecipientView, Failure> {
    views.into_iter().next().ok_or_else(|| Failure::new("the node did not answer for the recipient"))
}

/// Whether exactly these codes block.
fn is_denied_for(decision: &DecisionView, codes: &[&str]) -> bool {
    let blocked: Vec<&str> = decision.answer.blocked.iter().map(|block| block.code.as_str()).collect();
    decision.answer.verdict == "deny" && blocked == codes
}

fn is_blocked_by(decision: &DecisionView, agreement: &str, clause: &str) -> bool {
    let by = |line: &entente_formats::request::BlockLine| {
        line.agreement.as_deref() == Some(agreement) && line.clause.as_deref() == Some(clause)
    };
    decision.answer.blocked.iter().any(by)
}

/// Shows a release, and checks that it went under exactly this agreement.
fn goes_under(script: &mut Script<'_>, view: &RecipientView, agreement: &str) -> Result<(), Failure> {
    script.decision(&view.decision)?;
    script.check(
        &format!("permitted to {}, given under {agreement}", view.to),
        view.outcome == "sequenced" && view.under == [agreement],
    )
}

/// Checks that a record arrived with exactly these bytes.
async fn arrives(
    script: &mut Script<'_>,
    site: &Site,
    originator: &str,
    id: &str,
    content: &[u8],
) -> Result<(), Failure> {
    let there = wait_until(async || Ok(site.content(originator, id).await?.is_some())).await?;
    let same = there && site.content(originator, id).await?.is_some_and(|held| held == content);
    let digest = Sha256::digest(content);
    let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    script.check(&format!("{} holds {id}, byte for byte (sha256 {short}…)", site.code), same)
}

async fn bilaterals(world: &World, bundle: &Bundle, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("USA releases the Lazarus Group bundle to JPN and KOR under the two bilaterals")?;
    script.say(&format!("input: {}", bundle.about))?;
    let letter = Letter {
        id: "US-LAZARUS-1",
        label: "CONFIDENTIAL//REL TO USA, JPN, KOR",
        subject: "lazarus-group",
        content: &bundle.bytes,
        title: "lazarus-group.stix.json",
        to: &["JPN", "KOR"],
        purpose: "cyber-defence",
        under: None,
    };
    let views = world.at("USA")?.release(&letter).await?;
    for (view, agreement) in views.iter().zip([US_JP, US_KR]) {
        goes_under(script, view, agreement)?;
    }
    script.check("decided once for each of two recipients", views.len() == 2)?;
    for code in ["JPN", "KOR"] {
        arrives(script, world.at(code)?, "USA", letter.id, &bundle.bytes).await?;
    }
    Ok(())
}

async fn never(world: &World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("What bears NOFORN goes to nobody, and nothing would help")?;
    let letter = Letter {
        id: "US-NF-1",
        label: "SECRET//NOFORN",
        subject: "dprk-missile",
        content: b"not for you",
        title: "assessment.txt",
        to: &["JPN"],
        purpose: WARNING,
        under: None,
    };
    let view = first(world.at("USA")?.release(&letter).await?)?;
    script.decision(&view.decision)?;
    script.check("denied as `noforn`", is_denied_for(&view.decision, &["noforn"]))?;
    script.check("no cure is offered", view.decision.answer.cures.is_empty())?;
    Ok(())
}

async fn third_party(world: &World, script: &mut Script<'_>) -> Result<(), Failure> {
    let (usa, jpn, kor) = (world.at("USA")?, world.at("JPN")?, world.at("KOR")?);
    script.step("KOR gives two launch reports to JPN under the 2016 agreement")?;
    for id in ["K-0412", "K-0413"] {
        let view = first(kor.release(&korean(id, b"launch 06:31Z, two vehicles", None)).await?)?;
        goes_under(script, &view, GSOMIA)?;
        arrives(script, jpn, "KOR", id, b"launch 06:31Z, two vehicles").await?;
    }

    script.step("JPN may not hand one on to USA: article 6(a) of the 2016 agreement")?;
    let view = jpn.release_held("K-0412", "USA", WARNING, None).await?;
    script.decision(&view.decision)?;
    script.check("denied as `third-party` by art. 6(a), and nothing else blocks", {
        is_denied_for(&view.decision, &["third-party"]) && is_blocked_by(&view.decision, GSOMIA, "6.a")
    })?;
    let cures = view.decision.answer.cures.concat();
    let consent = cures.iter().map(|cure| (cure.kind.as_str(), cure.of.as_str())).collect::<Vec<_>>();
    script.check("the cure is the consent of KOR", consent == [("consent", "KOR")])?;
    script.check("USA has nothing", usa.content("KOR", "K-0412").await?.is_none())?;

    script.step("JPN asks KOR, KOR consents, and it goes")?;
    let asked = jpn.ask("K-0412", "KOR", "USA").await?;
    script.say("what the question itself discloses is decided too:")?;
    script.decision(&asked.decision)?;
    let request = asked.question.map(|question| question.request).unwrap_or_default();
    let seen = wait_until(async || Ok(kor.questions().await?.iter().any(|question| question.request == request)));
    script.check("KOR sees the question", seen.await?)?;
    let answer = kor.grant(&request, "Director of Disclosure, MND").await?;
    script.say("KOR decides as if it released the report to USA itself:")?;
    if let Some(decision) = &answer.decision {
        script.decision(decision)?;
    }
    script.check("KOR's yes is permitted and sent", answer.sent)?;
    let answered = wait_until(async || {
        Ok(jpn.questions().await?.iter().any(|question| question.request == request && question.state == "granted"))
    });
    script.check("JPN has KOR's signed answer", answered.await?)?;
    let view = jpn.release_held("K-0412", "USA", WARNING, None).await?;
    goes_under(script, &view, US_JP)?;
    arrives(script, usa, "KOR", "K-0412", b"launch 06:31Z, two vehicles").await?;
    let hop = usa.record("KOR", "K-0412").await?.map(|record| record.custody);
    let hop = hop.as_deref().map(|hops| hops.iter().map(|hop| (hop.from.as_str(), hop.onward.as_str())).collect());
    script.check("USA learns its own hop, from JPN, and that it must ask onward", hop == Some(vec![("JPN", "ask")]))
}

async fn direct(world: &World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("JPN to KOR directly under the 2016 agreement, with a national term")?;
    let letter = Letter {
        id: "J-0007",
        label: "//JPN 特定秘密//REL TO JPN, KOR",
        subject: "dprk-missile",
        content: "着弾予想区域".as_bytes(),
        title: "impact-area.txt",
        to: &["KOR"],
        purpose: WARNING,
        under: None,
    };
    let view = first(world.at("JPN")?.release(&letter).await?)?;
    goes_under(script, &view, GSOMIA)?;
    let cover = view.decision.answer.cover.iter().find(|cover| cover.agreement == GSOMIA);
    script.check("特定秘密 has its level by art. 4(2)", cover.is_some_and(|cover| cover.clause == "4.2"))?;
    arrives(script, world.at("KOR")?, "JPN", letter.id, letter.content).await
}

async fn suspended(world: &mut World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("JPN is away; a report of KOR waits; KOR suspends the 2016 agreement")?;
    world.at_mut("JPN")?.stop().await;
    let kor = world.at("KOR")?;
    let view = first(kor.release(&korean("K-0500", b"waits", None)).await?)?;
    goes_under(script, &view, GSOMIA)?;
    let waits = |state: &str| {
        let state = state.to_owned();
        async move || {
            let rows = kor.outbox().await?;
            Ok::<_, Failure>(rows.iter().any(|row| row.record.as_deref() == Some("K-0500") && row.state == state))
        }
    };
    script.check("K-0500 waits for JPN", waits("waiting")().await?)?;
    kor.act(GSOMIA, "suspended").await?;
    let denied = first(kor.release(&korean("K-0501", b"too late", None)).await?)?;
    script.decision(&denied.decision)?;
    let says_suspended = denied
        .decision
        .lines
        .iter()
        .any(|line| line.subject.starts_with(GSOMIA) && line.text.contains("suspended in the view of KOR"));
    script.check("a new release to JPN is denied", denied.outcome == "denied")?;
    script.check("the explanation says that the 2016 agreement is suspended in KOR's view", says_suspended)?;

    script.step("JPN returns: what waited is withdrawn, what was given stays protected")?;
    world.at_mut("JPN")?.run().await?;
    let (jpn, kor) = (world.at("JPN")?, world.at("KOR")?);
    script.check("KOR's feeds are receipted", kor.delivered("JPN").await?)?;
    let rows = kor.outbox().await?;
    let withdrawn = rows.iter().any(|row| row.record.as_deref() == Some("K-0500") && row.state == "withdrawn");
    script.check("K-0500 was withdrawn when it was to be sent", withdrawn)?;
    script.check("JPN never got it", jpn.content("KOR", "K-0500").await?.is_none())?;
    let told = wait_until(async || {
        let views = jpn.views(GSOMIA).await?;
        Ok(views.iter().any(|(party, view)| party == "KOR" && view.starts_with("suspended")))
    });
    script.check("JPN has KOR's signed act of suspension", told.await?)?;
    let view = jpn.release_held("K-0413", "USA", WARNING, None).await?;
    script.decision(&view.decision)?;
    script.check("K-0413, given before, may still not go on to USA: art. 6(a) survives", {
        is_denied_for(&view.decision, &["third-party"]) && is_blocked_by(&view.decision, GSOMIA, "6.a")
    })
}

async fn trilateral(world: &World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("The hypothetical trilateral text is proposed, signed and brought into force by each of the three")?;
    world.at("JPN")?.propose(TRILATERAL).await?;
    for site in world.sites() {
        let known = wait_until(async || Ok(!site.views(TRILATERAL_ID).await?.is_empty())).await?;
        script.check(&format!("{} has the text", site.code), known)?;
        site.act(TRILATERAL_ID, "signed").await?;
        site.act(TRILATERAL_ID, "entered-into-force").await?;
    }
    for site in world.sites() {
        let in_force = wait_until(async || {
            let views = site.views(TRILATERAL_ID).await?;
            Ok(views.len() == 3 && views.iter().all(|(_, view)| view.starts_with("in force")))
        });
        script.check(&format!("{} sees it in force in all three views", site.code), in_force.await?)?;
    }

    let (usa, jpn, kor) = (world.at("USA")?, world.at("JPN")?, world.at("KOR")?);
    script.step("A new report of KOR, given to JPN under it, goes on to USA without asking")?;
    let content = b"launch 07:02Z, one vehicle";
    let view = first(kor.release(&korean("K-0600", content, Some(TRILATERAL_ID))).await?)?;
    goes_under(script, &view, TRILATERAL_ID)?;
    arrives(script, jpn, "KOR", "K-0600", content).await?;
    let view = jpn.release_held("K-0600", "USA", WARNING, Some(TRILATERAL_ID)).await?;
    goes_under(script, &view, TRILATERAL_ID)?;
    arrives(script, usa, "KOR", "K-0600", content).await?;

    script.step("The old report still needs KOR's consent, and the explanation says why")?;
    let view = jpn.release_held("K-0413", "USA", WARNING, Some(TRILATERAL_ID)).await?;
    script.decision(&view.decision)?;
    script.check("denied by art. 6(a) of the text that it was given under", {
        is_denied_for(&view.decision, &["third-party"]) && is_blocked_by(&view.decision, GSOMIA, "6.a")
    })?;
    let reason = view.decision.lines.iter().any(|line| line.text.contains("received from KOR under it"));
    let survives = view.decision.lines.iter().any(|line| line.text.contains("survives (art. 21(4))"));
    script.check("it was received under that text, and the article survives it", reason && survives)
}

/// Releases one small record to JPN; whether it got its place in the feed.
async fn track(usa: &Site, id: &str) -> Result<bool, Failure> {
    let letter = Letter {
        id,
        label: "SECRET//REL TO USA, JPN, KOR",
        subject: "dprk-missile",
        content: id.as_bytes(),
        title: "track.txt",
        to: &["JPN"],
        purpose: WARNING,
        under: Some(US_JP),
    };
    Ok(first(usa.release(&letter).await?)?.outcome == "sequenced")
}

async fn killed(world: &mut World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("JPN is killed with SIGKILL in the middle of a delivery; nothing is lost or doubled")?;
    let ids: Vec<String> = (0..MANY).map(|number| format!("US-TRACK-{number:03}")).collect();
    let before = world.at("USA")?.feed("JPN", "routine").await?;
    let child = world.at_mut("JPN")?.take_process();
    let usa = world.at("USA")?;
    let releasing = async {
        let mut sequenced = 0;
        for chunk in ids.chunks(4) {
            // Four at a time, so that the feed always has something under way.
            let (a, b, c, d) = match chunk {
                [a, b, c, d] => tokio::try_join!(track(usa, a), track(usa, b), track(usa, c), track(usa, d))?,
                _ => return Err(Failure::new("the number of records is no multiple of four")),
            };
            sequenced += [a, b, c, d].into_iter().filter(|done| *done).count();
        }
        Ok(sequenced)
    };
    let killing = async {
        let target = before.receipted + u64::try_from(MANY / 4).unwrap_or_default();
        let enough = wait_until(async || Ok(usa.feed("JPN", "routine").await?.receipted >= target)).await?;
        if let Some(mut child) = child {
            let _ = child.kill().await;
        }
        let after = usa.feed("JPN", "routine").await?;
        Ok(enough.then_some(after.receipted - before.receipted))
    };
    let (sequenced, at_kill) = tokio::try_join!(releasing, killing)?;
    script.check(&format!("{MANY} records were released while it lived and while it did not"), sequenced == MANY)?;
    let at_kill = at_kill.unwrap_or_default();
    let some = at_kill > 0 && at_kill < u64::try_from(MANY).unwrap_or_default();
    script.check(&format!("it was killed when {at_kill} of {MANY} were receipted"), some)?;
    world.at_mut("JPN")?.run().await?;
    let (usa, jpn) = (world.at("USA")?, world.at("JPN")?);
    script.check("every entry is receipted", usa.delivered("JPN").await?)?;
    let held = jpn.records().await?;
    let mut arrived: Vec<&str> =
        held.iter().map(|view| view.id.as_str()).filter(|id| id.starts_with("US-TRACK-")).collect();
    // Those that came last are listed first.
    arrived.sort_unstable();
    script.check(&format!("JPN holds {MANY} of {MANY}, each once"), arrived == ids)?;
    let rows = usa.outbox().await?;
    let accepted = |row: &&entente_server::api::OutboxView| {
        row.partner == "JPN"
            && row.state == "accepted"
            && row.record.as_deref().is_some_and(|id| id.starts_with("US-TRACK-"))
    };
    script.check("JPN accepted each of them, once", rows.iter().filter(accepted).count() == MANY)?;
    let mut same = true;
    for id in ids.iter().step_by(17) {
        same &= jpn.content("USA", id).await?.is_some_and(|content| content == id.as_bytes());
    }
    script.check("their bytes are the same", same)
}

pub(super) fn verified(world: &World, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("Every log verifies, and every feed is the same on both sides")?;
    let mut all: Vec<Verified> = Vec::new();
    for site in world.sites() {
        let broken = |error: &dyn std::error::Error| Failure::caused(format!("the store of {}", site.code), error);
        let storage = KeyFolder::at(&site.folder.join("keys")).storage().map_err(|error| broken(&error))?;
        let reader = Reader::of_folder(&site.folder.join("data")).and_then(|reader| reader.with_key(&storage));
        let reader = reader.map_err(|error| broken(&error))?;
        let file = std::fs::read_to_string(site.folder.join(format!("{}.party", site.code)));
        let own = Partner::open(&file.map_err(|error| broken(&error))?).map_err(|error| broken(&error))?;
        let logs = verify::verify(&reader, &own).map_err(|error| broken(&error))?;
        let problems: Vec<&String> = logs.iter().flat_map(|log| &log.problems).collect();
        for problem in &problems {
            script.say(problem)?;
        }
        let decisions: u64 = logs.iter().filter_map(|log| log.replayed).sum();
        let leaves: u64 = logs.iter().map(|log| log.size).sum();
        script.check(
            &format!("{}: {} logs, {leaves} leaves, {decisions} decisions replayed", site.code, logs.len()),
            problems.is_empty() && decisions > 0,
        )?;
        all.extend(logs);
    }
    let feeds: Vec<&Verified> = all.iter().filter(|log| log.receipted.is_some()).collect();
    for feed in &feeds {
        let copy = all.iter().find(|copy| copy.log == feed.log && copy.receipted.is_none());
        let same = copy.is_some_and(|copy| (copy.size, &copy.root) == (feed.size, &feed.root));
        let receipted = feed.receipted == Some(feed.size);
        script.check(
            &format!("{}: {} entries, one root on both sides, receipted", feed.log, feed.size),
            same && receipted,
        )?;
    }
    script.check("six feeds with two lanes each were compared", feeds.len() == 12)
}
