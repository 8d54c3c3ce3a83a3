#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_agreement_that_parses_is_laid_out_with_the_same_hash_once_and_for_all(data));
