//! Evidence → Analysis: the rules always, and a model's reading on top when one is configured.
//!
//! What the rules see goes into the model's prompt, and is the answer when the model does not speak.
//!
//! | question | where |
//! |---|---|
//! | What does the evidence say by itself? | `rules/` |
//! | Is somebody talking to the reader? | `injection/` |
//! | What is a model shown? | `prompt/` |
//! | In which form does it answer? | `schema.rs`, `schema.json` |
//! | What of its answer is kept? | `verdict/` |
//! | What of it may be kept for another time? | `keeping.rs` |
//! | What did it cost, and what did it say before? | `budget.rs` |
//! | In which order does all this happen? | `analyst.rs` |

mod analyst;
mod budget;
pub mod injection;
mod keeping;
mod prompt;
pub mod rules;
mod schema;
mod verdict;

pub use self::analyst::Analyst;
pub use self::budget::{Memory, ModelBudget, QuestionId};
use crate::config::ModelConfig;
use crate::domain::analysis::{Analysis, Finding};
use crate::domain::model_error::ModelError;
use crate::domain::words::{Arg, Sentence};

/// The rules' analysis alone, with the remark that the model did not speak, and why.
#[must_use]
pub fn silent(mut rules: Analysis, config: &ModelConfig, why: ModelError) -> Analysis {
    let why = Arg::Sentence(Box::new(crate::domain::report::silence(why)));
    let said = Sentence::new(|w| w.model_silent, [Arg::Name(config.model.clone()), why]);
    rules.remarks.push(Finding::new(said, []));
    rules
}

/// The rules' analysis alone, with the remark that Seer's was taken instead of a model's.
#[must_use]
pub fn seer_instead(mut rules: Analysis) -> Analysis {
    rules.remarks.push(Finding::new(Sentence::plain(|w| w.model_not_asked), []));
    rules
}
