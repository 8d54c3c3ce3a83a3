//! What somebody has signed.

use entente_formats::wire::Signed;

use super::Reader;
use crate::{StoreError, engine::Row};

/// What was signed, of the things that permit something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedKind {
    /// An originator's statement of a record.
    Origin,
    /// An act on an agreement.
    Act,
    /// A consent.
    Consent,
    /// A standing consent.
    StandingConsent,
    /// Another label.
    Relabelling,
}

/// A statement with its signature in the first two columns.
fn signed(row: &Row<'_>) -> Result<Signed, StoreError> {
    Ok(Signed { statement: row.get(0)?, signature: row.get(1)? })
}

impl Reader {
    /// Every record: its originator's signed statement, and the line that the judgement sees.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn records(&self) -> Result<Vec<(Signed, String)>, StoreError> {
        let sql = "SELECT statement, signature, line FROM record ORDER BY originator, id";
        self.engine.rows(sql, &[], |row| Ok((signed(row)?, row.get(2)?)))
    }

    /// Every consent given to us, to what we asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent ORDER BY number")
    }

    /// Every standing consent, given to us and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing_consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM standing_consent ORDER BY number")
    }

    /// Every withdrawal of a consent, by a partner and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consent_withdrawals(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent_withdrawal ORDER BY number")
    }

    /// Every signed act on an agreement, ours and the partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn acts(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM act ORDER BY number")
    }

    /// Every recall, as it was signed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recalls(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall ORDER BY number")
    }

    /// Every answer to a recall that we passed on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recall_answers(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall_answer ORDER BY number")
    }

    /// Every word of an originator on another label.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn relabellings(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM relabelling ORDER BY number")
    }

    /// Every notice that a record is in wrong hands, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn compromises(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM compromise ORDER BY number")
    }

    /// Every acknowledgement of an alert, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alert_acknowledgements(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM alert_acknowledgement ORDER BY number")
    }

    /// Every message that raised a consultation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consult_raises(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consult_raise ORDER BY number")
    }

    /// Every step of a consultation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consult_steps(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consult_step ORDER BY number")
    }

    /// Every waiver of a duty that a consultation pins.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waivers(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM waiver ORDER BY number")
    }

    /// Every word on a commitment, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn commitments(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM commitment ORDER BY number")
    }

    /// Every call to a meeting, with its revisions, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn meetings(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM meeting ORDER BY number")
    }

    /// Every incident, as it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incidents(&self) -> Result<Vec<String>, StoreError> {
        self.texts("SELECT incident FROM incident ORDER BY number")
    }

    /// Everything that was said to have been done about duties, as it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn discharges(&self) -> Result<Vec<String>, StoreError> {
        self.texts("SELECT discharge FROM discharge ORDER BY number")
    }

    fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        self.engine.rows(sql, &[], |row| row.get(0))
    }

    fn signed(&self, sql: &str) -> Result<Vec<Signed>, StoreError> {
        self.engine.rows(sql, &[], signed)
    }

    /// Everything that somebody has signed and that is kept here, of these kinds, each with since when: records, acts,
    /// consents, labels; in seconds since the epoch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn signed_since(&self, kind: SignedKind) -> Result<Vec<(Signed, i64)>, StoreError> {
        let sql = match kind {
            SignedKind::Origin => "SELECT statement, signature, entered FROM record ORDER BY originator, id",
            SignedKind::Act => "SELECT statement, signature, known FROM act ORDER BY number",
            SignedKind::Consent => "SELECT statement, signature, known FROM consent ORDER BY number",
            SignedKind::StandingConsent => "SELECT statement, signature, known FROM standing_consent ORDER BY number",
            SignedKind::Relabelling => "SELECT statement, signature, known FROM relabelling ORDER BY number",
        };
        self.engine.rows(sql, &[], |row| Ok((signed(row)?, row.get(2)?)))
    }
}
