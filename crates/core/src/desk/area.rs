//! Many permitted requests in few lines: areas, each all combinations of some classes, subjects, purposes, channels and
//! actions.

use std::collections::HashMap;

use super::{probe::Point, vocabulary::Words};
use crate::{Channel, Purpose, Subject, agreement::clause::Action, label::Class};

/// All combinations of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the meaning")]
pub struct Area {
    pub classes: Vec<Class>,
    pub subjects: Vec<Words<Subject>>,
    pub purposes: Vec<Words<Purpose>>,
    pub channels: Vec<Words<Channel>>,
    pub actions: Vec<Action>,
}

/// Areas that together hold exactly `points`, each point in one of them.
pub fn areas<'a>(points: impl IntoIterator<Item = &'a Point>) -> Vec<Area> {
    let single = |point: &Point| Area {
        classes: vec![point.class.clone()],
        subjects: vec![point.subjects.clone()],
        purposes: vec![point.purpose.clone()],
        channels: vec![point.channel.clone()],
        actions: vec![point.action],
    };
    let areas = points.into_iter().map(single).collect();
    let areas = merged(areas, |area| &mut area.classes);
    let areas = merged(areas, |area| &mut area.actions);
    let areas = merged(areas, |area| &mut area.channels);
    let areas = merged(areas, |area| &mut area.purposes);
    merged(areas, |area| &mut area.subjects)
}

/// Joins areas that differ in one dimension alone.
fn merged<T>(areas: Vec<Area>, dimension: impl Fn(&mut Area) -> &mut Vec<T>) -> Vec<Area> {
    let mut found: HashMap<Area, usize> = HashMap::new();
    let mut all: Vec<(Area, Vec<T>)> = Vec::new();
    for mut rest in areas {
        let values = std::mem::take(dimension(&mut rest));
        match found.get(&rest).and_then(|position| all.get_mut(*position)) {
            Some((_, joined)) => joined.extend(values),
            None => {
                found.insert(rest.clone(), all.len());
                all.push((rest, values));
            }
        }
    }
    let whole = all.into_iter().map(|(mut area, values)| {
        *dimension(&mut area) = values;
        area
    });
    whole.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn point(level: Level, subject: &str, action: Action) -> Point {
        Point {
            class: Class::Level(level),
            subjects: Words::Of(vec![subject.into()]),
            purpose: Words::Other,
            channel: Words::Other,
            action,
        }
    }

    /// The points of some areas again.
    fn expanded(areas: &[Area]) -> Vec<Point> {
        let mut points = Vec::new();
        for area in areas {
            for class in &area.classes {
                for subjects in &area.subjects {
                    points.extend(area.actions.iter().map(|action| Point {
                        class: class.clone(),
                        subjects: subjects.clone(),
                        purpose: Words::Other,
                        channel: Words::Other,
                        action: *action,
                    }));
                }
            }
        }
        points
    }

    #[test]
    fn areas_hold_exactly_the_points_and_each_once() {
        let mut all = Vec::new();
        for level in [Level::Confidential, Level::Secret] {
            for subject in ["air", "sea"] {
                all.extend([Action::Display, Action::Release].map(|action| point(level, subject, action)));
            }
        }
        // Every choice of the eight.
        for chosen in 0..1_u32 << all.len() {
            let is_chosen = |at: usize| chosen >> at & 1 == 1;
            let points: Vec<&Point> =
                all.iter().enumerate().filter(|(at, _)| is_chosen(*at)).map(|(_, point)| point).collect();
            let again = expanded(&areas(points.iter().copied()));
            assert_eq!(again.len(), points.len());
            assert!(points.iter().all(|point| again.contains(point)));
        }
        assert_eq!(areas(&all).len(), 1, "what is all of it is one area");
    }
}
