//! The URL to which Telegram or Slack sends button presses.

use anyhow::{Context as _, bail};
use reqwest::Url;

/// Parses a function URL or the full URL of the webhook, and returns the URL with the path `hook_path`.
///
/// # Errors
///
/// An explanation of the problem if `text` is not a URL to which the chat service `chat` can deliver.
pub(crate) fn parse(text: &str, chat: &str, hook_path: &str) -> anyhow::Result<Url> {
    let mut url = Url::parse(text).context("not a URL")?;
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        bail!("{chat} delivers to https only, and without credentials in the URL");
    }
    if url.query().is_some() || url.fragment().is_some() {
        bail!("the URL must have no query and no fragment");
    }
    let path = url.path().trim_end_matches('/');
    let path = format!("{}{hook_path}", path.strip_suffix(hook_path).unwrap_or(path));
    url.set_path(&path);
    Ok(url)
}
