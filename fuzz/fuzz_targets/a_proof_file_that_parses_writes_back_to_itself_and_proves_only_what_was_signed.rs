#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_proof_file_that_parses_writes_back_to_itself_and_proves_only_what_was_signed(data));
