//! A build without the local page (`--no-default-features`): the same names, and nothing behind them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use http::request::Parts;
use sidenote::config::Config;
use sidenote::domain::words::Language;
use sidenote::handler::Handler;
use sidenote::standins;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub(crate) const DEMO_APPROVER: i64 = 42;
pub(crate) const DEMO_SECRET: &str = "demo-webhook-secret";

/// There is nothing to say of it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {}

/// There is none.
pub(crate) enum Plan {}

/// There is none.
pub(crate) enum Page {}

/// Nobody follows a delivery.
#[derive(Clone)]
pub(crate) struct Arrival(Infallible);

/// Does work that nobody follows.
pub(crate) async fn within<T>(_: Option<Arc<Arrival>>, work: impl Future<Output = T>) -> T {
    work.await
}

impl Plan {
    pub(crate) fn of(_: &Options, _: SocketAddr, _: &Config) -> Option<Self> {
        None
    }

    pub(crate) fn demo(_: SocketAddr, _: Language, _: Arc<standins::Telegram>) -> Option<Self> {
        None
    }

    pub(crate) fn somebody(&self) -> std::future::Pending<()> {
        match *self {}
    }

    pub(crate) fn watch(&self, _: Handler) -> Handler {
        match *self {}
    }

    pub(crate) fn open(self, _: &Arc<Handler>, _: &TaskTracker, _: &Arc<Semaphore>) -> Arc<Page> {
        match self {}
    }
}

impl Page {
    pub(crate) fn arrival(&self, _: &Parts, _: &bytes::Bytes) -> Option<Arc<Arrival>> {
        match *self {}
    }

    pub(crate) fn in_front_of(self: &Arc<Self>, _: Router) -> Router {
        match **self {}
    }

    pub(crate) fn close(&self) {
        match *self {}
    }
}
