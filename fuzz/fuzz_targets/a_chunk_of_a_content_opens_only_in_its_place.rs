#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_chunk_of_a_content_opens_only_in_its_place(data));
