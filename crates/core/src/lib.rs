//! The vocabulary and the judgement of Entente: what a record, a label and an agreement are, and what follows from them.
//!
//! `core` never sees a byte, a clock or a socket. Outside text becomes these types in `entente-formats`; time arrives
//! as an argument. The heart is one total, pure function, [`decide::decide`], small enough to proofread.

pub mod id;
pub mod time;

pub mod label;
pub mod record;
pub mod agreement;
pub mod national;
pub mod world;

pub mod decide;
pub mod whatif;
pub mod explain;
pub mod view;

pub mod desk;

pub mod alert;
pub mod consult;
pub mod watch;

pub use id::{AgreementId, Channel, ClauseId, Country, Party, Purpose, RecordId, Subject};
pub use label::{Label, Level};
pub use record::Record;
