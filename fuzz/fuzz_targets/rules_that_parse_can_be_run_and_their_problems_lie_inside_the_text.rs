#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::rules_that_parse_can_be_run_and_their_problems_lie_inside_the_text(data));
