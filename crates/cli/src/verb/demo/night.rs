//! The demo goes on: a night on watch. A tsunami chain and a missile warning come in at JPN, a rule raises an incident, the three
//! consult under the Commitment to Consult while one of them is cut off, and one signed file is left.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_core::{
    alert::{Circle, Point, Polygon},
    consult::{Closing, Phase},
    time::Timestamp,
};
use entente_formats::alert::{
    cap::{self, MessageType, Status},
    missile::{self, Frame, MissileWarning},
};
use entente_node::{Partner, consultation};
use entente_server::api::{
    AlertView, ConsultationView, EffectsRequest, ExportedConsultation, IncidentView, IngestRequest, IngestedView,
    ObligationView, OptionView, RaiseRequest, RaisedView, StepRequest, SteppedView,
};

use super::{
    script::Script,
    world::{Site, World, wait_until},
};
use crate::failure::Failure;

/// Bulletins of 18 September 2022, as they were sent: the warning, and that it is lifted.
const CHAIN: [&str; 2] =
    ["alerts/jma/20220918154907_08013775_VTSE41.xml", "alerts/jma/20220918171502_07401528_VTSE41.xml"];
/// Invented ones, an exercise, where those are not there.
const INVENTED: [&str; 2] = [
    include_str!("../../../../../vectors/alerts/jma/tsunami.xml"),
    include_str!("../../../../../vectors/alerts/jma/tsunami-cancelled.xml"),
];
const COMMITMENT: &str = "commitment-to-consult-2023";
const MESSAGE: &str = "The three have each seen the launch of this morning. They condemn it, and stand together.\n";

pub(super) async fn play(world: &mut World, data: &Path, script: &mut Script<'_>) -> Result<(), Failure> {
    tsunami(world, data, script).await?;
    let record = missile_warning(world, script).await?;
    let incident = raised(world, &record, script).await?;
    let name = consulted(world, &incident, script).await?;
    agreed(world, &name, script).await?;
    closed(world, &name, script).await
}

async fn ingest(site: &Site, content: &str) -> Result<IngestedView, Failure> {
    let request = IngestRequest { content: STANDARD.encode(content), label: None, subjects: None, to: None };
    site.post("/alerts", &request).await
}

async fn alerts(site: &Site) -> Result<Vec<AlertView>, Failure> {
    site.all("/alerts").await
}

/// The alert with that message.
async fn alert(site: &Site, record: &str) -> Result<Option<AlertView>, Failure> {
    let is_meant = |alert: &AlertView| alert.messages.iter().any(|message| message.record == record);
    Ok(alerts(site).await?.into_iter().find(is_meant))
}

/// The bulletins, and where they are from.
fn chain(data: &Path) -> (Vec<String>, &'static str) {
    let paths: Vec<PathBuf> = CHAIN.iter().map(|path| data.join(path)).collect();
    let real: Option<Vec<String>> = paths.iter().map(|path| fs::read_to_string(path).ok()).collect();
    match real {
        Some(real) => (real, "bulletins of the Japan Meteorological Agency of 18 September 2022"),
        None => {
            (INVENTED.map(str::to_owned).to_vec(), "invented bulletins, for the real ones are not in the data folder")
        }
    }
}

async fn tsunami(world: &World, data: &Path, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("A tsunami warning comes in at JPN, then the bulletin that lifts it: one alert at three desks")?;
    let (bulletins, about) = chain(data);
    script.say(&format!("input: {about}"))?;
    let jpn = world.at("JPN")?;
    let mut record = String::new();
    for (bulletin, stands) in bulletins.iter().zip(["in-effect", "cancelled"]) {
        let got = ingest(jpn, bulletin).await?;
        record = format!("JPN/{}", got.record);
        let sequenced =
            got.recipients.iter().filter(|view| view.outcome == "sequenced" && view.lane.as_deref() == Some("urgent"));
        script.check(&format!("{record} goes to both at FLASH"), sequenced.count() == 2)?;
        for site in world.sites() {
            let there =
                wait_until(async || Ok(alert(site, &record).await?.is_some_and(|alert| alert.standing == stands)));
            script.check(&format!("{} is shown it: {stands}", site.code), there.await?)?;
        }
    }
    for site in world.sites() {
        let one = alert(site, &record).await?.is_some_and(|alert| alert.messages.len() == 2);
        script.check(&format!("{} has one alert of two messages", site.code), one)?;
    }
    Ok(())
}

