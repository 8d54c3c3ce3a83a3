//! The marking definitions by which STIX objects bear a TLP colour.
//!
//! An id, or the object itself. A bundle that uses one of TLP 2.0 has to carry the object; objects are read here and not
//! written. The key type is [`Colour`].
//!
//! Sources: STIX 2.1, section 7.2.1.4, for TLP 1, whose four objects are predefined; the extension definition of OASIS
//! `extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d` for TLP 2.0.

use entente_core::label::Tlp;

use super::{
    super::{
        acs::DEFINITION_KEYS,
        checked::excerpt,
        json::node::{Node, Object},
    },
    Tlp1,
};
use crate::problem::{Problem, suggestion};

/// What the id of a marking definition opens with.
pub(in crate::label) const ID: &str = "marking-definition--";

/// The extension definition of TLP 2.0.
pub(crate) const EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// A colour of either version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Of TLP 1.
    One(Tlp1),
    /// Of TLP 2.0.
    Two(Tlp),
}

impl Colour {
    /// Every colour of both versions.
    pub const ALL: [Self; 9] = [
        Self::One(Tlp1::White),
        Self::One(Tlp1::Green),
        Self::One(Tlp1::Amber),
        Self::One(Tlp1::Red),
        Self::Two(Tlp::Clear),
        Self::Two(Tlp::Green),
        Self::Two(Tlp::Amber),
        Self::Two(Tlp::AmberStrict),
        Self::Two(Tlp::Red),
    ];

    /// The marking as FIRST spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One(colour) => colour.as_str(),
            Self::Two(colour) => colour.as_str(),
        }
    }

    /// The id of its marking definition.
    pub fn marking_definition(self) -> &'static str {
        match self {
            Self::One(Tlp1::White) => "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
            Self::One(Tlp1::Green) => "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
            Self::One(Tlp1::Amber) => "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
            Self::One(Tlp1::Red) => "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
            Self::Two(Tlp::Clear) => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
            Self::Two(Tlp::Green) => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
            Self::Two(Tlp::Amber) => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
            Self::Two(Tlp::AmberStrict) => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
            Self::Two(Tlp::Red) => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
        }
    }

    /// The colour whose marking definition has this id.
    pub fn of_marking_definition(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.marking_definition() == id)
    }
}

/// The colour that a text is about, when it is an object of STIX that bears one, right or wrong.
pub(in crate::label) fn recognise(text: &str) -> Option<Colour> {
    let object = Node::document(text).ok()?;
    let by_id = object.peek("id").and_then(|id| Colour::of_marking_definition(&id.text().ok()?));
    let is_old = object.peek("definition_type").is_some();
    let is_new = object.peek("extensions").is_some_and(|extensions| extensions.peek(EXTENSION).is_some());
    by_id.or(is_old.then_some(Colour::One(Tlp1::Red))).or(is_new.then_some(Colour::Two(Tlp::Red)))
}

/// Reads the id of a marking definition, or the object.
///
/// # Errors
/// When it is of no colour, or of one and says another.
pub fn parse(text: &str) -> Result<Colour, Problem> {
    if !text.trim_start().starts_with('{') {
        return Colour::of_marking_definition(text).ok_or_else(|| no_colour(text, 0..text.len()));
    }
    let definition = Node::document(text)?.object(&DEFINITION_KEYS)?;
    definition.required("type")?.one_of(&["marking-definition"])?;
    let node = definition.required("id")?;
    let id = node.text()?;
    let colour = Colour::of_marking_definition(&id).ok_or_else(|| no_colour(&id, node.at()))?;
    let said = match colour {
        Colour::One(_) => {
            definition.required("definition_type")?.one_of(&["tlp"])?;
            word(&definition.required("definition")?.object(&["tlp"])?, "tlp")?
        }
        Colour::Two(_) => {
            let extensions = definition.required("extensions")?.object(&[EXTENSION])?;
            let extension = extensions.required(EXTENSION)?.object(&["extension_type", "tlp_2_0"])?;
            extension.required("extension_type")?.one_of(&["property-extension"])?;
            word(&extension, "tlp_2_0")?
        }
    };
    if said != colour {
        let message = format!("the id is that of {}, the definition that of {}", colour.as_str(), said.as_str());
        return Err(node.problem(message).help("each colour has one marking definition"));
    }
    Ok(colour)
}

/// The colour that a definition says in a word, in small letters: `amber+strict`.
fn word(object: &Object<'_>, key: &str) -> Result<Colour, Problem> {
    let node = object.required(key)?;
    let text = node.text()?;
    let of_version = |colour: &Colour| matches!(colour, Colour::One(_)) == (key == "tlp");
    let words = Colour::ALL.into_iter().filter(of_version).map(|colour| (colour, colour.as_str()));
    let words = words.map(|(colour, name)| (colour, name.trim_start_matches("TLP:").to_lowercase()));
    let words: Vec<_> = words.collect();
    words.iter().find(|(_, word)| *word == text).map(|(colour, _)| *colour).ok_or_else(|| {
        node.problem(format!("unknown colour `{}`", excerpt(&text)))
            .help(suggestion(excerpt(&text), words.iter().map(|(_, word)| word.as_str())))
    })
}

fn no_colour(id: &str, at: std::ops::Range<usize>) -> Problem {
    Problem::new(format!("`{}` is no marking definition of TLP", excerpt(id)), at)
        .help("the nine ids of TLP 1 and 2.0 are in docs/spec/labels.md")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_both_ways() {
        for colour in Colour::ALL {
            assert_eq!(Colour::of_marking_definition(colour.marking_definition()), Some(colour));
        }
        assert_eq!(Colour::of_marking_definition("marking-definition--00000000-0000-4000-8000-000000000000"), None);
    }

    #[test]
    fn objects_say_what_their_id_says() {
        let old = r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","name":"TLP:WHITE","definition":{"tlp":"white"}}"#;
        let new = r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003","created":"2022-10-01T00:00:00.000Z","name":"TLP:AMBER+STRICT","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"amber+strict"}}}"#;
        assert_eq!(parse(old), Ok(Colour::One(Tlp1::White)));
        assert_eq!(parse(new), Ok(Colour::Two(Tlp::AmberStrict)));
        assert!(
            parse(&old.replace("\"white\"", "\"green\""))
                .unwrap_err()
                .message
                .contains("the definition that of TLP:GREEN")
        );
        assert!(
            parse(&new.replace("939a9414", "939a9415")).unwrap_err().message.contains("no marking definition of TLP")
        );
        assert!(parse(&new.replace("amber+strict\"", "clear-ish\"")).unwrap_err().message.contains("unknown colour"));
    }
}
