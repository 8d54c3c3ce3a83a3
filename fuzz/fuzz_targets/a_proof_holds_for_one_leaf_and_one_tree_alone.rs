#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| entente_fuzz_bodies::a_proof_holds_for_one_leaf_and_one_tree_alone(data));
