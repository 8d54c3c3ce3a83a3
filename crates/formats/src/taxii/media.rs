//! Media types: what a client takes and what it sends (section 1.6.8).
//!
//! A version that is missing is the newest, and a type that stands beside others is still there: real clients write both.
//! The key functions are [`is_acceptable`] and [`is_content`].

/// The type of every response, errors too.
pub const TAXII: &str = "application/taxii+json;version=2.1";
/// The type of an object of STIX 2.1.
pub const STIX_2_1: &str = "application/stix+json;version=2.1";
/// The type of an object of STIX 2.0, as TAXII 2.1 writes it.
pub const STIX_2_0: &str = "application/stix+json;version=2.0";

/// A range or type as a header has it.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// In thousandths.
    quality: u32,
}

/// Whether a client that sends this `Accept` takes TAXII 2.1; none at all takes everything.
///
/// Of the ranges that fit the most exact one counts, and one of quality 0 says no (RFC 9110, section 12.5.1). Ranges that
/// are no ranges are passed over.
pub fn is_acceptable(header: Option<&str>) -> bool {
    let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return true };
    let fits = |range: &Range<'_>| {
        let exactness = match (range.kind, range.subtype) {
            ("*", "*") => 1,
            (kind, "*") if kind.eq_ignore_ascii_case("application") => 2,
            _ if is_type(range, "taxii+json") => 3 + u32::from(range.version.is_some()),
            _ => return None,
        };
        let is_version = exactness < 3 || range.version.is_none_or(|version| version == "2.1");
        is_version.then_some((exactness, range.quality))
    };
    let ranges = split(header, ',').filter_map(range);
    ranges.filter_map(|range| fits(&range)).max().is_some_and(|(_, quality)| quality > 0)
}

/// Whether a body of this `Content-Type` is an envelope that is taken: TAXII 2.1, or what is met in the field for the
/// same, `application/stix+json` of 2.1.
pub fn is_content(header: Option<&str>) -> bool {
    header.and_then(range).is_some_and(|range| {
        let is_known = is_type(&range, "taxii+json") || is_type(&range, "stix+json");
        is_known && range.version.is_none_or(|version| version == "2.1")
    })
}

fn is_type(range: &Range<'_>, subtype: &str) -> bool {
    range.kind.eq_ignore_ascii_case("application") && range.subtype.eq_ignore_ascii_case(subtype)
}

fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = split(text, ';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut range = Range { kind, subtype, version: None, quality: 1_000 };
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        if name.eq_ignore_ascii_case("version") {
            range.version = Some(value);
        } else if name.eq_ignore_ascii_case("q") {
            range.quality = quality(value)?;
        }
    }
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    (is_token(kind) && is_token(subtype)).then_some(range)
}

/// A quality of at most three decimal places, in thousandths.
fn quality(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_fraction = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{fraction:0<3}").parse::<u32>().ok().filter(|_| is_fraction)?;
    match whole {
        "0" => Some(thousandths),
        "1" => (thousandths == 0).then_some(1_000),
        _ => None,
    }
}

/// The parts between the marks that do not stand in quotes.
fn split(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == mark && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_takes() {
        for header in [
            "application/taxii+json;version=2.1",
            "application/taxii+json; version=2.1",
            "application/taxii+json",
            "Application/TAXII+JSON ; Version=\"2.1\"",
            "application/taxii+json;version=2.1;charset=utf-8",
            "application/json, application/taxii+json;version=2.1",
            "application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.1",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "*/*",
            "application/*",
            "nonsense, */*",
            "text/plain;x=\",\", application/taxii+json",
            "",
        ] {
            assert!(is_acceptable(Some(header)), "{header}");
        }
        assert!(is_acceptable(None));
        for header in [
            "application/taxii+json;version=2.0",
            "application/vnd.oasis.taxii+json;version=2.1",
            "application/json",
            "text/*",
            "*/*;q=0",
            "*/*, application/taxii+json;q=0",
            "application/*, application/taxii+json;version=2.1;q=0.000",
            "application/taxii+json;version=2.1;q=2",
            "nonsense",
        ] {
            assert!(!is_acceptable(Some(header)), "{header}");
        }
    }

    #[test]
    fn what_a_client_sends() {
        for header in [
            TAXII,
            "application/taxii+json",
            STIX_2_1,
            "application/stix+json",
            "application/taxii+json; version=2.1; charset=utf-8",
        ] {
            assert!(is_content(Some(header)), "{header}");
        }
        for header in [
            "",
            "application/json",
            STIX_2_0,
            "application/taxii+json;version=2.0",
            "*/*",
            "application/taxii+json, x/y",
        ] {
            assert!(!is_content(Some(header)), "{header}");
        }
        assert!(!is_content(None));
    }
}
