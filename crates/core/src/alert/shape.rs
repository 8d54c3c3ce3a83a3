//! Areas on the globe: polygons and circles, and whether two of them meet.
//!
//! Coordinates are whole microdegrees of WGS 84, so that a shape has one form and equality means something. An edge is
//! straight in latitude and longitude, as in CAP and GeoJSON, and takes the shorter way around the globe; whether two
//! edges cross is answered exactly. Only circles need rounding: a distance on the sphere, right to some ten metres and
//! half a per cent for the shape of the Earth. Where lines touch, they meet. The key type is [`Shape`].

/// Microdegrees of one degree.
const DEGREE: i64 = 1_000_000;
/// Microdegrees once around.
const TURN: i64 = 360 * DEGREE;
/// How wide an outline may be, laid flat: once around for a pole, and as much again for what crosses itself on the way.
const WIDEST: i64 = 2 * TURN;
/// The radius of the sphere of equal volume, in metres.
const EARTH: f64 = 6_371_000.8;
/// Edges are cut into pieces of at most a quarter of a degree: a piece then lies within twenty metres of its chord.
const PIECE: i64 = DEGREE / 4;

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    latitude: i32,
    longitude: i32,
}

impl Point {
    /// A position in microdegrees, north and east positive; `None` beyond ±90° and ±180°.
    pub fn new(latitude: i32, longitude: i32) -> Option<Self> {
        let is_on_globe = i64::from(latitude).abs() <= 90 * DEGREE && i64::from(longitude).abs() <= 180 * DEGREE;
        is_on_globe.then_some(Self { latitude, longitude })
    }

    /// Microdegrees north.
    pub fn latitude(self) -> i32 {
        self.latitude
    }

    /// Microdegrees east.
    pub fn longitude(self) -> i32 {
        self.longitude
    }

    /// The distance to another point on the sphere, in metres.
    pub fn distance(self, other: Self) -> f64 {
        let chord = length(difference(unit(self.into()), unit(other.into())));
        2.0 * EARTH * (chord / 2.0).clamp(0.0, 1.0).asin()
    }
}

/// A polygon: at least three corners, the first not repeated at the end. One that crosses itself encloses what an odd
/// number of turns encloses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Polygon(Vec<Point>);

/// A circle around a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Circle {
    /// Its centre.
    pub center: Point,
    /// Its radius in metres. Zero is the point alone.
    pub radius: u32,
}

/// An area.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub enum Shape {
    Polygon(Polygon),
    Circle(Circle),
}

/// A point of an outline laid flat: east and north in microdegrees; east runs on past the date line.
type Flat = (i64, i64);

impl From<Point> for Flat {
    fn from(point: Point) -> Self {
        (i64::from(point.longitude), i64::from(point.latitude))
    }
}

impl Polygon {
    /// A polygon of these corners; `None` when fewer than three of them differ, or when its outline goes on and on around the
    /// globe: no area does, and each turn would have to be looked at.
    pub fn new(corners: Vec<Point>) -> Option<Self> {
        let mut distinct = corners.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let polygon = Self(corners);
        let east = || polygon.outline().into_iter().map(|(east, _)| east);
        let width = east().max().unwrap_or_default() - east().min().unwrap_or_default();
        (distinct.len() >= 3 && width <= WIDEST).then_some(polygon)
    }

    /// Its corners.
    pub fn corners(&self) -> &[Point] {
        &self.0
    }

    /// Whether two of its edges meet elsewhere than at the corner that they share.
    pub fn crosses_itself(&self) -> bool {
        let edges = edges(&self.outline());
        edges.iter().enumerate().any(|(at, one)| {
            edges.iter().enumerate().skip(at + 1).any(|(other_at, other)| {
                let follows = other_at == at + 1;
                let closes = at == 0 && other_at + 1 == edges.len();
                match (follows, closes) {
                    // Neighbours share a corner; they meet elsewhere only when one runs back over the other.
                    (true, _) => runs_back(one.0, one.1, other.1),
                    (_, true) => runs_back(other.0, other.1, one.1),
                    _ => meet(*one, *other),
                }
            })
        })
    }

