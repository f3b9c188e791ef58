//! One run of `sidenote doctor`: the stand-ins of a [`Plan`] are started, and the command runs between them twice,
//! with text and with JSON output.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::{Dialect, Llm, Said, Sentry, Slack, Telegram};

use super::plan::{AGENT, Aws, Front, Plan, Row};
use crate::support::canary::CANARIES;
use crate::support::cloud::Cloud;
use crate::support::findings::Findings;
use crate::support::process::Process;
use crate::support::proxies::{self, Proxy};
use crate::support::wire::Wire;
use crate::support::{BOT_TOKEN, CHANNEL, CHAT, ORG, SLACK_SECRET, changed};

/// The exit code and the outputs of one run of `sidenote doctor`.
pub(crate) struct Seen {
    pub(crate) code: i32,
    pub(crate) table: String,
    pub(crate) report: Value,
}

impl Seen {
    /// Returns every check result with this status: its name, evidence and remedy.
    pub(crate) fn of(&self, verdict: &str) -> Vec<[String; 3]> {
        let checks = self.report["checks"].as_array().expect("a list of checks");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = checks.iter().filter(|check| check["verdict"] == verdict);
        found.map(|it| [text(&it["name"]), text(&it["evidence"]), text(&it["remedy"])]).collect()
    }
}

/// At most this many runs of a doctor whose answers come too late because the machine is busy.
pub(super) const RUNS: usize = 5;

/// The stand-ins for the services and the front door of one run.
pub(crate) struct Bed {
    pub(crate) sentry: Sentry,
    pub(crate) telegram: Telegram,
    pub(crate) slack: Slack,
    pub(crate) gateway: Llm,
    pub(crate) cloud: Cloud,
    /// The process of Sidenote behind `--url`, with the proxy in front of it.
    door: Option<(Process, Option<Wire>, Option<Proxy>)>,
    url: Option<String>,
    plan: Plan,
}

impl Bed {
    /// Starts the stand-ins and the front door of a plan, and plants its faults.
    pub(crate) async fn of(plan: Plan) -> Self {
        let key = CANARIES.iter().find(|(name, _)| *name == "LLM_API_KEY").expect("a key").1;
        let (sentry, telegram, slack, gateway) = tokio::join!(
            Sentry::start(plan.sentry.clone()),
            Telegram::start(plan.telegram.clone()),
            Slack::start(plan.slack.clone()),
            Llm::start(Dialect::OpenClaw, key, plan.agent, [Said::Answer("ready".to_owned())]),
        );
        let cloud = cloud(&plan).await;
        let mut bed = Self { sentry, telegram, slack, gateway, cloud, door: None, url: None, plan };
        bed.open_door().await;
        bed.set_webhook().await;
        bed.plant().await;
        bed
    }

    async fn open_door(&mut self) {
        let Some(front) = self.plan.front.clone() else { return };
        let mut variables: Vec<(String, String)> = CANARIES.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        variables.push(("TELEGRAM_CHAT_ID".to_owned(), CHAT.to_string()));
        variables.push(("SLACK_SIGNING_SECRET".to_owned(), SLACK_SECRET.to_owned()));
        let process = Process::start(&changed(variables, &self.plan.served)).await;
        let direct = format!("http://{}", process.address);
        let (wire, proxy) = match front {
            Front::Late => (None, Some(proxies::late(process.address).await)),
            Front::Open | Front::Faulty(_) => (Some(Wire::to(&direct).await), None),
        };
        if let (Front::Faulty(fault), Some(wire)) = (front, &wire) {
            wire.fail(fault).await;
        }
        let address = match (&wire, &proxy) {
            (Some(wire), _) => wire.url().trim_start_matches("http://").to_owned(),
            (None, proxy) => proxy.as_ref().expect("one of both").address.to_string(),
        };
        self.url = Some(format!("{}://{address}{}", self.plan.scheme, self.plan.path));
        self.door = Some((process, wire, proxy));
    }

    async fn set_webhook(&self) {
        if self.plan.webhook.is_null() {
            return;
        }
        let mut request = self.plan.webhook.clone();
        if request["url"].is_null() {
            let place =
                self.url.as_deref().unwrap_or("https://function.example").replace("http://", "https://");
            let place = place.strip_suffix(self.plan.path).unwrap_or(&place).to_owned();
            request["url"] = json!(format!("{place}/api/v1/webhooks/telegram"));
        }
        let url = format!("{}/bot{BOT_TOKEN}/setWebhook", self.telegram.url());
        let http = Http::new(None).expect("an HTTP client");
        let answer = http.client().post(url).json(&request).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
    }

    async fn plant(&self) {
        self.plan.sentry_faults.iter().cloned().for_each(|fault| self.sentry.inject(fault));
        self.plan.telegram_faults.iter().cloned().for_each(|fault| self.telegram.inject(fault));
        self.plan.slack_faults.iter().cloned().for_each(|fault| self.slack.inject(fault));
        self.plan.gateway_faults.iter().cloned().for_each(|fault| self.gateway.inject(fault));
        self.gateway.configure(self.plan.gateway_agent);
        self.gateway.count_tokens_in(self.plan.prompt_tokens);
        if self.plan.is_gateway_off {
            self.gateway.turn_off();
        }
        for (of, fault) in &self.plan.aws_faults {
            let wire = match of {
                Aws::Secrets => &self.cloud.secrets,
                Aws::Table => &self.cloud.table,
                Aws::Queue => &self.cloud.queue,
            };
            wire.fail(fault.clone()).await;
        }
    }

