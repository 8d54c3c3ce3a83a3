//! Request lines: the machine interface of a decision.

use entente_formats::request::{Answer, Line, answer_line};
use serde_json::Value;

use crate::fixture::{AGREEMENTS, NATIONAL};

/// Every text gets one line of JSON: an answer, or an error in its place. A line that parses gets the answer again when
/// it is written anew.
pub fn a_request_line_gets_an_answer_line(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let answer = answer_line(&text, &AGREEMENTS, &NATIONAL);
    assert!(!answer.contains('\n'), "more than one line: {answer}");
    let json: Value = serde_json::from_str(&answer).expect("an answer line is JSON");
    match json.get("error") {
        Some(error) => assert!(error.as_str().is_some_and(|error| !error.is_empty()), "{answer}"),
        None => {
            let read: Answer = serde_json::from_value(json).expect("a line without an error is an answer");
            assert_eq!(read.verdict == "permit", read.blocked.is_empty(), "{answer}");
            assert!(read.cures.is_empty() || read.verdict == "deny", "{answer}");
        }
    }
    if let Ok(line) = Line::parse(&text) {
        let written = serde_json::to_string(&line).expect("a line can be written");
        assert_eq!(Line::parse(&written).as_ref(), Ok(&line));
        assert_eq!(answer_line(&written, &AGREEMENTS, &NATIONAL), answer);
    }
}