    /// The outline laid flat, each step the shorter way around. Around a pole it does not close: the way to the pole and
    /// along it then belongs to the outline.
    fn outline(&self) -> Vec<Flat> {
        let mut outline: Vec<Flat> = Vec::with_capacity(self.0.len() + 3);
        for corner in &self.0 {
            let (east, north) = Flat::from(*corner);
            let east = outline.last().map_or(east, |(before, _)| before + shorter(east - before));
            outline.push((east, north));
        }
        let (Some(first), Some(last)) = (outline.first().copied(), outline.last().copied()) else { return outline };
        let closing = last.0 + shorter(first.0 - last.0);
        if closing != first.0 {
            let sum: i64 = outline.iter().map(|(_, north)| north).sum();
            let pole = if sum >= 0 { 90 * DEGREE } else { -90 * DEGREE };
            outline.extend([(closing, first.1), (closing, pole), (first.0, pole)]);
        }
        outline
    }
}

impl Shape {
    /// Whether the point lies inside or on the edge.
    pub fn holds(&self, point: Point) -> bool {
        match self {
            Self::Circle(circle) => circle.center.distance(point) <= f64::from(circle.radius),
            Self::Polygon(polygon) => encloses(&polygon.outline(), point.into()),
        }
    }

    /// Whether the two have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Polygon(one), Self::Polygon(other)) => outlines_meet(&one.outline(), &other.outline()),
            (Self::Circle(one), Self::Circle(other)) => {
                one.center.distance(other.center) <= f64::from(one.radius) + f64::from(other.radius)
            }
            (Self::Polygon(polygon), Self::Circle(circle)) | (Self::Circle(circle), Self::Polygon(polygon)) => {
                let outline = polygon.outline();
                encloses(&outline, circle.center.into())
                    || edges(&outline).into_iter().any(|edge| is_near(edge, circle.center, circle.radius))
            }
        }
    }
}

/// The shorter way around that is the same longitude.
fn shorter(step: i64) -> i64 {
    (step + TURN / 2).rem_euclid(TURN) - TURN / 2
}

fn edges(outline: &[Flat]) -> Vec<(Flat, Flat)> {
    outline.iter().copied().zip(outline.iter().copied().cycle().skip(1)).collect()
}

/// Twice the area of the triangle, positive when it turns left.
fn turn(one: Flat, two: Flat, three: Flat) -> i128 {
    let wide = i128::from;
    wide(two.0 - one.0) * wide(three.1 - one.1) - wide(two.1 - one.1) * wide(three.0 - one.0)
}

fn is_between(one: Flat, two: Flat, point: Flat) -> bool {
    point.0 >= one.0.min(two.0)
        && point.0 <= one.0.max(two.0)
        && point.1 >= one.1.min(two.1)
        && point.1 <= one.1.max(two.1)
}

/// Whether two edges have a point in common.
fn meet(one: (Flat, Flat), other: (Flat, Flat)) -> bool {
    let apart = |low: fn(&Flat) -> i64| {
        let span = |edge: (Flat, Flat)| (low(&edge.0).min(low(&edge.1)), low(&edge.0).max(low(&edge.1)));
        let (one, other) = (span(one), span(other));
        one.1 < other.0 || other.1 < one.0
    };
    if apart(|point| point.0) || apart(|point| point.1) {
        return false;
    }
    let sides = |edge: (Flat, Flat), points: (Flat, Flat)| {
        (turn(edge.0, edge.1, points.0).signum(), turn(edge.0, edge.1, points.1).signum())
    };
    let (a, b) = (sides(one, other), sides(other, one));
    (a.0 * a.1 < 0 && b.0 * b.1 < 0)
        || (a.0 == 0 && is_between(one.0, one.1, other.0))
        || (a.1 == 0 && is_between(one.0, one.1, other.1))
        || (b.0 == 0 && is_between(other.0, other.1, one.0))
        || (b.1 == 0 && is_between(other.0, other.1, one.1))
}

/// Whether the way from `one` over `corner` to `next` goes back over itself.
fn runs_back(one: Flat, corner: Flat, next: Flat) -> bool {
    let wide = i128::from;
    let ahead = wide(corner.0 - one.0) * wide(next.0 - corner.0) + wide(corner.1 - one.1) * wide(next.1 - corner.1);
    turn(one, corner, next) == 0 && ahead < 0
}

