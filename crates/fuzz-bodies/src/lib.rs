//! What holds of every parser of outside bytes, whatever the bytes: each property is a plain function of bytes that
//! panics only when it is broken, and its name says it.
//!
//! Not the fuzzer: the targets in `fuzz/` call these, one line each, and so does the ordinary test `tests/corpus.rs`,
//! which needs nothing but a stable compiler. No property reads a file or a clock, or draws randomness: keys, agreements
//! and generators are fixed, so that an input that breaks a property breaks it again. The key item is [`PROPERTIES`].

#![allow(clippy::expect_used, clippy::panic, reason = "a broken property is a panic, and fixtures hold")]

mod agreement;
mod alert;
mod content;
mod decision;
mod envelope;
mod fixture;
mod holdings;
mod label;
mod label_syntax;
mod log;
mod party;
mod place;
mod reader;
mod request;
mod webauthn;
mod stix;
mod taxii;
mod misp;
mod whatif;
mod wire;

pub use agreement::{
    agreement_files_that_are_read_together_are_those_that_are_read_alone,
    an_agreement_that_parses_is_laid_out_with_the_same_hash_once_and_for_all,
    an_agreement_that_parses_writes_back_equal_and_its_problems_lie_inside_the_text,
    national_rules_that_parse_write_back_equal_and_their_problems_lie_inside_the_text,
};
pub use alert::{
    a_contact_list_that_parses_has_a_plan_and_its_problems_lie_inside_the_text,
    a_warning_that_reads_writes_as_cap_and_its_problem_lies_inside_the_text,
    an_export_of_a_consultation_that_reads_writes_back_to_itself,
    rules_that_parse_can_be_run_and_their_problems_lie_inside_the_text,
};
pub use content::{
    a_chunk_of_a_content_opens_only_in_its_place, the_head_of_a_content_file_that_reads_writes_back_to_itself,
};
pub use decision::a_decision_is_total;
pub use envelope::{
    a_body_that_is_sealed_opens_to_itself_and_no_altered_envelope_opens,
    an_envelope_that_parses_keeps_its_bytes_and_opens_only_with_the_right_keys,
};
pub use holdings::a_line_of_holdings_is_read_alike_after_any_others;
pub use label::{
    a_label_that_parses_writes_back_to_itself, a_portion_that_parses_writes_back_to_itself,
    a_roll_up_is_never_wider_than_its_parts,
};
pub use label_syntax::{
    a_confidentiality_label_that_parses_writes_back_to_itself, a_conversion_there_and_back_is_never_wider,
    a_label_in_json_that_parses_writes_back_to_itself, a_marking_definition_has_a_label_or_a_problem_inside_it,
};
pub use log::{
    a_checkpoint_that_parses_writes_back_to_itself_and_opens_only_for_its_log,
    a_note_that_is_signed_verifies_and_no_other, a_note_that_parses_keeps_its_bytes,
    a_proof_file_that_parses_writes_back_to_itself_and_proves_only_what_was_signed,
    a_proof_holds_for_one_leaf_and_one_tree_alone,
    a_request_to_a_witness_that_parses_writes_back_to_itself_and_is_cosigned_only_for_its_log,
    hashes_keys_and_signature_lines_have_one_form,
};
pub use misp::{
    a_file_on_markings_of_others_reads_or_its_problems_lie_inside_the_text,
    an_event_that_reads_becomes_valid_objects_and_an_event_again, objects_become_an_event_that_reads,
};
pub use party::{
    a_partner_is_what_its_root_key_signed, a_party_file_that_parses_writes_back_equal,
    hex_that_decodes_writes_back_to_itself,
};
pub use request::a_request_line_gets_an_answer_line;
pub use stix::{
    a_copy_of_an_object_only_leaves_out, a_marking_that_cannot_be_read_is_the_strictest,
    a_pattern_is_a_tree_or_has_a_problem_inside_it, a_query_of_taxii_has_one_form_or_a_problem_inside_it,
    an_envelope_holds_its_objects_to_the_byte, an_object_of_stix_is_checked_to_an_end_and_its_entry_says_what_it_says,
    every_header_of_media_types_is_answered, no_text_is_a_token_or_a_moment_of_another_form,
    what_a_server_of_taxii_answers_leads_nowhere_else,
};
pub use taxii::{a_credential_that_reads_is_the_one_that_was_sent, a_path_is_taken_apart_in_one_way};
pub use webauthn::authenticator_data_that_reads_is_read_whole;
pub use whatif::suppositions_that_read_write_back_equal;
pub use wire::{
    a_body_that_decodes_encodes_to_the_same_bytes, a_call_to_a_meeting_that_decodes_encodes_to_the_same_bytes,
    a_commitment_that_decodes_encodes_to_the_same_bytes, a_consent_statement_that_decodes_encodes_to_the_same_bytes,
    a_file_between_nodes_is_a_package_or_a_receipt_of_one_feed,
    a_list_of_dispositions_that_decodes_encodes_to_the_same_bytes,
    a_notice_of_a_compromise_that_decodes_encodes_to_the_same_bytes, a_package_that_decodes_encodes_to_the_same_bytes,
    a_proof_of_two_records_that_decodes_encodes_to_the_same_bytes,
    a_question_for_consent_that_decodes_encodes_to_the_same_bytes, a_raise_that_decodes_encodes_to_the_same_bytes,
    a_recall_that_decodes_encodes_to_the_same_bytes, a_receipt_that_decodes_encodes_to_the_same_bytes,
    a_relabelling_that_decodes_encodes_to_the_same_bytes, a_standing_consent_that_decodes_encodes_to_the_same_bytes,
    a_statement_of_origin_that_decodes_encodes_to_the_same_bytes, a_step_that_decodes_encodes_to_the_same_bytes,
    a_tail_of_a_feed_that_decodes_encodes_to_the_same_bytes,
    a_withdrawal_of_a_consent_that_decodes_encodes_to_the_same_bytes,
    a_withdrawal_that_decodes_encodes_to_the_same_bytes,
    a_word_of_a_restored_node_that_decodes_encodes_to_the_same_bytes,
    a_word_on_a_content_that_decodes_encodes_to_the_same_bytes,
    an_acknowledgement_of_an_alert_that_decodes_encodes_to_the_same_bytes,
    an_act_statement_that_decodes_encodes_to_the_same_bytes,
    an_answer_on_what_is_held_that_decodes_encodes_to_the_same_bytes,
    an_answer_to_a_recall_that_decodes_encodes_to_the_same_bytes,
};

