#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_file_on_markings_of_others_reads_or_its_problems_lie_inside_the_text(data));
