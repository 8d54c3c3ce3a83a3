//! What somebody has signed.

use entente_formats::wire::Signed;

use super::Reader;
use crate::StoreError;

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

impl Reader {
    /// Every record: its originator's signed statement, and the line that the judgement sees.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn records(&self) -> Result<Vec<(Signed, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT statement, signature, line FROM record")?;
        let rows = statement
            .query_map([], |row| Ok((Signed { statement: row.get(0)?, signature: row.get(1)? }, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every consent given to us, to what we asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent")
    }

    /// Every standing consent, given to us and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing_consents(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM standing_consent")
    }

    /// Every withdrawal of a consent, by a partner and by us.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consent_withdrawals(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consent_withdrawal")
    }

    /// Every signed act on an agreement, ours and the partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn acts(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM act")
    }

    /// Every recall, as it was signed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recalls(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall")
    }

    /// Every answer to a recall that we passed on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recall_answers(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM recall_answer")
    }

    /// Every word of an originator on another label.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn relabellings(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM relabelling")
    }

    /// Every notice that a record is in wrong hands, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn compromises(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM compromise")
    }

    /// Every acknowledgement of an alert, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alert_acknowledgements(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM alert_acknowledgement")
    }

    /// Every message that raised a consultation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consult_raises(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consult_raise")
    }

    /// Every step of a consultation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consult_steps(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM consult_step")
    }

    /// Every waiver of a duty that a consultation pins.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waivers(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM waiver")
    }

    /// Every word on a commitment, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn commitments(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM commitment")
    }

    /// Every call to a meeting, with its revisions, ours and our partners'.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn meetings(&self) -> Result<Vec<Signed>, StoreError> {
        self.signed("SELECT statement, signature FROM meeting")
    }

    /// Every incident, as it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn incidents(&self) -> Result<Vec<String>, StoreError> {
        self.texts("SELECT incident FROM incident")
    }

    /// Everything that was said to have been done about duties, as it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn discharges(&self) -> Result<Vec<String>, StoreError> {
        self.texts("SELECT discharge FROM discharge")
    }

    fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn signed(&self, sql: &str) -> Result<Vec<Signed>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok(Signed { statement: row.get(0)?, signature: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything that somebody has signed and that is kept here, of these kinds, each with since when: records, acts,
    /// consents, labels; in seconds since the epoch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn signed_since(&self, kind: SignedKind) -> Result<Vec<(Signed, i64)>, StoreError> {
        let sql = match kind {
            SignedKind::Origin => "SELECT statement, signature, entered FROM record",
            SignedKind::Act => "SELECT statement, signature, known FROM act",
            SignedKind::Consent => "SELECT statement, signature, known FROM consent",
            SignedKind::StandingConsent => "SELECT statement, signature, known FROM standing_consent",
            SignedKind::Relabelling => "SELECT statement, signature, known FROM relabelling",
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement
            .query_map([], |row| Ok((Signed { statement: row.get(0)?, signature: row.get(1)? }, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
