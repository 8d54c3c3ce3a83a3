//! What nights on watch have in common: warnings of this minute, and files beside the nodes.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{fs, path::Path};

/// A missile warning of this minute, in our profile.
pub(crate) fn warning(identifier: &str, status: &str) -> String {
    let at = |minutes: i64| {
        let second = jiff::Timestamp::now().as_second() + minutes * 60;
        jiff::Timestamp::from_second(second).unwrap().to_string().replace('Z', "-00:00")
    };
    let parameter = |name: &str, value: &str| {
        format!("<parameter><valueName>entente:{name}</valueName><value>{value}</value></parameter>")
    };
    let parameters = [
        parameter("launch-time", &at(-1)),
        parameter("launch-area", "39.5,125.5 40"),
        parameter("impact-not-before", &at(6)),
        parameter("impact-not-after", &at(11)),
        parameter("sensor-party", "USA"),
    ]
    .concat();
    format!(
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{identifier}</identifier>\
         <sender>warning.jpn.example</sender><sent>{}</sent><status>{status}</status><msgType>Alert</msgType>\
         <scope>Restricted</scope><restriction>government</restriction><info><category>Security</category>\
         <event>Missile warning</event><responseType>Shelter</responseType><urgency>Immediate</urgency>\
         <severity>Extreme</severity><certainty>Likely</certainty><eventCode><valueName>entente:profile</valueName>\
         <value>missile-warning/1</value></eventCode><expires>{}</expires>\
         <headline>A missile may come down west of Hokkaido</headline>{parameters}<area><areaDesc>West of Hokkaido</areaDesc>\
         <polygon>42.5,138 43.5,138 43.5,139.5 42.5,139.5 42.5,138</polygon></area></info></alert>",
        at(0),
        at(11),
    )
}

/// Writes it to a file beside the nodes.
pub(crate) fn file(parent: &Path, name: &str, text: &str) -> String {
    let path = parent.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}
