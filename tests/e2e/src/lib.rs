//! Parts of the end-to-end tests that their programs share: the cases of `events/`, the comparison
//! of a reply with the expected one, and the release binaries behind AWS's emulator.

pub mod cases;
mod due_runs;
pub mod lambda;
pub mod matching;
