#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_request_to_a_witness_that_parses_writes_back_to_itself_and_is_cosigned_only_for_its_log(data));
