#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_body_that_is_sealed_opens_to_itself_and_no_altered_envelope_opens(data));
