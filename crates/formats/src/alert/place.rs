//! Polygons and circles as CAP writes them: `35.1,129.0 35.2,129.0 …`, and `35.1,129.0 10`.
//!
//! Degrees are kept to the millionth, kilometres to the thousandth; what is finer is rounded. The key functions are
//! [`polygon`] and [`circle`].

use entente_core::alert::{Circle, Point, Polygon};

/// The most corners of a polygon.
pub const MAX_CORNERS: usize = 2000;
/// The longest radius in metres: half around the Earth.
const LONGEST_RADIUS: i64 = 20_100_000;

/// What is wrong with a shape: message and help.
pub(super) type Wrong = (String, String);

/// Reads a polygon: pairs `latitude,longitude`, the last equal to the first.
///
/// # Errors
/// A message and a help text.
pub fn polygon(text: &str) -> Result<Polygon, Wrong> {
    let mut corners = Vec::new();
    for pair in text.split_whitespace() {
        if corners.len() > MAX_CORNERS {
            return Err((
                format!("a polygon has at most {MAX_CORNERS} corners"),
                "leave out what nobody can see".into(),
            ));
        }
        corners.push(point(pair)?);
    }
    let help = "write at least three corners and the first one again, as `latitude,longitude` with blanks between";
    if corners.len() < 4 {
        return Err((format!("a polygon has at least four pairs, and this one {}", corners.len()), help.into()));
    }
    if corners.first() != corners.last() {
        return Err(("the polygon is not closed".into(), "its last pair is to be its first one again".into()));
    }
    corners.pop();
    let wrong = "fewer than three corners of the polygon differ, or it goes around the globe more than twice";
    Polygon::new(corners).ok_or_else(|| (wrong.into(), help.into()))
}

/// Reads a circle: `latitude,longitude radius`, the radius in kilometres.
///
/// # Errors
/// A message and a help text.
pub fn circle(text: &str) -> Result<Circle, Wrong> {
    let help = || "write `latitude,longitude radius`, the radius in kilometres: `35.1,129.0 10`".to_owned();
    let mut words = text.split_whitespace();
    let (Some(center), Some(radius), None) = (words.next(), words.next(), words.next()) else {
        return Err((format!("`{}` is no circle", crate::xml::excerpt(text)), help()));
    };
    let metres = decimal(radius, 3).filter(|metres| (0..=LONGEST_RADIUS).contains(metres));
    let metres = metres.and_then(|metres| u32::try_from(metres).ok());
    let radius = metres.ok_or_else(|| (format!("`{}` is no radius", crate::xml::excerpt(radius)), help()))?;
    Ok(Circle { center: point(center)?, radius })
}

fn point(pair: &str) -> Result<Point, Wrong> {
    let read = || {
        let (latitude, longitude) = pair.split_once(',')?;
        let part = |text: &str| decimal(text, 6).and_then(|micro| i32::try_from(micro).ok());
        Point::new(part(latitude)?, part(longitude)?)
    };
    read().ok_or_else(|| {
        let help = "write `latitude,longitude` in degrees, south and west negative: `35.1,129.0`";
        (format!("`{}` is no position", crate::xml::excerpt(pair)), help.into())
    })
}

/// A decimal number times ten to the power of `places`, rounded half away from zero.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || fraction.len() > 30 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let round_up = fraction.as_bytes().get(places).is_some_and(|digit| *digit >= b'5');
    let value = format!("{whole}{kept}").parse::<i64>().ok()? + i64::from(round_up);
    Some(if negative { -value } else { value })
}

/// A polygon as CAP writes it.
pub(super) fn write_polygon(polygon: &Polygon) -> String {
    let corners = polygon.corners();
    corners.iter().chain(corners.first()).map(|corner| write_point(*corner)).collect::<Vec<_>>().join(" ")
}

/// A circle as CAP writes it.
pub(super) fn write_circle(circle: &Circle) -> String {
    format!("{} {}", write_point(circle.center), write_decimal(i64::from(circle.radius), 3))
}

fn write_point(point: Point) -> String {
    let part = |micro: i32| write_decimal(i64::from(micro), 6);
    format!("{},{}", part(point.latitude()), part(point.longitude()))
}

fn write_decimal(value: i64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let fraction = format!("{fraction:0places$}", places = places as usize);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_written_as_they_are_read() {
        for (text, written) in [
            ("35.1,129 35.2,129.05 36,130 35.1,129", "35.1,129 35.2,129.05 36,130 35.1,129"),
            ("-0.0000004,180.0 1,-180 +1,0\n-0.0,180", "0,180 1,-180 1,0 0,180"),
            ("90,0.0000015 -90,0 0,-0.0000015 90,0.0000015", "90,0.000002 -90,0 0,-0.000002 90,0.000002"),
        ] {
            assert_eq!(write_polygon(&polygon(text).unwrap()), written);
        }
        for (text, written) in [("35.1,129.0 10", "35.1,129 10"), (" 35,-129  0.0015 ", "35,-129 0.002")] {
            assert_eq!(write_circle(&circle(text).unwrap()), written);
        }
    }

    #[test]
    fn what_is_no_shape_says_why() {
        let many = "1,1 ".repeat(MAX_CORNERS + 2);
        for (text, says) in [
            ("", "at least four pairs, and this one 0"),
            ("1,1 2,2 1,1", "at least four pairs, and this one 3"),
            ("1,1 2,2 3,3 4,4", "not closed"),
            ("1,1 2,2 1,1 1,1", "fewer than three corners"),
            ("1,1 2,2 91,3 1,1", "`91,3` is no position"),
            ("1,1 2;2 3,3 1,1", "`2;2` is no position"),
            ("1,1 1e1,2 3,3 1,1", "`1e1,2` is no position"),
            ("1,1 NaN,2 3,3 1,1", "`NaN,2` is no position"),
            ("1,1 --1,2 3,3 1,1", "`--1,2` is no position"),
            (many.as_str(), "at most 2000 corners"),
        ] {
            let (message, help) = polygon(text).unwrap_err();
            assert!(message.contains(says) && !help.is_empty(), "{text}: {message}");
        }
        for text in ["35,129", "35,129 -1", "35,129 10 km", "35 129 10", "35,129 99999"] {
            assert!(circle(text).is_err(), "{text}");
        }
    }
}
