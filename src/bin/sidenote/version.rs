//! The text of `--version`: the version, the commit and the cargo features of this build.

use std::sync::LazyLock;

/// The git commit of this build, if `tools/release.sh` made the build.
const COMMIT: Option<&str> = option_env!("SIDENOTE_COMMIT");

/// Returns the text that `--version` prints after the command's name.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.filter(|commit| !commit.is_empty()).unwrap_or("unknown");
        format!("{} (commit {commit}; features {})", env!("CARGO_PKG_VERSION"), features().join(", "))
    });
    &TEXT
}

fn features() -> Vec<&'static str> {
    let all = [("cli", true), ("aws", cfg!(feature = "aws")), ("bedrock", cfg!(feature = "bedrock"))];
    all.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect()
}
