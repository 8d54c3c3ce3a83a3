#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_marking_that_cannot_be_read_is_the_strictest(data));
