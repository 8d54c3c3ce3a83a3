#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_conversion_there_and_back_is_never_wider(data));
