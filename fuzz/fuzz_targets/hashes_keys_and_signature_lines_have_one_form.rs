#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::hashes_keys_and_signature_lines_have_one_form(data));
