//! Turns the evidence about an issue into an analysis. Fixed rules always make one; a language model adds its
//! statements, if one is configured.
//!
//! The prompt for the model contains the findings of the rules. If the model gives no usable answer, the analysis of
//! the rules is used alone.
//!
//! | question | where |
//! |---|---|
//! | What does the evidence show without a model? | `rules/` |
//! | Does a text of the event give instructions? | `injection/` |
//! | Which evidence does a model see? | `prompt/` |
//! | In which form does the model answer? | `schema.rs`, `schema.json` |
//! | Which parts of the answer are used? | `verdict/` |
//! | Which part of an answer is stored? | `keeping.rs` |
//! | How many calls were made today, and which answers are stored? | `budget.rs` |
//! | In which order do these steps happen? | `analyst.rs` |

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
pub use self::prompt::{Extent, extent};
use crate::config::ModelConfig;
use crate::domain::analysis::{Analysis, Finding};
use crate::domain::model_error::ModelError;
use crate::domain::words::{Arg, Sentence};

/// Returns `rules`, the analysis of the fixed rules, with a remark that the model gave no usable answer, and why.
#[must_use]
pub fn silent(mut rules: Analysis, config: &ModelConfig, why: ModelError) -> Analysis {
    let why = Arg::Sentence(Box::new(crate::domain::report::silence(why)));
    let said = Sentence::new(|w| w.model_silent, [Arg::Name(config.model.clone()), why]);
    rules.remarks.push(Finding::new(said, []));
    rules
}

/// Returns `rules`, the analysis of the fixed rules, with a remark that no model was asked, because Sentry's Seer had
/// already found the root cause.
#[must_use]
pub fn seer_instead(mut rules: Analysis) -> Analysis {
    rules.remarks.push(Finding::new(Sentence::plain(|w| w.model_not_asked), []));
    rules
}
