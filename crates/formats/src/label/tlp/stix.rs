//! The marking definitions by which STIX objects bear a TLP colour.
//!
//! Only their ids: a bundle that uses one of TLP 2.0 has to carry the object, and objects are not written here. The key
//! type is [`Colour`].
//!
//! Sources: STIX 2.1, section 7.2.1.4, for TLP 1, whose four objects are predefined; the extension definition of OASIS
//! `extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d` for TLP 2.0.

use entente_core::label::Tlp;

use super::Tlp1;

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
}
