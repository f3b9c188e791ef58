//! External tools as child processes: AWS's runtime interface emulator, `cargo lambda watch`, and the AWS emulator
//! moto.
//!
//! `make test` fetches the tools. All waiting here is asynchronous or on a blocking thread, so that stand-ins on the
//! test's own runtime keep serving.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};

use serde_json::Value;
use tempfile::TempDir;

use super::fetched::{Tool, free_port, tool};

/// The server of moto, which emulates Secrets Manager, `DynamoDB` and SQS in memory.
#[derive(Debug)]
pub(crate) struct Moto {
    server: Tool,
}

impl Moto {
    /// Returns the instance that all running tests share, because the start of moto takes three seconds.
    pub(crate) async fn shared() -> Arc<Self> {
        static MOTO: tokio::sync::Mutex<Weak<Moto>> = tokio::sync::Mutex::const_new(Weak::new());
        let mut shared = MOTO.lock().await;
        if let Some(moto) = shared.upgrade() {
            return moto;
        }
        let moto = Arc::new(Self::start().await);
        *shared = Arc::downgrade(&moto);
        moto
    }

    async fn start() -> Self {
        let port = free_port();
        let mut command = Command::new(tool("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        Self { server: Tool::start(command, port).await }
    }

    /// The URL of moto, which is the value for `AWS_ENDPOINT_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}

/// AWS's runtime interface emulator. It starts the function at the first event, and holds every response back until the
/// function asks for the next event.
#[derive(Debug)]
pub(crate) struct Rie {
    emulator: Tool,
}

impl Rie {
    /// Starts the emulator for a binary that gets `env` and the emulator's own variables. In `env`,
    /// `AWS_LAMBDA_FUNCTION_TIMEOUT` (in seconds, 30 by default) is a setting of the emulator.
    pub(crate) async fn start(bootstrap: &Path, env: &[(String, String)]) -> Self {
        let (invoke, runtime_api) = (free_port(), free_port());
        let mut command = Command::new(tool("aws-lambda-rie"));
        command
            .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{invoke}")])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime_api}")])
            .args(["--log-level", "info"])
            .arg(bootstrap)
            .env_clear()
            .envs(function_env())
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "30")
            .envs(env.iter().map(|(name, value)| (name, value)));
        Self { emulator: Tool::start(command, invoke).await }
    }

    /// Invokes the function. Returns the status and the payload after the function has asked for the next event. A
    /// payload that is not JSON becomes a string.
    pub(crate) async fn invoke(&self, event: &Value) -> (u16, Value) {
        let (url, body) = (self.emulator.url(), event.to_string());
        let exchange =
            tokio::task::spawn_blocking(move || post(&url, &body)).await.expect("the thread does not panic");
        let text = exchange.unwrap_or_else(|error| panic!("no answer: {error}; {}", self.logs()));
        let (head, payload) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        (status, serde_json::from_str(payload).unwrap_or_else(|_| Value::from(payload)))
    }

    /// The emulator's log (`START`, `INVOKE RTDONE`, `REPORT`) and the function's output so far.
    pub(crate) fn logs(&self) -> String {
        self.emulator.logs()
    }
}

/// Posts a body with HTTP/1.0, in which the end of the connection ends the response's body.
fn post(url: &str, body: &str) -> io::Result<String> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /2015-03-31/functions/function/invocations HTTP/1.0\r\nHost: {address}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// `cargo lambda watch`, an emulator that offers a function URL. It responds early and never freezes the process.
///
/// The emulator serves only the Lambda side (`--only-lambda-apis`). Otherwise it would use `cargo run`, which builds
/// the binary again with other features than the tests'. The test starts the binary itself instead.
#[derive(Debug)]
pub(crate) struct CargoLambdaWatch {
    function: Tool,
    watch: Tool,
    port: u16,
    /// A package for `cargo metadata`, which the emulator runs first.
    _package: TempDir,
}

impl CargoLambdaWatch {
    /// Starts the emulator, and the binary with `env` and the variables that the emulator would set.
    pub(crate) async fn start(binary: &Path, env: &[(String, String)]) -> Self {
        let package = tempfile::tempdir().expect("make a directory for a package");
        empty_package(package.path()).expect("write a package");
        let port = free_port();
        let mut command = Command::new(tool("cargo-lambda"));
        command
            .args(["lambda", "watch", "--only-lambda-apis", "--ignore-changes"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
            .current_dir(package.path());
        let watch = Tool::start(command, port).await;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(function_env())
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_MAX_CONCURRENCY", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/_")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_LAMBDA_RUNTIME_API", format!("{}/.rt", watch.url()))
            .envs(env.iter().map(|(name, value)| (name, value)));
        Self { function: Tool::spawn(command, port), watch, port, _package: package }
    }

    /// The function URL that the emulator offers.
    pub(crate) fn url(&self) -> String {
        self.watch.url()
    }

    /// Runs `cargo lambda invoke --data-file`. Returns whether it succeeded, and its output.
    pub(crate) async fn invoke(&self, data_file: &Path) -> (bool, String) {
        let mut command = Command::new(tool("cargo-lambda"));
        command
            .args([
                "lambda",
                "invoke",
                "--invoke-address",
                "127.0.0.1",
                "--invoke-port",
                &self.port.to_string(),
            ])
            .arg("--data-file")
            .arg(data_file)
            .stdin(Stdio::null());
        let run =
            tokio::task::spawn_blocking(move || command.output()).await.expect("the thread does not panic");
        let output = run.expect("run cargo-lambda");
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
    }

    /// The output of the function so far.
    pub(crate) fn logs(&self) -> String {
        self.function.logs()
    }
}

/// The variables of Lambda that emulators do not set.
fn function_env() -> [(&'static str, &'static str); 8] {
    [
        ("AWS_LAMBDA_FUNCTION_NAME", "_"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "test"),
        ("TZ", ":UTC"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ]
}

fn empty_package(directory: &Path) -> io::Result<()> {
    fs::create_dir(directory.join("src"))?;
    fs::write(directory.join("src/main.rs"), "fn main() {}\n")?;
    fs::write(directory.join("Cargo.toml"), "[package]\nname = \"bootstrap\"\nedition = \"2024\"\n")
}
