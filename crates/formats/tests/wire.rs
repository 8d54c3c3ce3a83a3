//! What stands in the bytes between nodes where fields are absent, worked out by hand from RFC 8949.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use entente_formats::{
    hex,
    wire::{ActStatement, Body, Canonical, Receipt, Signed, Version, WireError},
};

/// `["KOR", ["pact", 32 bytes of 1], "suspended", "2026-11-23"`: the fields that are always there, without the array's head.
fn act_fields() -> String {
    let hash = "01".repeat(32);
    format!("634b4f52 82 6470616374 5820{hash} 6973757370656e646564 6a323032362d31312d3233").replace(' ', "")
}

fn act() -> ActStatement {
    ActStatement {
        by: "KOR".into(),
        agreement: Version { id: "pact".into(), hash: [1; 32] },
        kind: "suspended".into(),
        date: "2026-11-23".into(),
        article: None,
        previous: None,
        admits: None,
        disputes: None,
    }
}

fn written(value: &impl Canonical) -> String {
    hex::encode(&value.to_bytes())
}

#[test]
fn absent_fields_at_the_end_are_left_out() {
    let empty = Receipt { next: 0, cosigned: None, dispositions: None };
    assert_eq!(written(&empty), "8100");
    assert_eq!(written(&act()), format!("84{}", act_fields()));
    // In the middle an absent field is null.
    let previous = ActStatement { previous: Some([2; 32]), ..act() };
    assert_eq!(written(&previous), format!("86{}f65820{}", act_fields(), "02".repeat(32)));
    let admits = ActStatement { kind: "admitted".into(), admits: Some("AUS".into()), ..act() };
    let fields = act_fields().replace("6973757370656e646564", "6861646d6974746564");
    assert_eq!(written(&admits), format!("87{fields}f6f663415553"));
    let signed = Signed { statement: vec![7], signature: [0; 64] };
    let receipt = Receipt { next: 1, cosigned: None, dispositions: Some(signed.clone()) };
    let signed_bytes = format!("8241075840{}", "00".repeat(64));
    assert_eq!(written(&receipt), format!("8301f6{signed_bytes}"));
    assert_eq!(written(&Body::Act(signed)), format!("820481{signed_bytes}"));
}

#[test]
fn what_is_written_otherwise_is_refused() {
    let read = |text: &str| Receipt::from_bytes(&hex::decode(text).unwrap());
    assert_eq!(read("8100").unwrap().next, 0);
    for other in ["8200f6", "8300f6f6", "8400f6f6f6", "9f00ff", "811800"] {
        assert_eq!(read(other), Err(WireError::NotCanonical { what: "receipt" }), "{other}");
    }
    assert!(matches!(read("80"), Err(WireError::Malformed { .. })), "the first field is never absent");
}
