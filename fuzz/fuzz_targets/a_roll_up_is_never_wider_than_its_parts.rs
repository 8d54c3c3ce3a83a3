#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_roll_up_is_never_wider_than_its_parts(data));
