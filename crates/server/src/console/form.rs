//! The forms of the pages: what a question about one record shows, and the fields that come back.

/// The fields of a form that was sent, in their order; a box that may be ticked more than once comes more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The value of a field, without the blanks around it; empty when it is not there.
    pub(crate) fn one(&self, name: &str) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    /// The value of a field; none when it is empty.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        Some(self.one(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone()).collect()
    }

    /// Words separated by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let words = self.one(name);
        words.split([',', '、']).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// A question of a form.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: Kind,
    pub(crate) is_needed: bool,
}

/// How it is answered.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Any of these.
    Parties(Vec<Choice>),
    /// One of these.
    Choice(Vec<Choice>),
    /// A line.
    Line(String),
}

/// One of several.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) words: String,
    pub(crate) is_chosen: bool,
}

impl Choice {
    /// Those, of which these are chosen; each says its own word.
    pub(crate) fn of<T: ToString>(all: impl IntoIterator<Item = T>, chosen: &[String]) -> Vec<Self> {
        let choice = |value: T| {
            let value = value.to_string();
            Self { words: value.clone(), is_chosen: chosen.contains(&value), value }
        };
        all.into_iter().map(choice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_once_several_times_or_not_at_all() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = Fields(vec![pair("to", "JPN"), pair("to", "USA"), pair("note", "  by order "), pair("of", "")]);
        assert_eq!(fields.all("to"), ["JPN", "USA"]);
        assert_eq!(fields.one("note"), "by order");
        assert_eq!((fields.some("of"), fields.some("x")), (None, None));
        assert_eq!(Fields(vec![pair("s", "a, b、 c,,")]).list("s"), ["a", "b", "c"]);
    }
}
