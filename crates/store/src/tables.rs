//! The tables of a store, whatever engine has them: read in order, compared, and copied from one into the other.
//!
//! What tables there are a file of SQLite says; a test holds PostgreSQL's to the same. Key type: [`Table`].

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::{
    StoreError,
    engine::{Engine, Owned, Row},
    migrate,
};

/// One of them.
pub(crate) struct Table {
    pub(crate) name: String,
    /// As they stand, in quotes.
    columns: Vec<String>,
    /// The order of its rows: no two are equal in it.
    order: String,
}

/// How many rows a table has, and what they add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    /// The digests of its rows, added up.
    lanes: [u64; 4],
}

impl Table {
    fn select(&self) -> String {
        format!("SELECT {} FROM {} ORDER BY {}", self.columns.join(", "), self.name, self.order)
    }

    fn insert(&self) -> String {
        let places: Vec<String> = (1..=self.columns.len()).map(|number| format!("${number}")).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, self.columns.join(", "), places.join(", "))
    }

    fn values(&self, row: &Row<'_>) -> Result<Vec<Owned>, StoreError> {
        (0..self.columns.len()).map(|column| row.owned(column)).collect()
    }

    /// Reads all rows of it.
    pub(crate) fn sum(&self, engine: &Engine) -> Result<Sum, StoreError> {
        let mut sum = Sum::default();
        engine.each(&self.select(), &[], |row| {
            let mut digest = Sha256::new();
            self.values(row)?.iter().for_each(|value| add(&mut digest, value));
            sum.rows += 1;
            // In any order: of a text that PostgreSQL keeps otherwise the place may be another.
            for (lane, bytes) in sum.lanes.iter_mut().zip(digest.finalize().chunks_exact(8)) {
                *lane = lane.wrapping_add(bytes.try_into().map_or(0, u64::from_be_bytes));
            }
            Ok(true)
        })?;
        Ok(sum)
    }

    /// Puts all rows of it into another engine, where it has none; `done` is told of each.
    pub(crate) fn copy(&self, from: &Engine, to: &Engine, mut done: impl FnMut()) -> Result<(), StoreError> {
        let insert = self.insert();
        from.each(&self.select(), &[], |row| {
            let values = self.values(row)?;
            to.execute(&insert, &values.iter().map(Owned::value).collect::<Vec<_>>())?;
            done();
            Ok(true)
        })
    }
}

/// A value with its type and length before it, so that no two rows look alike.
fn add(digest: &mut Sha256, value: &Owned) {
    let mut add = |kind: u8, bytes: &[u8]| {
        digest.update([kind]);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    match value {
        Owned::Null => add(0, &[]),
        Owned::Integer(number) => add(1, &number.to_be_bytes()),
        Owned::Text(text) => add(2, text.as_bytes()),
        Owned::Blob(bytes) => add(3, bytes),
    }
}

/// All tables of this version.
pub(crate) fn all() -> Result<Vec<Table>, StoreError> {
    let mut file = Connection::open_in_memory()?;
    migrate::make_file(&mut file)?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let names: Vec<String> = file.prepare(names)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut columns = file.prepare("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid")?;
    let table = |name: String| {
        let found = columns.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let found: Vec<(String, i64)> = found.collect::<Result<_, _>>()?;
        // One of them has a name that is a word of SQL.
        let quoted = |name: &str| format!("\"{name}\"");
        let mut order: Vec<&(String, i64)> = found.iter().filter(|(_, place)| *place > 0).collect();
        order.sort_by_key(|(_, place)| *place);
        let order: Vec<String> = order.iter().map(|(name, _)| quoted(name)).collect();
        let columns = found.iter().map(|(name, _)| quoted(name)).collect();
        let name = quoted(&name);
        Ok(Table { name, columns, order: order.join(", ") })
    };
    names.into_iter().map(table).collect()
}

/// How many rows there are in all tables.
pub(crate) fn count(engine: &Engine, tables: &[Table]) -> Result<u64, StoreError> {
    let mut rows = 0;
    for table in tables {
        let found: i64 = engine.one(&format!("SELECT count(*) FROM {}", table.name), &[])?;
        rows += u64::try_from(found).unwrap_or_default();
    }
    Ok(rows)
}

/// The same, with every one of them read.
pub(crate) fn count_all(engine: &Engine) -> Result<u64, StoreError> {
    all()?.iter().try_fold(0, |rows, table| Ok(rows + table.sum(engine)?.rows))
}
