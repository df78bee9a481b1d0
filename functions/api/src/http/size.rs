//! The size of replies, which Lambda bounds.

use std::io::{self, Write};

use domain::json::escaped_size;
use serde::Serialize;

use super::error::ApiError;

/// Maximum size of a function's reply in Lambda, in bytes. The body is a JSON string inside of it.
pub const REPLY_LIMIT: usize = 6 * 1024 * 1024;
/// Maximum size of the reply without its results, in bytes: the status, the headers, and the fields of an
/// array and of an error.
pub const FRAME: usize = 8 * 1024;
/// Maximum size of `"index":999,` and a comma, in bytes.
pub const INDEX: usize = 20;

/// Returns the size of a value in JSON, as a part of a JSON string.
pub fn size_of(value: &impl Serialize) -> Result<usize, ApiError> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).map_err(|_| ApiError::Internal(None))?;
    Ok(counter.0)
}

/// Counts the bytes that are written, as they stand in a JSON string.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += escaped_size(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_counts_the_bytes_of_a_json_string() {
        let text: String = (0..300).filter_map(char::from_u32).collect();
        let mut counter = Counter(0);
        counter.write_all(text.as_bytes()).unwrap();
        let string = serde_json::to_string(&text).unwrap();
        assert_eq!(counter.0, string.len() - 2);
    }
}
