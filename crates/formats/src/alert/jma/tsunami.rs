//! VTSE41: which coast is under a warning, an advisory or a forecast, and how high the wave is expected.

use entente_core::alert::Severity;

use super::{
    super::element::Element,
    Part, Region,
    read::{MAX_AREAS, moment_of, optional_text},
};
use crate::{problem::Problem, xml::excerpt};

/// The agency's list of coasts.
const LIST: &str = "津波予報区";
/// Conditions of a first wave that has come.
const ARRIVED: [&str; 2] = ["津波到達中と推測", "第１波の到達を確認"];

/// What holds where: one part for each code, the worst first. What is lifted (00, 50, 60) is left out: it holds no more.
pub(super) fn parts(body: Element<'_, '_>) -> Result<Vec<Part>, Problem> {
    let mut parts: Vec<Part> = Vec::new();
    let Some(forecast) = body.path(&["Tsunami", "Forecast"]) else {
        return Err(body
            .problem("a tsunami bulletin without a forecast")
            .help("`Body` holds `Tsunami`, and that `Forecast`"));
    };
    for (count, item) in forecast.all("Item").enumerate() {
        if count == MAX_AREAS {
            return Err(item.problem(format!("a bulletin has at most {MAX_AREAS} areas")));
        }
        let kind = item.required("Category")?.required("Kind")?;
        let code = kind.required("Code")?;
        let code_text = code.line()?;
        let Some(severity) = severity(code, &code_text)? else { continue };
        let area = item.required("Area")?;
        let first = item.optional("FirstHeight");
        let arrival = first.and_then(|first| first.optional("ArrivalTime")).map(moment_of).transpose()?;
        let condition = first.map(|first| optional_text(first, "Condition")).transpose()?.flatten();
        let arrived = condition.as_deref().is_some_and(|condition| ARRIVED.contains(&condition));
        let region = Region {
            name: area.required("Name")?.line()?,
            code: (LIST.to_owned(), area.required("Code")?.line()?),
            expected: expected(item, condition),
        };
        let part = match parts.iter_mut().find(|part| part.code.as_deref() == Some(code_text.as_str())) {
            Some(part) => part,
            None => {
                let name = kind.required("Name")?.line()?;
                parts.push(Part {
                    name,
                    code: Some(code_text),
                    severity,
                    arrival: None,
                    arrived: false,
                    areas: Vec::new(),
                });
                parts.last_mut().ok_or_else(|| item.problem("no part"))?
            }
        };
        part.arrival = match (part.arrival, arrival) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        part.arrived |= arrived;
        part.areas.push(region);
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.severity));
    Ok(parts)
}

/// How bad a code is; none when it says that something is over.
fn severity(element: Element<'_, '_>, code: &str) -> Result<Option<Severity>, Problem> {
    Ok(match code {
        // 大津波警報; 53 is its first issue.
        "52" | "53" => Some(Severity::Extreme),
        // 津波警報.
        "51" => Some(Severity::Severe),
        // 津波注意報.
        "62" => Some(Severity::Moderate),
        // 津波予報（若干の海面変動）.
        "71" | "72" | "73" => Some(Severity::Minor),
        // 津波なし, 津波警報解除, 津波注意報解除.
        "00" | "50" | "60" => None,
        // A code that is not known may be the worst of all: a person is to see the bulletin as it is.
        _ => {
            return Err(element
                .problem(format!("unknown code `{}` of a tsunami forecast", excerpt(code)))
                .help("known: 52, 53, 51, 62, 71, 72, 73, and for what is over 00, 50, 60"));
        }
    })
}

/// Height and arrival in the words of the bulletin. A height that cannot be told yet is `巨大` or `高い`.
fn expected(item: Element<'_, '_>, condition: Option<String>) -> Option<String> {
    let height = item.path(&["MaxHeight", "TsunamiHeight"]).and_then(|height| height.0.attribute("description"));
    let words: Vec<String> = height.map(|text| excerpt(text).to_owned()).into_iter().chain(condition).collect();
    (!words.is_empty()).then(|| words.join(", "))
}
