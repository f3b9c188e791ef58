//! Converts issues, tags and committers in the JSON form of Sentry's API to the types of the domain.

use super::wire;
use crate::domain::event::is_version_tag;
use crate::domain::evidence::{SuspectCommit, TagSpread};
use crate::domain::flag::FlagSpread;
use crate::domain::ids::{IssueId, MemberId, TagKey};
use crate::domain::issue::Issue;
use crate::domain::order::sorted_by_key;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Int, Lenient, List};
use crate::payload;

/// Converts an issue. `asked` is the id in the request, which is used if the reply contains no id.
pub(super) fn issue(mut wire: payload::Issue, asked: &IssueId) -> Issue {
    let stats = wire.stats.0.take().unwrap_or_default();
    let [first_release, last_release] =
        [&mut wire.first_release, &mut wire.last_release].map(|it| it.0.take());
    let id = wire.id.as_deref().and_then(|id| IssueId::parse(id).ok()).unwrap_or_else(|| asked.clone());
    Issue {
        assignee: wire.assigned_to.0.take().and_then(|someone| someone.name.untrusted()),
        first_release: first_release.and_then(release),
        last_release: last_release.and_then(release),
        hourly: stats.hours.map(|series| counts(&series)),
        last_day: stats.days.as_ref().and_then(last_begins),
        daily: stats.days.map(|series| counts(&series)),
        ..wire.of(id)
    }
}

/// Returns the name of a release for people: its short version if there is one, and otherwise its full version.
pub(super) fn release(wire: payload::Release) -> Option<Untrusted> {
    wire.short_version.untrusted().or_else(|| wire.version.untrusted()).map(Untrusted::into_version)
}

/// Returns the event counts from a series of `[second, events]` pairs.
fn counts(series: &List<List<Int>>) -> Vec<u64> {
    series.0.iter().map(|point| point.0.get(1).and_then(|count| count.non_negative()).unwrap_or(0)).collect()
}

/// Returns the time when the last interval of a series of `[second, events]` pairs begins.
fn last_begins(series: &List<List<Int>>) -> Option<Timestamp> {
    Timestamp::from_unix(series.0.last()?.0.first()?.0?)
}

/// Returns for each tag of an issue how the issue's events are distributed over the tag's values.
pub(super) fn spreads(tags: List<Lenient<wire::Tag>>) -> Vec<TagSpread> {
    tags.0.into_iter().filter_map(|tag| spread(tag.0?)).collect()
}

fn spread(wire: wire::Tag) -> Option<TagSpread> {
    let values = wire.top_values.0.into_iter().filter_map(|value| value.0);
    let top: Vec<(Untrusted, u64)> =
        values.filter_map(|value| Some((value.value.untrusted()?, value.count.non_negative()?))).collect();
    let key = TagKey::parse(wire.key.as_deref()?).ok()?;
    let placed = |value: Untrusted| {
        if is_version_tag(key.as_str()) { value.into_version() } else { value.under(key.as_str()) }
    };
    let top = top.into_iter().map(|(value, count)| (placed(value), count));
    let top = sorted_by_key(top, |(_, count)| std::cmp::Reverse(*count));
    Some(TagSpread { key, total: wire.total_values.non_negative()?, top })
}

/// Returns the distributions of errors over feature flags. Flags that Sentry marks as filtered are left out.
pub(super) fn flags(wire: wire::SuspectFlags) -> Vec<FlagSpread> {
    let flags = wire.flags.0.into_iter().filter_map(|flag| flag.0);
    let suspect = flags.filter(|flag| flag.is_filtered.0 != Some(true));
    suspect.filter_map(flag).collect()
}

fn flag(wire: wire::SuspectFlag) -> Option<FlagSpread> {
    let distribution = wire.distribution.0?;
    let [issue, project] = [distribution.outliers, distribution.baseline].map(|counts| {
        let counted = counts.0.into_iter();
        counted.filter_map(|(value, count)| Some((Untrusted::new(value), count.non_negative()?))).collect()
    });
    Some(FlagSpread { name: wire.flag.untrusted()?, issue, project })
}

/// Returns the suspect commits of an event, the most likely first, as Sentry orders them.
pub(super) fn commits(wire: wire::Committers) -> Vec<SuspectCommit> {
    let mut found = Vec::new();
    for committer in wire.committers.0.into_iter().filter_map(|committer| committer.0) {
        let author = committer.author.0.unwrap_or_default();
        let author_id = author.id.as_deref().and_then(|id| MemberId::parse(id).ok());
        let author = author.name.untrusted();
        for commit in committer.commits.0.into_iter().filter_map(|commit| commit.0) {
            let first_line = commit.message.as_deref().and_then(|message| message.lines().next());
            let subject = Untrusted::new(first_line.unwrap_or_default());
            let files = commit.patch_set.0.into_iter().filter_map(|patch| patch.0?.path.untrusted());
            let Some(id) = commit.id.untrusted() else { continue };
            found.push(SuspectCommit {
                id,
                subject,
                author: author.clone(),
                author_id: author_id.clone(),
                is_blamed: commit.suspect_commit_type.as_deref() == Some("via SCM integration"),
                is_matched: commit.suspect_commit_type.as_deref() == Some("via commit in release"),
                files: files.collect(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reply of Sentry 23.7.1, whose commits have no `patchSet`.
    #[test]
    fn suspect_commits_without_their_files_keep_the_reason_of_the_suspicion() {
        let commit = |id: &str, kind: &str| {
            format!(r#"{{"id": "{id}", "message": "Sell\n\nhalves", "suspectCommitType": {kind}}}"#)
        };
        let rows = [
            commit("a", r#""via commit in release""#),
            commit("b", r#""via SCM integration""#),
            commit("c", "null"),
        ];
        let json = format!(
            r#"{{"committers": [{{"author": {{"name": "Noor"}}, "commits": [{}]}}]}}"#,
            rows.join(",")
        );
        let read = commits(serde_json::from_str(&json).expect("committers"));
        let told: Vec<_> = read
            .iter()
            .map(|it| (it.id.raw(), it.subject.raw(), it.is_matched, it.is_blamed, it.files.len()))
            .collect();
        assert_eq!(
            told,
            [("a", "Sell", true, false, 0), ("b", "Sell", false, true, 0), ("c", "Sell", false, false, 0)]
        );
    }
}
