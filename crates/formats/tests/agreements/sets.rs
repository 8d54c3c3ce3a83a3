//! Several files together.

use entente_formats::agreement;

use crate::told::{BINDING, told};

#[test]
fn a_set_is_checked_across_files() {
    let file = |id: &str, relies_on: &str| {
        BINDING.replace("a-b-2020", id).replace("binding", "arrangement") + &format!("relies_on = [{relies_on}]\n")
    };
    let told_of = |files: &[(&str, String)]| {
        let problems = match agreement::parse_set(files) {
            Ok(set) => set.warnings,
            Err(problems) => problems,
        };
        let lines = problems.into_iter().map(|found| {
            let (_, text) = files.iter().find(|(name, _)| *name == found.file).unwrap();
            format!("{}:{}", found.file, told(text, &[found.problem]).concat())
        });
        lines.collect::<Vec<String>>()
    };
    assert_eq!(
        told_of(&[("1.toml", BINDING.into()), ("2.toml", BINDING.into())]),
        ["2.toml:2:6 the id `a-b-2020` is already that of `1.toml` | one file is one agreement: rename or remove one"]
    );
    assert_eq!(
        told_of(&[("1.toml", file("c", "\"d\", \"e\"")), ("2.toml", BINDING.replace("a-b-2020", "e"))]),
        ["1.toml:6:14 no file has the agreement `d` | until one does, `c` is not in force"]
    );
    let political = BINDING.replace("a-b-2020", "e").replace("binding", "political");
    assert_eq!(
        told_of(&[("1.toml", file("c", "\"e\"")), ("2.toml", political)]),
        ["1.toml:6:14 `e` is political, and nothing rests on a political text | while it does, `c` is not in force"]
    );
    let circle =
        [("1.toml", file("c", "\"a-b-2020\", \"d\"")), ("2.toml", file("d", "\"e\"")), ("3.toml", file("e", "\"c\""))];
    assert_eq!(
        told_of(&circle),
        [
            "1.toml:6:26 `c` relies on itself by way of `d` | remove one of the `relies_on` entries of the circle",
            "2.toml:6:14 `d` relies on itself by way of `e` | remove one of the `relies_on` entries of the circle",
            "3.toml:6:14 `e` relies on itself by way of `c` | remove one of the `relies_on` entries of the circle"
        ]
    );
    assert_eq!(
        told_of(&[("1.toml", "schema = 1".into()), ("2.toml", BINDING.replace("KOR", "kor"))]),
        [
            r#"1.toml:1:10 `schema` must be a string, not an integer | write `schema = "entente.agreement/1"`"#,
            "2.toml:5:19 `kor` is not the code of a party | 2 to 32 of `A-Z`, `0-9` and `-`, a letter first, such as `JPN`"
        ]
    );
    let set = agreement::parse_set(&[("1.toml", file("c", "\"d\""))]).expect("a missing agreement is no error");
    assert_eq!((set.agreements.len(), set.warnings.len()), (1, 1));
}