/// A warning of this minute, in our profile.
fn warning(now: Timestamp) -> Result<String, Failure> {
    let broken = || Failure::new("the demo's own warning does not fit");
    let at = |seconds: i64| Timestamp::from_second(now.as_second() + seconds).map_err(|_| broken());
    let point = |latitude: i32, longitude: i32| Point::new(latitude * 1000, longitude * 1000).ok_or_else(broken);
    let corners = [point(42_500, 138_000)?, point(43_500, 138_000)?, point(43_500, 139_500)?, point(42_500, 139_500)?];
    let area = cap::Area {
        description: "Sea of Japan, west of Hokkaido".to_owned(),
        polygons: vec![Polygon::new(corners.to_vec()).ok_or_else(broken)?],
        circles: Vec::new(),
        geocodes: Vec::new(),
        altitude: None,
        ceiling: None,
    };
    let warning = MissileWarning {
        launched: at(-70)?,
        launch_area: Circle { center: point(39_500, 125_500)?, radius: 40_000 },
        impact_areas: vec![area],
        impact: (at(400)?, at(700)?),
        confidence: Some(80),
        sensor: "USA".into(),
    };
    let frame = Frame {
        identifier: format!("MW-{}", now.as_second()),
        sender: "warning.jpn.example".to_owned(),
        sent: at(0)?,
        status: Status::Actual,
        message_type: MessageType::Alert,
        references: Vec::new(),
        headline: "A missile may come down in the sea west of Hokkaido".to_owned(),
    };
    Ok(cap::write(&missile::write(frame, &warning)))
}

async fn missile_warning(world: &World, script: &mut Script<'_>) -> Result<String, Failure> {
    script.step("A missile warning comes in at JPN; a person at each desk takes note, and each desk sees it")?;
    let got = ingest(world.at("JPN")?, &warning(Timestamp::now())?).await?;
    for view in &got.recipients {
        script.check(&format!("to {} under {}", view.to, view.under.join(", ")), view.outcome == "sequenced")?;
    }
    let record = format!("JPN/{}", got.record);
    for site in world.sites() {
        let there = wait_until(async || Ok(alert(site, &record).await?.is_some())).await?;
        script.check(&format!("{} is alerted", site.code), there)?;
        let path = format!("/alerts/{record}/acknowledge");
        let _: AlertView = site.post(&path, &()).await?;
    }
    for site in world.sites() {
        let all = wait_until(async || Ok(alert(site, &record).await?.is_some_and(|alert| alert.waits_for.is_empty())));
        script.check(&format!("{} sees that all three have taken note", site.code), all.await?)?;
    }
    script.check("a rule of JPN's has raised one incident", got.incidents.len() == 1)?;
    Ok(record)
}

