//! Records that enter once, however often somebody sends them: an id that this person comes to again, and nobody else.

use aws_lc_rs::hmac;

use super::{ApiError, Control};
use entente_formats::hex;

/// How many letters words have, and what stands before the digits.
const LONGEST: usize = 200;

/// The id of what a person calls by these words: `before` (the party, when absent), a dash and twenty digits. Made with a key of the
/// node, it tells nobody what it was made of, and nobody who holds the same learns that it is here, or keeps it out.
pub(super) fn id_of(control: &Control, person: &str, before: Option<&str>, words: &str) -> Result<String, ApiError> {
    let before = before.unwrap_or(control.operator.nationality.as_str());
    for (field, text) in [("id", before), ("once", words)] {
        if text.chars().count() > LONGEST {
            return Err(ApiError::Request(format!("{field}: at most {LONGEST} letters, where there is `once`")));
        }
    }
    let secret = control.storage.secret_for(b"names of what enters once")?;
    let mut tag = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &*secret));
    // The length first: where one ends and the other begins is nobody's to choose.
    tag.update(&u64::try_from(words.len()).unwrap_or(u64::MAX).to_be_bytes());
    tag.update(words.as_bytes());
    tag.update(person.as_bytes());
    let tag = tag.sign();
    Ok(format!("{before}-{}", hex::encode(tag.as_ref().get(..10).unwrap_or_default())))
}
