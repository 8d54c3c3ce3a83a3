#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_line_of_holdings_is_read_alike_after_any_others(data));
