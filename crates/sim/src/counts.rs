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
    /// Packages that showed their recipient another history.
    pub forks_shown: usize,
    /// Packages that a full quota turned away.
    pub turned_away: usize,
    /// Alarms.
    pub alarms: usize,
    /// Records that are kept on legal hold although they were called back.
    pub kept_on_hold: usize,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            happenings: self.happenings + other.happenings,
            entries: self.entries + other.entries,
            withdrawn: self.withdrawn + other.withdrawn,
            starts: self.starts + other.starts,
            forks_shown: self.forks_shown + other.forks_shown,
            turned_away: self.turned_away + other.turned_away,
            alarms: self.alarms + other.alarms,
            kept_on_hold: self.kept_on_hold + other.kept_on_hold,
        }
    }
}
