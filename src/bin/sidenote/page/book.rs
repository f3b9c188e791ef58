//! The last deliveries, in memory, and whoever waits for news of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use sidenote::clock;
use sidenote::domain::approval::Approval;
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::Language;
use sidenote::handler::{DeliveryEvent, Observer};
use tokio::sync::{Notify, watch};

use super::entry::{Ending, Entry, Stage, Told};
use super::pieces::Pieces;

/// Deliveries that are remembered.
const MOST: usize = 100;
/// Of those, ones that were turned away: strangers may not push the others out.
const MOST_REFUSED: usize = 20;
/// The largest payload that is kept for a replay, and all of them together.
const LARGEST_BODY: usize = 1024 * 1024;
const ALL_BODIES: usize = 16 * 1024 * 1024;

/// A request on its way in, or a replay.
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
    /// The number of its entry.
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

tokio::task_local! {
    /// What the work at hand is about.
    static ARRIVAL: Arc<Arrival>;
}

/// Does work that is about `arrival`, so that the observer knows.
pub(crate) async fn within<T>(arrival: Option<Arc<Arrival>>, work: impl Future<Output = T>) -> T {
    match arrival {
        Some(arrival) => ARRIVAL.scope(arrival, work).await,
        None => work.await,
    }
}

/// The last deliveries.
pub(super) struct Book {
    shelf: Mutex<Shelf>,
    /// The newest version; a sender that is gone means that the program ends.
    news: Mutex<Option<watch::Sender<u64>>>,
    heard: watch::Receiver<u64>,
    /// Somebody looks.
    pub(super) somebody: Notify,
    /// Of note and message.
    pub(super) language: Language,
}

#[derive(Default)]
struct Shelf {
    entries: VecDeque<Entry>,
    next: u64,
    version: u64,
}

impl Book {
    pub(super) fn new(language: Language) -> Self {
        let (news, heard) = watch::channel(0);
        Self {
            shelf: Mutex::default(),
            news: Mutex::new(Some(news)),
            heard,
            somebody: Notify::new(),
            language,
        }
    }

    /// Takes a request's number.
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

    /// The newest version.
    pub(super) fn version(&self) -> u64 {
        self.shelf().version
    }

    /// All that is remembered, newest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.shelf().entries.iter().rev().cloned().collect()
    }

    /// One delivery.
    pub(super) fn entry(&self, id: u64) -> Option<Entry> {
        self.shelf().entries.iter().find(|entry| entry.id == id).cloned()
    }

    /// The oldest change after `version`.
    pub(super) fn change_after(&self, version: u64) -> Option<Entry> {
        let kept = self.shelf();
        kept.entries.iter().filter(|entry| entry.version > version).min_by_key(|entry| entry.version).cloned()
    }

    /// Hears of changes until the program ends.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.heard.clone()
    }

    /// Lets those who listen go, because the program ends.
    pub(super) fn close(&self) {
        locked(&self.news).take();
    }

    /// Changes the entry of an arrival; the first change makes it.
    pub(super) fn change(&self, arrival: &Arrival, change: impl FnOnce(&mut Entry)) {
        let mut kept = self.shelf();
        if !kept.entries.iter().any(|entry| entry.id == arrival.id) {
            kept.entries.push_back(blank(arrival));
            kept.tidy();
        }
        let entry = kept.entries.iter_mut().find(|entry| entry.id == arrival.id);
        if let Some(entry) = entry {
            change(entry);
        }
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

    /// A decision comes from a tap, not from the delivery: it belongs to whoever asked.
    fn decided(&self, event: &DeliveryEvent<'_>, approval: &Approval) {
        let mut kept = self.shelf();
        let asks = |entry: &&mut Entry| entry.approval.as_ref().is_some_and(|asked| asked.id == approval.id);
        let Some(entry) = kept.entries.iter_mut().rev().find(asks) else { return };
        let (id, at) = (entry.id, entry.at);
        entry.take(event, now().0.duration_since(at).unwrap_or_default(), self.language);
        self.changed(kept, id);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        locked(&self.shelf)
    }
}

impl Observer for Book {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        if let DeliveryEvent::Decided(approval) | DeliveryEvent::Closed(approval) = event {
            return self.decided(event, approval);
        }
        let Ok(arrival) = ARRIVAL.try_with(Arc::clone) else { return };
        let after = now().1.saturating_duration_since(arrival.began);
        self.change(&arrival, |entry| entry.take(event, after, self.language));
    }
}

impl Shelf {
    /// Calls the issue of an entry as another entry calls it that knows more.
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

    /// Forgets the oldest, and payloads that are too much together.
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
        told: Told::default(),
        message_id: None,
        approval: None,
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
