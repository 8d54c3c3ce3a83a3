//! The node itself, its parties and keys, what parties have committed themselves to, and who is on watch.

use super::{ACCOUNT, ADMIN, ALL, CHAIN, TREATY, get, post};
use crate::{
    control::{accession, add_party, contacts, keys, meetings, parties, pledges, status},
    web::endpoint::{Access, Endpoint},
};

/// In the order of their description.
pub(super) fn endpoints() -> Vec<Endpoint> {
    use Access::Everybody;
    vec![
        Endpoint::new(get("/status"), ALL, "status.show", "How the node stands.", status::status),
        Endpoint::new(
            get("/commitments"),
            ACCOUNT,
            "commitment.list",
            "Who has committed itself to what until when, and how far it is; the overdue first.",
            pledges::list,
        ),
        Endpoint::new(post("/commitments"), TREATY, "commitment.add", "Make a commitment known.", pledges::add),
        Endpoint::new(get("/commitments/{name}"), ACCOUNT, "commitment.show", "Show a commitment.", pledges::one),
        Endpoint::new(
            post("/commitments/{name}/progress"),
            TREATY,
            "commitment.progress",
            "Say how far a commitment of this party is, or one of its steps, and what shows it.",
            pledges::progress,
        ),
        Endpoint::new(
            get("/agreements/{id}/accession/{party}"),
            ALL,
            "agreement.accession",
            "The steps by which a party joins an agreement, each with its document.",
            accession::list,
        ),
        Endpoint::new(
            post("/agreements/{id}/accession/{party}"),
            TREATY,
            "agreement.accession.plan",
            "Say until when a step is to be done by which a party joins an agreement.",
            accession::plan,
        ),
        Endpoint::new(
            get("/meetings"),
            ACCOUNT,
            "meeting.list",
            "Meetings that were called, and the last days for those that texts want.",
            meetings::list,
        ),
        Endpoint::new(post("/meetings"), TREATY, "meeting.call", "Call a meeting, or change one.", meetings::call),
        Endpoint::new(
            get("/calendar/{secret}/meetings.ics"),
            Everybody,
            "calendar.feed",
            "The meetings as iCalendar, for a calendar program that has the secret of a token for calendars.",
            meetings::feed,
        ),
        Endpoint::new(
            get("/contacts"),
            ALL,
            "contacts.show",
            "Who is on watch, and who would be told.",
            contacts::show,
        ),
        Endpoint::new(
            get("/contacts/attempts"),
            ALL,
            "contacts.attempts",
            "Who was told that something waits, when and how; the latest first.",
            contacts::attempts,
        ),
        Endpoint::new(
            post("/contacts/test"),
            CHAIN,
            "contacts.test",
            "Tell everybody in the chain that this is a test, and see who was reached.",
            contacts::test,
        ),
        Endpoint::new(get("/parties"), ALL, "party.list", "List the parties known.", parties),
        Endpoint::new(post("/parties"), ADMIN, "party.add", "Add a party file that somebody has compared.", add_party),
        Endpoint::new(
            post("/parties/replace-root"),
            ADMIN,
            "party.replace-root",
            "Take a party file under another root key, which somebody has compared.",
            keys::replace_root,
        ),
        Endpoint::new(
            post("/parties/{code}/remove"),
            ADMIN,
            "party.remove",
            "Remove a party: nothing goes to it or comes from it.",
            keys::remove,
        ),
        Endpoint::new(get("/keys"), ADMIN, "key.list", "How far partners have taken the own party file.", keys::keys),
        Endpoint::new(
            post("/keys/reload"),
            ADMIN,
            "key.reload",
            "Take up the key folder and the party file as they are now.",
            keys::reload,
        ),
    ]
}
