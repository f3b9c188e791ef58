//! The record of the last webhook deliveries in memory, which the local page shows. Open pages are told of each change.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use sidenote::clock;
use sidenote::domain::approval::Approval;
use sidenote::domain::ids::IssueId;
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::Language;
use sidenote::handler::{DeliveryEvent, Observer, not_told};
use tokio::sync::{Notify, watch};

use super::entry::{Ending, Entry, Notices, Stage};
use super::pieces::Pieces;

/// At most this many deliveries are kept in memory.
const MOST: usize = 100;
/// At most this many of the kept deliveries are rejected ones. Without this limit, rejected requests would displace
/// accepted deliveries.
const MOST_REFUSED: usize = 20;
/// A payload is kept for a replay only if it has at most this many bytes.
const LARGEST_BODY: usize = 1024 * 1024;
/// All kept payloads together have at most this many bytes.
const ALL_BODIES: usize = 16 * 1024 * 1024;

/// An incoming request or a replay, before its first change of the record.
#[derive(Debug)]
pub(crate) struct Arrival {
    id: u64,
    at: SystemTime,
    began: Instant,
    resource: Option<String>,
    body: Bytes,
    replay_of: Option<u64>,
}

impl Arrival {
    /// Returns the id of the [`Entry`] that records this arrival.
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

tokio::task_local! {
    /// The arrival that the current task handles.
    static ARRIVAL: Arc<Arrival>;
}

/// Runs `work` as part of handling `arrival`. The observer then adds the events of `work` to the entry of `arrival`.
pub(crate) async fn within<T>(arrival: Option<Arc<Arrival>>, work: impl Future<Output = T>) -> T {
    match arrival {
        Some(arrival) => ARRIVAL.scope(arrival, work).await,
        None => work.await,
    }
}

/// The record of the last deliveries, and the subscriptions of open pages to its changes.
pub(super) struct Book {
    shelf: Mutex<Shelf>,
    /// The sender of the newest version number. Open pages end their streams when it is dropped.
    news: Mutex<Option<watch::Sender<u64>>>,
    heard: watch::Receiver<u64>,
    /// The signal that a browser has opened the local page.
    pub(super) opened: Notify,
    /// The language of notes and messages.
    pub(super) language: Language,
}

#[derive(Default)]
struct Shelf {
    entries: VecDeque<Entry>,
    next: u64,
    version: u64,
    /// The number of messages, edits and replies in chats that are missing.
    not_told: u64,
}

impl Book {
    pub(super) fn new(language: Language) -> Self {
        let (news, heard) = watch::channel(0);
        Self { shelf: Mutex::default(), news: Mutex::new(Some(news)), heard, opened: Notify::new(), language }
    }

    /// Registers a request and returns its arrival. An entry is created only by the first change.
    pub(super) fn arrival(
        &self,
        resource: Option<String>,
        body: Bytes,
        replay_of: Option<u64>,
    ) -> Arc<Arrival> {
        let mut kept = self.shelf();
        kept.next += 1;
        let (at, began) = now();
        Arc::new(Arrival { id: kept.next, at, began, resource, body, replay_of })
    }

    /// Returns the number of changes so far, which is the version of the newest change.
    pub(super) fn version(&self) -> u64 {
        self.shelf().version
    }

    /// Returns copies of all entries, newest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.shelf().entries.iter().rev().cloned().collect()
    }

    /// Returns a copy of the entry with this id, if it is still kept.
    pub(super) fn entry(&self, id: u64) -> Option<Entry> {
        self.shelf().entries.iter().find(|entry| entry.id == id).cloned()
    }

    /// Returns the entry with the oldest change after `version`.
    pub(super) fn change_after(&self, version: u64) -> Option<Entry> {
        let kept = self.shelf();
        kept.entries.iter().filter(|entry| entry.version > version).min_by_key(|entry| entry.version).cloned()
    }

