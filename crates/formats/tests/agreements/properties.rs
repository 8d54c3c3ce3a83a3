//! What holds of every text.

use entente_core::agreement::{Agreement, Force};
use entente_formats::{agreement, national};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use crate::{
    disorder::{Choices, disordered},
    examples::examples,
    generate::{an_agreement, rules},
};

/// Replaces a stretch of `text` by `patch`, wherever characters allow.
fn mutated(text: &str, start: usize, length: usize, patch: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = start % characters.len();
    let end = (start + length).min(characters.len());
    characters[..start].iter().copied().chain(patch.chars()).chain(characters[end..].iter().copied()).collect()
}

fn read_all(text: &str) {
    for problems in [agreement::parse(text).err(), national::parse(text).err()].into_iter().flatten() {
        assert!(!problems.is_empty(), "a refusal has a reason");
        for problem in problems {
            assert!(problem.at.start <= problem.at.end && problem.at.end <= text.len());
            assert!(text.get(problem.at.clone()).is_some(), "the place lies between characters");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(agreement in an_agreement()) {
        let written = agreement::write(&agreement);
        let read = agreement::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&agreement), "{}", written);
        prop_assert_eq!(agreement::write(&agreement), written);
    }

    #[test]
    fn a_political_text_is_read_exactly_when_all_its_clauses_are_political(agreement in an_agreement()) {
        let political = agreement.clauses.iter().all(|clause| clause.kind.is_political());
        let agreement = Agreement { force: Force::Political, relies_on: Vec::new(), ..agreement };
        prop_assert_eq!(agreement::parse(&agreement::write(&agreement)).is_ok(), political);
    }

    #[test]
    fn the_form_of_a_file_changes_nothing_that_it_says(
        agreement in an_agreement(),
        choices in prop::collection::vec(any::<u8>(), 1..100),
    ) {
        let text = disordered(&agreement, &mut Choices::new(choices));
        let read = agreement::parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&agreement), "{}", text);
    }

    #[test]
    fn the_layout_keeps_what_a_file_says_and_every_comment_and_stays_as_it_is(
        agreement in an_agreement(),
        choices in prop::collection::vec(any::<u8>(), 1..100),
    ) {
        let text = disordered(&agreement, &mut Choices::new(choices));
        let laid_out = agreement::format(&text);
        prop_assert!(laid_out.is_ok(), "{:?}\n{}", laid_out, text);
        let laid_out = laid_out.unwrap();
        let read = agreement::parse(&laid_out).unwrap();
        prop_assert_eq!(agreement::canonical(&read), agreement::canonical(&agreement));
        prop_assert_eq!(&read, &agreement);
        let comments = |text: &str| text.matches("極\" ] '").count();
        prop_assert_eq!(comments(&laid_out), comments(&text), "{}", text);
        let again = agreement::format(&laid_out);
        prop_assert_eq!(again.as_ref(), Ok(&laid_out), "{}", text);
    }

    #[test]
    fn rules_that_are_written_are_read_back(rules in rules()) {
        let written = national::write(&rules);
        let read = national::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&rules), "{}", written);
    }

    #[test]
    fn the_canonical_form_is_json_and_ignores_acts_and_the_order_of_parties(agreement in an_agreement()) {
        let canonical = agreement::canonical(&agreement);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&canonical).is_ok());
        let mut other = agreement;
        other.acts.clear();
        other.parties.reverse();
        other.relies_on.reverse();
        prop_assert_eq!(agreement::canonical(&other), canonical);
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn nothing_like_toml_makes_the_parsers_panic(
        text in "(schema = \"entente.(agreement|national)/1\"\n)?([a-z_]{1,8}|\\[\\[?|\\]\\]?|[{}=,.\"'#\n]|[0-9-]{1,4}|act|clause|rows|極| ){0,60}"
    ) {
        read_all(&text);
    }

    #[test]
    fn no_mutation_of_an_example_makes_the_parsers_panic(
        file in any::<prop::sample::Index>(),
        start in any::<usize>(),
        length in 0..40_usize,
        patch in "[a-zA-Z\"\\[\\]{}=,.#*極\n 0-9-]{0,12}",
    ) {
        let files: Vec<_> = examples("agreements").into_iter().chain(examples("national")).collect();
        let (_, text) = file.get(&files);
        read_all(&mutated(text, start, length, &patch));
    }
}