async fn raised(world: &World, record: &str, script: &mut Script<'_>) -> Result<String, Failure> {
    script.step("The incident makes each party owe consultation: the clock is local, for the text names none")?;
    let jpn = world.at("JPN")?;
    let all: Vec<IncidentView> = jpn.all("/incidents").await?;
    let found = all.into_iter().find(|incident| incident.evidence == [record]);
    let incident = found.ok_or_else(|| Failure::new("no rule has raised an incident from the warning"))?;
    script.say(&format!("{} ({}), raised by {}", incident.title, incident.trigger, incident.by))?;
    let consult: Vec<&ObligationView> = incident.obligations.iter().filter(|one| one.kind == "consult").collect();
    for one in &consult {
        let due = one.due.as_deref().unwrap_or("no time");
        script.say(&format!(
            "{} owes: \"{}\" ({} art. {}, {}); {due}: {}",
            one.party, one.words, one.agreement, one.clause, one.force, one.clock
        ))?;
    }
    script.check("one duty for each of the three, under the Commitment to Consult", {
        consult.len() == 3 && consult.iter().all(|one| one.agreement == COMMITMENT && one.real)
    })?;
    script.check("each says: local setting, not in the text", {
        consult.iter().all(|one| one.clock == "local setting, not in the text")
    })?;
    Ok(incident.number)
}

async fn shown(site: &Site, name: &str) -> Result<ConsultationView, Failure> {
    site.get(&format!("/consultations/{name}")).await
}

async fn is_in(site: &Site, name: &str, phase: &str) -> Result<bool, Failure> {
    wait_until(async || Ok(shown(site, name).await?.phase == phase)).await
}

async fn take(site: &Site, name: &str, step: &StepRequest) -> Result<SteppedView, Failure> {
    site.post(&format!("/consultations/{name}/steps"), step).await
}

async fn consulted(world: &mut World, incident: &str, script: &mut Script<'_>) -> Result<String, Failure> {
    script.step("JPN raises the consultation while USA is cut off; KOR acknowledges")?;
    world.at_mut("USA")?.stop().await;
    let request =
        RaiseRequest { incident: incident.to_owned(), under: Some(COMMITMENT.to_owned()), ..RaiseRequest::default() };
    let (jpn, kor) = (world.at("JPN")?, world.at("KOR")?);
    let raised: RaisedView = jpn.post("/consultations", &request).await?;
    let name = raised.name;
    let told = wait_until(async || {
        let all: Vec<ConsultationView> = kor.all("/consultations").await?;
        Ok(all.iter().any(|one| one.name == name))
    });
    script.check("KOR is told", told.await?)?;
    let _: SteppedView = kor.post(&format!("/consultations/{name}/acknowledge"), &()).await?;
    let answered = wait_until(async || {
        let one = shown(jpn, &name).await?;
        Ok(one.participants.iter().any(|party| party.party == "KOR" && party.answer == "acknowledged"))
    });
    script.check("JPN sees that KOR has acknowledged, and USA has not", answered.await?)?;
    let one = shown(jpn, &name).await?;
    let usa = one.participants.iter().find(|party| party.party == "USA");
    script
        .check("USA is silent and not reached", usa.is_some_and(|party| party.answer == "silent" && !party.reached))?;
    Ok(name)
}

async fn agreed(world: &mut World, name: &str, script: &mut Script<'_>) -> Result<(), Failure> {
    script
        .step("A common message is proposed; USA comes back, and it is agreed when all three have signed its digest")?;
    let (jpn, kor) = (world.at("JPN")?, world.at("KOR")?);
    take(jpn, name, &StepRequest::ProposeMessage { text: MESSAGE.to_owned(), replaces: None }).await?;
    let item = shown(jpn, name).await?.items.first().map(|item| item.digest.clone()).unwrap_or_default();
    script.say(&format!("\"{}\" ({item:.12})", MESSAGE.trim()))?;
    let agree = StepRequest::Agree { item: item.clone() };
    take(jpn, name, &agree).await?;
    let there = wait_until(async || Ok(shown(kor, name).await?.items.len() == 1)).await?;
    script.check("KOR has it, to the letter", there)?;
    take(kor, name, &agree).await?;
    let two = wait_until(async || Ok(shown(jpn, name).await?.items.iter().any(|item| item.signed_by.len() == 2)));
    script.check("two have signed, and it is not agreed", two.await? && !is_agreed(jpn, name).await?)?;
    world.at_mut("USA")?.run().await?;
    let usa = world.at("USA")?;
    let caught_up = wait_until(async || {
        let all: Vec<ConsultationView> = usa.all("/consultations").await?;
        Ok(all.iter().any(|one| one.name == name && one.items.iter().any(|item| item.signed_by.len() == 2)))
    });
    script.check("USA is back and has everything", caught_up.await?)?;
    let _: SteppedView = usa.post(&format!("/consultations/{name}/acknowledge"), &()).await?;
    take(usa, name, &agree).await?;
    for site in world.sites() {
        let agreed = wait_until(async || is_agreed(site, name).await).await?;
        script.check(&format!("{} sees it agreed by all three", site.code), agreed)?;
    }
    Ok(())
}

