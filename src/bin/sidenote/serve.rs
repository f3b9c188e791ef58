//! `sidenote serve`: the handler behind a local HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::{Request as HttpRequest, StatusCode};
use http_body_util::BodyExt as _;
use sidenote::config::Config;
use sidenote::handler::Handler;
use sidenote::logging;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::{End, local, output, page, self_sign};

/// The time limit for receiving a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The limit of deliveries that are handled at the same time. It protects memory, sockets and rate limits during a
/// burst.
const AT_ONCE: usize = 32;

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[command(flatten)]
    page: page::Options,
}

/// The state of the front door.
#[derive(Clone)]
struct Door {
    handler: Arc<Handler>,
    work: TaskTracker,
    /// Permits for concurrent work; further work waits.
    turns: Arc<Semaphore>,
    /// Our own address, if unsigned requests are signed here.
    vouches_at: Option<SocketAddr>,
    /// The local page, if it is served.
    page: Option<Arc<page::Page>>,
}

/// Runs the command until it receives a signal to end.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("--listen {}", arguments.listen))?;
    let address = listener.local_addr().context("the listening address")?;
    let page = page::Plan::of(&arguments.page, address, &config)?;
    serve(listener, config, page, ended()).await?;
    Ok(true)
}

/// Serves until `ended`. Then it accepts no more requests and completes the accepted work.
pub(crate) async fn serve(
    listener: TcpListener,
    config: Config,
    page: Option<page::Plan>,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), End> {
    let allow_unsigned = config.allow_unsigned;
    let handler = Handler::new(config).map_err(|error| End::Usage(error.into()))?;
    let handler = if allow_unsigned { handler.with_local_key(local::key()) } else { handler };
    handler.announce();
    // The greeting goes only to standard output, because it contains the key and must not be logged.
    if let Some(greeting) = page.as_ref().and_then(page::Plan::greeting) {
        output::say(&greeting);
    }
    let handler = Arc::new(if let Some(plan) = &page { plan.watch(handler) } else { handler });
    let (work, turns) = (TaskTracker::new(), Arc::new(Semaphore::new(AT_ONCE)));
    let page = page.map(|plan| plan.open(&handler, &work, &turns));
    let address = listener.local_addr().context("the listening address")?;
    let vouches_at = allow_unsigned.then_some(address);
    let door = Door { handler, work, turns, vouches_at, page };
    tracing::info!(address = %address, allow_unsigned, page = door.page.is_some(), "serve_started");
    let mut app = Router::new().fallback(handle).with_state(door.clone());
    if let Some(page) = &door.page {
        app = page.in_front_of(app);
    }
    let page = door.page.clone();
    let ended = async move {
        ended.await;
        // An open event stream would keep the server running.
        if let Some(page) = page {
            page.close();
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(ended).await.context("the server")?;
    door.work.close();
    tracing::info!(unfinished = door.work.len(), "serve_finishing");
    // All work ends by its own deadline.
    door.work.wait().await;
    tracing::info!("serve_ended");
    Ok(())
}

/// Waits for Ctrl-C or the SIGTERM of a service manager.
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
    let most = door.handler.config().max_body_bytes;
    let Ok(Ok(body)) = tokio::time::timeout(BODY_TIMEOUT, read(body, most)).await else {
        return status(StatusCode::REQUEST_TIMEOUT);
    };
    if let Some(address) = door.vouches_at {
        self_sign::sign_if_unsigned(&mut parts.headers, &body, address);
    }
    // A separate task, so that accepted work continues if the client disconnects.
    let arrival = door.page.as_ref().and_then(|page| page.arrival(&parts, &body));
    let (request, work) = (HttpRequest::from_parts(parts, body), door.work.clone());
    let span = logging::request(None, None);
    let rest_of = span.clone();
    let answer = async move {
        let reply = door.handler.handle(request, local::deadline());
        let reply = page::within(arrival.clone(), Box::pin(reply)).await;
        if let Some(rest) = reply.work {
            work.spawn(async move {
                // An error would mean that the semaphore is closed, which never happens.
                let _turn = door.turns.acquire().await;
                page::within(arrival, rest).instrument(rest_of).await;
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

/// Reads the body. It stops as soon as the body is larger than `most`.
async fn read(mut body: Body, most: usize) -> Result<Bytes, axum::Error> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(0).min(most);
    let mut bytes = BytesMut::with_capacity(expected);
    while bytes.len() <= most {
        let Some(frame) = body.frame().await else { break };
        if let Ok(chunk) = frame?.into_data() {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(bytes.freeze())
}
