//! The local page at `/` of `sidenote serve` and `sidenote demo`: deliveries and their progress as they happen. The
//! Lambda function does not contain it.
//!
//! The handler reports its events to the [`book`]; [`routes`] renders it with the templates in [`view`]; [`live`]
//! streams each change. [`guard`] and [`key`] decide who has access. Other clients get a 404 for the page's paths.

mod assets;
mod book;
mod chat;
mod entry;
mod events;
mod face;
mod guard;
mod key;
mod live;
mod markdown;
mod notifier;
mod pieces;
mod press;
mod preview;
mod routes;
mod texts;
mod view;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method};
use sidenote::config::Config;
use sidenote::domain::words::Language;
use sidenote::handler::{Handler, Setup};
use sidenote::slack::SLACK_HOOK_PATH;
use sidenote::telegram::HOOK_PATH;
use sidenote_standins as standins;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

pub(crate) use self::book::{Arrival, within};

use self::book::Book;
use self::face::Face;
use self::guard::Guard;
use self::key::Key;
use crate::turns::Turns;

/// At most this many event streams are open at the same time.
const SEATS: usize = 32;
/// At most this many previews are made at the same time.
const PREVIEWS: usize = 2;

/// The Telegram user id of the person who presses buttons on the page of `sidenote demo`.
pub(crate) const DEMO_APPROVER: i64 = 42;

/// The command-line options about the local page.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Whether to serve the page at `/`; `auto` does if only this machine can connect
    #[arg(long, value_enum, default_value_t = Wanted::Auto)]
    page: Wanted,
    /// An additional host name, besides localhost and numeric addresses, under which the page is accessible
    #[arg(long = "page-host", value_name = "NAME")]
    names: Vec<String>,
}

/// The value of `--page`: whether to serve the local page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Wanted {
    Auto,
    On,
    Off,
}

/// A configured page that is not served yet.
pub(crate) struct Plan {
    book: Arc<Book>,
    guard: Guard,
    key: Key,
    address: SocketAddr,
    chat: Option<Arc<standins::Telegram>>,
}

impl Plan {
    /// Returns the page of `sidenote serve` on `address`, or `None` if the options turn the page off.
    pub(crate) fn of(
        options: &Options,
        address: SocketAddr,
        config: &Config,
    ) -> anyhow::Result<Option<Self>> {
        let is_wanted = match options.page {
            Wanted::Auto => address.ip().is_loopback(),
            Wanted::On => true,
            Wanted::Off => false,
        };
        is_wanted.then(|| Self::with(address, options.names.clone(), config.language, None)).transpose()
    }

    /// Returns the page of `sidenote demo`. `chat` is the stand-in for Telegram, whose buttons work on the page.
    pub(crate) fn demo(
        address: SocketAddr,
        language: Language,
        chat: Arc<standins::Telegram>,
    ) -> anyhow::Result<Self> {
        Self::with(address, Vec::new(), language, Some(chat))
    }

    fn with(
        address: SocketAddr,
        names: Vec<String>,
        language: Language,
        chat: Option<Arc<standins::Telegram>>,
    ) -> anyhow::Result<Self> {
        let key = Key::draw(address.port()).context("no key for the page")?;
        let (book, guard) = (Arc::new(Book::new(language)), Guard::new(address, names));
        Ok(Self { book, guard, key, address, chat })
    }

    /// Returns the local page's URL with the access key. The URL is printed for the user and must not be logged.
    pub(crate) fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            let here =
                if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            address.set_ip(here);
        }
        format!("http://{address}/?{}", self.key.query())
    }

    /// Returns the line that `sidenote serve` prints about the local page, or `None` for `sidenote demo`.
    pub(crate) fn greeting(&self) -> Option<String> {
        self.chat.is_none().then(|| format!("the page  {}", self.url()))
    }

    /// Waits until a browser opens the local page.
    pub(crate) fn opened(&self) -> impl Future<Output = ()> + Send + use<> {
        let book = Arc::clone(&self.book);
        async move { book.opened.notified().await }
    }

    /// Adds the local page to the observers of a handler's setup.
    pub(crate) fn watch(&self, setup: Setup) -> Setup {
        setup.with_observer(Arc::clone(&self.book) as _)
    }

    /// Starts the local page for `handler`. Replays run on `work`, and `turns` limits how many run at the same time.
    pub(crate) fn open(self, handler: &Arc<Handler>, work: &TaskTracker, turns: &Turns) -> Arc<Page> {
        let Self { book, guard, key, chat, .. } = self;
        Arc::new(Page {
            book,
            guard,
            key,
            chat,
            handler: Arc::clone(handler),
            work: work.clone(),
            turns: turns.clone(),
            run: format!("{:08x}", fastrand::u32(..)),
            seats: Arc::new(Semaphore::new(SEATS)),
            previews: Semaphore::new(PREVIEWS),
        })
    }
}

