//! What runs had in them.

/// How much happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Things that happened.
    pub happenings: usize,
    /// Entries that arrived.
    pub entries: usize,
    /// Bodies that were withdrawn before or after they left.
    pub withdrawn: usize,
    /// Starts after a crash.
    pub starts: u64,
    /// Receipts that the power took with it.
    pub receipts_lost: usize,
    /// Packages that showed their recipient another history.
    pub forks_shown: usize,
    /// Packages that a full quota turned away.
    pub turned_away: usize,
    /// Alarms.
    pub alarms: usize,
    /// Records that are kept on legal hold although they were called back.
    pub kept_on_hold: usize,
    /// Large contents, by how they ended.
    pub contents: Contents,
    /// Their pieces.
    pub pieces: Pieces,
}

/// How large contents ended that a partner had given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// They were held, whole.
    pub held: usize,
    /// They were not what was signed.
    pub refused: usize,
    /// Their sender gave them no longer.
    pub withdrawn: usize,
    /// Their record was destroyed before they were here.
    pub destroyed: usize,
    /// Of those withdrawn and destroyed, some pieces had left before.
    pub stopped_between: usize,
}

/// What happened to pieces of large contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Pieces that were given.
    pub pieces: usize,
    /// Pieces, and whole contents, that were found wrong.
    pub wrong: usize,
    /// Files that a crash tore.
    pub torn: usize,
    /// Files that were gone on with where they ended.
    pub resumed: usize,
    /// Contents that a full quota put off.
    pub put_off: usize,
    /// Releases of what was still arriving, all refused.
    pub too_early: usize,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            happenings: self.happenings + other.happenings,
            entries: self.entries + other.entries,
            withdrawn: self.withdrawn + other.withdrawn,
            starts: self.starts + other.starts,
            receipts_lost: self.receipts_lost + other.receipts_lost,
            forks_shown: self.forks_shown + other.forks_shown,
            turned_away: self.turned_away + other.turned_away,
            alarms: self.alarms + other.alarms,
            kept_on_hold: self.kept_on_hold + other.kept_on_hold,
            contents: self.contents + other.contents,
            pieces: self.pieces + other.pieces,
        }
    }
}

impl std::ops::Add for Contents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            held: self.held + other.held,
            refused: self.refused + other.refused,
            withdrawn: self.withdrawn + other.withdrawn,
            destroyed: self.destroyed + other.destroyed,
            stopped_between: self.stopped_between + other.stopped_between,
        }
    }
}

impl std::ops::Add for Pieces {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            pieces: self.pieces + other.pieces,
            wrong: self.wrong + other.wrong,
            torn: self.torn + other.torn,
            resumed: self.resumed + other.resumed,
            put_off: self.put_off + other.put_off,
            too_early: self.too_early + other.too_early,
        }
    }
}
