//! How much a request line may hold. Far above what people write, and low enough that no line costs more than a moment.
//!
//! They hold for lines from outside. What a node wrote down itself it reads back whatever its size.

use super::{HopLine, Line, LineError, RecordLine, wrong};

/// Bytes of a line.
pub const MAX_LINE: usize = 1024 * 1024;
/// Records in a line: the one asked about, its versions, and everything that they are derived from.
pub const MAX_RECORDS: usize = 256;
/// Versions of one record.
pub const MAX_VERSIONS: usize = 16;
/// Hops of one custody.
pub const MAX_HOPS: usize = 64;
/// Agreements of one hop, and of a request.
pub const MAX_UNDER: usize = 64;
/// Subjects of one record or consent.
pub const MAX_SUBJECTS: usize = 256;
/// Parties of one distribution list.
pub const MAX_DISTRIBUTION: usize = 1024;
/// Consents of a request; and as many approvals.
pub const MAX_PERMISSIONS: usize = 4096;

/// Whether a line is short enough to be read at all.
pub(super) fn length(line: &str) -> Result<(), LineError> {
    if line.len() > MAX_LINE {
        return Err(too_long());
    }
    Ok(())
}

/// What is said of a line that is longer than [`MAX_LINE`]. For who reads lines, and need not keep such a one.
pub fn too_long() -> LineError {
    LineError::Shape(format!("the line is longer than the {MAX_LINE} bytes allowed"))
}

pub(super) fn check(line: &Line) -> Result<(), LineError> {
    few("under", line.under.as_deref().unwrap_or_default(), MAX_UNDER)?;
    few("consents", &line.consents, MAX_PERMISSIONS)?;
    few("approvals", &line.approvals, MAX_PERMISSIONS)?;
    for (at, consent) in line.consents.iter().enumerate() {
        few(&format!("consents[{at}].subjects"), consent.subjects.as_deref().unwrap_or_default(), MAX_SUBJECTS)?;
    }
    let mut left = MAX_RECORDS;
    record("record", &line.record, &mut left)
}

/// Counts a record and everything in it; `left` is how many more there may be.
fn record(field: &str, line: &RecordLine, left: &mut usize) -> Result<(), LineError> {
    take(field, left)?;
    few(&format!("{field}.subjects"), &line.subjects, MAX_SUBJECTS)?;
    few(&format!("{field}.distribution"), &line.distribution, MAX_DISTRIBUTION)?;
    custody(&format!("{field}.custody"), &line.custody)?;
    sources(field, &line.derived_from, left)?;
    few(&format!("{field}.versions"), &line.versions, MAX_VERSIONS)?;
    for (at, version) in line.versions.iter().enumerate() {
        let field = format!("{field}.versions[{at}]");
        take(&field, left)?;
        few(&format!("{field}.subjects"), version.subjects.as_deref().unwrap_or_default(), MAX_SUBJECTS)?;
        few(&format!("{field}.distribution"), version.distribution.as_deref().unwrap_or_default(), MAX_DISTRIBUTION)?;
        custody(&format!("{field}.custody"), version.custody.as_deref().unwrap_or_default())?;
        // A version that names no sources has those of its record.
        sources(&field, version.derived_from.as_ref().unwrap_or(&line.derived_from), left)?;
    }
    Ok(())
}

fn sources(field: &str, sources: &[RecordLine], left: &mut usize) -> Result<(), LineError> {
    let mut sources = sources.iter().enumerate();
    sources.try_for_each(|(at, source)| record(&format!("{field}.derived_from[{at}]"), source, left))
}

fn custody(field: &str, hops: &[HopLine]) -> Result<(), LineError> {
    few(field, hops, MAX_HOPS)?;
    let mut hops = hops.iter().enumerate();
    hops.try_for_each(|(at, hop)| few(&format!("{field}[{at}].under"), &hop.under, MAX_UNDER))
}

fn take(field: &str, left: &mut usize) -> Result<(), LineError> {
    *left = left.checked_sub(1).ok_or_else(|| {
        wrong(field, format!("more than the {MAX_RECORDS} records allowed in a line, with versions and sources"))
    })?;
    Ok(())
}

fn few<T>(field: &str, items: &[T], limit: usize) -> Result<(), LineError> {
    if items.len() > limit {
        return Err(wrong(field, format!("{} entries, more than the {limit} allowed", items.len())));
    }
    Ok(())
}
