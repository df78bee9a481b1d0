//! Numbers of many bytes as base62 digits, the most significant digit first.

use crate::api_key::BASE62;

/// Returns the number as `length` digits. Digits that do not fit are left out.
pub fn encode(bytes: &[u8], length: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let value = rest * 256 + u16::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        *digit = BASE62.get(usize::from(rest)).copied().unwrap_or_default();
    }
    digits.into_iter().map(char::from).collect()
}

/// Writes the number of the digits into `number`, which must be zero. `None` if it does not fit, or if
/// a character is no digit.
pub fn decode(digits: &str, number: &mut [u8]) -> Option<()> {
    for digit in digits.bytes() {
        let value = BASE62.iter().position(|it| *it == digit)?;
        let mut carry = u16::try_from(value).ok()?;
        for byte in number.iter_mut().rev() {
            let value = u16::from(*byte) * 62 + carry;
            let [high, low] = value.to_be_bytes();
            *byte = low;
            carry = high.into();
        }
        if carry != 0 {
            return None;
        }
    }
    Some(())
}
