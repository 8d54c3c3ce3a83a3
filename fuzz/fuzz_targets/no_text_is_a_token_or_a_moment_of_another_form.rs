#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::no_text_is_a_token_or_a_moment_of_another_form(data));
