//! Nothing exists only in a page: what each shows or does has its endpoint and its verb, or a reason why it has none.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_page_has_its_endpoint_and_its_verb() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let description: serde_json::Value = serde_json::from_str(&read("../../docs/spec/openapi.json")).unwrap();
    let operations =
        description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let endpoints: BTreeSet<&str> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
    let reference = read("../../docs/guide/cli.md");
    let verbs: BTreeSet<&str> =
        reference.lines().filter_map(|line| line.strip_prefix("## `entente ")?.strip_suffix('`')).collect();
    assert!(endpoints.len() > 100 && verbs.len() > 100, "{} {}", endpoints.len(), verbs.len());
    let table = read("tests/cases/page-verbs.txt");
    let mut named = BTreeSet::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split(" | ");
        let page: Vec<&str> = columns.next().unwrap().split_whitespace().collect();
        let (of_page, of_verb, why) =
            (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap_or_default());
        assert!(named.insert(page.join(" ")), "twice: {line}");
        for (column, known) in [(of_page, &endpoints), (of_verb, &verbs)] {
            if column == "-" {
                assert!(why.len() > 20, "there is none, and nobody says why: {line}");
                continue;
            }
            for name in column.split(", ") {
                assert!(known.contains(name), "no `{name}`: {line}");
            }
        }
    }
    let pages: BTreeSet<String> = read("tests/cases/page-roles.txt")
        .lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let (missing, surplus) =
        (pages.difference(&named).collect::<Vec<_>>(), named.difference(&pages).collect::<Vec<_>>());
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "not in tests/cases/page-verbs.txt: {missing:?}; no page: {surplus:?}"
    );
}
