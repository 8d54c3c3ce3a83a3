#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_answer_on_what_is_held_that_decodes_encodes_to_the_same_bytes(data));
