//! Tests that the table of docs/settings.md contains exactly the variables that the program reads.

use std::cell::RefCell;
use std::collections::BTreeSet;

use sidenote::config::{Config, SECRET_KEYS};
use sidenote::notifiers::Notifiers;

use crate::pages::{read, text};

/// The variables that only libraries read, such as the AWS SDK and the HTTP client.
const OF_LIBRARIES: [&str; 5] = ["AWS_ENDPOINT_URL", "AWS_REGION", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

/// The names of variables that must not change, because scripts and users rely on them.
const STABLE: [&str; 24] = [
    "ALLOW_UNSIGNED",
    "ANALYZER",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_LOG_LEVEL",
    "ISSUE_COOLDOWN_SECONDS",
    "LLM_API_KEY",
    "LLM_BASE_URL",
    "LLM_MODEL",
    "LLM_RESPONSE_FORMAT",
    "LLM_TIMEOUT_SECONDS",
    "MAX_BODY_BYTES",
    "OUTPUT_LANGUAGE",
    "REDELIVERY_QUEUE_URL",
    "RUST_LOG",
    "SECRETS_FILE",
    "SECRET_ID",
    "SENTRY_AUTH_TOKEN",
    "SENTRY_BASE_URL",
    "SENTRY_CLIENT_SECRET",
    "SENTRY_ORG",
    "STATE_TABLE",
    "TELEGRAM_API_BASE",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_CHAT_ID",
];

/// Returns the variables in the first column of the tables in docs/settings.md.
fn documented() -> BTreeSet<String> {
    let is_variable =
        |name: &String| name.len() > 5 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let page = read(&text("docs/settings.md"));
    let first = page.rows.into_iter().filter_map(|row| row.into_iter().next());
    first.flat_map(|cell| cell.into_iter().filter(|name| is_variable(name)).collect::<Vec<_>>()).collect()
}

/// Returns every variable that the configuration reads, whatever the values of other variables are.
fn asked() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    for set in [&[][..], &[("ANALYZER", "openai")], &[("ANALYZER", "bedrock")], &[("SECRET_ID", "s")]] {
        let find = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        // The result of reading does not matter here, only the names of the variables.
        drop(Config::read(&find));
    }
    asked.into_inner()
}

#[test]
fn the_settings_page_names_every_variable_that_is_read_and_no_other() {
    let mut documented = documented();
    for name in OF_LIBRARIES {
        assert!(documented.remove(name), "docs/settings.md does not name {name}");
    }
    assert_eq!(documented, asked());
}

#[test]
fn the_settings_page_marks_the_secrets() {
    let page = text("docs/settings.md");
    let marked: BTreeSet<&str> =
        SECRET_KEYS.into_iter().filter(|key| page.contains(&format!("| `{key}` *secret*"))).collect();
    assert_eq!(marked, SECRET_KEYS.into_iter().collect());
}

#[test]
fn the_settings_page_contains_the_stable_names() {
    let documented = documented();
    let more = ["LLM_DAILY_CALLS", "TELEGRAM_THREAD_ID", "TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_APPROVERS"];
    let missing: Vec<&str> =
        STABLE.into_iter().chain(more).filter(|name| !documented.contains(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_template_sets_only_variables_that_are_read() {
    let template = text("template.yaml");
    let variables = template.split_once("\n        Variables:\n").expect("the function's variables").1;
    let lines = variables.lines().take_while(|line| line.starts_with("          "));
    let names: Vec<&str> = lines
        .filter_map(|line| line.trim_start().split_once(':').map(|(name, _)| name))
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    let known = documented();
    let unknown: Vec<&&str> = names.iter().filter(|name| !known.contains(**name)).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
}

#[test]
fn notifiers_declare_what_the_configuration_reads_for_them() {
    let asked = asked();
    let notifiers = Notifiers::default();
    let config = Config::read(&|_| None).expect("no setting is needed");
    for notifier in notifiers.iter() {
        let profile = notifier.profile();
        assert!(profile.secrets.iter().all(|key| SECRET_KEYS.contains(key)), "{:?}", profile.secrets);
        assert!(profile.settings.iter().all(|name| asked.contains(*name)), "{:?}", profile.settings);
        let needs: Vec<&str> = notifier.needs(&config).into_iter().map(|(key, _)| key).collect();
        assert_eq!(needs, profile.secrets, "the doctor looks at every secret of {}", profile.name);
    }
    assert_eq!(
        notifiers.profiles().map(|profile| profile.name).collect::<Vec<_>>(),
        ["note", "telegram", "slack"]
    );
}

#[test]
fn the_example_of_a_secrets_file_has_every_secret_and_no_value() {
    let example = include_str!("../../deploy/secrets.example.json");
    let secrets: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(example).expect("an object");
    assert_eq!(secrets.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(SECRET_KEYS));
    assert!(secrets.values().all(|value| value == ""), "{example}");
}
