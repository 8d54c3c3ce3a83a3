#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_query_of_taxii_has_one_form_or_a_problem_inside_it(data));
