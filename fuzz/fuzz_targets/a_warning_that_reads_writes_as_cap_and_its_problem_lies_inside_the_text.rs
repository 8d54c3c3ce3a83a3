#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_warning_that_reads_writes_as_cap_and_its_problem_lies_inside_the_text(data));
