//! Sidenote reads a Sentry alert before you do.
//!
//! A signed webhook comes in; the answer leaves at once; before the invocation ends the evidence is gathered, analysed,
//! told in Telegram and written on the issue.
//!
//! # What one delivery becomes
//!
//! | step | value that comes out | where | waits? |
//! |---|---|---|---|
//! | 1 | headers + bytes → [`Delivery`](webhook::Delivery) (exists only if its signature was checked) | [`webhook`] | no |
//! | 2 | `Delivery` → [`Occurrence`](domain::occurrence::Occurrence), or [`Ignored`](webhook::Ignored) | [`webhook`] | no |
//! | – | the front door answers here | [`handler`] | the claim and the queue only |
//! | 3 | `Occurrence` → [`Evidence`](domain::evidence::Evidence) (what could not be had is a gap) | [`sentry`] | yes |
//! | 4 | `Evidence` → [`Analysis`](domain::analysis::Analysis) | [`analyzers`] | for a model, when one is configured |
//! | 5 | [`Report`](domain::report::Report) → texts, by pure `render` functions | [`notifiers`] | no |
//! | 6 | note and message, sent at the same time → [`Processed`](domain::outcome::Processed) | [`notifiers`] | yes |
//!
//! # Who may import whom
//!
//! ```text
//! domain     -                                      secrets      aws clock config domain json
//! json       domain                                 state        aws domain sqlite
//! payload    domain json                            redelivery   aws clock domain sqlite
//! webhook    domain json payload                    models       aws clock config domain http json
//! config     domain                                 analyzers    clock config domain http json models
//! clock      domain                                 notifiers    clock config domain http metrics sentry telegram
//! logging    -                                      handler      everything above
//! metrics    -                                      doctor       everything above
//! http       clock domain                           bin          aws clock config doctor domain handler http logging notifiers redelivery secrets sqlite state telegram webhook
//! aws        -
//! sqlite     clock
//! sentry     clock config domain http json payload
//! telegram   clock domain http json
//! ```
//!
//! `tests/architecture.rs` holds this table against the code. The strict stand-ins for Sentry, Telegram and a model's API
//! are a crate of their own, `crates/sidenote-standins`, which knows nothing of this one.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | delivery | one webhook of Sentry whose signature is valid |
//! | occurrence | the content of a delivery: something happened to an issue or a metric |
//! | incident | the period of an issue that one note, one message and one analysis are about |
//! | claim | the right of one invocation to work on an incident until its lease ends |
//! | duplicate signal | another webhook of Sentry about a change that an incident has told of already |
//! | intake | the claim and the queue that back a 202 |
//! | queued delivery | a delivery in the queue, which brings it back when its invocation has died |
//! | evidence | the facts that Sentry gives about an issue |
//! | gap | a piece of evidence that could not be had, with the reason |
//! | note | the comment on the Sentry issue |
//! | notification | the content of a note and a message: a report about an issue, or a metric |
//! | notifier | a channel that notifications go to; a plug-in |
//! | approval | a question to a person, and the decision |
//! | observer | is told of every fact of a delivery: the log, the metrics, the page |
//! | sweep | the search for issues whose webhook never came |
//! | doctor | the command that checks everything that a delivery needs |
//!
//! # Invariants
//!
//! 1. A `Delivery` exists only if its signature was checked over the raw bytes.
//! 2. `answer` waits for nothing but our own secrets (when they are not in memory), the claim and the queue.
//! 3. `domain`, `payload` and `webhook` do no I/O and read no clock.
//! 4. Only `webhook`, `sentry` and `payload`, which they share, know Sentry's JSON.
//! 5. Only a front door reads the environment.
//! 6. Enrichment cannot fail; it leaves gaps, and the note says which.
//! 7. One notifier's failure never stops another; every step's outcome is reported.
//! 8. One place turns errors into HTTP statuses; the caller never gets an error's inner text.
//! 9. No log line, error or answer carries a secret, a URL with one, or a raw body.
//! 10. No sleep except one bounded by the deadline.
//! 11. Text from an event is data: it is scrubbed, length-capped and escaped before a model, a chat or a note sees it.
//! 12. A model chooses words only: never an issue, a chat, a URL, or an action outside the fixed list.

pub mod analyzers;
pub mod aws;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod handler;
pub mod http;
pub mod json;
pub mod logging;
pub mod metrics;
pub mod models;
pub mod notifiers;
mod payload;
pub mod redelivery;
pub mod secrets;
pub mod sentry;
#[cfg(feature = "cli")]
pub mod sqlite;
#[cfg(not(feature = "cli"))]
#[path = "sqlite/absent.rs"]
pub mod sqlite;
pub mod state;
pub mod telegram;
pub mod webhook;