async fn is_agreed(site: &Site, name: &str) -> Result<bool, Failure> {
    Ok(shown(site, name).await?.items.iter().any(|item| item.agreed))
}

/// What was considered before the three spoke.
fn effects() -> StepRequest {
    let option = |what: &str, nothing, neighbours: &str, own_public: &str| OptionView {
        what: what.to_owned(),
        nothing,
        neighbours: neighbours.to_owned(),
        third_parties: "none that we see".to_owned(),
        own_public: own_public.to_owned(),
    };
    StepRequest::Effects(EffectsRequest {
        options: vec![
            option("do nothing", true, "it may be read as indifference", "unease"),
            option("a common message", false, "protest is likely, and no more", "reassured"),
        ],
        chosen: 1,
        because: "silence would be read as doubt".to_owned(),
        evidence: Vec::new(),
        dissent: Vec::new(),
    })
}

async fn closed(world: &World, name: &str, script: &mut Script<'_>) -> Result<(), Failure> {
    script.step("The effects are stated, each party closes, and the one record verifies at all three")?;
    take(world.at("KOR")?, name, &effects()).await?;
    for site in world.sites() {
        let there = wait_until(async || Ok(!shown(site, name).await?.effects.is_empty())).await?;
        script.check(&format!("{} has the statement of effects", site.code), there)?;
        let note = format!("{} closes on the common message", site.code);
        let close = entente_server::api::CloseRequest { note, ..Default::default() };
        take(site, name, &StepRequest::Close(close)).await?;
    }
    for site in world.sites() {
        script.check(&format!("{} sees it closed", site.code), is_in(site, name, "closed").await?)?;
        let duties: Vec<ObligationView> = site.all("/obligations").await?;
        let own = duties.iter().filter(|one| one.consultation.as_deref() == Some(name));
        let met = own.filter(|one| one.state == "met").count();
        script.check(&format!("{}: three duties met, each with the statement that shows it", site.code), met == 3)?;
    }
    let partners = partners(world)?;
    let mut cores = Vec::new();
    for site in world.sites() {
        let exported: ExportedConsultation = site.post(&format!("/consultations/{name}/export"), &()).await?;
        let checked = consultation::check(&exported.file, &partners);
        let checked = checked.map_err(|error| Failure::caused("an exported consultation proves nothing", &error))?;
        let core = checked.core();
        let holds = core.phase(checked.at) == Phase::Closed
            && matches!(&core.closing, Closing::Closed { without, .. } if without.is_empty());
        script.check(
            &format!("the file of {} holds: {} steps, every signature checked", site.code, checked.steps.len()),
            holds,
        )?;
        cores.push((checked.raise.clone(), checked.steps.clone()));
    }
    script.check("the three files hold the same statements", cores.windows(2).all(|two| two.first() == two.last()))
}

/// The party files of the three.
fn partners(world: &World) -> Result<Vec<Partner>, Failure> {
    let read = |site: &Site| {
        let file = fs::read_to_string(site.folder.join(format!("{}.party", site.code)));
        let file = file.map_err(|error| Failure::caused("no party file", &error))?;
        Partner::open(&file).map_err(|error| Failure::caused("a party file", &error))
    };
    world.sites().map(read).collect()
}
