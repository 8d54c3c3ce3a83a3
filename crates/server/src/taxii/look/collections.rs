//! The collections that somebody may read, and how much of each that person may see.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use entente_store::taxii::{Collection, EVERYTHING};

use super::{Look, Rights, STEP, looked, moment, not_here, text};
use crate::{
    api::{StixCollectionView, StixCountView, StixTypeView},
    control::{Control, Reply},
    people::SignedIn,
    taxii::{answer::Fault, beyond, route::resource_of},
};

/// How many objects of a collection are counted.
const COUNTED: usize = 5_000;

impl Look<'_> {
    fn count(&mut self, collection: i64) -> Result<StixCountView, Fault> {
        let mut types: BTreeMap<String, usize> = BTreeMap::new();
        let (mut below, mut objects, mut last_added) = (i64::MAX, 0, None);
        let more = 'counting: loop {
            let rows = self.sight.readers.index.before(collection, None, below, STEP)?;
            let (is_last, end) = (rows.len() < STEP, rows.last().map(|row| row.added));
            for row in self.last_among(collection, rows, i64::MAX)? {
                if objects == COUNTED {
                    break 'counting true;
                }
                objects += 1;
                last_added.get_or_insert_with(|| moment(row.added));
                *types.entry(text::kind_of(&row.id).to_owned()).or_default() += 1;
            }
            match end.filter(|_| !is_last) {
                Some(end) => below = end,
                None => break false,
            }
        };
        let mut types: Vec<StixTypeView> =
            types.into_iter().map(|(kind, objects)| StixTypeView { kind, objects }).collect();
        types.sort_by_key(|one| std::cmp::Reverse(one.objects));
        Ok(StixCountView { objects, more, types, last_added })
    }

    /// A collection that is there for this person, as that one has it.
    fn view(&mut self, collection: Collection, rights: Rights) -> Result<StixCollectionView, Fault> {
        let is_everything = collection.number == EVERYTHING;
        let resource = resource_of(&collection, rights.read, rights.write);
        let root = self.roots.iter().find(|root| root.name == collection.root);
        Ok(StixCollectionView {
            path: format!("/{}/collections/{}/", collection.root, collection.id),
            root_title: root.map_or_else(|| "Entente".to_owned(), |root| root.title.clone()),
            id: if is_everything { beyond::ALIAS.to_owned() } else { resource.id },
            title: resource.title,
            description: resource.description,
            alias: resource.alias,
            can_read: resource.can_read,
            can_write: resource.can_write,
            media_types: resource.media_types.iter().map(ToString::to_string).collect(),
            seen: match rights.read {
                true => Some(self.count(collection.number)?),
                false => None,
            },
            root: collection.root,
        })
    }

    /// Every collection that is there for this person, that of everything first.
    fn all(&self) -> Vec<(Collection, Rights)> {
        let everything = (beyond::everything(), Rights { read: true, write: false });
        std::iter::once(everything).chain(self.collections.clone()).collect()
    }

    fn collections(&mut self) -> Result<Vec<StixCollectionView>, Fault> {
        self.all().into_iter().map(|(collection, rights)| self.view(collection, rights)).collect()
    }

    fn collection(&mut self, id: &str) -> Result<Option<StixCollectionView>, Fault> {
        let is_it = |collection: &Collection| match collection.number {
            EVERYTHING => id == beyond::ALIAS,
            _ => collection.id.eq_ignore_ascii_case(id),
        };
        let found = self.all().into_iter().find(|(collection, _)| is_it(collection));
        found.map(|(collection, rights)| self.view(collection, rights)).transpose()
    }
}

/// `GET /stix/collections/{collection}`.
pub(crate) async fn one(
    State(control): State<Control>,
    person: SignedIn,
    Path(collection): Path<String>,
) -> Reply<StixCollectionView> {
    let found = looked(&control, &person, move |look| look.collection(&collection)).await?;
    Ok(Json(found.ok_or_else(|| not_here("collection"))?))
}

/// `GET /stix/collections`: that of everything first.
pub(crate) async fn list(State(control): State<Control>, person: SignedIn) -> Reply<Vec<StixCollectionView>> {
    Ok(Json(looked(&control, &person, |look| look.collections()).await?))
}
