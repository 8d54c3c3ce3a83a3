#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_checkpoint_that_parses_writes_back_to_itself_and_opens_only_for_its_log(data));
