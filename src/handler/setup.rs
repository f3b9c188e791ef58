//! Builds a handler from the configuration, and connects its components.

use std::sync::Arc;

use secrecy::SecretString;

use super::Handler;
use super::approvals::chats::Chats;
use super::approvals::decisions::Decisions;
use super::approvals::menu::Menus;
use super::approvals::menu_presses::MenuPresses;
use super::approvals::polling::Poller;
use super::approvals::questions::Questions;
use super::approvals::shown::Shown;
use super::approvals::slack::SlackPresses;
use super::approvals::taps::Taps;
use super::clients::Clients;
use super::delivery::deliveries::Deliveries;
use super::delivery::incidents::Incidents;
use super::delivery::intake::Intake;
use super::delivery::prepare::Reports;
use super::delivery::queue::Queue;
use super::delivery::watch::Watch;
use super::door::Door;
use super::messages::Messages;
use super::observing::event::Observer;
use super::observing::observers::Observers;
use crate::aws::Aws;
use crate::clock::millis;
use crate::config::Config;
use crate::domain::incident::CLOCK_SKEW_MS;
use crate::http::{Http, HttpError};
use crate::metrics::Metrics;
use crate::notifiers::{Notifier, Notifiers};
use crate::redelivery;
use crate::secrets::SecretStore;
use crate::sqlite::{self, Database};
use crate::state::{self, Approvals, Claims, Documents, Polling};

/// The configuration of a handler that is not built yet.
pub struct Setup {
    config: Config,
    local_key: Option<SecretString>,
    is_one_shot: bool,
    observers: Vec<Arc<dyn Observer>>,
    notifiers: Notifiers,
}

impl From<Config> for Setup {
    fn from(config: Config) -> Self {
        let (observers, notifiers) = (Vec::new(), Notifiers::default());
        Self { config, local_key: None, is_one_shot: false, observers, notifiers }
    }
}

impl Setup {
    /// Accepts webhooks that are signed with `key`, in addition to those that are signed with Sentry's client secret.
    #[must_use]
    pub fn with_local_key(self, key: SecretString) -> Self {
        Self { local_key: Some(key), ..self }
    }

    /// Declares that the process ends with its work, as a command does and `serve` does not.
    #[must_use]
    pub fn one_shot(self) -> Self {
        Self { is_one_shot: true, ..self }
    }

    /// Adds an observer, which receives the events of all webhooks that the handler works on.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Adds a notifier to those of Sidenote.
    #[must_use]
    pub fn with_notifier(self, notifier: Box<dyn Notifier>) -> Self {
        Self { notifiers: self.notifiers.with(notifier), ..self }
    }
}

impl Handler {
    /// Builds a handler. No connection is opened before the first request.
    ///
    /// # Errors
    ///
    /// [`HttpError`] if the HTTP client cannot be built.
    pub fn new(setup: impl Into<Setup>) -> Result<Self, HttpError> {
        let Setup { config, local_key, is_one_shot, observers, notifiers } = setup.into();
        let (config, aws, notifiers) = (Arc::new(config), Aws::default(), Arc::new(notifiers));
        let secrets = Arc::new(SecretStore::new(&config.secrets, &aws));
        let file = sqlite::database(config.state_file());
        let shared = Shared::new(&config, (&aws, file.as_ref()), &secrets, observers)?;
        // `serve` handles only those entries of its file whose signature it can verify. A command may sign with a key
        // of its own, so it does not use the file as a queue.
        let file = file.filter(|_| !is_one_shot);
        let file_key = local_key.clone().filter(|_| file.is_some());
        let door = Arc::new(Door::new(Arc::clone(&secrets), local_key, config.max_body_bytes));
        let queue = redelivery::queue(config.redelivery_queue.as_deref(), file.as_ref(), &aws);
        let queue = Queue::new(queue, file_key, shared.clients.clone());
        let chats = Arc::new(Chats::new(&config.telegram, shared.clients.clone()));
        let incidents = shared.incidents(queue.is_there());
        let questions = shared.questions(is_one_shot);
        let messages = shared.messages(&incidents, &questions, &chats);
        let asking = (&questions, &messages);
        let deliveries = shared.deliveries(aws, &incidents, &notifiers, asking, queue.is_there());
        let decisions = shared.decisions(&incidents, asking, &chats, &deliveries);
        let menus = Menus::new(Arc::clone(&config), Arc::clone(&incidents), Arc::clone(&questions));
        let menus = Arc::new(MenuPresses::new(menus, Arc::clone(&decisions), messages));
        let slack_presses = shared.slack_presses((&door, &queue), &decisions, &menus);
        let taps = Arc::new(Taps::new(
            Arc::clone(&config),
            (Arc::clone(&door), queue.clone()),
            Arc::clone(&decisions),
            (questions, chats),
            menus,
            shared.means(),
        ));
        let poller = Poller::new(Arc::clone(&taps), Polling::new(&shared.documents), shared.clients.clone());
        let intake = Intake { incidents, queue: queue.clone() };
        let (documents, observers) = (shared.documents, shared.observers);
        Ok(Self {
            config,
            secrets,
            notifiers,
            documents,
            door,
            queue,
            intake,
            deliveries,
            decisions,
            taps,
            slack_presses: Arc::new(slack_presses),
            poller,
            observers,
        })
    }
}

