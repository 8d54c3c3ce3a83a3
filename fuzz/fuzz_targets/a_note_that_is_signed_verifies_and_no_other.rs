#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_note_that_is_signed_verifies_and_no_other(data));
