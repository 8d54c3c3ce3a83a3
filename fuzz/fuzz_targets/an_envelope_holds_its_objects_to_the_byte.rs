#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::an_envelope_holds_its_objects_to_the_byte(data));
