//! PLUG-IN: Evidence → Analysis.
//!
//! The rules run first and always: what they see goes into the prompt of a model, and is the answer when none speaks.
//!
//! | analyst | chosen by | file |
//! |---|---|---|
//! | rules | always | `rules/` |
//! | chat completions: OpenClaw, OpenAI and all that is compatible | `ANALYZER=openclaw`, `openai` | `chat.rs` |
//! | Anthropic's Messages | `ANALYZER=anthropic` | `anthropic.rs` |
//! | Bedrock's Converse | `ANALYZER=bedrock`, cargo feature `bedrock` | `bedrock.rs` |
//!
//! A provider's plug-in is a [`Model`]: one call. What all of them share has its own file:
//!
//! | question | file |
//! |---|---|
//! | What is a model shown? | `prompt/` |
//! | In which form does it answer? | `schema.rs`, `schema.json` |
//! | What of its answer is kept? | `verdict/` |
//! | Is somebody talking to the reader? | `injection.rs` |
//! | When is a call tried again? | `patience.rs` |
//! | What did it cost, and what did it say before? | `ledger.rs` |
//! | In which order does all this happen? | `analyst.rs` |

mod analyst;
mod anthropic;
#[cfg(feature = "bedrock")]
mod bedrock;
mod chat;
pub mod injection;
mod ledger;
mod model;
mod patience;
mod prompt;
pub mod rules;
mod schema;
mod verdict;

use secrecy::SecretString;

pub use self::analyst::Analyst;
pub use self::ledger::{Ledger, Memory, QuestionId};
pub use self::model::{Answer, Model, Question, Role, Turn};
use crate::config::{ModelConfig, Provider};
use crate::domain::analysis::{Analysis, Finding};
use crate::domain::silence::Silence;
use crate::domain::words::{Arg, Sentence};
use crate::http::Http;

/// The configured provider's API: the table of plug-ins.
///
/// # Errors
/// [`Silence`] if it cannot be asked at all, for want of a key.
pub fn model(
    http: &Http,
    config: &ModelConfig,
    key: Option<&SecretString>,
) -> Result<Box<dyn Model>, Silence> {
    Ok(match config.provider {
        Provider::OpenClaw | Provider::OpenAi => Box::new(chat::Chat::new(http, config, key)?),
        Provider::Anthropic => Box::new(anthropic::Anthropic::new(http, config, key)?),
        #[cfg(feature = "bedrock")]
        Provider::Bedrock => Box::new(bedrock::Bedrock::new(config)),
        // The configuration does not let it come this far.
        #[cfg(not(feature = "bedrock"))]
        Provider::Bedrock => return Err(Silence::Internal),
    })
}

/// The rules' analysis alone, with the remark that the model did not speak, and why.
#[must_use]
pub fn silent(mut rules: Analysis, config: &ModelConfig, why: Silence) -> Analysis {
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
