#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_commitment_that_decodes_encodes_to_the_same_bytes(data));
