#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_pattern_is_a_tree_or_has_a_problem_inside_it(data));
