#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::authenticator_data_that_reads_is_read_whole(data));
