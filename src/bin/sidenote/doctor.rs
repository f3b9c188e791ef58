//! `sidenote doctor`: checks everything that a webhook delivery needs, and says how to repair it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use sidenote::clock;
use sidenote::config::{Config, Problems};
use sidenote::doctor::{CheckScope, DoctorReport, examine, misconfigured};
use sidenote::domain::ids::{IssueId, Slug};
use sidenote::logging;

use crate::{End, local, output, storage};

/// The time limit for all checks together. The model's answer has its own limit.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The command-line arguments of `sidenote doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The webhook's URL or the function URL; a signed sample is delivered there that starts no work
    #[arg(long)]
    url: Option<String>,
    /// An issue for a test note, which is then edited to say that it was only a test
    #[arg(long, value_name = "ISSUE")]
    write: Option<String>,
    /// A project that must be visible with the token; may be given several times
    #[arg(long, value_name = "SLUG")]
    project: Vec<String>,
    /// Ask the model one short question, which costs tokens
    #[arg(long)]
    ask: bool,
    /// End with 0 even if a check failed; a setting that cannot be used still ends with 2
    #[arg(long)]
    report_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote doctor` and prints the report. `config` holds the settings, or the problems with them. Returns `true`
/// if no check failed or only the report is wanted, and `false` otherwise. Fails with [`End::Usage`] if an argument is
/// invalid or a setting cannot be used.
pub(crate) async fn run(arguments: Arguments, config: Result<Config, Problems>) -> Result<bool, End> {
    let wanted = wanted(&arguments, config.as_ref().ok()).map_err(End::Usage)?;
    let report = match &config {
        Ok(config) => {
            logging::start_for_command(&config.log_filter);
            Box::pin(examine(&storage::for_doctor(config), &wanted, clock::deadline_in(TIME_LIMIT))).await
        }
        Err(problems) => misconfigured(problems),
    };
    show(&report, arguments.json);
    if report.is_misconfigured() {
        return Err(End::Usage(anyhow::anyhow!("a setting cannot be used")));
    }
    Ok(arguments.report_only || !report.has_failed())
}

fn wanted(arguments: &Arguments, config: Option<&Config>) -> anyhow::Result<CheckScope> {
    let url = match arguments.url.as_deref().map(reqwest::Url::parse) {
        None => None,
        Some(Ok(url)) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
        Some(_) => bail!("--url: not an http or https URL"),
    };
    let issue = arguments.write.as_deref().map(IssueId::parse).transpose().context("--write")?;
    let projects = arguments.project.iter().map(|slug| Slug::parse(slug)).collect::<Result<_, _>>();
    Ok(CheckScope {
        url,
        write: issue,
        projects: projects.context("--project")?,
        ask: config.filter(|_| arguments.ask).map(local::work_deadline),
    })
}

fn show(report: &DoctorReport, as_json: bool) {
    let text = if as_json { report.to_json().to_string() } else { report.table() };
    output::say(&text);
}
