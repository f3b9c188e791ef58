//! `sidenote serve`: a local HTTP server in front of the handler.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Request as HttpRequest, StatusCode};
use sidenote::config::Config;
use sidenote::handler::{Handler, Observer, Setup};
use sidenote::logging;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::bodies::{Bodies, Unread};
use crate::connections::Connection;
use crate::prometheus::Totals;
use crate::storage::Storage;
use crate::turns::Turns;
use crate::worker::Worker;
use crate::{End, connections, local, output, page, self_sign};

/// The command-line arguments of `sidenote serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[command(flatten)]
    page: page::Options,
}

/// The state that all requests to the server share.
#[derive(Clone)]
struct Door {
    handler: Arc<Handler>,
    work: TaskTracker,
    turns: Turns,
    /// The memory budget for bodies whose signature has not been checked yet.
    bodies: Bodies,
    /// The address of the server, if it signs unsigned requests from this machine.
    signs_at: Option<SocketAddr>,
    /// The local page, if it is served.
    page: Option<Arc<page::Page>>,
}

/// Runs `sidenote serve` until Ctrl-C or SIGTERM, and then returns `true`. Fails if the address cannot be opened, a
/// setting cannot be used, or the state file cannot be opened.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let listener =
        connections::listen(arguments.listen).with_context(|| format!("--listen {}", arguments.listen))?;
    let address = listener.local_addr().context("the listening address")?;
    let page = page::Plan::of(&arguments.page, address, &config)?;
    serve(listener, config.with_usual_state_file(), page, ended()).await?;
    Ok(true)
}

/// Serves webhooks until `ended` completes. Then it accepts no more requests and completes the accepted work.
pub(crate) async fn serve(
    listener: TcpListener,
    config: Config,
    page: Option<page::Plan>,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), End> {
    let allow_unsigned = config.allow_unsigned;
    let (storage, totals) = (Storage::open(&config).await?, Arc::new(Totals::default()));
    let handler = handler(config, &totals, page.as_ref())?;
    handler.announce();
    handler.log_health().await;
    // The greeting goes only to standard output, because it contains the page's key and must not be logged.
    if let Some(greeting) = page.as_ref().and_then(page::Plan::greeting) {
        output::say(&greeting);
    }
    let (work, turns) = (TaskTracker::new(), Turns::default());
    let page = page.map(|plan| plan.open(&handler, &work, &turns));
    let address = listener.local_addr().context("the listening address")?;
    let signs_at = allow_unsigned.then_some(address);
    let door = Door { handler, work, turns, bodies: Bodies::default(), signs_at, page };
    let stopping = CancellationToken::new();
    let worker = Worker {
        handler: Arc::clone(&door.handler),
        work: door.work.clone(),
        turns: door.turns.clone(),
        ended: stopping.clone(),
    };
    worker.start(storage.as_ref()).await;
    worker.start_polling();
    tracing::info!(address = %address, allow_unsigned, page = door.page.is_some(), "serve_started");
    let mut app = Router::new().fallback(handle).with_state(door.clone()).merge(totals.router());
    if let Some(page) = &door.page {
        app = page.in_front_of(app);
    }
    let page = door.page.clone();
    let ended = async move {
        ended.await;
        stopping.cancel();
        // An open event stream would keep the server running.
        if let Some(page) = page {
            page.close();
        }
    };
    connections::serve(listener, app, ended).await;
    door.work.close();
    tracing::info!(unfinished = door.work.len(), "serve_finishing");
    // All work ends by its own deadline.
    door.work.wait().await;
    tracing::info!("serve_ended");
    Ok(())
}

/// Creates the handler. It reports its events to `totals` and to the page.
fn handler(config: Config, totals: &Arc<Totals>, page: Option<&page::Plan>) -> Result<Arc<Handler>, End> {
    let allow_unsigned = config.allow_unsigned;
    let setup = Setup::from(config).with_observer(Arc::clone(totals) as Arc<dyn Observer>);
    let setup = if allow_unsigned { setup.with_local_key(local::key()) } else { setup };
    let setup = if let Some(plan) = page { plan.watch(setup) } else { setup };
    Handler::new(setup).map(Arc::new).map_err(|error| End::Usage(error.into()))
}

/// Waits for Ctrl-C or for the SIGTERM of a service manager.
pub(crate) async fn ended() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

async fn handle(State(door): State<Door>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    // A request from this machine is signed after its body was read.
    let all = door.signs_at.map(|_| door.handler.config().max_body_bytes);
    let most = all.unwrap_or_else(|| door.handler.body_limit(&parts));
    let connection = parts.extensions.remove::<Connection>();
    let held = match door.bodies.read(body, most, connection.as_ref()).await {
        Ok(held) => held,
        Err(why) => return unread(why),
    };
    let body = held.bytes.clone();
    if let Some(address) = door.signs_at {
        self_sign::sign_if_unsigned(&mut parts.headers, &body, address);
    }
    // The work for a caller that waits for the outcome begins before the answer.
    let is_begun = parts.headers.contains_key("prefer");
    // The work runs in a separate task, so that it continues if the client disconnects.
    let arrival = door.page.as_ref().and_then(|page| page.arrival(&parts, &body));
    let (request, work) = (HttpRequest::from_parts(parts, body), door.work.clone());
    let span = logging::request(None, None);
    let rest_of = span.clone();
    let answer = async move {
        let deadline = local::work_deadline(door.handler.config());
        let reply = door.handler.handle(request, deadline);
        let reply = page::within(arrival.clone(), Box::pin(reply)).await;
        // The signature was checked, so the body no longer counts against the budget for unchecked ones, unless the
        // answer did not wait for the check.
        let held = Some(held).filter(|_| reply.response.status() == StatusCode::SERVICE_UNAVAILABLE);
        if let Some(rest) = reply.work {
            let is_queued =
                !is_begun && reply.response.status() == StatusCode::ACCEPTED && door.handler.has_queue();
            work.spawn(async move {
                let turn = async {
                    if is_queued { door.turns.wait_with(deadline).await } else { door.turns.wait().await }
                };
                let Some(turn) = turn.instrument(rest_of.clone()).await else { return };
                page::within(arrival, rest).instrument(rest_of).await;
                drop((held, turn));
            });
        }
        reply.response
    };
    let answered = door.work.spawn(answer.instrument(span));
    answered.await.map_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR), |answer| answer.map(Body::from))
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Returns the response to a request whose body was not read.
fn unread(why: Unread) -> Response {
    let mut response = status(why.status());
    if why == Unread::NoRoom {
        tracing::warn!("serve_out_of_memory_for_bodies");
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
