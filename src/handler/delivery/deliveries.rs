//! Handles deliveries (webhooks of Sentry with a valid signature), from gathering the evidence to recording the
//! outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::gone::{confirmed_gone, read_as_merged, read_as_missing};
use super::incidents::{Incidents, Unclaimed};
use super::job::Job;
use super::note_action::note_action;
use super::notify::{Notifying, Outgoing};
use super::prepare::Reports;
use super::retry::RetryReason;
use super::watch::Watch;
use crate::clock::{self, Stopwatch, unix_millis};
use crate::config::Config;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::{IssueId, Slug};
use crate::domain::message::{ChatMessage, IssueMessage, MenuView, MessageUpdate};
use crate::domain::outcome::{DeliveryStatus, Failure, Processed, Step};
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::Language;
use crate::handler::answer::NotedUpdate;
use crate::handler::approvals::questions::{Question, Questions, content};
use crate::handler::clients::Clients;
use crate::handler::door::Door;
use crate::handler::messages::Messages;
use crate::handler::observing::event::{DeliveryEvent, Finished};
use crate::handler::observing::observers::Observers;
use crate::handler::observing::timings::Timings;
use crate::notifiers::note::{Note, NoteAction};
use crate::notifiers::{ChatNotice, Notification, Notifiers};
use crate::state::{Claim, Claimed};
use crate::webhook::{self, Decoded};

/// The part of the handler that works on deliveries, which are webhooks of Sentry with a valid signature.
pub(in crate::handler) struct Deliveries {
    pub(super) incidents: Arc<Incidents>,
    pub(super) reports: Reports,
    pub(super) notifying: Notifying,
    questions: Arc<Questions>,
    pub(super) messages: Arc<Messages>,
    pub(super) clients: Clients,
    pub(super) observers: Observers,
    pub(super) watch: Watch,
    /// Whether there is a queue that redelivers incomplete work.
    has_queue: bool,
}

/// The result of the work on a webhook after it was taken in.
pub(in crate::handler) enum Begun {
    /// This invocation has handled the incident.
    Ours(Processed),
    /// There was nothing to do: another invocation is handling the incident, or it was handled completely.
    Repeat,
    /// The webhook must be delivered again, because another invocation may be handling the incident, or because the
    /// issue could not be read.
    Open,
}

impl Deliveries {
    pub(in crate::handler) fn new(
        (config, has_queue): (&Arc<Config>, bool),
        incidents: Arc<Incidents>,
        reports: Reports,
        notifiers: Arc<Notifiers>,
        (questions, messages): (Arc<Questions>, Arc<Messages>),
        watch: Watch,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        let notifying = Notifying {
            config: Arc::clone(config),
            notifiers,
            questions: Arc::clone(&questions),
            clients: clients.clone(),
            observers: observers.clone(),
        };
        Self { incidents, reports, notifying, questions, messages, clients, observers, watch, has_queue }
    }

    /// Returns the watch over the arrival of webhooks.
    pub(in crate::handler) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Returns the clients for other services.
    pub(in crate::handler) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Returns the part that gathers evidence, analyses it and creates notifications.
    pub(in crate::handler) fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Handles a webhook after it was taken in. If its incident is not claimed yet, the claim is made first. If the
    /// webhook is an alert within the cooldown, the issue may then be read first.
    pub(in crate::handler) async fn begin(&self, job: Job, deadline: Deadline) -> Begun {
        let Job { unanswered: Some(request), occurrence, received_ms, .. } = job else {
            return Begun::Ours(self.process(job, deadline).await);
        };
        let Unclaimed { claimed, job } = match self.incidents.job(occurrence, request, received_ms).await {
            Ok(job) => return Begun::Ours(self.process(job, deadline).await),
            Err(unclaimed) => *unclaimed,
        };
        match claimed {
            Claimed::Doubtful => match self.look_again(job, deadline).await {
                Ok(()) => Begun::Repeat,
                // The failure of this read is logged where it occurs.
                Err(_) => Begun::Open,
            },
            Claimed::MayRun => Begun::Open,
            Claimed::Ours(_) | Claimed::Running | Claimed::Finished => Begun::Repeat,
        }
    }

