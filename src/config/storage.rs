//! The settings for the SQLite file, which replaces DynamoDB and SQS on one machine, and for scheduled sweeps.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use super::{Config, Reader};

/// The value of `STATE_PATH` that `sidenote serve` uses if the variable is not set.
const DEFAULT_PATH: &str = "sidenote.db";
/// The value of `STATE_PATH` that keeps all records and queued deliveries in memory.
const IN_MEMORY: &str = ":memory:";
/// The default interval of sweeps. A sweep searches for recent issues without a note.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// The value of `STATE_PATH`: the place of records and queued deliveries without AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatePath {
    /// The variable `STATE_PATH` is not set.
    Unset,
    /// The value is `:memory:`. All records are lost when the process ends.
    Memory,
    /// The value is the path of an SQLite file.
    File(PathBuf),
}

impl StatePath {
    fn parse(text: &str) -> Self {
        if text == IN_MEMORY { Self::Memory } else { Self::File(text.into()) }
    }
}

pub(super) fn state_path(reader: &Reader<'_>) -> StatePath {
    reader.text("STATE_PATH").map_or(StatePath::Unset, |text| StatePath::parse(&text))
}

/// Returns the interval of sweeps. It is `None` for `off`, and if neither `SWEEP_EVERY` nor `SENTRY_ORG` is set.
pub(super) fn sweep_every(reader: &mut Reader<'_>) -> Option<Duration> {
    let default = reader.text("SENTRY_ORG").map(|_| SWEEP_EVERY);
    let expected = "off, or a time such as 30m, 1h or 90s";
    reader.parsed("SWEEP_EVERY", expected, default, |text| {
        if text == "off" { Some(None) } else { span(text).map(Some) }
    })
}

/// The URLs of a monitoring service that notices when Sidenote does not run. They are secret, because any client that
/// knows a URL can report in Sidenote's name.
#[derive(Debug, Clone, Default)]
pub struct Heartbeat {
    /// The URL that is called after each scheduled sweep that could list the issues.
    pub good: Option<SecretString>,
    /// The URL that is called after each scheduled sweep that failed. The reason replaces `{reason}` in the URL.
    pub failed: Option<SecretString>,
}

impl Heartbeat {
    /// Whether one of the URLs is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.good.is_some() || self.failed.is_some()
    }
}

pub(super) fn heartbeat(reader: &mut Reader<'_>) -> Heartbeat {
    let mut url = |variable| reader.parsed_secret(variable, "an http or https URL", is_web_url);
    Heartbeat { good: url("HEARTBEAT_URL"), failed: url("HEARTBEAT_FAIL_URL") }
}

fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Parses a duration: `90s`, `30m`, `1h`, or a number of seconds. Zero is invalid.
fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let count: u64 = digits.parse().ok().filter(|count| *count > 0)?;
    count.checked_mul(seconds).map(Duration::from_secs)
}

impl Config {
    /// Returns the path of the SQLite file; `None` if DynamoDB or SQS is configured, or if no file is.
    #[must_use]
    pub fn state_file(&self) -> Option<&Path> {
        match &self.state_path {
            StatePath::File(path) if self.state_table.is_none() && self.redelivery_queue.is_none() => {
                Some(path)
            }
            _ => None,
        }
    }

    /// Whether records are in a table or a file, so that they outlive the process and other processes can read them.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.state_table.is_some() || self.state_file().is_some()
    }

    /// Returns the same settings with the default SQLite file if `STATE_PATH` is not set.
    #[must_use]
    pub fn with_usual_state_file(mut self) -> Self {
        if self.state_path == StatePath::Unset {
            self.state_path = StatePath::File(DEFAULT_PATH.into());
        }
        self
    }

    /// Returns the same settings without an SQLite file, because the Lambda function has no disk.
    #[must_use]
    pub fn without_state_file(mut self) -> Self {
        self.state_path = StatePath::Memory;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Config {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find).expect("settings")
    }

    #[test]
    fn the_state_file_is_used_only_without_table_and_queue() {
        let file = |variables: &[(&str, &str)]| {
            read(variables).with_usual_state_file().state_file().map(|path| path.display().to_string())
        };
        assert_eq!(file(&[]).as_deref(), Some("sidenote.db"));
        assert_eq!(file(&[("STATE_PATH", "/data/x.db")]).as_deref(), Some("/data/x.db"));
        assert_eq!(file(&[("STATE_PATH", ":memory:")]), None);
        assert!(!read(&[]).is_durable() && read(&[("STATE_PATH", "x")]).is_durable());
        assert_eq!(read(&[("STATE_PATH", "x")]).without_state_file().state_file(), None);
        #[cfg(feature = "aws")]
        for variable in [("STATE_TABLE", "t"), ("REDELIVERY_QUEUE_URL", "https://sqs.example/q")] {
            assert_eq!(file(&[variable, ("STATE_PATH", "x")]), None, "{variable:?}");
        }
    }

    #[test]
    fn a_heartbeat_is_a_url_and_is_not_printed() {
        use secrecy::ExposeSecret as _;
        let config = read(&[("HEARTBEAT_URL", "https://hc.example/canary")]);
        assert!(!format!("{config:?}").contains("canary"));
        let good = config.heartbeat.good.map(|url| url.expose_secret().to_owned());
        assert_eq!(good.as_deref(), Some("https://hc.example/canary"));
        let find = |name: &str| (name == "HEARTBEAT_FAIL_URL").then(|| "canary".to_owned());
        let problems = Config::read(&find).expect_err("no URL").to_string();
        assert!(problems.contains("HEARTBEAT_FAIL_URL") && !problems.contains("canary"), "{problems}");
    }

    #[test]
    fn a_sweep_is_hourly_where_an_organization_is_known() {
        let every = |variables: &[(&str, &str)]| read(variables).sweep_every.map(|it| it.as_secs());
        assert_eq!((every(&[]), every(&[("SENTRY_ORG", "acme")])), (None, Some(3600)));
        assert_eq!(every(&[("SENTRY_ORG", "acme"), ("SWEEP_EVERY", "off")]), None);
        assert_eq!(every(&[("SWEEP_EVERY", "30m")]), Some(1800));
        assert_eq!(
            [span("0s"), span("h"), span("1d"), span("90")],
            [None, None, None, Some(Duration::from_secs(90))]
        );
    }
}
