//! The token of the next page: where to go on, for this caller, this query and the rules as they are now.
//!
//! The server keeps nothing. A token that was made for somebody else, for another query, before the rules changed, or by
//! nobody here is refused as one and the same thing. It does not show the place that it holds: that may be the moment of an
//! object which the caller may not know of. The key functions are [`write()`] and [`read`].

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::hex;

/// The longest token, in characters.
pub const LONGEST: usize = 2 * (8 + TAG);
/// Bytes of the code that authenticates a token.
const TAG: usize = 32;

/// What a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The endpoint with its collection, and of one object the identifier.
    pub resource: &'a str,
    /// The query, as [`super::query::Query::canonical`] has it.
    pub query: &'a str,
    /// The caller.
    pub caller: &'a str,
    /// The state of the rules by which objects are decided: another one, another token.
    pub epoch: u64,
}

/// Writes the token that goes on behind `position`, the moment under which the last object looked at was added.
///
/// `key` is a secret of the server; the same key, position and binding give the same token.
pub fn write(key: &[u8; 32], position: i64, binding: &Binding<'_>) -> String {
    let position = position.to_be_bytes();
    let tag = code(key, b"tag", &position, binding).finalize().into_bytes();
    let place = hide(key, &position, &tag);
    hex::encode(&[place.as_slice(), tag.as_slice()].concat())
}

/// Reads a token that was made with this key for this binding: the position. `None` for every other text.
pub fn read(key: &[u8; 32], token: &str, binding: &Binding<'_>) -> Option<i64> {
    if token.len() != LONGEST {
        return None;
    }
    let bytes = hex::decode(token)?;
    let (place, tag) = bytes.split_at_checked(8)?;
    let position: [u8; 8] = hide(key, place, tag).try_into().ok()?;
    // Compared in a time that says nothing of where they differ.
    code(key, b"tag", &position, binding).verify_slice(tag).ok()?;
    Some(i64::from_be_bytes(position))
}

/// The place under a mask that is made of the code, and of which the code gives nothing away; the same the other way.
fn hide(key: &[u8; 32], place: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut mask = keyed(key);
    mask.update(b"entente taxii next mask\0");
    mask.update(tag);
    let mask = mask.finalize().into_bytes();
    place.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}

/// The code over position and binding, each part with its length before it.
fn code(key: &[u8; 32], what: &[u8], position: &[u8], binding: &Binding<'_>) -> Hmac<Sha256> {
    let mut code = keyed(key);
    code.update(b"entente taxii next ");
    code.update(what);
    code.update(b"\0");
    code.update(position);
    code.update(&binding.epoch.to_be_bytes());
    for part in [binding.resource, binding.query, binding.caller] {
        code.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        code.update(part.as_bytes());
    }
    code
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key that is shorter than a block is filled up with zeros in any case.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte = *key);
    Hmac::<Sha256>::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];
    const BINDING: Binding<'static> = Binding { resource: "objects/1", query: "q", caller: "ana", epoch: 3 };

    #[test]
    fn a_token_is_for_one_caller_query_and_state_of_the_rules() {
        let token = write(&KEY, 1_451_606_400_000_000, &BINDING);
        assert_eq!(read(&KEY, &token, &BINDING), Some(1_451_606_400_000_000));
        for other in [
            Binding { resource: "objects/2", ..BINDING },
            Binding { query: "r", ..BINDING },
            Binding { caller: "bob", ..BINDING },
            Binding { epoch: 4, ..BINDING },
            // The same letters, cut elsewhere.
            Binding { query: "qa", caller: "na", ..BINDING },
        ] {
            assert_eq!(read(&KEY, &token, &other), None, "{other:?}");
        }
        assert_eq!(read(&[8; 32], &token, &BINDING), None);
        let place = hex::encode(&1_451_606_400_000_000_i64.to_be_bytes());
        assert!(!token.contains(&place));
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_token(position in any::<i64>(), at in 0..LONGEST, to in "[0-9a-fA-F ]") {
            let token = write(&KEY, position, &BINDING);
            prop_assert_eq!(read(&KEY, &token, &BINDING), Some(position));
            let mut other = token.clone();
            other.replace_range(at..=at, &to);
            prop_assert_eq!(read(&KEY, &other, &BINDING).is_some(), other == token);
            prop_assert_eq!(read(&KEY, &token[1..], &BINDING), None);
        }
    }
}
