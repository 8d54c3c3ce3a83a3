//! `entente taxii`: API roots and collections of the node's TAXII server, and objects out of files; servers of others, followed and fed.

mod root;
mod collection;
mod load;

mod objects;
mod object;

mod elsewhere;
mod checkpoint;
mod pull;
mod push;

use crate::{
    console::Console,
    failure::{Failure, Outcome},
    verb::remote::ListArgs,
};

/// STIX over TAXII: API roots, collections, objects out of files; other servers, followed and fed
///
/// Any TAXII 2.1 client reads and writes where the node listens for people (`[console]`), from `/taxii2/` on; each object is
/// decided for who asks. docs/guide/taxii.md shows MISP, OpenCTI and a script.
#[derive(clap::Subcommand)]
pub(crate) enum Verb {
    #[command(subcommand)]
    Root(root::Verb),
    #[command(subcommand)]
    Collection(collection::Verb),
    Load(load::Args),
    /// List the collections that can be read, with how many objects of each the operator may see
    Collections(ListArgs),
    Objects(Box<objects::ObjectsArgs>),
    Object(object::ObjectArgs),
    Compare(object::CompareArgs),
    Graph(object::GraphArgs),
    Pull(pull::Args),
    Push(push::Args),
}

impl Verb {
    pub(super) fn run(&self, console: &mut Console) -> Result<Outcome, Failure> {
        match self {
            Self::Root(verb) => verb.run(console),
            Self::Collection(verb) => verb.run(console),
            Self::Load(args) => load::run(args, console),
            Self::Collections(args) => objects::collections(args, console),
            Self::Objects(args) => objects::objects(args, console),
            Self::Object(args) => object::object(args, console),
            Self::Compare(args) => object::compare(args, console),
            Self::Graph(args) => object::graph(args, console),
            Self::Pull(args) => pull::run(args, console),
            Self::Push(args) => push::run(args, console),
        }
    }
}

/// A path of the API, with what is asked behind it.
fn asked(path: &[&str], fields: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        value.map(|value| query.append_pair(name, value));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut text = String::new();
    for part in path {
        text.push('/');
        for byte in part.bytes() {
            match plain(byte) {
                true => text.push(char::from(byte)),
                false => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    format!("{text}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_asked_is_one_path() {
        let path = super::asked(&["stix", "objects", "a/../b"], &[("q", Some("a b&c")), ("type", None)]);
        assert_eq!(path, "/stix/objects/a%2F..%2Fb?q=a+b%26c");
    }
}
