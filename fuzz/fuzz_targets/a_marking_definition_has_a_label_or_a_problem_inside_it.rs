#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_marking_definition_has_a_label_or_a_problem_inside_it(data));