/// A local page that is being served.
pub(crate) struct Page {
    book: Arc<Book>,
    guard: Guard,
    key: Key,
    /// The stand-in for Telegram of `sidenote demo`; `None` in `sidenote serve`.
    chat: Option<Arc<standins::Telegram>>,
    handler: Arc<Handler>,
    work: TaskTracker,
    turns: Turns,
    /// A random id of this run of the program. A browser's event ids from an earlier run do not contain it.
    run: String,
    seats: Arc<Semaphore>,
    previews: Semaphore,
}

impl Page {
    /// Registers an incoming `POST` request, such as a webhook delivery. Returns `None` for other methods and for
    /// requests of the chats, which are not deliveries.
    pub(crate) fn arrival(&self, parts: &Parts, body: &bytes::Bytes) -> Option<Arc<Arrival>> {
        let path = parts.uri.path().trim_end_matches('/');
        if parts.method != Method::POST || [HOOK_PATH, SLACK_HOOK_PATH].contains(&path) {
            return None;
        }
        let resource = parts.headers.get("sentry-hook-resource").and_then(|it| it.to_str().ok());
        Some(self.book.arrival(resource.map(str::to_owned), body.clone(), None))
    }

    /// Adds the local page to `app`. Requests of clients without access are passed on to `app`.
    pub(crate) fn in_front_of(self: &Arc<Self>, app: Router) -> Router {
        let door = Door { page: Arc::clone(self), routes: routes::all(self) };
        app.layer(from_fn_with_state(door, through))
    }

    /// Ends all event streams, because the program ends.
    pub(crate) fn close(&self) {
        self.book.close();
    }

    /// Returns the context for rendering a view in the visitor's language.
    fn look(&self, face: Face) -> view::Look<'_> {
        let base = self.handler.config().sentry.base.as_str();
        view::Look {
            face,
            base,
            note_language: self.book.language,
            chat: self.chat.as_deref(),
            run: &self.run,
            not_told: self.book.not_told(),
        }
    }
}

#[derive(Clone)]
struct Door {
    page: Arc<Page>,
    routes: Router,
}

async fn through(State(door): State<Door>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_ours = path.starts_with("/page/") || (path == "/" && request.method().is_safe());
    if !is_ours || !door.page.guard.admits(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let is_brought = path == "/" && door.page.key.is_in(request.uri().query());
    if !is_brought && !door.page.key.is_in_cookie(request.headers()) {
        return next.run(request).await;
    }
    let chosen = face::chosen(request.uri().query());
    let mut response = if is_brought {
        door.page.key.hand_over()
    } else {
        // The router's error type has no values.
        door.routes.oneshot(request).await.unwrap_or_else(|never| match never {})
    };
    assets::harden(response.headers_mut());
    if let Some(language) = chosen {
        face::remember(language, response.headers_mut());
    }
    response
}

/// Returns the language of the local page for a request.
fn face(headers: &HeaderMap, query: Option<&str>) -> Face {
    Face::of(headers, query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_off_by_default_if_other_machines_can_connect() {
        let config = Config::read(&|_| None).expect("no setting is needed");
        for (listen, wanted, expected) in [
            ("127.0.0.1:1", Wanted::Auto, true),
            ("[::1]:1", Wanted::Auto, true),
            ("0.0.0.0:1", Wanted::Auto, false),
            ("10.0.0.7:1", Wanted::Auto, false),
            ("0.0.0.0:1", Wanted::On, true),
            ("127.0.0.1:1", Wanted::Off, false),
        ] {
            let options = Options { page: wanted, names: Vec::new() };
            let plan = Plan::of(&options, listen.parse().expect("an address"), &config);
            assert_eq!(plan.expect("a key").is_some(), expected, "{listen} {wanted:?}");
        }
    }

    #[test]
    fn the_printed_url_can_be_opened_on_this_machine() {
        for (listen, start) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000/?key="),
            ("0.0.0.0:8000", "http://127.0.0.1:8000/?key="),
            ("[::]:8000", "http://[::1]:8000/?key="),
            ("10.0.0.7:8000", "http://10.0.0.7:8000/?key="),
        ] {
            let listen = listen.parse().expect("an address");
            let plan = Plan::with(listen, Vec::new(), Language::English, None).expect("a key");
            assert!(plan.url().starts_with(start), "{}", plan.url());
        }
    }
}
