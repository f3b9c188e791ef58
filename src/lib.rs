//! Sidenote reads a Sentry alert before you do.
//!
//! Sidenote receives a signed webhook and answers at once. Then it gathers evidence, analyses the evidence, writes a
//! note on the Sentry issue and sends a message to Telegram or Slack.
//!
//! # The path of a delivery
//!
//! | step | result | room | waits? |
//! |---|---|---|---|
//! | 1 | headers + bytes → [`Delivery`](webhook::Delivery) (exists only if its signature is valid) | [`webhook`] | no |
//! | 2 | `Delivery` → [`Occurrence`](domain::occurrence::Occurrence), or [`Ignored`](webhook::Ignored) | [`webhook`] | no |
//! | – | the answer leaves | [`handler`] | for the secrets, the claim and the queue only |
//! | 3 | `Occurrence` → [`Evidence`](domain::evidence::Evidence) (unavailable evidence is a gap) | [`sentry`] | yes |
//! | 4 | `Evidence` → [`Analysis`](domain::analysis::Analysis) | [`analyzers`] | for a model, if one is configured |
//! | 5 | [`Report`](domain::report::Report) → texts, by pure `render` functions | [`notifiers`] | no |
//! | 6 | note and message, sent at the same time → [`Processed`](domain::outcome::Processed) | [`notifiers`] | yes |
//!
//! # The imports of the rooms
//!
//! ```text
//! domain     -                                      secrets      aws clock config domain json
//! json       domain                                 state        aws domain sqlite
//! payload    domain json                            redelivery   aws clock domain sqlite
//! webhook    domain json payload                    models       aws clock config domain http json
//! config     domain                                 analyzers    clock config domain http json models
//! clock      domain                                 notifiers    clock config domain http metrics sentry slack telegram
//! logging    -                                      handler      everything above
//! metrics    -                                      doctor       everything above
//! http       clock domain                           bin          aws clock config doctor domain handler http logging metrics notifiers redelivery secrets sentry slack sqlite state telegram webhook
//! aws        http
//! sqlite     clock
//! sentry     clock config domain http json payload
//! telegram   clock domain http json
//! source     clock config domain http json sentry
//! slack      clock domain http json
//! ```
//!
//! `tests/architecture.rs` checks the code against this table. The strict stand-ins for Sentry, Telegram, Slack and a
//! model's API are a separate crate, `crates/sidenote-standins`, which does not depend on this one.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | delivery | a webhook from Sentry with a valid signature |
//! | occurrence | the content of a delivery: a change of an issue, or a metric alert |
//! | incident | a period of an issue; it has one analysis, one message and one state of the note |
//! | claim | the exclusive right of an invocation to handle an incident until its lease ends |
//! | duplicate signal | another webhook about a change that an incident has already reported |
//! | intake | the queueing and the claim of a delivery, before the 202 |
//! | queued delivery | a delivery in the queue, which redelivers it if its invocation dies |
//! | evidence | the facts about an issue from the webhook and the Sentry API |
//! | gap | unavailable evidence, with the reason |
//! | code host | a service that hosts repositories, such as GitHub; a plug-in |
//! | mapping | the way from the files of stack traces to the files of a repository |
//! | note | the comment on the Sentry issue |
//! | notification | the content of a note and a message: a report about an issue or a metric alert |
//! | chat message | the content of a message: a first line for a lock screen, a lead, and details behind a fold |
//! | notifier | a channel for notifications; a plug-in |
//! | approval | a question to a person about an action, with the decision |
//! | observer | a receiver of all events of deliveries: the log, the metrics or the page |
//! | sweep | the search for recent issues without a note, because their webhook may never have come |
//! | doctor | the command that checks all requirements of a delivery |
//!
//! # Invariants
//!
//! 1. A `Delivery` exists only if its signature over the raw bytes is valid.
//! 2. The answer to a webhook waits only for Sidenote's own secrets (if they are not in memory), the claim and the
//!    queue, and at most 750 ms. It waits for the work only if the caller prefers that, or if the queue failed.
//! 3. `domain`, `payload` and `webhook` do no I/O and read no clock.
//! 4. Only `webhook`, `sentry` and their shared `payload` contain Sentry's JSON formats.
//! 5. Only a front door reads the environment.
//! 6. Gathering evidence cannot fail. It leaves gaps, and the note lists them.
//! 7. One notifier's failure never stops another; every step's outcome is reported.
//! 8. One module of the handler converts errors to HTTP statuses. The caller never gets the text of an inner error.
//! 9. No log line, error or answer contains a secret, a URL with one, or a raw body.
//! 10. Every sleep in the work on a delivery ends before its deadline.
//! 11. Text from an event is untrusted: it is scrubbed, shortened and escaped before it goes to a model, a chat or a
//!     note.
//! 12. A model chooses only words: never an issue, a chat, a URL or an action.

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
pub mod slack;
pub mod source;
#[cfg(feature = "cli")]
pub mod sqlite;
#[cfg(not(feature = "cli"))]
#[path = "sqlite/absent.rs"]
pub mod sqlite;
pub mod state;
pub mod telegram;
pub mod webhook;
