//! Checks this machine's clock against the clock of a server. AWS rejects a request whose signature time is more than
//! five minutes off.

use super::finding::CheckResult;

pub(super) const NAME: &str = "clock";
/// The largest difference, in seconds, that is still `ok`. A reply takes time, and the `Date` header has a precision
/// of seconds.
const WELL_SECONDS: i64 = 30;
/// The difference, in seconds, beyond which AWS rejects signatures.
const REFUSED_SECONDS: i64 = 300;

/// Compares this machine's clock (`ours`) with the `Date` header (`theirs`) of a server, which `whose` names for the
/// report. Both times are in seconds since 1970. Without the header the result is `skipped`.
pub(super) fn check(whose: &str, theirs: Option<i64>, ours: i64) -> CheckResult {
    let Some(theirs) = theirs else {
        return CheckResult::skipped(NAME, format!("no response of {whose} contained the time"));
    };
    let off = ours - theirs;
    let evidence = match off {
        0 => format!("the same second as {whose}"),
        1.. => format!("{off} s ahead of {whose}"),
        _ => format!("{} s behind {whose}", off.abs()),
    };
    let remedy = "set this machine's clock by NTP (timedatectl set-ntp true); AWS rejects requests that are signed \
                  five minutes off, and leases are measured by this clock";
    if off.abs() <= WELL_SECONDS {
        CheckResult::ok(NAME, evidence)
    } else if off.abs() <= REFUSED_SECONDS {
        CheckResult::warning(NAME, evidence, remedy)
    } else {
        CheckResult::failed(NAME, evidence, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::CheckStatus;
    use super::*;

    #[test]
    fn a_clock_off_by_minutes_is_a_finding_and_by_seconds_is_not() {
        let verdict = |ours| check("Sentry", Some(1_000), ours).verdict;
        assert_eq!(
            [verdict(1_030), verdict(969), verdict(700), verdict(1_301)],
            [CheckStatus::Ok, CheckStatus::Warning, CheckStatus::Warning, CheckStatus::Failed]
        );
        assert_eq!(check("Sentry", Some(1_000), 400).evidence, "600 s behind Sentry");
        assert_eq!(check("Sentry", None, 0).verdict, CheckStatus::Skipped);
    }
}
