//! What agreements make possible between two parties, found by asking: representative requests, each given to
//! [`decide`](decide::decide) itself.
//!
//! Nothing here reads a clause. The key types are [`Probe`], which asks, and [`Reach`], the answers.

use super::vocabulary::{Vocabulary, Words};
use crate::{
    AgreementId, Channel, Country, Label, Level, Party, Purpose, Record, Subject,
    agreement::clause::Action,
    decide::{self, Decision, Request, Verdict},
    label::{Class, Dissemination, Marking, Owner},
    record::{Hop, Onward, Status},
    time::Timestamp,
    world::{Approval, World},
};

/// One kind of request: what it is about, but for its two parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Point {
    /// The class of the record, in its maker's own words.
    pub class: Class,
    /// What it is about.
    pub subjects: Words<Subject>,
    /// What for.
    pub purpose: Words<Purpose>,
    /// How it travels.
    pub channel: Words<Channel>,
    /// What the recipient gets.
    pub action: Action,
}

impl Point {
    /// The level, where the class is none of a nation's own terms.
    pub fn level(&self) -> Option<Level> {
        match self.class {
            Class::Level(level) => Some(level),
            Class::Term(_) => None,
        }
    }
}

/// What one party may give another of its own making, its own authority approving.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The answer to each point, in the order of the vocabulary.
    pub answers: Vec<(Point, Decision)>,
}

impl Reach {
    /// The points that are permitted.
    pub fn permitted(&self) -> impl Iterator<Item = (&Point, &Decision)> {
        self.answers
            .iter()
            .filter(|(_, decision)| decision.verdict() == Verdict::Permit)
            .map(|(point, decision)| (point, decision))
    }

    /// The highest level that is permitted, for any subject, purpose and channel.
    pub fn ceiling(&self) -> Option<Level> {
        self.permitted().filter_map(|(point, _)| point.level()).max()
    }
}

/// What is asked on: the agreements and rules, when, and in which words.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// Agreements and national rules.
    pub world: World<'a>,
    /// The words.
    pub vocabulary: &'a Vocabulary,
    /// When.
    pub at: Timestamp,
    /// The actions asked about.
    pub actions: &'a [Action],
}

impl Probe<'_> {
    /// What `from` may give `to` of its own making, under `under` or whatever there is.
    pub fn reach(&self, from: &Party, to: &Party, under: Option<&[AgreementId]>) -> Reach {
        let answers = self.points(from).into_iter().map(|point| {
            let record = self.record(&point, from, &[to]);
            let decision = self.ask(&record, &point.purpose.asked(), &point, [from, to], under);
            (point, decision)
        });
        Reach { answers: answers.collect() }
    }

    /// Whether `via`, who was given what `point` says by `from` under `under`, may hand it on to `to`, whom its label
    /// lists, for the purpose that it was given for, or for another.
    pub fn onward(
        &self,
        point: &Point,
        [from, via, to]: [&Party; 3],
        under: &[AgreementId],
        for_another_purpose: bool,
    ) -> Decision {
        let mut record = self.record(point, from, &[via, to]);
        let purpose = point.purpose.asked();
        record.custody = vec![Hop {
            from: from.clone(),
            to: via.clone(),
            under: under.to_vec(),
            purpose: purpose.clone(),
            onward: Onward::Free,
        }];
        let asked = if for_another_purpose { "another purpose".into() } else { purpose };
        self.ask(&record, &asked, point, [via, to], None)
    }

    /// Every point from `party`, in order.
    fn points(&self, party: &Party) -> Vec<Point> {
        let Vocabulary { subjects, purposes, channels, .. } = self.vocabulary;
        let mut points = Vec::new();
        for class in self.vocabulary.classes(party) {
            for subjects in subjects {
                for purpose in purposes {
                    for channel in channels {
                        points.extend(self.actions.iter().map(|action| Point {
                            class: class.clone(),
                            subjects: subjects.clone(),
                            purpose: purpose.clone(),
                            channel: channel.clone(),
                            action: *action,
                        }));
                    }
                }
            }
        }
        points
    }

    /// A record of `maker`, releasable to `listed`.
    fn record(&self, point: &Point, maker: &Party, listed: &[&Party]) -> Record {
        let owner = match maker.as_str() {
            "USA" => Owner::UnitedStates,
            code => Owner::Nation(Country::from(code)),
        };
        let rel_to = listed.iter().map(|party| Country::from(party.as_str())).collect();
        let dissemination = Dissemination { rel_to, ..Dissemination::default() };
        let marking = Marking { dissemination, ..Marking::plain(owner, point.class.clone()) };
        let subjects = match &point.subjects {
            Words::Of(subjects) if self.vocabulary.one_record => subjects.clone(),
            words => vec![words.asked()],
        };
        Record {
            id: "probe".into(),
            label: Label::Marking(Box::new(marking)),
            originator: maker.clone(),
            subjects,
            status: Status::Actual,
            custody: Vec::new(),
            distribution: Vec::new(),
            derived_from: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// Asks the judgement, with the holder's own approval on file: what is looked for is what agreements and
    /// restrictions allow, not what a person has already decided.
    fn ask(
        &self,
        record: &Record,
        purpose: &Purpose,
        point: &Point,
        [holder, to]: [&Party; 2],
        under: Option<&[AgreementId]>,
    ) -> Decision {
        let approvals =
            [Approval { by: holder.clone(), record: record.id.clone(), to: to.clone(), action: Action::Release }];
        let world = World { approvals: &approvals, ..self.world };
        let request = Request {
            record,
            from: holder,
            to,
            action: point.action,
            purpose,
            channel: &point.channel.asked(),
            at: self.at,
            under,
        };
        decide::decide(&world, &request)
    }
}
