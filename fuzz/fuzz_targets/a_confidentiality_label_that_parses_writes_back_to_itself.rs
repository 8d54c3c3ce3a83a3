#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_confidentiality_label_that_parses_writes_back_to_itself(data));
