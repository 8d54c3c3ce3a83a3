//! Events of MISP, and files that say what markings of others mean.

use entente_formats::{
    foreign::{self, Foreign},
    misp::{self, export::export, import::import, record::classes},
    stix::{
        check::{Options, check},
        index,
        json::Limits,
    },
};

use crate::place::{require_all_inside, require_inside};

/// Whatever is read as an event becomes valid objects of STIX, each in one class, and they become an event again. An event that
/// nothing was changed in is made the same twice.
pub fn an_event_that_reads_becomes_valid_objects_and_an_event_again(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let events = match misp::events(text) {
        Ok(events) => events,
        Err(problem) => return require_inside(text, &problem),
    };
    for event in events {
        let Ok(imported) = import(&event, &Foreign::default()) else { continue };
        for made in &imported.objects {
            let entry = index::read(&made.text).expect("what is made is an object");
            assert_eq!(entry.id, made.id);
            let report = check(&made.text, &Options::default(), Limits::OBJECT).expect("it is read");
            assert!(report.is_valid(false), "{}", made.text);
        }
        let again = import(&event, &Foreign::default()).expect("as before");
        assert_eq!(again.bundle(), imported.bundle());
        let in_classes: usize = classes(&imported).iter().map(|class| class.objects.len()).sum();
        assert_eq!(in_classes, imported.objects.len());
        let texts = imported.definitions.iter().chain(imported.objects.iter().map(|made| &made.text));
        let texts: Vec<&str> = texts.map(String::as_str).collect();
        let exported = export(&texts, &Foreign::default()).expect("objects make an event");
        assert!(exported.event.pointer("/Event/uuid").is_some_and(|uuid| uuid.is_string()));
    }
}

/// Any objects become an event, or a problem is told; and what was made is read as an event.
pub fn objects_become_an_event_that_reads(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let objects: Vec<&str> = text.lines().collect();
    if let Ok(exported) = export(&objects, &Foreign::default()) {
        let text = exported.event.to_string();
        assert_eq!(misp::events(&text).expect("an event").len(), 1);
    }
}

/// A file on markings of others says what it says, or has problems inside its text; a colour of TLP is never among what it says.
pub fn a_file_on_markings_of_others_reads_or_its_problems_lie_inside_the_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match foreign::parse(text) {
        Ok(foreign) => {
            for colour in ["tlp:white", "tlp:clear", "tlp:green", "tlp:amber", "tlp:amber+strict", "tlp:red"] {
                // A beginning such as `t*` may say it; what is asked first is the colour.
                assert!(foreign.tag(colour).is_none() || text.contains('*'));
            }
        }
        Err(problems) => require_all_inside(text, &problems),
    }
}
