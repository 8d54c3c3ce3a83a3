#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_agreement_that_parses_writes_back_equal_and_its_problems_lie_inside_the_text(data));
