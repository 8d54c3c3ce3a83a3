#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_credential_that_reads_is_the_one_that_was_sent(data));
