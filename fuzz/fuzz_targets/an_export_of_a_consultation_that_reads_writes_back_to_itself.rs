#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_export_of_a_consultation_that_reads_writes_back_to_itself(data));
