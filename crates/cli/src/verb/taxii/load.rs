//! `entente taxii load`: objects out of a file into a collection.

use std::{collections::HashMap, io::Write, path::PathBuf};

use entente_formats::stix::{
    envelope::{self, write_objects},
    index,
    time::Moment,
};
use entente_server::api::LoadRequest;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    columns::printable,
    console::Console,
    failure::{Failure, Outcome},
    input,
    verb::remote::NodeArgs,
};

/// How many objects, and how many bytes of them, are handed over at once.
const OBJECTS: usize = 2_000;
const BYTES: usize = 8 * 1024 * 1024;
/// The longest file.
const LONGEST: usize = 2 * 1024 * 1024 * 1024;

/// Add the objects of a file to a collection
///
/// FILE is a bundle, an envelope of TAXII, or one object a line; objects of STIX 2.1 and 2.0, kept to the byte. What is here
/// already is passed over. With `--keep-dates` each version keeps the `date_added` that it had elsewhere, where that is later than
/// what the collection has: out of a manifest (`--manifest`, or a member `manifest` of FILE), or out of lines of the form
/// `{"date_added": …, "object": …}`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    file: PathBuf,
    /// The collection's identifier
    #[arg(long, value_name = "ID")]
    collection: String,
    /// Keep the dates under which versions were added elsewhere
    #[arg(long)]
    keep_dates: bool,
    /// A manifest of TAXII, with those dates
    #[arg(long, value_name = "FILE", requires = "keep_dates")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A line with a date.
#[derive(Deserialize)]
struct Dated<'a> {
    date_added: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    date_added: String,
    version: Option<String>,
}

/// Dates by identifier and version.
type Dates = HashMap<(String, Option<i64>), String>;

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome, Failure> {
    let source = input::text(&args.file)?;
    let mut objects = read(&source.text).map_err(|why| Failure::new(format!("`{}`: {why}", args.file.display())))?;
    match args.keep_dates {
        false => objects.iter_mut().for_each(|(_, added)| *added = None),
        true => {
            match args.manifest.as_deref().map(|path| (path, input::text(path))) {
                // FILE itself may have one, and need not.
                None => _ = date(&mut objects, &source.text),
                Some((path, manifest)) => date(&mut objects, &manifest?.text)
                    .map_err(|why| Failure::new(format!("`{}`: no manifest of TAXII: {why}", path.display())))?,
            }
            // Under their moments, which only grow; those without come last.
            objects.sort_by_key(|(_, added)| {
                added.as_deref().and_then(|text| Moment::parse(text).ok()).map_or(i64::MAX, Moment::microseconds)
            });
        }
    }
    let path = format!("/taxii/collections/{}/objects", args.collection.to_ascii_lowercase());
    let (mut entered, mut known, mut failures) = (0, 0, Vec::new());
    for part in parts(&objects) {
        let mut envelope = "{\"objects\":".to_owned();
        write_objects(part.iter().map(|(text, _)| *text), &mut envelope);
        envelope.push('}');
        let added: Vec<Option<String>> = part.iter().map(|(_, added)| added.clone()).collect();
        let added = added.iter().any(Option::is_some).then_some(added);
        let request = LoadRequest { envelope, added };
        let status: Value = args.node.ask(async |client| client.post(&path, &request).await)?;
        let list = |name: &str| status.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let successes = list("successes");
        let here = successes.iter().filter(|detail| detail.get("message").is_some()).count();
        known += here;
        entered += successes.len() - here;
        failures.extend(list("failures"));
    }
    if args.json {
        console.json(&serde_json::json!({ "entered": entered, "known": known, "failures": failures }))?;
    } else {
        writeln!(console, "{entered} entered, {known} were here already, {} refused", failures.len())?;
        for failure in &failures {
            let text = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            writeln!(console, "  {}", printable(&format!("{}: {}", text("id"), text("message"))))?;
        }
    }
    Ok(if failures.is_empty() { Outcome::Done } else { Outcome::Failed })
}

