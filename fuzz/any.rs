#![no_main]

libfuzzer_sys::fuzz_target!(init: kms_playground_fuzz::begin(), |bytes: &[u8]| kms_playground_fuzz::run(bytes));
