//! What stands in front of everything that TAXII is asked: the path, and who asks.

use base64::{Engine, engine::general_purpose::STANDARD};
use entente_formats::taxii::{
    credential::{self, Credential},
    path,
};

/// A path has as many parts as it has slashes for, and is the same with every byte of its parts escaped; what is escaped never makes
/// another part.
pub fn a_path_is_taken_apart_in_one_way(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(parts) = path::parts(text) else { return };
    let inside = text.strip_prefix('/').expect("a path begins with a slash");
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    assert_eq!(parts.len(), if inside.is_empty() { 0 } else { inside.split('/').count() });
    let escaped = |part: &String| part.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let written: Vec<String> = parts.iter().map(escaped).collect();
    for end in ["", "/"] {
        let again = format!("/{}{end}", written.join("/"));
        // A last part without a letter needs the slash behind it to be there.
        if parts.last().is_none_or(|last| !last.is_empty()) || end == "/" {
            assert_eq!(path::parts(&again).as_ref(), Some(&parts), "{again}");
        }
    }
}

/// A credential that is read is the one that was sent: written again it is read as the same, and never as another kind.
pub fn a_credential_that_reads_is_the_one_that_was_sent(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(read) = credential::read(text) else { return };
    let written = match &read {
        Credential::Bearer(token) => {
            assert!(!token.is_empty() && text.trim_end().ends_with(&**token));
            format!("Bearer {}", **token)
        }
        Credential::Basic(name, password) => {
            assert!(!name.contains(':') && name.len() <= credential::LONGEST_NAME);
            format!("Basic {}", STANDARD.encode(format!("{name}:{}", **password)))
        }
    };
    assert!(credential::read(&written) == Some(read), "it is read as another");
}