/// The objects of a text, each with its date where a line has one.
fn read(text: &str) -> Result<Vec<(&str, Option<String>)>, String> {
    let limits = envelope::Limits { bytes: LONGEST, objects: usize::MAX };
    let whole = match envelope::objects(text, limits) {
        Ok(contents) if !contents.objects.is_empty() => {
            return Ok(contents.objects.into_iter().map(|object| (object, None)).collect());
        }
        whole => whole,
    };
    if index::read(text.trim()).is_ok_and(|entry| entry.kind != "bundle") {
        return Ok(vec![(text.trim(), None)]);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_of_lines =
        lines.len() > 1 || lines.first().is_some_and(|line| serde_json::from_str::<Dated<'_>>(line).is_ok());
    if !is_of_lines || !lines.iter().all(|line| line.starts_with('{')) {
        return Err(match whole {
            Err(problem) => problem.to_string(),
            Ok(_) => "no object is in it".to_owned(),
        });
    }
    let of_line = |line| match serde_json::from_str::<Dated<'_>>(line) {
        Ok(Dated { date_added, object }) => (object.get(), Some(date_added)),
        Err(_) => (line, None),
    };
    Ok(lines.into_iter().map(of_line).collect())
}

/// Gives objects their dates out of the manifest in a text; `Err` says why there is none.
fn date(objects: &mut [(&str, Option<String>)], text: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        manifest: Vec<Entry>,
        #[serde(default)]
        objects: Vec<Value>,
    }
    let Manifest { manifest, objects: listed } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let listed = listed.into_iter().filter_map(|value| serde_json::from_value::<Entry>(value).ok());
    let moment = |text: &str| Moment::parse(text).ok().map(Moment::microseconds);
    let dates: Dates = manifest
        .into_iter()
        .chain(listed)
        .map(|entry| ((entry.id, entry.version.as_deref().and_then(moment)), entry.date_added))
        .collect();
    for (text, added) in objects.iter_mut().filter(|(_, added)| added.is_none()) {
        let Ok(entry) = index::read(text) else { continue };
        let id = entry.id.as_ref().to_owned();
        let found = dates.get(&(id.clone(), entry.version())).or_else(|| dates.get(&(id, None)));
        *added = found.cloned();
    }
    match dates.is_empty() {
        true => Err("it has no entry with `id` and `date_added`".to_owned()),
        false => Ok(()),
    }
}

/// The objects in parts that are handed over at once.
fn parts<'o, 'a>(objects: &'o [(&'a str, Option<String>)]) -> Vec<&'o [(&'a str, Option<String>)]> {
    let mut parts = Vec::new();
    let mut rest = objects;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |(text, _): &&(&str, Option<String>)| {
            bytes += text.len();
            bytes <= BYTES
        };
        let count = rest.iter().take(OBJECTS).take_while(fits).count().max(1);
        let (part, behind) = rest.split_at(count);
        parts.push(part);
        rest = behind;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

    #[test]
    fn objects_come_in_several_forms() {
        let object = format!(r#"{{"type":"identity","id":"{ID}","name":"a"}}"#);
        for text in [
            object.clone(),
            format!("{{\"objects\":[{object}]}}"),
            format!(
                "{{\"type\":\"bundle\",\"id\":\"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\",\"objects\":[{object}]}}"
            ),
        ] {
            assert_eq!(read(&text).unwrap(), [(object.as_str(), None)], "{text}");
        }
        let dated = format!("{object}\n\n{{\"date_added\":\"2020-01-01T00:00:00Z\",\"object\":{object}}}\n");
        let read_lines = read(&dated).unwrap();
        assert_eq!(read_lines[1], (object.as_str(), Some("2020-01-01T00:00:00Z".to_owned())));
        for wrong in ["", "[]", "{}", "nonsense", "nonsense\nnonsense"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_come_out_of_a_manifest() {
        let object = format!(r#"{{"type":"identity","id":"{ID}","created":"2019-01-01T00:00:00Z"}}"#);
        for (manifest, date) in [
            (
                format!(r#"{{"objects":[{{"id":"{ID}","date_added":"d","version":"2019-01-01T00:00:00.000Z"}}]}}"#),
                Some("d"),
            ),
            (format!(r#"{{"manifest":[{{"id":"{ID}","date_added":"d"}}]}}"#), Some("d")),
            (format!(r#"{{"objects":[{{"id":"{ID}","date_added":"d","version":"2018-01-01T00:00:00.000Z"}}]}}"#), None),
        ] {
            let mut objects = vec![(object.as_str(), None)];
            super::date(&mut objects, &manifest).unwrap();
            assert_eq!(objects[0].1.as_deref(), date, "{manifest}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_not_passed_over() {
        let object = format!(r#"{{"type":"identity","id":"{ID}","created":"2019-01-01T00:00:00Z"}}"#);
        for text in ["nonsense", "[]", "{}", r#"{"objects":[]}"#, r#"{"objects":[{"id":"x"}]}"#, "{\"objects\":"] {
            let mut objects = vec![(object.as_str(), None)];
            assert!(super::date(&mut objects, text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_are_bounded() {
        let objects: Vec<(&str, Option<String>)> = vec![("{}", None); OBJECTS + 1];
        assert_eq!(parts(&objects).iter().map(|part| part.len()).collect::<Vec<_>>(), [OBJECTS, 1]);
        assert!(parts(&[]).is_empty());
    }
}
