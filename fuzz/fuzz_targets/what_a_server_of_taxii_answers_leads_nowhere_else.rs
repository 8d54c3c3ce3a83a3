#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::what_a_server_of_taxii_answers_leads_nowhere_else(data));
