#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_event_that_reads_becomes_valid_objects_and_an_event_again(data));