/// How many turns east `inner` is to be moved to lie somewhere along `outer`: a range, for an outline may run around the
/// globe.
fn shifts(outer: &[Flat], inner: &[Flat]) -> std::ops::RangeInclusive<i64> {
    let span = |points: &[Flat]| {
        let east = || points.iter().map(|(east, _)| *east);
        (east().min().unwrap_or_default(), east().max().unwrap_or_default())
    };
    let (outer, inner) = (span(outer), span(inner));
    (outer.0 - inner.1).div_euclid(TURN)..=(outer.1 - inner.0).div_euclid(TURN) + 1
}

/// Whether a point lies in an outline or on it: an odd number of edges lies east of it.
fn encloses(outline: &[Flat], point: Flat) -> bool {
    let edges = edges(outline);
    shifts(outline, &[point]).any(|turns| {
        let point = (point.0 + turns * TURN, point.1);
        let is_on = |(one, two): &(Flat, Flat)| turn(*one, *two, point) == 0 && is_between(*one, *two, point);
        let is_east = |(one, two): &(Flat, Flat)| {
            let (low, high) = if one.1 <= two.1 { (*one, *two) } else { (*two, *one) };
            low.1 <= point.1 && point.1 < high.1 && turn(low, high, point) > 0
        };
        edges.iter().any(is_on) || edges.iter().filter(|edge| is_east(edge)).count() % 2 == 1
    })
}

fn outlines_meet(one: &[Flat], other: &[Flat]) -> bool {
    let inside = |outline: &[Flat], points: &[Flat]| points.first().is_some_and(|point| encloses(outline, *point));
    if inside(one, other) || inside(other, one) {
        return true;
    }
    let (ours, theirs) = (edges(one), edges(other));
    shifts(one, other).any(|turns| {
        let moved = |point: Flat| (point.0 + turns * TURN, point.1);
        theirs.iter().map(|edge| (moved(edge.0), moved(edge.1))).any(|edge| ours.iter().any(|own| meet(*own, edge)))
    })
}

type Vector = [f64; 3];

/// The direction from the centre of the Earth.
fn unit((east, north): Flat) -> Vector {
    let radians = |microdegrees: i64| (microdegrees as f64 / DEGREE as f64).to_radians();
    let (east, north) = (radians(east), radians(north));
    [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()]
}