    /// Gathers evidence, analyses it and runs the notifiers before the deadline. Returns the results of the notifiers.
    /// A panic is caught and reported as a failure of all notifiers.
    pub(in crate::handler) async fn process(&self, job: Job, deadline: Deadline) -> Processed {
        let watch = Stopwatch::start();
        let (issue, trigger) = (job.occurrence.issue_id(), job.occurrence.name());
        let org = job.occurrence.org().cloned();
        let (claim, timings) = (job.claim.clone(), Timings::default());
        let work = AssertUnwindSafe(self.work(job, &timings, deadline)).catch_unwind();
        // The answer to the webhook usually has been sent by now, so it does not wait for the renewal of old secrets.
        let (work, ()) = tokio::join!(work, self.clients.secrets.renew());
        let mut processed = work.unwrap_or_else(|_| self.all_alike(issue, &Step::Failed(Failure::Internal)));
        let notifiers = &*self.notifying.notifiers;
        let gone = confirmed_gone(&self.clients, &mut processed, org.as_ref(), deadline).await;
        let marked = self.mark_note(&mut processed, claim.as_ref());
        let updated = self.incidents.finish(claim, &processed, notifiers).await;
        if let (Some(issue), Some(message)) = (&processed.issue, updated.or(marked)) {
            let shown = self.messages.show(issue, &message, (MenuView::Actions, None), deadline).await;
            self.messages.report_unshown(issue, ("recorded update", None), shown);
        }
        if let (Some(issue), Some(gone)) = (&processed.issue, &gone) {
            let shown = self.messages.show_gone(issue, gone, deadline).await;
            self.messages.report_unshown(issue, ("issue gone", None), shown);
        }
        let took = watch.elapsed();
        let finished = Finished { processed: &processed, trigger, notifiers, timings: &timings, took };
        self.observers.emit(DeliveryEvent::Processed(finished));
        processed
    }

    /// Adds to the message whether the note could be written. Returns the changed message if the chat does not show
    /// it yet, and otherwise `None`.
    fn mark_note(&self, processed: &mut Processed, claim: Option<&Claim>) -> Option<IssueMessage> {
        let (_, note) = processed.steps.iter().find(|(name, _)| *name == Note::NAME)?;
        let recorded = || claim?.record.message.as_deref();
        let shown = processed.message.as_deref().or_else(recorded)?;
        let marked = shown.clone().with_note(note, unix_millis(), self.notifying.config.language);
        if marked == *shown {
            return None;
        }
        processed.message = Some(Box::new(marked.clone()));
        Some(marked)
    }

    /// Handles a webhook that the queue has redelivered. `Err` means that the queue must redeliver it once more.
    pub(in crate::handler) async fn redelivered(
        &self,
        door: &Door,
        queued: &QueuedDelivery,
        deadline: Deadline,
    ) -> Result<(), RetryReason> {
        let received_ms = Some(queued.received_ms);
        let (headers, body) = webhook::headers_of(queued).ok_or(RetryReason::NotOurs)?;
        let delivery = door.delivery(&headers, body).await.map_err(|_| RetryReason::Signature)?;
        let occurrence = match webhook::decode(&delivery) {
            Ok(Decoded::Occurrence(occurrence)) => occurrence,
            Ok(Decoded::Update(update)) => {
                let id = hex::encode(delivery.digest());
                let noted = NotedUpdate { update, id, received_ms: queued.received_ms };
                let shown = self.show_update(&noted, deadline).await;
                return shown.map_err(|_| RetryReason::Unfinished);
            }
            Ok(Decoded::Ignored(_)) | Err(_) => return Ok(()),
        };
        let request = self.incidents.request(&occurrence, Some(&delivery), deadline, received_ms);
        let job = match self.incidents.job(occurrence, request, received_ms).await.map_err(|it| *it) {
            Ok(job) => job,
            Err(Unclaimed { claimed: Claimed::Running | Claimed::MayRun, .. }) => {
                return Err(RetryReason::Running);
            }
            Err(Unclaimed { claimed: Claimed::Doubtful, job }) => {
                return self.look_again(job, deadline).await.map_err(|_| RetryReason::Unfinished);
            }
            Err(_) => return Ok(()),
        };
        match self.process(job, deadline).await.status() {
            DeliveryStatus::Completed => Ok(()),
            DeliveryStatus::Partial | DeliveryStatus::Failed => Err(RetryReason::Unfinished),
        }
    }

