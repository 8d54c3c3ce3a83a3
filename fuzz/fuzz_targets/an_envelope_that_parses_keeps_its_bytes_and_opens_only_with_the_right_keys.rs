#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_envelope_that_parses_keeps_its_bytes_and_opens_only_with_the_right_keys(data));
