//! The parts of a handler, and how they are put together.

use std::sync::Arc;

use secrecy::SecretString;

use super::Handler;
use super::approvals::chats::Chats;
use super::approvals::decisions::Decisions;
use super::approvals::questions::Questions;
use super::approvals::shown::Shown;
use super::approvals::taps::Taps;
use super::clients::Clients;
use super::delivery::deliveries::Deliveries;
use super::delivery::incidents::Incidents;
use super::delivery::intake::Intake;
use super::delivery::prepare::Reports;
use super::delivery::queue::Queue;
use super::door::Door;
use super::observing::event::Observer;
use super::observing::observers::Observers;
use crate::aws::Aws;
use crate::clock::millis;
use crate::config::Config;
use crate::http::{Http, HttpError};
use crate::metrics::Metrics;
use crate::notifiers::{Notifier, Notifiers};
use crate::redelivery;
use crate::secrets::SecretStore;
use crate::state::{Approvals, Claims, Documents};

/// A handler that is not built yet.
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
    /// Accepts deliveries that are signed with `key`, too.
    #[must_use]
    pub fn with_local_key(self, key: SecretString) -> Self {
        Self { local_key: Some(key), ..self }
    }

    /// Says that the process ends with the work, as a command does.
    #[must_use]
    pub fn one_shot(self) -> Self {
        Self { is_one_shot: true, ..self }
    }

    /// Tells `observer` of every fact.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Lets `notifier` tell, too.
    #[must_use]
    pub fn with_notifier(self, notifier: Box<dyn Notifier>) -> Self {
        Self { notifiers: self.notifiers.with(notifier), ..self }
    }
}

impl Handler {
    /// Puts a handler together. Opens no connection.
    ///
    /// # Errors
    /// [`HttpError`] if the HTTP client cannot be built.
    pub fn new(setup: impl Into<Setup>) -> Result<Self, HttpError> {
        let Setup { config, local_key, is_one_shot, observers, notifiers } = setup.into();
        let (config, aws) = (Arc::new(config), Aws::default());
        let (http, secrets) =
            (Http::new(config.extra_roots.as_deref())?, Arc::new(SecretStore::new(&config.secrets, &aws)));
        let observers = Observers::new(Metrics::new(config.metrics.clone()), observers);
        let documents = Documents::new(config.state_table.as_deref(), &aws);
        let clients =
            Clients::new(http, Arc::clone(&secrets), config.sentry.clone(), config.telegram.clone());
        let both = || (clients.clone(), observers.clone());
        let queue = redelivery::queue(config.redelivery_queue.as_deref(), &aws);
        let queue = Queue::new(queue, clients.clone());
        let door = Arc::new(Door::new(Arc::clone(&secrets), local_key, config.max_body_bytes));
        let notifiers = Arc::new(notifiers);
        let incidents = Arc::new(Incidents::new(
            Claims::new(&documents),
            config.sentry.base.clone(),
            millis(config.cooldown),
        ));
        let questions = Questions::new(Arc::clone(&config), Approvals::new(&documents), is_one_shot, both());
        let questions = Arc::new(questions);
        let chats = Arc::new(Chats::new(config.telegram.chat.clone(), clients.clone()));
        let deliveries = Arc::new(Deliveries::new(
            &config,
            Arc::clone(&incidents),
            Reports::new(&config, (aws, &documents), clients.clone(), observers.clone()),
            Arc::clone(&notifiers),
            Arc::clone(&questions),
            both(),
        ));
        let decisions = Arc::new(Decisions::new(
            Approvals::new(&documents),
            Shown::new(
                Arc::clone(&questions),
                Arc::clone(&incidents),
                Arc::clone(&chats),
                config.language,
                clients.clone(),
            ),
            Arc::clone(&incidents),
            Arc::clone(&deliveries),
            both(),
        ));
        let taps = Arc::new(Taps::new(
            Arc::clone(&config),
            (Arc::clone(&door), queue.clone()),
            Arc::clone(&decisions),
            (questions, chats),
            both(),
        ));
        let intake = Intake { incidents, queue: queue.clone() };
        Ok(Self { config, secrets, notifiers, door, queue, intake, deliveries, decisions, taps, observers })
    }
}
