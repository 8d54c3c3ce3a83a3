//! The path of a request, taken apart. Nothing is looked up here, and nothing is joined: `..` is a name like any other.

/// The parts of a path between its slashes, unescaped; one slash at the end does not count. `None` for what is no path, is escaped
/// wrongly, or is no UTF-8.
pub fn parts(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/').map(unescape).collect()
}

/// A text without its percent signs (RFC 3986, section 2.1).
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        for (path, expected) in [
            ("/", &[][..]),
            ("/taxii2/", &["taxii2"]),
            ("/taxii2", &["taxii2"]),
            ("/r/collections/a%20b/", &["r", "collections", "a b"]),
            ("/r//", &["r", ""]),
            ("/r/%2e%2E/a%2Fb", &["r", "..", "a/b"]),
        ] {
            assert_eq!(parts(path).unwrap(), expected, "{path}");
        }
        for path in ["", "/%", "/%4", "/%gg", "/%ff", "/%+1", "taxii2/"] {
            assert_eq!(parts(path), None, "{path}");
        }
    }
}
