#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_file_between_nodes_is_a_package_or_a_receipt_of_one_feed(data));
