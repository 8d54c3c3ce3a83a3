#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_object_of_stix_is_checked_to_an_end_and_its_entry_says_what_it_says(data));
