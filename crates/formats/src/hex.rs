//! Lower-case hexadecimal, one form only.

/// The text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of `text`; `None` for upper case, odd length or anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_form() {
        assert_eq!(super::decode(&super::encode(&[0, 15, 255])), Some(vec![0, 15, 255]));
        for bad in ["0", "0G", "AB", "é0", " 00"] {
            assert_eq!(super::decode(bad), None, "{bad}");
        }
    }
}
