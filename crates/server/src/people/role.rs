//! Roles: which endpoints somebody may ask. What is seen through them is another question. Key type: [`Roles`].

/// A role; docs/guide/people.md has what each may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Role {
    Watch,
    Analyst,
    Disclosure,
    Treaty,
    Auditor,
    Admin,
}

impl Role {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 6] =
        [Self::Watch, Self::Analyst, Self::Disclosure, Self::Treaty, Self::Auditor, Self::Admin];

    /// The word for people, JSON and the store.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Analyst => "analyst",
            Self::Disclosure => "disclosure",
            Self::Treaty => "treaty",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles(u8);

impl Roles {
    /// These.
    pub(crate) const fn of(roles: &[Role]) -> Self {
        let mut bits = 0;
        let mut rest = roles;
        while let Some((role, behind)) = rest.split_first() {
            bits |= 1 << *role as u8;
            rest = behind;
        }
        Self(bits)
    }

    /// Every one.
    pub(crate) const fn all() -> Self {
        Self::of(&Role::ALL)
    }

    /// Whether it has this one.
    pub(crate) fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Those that are in both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Their words, in order.
    pub(crate) fn words(self) -> Vec<String> {
        self.iter().map(|role| role.as_str().to_owned()).collect()
    }

    /// The set that these words name.
    ///
    /// # Errors
    /// The word that names no role.
    pub(crate) fn from_words(words: &[String]) -> Result<Self, String> {
        let roles = words.iter().map(|word| {
            let known = Role::ALL.into_iter().find(|role| role.as_str() == word);
            known.ok_or_else(|| {
                let all = Role::ALL.map(Role::as_str).join("`, `");
                format!("unknown role `{word}`; known: `{all}`")
            })
        });
        Ok(Self::of(&roles.collect::<Result<Vec<_>, _>>()?))
    }

    /// Why nobody may have these roles together, when that is so: who says who may do what does not also do it.
    pub(crate) fn conflict(self) -> Option<&'static str> {
        let others = self.iter().any(|role| !matches!(role, Role::Admin | Role::Auditor));
        if self.has(Role::Admin) && others {
            Some("an administrator decides who may do what, and does none of it: give `admin` an account of its own")
        } else if self.has(Role::Admin) && self.has(Role::Auditor) {
            Some("an auditor looks at what administrators do: give `auditor` an account of its own")
        } else {
            None
        }
    }
}
