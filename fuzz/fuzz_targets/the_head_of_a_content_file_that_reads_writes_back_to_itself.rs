#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::the_head_of_a_content_file_that_reads_writes_back_to_itself(data));