    fn variables(&self) -> Vec<(String, String)> {
        let pairs = [
            ("SENTRY_BASE_URL", self.sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("TELEGRAM_API_BASE", self.telegram.url()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
            ("TELEGRAM_APPROVERS", "5005006".to_owned()),
            ("SLACK_API_BASE", self.slack.url()),
            ("SLACK_CHANNEL", CHANNEL.to_owned()),
            ("SLACK_APPROVERS", "U0ANN0001".to_owned()),
            ("ANALYZER", "openclaw".to_owned()),
            ("LLM_BASE_URL", self.gateway.base()),
            ("LLM_MODEL", AGENT.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("RUST_LOG", self.plan.log.to_owned()),
        ];
        let mut variables = self.cloud.env();
        variables.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
        changed(variables, &self.plan.variables)
    }

    /// Runs `sidenote doctor` with text and with JSON output at the same time. A busy machine can be too slow for the
    /// check of the answer's time, or for one of the two; then both run again.
    pub(crate) async fn run(&self) -> Seen {
        let is_late = matches!(self.plan.front, Some(Front::Late));
        let mut differences = Vec::new();
        for _ in 0..RUNS {
            let (table, json) = tokio::join!(self.command(&[]), self.command(&["--json"]));
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let (table_code, code) = (table.status.code(), json.status.code());
            let (table, printed) = (text(&table.stdout), text(&json.stdout));
            if !is_late && [&table, &printed].iter().any(|it| it.contains("too late for Sentry")) {
                continue;
            }
            if table_code != code {
                differences.push(format!("{table}\n{printed}"));
                continue;
            }
            let report = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
            return Seen { code: code.expect("an exit code"), table, report };
        }
        panic!("in {RUNS} runs, an answer always took more than a second, or: {differences:?}");
    }

    async fn command(&self, more: &[&str]) -> Output {
        let url = self.url.iter().flat_map(|url| ["--url", url]);
        let plan = self.plan.arguments.iter().copied();
        let arguments = ["doctor"].into_iter().chain(plan).chain(more.iter().copied()).chain(url);
        self.sidenote(&arguments.collect::<Vec<_>>(), &[]).await
    }

    /// The URL of the front door.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Runs a `sidenote` command in this world, with more variables. Fails on a panic, on a secret in the output, and on
    /// a request that a real service would reject as malformed.
    pub(crate) async fn sidenote(&self, arguments: &[&str], more: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
        command.args(arguments).env_clear().envs(changed(self.variables(), more));
        let run =
            tokio::task::spawn_blocking(move || command.output()).await.expect("the thread does not panic");
        let output = run.expect("run sidenote");
        let printed = [output.stdout.as_slice(), &output.stderr].concat();
        self.check(&String::from_utf8(printed).expect("UTF-8"));
        output
    }

    fn check(&self, printed: &str) {
        let mut findings = Findings::default();
        findings.panics(printed);
        findings.leaks(self.canaries(), "the output", printed);
        findings.violations("to Sentry", self.sentry.violations());
        findings.violations("to Telegram", self.telegram.violations());
        findings.violations("to Slack", self.slack.violations());
        findings.violations("to the gateway", self.gateway.violations());
        findings.assert_none(printed);
    }

    /// The secrets that no output may contain, with their names.
    fn canaries(&self) -> BTreeSet<(&str, &str)> {
        let own = self.plan.secret.iter().flatten().map(|(name, value)| (*name, value.as_str()));
        // A URL as a whole is not searched for, because most of its parts are not secret.
        let own = own.filter(|(_, it)| it.len() >= 8 && !it.starts_with("http"));
        CANARIES.into_iter().chain(own).collect()
    }
}

/// Creates an AWS account with the plan's secret, a table, and a queue with the settings of `template.yaml`.
async fn cloud(plan: &Plan) -> Cloud {
    let secret = match &plan.secret {
        Ok(keys) => json!(keys),
        Err(text) => json!(text),
    };
    let cloud = Cloud::new(&secret).await;
    cloud.add_dead_letter_queue().await;
    cloud
}

/// Runs `sidenote doctor` once per row, each time with that fault in an otherwise healthy world. The report must have
/// exactly one failure or warning, with the expected remedy.
pub(crate) async fn hold(rows: Vec<Row>) {
    for Row { fault, plan, check, verdict, evidence, remedy } in rows {
        let bed = Bed::of(plan).await;
        let seen = bed.run().await;
        let (failed, warned) = (seen.of("failed"), seen.of("warning"));
        let found = [failed.as_slice(), warned.as_slice()].concat();
        let [[name, said, cure]] = found.as_slice() else {
            panic!("{fault}: one finding was expected, not {found:#?}\n{}", seen.table)
        };
        assert_eq!(name, check, "{fault}: {said}");
        assert_eq!(warned.len(), usize::from(verdict == "warning"), "{fault}: {said}");
        assert!(said.contains(evidence), "{fault}: {evidence:?} is not in the evidence: {said}");
        assert!(cure.contains(remedy), "{fault}: {remedy:?} is not in the remedy: {cure}");
        let usage = check.starts_with("configuration.");
        let code = if verdict == "warning" { 0 } else { 1 + i32::from(usage) };
        assert_eq!(seen.code, code, "{fault}: the exit code");
        assert_eq!(seen.report["status"], if verdict == "warning" { "ok" } else { "failed" }, "{fault}");
        // The text output contains the same result.
        let line = format!("{verdict:<8} {check} ");
        assert!(seen.table.lines().any(|it| it.starts_with(&line)), "{fault}: {}", seen.table);
        assert!(seen.table.contains(&format!("-> {cure}")), "{fault}: {}", seen.table);
        println!("{fault}: {check} {verdict}: {said} -> {cure}");
    }
}
