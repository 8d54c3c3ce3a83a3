//! Rules over real warnings.

use entente_core::consult::rule::incident;
use entente_formats::{alert, rules::parse};

use super::{file, moment};

#[test]
fn the_rules_of_the_example_fire_where_they_should_and_say_why() {
    let rules = parse(&file("examples/northeast-asia/rules/JPN.toml")).unwrap();
    let missile = file("vectors/alerts/cap/missile.xml");
    let elsewhere = missile.replace(
        "<polygon>41.2,137.6 42.9,137.6 42.9,139.4 41.2,139.4 41.2,137.6</polygon>",
        "<circle>30,150 10</circle>",
    );
    let unlikely = missile.replace("<certainty>Likely", "<certainty>Unlikely");
    let cancelled = missile.replace("<msgType>Alert", "<msgType>Cancel");
    let cases = [
        (&missile, Some("JPN"), vec![]),
        (&elsewhere, None, vec!["zones"]),
        (&unlikely, None, vec!["certainty"]),
        (&cancelled, None, vec!["warns", "profile"]),
    ];
    for (text, fires, fails) in cases {
        let reading = alert::read(text).unwrap();
        let message = reading.message(&"JPN".into()).unwrap();
        let profile = reading.missile.as_ref().map(|_| alert::missile::VERSION);
        let outcomes = rules.dry_run(&message, profile);
        let outcome = outcomes.iter().find(|outcome| outcome.rule.id == "missile-near-japan").unwrap();
        let failing: Vec<&str> =
            outcome.conditions.iter().filter(|(_, holds)| !holds).map(|(condition, _)| condition.as_str()).collect();
        assert_eq!((outcome.fires(), failing), (fires.is_some(), fails));
        if fires.is_some() {
            let raised = incident(outcome, &message, &"JPN".into(), moment("2026-11-20T00:02:00Z"));
            assert_eq!((raised.trigger.as_str(), raised.status.as_str()), ("missile-launch", "exercise"));
            assert_eq!(raised.place.unwrap().shapes.len(), 1);
            assert_eq!(outcome.zones[0].id, "japan");
        }
    }
}
