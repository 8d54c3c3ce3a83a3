//! Who asks over TAXII, and which collections that person has. Key type: [`Caller`].

use axum::http::{HeaderMap, header};
use entente_formats::taxii::credential::{self, Credential};
use entente_store::taxii::{Collection, Terms};

use super::answer::Fault;
use crate::{
    control::{ApiError, Control},
    people::{
        SignedIn, Way, basic, certificates,
        role::{Role, Roles},
        session,
    },
    web::Shown,
};

/// Who may be given objects at all.
const READERS: Roles = Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure, Role::Treaty]);
/// Who may add any.
const WRITERS: Roles = Roles::of(&[Role::Watch, Role::Analyst, Role::Disclosure]);

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) person: SignedIn,
}

/// What somebody may do with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Rights {
    /// Whether the collection is there for that person.
    pub(super) fn any(self) -> bool {
        self.read || self.write
    }
}

impl Caller {
    /// Finds out who asks: a certificate that the connection was made with, HTTP Basic or a bearer token. Of a certificate and
    /// something else both must be of one account, and the something else says what it may do. Cookies do not count here, so that no
    /// page of somebody else can ask with them.
    pub(super) async fn find(
        control: &Control,
        headers: &HeaderMap,
        from: Option<session::From>,
        shown: Option<Shown>,
    ) -> Result<Self, Fault> {
        let certified = match shown {
            Some(Shown(spki)) => certificates::who(control, spki).await?,
            None => None,
        };
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = match (values.next(), values.next(), certified.as_ref()) {
            (Some(value), None, _) => value,
            (None, _, Some(person)) => return Ok(Self { person: person.clone() }),
            _ => return Err(Fault::unauthorised("nobody is signed in")),
        };
        let person = match value.to_str().ok().and_then(credential::read) {
            Some(Credential::Bearer(token)) => control.accounts.of_token(&token).await?.ok_or(ApiError::NotSignedIn)?,
            Some(Credential::Basic(name, password)) => {
                let from = from.unwrap_or(session::From(std::net::Ipv4Addr::UNSPECIFIED.into()));
                basic::who(control, name, password, from).await?
            }
            None => return Err(Fault::unauthorised("nobody is signed in")),
        };
        // Whoever shows two proofs may be two: then neither counts.
        if certified.is_some_and(|other| other.name() != person.name()) {
            return Err(Fault::unauthorised("nobody is let in with that"));
        }
        Ok(Self { person })
    }

    /// What this person may do with a collection of these terms.
    pub(super) fn rights(&self, terms: &Terms) -> Rights {
        let roles = self.person.roles();
        let is_read_only = matches!(self.person.way(), Way::Token { read_only: true, .. });
        Rights {
            read: !roles.and(READERS).is_empty() && self.is_named(&terms.read),
            write: !roles.and(WRITERS).is_empty() && !is_read_only && self.is_named(&terms.write),
        }
    }

    /// Whether this person may be given objects of collections that everybody here has.
    pub(super) fn is_reader(&self) -> bool {
        !self.person.roles().and(READERS).is_empty()
    }

    fn is_named(&self, spec: &[String]) -> bool {
        let roles = self.person.roles();
        spec.iter().any(|word| match word.split_once(':') {
            None => word == "*",
            Some(("user", name)) => name == self.person.name(),
            Some(("role", word)) => roles.iter().any(|role| role.as_str() == word),
            Some(_) => false,
        })
    }

    /// The collection of a root under that identifier or alias, with what this person may do with it.
    pub(super) fn collection<'c>(
        &self,
        collections: &'c [Collection],
        root: &str,
        name: &str,
    ) -> Result<(&'c Collection, Rights), Fault> {
        let is_it = |collection: &&Collection| {
            collection.root == root
                && (collection.id.eq_ignore_ascii_case(name) || collection.alias.as_deref() == Some(name))
        };
        let found = collections.iter().find(is_it).map(|collection| (collection, self.rights(&collection.terms)));
        found.filter(|(_, rights)| rights.any()).ok_or_else(|| Fault::not_found("collection"))
    }
}

/// Who is meant: users, roles and `*`, with commas between them, as they are kept. A word without `user:` or `role:` is a role
/// where there is one of that name.
///
/// # Errors
/// The word that means nobody.
pub(crate) fn parse_spec(text: &str) -> Result<Vec<String>, String> {
    let word = |word: &str| -> Result<String, String> {
        let is_role = |word: &str| Role::ALL.iter().any(|role| role.as_str() == word);
        let known = Role::ALL.map(Role::as_str).join("`, `");
        match word.split_once(':') {
            Some(("role", name)) if is_role(name) => Ok(word.to_owned()),
            Some(("role", name)) => Err(format!("unknown role `{name}`; known: `{known}`")),
            Some(("user", name)) if crate::people::users::is_name(name) => Ok(word.to_owned()),
            None if word == "*" => Ok(word.to_owned()),
            None if is_role(word) => Ok(format!("role:{word}")),
            None if crate::people::users::is_name(word) => Ok(format!("user:{word}")),
            _ => Err(format!("`{word}` is neither `user:NAME`, `role:ROLE` nor `*`")),
        }
    };
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "-");
    words.map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_names_users_and_roles() {
        for (text, words) in [
            ("*", &["*"][..]),
            ("analyst", &["role:analyst"]),
            ("role:analyst, user:analyst", &["role:analyst", "user:analyst"]),
            ("mori@mod.example", &["user:mori@mod.example"]),
            ("", &[]),
            ("-", &[]),
        ] {
            assert_eq!(parse_spec(text).unwrap(), words, "{text}");
        }
        for wrong in ["role:king", "user:", "a b", "x:y", "user:../a"] {
            assert!(parse_spec(wrong).is_err(), "{wrong}");
        }
    }
}
