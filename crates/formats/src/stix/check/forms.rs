//! Texts of forms that are defined elsewhere: addresses, media types, languages.

// Of `core`: addresses are texts here, and nothing is connected to.
use core::net::{Ipv4Addr, Ipv6Addr};

use super::Place;
use crate::stix::{
    json::excerpt,
    marking::selector::Selector,
    names,
    spec::{Form, lists},
};

/// Checks a text.
pub(super) fn check(text: &str, form: Form, place: &mut Place<'_>) {
    let (fits, what) = match form {
        Form::Url => (is_url(text), "URL (RFC 3986)"),
        Form::Email => (is_email(text), "address of e-mail (RFC 5322), without a display name"),
        Form::Domain => (is_domain(text), "domain name (RFC 1034, RFC 5890)"),
        Form::Ipv4 => (is_block::<Ipv4Addr>(text, 32), "IPv4 address or block (CIDR)"),
        Form::Ipv6 => (is_block::<Ipv6Addr>(text, 128), "IPv6 address or block (CIDR)"),
        Form::Mac => (is_mac(text), "MAC address in small letters with colons"),
        Form::MediaType => (names::is_media_type(text), "media type of a registered kind"),
        Form::CharacterSet => (
            lists::CHARACTER_SETS.split_ascii_whitespace().any(|set| set.eq_ignore_ascii_case(text)),
            "character set of IANA",
        ),
        Form::Language | Form::LanguageOfSoftware => (names::is_language(text), "language tag (RFC 5646)"),
        Form::Cpe => (is_cpe(text), "CPE 2.3 formatted string"),
        Form::RelationshipType => (
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "type of relationship: small letters, digits and hyphens",
        ),
        Form::RegistryKey => (!is_abbreviated(text), "registry key with its hive in full (`HKEY_LOCAL_MACHINE`)"),
        Form::Selector => (Selector::parse(text).is_ok(), "selector (`name`, `external_references.[0].url`)"),
    };
    if !fits {
        place.wrong(format!("`{}` is no {what}", excerpt(text)));
    }
}

/// A scheme, a colon and something of the characters that RFC 3986 and 3987 allow.
fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !rest.is_empty()
            && rest.chars().all(|c| !c.is_control() && !" \"<>\\^`{|}".contains(c))
            && rest
                .split('%')
                .skip(1)
                .all(|escape| escape.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())))
    })
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
        let is_literal = domain.starts_with('[') && domain.ends_with(']') && domain.len() > 2;
        let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"(),:;<>@[\\]".contains(c);
        (1..=64).contains(&local.len())
            && (is_quoted || local.chars().all(is_plain) && local.split('.').all(|part| !part.is_empty()))
            && (is_literal || is_domain(domain))
    })
}

/// Labels of up to 63 bytes, in letters of any script: names are often kept as they were seen.
fn is_domain(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    (1..=253).contains(&text.len())
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii() && !c.is_control())
        })
}

/// An address, perhaps with the length of its prefix in plain digits.
fn is_block<A: std::str::FromStr>(text: &str, most: u32) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    // A zone is of one host and may stand behind an address of IPv6.
    let address = if most == 128 { address.split_once('%').map_or(address, |(address, _)| address) } else { address };
    let is_plain =
        |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    address.parse::<A>().is_ok()
        && length.is_none_or(|digits| is_plain(digits) && digits.parse::<u32>().is_ok_and(|length| length <= most))
}

fn is_mac(text: &str) -> bool {
    text.len() == 17
        && text.bytes().enumerate().all(|(at, byte)| match at % 3 {
            2 => byte == b':',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// `cpe:2.3:`, a part, and ten more of which none is empty; colons inside are escaped.
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let mut parts = vec![String::new()];
    let mut is_escaped = false;
    for c in rest.chars() {
        if c == ':' && !is_escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    parts.len() == 11
        && parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace))
        && parts.first().is_some_and(|part| ["a", "h", "o", "*", "-"].contains(&part.as_str()))
}

/// Whether the hive is written short (section 6.17).
fn is_abbreviated(text: &str) -> bool {
    let hive = text.split('\\').next().unwrap_or_default().to_ascii_uppercase();
    ["HKLM", "HKCC", "HKCR", "HKCU", "HKU"].contains(&hive.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_others() {
        for (is, yes, no) in [
            (
                is_url as fn(&str) -> bool,
                &["https://example.com/a?b=c%20d", "urn:a:b", "mailto:a@b"][..],
                &["", "foo", "foo:", "1a:b", "http://a b", "http://a/%zz"][..],
            ),
            (
                is_email,
                &["a@b", "john.doe@example.com", "\"a b\"@example.com", "a@[192.0.2.1]"],
                &["", "a", "John Doe <jdoe@example.com>", "a..b@c", "@b", "a@"],
            ),
            (
                is_domain,
                &["example.com", "a_b.example", "пример.рф", "example.com."],
                &["", ".", "-a.b", "a b", "a..b"],
            ),
            (
                |text| is_block::<Ipv4Addr>(text, 32),
                &["192.168.0.1", "192.168.0.1/0", "192.168.0.1/32"],
                &["192.168.0.1/33", "192.168.0.1/a", "192.168.0.1/", "192.168.0.1/01", "256.0.0.1", "1.1.1"],
            ),
            (
                |text| is_block::<Ipv6Addr>(text, 128),
                &["fe80::1", "::", "fe80::1/128", "fe80::1%eth0", "::ffff:192.0.2.1"],
                &["foo", "fe80::1/129", "fe80::1/", "fe80::1/00", "fe80::1/a", "fe80:::1"],
            ),
            (is_mac, &["d2:fb:49:24:37:18"], &["D2:fb:49:24:37:18", "d2-fb-49-24-37-18", "d2:fb:49:24:37"]),
            (
                is_cpe,
                &["cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*", "cpe:2.3:a:a\\:b:c:1:*:*:*:*:*:*:*"],
                &["cpe:/a:microsoft:word:2000", "cpe:2.3:x:a:b:1:*:*:*:*:*:*:*", "cpe:2.3:a:a:b"],
            ),
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
