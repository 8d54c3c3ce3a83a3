#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::hex_that_decodes_writes_back_to_itself(data));