fn difference([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [a - x, b - y, c - z]
}

fn dot([a, b, c]: Vector, [x, y, z]: Vector) -> f64 {
    a * x + b * y + c * z
}

fn length(vector: Vector) -> f64 {
    dot(vector, vector).sqrt()
}

/// Whether some point of an edge is at most `radius` metres from `center`.
fn is_near((one, two): (Flat, Flat), center: Point, radius: u32) -> bool {
    let half_angle = f64::from(radius) / EARTH / 2.0;
    if half_angle >= std::f64::consts::FRAC_PI_2 {
        return true;
    }
    let reach = 2.0 * half_angle.sin();
    let center = unit(center.into());
    let pieces = ((two.0 - one.0).abs().max((two.1 - one.1).abs()) / PIECE + 1).min(4 * TURN / PIECE);
    let at = |piece: i64| {
        let along = |from: i64, to: i64| from + (to - from) * piece / pieces;
        unit((along(one.0, two.0), along(one.1, two.1)))
    };
    (0..pieces).any(|piece| {
        let (from, to) = (at(piece), at(piece + 1));
        let way = difference(to, from);
        let squared = dot(way, way);
        let share = if squared > 0.0 { (dot(difference(center, from), way) / squared).clamp(0.0, 1.0) } else { 0.0 };
        let nearest = [from[0] + share * way[0], from[1] + share * way[1], from[2] + share * way[2]];
        length(difference(nearest, center)) <= reach
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `35.1,129.0` as microdegrees.
    fn point(text: &str) -> Point {
        let (north, east) = text.split_once(',').unwrap();
        let micro = |text: &str| (text.parse::<f64>().unwrap() * 1e6).round() as i32;
        Point::new(micro(north), micro(east)).unwrap()
    }

    /// `o 35,129 10` is a circle of ten kilometres, anything else a polygon.
    fn shape(text: &str) -> Shape {
        match text.strip_prefix("o ") {
            Some(circle) => {
                let (center, kilometres) = circle.split_once(' ').unwrap();
                Shape::Circle(Circle { center: point(center), radius: kilometres.parse::<u32>().unwrap() * 1000 })
            }
            None => Shape::Polygon(Polygon::new(text.split(' ').map(point).collect()).unwrap()),
        }
    }

    const SQUARE: &str = "30,130 30,140 40,140 40,130";
    /// Ten degrees on each side of the date line.
    const PACIFIC: &str = "-10,170 -10,-170 10,-170 10,170";
    const BOW: &str = "0,0 10,10 10,0 0,10";
    const ARCTIC: &str = "70,0 70,90 70,180 70,-90";

    #[test]
    fn points_and_areas() {
        let cases = [
            (SQUARE, "35,135", true),
            (SQUARE, "35,141", false),
            (SQUARE, "30,130", true),
            (SQUARE, "40,135", true),
            (PACIFIC, "0,180", true),
            (PACIFIC, "0,-180", true),
            (PACIFIC, "0,-171", true),
            (PACIFIC, "0,171", true),
            (PACIFIC, "0,0", false),
            (PACIFIC, "0,169", false),
            // A self-crossing polygon is its two wings.
            (BOW, "9,5", true),
            (BOW, "1,5", true),
            (BOW, "5,9", false),
            (BOW, "5,1", false),
            (ARCTIC, "90,0", true),
            (ARCTIC, "80,-135", true),
            (ARCTIC, "60,45", false),
            ("-70,0 -70,90 -70,180 -70,-90", "-89,10", true),
            ("-70,0 -70,90 -70,180 -70,-90", "89,10", false),
            ("o 35,129 10", "35.08,129", true),
            ("o 35,129 10", "35.1,129", false),
            ("o 0,179.99 10", "0,-179.99", true),
            ("o 35,129 0", "35,129", true),
        ];
        for (area, at, inside) in cases {
            assert_eq!(shape(area).holds(point(at)), inside, "{at} in {area}");
        }
    }

    #[test]
    fn areas_that_meet() {
        let cases = [
            (SQUARE, "35,139 35,150 36,150 36,139", true),
            (SQUARE, "35,141 35,150 36,150 36,141", false),
            // One inside the other; edge on edge; corner on corner; a cross whose corners all lie outside.
            (SQUARE, "33,133 33,134 34,134 34,133", true),
            (SQUARE, "30,140 30,150 40,150 40,140", true),
            (SQUARE, "40,140 40,150 50,150 50,140", true),
            (SQUARE, "34,120 34,150 35,150 35,120", true),
            (PACIFIC, "-5,-175 -5,-160 5,-160 5,-175", true),
            (PACIFIC, "-5,175 -5,160 5,160 5,175", true),
            (PACIFIC, "-1,-1 -1,1 1,1 1,-1", false),
            (PACIFIC, PACIFIC, true),
            (ARCTIC, "80,100 80,101 81,101", true),
            (ARCTIC, SQUARE, false),
            (SQUARE, "o 35,129 100", true),
            (SQUARE, "o 35,129 90", false),
            (SQUARE, "o 35,135 1", true),
            (PACIFIC, "o 0,-169 112", true),
            (PACIFIC, "o 0,-169 110", false),
            ("o 0,179 120", "o 0,-179 110", true),
            ("o 0,179 110", "o 0,-179 110", false),
            ("o 0,0 20015", "o 0,180 1", true),
            (ARCTIC, "o 90,0 1", true),
        ];
        for (one, other, meet) in cases {
            assert_eq!(shape(one).meets(&shape(other)), meet, "{one} / {other}");
            assert_eq!(shape(other).meets(&shape(one)), meet, "{other} / {one}");
        }
    }

    #[test]
    fn outlines_that_cross() {
        for (outline, crosses) in [
            (SQUARE, false),
            (PACIFIC, false),
            (ARCTIC, false),
            (BOW, true),
            ("0,0 0,2 0,1 1,1", true),
            ("0,0 0,1 1,1", false),
        ] {
            let Shape::Polygon(polygon) = shape(outline) else { unreachable!() };
            assert_eq!(polygon.crosses_itself(), crosses, "{outline}");
        }
    }

    #[test]
    fn what_is_no_shape() {
        assert_eq!(Point::new(90_000_001, 0), None);
        assert_eq!(Point::new(0, i32::MIN), None);
        assert_eq!(Polygon::new(vec![point("0,0"), point("1,1"), point("0,0")]), None);
        // Around the globe again and again.
        let winding = |turns: usize| {
            let corners =
                (0..3 * turns).map(|step| point(&format!("{},{}", step % 5, [0, 120, -120][step % 3]))).collect();
            Polygon::new(corners)
        };
        assert!(winding(1).is_some() && winding(1000).is_none());
    }
}
