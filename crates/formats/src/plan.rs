//! An action plan that prints: commitments with owners, days, steps and what shows them, as text and as one HTML page from the same
//! data. Out only; what stands in it was read and checked elsewhere. The key type is [`Plan`].

use std::fmt::Write;

use entente_core::time::Date;

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is a plan of.
    pub title: String,
    /// As of which day, in UTC.
    pub day: Date,
    /// Its commitments, in the order in which they are shown.
    pub items: Vec<Item>,
}

/// A commitment in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Who is to do it.
    pub owner: String,
    /// What.
    pub what: String,
    /// The text and the article that it is from, in words; empty without one.
    pub basis: String,
    /// Until the end of which day.
    pub due: String,
    /// `open`, `overdue`, `done`, `late` or `dropped`.
    pub status: String,
    /// The steps to it, each with whether it is done.
    pub steps: Vec<(String, bool)>,
    /// What shows it: names of records.
    pub evidence: Vec<String>,
    /// What its owner said last.
    pub note: String,
}

impl Plan {
    /// How many are of each status, in words, the most pressing first.
    fn summary(&self) -> String {
        let count = |status: &str| self.items.iter().filter(|item| item.status == status).count();
        let words = ["overdue", "open", "done", "late", "dropped"].map(|status| (status, count(status)));
        let words: Vec<String> =
            words.iter().filter(|(_, count)| *count > 0).map(|(status, count)| format!("{count} {status}")).collect();
        if words.is_empty() { "nothing is committed to".to_owned() } else { words.join(", ") }
    }

    /// As plain text, for a terminal or a mail.
    pub fn text(&self) -> String {
        let mut text = format!("{}\nas of {} (UTC): {}\n", line(&self.title), self.day, self.summary());
        for (number, item) in self.items.iter().enumerate() {
            let due = if item.due.is_empty() { "no day".to_owned() } else { format!("by {}", item.due) };
            let status = item.status.to_uppercase();
            let _ =
                write!(text, "\n{}. {}  {}  {due}\n   {}\n", number + 1, line(&item.owner), status, line(&item.what));
            if !item.basis.is_empty() {
                let _ = writeln!(text, "   under {}", line(&item.basis));
            }
            for (step, is_done) in &item.steps {
                let _ = writeln!(text, "   [{}] {}", if *is_done { 'x' } else { ' ' }, line(step));
            }
            if !item.evidence.is_empty() {
                let _ = writeln!(text, "   shown by {}", line(&item.evidence.join(", ")));
            }
            if !item.note.is_empty() {
                let _ = writeln!(text, "   \"{}\"", line(&item.note));
            }
        }
        text
    }

    /// As one page of HTML that needs nothing else: no script, no picture, no address. The letters get smaller as the plan gets
    /// longer, so that an ordinary one prints on one sheet.
    pub fn html(&self) -> String {
        let lines: usize =
            self.items.iter().map(|item| 2 + item.steps.len() + usize::from(!item.note.is_empty())).sum();
        let points = match lines {
            0..=35 => "10",
            36..=55 => "8.5",
            _ => "7",
        };
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n\
             @page {{ size: A4; margin: 14mm }}\n\
             body {{ font: {points}pt/1.3 sans-serif; color: #000; background: #fff; max-width: 182mm; margin: 0 auto }}\n\
             h1 {{ font-size: 1.4em; margin: 0 }} p {{ margin: 0 0 .8em }}\n\
             table {{ border-collapse: collapse; width: 100% }}\n\
             th, td {{ border: .5pt solid #888; padding: .25em .4em; text-align: left; vertical-align: top }}\n\
             tr {{ break-inside: avoid }} ul {{ list-style: none; margin: 0; padding: 0 }}\n\
             .overdue {{ font-weight: bold }}\n</style>\n<h1>{title}</h1>\n<p>As of {day} (UTC): {summary}</p>\n\
             <table>\n<tr><th>Owner<th>What<th>Due<th>Status<th>Shown by\n",
            title = escaped(&self.title),
            day = self.day,
            summary = escaped(&self.summary()),
        );
        for item in &self.items {
            let class = if item.status == "overdue" { " class=\"overdue\"" } else { "" };
            let mut what = escaped(&item.what);
            if !item.basis.is_empty() {
                let _ = write!(what, "<br><small>{}</small>", escaped(&item.basis));
            }
            if !item.steps.is_empty() {
                what.push_str("<ul>");
                for (step, is_done) in &item.steps {
                    let _ = write!(what, "<li>{} {}", if *is_done { '☑' } else { '☐' }, escaped(step));
                }
                what.push_str("</ul>");
            }
            if !item.note.is_empty() {
                let _ = write!(what, "<i>{}</i>", escaped(&item.note));
            }
            let evidence: Vec<String> = item.evidence.iter().map(|name| escaped(name)).collect();
            let _ = writeln!(
                html,
                "<tr{class}><td>{}<td>{what}<td>{}<td>{}<td>{}",
                escaped(&item.owner),
                escaped(&item.due),
                escaped(&item.status),
                evidence.join("<br>")
            );
        }
        html.push_str("</table>\n</html>\n");
        html
    }
}

/// Text that others wrote, as one line that moves no cursor.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text as it may stand in HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_page_say_the_same_and_nothing_gets_out_of_its_place() {
        let plan = Plan {
            title: "Plan <of> us".into(),
            day: "2026-11-29".parse().unwrap(),
            items: vec![
                Item {
                    owner: "USA".into(),
                    what: "host \"Freedom Edge\" & report\u{1b}[2J".into(),
                    basis: "tscf-2024 art. exercises".into(),
                    due: "2026-11-01".into(),
                    status: "overdue".into(),
                    steps: vec![("plan".into(), true), ("<script>invite</script>".into(), false)],
                    evidence: vec!["JPN/J-1".into()],
                    note: "late".into(),
                },
                Item {
                    owner: "JPN".into(),
                    what: "meet".into(),
                    basis: String::new(),
                    due: String::new(),
                    status: "open".into(),
                    steps: Vec::new(),
                    evidence: Vec::new(),
                    note: String::new(),
                },
            ],
        };
        let (text, html) = (plan.text(), plan.html());
        for word in ["1 overdue, 1 open", "2026-11-01", "JPN/J-1", "tscf-2024 art. exercises"] {
            assert!(text.contains(word) && html.contains(word), "{word}");
        }
        assert!(text.contains("[x] plan") && text.contains("no day"), "{text}");
        assert!(!html.contains("<script") && !html.contains("<of>") && !text.contains('\u{1b}'), "{html}");
        assert_eq!(html.matches("<tr").count(), 3);
    }
}