/// The values that several components of the handler share.
struct Shared {
    config: Arc<Config>,
    documents: Documents,
    clients: Clients,
    observers: Observers,
}

impl Shared {
    fn new(
        config: &Arc<Config>,
        (aws, file): (&Aws, Option<&Database>),
        secrets: &Arc<SecretStore>,
        observers: Vec<Arc<dyn Observer>>,
    ) -> Result<Self, HttpError> {
        let http = Http::new(config.extra_roots.as_deref())?;
        let clients = Clients::new(
            http,
            Arc::clone(secrets),
            config.sentry.clone(),
            (config.telegram.clone(), config.slack.clone()),
        );
        let observers = Observers::new(Metrics::new(config.metrics.clone()), observers);
        let documents = state::open(config.state_table.as_deref(), file, aws);
        Ok(Self { config: Arc::clone(config), documents, clients, observers })
    }

    fn slack_presses(
        &self,
        (door, queue): (&Arc<Door>, &Queue),
        decisions: &Arc<Decisions>,
        menus: &Arc<MenuPresses>,
    ) -> SlackPresses {
        SlackPresses {
            config: Arc::clone(&self.config),
            door: Arc::clone(door),
            queue: queue.clone(),
            decisions: Arc::clone(decisions),
            menus: Arc::clone(menus),
            clients: self.clients.clone(),
            observers: self.observers.clone(),
        }
    }

    fn means(&self) -> (Clients, Observers) {
        (self.clients.clone(), self.observers.clone())
    }

    fn incidents(&self, has_queue: bool) -> Arc<Incidents> {
        let (base, cooldown_ms) = (self.config.sentry.base.clone(), millis(self.config.cooldown));
        // Only a table is shared by the processes of several machines. Memory and a file belong to one machine.
        let is_shared = self.config.state_table.is_some() && has_queue;
        let clock_skew_ms = if is_shared { CLOCK_SKEW_MS } else { 0 };
        Arc::new(Incidents::new(Claims::new(&self.documents), base, cooldown_ms, clock_skew_ms))
    }

    fn questions(&self, is_one_shot: bool) -> Arc<Questions> {
        let approvals = Approvals::new(&self.documents);
        Arc::new(Questions::new(Arc::clone(&self.config), approvals, is_one_shot, self.means()))
    }

    fn messages(
        &self,
        incidents: &Arc<Incidents>,
        questions: &Arc<Questions>,
        chats: &Arc<Chats>,
    ) -> Arc<Messages> {
        let (incidents, questions) = (Arc::clone(incidents), Arc::clone(questions));
        let (chats, language) = (Arc::clone(chats), self.config.language);
        Arc::new(Messages::new(incidents, questions, chats, language, self.means()))
    }

    fn deliveries(
        &self,
        aws: Aws,
        incidents: &Arc<Incidents>,
        notifiers: &Arc<Notifiers>,
        (questions, messages): (&Arc<Questions>, &Arc<Messages>),
        has_queue: bool,
    ) -> Arc<Deliveries> {
        let (clients, observers) = self.means();
        let reports = Reports::new(&self.config, (aws, &self.documents), clients, observers);
        Arc::new(Deliveries::new(
            (&self.config, has_queue),
            Arc::clone(incidents),
            reports,
            Arc::clone(notifiers),
            (Arc::clone(questions), Arc::clone(messages)),
            Watch::new(&self.documents, incidents, self.config.is_durable()),
            self.means(),
        ))
    }

    fn decisions(
        &self,
        incidents: &Arc<Incidents>,
        (questions, messages): (&Arc<Questions>, &Arc<Messages>),
        chats: &Arc<Chats>,
        deliveries: &Arc<Deliveries>,
    ) -> Arc<Decisions> {
        let shown = Shown::new(
            Arc::clone(questions),
            (Arc::clone(incidents), Arc::clone(messages)),
            Arc::clone(chats),
            self.config.language,
            (self.clients.clone(), self.observers.clone()),
        );
        let approvals = Approvals::new(&self.documents);
        let (incidents, deliveries) = (Arc::clone(incidents), Arc::clone(deliveries));
        Arc::new(Decisions::new(approvals, shown, incidents, deliveries, self.means()))
    }
}
