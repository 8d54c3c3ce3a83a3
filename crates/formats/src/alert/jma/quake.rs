//! VXSE43 and VXSE53: who is to expect strong shaking, and how an earthquake was felt.

use entente_core::alert::Severity;

use super::{
    super::element::Element,
    Part, Region,
    read::{MAX_AREAS, moment_of, optional_text},
};
use crate::problem::Problem;

/// The type of the finest areas in a headline.
const FINEST: &str = "緊急地震速報（細分区域）";
/// The condition of an area that the shaking has reached.
const ARRIVED: &str = "既に主要動到達と推測";

/// The areas under an early warning: those of the headline, with what the body expects of each.
pub(super) fn early_warning(head: Element<'_, '_>, body: Element<'_, '_>) -> Result<Vec<Part>, Problem> {
    let forecast = body.path(&["Intensity", "Forecast"]);
    let largest = forecast.map(|forecast| highest(forecast.optional("ForecastInt"))).transpose()?.flatten();
    let finest = head
        .optional("Headline")
        .into_iter()
        .flat_map(|headline| headline.all("Information"))
        .find(|information| information.0.attribute("type") == Some(FINEST))
        .ok_or_else(|| {
            head.problem("an early warning without its areas")
                .help(format!("`Headline` holds `Information` of the type {FINEST}"))
        })?;
    let mut parts = Vec::new();
    for item in finest.all("Item") {
        let kind = item.required("Kind")?;
        let areas = item.required("Areas")?;
        let list = areas.0.attribute("codeType").unwrap_or(FINEST).to_owned();
        let mut part = Part {
            name: kind.required("Name")?.line()?,
            code: Some(kind.required("Code")?.line()?),
            severity: severity(largest.as_deref()),
            arrival: None,
            arrived: false,
            areas: Vec::new(),
        };
        for area in areas.all("Area") {
            if part.areas.len() == MAX_AREAS {
                return Err(area.problem(format!("a bulletin has at most {MAX_AREAS} areas")));
            }
            let code = area.required("Code")?.line()?;
            let expected = forecast.and_then(|forecast| in_forecast(forecast, &code));
            let shaking = expected.map(|area| highest(area.optional("ForecastInt"))).transpose()?.flatten();
            let arrival = expected.and_then(|area| area.optional("ArrivalTime")).map(moment_of).transpose()?;
            let condition = expected.map(|area| optional_text(area, "Condition")).transpose()?.flatten();
            part.arrived |= condition.as_deref() == Some(ARRIVED);
            part.arrival = part.arrival.into_iter().chain(arrival).min();
            part.areas.push(Region {
                name: area.required("Name")?.line()?,
                code: (list.clone(), code),
                expected: shaking.map(|shaking| format!("震度{shaking}")),
            });
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return Err(finest.problem("an early warning for no area"));
    }
    Ok(parts)
}

fn in_forecast<'a, 'i>(forecast: Element<'a, 'i>, code: &str) -> Option<Element<'a, 'i>> {
    let mut areas = forecast.all("Pref").flat_map(|prefecture| prefecture.all("Area"));
    areas.find(|area| area.optional("Code").and_then(|found| found.line().ok()).as_deref() == Some(code))
}

/// The upper end of an expected intensity. `over`: it may be higher than the lower end, which then counts.
fn highest(intensity: Option<Element<'_, '_>>) -> Result<Option<String>, Problem> {
    let Some(intensity) = intensity else { return Ok(None) };
    let to = optional_text(intensity, "To")?.filter(|to| to != "over" && to != "不明");
    Ok(match to {
        Some(to) => Some(to),
        None => optional_text(intensity, "From")?.filter(|from| from != "不明"),
    })
}

/// What an intensity on the agency's scale is taken for.
fn severity(intensity: Option<&str>) -> Severity {
    match intensity {
        Some("7" | "6+" | "6-") => Severity::Extreme,
        Some("5+" | "5-") => Severity::Severe,
        Some("4") => Severity::Moderate,
        Some("0" | "1" | "2" | "3") => Severity::Minor,
        _ => Severity::Unknown,
    }
}

/// What is known of an earthquake; where it was is the area.
pub(super) fn information(body: Element<'_, '_>, title: &str) -> Result<Part, Problem> {
    let felt = body.path(&["Intensity", "Observation"]);
    let largest = felt.map(|felt| optional_text(felt, "MaxInt")).transpose()?.flatten();
    let mut areas = Vec::new();
    if let Some(area) = body.path(&["Earthquake", "Hypocenter", "Area"]) {
        let code = area.required("Code")?;
        let list = code.0.attribute("type").unwrap_or("震央地名").to_owned();
        areas.push(Region { name: area.required("Name")?.line()?, code: (list, code.line()?), expected: None });
    }
    Ok(Part {
        name: title.to_owned(),
        code: None,
        severity: severity(largest.as_deref()),
        arrival: None,
        arrived: true,
        areas,
    })
}
