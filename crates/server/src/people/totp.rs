//! Codes of an authenticator app: TOTP (RFC 6238) with what every app takes: SHA-1, six digits, thirty seconds. The code of
//! the step before and of the one after count too, and each code counts once.
//!
//! No clock: the moment is an argument.

use aws_lc_rs::hmac;

/// How long a code is shown, in seconds.
const STEP: i64 = 30;
/// The length of a secret, that of the hash (RFC 4226, section 4).
pub(crate) const SECRET: usize = 20;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let digest = tag.as_ref();
    let offset = usize::from(digest.last().copied().unwrap_or_default() & 0xf);
    let word = digest.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// The code that an app shows at `now`, and for how many seconds.
pub(crate) fn shown(secret: &[u8], now: i64) -> (String, u64) {
    (code(secret, now.div_euclid(STEP)), u64::try_from(STEP - now.rem_euclid(STEP)).unwrap_or_default())
}

/// The step whose code this is, at `now` (seconds since the epoch). All that may be are compared, whichever it is.
pub(crate) fn step_of(secret: &[u8], given: &str, now: i64) -> Option<i64> {
    let now = now.div_euclid(STEP);
    let given: String = given.chars().filter(|character| !character.is_whitespace()).collect();
    [now - 1, now, now + 1].into_iter().fold(None, |found, step| {
        let is_it = aws_lc_rs::constant_time::verify_slices_are_equal(code(secret, step).as_bytes(), given.as_bytes());
        if is_it.is_ok() { Some(step) } else { found }
    })
}

/// A secret as apps take it (base 32, RFC 4648, without padding).
pub(crate) fn base32(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    for byte in secret {
        (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
        while count >= 5 {
            count -= 5;
            let index = (bits >> count) & 31;
            text.push(ALPHABET.get(index as usize).copied().unwrap_or_default().into());
        }
    }
    if count > 0 {
        let index = (bits << (5 - count)) & 31;
        text.push(ALPHABET.get(index as usize).copied().unwrap_or_default().into());
    }
    text
}

/// The address that an app reads from a picture.
pub(crate) fn address(secret: &[u8], node: &str, account: &str) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let (node, account) = (plain(node), plain(account));
    format!("otpauth://totp/{node}:{account}?secret={}&issuer={node}", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, its last six digits.
    #[test]
    fn codes_are_those_of_the_specification() {
        let secret = b"12345678901234567890";
        for (at, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, at / 30), expected, "{at}");
            assert_eq!(step_of(secret, expected, at), Some(at / 30));
            assert_eq!(step_of(secret, expected, at + 30), Some(at / 30), "one step late");
            assert_eq!(step_of(secret, expected, at + 60), None, "two steps late");
        }
        assert_eq!(step_of(secret, "", 59), None);
        assert_eq!(step_of(secret, "287 082", 59), Some(1), "as apps show it");
    }

    /// RFC 4648, section 10, without padding.
    #[test]
    fn secrets_are_written_as_apps_take_them() {
        for (bytes, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(
            address(b"foobar", "JPN Japan", "mori"),
            "otpauth://totp/JPN%20Japan:mori?secret=MZXW6YTBOI&issuer=JPN%20Japan"
        );
    }
}
