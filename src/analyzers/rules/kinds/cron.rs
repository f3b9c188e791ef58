//! The note on an issue of a cron monitor: a scheduled job did not report, took too long or failed.

use super::{Note, said, shown, shown_as, title, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The result of a run of the scheduled job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// The job did not start, or did not report the start.
    Missed,
    /// The job started and did not end in time.
    TooLong,
    /// The job reported a failure.
    Failed,
    /// Sentry gives no result.
    Unknown,
}

impl Run {
    fn of(reason: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        match () {
            () if has(&["missed"]) => Self::Missed,
            () if has(&["timeout", "timed out", "time out", "time-out"]) => Self::TooLong,
            () if has(&["error", "fail"]) => Self::Failed,
            () => Self::Unknown,
        }
    }

    fn said(self) -> Phrase {
        match self {
            Self::Missed => |w| w.cron_missed,
            Self::TooLong => |w| w.cron_too_long,
            Self::Failed => |w| w.cron_failed,
            Self::Unknown => |w| w.cron_unknown,
        }
    }

    fn step(self) -> Phrase {
        match self {
            Self::Missed | Self::Unknown => |w| w.cron_step_missed,
            Self::TooLong => |w| w.cron_step_too_long,
            Self::Failed => |w| w.cron_step_failed,
        }
    }
}

pub(super) fn note(evidence: &Evidence) -> Note {
    let run = Run::of(&reason(evidence).map(|text| text.raw().to_lowercase()).unwrap_or_default());
    let said_so = job(evidence).map(|job| Sentence::new(run.said(), [Arg::from(&job)]));
    let margin = (run == Run::Missed).then(|| Sentence::plain(|w| w.cron_step_margin));
    Note {
        headline: said_so.unwrap_or_else(|| titled(evidence)),
        level: Level::Medium,
        because: |w| w.sure_observed,
        cause: vec![said(evidence, |w| w.cron_seen, [])],
        findings: shown(evidence, &[]),
        steps: [Sentence::plain(run.step())].into_iter().chain(margin).collect(),
    }
}

/// Returns Sentry's text about the run, such as `A missed check-in was detected`.
fn reason(evidence: &Evidence) -> Option<&Untrusted> {
    let issue = &evidence.issue;
    let message = evidence.event.as_ref().and_then(|event| event.message.as_ref());
    shown_as(evidence, "Failure reason").or(message).or(issue.subtitle.as_ref()).or(issue.culprit.as_ref())
}

/// Returns the name of the job: the monitor's slug, or the part of the issue's title after the colon.
fn job(evidence: &Evidence) -> Option<Untrusted> {
    let slug = evidence.event.as_ref().and_then(|event| event.tag("monitor.slug"));
    let behind = || title(evidence)?.raw().split_once(": ").map(|(_, name)| Untrusted::new(name));
    slug.cloned().or_else(behind)
}

#[cfg(test)]
mod tests {
    use super::Run;

    #[test]
    fn cron_failure_reasons_of_old_and_new_sentry_versions_are_parsed() {
        assert_eq!(Run::of("a missed check-in was detected"), Run::Missed);
        assert_eq!(Run::of("1 missed, 2 timeout and 1 error check-ins detected"), Run::Missed);
        assert_eq!(Run::of("exceeded maximum runtime: timeout"), Run::TooLong);
        assert_eq!(Run::of("an error check-in was detected"), Run::Failed);
        assert_eq!(Run::of(""), Run::Unknown);
    }
}
