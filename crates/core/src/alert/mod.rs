//! Alerts: what warnings say, and which of their messages speak of one event.
//!
//! One event is one alert, whatever the order, the doubling and the number of its messages: an alert is a function of
//! the set of messages held. Nothing here reads CAP or any other syntax, knows who has acknowledged what, or tells
//! anybody. The key types are [`Message`] and [`Book`].

pub mod shape;
pub mod message;
mod links;
mod book;

pub use book::{Alert, Arrival, Book, Change, Finding, Found, Revision, Shift, Standing};
pub use message::{Area, Certainty, Kind, Level, Message, MessageName, Notice, Reference, Severity, Source, Urgency};
pub use shape::{Circle, Point, Polygon, Shape};
