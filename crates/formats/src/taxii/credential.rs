//! What stands in the header `Authorization` (RFC 7235): the scheme, and of HTTP Basic (RFC 7617) the name and the password. Whether
//! anything of it is right is not asked here. Key type: [`Credential`].

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The longest name that an account can have, in bytes.
pub const LONGEST_NAME: usize = 64;
/// The longest password that is read, in bytes.
const LONGEST_PASSWORD: usize = 4_096;

/// What somebody shows. It has no form in which it could be printed.
#[derive(PartialEq, Eq)]
pub enum Credential {
    /// A token.
    Bearer(Zeroizing<String>),
    /// A name and a password.
    Basic(String, Zeroizing<String>),
}

/// Reads the value of the header. `None` for another scheme, and for what is none.
pub fn read(value: &str) -> Option<Credential> {
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!rest.is_empty()).then(|| Credential::Bearer(Zeroizing::new(rest.to_owned())));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    // Longer than any that is read, before anything is made of it.
    if rest.len() > (LONGEST_NAME + 1 + LONGEST_PASSWORD).div_ceil(3) * 4 {
        return None;
    }
    let bytes = Zeroizing::new(STANDARD.decode(rest).ok()?);
    let (name, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    let is_short = name.len() <= LONGEST_NAME && password.len() <= LONGEST_PASSWORD;
    is_short.then(|| Credential::Basic(name.to_owned(), Zeroizing::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(name: &str, password: &str) -> Option<Credential> {
        Some(Credential::Basic(name.to_owned(), Zeroizing::new(password.to_owned())))
    }

    #[test]
    fn a_header_is_a_token_or_a_name_and_a_password() {
        let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert!(read(&encoded("ana:a:b")) == basic("ana", "a:b"));
        assert!(read(&encoded(":")) == basic("", ""));
        assert!(read(&encoded("é:ü").replace("Basic", "bAsIc ")) == basic("é", "ü"));
        assert!(read("BEARER  abc ") == Some(Credential::Bearer(Zeroizing::new("abc".to_owned()))));
        let (name, password) = ("n".repeat(LONGEST_NAME + 1), "p".repeat(LONGEST_PASSWORD + 1));
        assert!(read(&encoded(&format!("a:{}", &password[1..]))).is_some());
        for wrong in [&format!("{name}:p"), &format!("a:{password}"), "no colon"] {
            assert!(read(&encoded(wrong)).is_none(), "{} bytes", wrong.len());
        }
        for wrong in
            ["", "Basic", "Basic ", "Basic %%%", "Basic gIA6", "Bearer ", "Digest username=\"ana\"", "BasicYTpi"]
        {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
