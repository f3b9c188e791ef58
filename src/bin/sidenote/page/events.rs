//! Adds the events that the handler reports about a delivery to the local page's record of the delivery.

use std::time::Duration;

use bytes::Bytes;
use sidenote::domain::approval::{Approval, ApprovalState, ApprovalSubject, Choice};
use sidenote::domain::occurrence::Occurrence;
use sidenote::domain::outcome::{Processed, Step as Outcome};
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::Language;
use sidenote::handler::{Answer, DeliveryEvent};
use sidenote::notifiers::{ChatNotice, Notification, note, telegram};

use super::entry::{Ending, Entry, Notices, Progress, Said, Stage};
use super::notifier;
use super::pieces::Pieces;
use super::texts::Pick;

/// The length limit of an issue's title, in characters.
const TITLE: usize = 160;

impl Entry {
    /// Adds an event that happened `after` the delivery's arrival. `language` is the language of notes and messages.
    pub(super) fn take(&mut self, event: &DeliveryEvent<'_>, after: Duration, language: Language) {
        match event {
            DeliveryEvent::Verified => {
                self.end(Stage::Verified, Progress::Done, after, said(|t| t.signature_valid));
            }
            DeliveryEvent::About(occurrence) => self.about(occurrence),
            DeliveryEvent::Answered { answer, .. } => self.answered(answer, after),
            DeliveryEvent::Evidence(evidence) => self.gathered(Pieces::of(evidence), after),
            DeliveryEvent::Notification(notification) => self.notification(notification, after, language),
            DeliveryEvent::Asked(approval) => self.asked(approval, after),
            DeliveryEvent::MessageComposed(chat) => self.composed(chat),
            DeliveryEvent::NotifierStarted(name) => self.begin(Stage::Notifier(name)),
            DeliveryEvent::NotifierEnded(name, step) => self.notified(name, step, after),
            DeliveryEvent::Processed(finished) => self.processed(finished.processed, after),
            DeliveryEvent::Decided(approval) | DeliveryEvent::Closed(approval) => {
                self.decided(approval, after);
            }
            _ => {}
        }
    }

    fn answered(&mut self, answer: &Answer, after: Duration) {
        match answer {
            Answer::Accepted { is_queued, .. } => self.claimed(*is_queued, after),
            Answer::Ignored(why) => self.ignored(|t| t.ignored, why.reason(), after),
            Answer::Update { noted, .. } => self.ignored(|t| t.noted, noted.update.kind.reason(), after),
            Answer::Duplicate(_) | Answer::Doubtful { .. } => {
                self.end(Stage::Claimed, Progress::None, after, said(|t| t.duplicate));
                self.close(Ending::Duplicate);
            }
            Answer::Refused(why) => self.refused(&why.to_string(), after),
            Answer::Health(_) | Answer::Probe(_) => {}
        }
    }

    /// Records that the delivery contains nothing to analyse.
    fn ignored(&mut self, words: Pick, why: &str, after: Duration) {
        self.end(Stage::Claimed, Progress::None, after, Said::About(words, why.to_owned()));
        self.close(Ending::Ignored);
    }

    fn about(&mut self, occurrence: &Occurrence) {
        self.trigger = Some(occurrence.name());
        self.title = title(occurrence);
        self.issue_id = occurrence.issue_id().map(|id| id.to_string());
        let short = match occurrence {
            Occurrence::Issue(it) => it.issue.short_id.as_ref().map(|id| id.line(TITLE)),
            Occurrence::Metric(_) => None,
        };
        self.issue = short.or_else(|| self.issue_id.clone());
    }

    /// Records that the request was rejected.
    pub(super) fn refused(&mut self, why: &str, after: Duration) {
        let verified = self.step(Stage::Verified).progress == Progress::Done;
        let stage = if verified { Stage::Claimed } else { Stage::Verified };
        self.end(stage, Progress::Failed, after, Said::About(|t| t.refused_trouble, why.to_owned()));
        self.refusal = Some(why.to_owned());
        // The payload is dropped, because a replay would sign a payload whose origin is unknown.
        self.body = Bytes::new();
        self.close(Ending::Refused);
    }

    /// Records that the delivery's claim succeeded. Gathering the evidence is then running.
    pub(super) fn claimed(&mut self, is_queued: bool, after: Duration) {
        let words: Pick = if is_queued { |t| t.claimed } else { |t| t.claimed_first };
        self.end(Stage::Claimed, Progress::Done, after, said(words));
        self.begin(Stage::Evidence);
    }

    fn gathered(&mut self, pieces: Pieces, after: Duration) {
        let words: Pick = if pieces.gaps.is_empty() { |t| t.gathered } else { |t| t.with_gaps };
        self.end(Stage::Evidence, Progress::Done, after, Said::About(words, pieces.count().to_string()));
        self.pieces = pieces;
        self.begin(Stage::Analysis);
    }

    fn notification(&mut self, notification: &Notification, after: Duration, language: Language) {
        self.notices = Notices::of(notification, language);
        let Notification::Issue(report) = notification else {
            return self.steps.at(Stage::Evidence).progress = Progress::None;
        };
        // The Sentry API gives more details about the issue than the webhook.
        let issue = &report.evidence.issue;
        self.issue = issue.short_id.as_ref().map(|id| id.line(TITLE)).or(self.issue.take());
        self.title = issue.title.as_ref().map(|title| title.line(TITLE)).or(self.title.take());
        let analysis = &report.analysis;
        self.pieces.mark(&analysis.cites().iter().map(ToString::to_string).collect::<Vec<_>>());
        let words = Said::About(|t| t.by_analyzer, analysis.analyzer.to_owned());
        let open = analysis.status == sidenote::domain::analysis::Status::Undetermined;
        let words = if open { Said::Plain(|t| t.undetermined) } else { words };
        self.end(Stage::Analysis, Progress::Done, after, words);
    }

