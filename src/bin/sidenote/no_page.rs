//! A build without the local page (`--no-default-features`): the same names, and nothing behind them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use http::request::Parts;
use sidenote::config::Config;
use sidenote::handler::Handler;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub(crate) const DEMO_APPROVER: i64 = 42;

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
    #[expect(clippy::unnecessary_wraps, reason = "a build with the page has to draw a key")]
    pub(crate) fn of(_: &Options, _: SocketAddr, _: &Config) -> anyhow::Result<Option<Self>> {
        Ok(None)
    }

    pub(crate) fn url(&self) -> String {
        match *self {}
    }

    pub(crate) fn greeting(&self) -> Option<String> {
        match *self {}
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