    /// Shows a change that needs no analysis in the chat message of its issue.
    pub(in crate::handler) async fn show_update(
        &self,
        noted: &NotedUpdate,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let NotedUpdate { update, id, received_ms } = noted;
        let shown = self.messages.show_update(update, (id.clone(), *received_ms), deadline).await;
        self.messages.report_unshown(&update.issue, (update.kind.reason(), None), shown);
        shown
    }

    /// Returns a result in which every notifier has the same outcome.
    fn all_alike(&self, issue: Option<IssueId>, step: &Step) -> Processed {
        let steps = self.notifying.notifiers.each(step);
        Processed { issue, steps, ..Processed::default() }
    }

    async fn work(&self, job: Job, timings: &Timings, deadline: Deadline) -> Processed {
        let (mut note, notification) = Box::pin(self.searched(&job, timings, deadline)).await;
        let Job { occurrence, claim, received_ms, .. } = job;
        let (issue, org, claim) = (occurrence.issue_id(), occurrence.org().cloned(), claim.as_ref());
        if matches!(note, NoteAction::Stands(_)) && claim.is_none_or(|claim| !claim.taken_over) {
            // Without a record of the incident, Sidenote's own note on the issue shows that the webhook is a repeat.
            return self.all_alike(issue, &Step::AlreadyDone);
        }
        let mut notification = match notification {
            Some(notification) => notification,
            None => self.reports.notification(occurrence, timings, deadline).await,
        };
        if let (Notification::Issue(report), Some(claim)) = (&mut notification, claim) {
            report.history.clone_from(&claim.record.history);
        }
        self.observers.emit(DeliveryEvent::Notification(&notification));
        let merged = issue.as_ref().and_then(|issue| read_as_merged(issue, &notification));
        if merged.is_some() {
            note = NoteAction::Obsolete;
        }
        // An issue with a message, or with a redelivered webhook, is old enough to be readable.
        let has_message = claim.is_some_and(|claim| claim.record.message.is_some());
        let may_be_new = !has_message && received_ms.is_none();
        let gone = merged.or_else(|| read_as_missing(may_be_new, &notification));
        let done = claim.map(|claim| claim.record.done.clone()).unwrap_or_default();
        let is_asked = self.has_asked(&done);
        let question = self.questions.question(&notification, org.as_ref(), claim, is_asked).await;
        let mut chat = chat_notice(&notification, &question, claim, self.notifying.config.language);
        if let Some(issue) = issue.as_ref().filter(|_| claim.is_some()) {
            chat.menu = self.questions.menu(issue, &chat.content).await;
        }
        self.observers.emit(DeliveryEvent::MessageComposed(&chat));
        let outgoing = Outgoing {
            notification: &notification,
            org: org.as_ref(),
            note: &note,
            done: &done,
            question: &question,
            chat: &chat,
            deadline,
        };
        let steps = timings.notifying.of(self.notifying.notify_all(outgoing)).await;
        Processed { message: issue_message(chat, org, claim), gone, ..result(issue, steps, notification) }
    }

    /// Whether this incident's message with the question of an approval was already sent.
    fn has_asked(&self, done: &[(String, Option<String>)]) -> bool {
        let mut asking = self.notifying.notifiers.profiles().filter(|profile| profile.asks_for_approval);
        asking.any(|profile| done.iter().any(|(name, _)| name == profile.name))
    }

