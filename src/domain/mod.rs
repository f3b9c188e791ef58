//! The types of Sentry's data, and the rules for decisions.
//!
//! Everything in this module is a plain value or a pure function: no I/O, no clock, no async. A webhook delivery
//! becomes an [`Occurrence`](occurrence::Occurrence), gathers [`Evidence`](evidence::Evidence), receives an
//! [`Analysis`](analysis::Analysis) and leaves as a [`Report`](report::Report).

pub mod action;
pub mod analysis;
pub mod approval;
pub mod attribute;
pub mod change;
pub mod check;
pub mod comparison;
mod crash;
pub mod deadline;
pub mod event;
pub mod evidence;
pub mod failure;
pub mod flag;
pub mod ids;
pub mod image;
pub mod incident;
pub mod issue;
pub mod issue_update;
pub mod kind;
pub mod message;
pub mod model_error;
pub mod occurrence;
pub mod order;
pub mod origin;
pub mod outcome;
pub mod people;
pub mod queued_delivery;
pub mod reading;
pub mod report;
pub mod route;
pub mod silence;
pub mod source;
pub mod statement;
pub mod text;
pub mod timestamp;
pub mod trace;
pub mod words;
