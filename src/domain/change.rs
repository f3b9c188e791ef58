//! The kind of change that a webhook delivery reports.

use serde::{Deserialize, Serialize};

use super::issue::Substatus;
use super::occurrence::{Occurrence, Trigger};

/// The kind of change to an issue that a webhook delivery reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The issue is new, an alert fired, or another event occurred.
    Seen,
    /// The issue was resolved and occurred again.
    Regressed,
    /// The issue occurs much more often than before.
    Escalating,
    /// A person requested an analysis. Finished analyses by Seer, Sentry's own AI, and metric alerts have this kind,
    /// too.
    #[serde(rename = "asked")]
    Manual,
}

impl ChangeKind {
    /// Returns the kind of change that an occurrence reports.
    #[must_use]
    pub fn of(occurrence: &Occurrence) -> Self {
        match occurrence {
            Occurrence::Issue(issue) => match issue.trigger {
                Trigger::Unresolved(substatus) => Self::of_substatus(substatus).unwrap_or(Self::Seen),
                // A finished analysis by Seer is new information, even if the issue already has a note.
                Trigger::Manual | Trigger::SeerFinished => Self::Manual,
                _ => Self::Seen,
            },
            Occurrence::Metric(_) => Self::Manual,
        }
    }

    /// Returns the kind of change that leads to a substatus, or `None` if no change leads to it.
    pub(super) fn of_substatus(substatus: Substatus) -> Option<Self> {
        match substatus {
            Substatus::Regressed => Some(Self::Regressed),
            Substatus::Escalating => Some(Self::Escalating),
            Substatus::New | Substatus::Ongoing => None,
        }
    }

    /// Returns the occurrence with this change as its trigger, so that the trigger of an incident stays the same until
    /// the incident ends. `Seen` and `Manual` change nothing.
    #[must_use]
    pub fn applied_to(self, mut occurrence: Occurrence) -> Occurrence {
        let substatus = match self {
            Self::Regressed => Substatus::Regressed,
            Self::Escalating => Substatus::Escalating,
            Self::Seen | Self::Manual => return occurrence,
        };
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Unresolved(substatus);
        }
        occurrence
    }
}
