//! Any bytes as the body of `POST /leads`: they are read or refused, and nothing panics.

#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    api::fuzzing::read_lead(body, None);
    api::fuzzing::read_lead(body, Some("US"));
});
