//! The kind of a Sentry issue. Each kind has its own evidence and its own form of the note.

/// The kind of a Sentry issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The program raised an exception, or logged a message.
    Error,
    /// An app did not respond.
    Hang,
    /// Native code crashed.
    Native,
    /// A browser reported a violation of a policy, or a failed request.
    Report,
    /// Sentry found a performance problem, or recorded a transaction.
    Performance(PerformanceProblem),
    /// Input of a request is part of a database query without being escaped (SQL injection).
    Injection,
    /// Sentry's AI found a problem in a trace.
    AiDetected,
    /// Sentry found a problem in a session replay.
    Replay(Gesture),
    /// A scheduled job did not run as planned.
    Cron,
    /// An uptime check failed.
    Uptime,
    /// A person sent feedback.
    Feedback,
    /// A metric crossed a threshold.
    Metric,
    /// A detector of Sentry that Sidenote does not know reported the issue.
    Detected,
}

/// A kind of performance problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerformanceProblem {
    /// The same query or call ran many times.
    Repeated,
    /// One query took long.
    SlowQuery,
    /// Queries ran one after the other.
    ConsecutiveQueries,
    /// HTTP calls ran one after the other, or waited for a connection.
    ConsecutiveCalls,
    /// A response was large.
    LargePayload,
    /// A file delayed the display of the page.
    SlowAsset,
    /// Slow work ran on the main thread, which draws the user interface.
    MainThread,
    /// An operation takes longer than it used to.
    Regression,
    /// Sentry named no specific problem.
    Unnamed,
}

/// A problem that a session replay shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// A person clicked many times on an element that did not react.
    RageClick,
    /// A person clicked on an element that did not react.
    DeadClick,
    /// The page rendered by the server differs from the page rendered by the browser.
    Hydration,
}

/// Parts of Sentry's `issueType` with the kinds that they denote. The first match counts.
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
    ("n_plus_one", Kind::Performance(PerformanceProblem::Repeated)),
    ("main_thread", Kind::Performance(PerformanceProblem::MainThread)),
    ("main_exp", Kind::Performance(PerformanceProblem::MainThread)),
    ("frame_drop", Kind::Performance(PerformanceProblem::MainThread)),
    ("slow_db_query", Kind::Performance(PerformanceProblem::SlowQuery)),
    ("consecutive_db", Kind::Performance(PerformanceProblem::ConsecutiveQueries)),
    ("consecutive_http", Kind::Performance(PerformanceProblem::ConsecutiveCalls)),
    ("http_overhead", Kind::Performance(PerformanceProblem::ConsecutiveCalls)),
    ("large_http_payload", Kind::Performance(PerformanceProblem::LargePayload)),
    ("asset", Kind::Performance(PerformanceProblem::SlowAsset)),
    ("regression", Kind::Performance(PerformanceProblem::Regression)),
    ("performance", Kind::Performance(PerformanceProblem::Unnamed)),
    ("profile", Kind::Performance(PerformanceProblem::Unnamed)),
    ("web_vitals", Kind::Performance(PerformanceProblem::Unnamed)),
];

/// The beginnings of titles with the kinds that they denote, for events without a type.
const TITLES: &[(&str, Kind)] = &[
    ("N+1 ", Kind::Performance(PerformanceProblem::Repeated)),
    ("MN+1 ", Kind::Performance(PerformanceProblem::Repeated)),
    ("Slow DB Query", Kind::Performance(PerformanceProblem::SlowQuery)),
    ("Consecutive DB Queries", Kind::Performance(PerformanceProblem::ConsecutiveQueries)),
    ("Consecutive HTTP", Kind::Performance(PerformanceProblem::ConsecutiveCalls)),
    ("HTTP/1.1 Overhead", Kind::Performance(PerformanceProblem::ConsecutiveCalls)),
    ("Large HTTP", Kind::Performance(PerformanceProblem::LargePayload)),
    ("Large Render Blocking Asset", Kind::Performance(PerformanceProblem::SlowAsset)),
    ("Uncompressed Asset", Kind::Performance(PerformanceProblem::SlowAsset)),
    ("Cron failure", Kind::Cron),
    ("Monitor failure", Kind::Cron),
    ("Downtime detected", Kind::Uptime),
    ("User Feedback", Kind::Feedback),
    ("Rage Click", Kind::Replay(Gesture::RageClick)),
    ("Hydration Error", Kind::Replay(Gesture::Hydration)),
];

impl Kind {
    /// Returns the kind that Sentry's `issueType` denotes, or else `issueCategory`. Returns `None` for errors and for
    /// unknown types without a category.
    #[must_use]
    pub fn parse(issue_type: Option<&str>, category: Option<&str>) -> Option<Self> {
        let of_slug = |slug: &str| SLUGS.iter().find(|(part, _)| slug.contains(part)).map(|(_, kind)| *kind);
        issue_type.and_then(of_slug).or_else(|| match category? {
            "error" => None,
            "performance" | "profile" | "db_query" | "http_client" | "mobile" => {
                Some(Self::Performance(PerformanceProblem::Unnamed))
            }
            "cron" => Some(Self::Cron),
            "uptime" => Some(Self::Uptime),
            "feedback" => Some(Self::Feedback),
            "metric" | "metric_alert" => Some(Self::Metric),
            "ai_detected" => Some(Self::AiDetected),
            _ => Some(Self::Detected),
        })
    }

    /// Returns the kind that the numeric type in an event's `occurrence` denotes, or `None` for an unknown number.
    #[must_use]
    pub fn of_number(number: u64) -> Option<Self> {
        let problem = |problem| Some(Self::Performance(problem));
        match number {
            1001 => problem(PerformanceProblem::SlowQuery),
            1004 | 1012 => problem(PerformanceProblem::SlowAsset),
            1006 | 1010 | 1011 => problem(PerformanceProblem::Repeated),
            1007 => problem(PerformanceProblem::ConsecutiveQueries),
            1009 | 1016 => problem(PerformanceProblem::ConsecutiveCalls),
            1008 | 1013 | 2001..=2010 => problem(PerformanceProblem::MainThread),
            1015 => problem(PerformanceProblem::LargePayload),
            1017 | 1018 | 2011 => problem(PerformanceProblem::Regression),
            1020 | 1021 => Some(Self::Injection),
            1000..=2999 => problem(PerformanceProblem::Unnamed),
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

    /// Returns the kind that the title of a detector's finding denotes, or `None` for an unknown title.
    #[must_use]
    pub fn of_title(title: &str) -> Option<Self> {
        TITLES.iter().find(|(start, _)| title.starts_with(start)).map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_categories_numbers_and_titles_name_the_same_kinds() {
        let repeated = Some(Kind::Performance(PerformanceProblem::Repeated));
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
            Some(Kind::Performance(PerformanceProblem::MainThread))
        );
        assert_eq!(Kind::parse(Some("metric_issue"), Some("metric")), Some(Kind::Metric));
        assert_eq!(Kind::parse(None, Some("outage")), Some(Kind::Detected));
        assert_eq!(Kind::parse(Some("error"), Some("error")), None);
        assert_eq!(Kind::parse(None, None), None);
    }
}