    /// Returns what to do with the note. Also returns the notification if it was made during the search for the note:
    /// in memory, a new claim is nearly always no repeat, so the analysis does not wait. After a restart it can be one, and
    /// then the analysis is dropped.
    async fn searched(
        &self,
        job: &Job,
        timings: &Timings,
        deadline: Deadline,
    ) -> (NoteAction, Option<Notification>) {
        let note = self.note_action(job, deadline);
        if self.notifying.config.is_durable() || !job.is_first_of_all() {
            return (note.await, None);
        }
        let notification = self.reports.notification(job.occurrence.clone(), timings, deadline);
        let (note, notification) = tokio::join!(note, notification);
        (note, Some(notification))
    }

    /// Returns whether the note is written, edited or left alone. Returns [`NoteAction::Unknown`] if the record leaves
    /// this open, the comments on the issue cannot be read, and a queue redelivers the delivery.
    async fn note_action(&self, job: &Job, deadline: Deadline) -> NoteAction {
        let until = clock::keeping(deadline, RESERVE * 2);
        let secrets = self.clients.secrets().await;
        let sentry = self.clients.sentry(&secrets, job.occurrence.org(), until).ok();
        match note_action(sentry.as_ref(), job, self.notifying.config.is_durable()).await {
            Ok(action) => action,
            // No queue redelivers this delivery, so a second note is better than none.
            Err(_) if !self.has_queue => NoteAction::Write,
            Err(why) => NoteAction::Unknown(why),
        }
    }
}

/// Returns the content of the chat message. If the issue already has a message, that message is edited, and the
/// change that began this incident becomes a line in it.
fn chat_notice(
    notification: &Notification,
    question: &Question,
    claim: Option<&Claim>,
    language: Language,
) -> ChatNotice {
    let approval = question.approval();
    let content = match notification {
        Notification::Issue(report) => content(report, approval.map(|asked| &asked.subject), language),
        Notification::Metric(report) => report.message(language),
    };
    let notice = ChatNotice { approval: approval.cloned(), ..ChatNotice::new(content) };
    let Some((record, standing)) =
        claim.and_then(|claim| Some((&claim.record, claim.record.message.as_ref()?)))
    else {
        return notice;
    };
    let (in_telegram, in_slack) = (standing.message_ref, standing.slack_ref.clone());
    let notice = ChatNotice { standing: in_telegram, standing_in_slack: in_slack, ..notice };
    let updates = standing.clone().seen_at(record.started_ms).content.updates;
    let content = ChatMessage { updates, ..notice.content };
    if standing.incident_ms == record.started_ms {
        // This incident has sent the message to one chat, and the other one gets the same message.
        return ChatNotice { content, ..notice };
    }
    let update = MessageUpdate::of_incident(record.change, record.started_ms, language);
    let content = content.updated(update);
    let reply = content.announcement(record.change, language);
    ChatNotice { content, reply, ..notice }
}

/// Returns the message to record, if it was sent or edited in a chat. `claim` has the message as it was recorded
/// before.
fn issue_message(chat: ChatNotice, org: Option<Slug>, claim: Option<&Claim>) -> Option<Box<IssueMessage>> {
    let (message_ref, slack_ref) = (chat.sent.into_inner(), chat.sent_in_slack.into_inner());
    if message_ref.is_none() && slack_ref.is_none() {
        return None;
    }
    let record = claim.map(|claim| &claim.record);
    let before = record.and_then(|record| record.message.as_deref());
    let incident_ms = before.map(|message| message.incident_ms);
    Some(Box::new(IssueMessage {
        content: chat.content,
        message_ref: message_ref.or(chat.standing),
        slack_ref: slack_ref.or(chat.standing_in_slack),
        incident_ms: incident_ms.or(record.map(|record| record.started_ms)).unwrap_or_default(),
        approval: chat.approval.map(|approval| approval.id),
        org,
    }))
}

fn result(issue: Option<IssueId>, steps: Vec<(&'static str, Step)>, notification: Notification) -> Processed {
    let mut processed = Processed { issue, steps, ..Processed::default() };
    if let Notification::Issue(report) = notification {
        processed.analysis = Some((report.analysis.status.name(), report.analysis.analyzer));
        processed.substatus = report.evidence.substatus();
        processed.gaps = report.evidence.gaps;
    }
    processed
}