    /// Subscribes to the version numbers of changes, until the program ends.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.heard.clone()
    }

    /// Ends all subscriptions, because the program ends.
    pub(super) fn close(&self) {
        locked(&self.news).take();
    }

    /// Applies `change` to the entry of an arrival. The first change creates the entry.
    pub(super) fn change(&self, arrival: &Arrival, change: impl FnOnce(&mut Entry)) {
        let mut kept = self.shelf();
        if !kept.entries.iter().any(|entry| entry.id == arrival.id) {
            kept.entries.push_back(blank(arrival));
        }
        let entry = kept.entries.iter_mut().find(|entry| entry.id == arrival.id);
        if let Some(entry) = entry {
            change(entry);
        }
        kept.tidy();
        kept.name(arrival.id);
        self.changed(kept, arrival.id);
    }

    fn changed(&self, mut kept: MutexGuard<'_, Shelf>, id: u64) {
        kept.version += 1;
        let version = kept.version;
        if let Some(entry) = kept.entries.iter_mut().find(|entry| entry.id == id) {
            entry.version = version;
        }
        drop(kept);
        if let Some(news) = locked(&self.news).as_ref() {
            news.send_replace(version);
        }
    }

    /// Adds a decision to the entry that asked for it, because the request with the button press is a different one.
    fn decided(&self, event: &DeliveryEvent<'_>, approval: &Approval) {
        let mut kept = self.shelf();
        let asks = |entry: &&mut Entry| entry.approval.as_ref().is_some_and(|asked| asked.id == approval.id);
        let Some(entry) = kept.entries.iter_mut().rev().find(asks) else { return };
        let (id, at) = (entry.id, entry.at);
        entry.take(event, now().0.duration_since(at).unwrap_or_default(), self.language);
        self.changed(kept, id);
    }

    /// Returns the number of messages, edits and replies in chats that are missing since the start of the program.
    pub(super) fn not_told(&self) -> u64 {
        self.shelf().not_told
    }

    /// Counts what a chat was not told. Open pages learn it with the newest entry.
    fn missing(&self, number: u64) {
        let mut kept = self.shelf();
        kept.not_told += number;
        let newest = kept.entries.back().map_or(0, |entry| entry.id);
        self.changed(kept, newest);
    }

    /// Applies an edit to the newest entry about `issue` that has the edited text.
    fn edited(&self, issue: &IssueId, has_text: fn(&Notices) -> bool, edit: impl FnOnce(&mut Entry)) {
        let mut kept = self.shelf();
        let about = |entry: &&mut Entry| {
            entry.issue_id.as_deref() == Some(issue.as_str()) && has_text(&entry.notices)
        };
        let Some(entry) = kept.entries.iter_mut().rev().find(about) else { return };
        edit(entry);
        let id = entry.id;
        self.changed(kept, id);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        locked(&self.shelf)
    }
}

impl Observer for Book {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        let number = not_told(event);
        if number > 0 {
            self.missing(number);
        }
        if let DeliveryEvent::Decided(approval) | DeliveryEvent::Closed(approval) = event {
            return self.decided(event, approval);
        }
        if let DeliveryEvent::Edited { issue, html, menu } = event {
            return self.edited(
                issue,
                |notices| notices.message.is_some(),
                |entry| {
                    entry.notices.message = Some((*html).to_owned());
                    entry.is_edited = true;
                    entry.menu = menu.cloned();
                },
            );
        }
        if let DeliveryEvent::NoteEdited { issue, text } = event {
            let edit = |entry: &mut Entry| entry.notices.note = Some((*text).to_owned());
            return self.edited(issue, |notices| notices.note.is_some(), edit);
        }
        let Ok(arrival) = ARRIVAL.try_with(Arc::clone) else { return };
        let after = now().1.saturating_duration_since(arrival.began);
        self.change(&arrival, |entry| entry.take(event, after, self.language));
    }
}

impl Shelf {
    /// Copies the issue's short id from another entry about the same issue, if this entry has only the numeric id.
    fn name(&mut self, id: u64) {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return };
        let entry = &self.entries[at];
        if entry.issue_id.is_none() || entry.issue != entry.issue_id {
            return;
        }
        let better = |it: &&Entry| it.issue_id == entry.issue_id && it.issue != it.issue_id;
        let known = self.entries.iter().find(better).map(|it| it.issue.clone());
        if let Some(known) = known {
            self.entries[at].issue = known;
        }
    }

    /// Removes the oldest entries beyond the limits, and the oldest payloads beyond the size limit.
    fn tidy(&mut self) {
        let refused = |entry: &Entry| entry.ending == Ending::Refused;
        if self.entries.iter().filter(|entry| refused(entry)).count() > MOST_REFUSED
            && let Some(oldest) = self.entries.iter().position(refused)
        {
            self.entries.remove(oldest);
        }
        while self.entries.len() > MOST {
            self.entries.pop_front();
        }
        let mut kept = 0;
        for entry in self.entries.iter_mut().rev() {
            kept += entry.body.len();
            if kept > ALL_BODIES {
                entry.body = Bytes::new();
            }
        }
    }
}

fn blank(arrival: &Arrival) -> Entry {
    let body = if arrival.body.len() > LARGEST_BODY { Bytes::new() } else { arrival.body.clone() };
    let mut entry = Entry {
        id: arrival.id,
        version: 0,
        at: arrival.at,
        replay_of: arrival.replay_of,
        resource: arrival.resource.as_deref().map(|resource| Untrusted::new(resource).line(40)),
        body,
        title: None,
        issue: None,
        issue_id: None,
        trigger: None,
        steps: super::entry::Steps::default(),
        pieces: Pieces::default(),
        notices: Notices::default(),
        message_id: None,
        approval: None,
        is_edited: false,
        menu: None,
        ending: Ending::Working,
        refusal: None,
    };
    entry.begin(Stage::Verified);
    entry
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> (SystemTime, Instant) {
    (clock::wall(), clock::now())
}
