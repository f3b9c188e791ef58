//! The kind of an issue. Each kind has evidence of its own, and so a note of its own.

use super::event::Event;
use super::origin::Origin;

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The program raised an exception, or logged a message.
    Error,
    /// An app did not respond.
    Hang,
    /// Native code crashed.
    Native,
    /// A browser reports a violation of what a host asked for.
    Report,
    /// Sentry found a performance problem, or recorded a transaction.
    Performance(Problem),
    /// Input of a request stands in a database query as it came.
    Injection,
    /// Sentry's AI detection found a problem in a trace.
    AiDetected,
    /// Sentry found a problem in a session replay.
    Replay(Gesture),
    /// A scheduled job did not run as planned.
    Cron,
    /// An uptime check failed.
    Uptime,
    /// A person wrote to the developers.
    Feedback,
    /// A metric crossed a threshold.
    Metric,
    /// Another of Sentry's detectors reports it.
    Detected,
}

/// What is wrong with the performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The same query or call ran many times.
    Repeated,
    /// One query took long.
    SlowQuery,
    /// Queries ran one after the other.
    ConsecutiveQueries,
    /// HTTP calls ran one after the other, or waited for a connection.
    ConsecutiveCalls,
    /// An answer was large.
    LargePayload,
    /// A file kept the page from being shown.
    SlowAsset,
    /// Work was done on the thread that draws.
    MainThread,
    /// Something takes longer than it used to.
    Regression,
    /// None that Sentry named.
    Unnamed,
}

/// What a replay shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// Many clicks on what does not react.
    RageClick,
    /// A click on what does not react.
    DeadClick,
    /// The page of the server differs from the page of the browser.
    Hydration,
}

/// Sentry's `issueType`, as far as a part of the name decides; the first row that fits counts.
const SLUGS: &[(&str, Kind)] = &[
    ("injection", Kind::Injection),
    ("ai_detected", Kind::AiDetected),
    ("llm_detected", Kind::AiDetected),
    ("replay_click_rage", Kind::Replay(Gesture::RageClick)),
    ("replay_click_dead", Kind::Replay(Gesture::DeadClick)),
    ("replay_hydration", Kind::Replay(Gesture::Hydration)),
    ("monitor_check_in", Kind::Cron),
    ("uptime", Kind::Uptime),
    ("feedback", Kind::Feedback),
    ("metric", Kind::Metric),
    ("n_plus_one", Kind::Performance(Problem::Repeated)),
    ("main_thread", Kind::Performance(Problem::MainThread)),
    ("main_exp", Kind::Performance(Problem::MainThread)),
    ("frame_drop", Kind::Performance(Problem::MainThread)),
    ("slow_db_query", Kind::Performance(Problem::SlowQuery)),
    ("consecutive_db", Kind::Performance(Problem::ConsecutiveQueries)),
    ("consecutive_http", Kind::Performance(Problem::ConsecutiveCalls)),
    ("http_overhead", Kind::Performance(Problem::ConsecutiveCalls)),
    ("large_http_payload", Kind::Performance(Problem::LargePayload)),
    ("asset", Kind::Performance(Problem::SlowAsset)),
    ("regression", Kind::Performance(Problem::Regression)),
    ("performance", Kind::Performance(Problem::Unnamed)),
    ("profile", Kind::Performance(Problem::Unnamed)),
    ("web_vitals", Kind::Performance(Problem::Unnamed)),
];

/// Beginnings of titles, for events that carry no type.
const TITLES: &[(&str, Kind)] = &[
    ("N+1 ", Kind::Performance(Problem::Repeated)),
    ("MN+1 ", Kind::Performance(Problem::Repeated)),
    ("Slow DB Query", Kind::Performance(Problem::SlowQuery)),
    ("Consecutive DB Queries", Kind::Performance(Problem::ConsecutiveQueries)),
    ("Consecutive HTTP", Kind::Performance(Problem::ConsecutiveCalls)),
    ("HTTP/1.1 Overhead", Kind::Performance(Problem::ConsecutiveCalls)),
    ("Large HTTP", Kind::Performance(Problem::LargePayload)),
    ("Large Render Blocking Asset", Kind::Performance(Problem::SlowAsset)),
    ("Uncompressed Asset", Kind::Performance(Problem::SlowAsset)),
    ("Cron failure", Kind::Cron),
    ("Monitor failure", Kind::Cron),
    ("Downtime detected", Kind::Uptime),
    ("User Feedback", Kind::Feedback),
    ("Rage Click", Kind::Replay(Gesture::RageClick)),
    ("Hydration Error", Kind::Replay(Gesture::Hydration)),
];

impl Kind {
    /// Reads `issueType` and, where that says nothing, `issueCategory`; `None` for an error and for what is not known.
    #[must_use]
    pub fn parse(issue_type: Option<&str>, category: Option<&str>) -> Option<Self> {
        let of_slug = |slug: &str| SLUGS.iter().find(|(part, _)| slug.contains(part)).map(|(_, kind)| *kind);
        issue_type.and_then(of_slug).or_else(|| match category? {
            "error" => None,
            "performance" | "profile" | "db_query" | "http_client" | "mobile" => {
                Some(Self::Performance(Problem::Unnamed))
            }
            "cron" => Some(Self::Cron),
            "uptime" => Some(Self::Uptime),
            "feedback" => Some(Self::Feedback),
            "metric" | "metric_alert" => Some(Self::Metric),
            "ai_detected" => Some(Self::AiDetected),
            _ => Some(Self::Detected),
        })
    }

