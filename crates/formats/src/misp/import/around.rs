//! What stands around attributes and objects: clusters of galaxies, and reports of the event.

use serde_json::{Map, Value, json};

use super::Import;
use crate::misp::{Became, called, galaxy, list, scope::Scope, text, uuid, uuid_of};

impl Import<'_> {
    /// The clusters of an element: their objects, and what relates them to it. The ids of objects that are not made here.
    pub(super) fn clusters(
        &mut self,
        element: &Map<String, Value>,
        scope: &Scope,
        event: &Map<String, Value>,
    ) -> Vec<String> {
        let own = uuid(element);
        let mut pointed = Vec::new();
        for galaxy in list(element, "Galaxy") {
            let named = text(galaxy, "type").unwrap_or_default();
            for cluster in list(galaxy, "GalaxyCluster") {
                let value = text(cluster, "value").unwrap_or_default();
                let what = called("GalaxyCluster", &[&named, &value]);
                let of = text(cluster, "type").unwrap_or_else(|| named.clone());
                let (Some(kind), Some(uuid)) = (galaxy::kind(&of), uuid(cluster)) else {
                    let why = format!("STIX has no word for clusters of `{of}`; its tag stays as a label");
                    self.report.say(Became::Kept, what, why);
                    continue;
                };
                let id = format!("{kind}--{uuid}");
                let changed = self.changed(element, event);
                if galaxy::is_of_attack(&of) {
                    let why = "it is an object of ATT&CK, which is pointed at and not made again";
                    self.report.say(Became::Kept, what, why);
                    pointed.push(id.clone());
                } else {
                    let mut object = self.common(kind, &uuid, &changed);
                    object.extend(galaxy::properties(kind, cluster));
                    if Self::valid(std::slice::from_ref(&object)) {
                        self.add(object, scope, None);
                    } else {
                        self.report.say(Became::Kept, what, "it is no valid object of STIX; its tag stays as a label");
                        continue;
                    }
                }
                let main = own.as_ref().and_then(|own| self.mains.get(own)).map(|(main, _)| main.clone());
                if let Some(main) = main {
                    let kind_of = main.split("--").next().unwrap_or_default();
                    let word = galaxy::relation(kind_of, kind);
                    self.relate(&main, word, &id, &changed, scope, &uuid_of(&["cluster", &main, &id]));
                }
            }
        }
        pointed
    }

    pub(super) fn event_report(
        &mut self,
        report: &Map<String, Value>,
        around: &Scope,
        event: &Map<String, Value>,
        of: &str,
    ) {
        let name = text(report, "name").unwrap_or_default();
        let what = called("EventReport", &[&name]);
        let scope = around.within(report, &what, self.foreign, &mut self.report);
        let own = uuid(report).unwrap_or_else(|| uuid_of(&["report", &name, of]));
        let changed = self.changed(report, event);
        let mut object = self.common("note", &own, &changed);
        object.insert("abstract".to_owned(), name.into());
        object.insert("content".to_owned(), text(report, "content").unwrap_or_default().into());
        object.insert("object_refs".to_owned(), json!([of]));
        self.labels(&mut object, report, &[("data-layer", "Event Report".to_owned())]);
        let beside = self.beside(report, &what);
        self.add(object, &scope, Some(("EventReport", beside)));
    }
}
