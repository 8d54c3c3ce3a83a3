#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::national_rules_that_parse_write_back_equal_and_their_problems_lie_inside_the_text(data));
