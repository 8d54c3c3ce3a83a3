//! The forms of names: types, properties, dictionary keys, hexadecimal and base64 texts.
//!
//! Each function says whether a text is of one form, with its section.

/// A type: small letters, digits and single hyphens, a letter first, 3 to 250 long (section 3.1, `type`).
pub(super) fn is_type(text: &str) -> bool {
    (3..=250).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.contains("--")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A property: small letters, digits and underscores, a letter first, 3 to 250 long; or `id` (section 3.1).
pub(super) fn is_property(text: &str) -> bool {
    text == "id"
        || (3..=250).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A key of a dictionary: letters, digits, hyphens and underscores, up to 250 (section 2.3).
pub(super) fn is_key(text: &str) -> bool {
    text.len() <= 250 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Hexadecimal in pairs, in either case.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Base64 with its padding (RFC 4648, section 4).
pub(super) fn is_base64(text: &str) -> bool {
    let content = text.trim_end_matches('=');
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - content.len() <= 2
        && content.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Whether a word of an open vocabulary is written as one: small letters, hyphens between words (section 2.11).
pub(super) fn is_vocabulary_word(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && !text.chars().any(|c| c.is_uppercase() || c == '_' || c == ' ')
}

/// A language tag of RFC 5646, as far as its form goes: `en`, `es-ES`, `zh-Hant-TW`, `x-klingon`.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let opens = match first {
        "x" | "i" => text.len() > 2,
        _ => (2..=8).contains(&first.len()) && letters(first),
    };
    opens && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A media type of a registered kind: `application/zip` (RFC 6838).
pub(super) fn is_media_type(text: &str) -> bool {
    const KINDS: [&str; 10] =
        ["application", "audio", "font", "haptics", "image", "message", "model", "multipart", "text", "video"];
    text.split_once('/').is_some_and(|(kind, subtype)| {
        KINDS.contains(&kind)
            && (1..=127).contains(&subtype.len())
            && subtype.starts_with(|first: char| first.is_ascii_alphanumeric())
            && subtype.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    })
}

/// The type of a custom object: `x-`, who made it, a hyphen, a name (section 11.2).
pub(super) fn is_custom_type(text: &str) -> bool {
    text.strip_prefix("x-").is_some_and(|rest| between(rest, '-'))
}

/// A custom property: `x_`, who made it, an underscore, a name (section 11.1).
pub(super) fn is_custom_property(text: &str) -> bool {
    text.strip_prefix("x_").is_some_and(|rest| between(rest, '_'))
}

/// A custom extension of an observable: `x-`, who made it, a name, `-ext`.
pub(super) fn is_custom_extension(text: &str) -> bool {
    text.strip_prefix("x-").and_then(|rest| rest.strip_suffix("-ext")).is_some_and(|rest| between(rest, '-'))
}

/// Whether the mark stands somewhere inside, with something on either side.
fn between(text: &str, mark: char) -> bool {
    let after_first = text.chars().next().and_then(|first| text.get(first.len_utf8()..)).unwrap_or_default();
    after_first.split_once(mark).is_some_and(|(_, rest)| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (is, yes, no) in [
            (
                is_type as fn(&str) -> bool,
                &["file", "x-a-", "ipv4-addr"][..],
                &["", "ab", "a--b", "Ab-c", "1ab", "a_b", "é12"][..],
            ),
            (is_property, &["id", "abc", "x_1"], &["", "ab", "x-something", "Abc", "1ab", "_ab"]),
            (is_key, &["", "a", "A-_1"], &["español", "a b", "a."]),
            (is_hex, &["00", "aF"], &["", "0", "0g"]),
            (is_base64, &["QUI=", "QQ==", "QUJD"], &["", "Q", "QUI", "Q===", "QU=I", "QU!="]),
            (
                is_language,
                &["en", "en-US", "zh-Hant-TW", "x-klingon", "eng"],
                &["", "e", "español", "en_US", "en-", "x-"],
            ),
            (is_media_type, &["application/zip", "image/svg+xml"], &["bla", "bla/blabla", "text/", "text/a b"]),
            (is_custom_type, &["x-corp-oration", "x-a-b"], &["x-corporation", "x--a", "corp-a", "x-a-"]),
            (is_custom_property, &["x_source_something", "x_x_foo"], &["x_something", "something", "x_a_"]),
            (is_custom_extension, &["x-foo-bar-ext"], &["x-foobar-ext", "foobar-ext", "x-foo-bar"]),
        ] {
            for text in yes {
                assert!(is(text), "{text}");
            }
            for text in no {
                assert!(!is(text), "{text}");
            }
        }
    }
}