    fn asked(&mut self, approval: &Approval, after: Duration) {
        self.notices.message = Some(approval.shown.html.clone());
        self.approval = Some(approval.clone());
        self.end(Stage::Approval, Progress::Waiting, after, said(|t| t.asks_person));
    }

    fn composed(&mut self, chat: &ChatNotice) {
        self.notices.message = Some(telegram::render_message(&chat.content).html);
        self.is_edited = chat.standing.is_some() || chat.standing_in_slack.is_some();
        self.menu.clone_from(&chat.menu);
    }

    fn notified(&mut self, name: &'static str, step: &Outcome, after: Duration) {
        let stage = Stage::Notifier(name);
        if let (Stage::MESSAGE, Outcome::Done(Some(id))) = (stage, step) {
            self.message_id = id.parse().ok();
        }
        let (progress, said) = outcome(name, step);
        self.end(stage, progress, after, said);
    }

    fn processed(&mut self, processed: &Processed, after: Duration) {
        for (name, step) in &processed.steps {
            if matches!(self.step(Stage::Notifier(name)).progress, Progress::Ahead | Progress::Now) {
                self.notified(name, step, after);
            }
        }
        if self.step(Stage::Approval).progress == Progress::Ahead {
            self.end(Stage::Approval, Progress::None, after, said(|t| t.nothing_proposed));
        }
        self.close(Ending::Processed(processed.status()));
    }

    fn decided(&mut self, approval: &Approval, after: Duration) {
        let name = approval.state.by().map(|by| by.name.clone()).filter(|name| !name.is_empty());
        let by =
            |words: Pick| name.clone().map_or(Said::Plain(|t| t.someone), |name| Said::About(words, name));
        let (progress, words) = match &approval.state {
            ApprovalState::Pending | ApprovalState::Working { .. } => return,
            ApprovalState::Expired => (Progress::Skipped, Said::Plain(|t| t.approval_expired)),
            ApprovalState::Superseded => (Progress::Skipped, Said::Plain(|t| t.approval_superseded)),
            ApprovalState::Failed { why, .. } => {
                (Progress::Failed, Said::About(|t| t.approval_failed, why.clone()))
            }
            ApprovalState::Done { choice: Choice::Approve, .. } => (Progress::Done, by(|t| t.approved_by)),
            ApprovalState::Done { choice: Choice::Reject, .. } => (Progress::Done, by(|t| t.rejected_by)),
            ApprovalState::Done { choice: Choice::Again, .. } => (Progress::Done, by(|t| t.again_by)),
        };
        if matches!(
            (&approval.subject, approval.state.choice()),
            (ApprovalSubject::Post { .. }, Some(Choice::Approve))
        ) && progress == Progress::Done
        {
            self.end(Stage::NOTE, Progress::Done, after, None);
        }
        self.approval = Some(approval.clone());
        self.end(Stage::Approval, progress, after, words);
    }
}

impl Notices {
    /// Renders the note and the message of a notification.
    pub(super) fn of(notification: &Notification, language: Language) -> Self {
        let message = Some(telegram::render(notification, language).html);
        match notification {
            Notification::Issue(report) => {
                Self { note: Some(note::render(report, language)), message, link: report.link.clone() }
            }
            Notification::Metric(report) => Self { note: None, message, link: report.link.clone() },
        }
    }
}

fn said(words: Pick) -> Said {
    Said::Plain(words)
}

/// Returns the title of an issue or a metric alert from the webhook's data.
pub(super) fn title(occurrence: &Occurrence) -> Option<String> {
    let text = match occurrence {
        Occurrence::Metric(alert) => Some(alert.title.line(TITLE)),
        Occurrence::Issue(it) => it.issue.title.as_ref().map(|title| title.line(TITLE)).or_else(|| {
            let event = it.event.as_ref()?;
            let exception = event.exceptions.first();
            let parts = [exception.and_then(|e| e.kind.as_ref()), exception.and_then(|e| e.message.as_ref())];
            let said: Vec<String> =
                parts.into_iter().flatten().map(|part: &Untrusted| part.line(TITLE)).collect();
            if said.is_empty() { Some(event.message.as_ref()?.line(TITLE)) } else { Some(said.join(": ")) }
        }),
    };
    text.filter(|text| !text.is_empty())
}

fn outcome(name: &str, step: &Outcome) -> (Progress, Option<Said>) {
    match step {
        Outcome::Done(id) => (Progress::Done, id.clone().map(|id| Said::About(notifier::id(name), id))),
        Outcome::AlreadyDone => (Progress::Done, Some(Said::Plain(|t| t.already_there))),
        Outcome::Skipped(why) => (Progress::Skipped, Some(Said::Why(*why))),
        Outcome::Off(why) | Outcome::Obsolete(why) => (Progress::None, Some(Said::Why(*why))),
        Outcome::Failed(why) => (Progress::Failed, Some(Said::Why(*why))),
        Outcome::Waiting => (Progress::Waiting, Some(Said::Plain(|t| t.asks_person))),
        Outcome::NotApplicable => (Progress::None, None),
    }
}