/// A property: returns when it holds of these bytes, panics when they break it.
pub type Property = fn(&[u8]);

macro_rules! properties {
    ($($name:ident,)*) => {
        /// Every property with its name, which is also the name of its fuzz target and of its directory in
        /// `fuzz/corpus`.
        pub static PROPERTIES: &[(&str, Property)] = &[$((stringify!($name), $name)),*];
    };
}

properties! {
    authenticator_data_that_reads_is_read_whole,
    a_label_that_parses_writes_back_to_itself,
    a_portion_that_parses_writes_back_to_itself,
    a_roll_up_is_never_wider_than_its_parts,
    a_label_in_json_that_parses_writes_back_to_itself,
    a_confidentiality_label_that_parses_writes_back_to_itself,
    a_marking_definition_has_a_label_or_a_problem_inside_it,
    a_conversion_there_and_back_is_never_wider,
    an_agreement_that_parses_writes_back_equal_and_its_problems_lie_inside_the_text,
    agreement_files_that_are_read_together_are_those_that_are_read_alone,
    an_agreement_that_parses_is_laid_out_with_the_same_hash_once_and_for_all,
    national_rules_that_parse_write_back_equal_and_their_problems_lie_inside_the_text,
    a_party_file_that_parses_writes_back_equal,
    a_partner_is_what_its_root_key_signed,
    hex_that_decodes_writes_back_to_itself,
    a_statement_of_origin_that_decodes_encodes_to_the_same_bytes,
    a_body_that_decodes_encodes_to_the_same_bytes,
    a_consent_statement_that_decodes_encodes_to_the_same_bytes,
    an_act_statement_that_decodes_encodes_to_the_same_bytes,
    a_standing_consent_that_decodes_encodes_to_the_same_bytes,
    a_withdrawal_of_a_consent_that_decodes_encodes_to_the_same_bytes,
    a_withdrawal_that_decodes_encodes_to_the_same_bytes,
    a_proof_of_two_records_that_decodes_encodes_to_the_same_bytes,
    a_recall_that_decodes_encodes_to_the_same_bytes,
    an_answer_to_a_recall_that_decodes_encodes_to_the_same_bytes,
    a_relabelling_that_decodes_encodes_to_the_same_bytes,
    a_notice_of_a_compromise_that_decodes_encodes_to_the_same_bytes,
    a_list_of_dispositions_that_decodes_encodes_to_the_same_bytes,
    a_word_on_a_content_that_decodes_encodes_to_the_same_bytes,
    a_package_that_decodes_encodes_to_the_same_bytes,
    a_receipt_that_decodes_encodes_to_the_same_bytes,
    a_word_of_a_restored_node_that_decodes_encodes_to_the_same_bytes,
    an_answer_on_what_is_held_that_decodes_encodes_to_the_same_bytes,
    a_tail_of_a_feed_that_decodes_encodes_to_the_same_bytes,
    a_file_between_nodes_is_a_package_or_a_receipt_of_one_feed,
    a_question_for_consent_that_decodes_encodes_to_the_same_bytes,
    an_envelope_that_parses_keeps_its_bytes_and_opens_only_with_the_right_keys,
    a_body_that_is_sealed_opens_to_itself_and_no_altered_envelope_opens,
    a_chunk_of_a_content_opens_only_in_its_place,
    the_head_of_a_content_file_that_reads_writes_back_to_itself,
    a_note_that_parses_keeps_its_bytes,
    a_note_that_is_signed_verifies_and_no_other,
    a_checkpoint_that_parses_writes_back_to_itself_and_opens_only_for_its_log,
    hashes_keys_and_signature_lines_have_one_form,
    a_proof_holds_for_one_leaf_and_one_tree_alone,
    a_request_to_a_witness_that_parses_writes_back_to_itself_and_is_cosigned_only_for_its_log,
    a_proof_file_that_parses_writes_back_to_itself_and_proves_only_what_was_signed,
    a_request_line_gets_an_answer_line,
    a_line_of_holdings_is_read_alike_after_any_others,
    suppositions_that_read_write_back_equal,
    a_decision_is_total,
    an_object_of_stix_is_checked_to_an_end_and_its_entry_says_what_it_says,
    a_pattern_is_a_tree_or_has_a_problem_inside_it,
    an_envelope_holds_its_objects_to_the_byte,
    a_copy_of_an_object_only_leaves_out,
    a_marking_that_cannot_be_read_is_the_strictest,
    an_event_that_reads_becomes_valid_objects_and_an_event_again,
    objects_become_an_event_that_reads,
    a_file_on_markings_of_others_reads_or_its_problems_lie_inside_the_text,
    a_query_of_taxii_has_one_form_or_a_problem_inside_it,
    every_header_of_media_types_is_answered,
    a_path_is_taken_apart_in_one_way,
    a_credential_that_reads_is_the_one_that_was_sent,
    what_a_server_of_taxii_answers_leads_nowhere_else,
    no_text_is_a_token_or_a_moment_of_another_form,
    a_warning_that_reads_writes_as_cap_and_its_problem_lies_inside_the_text,
    rules_that_parse_can_be_run_and_their_problems_lie_inside_the_text,
    a_contact_list_that_parses_has_a_plan_and_its_problems_lie_inside_the_text,
    an_export_of_a_consultation_that_reads_writes_back_to_itself,
    a_raise_that_decodes_encodes_to_the_same_bytes,
    a_step_that_decodes_encodes_to_the_same_bytes,
    a_commitment_that_decodes_encodes_to_the_same_bytes,
    a_call_to_a_meeting_that_decodes_encodes_to_the_same_bytes,
    an_acknowledgement_of_an_alert_that_decodes_encodes_to_the_same_bytes,
}