    /// Reads the number of an occurrence's type.
    #[must_use]
    pub fn of_number(number: u64) -> Option<Self> {
        let problem = |problem| Some(Self::Performance(problem));
        match number {
            1001 => problem(Problem::SlowQuery),
            1004 | 1012 => problem(Problem::SlowAsset),
            1006 | 1010 | 1011 => problem(Problem::Repeated),
            1007 => problem(Problem::ConsecutiveQueries),
            1009 | 1016 => problem(Problem::ConsecutiveCalls),
            1008 | 1013 | 2001..=2010 => problem(Problem::MainThread),
            1015 => problem(Problem::LargePayload),
            1017 | 1018 | 2011 => problem(Problem::Regression),
            1020 | 1021 => Some(Self::Injection),
            1000..=2999 => problem(Problem::Unnamed),
            3501..=3599 => Some(Self::AiDetected),
            4001..=4003 => Some(Self::Cron),
            5001 => Some(Self::Replay(Gesture::DeadClick)),
            5002 => Some(Self::Replay(Gesture::RageClick)),
            5003 => Some(Self::Replay(Gesture::Hydration)),
            6001 => Some(Self::Feedback),
            7001 => Some(Self::Uptime),
            8001 => Some(Self::Metric),
            _ => None,
        }
    }

    /// Reads the title that a detector gave.
    #[must_use]
    pub fn of_title(title: &str) -> Option<Self> {
        TITLES.iter().find(|(start, _)| title.starts_with(start)).map(|(_, kind)| *kind)
    }

    /// The kind of an issue: what the event itself shows counts before what the issue is called.
    #[must_use]
    pub fn of(named: Option<Self>, event: Option<&Event>) -> Self {
        let of_event = event.map(|event| match &event.origin {
            Origin::Program if event.is_hang() => Self::Hang,
            Origin::Program if event.is_native_crash() => Self::Native,
            Origin::Program => Self::Error,
            Origin::Report(_) => Self::Report,
            Origin::Transaction => Self::Performance(Problem::Unnamed),
            Origin::Feedback(_) => Self::Feedback,
            Origin::Detector(detection) => detection.kind.unwrap_or(Self::Detected),
        });
        match (of_event, named) {
            // A detector's event can look like any other, and then the issue's type tells.
            (
                None | Some(Self::Error | Self::Detected | Self::Performance(Problem::Unnamed)),
                Some(named),
            ) => named,
            (Some(of_event), _) => of_event,
            (None, None) => Self::Error,
        }
    }

    /// Whether the program itself reports it, so that it may have a stack and belong to a release.
    #[must_use]
    pub fn is_of_program(self) -> bool {
        matches!(self, Self::Error | Self::Hang | Self::Native)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_categories_numbers_and_titles_name_the_same_kinds() {
        let repeated = Some(Kind::Performance(Problem::Repeated));
        assert_eq!(Kind::parse(Some("performance_m_n_plus_one_db_queries"), Some("db_query")), repeated);
        assert_eq!((Kind::of_number(1006), Kind::of_title("N+1 API Call")), (repeated, repeated));
        assert_eq!(
            Kind::parse(Some("query_injection_vulnerability"), Some("db_query")),
            Some(Kind::Injection)
        );
        assert_eq!(
            Kind::parse(Some("ai_detected_runtime_performance"), Some("ai_detected")),
            Some(Kind::AiDetected)
        );
        assert_eq!(
            Kind::parse(Some("profile_file_io_main_thread"), None),
            Some(Kind::Performance(Problem::MainThread))
        );
        assert_eq!(Kind::parse(Some("metric_issue"), Some("metric")), Some(Kind::Metric));
        assert_eq!(Kind::parse(None, Some("outage")), Some(Kind::Detected));
        assert_eq!(Kind::parse(Some("error"), Some("error")), None);
        assert_eq!(Kind::parse(None, None), None);
    }

    #[test]
    fn the_event_counts_before_the_issue_unless_it_says_nothing() {
        let event = |origin| Event { origin, ..Event::default() };
        let report = event(Origin::Report(crate::domain::origin::Report::default()));
        assert_eq!(Kind::of(Some(Kind::Metric), Some(&report)), Kind::Report);
        assert_eq!(Kind::of(Some(Kind::Cron), Some(&event(Origin::Program))), Kind::Cron);
        assert_eq!(
            Kind::of(Some(Kind::Performance(Problem::SlowQuery)), Some(&event(Origin::Transaction))),
            Kind::Performance(Problem::SlowQuery)
        );
        assert_eq!(Kind::of(None, Some(&event(Origin::Program))), Kind::Error);
        assert_eq!(Kind::of(None, None), Kind::Error);
    }
}
