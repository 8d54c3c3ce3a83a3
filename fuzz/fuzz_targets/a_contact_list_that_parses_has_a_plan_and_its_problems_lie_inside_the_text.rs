#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_contact_list_that_parses_has_a_plan_and_its_problems_lie_inside_the_text(data));
