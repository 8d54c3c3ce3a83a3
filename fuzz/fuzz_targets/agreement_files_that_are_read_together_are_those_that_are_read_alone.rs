#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::agreement_files_that_are_read_together_are_those_that_are_read_alone(data));
