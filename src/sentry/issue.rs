//! The API's issue, tags and committers → domain.

use super::wire;
use crate::domain::event::is_version_tag;
use crate::domain::evidence::{SuspectCommit, TagSpread};
use crate::domain::ids::{IssueId, MemberId, Slug, TagKey};
use crate::domain::issue::{Issue, Substatus};
use crate::domain::lenient::{Int, List, Maybe};
use crate::domain::text::Foreign;
use crate::domain::timestamp::Timestamp;

/// The API's issue → [`Issue`]. `asked` is the id that it was asked for by, and stays when none comes back.
pub(super) fn issue(wire: wire::Issue, asked: &IssueId) -> Issue {
    let stats = wire.stats.0.unwrap_or_default();
    let project = wire.project.0.unwrap_or_default();
    let id = wire.id.as_deref().and_then(|id| IssueId::parse(id).ok()).unwrap_or_else(|| asked.clone());
    Issue {
        id,
        short_id: wire.short_id.foreign(),
        title: wire.title.foreign(),
        culprit: wire.culprit.foreign(),
        level: wire.level.foreign(),
        platform: wire.platform.foreign().or(project.platform.foreign()),
        project: project.slug.as_deref().and_then(|slug| Slug::parse(slug).ok()),
        status: wire.status.foreign(),
        substatus: wire.substatus.as_deref().and_then(Substatus::parse),
        priority: wire.priority.foreign(),
        category: wire.issue_category.foreign(),
        assignee: wire.assigned_to.0.and_then(|someone| someone.name.foreign()),
        first_seen: wire.first_seen.as_deref().and_then(Timestamp::parse),
        last_seen: wire.last_seen.as_deref().and_then(Timestamp::parse),
        events: wire.count.non_negative(),
        users: wire.user_count.non_negative(),
        first_release: wire.first_release.0.and_then(release),
        last_release: wire.last_release.0.and_then(release),
        hourly: stats.hours.map(|series| counts(&series)),
        last_day: stats.days.as_ref().and_then(last_begins),
        daily: stats.days.map(|series| counts(&series)),
    }
}

/// The version people know a release by.
pub(super) fn release(wire: wire::Release) -> Option<Foreign> {
    wire.short_version.foreign().or_else(|| wire.version.foreign()).map(Foreign::into_version)
}

/// The events of `[second, events]` pairs.
fn counts(series: &List<List<Int>>) -> Vec<u64> {
    series.0.iter().map(|point| point.0.get(1).and_then(|count| count.non_negative()).unwrap_or(0)).collect()
}

/// When the last of `[second, events]` pairs begins.
fn last_begins(series: &List<List<Int>>) -> Option<Timestamp> {
    Timestamp::from_unix(series.0.last()?.0.first()?.0?)
}

/// How the issue's events spread over its tags.
pub(super) fn spreads(tags: List<Maybe<wire::Tag>>) -> Vec<TagSpread> {
    tags.0.into_iter().filter_map(|tag| spread(tag.0?)).collect()
}

fn spread(wire: wire::Tag) -> Option<TagSpread> {
    let values = wire.top_values.0.into_iter().filter_map(|value| value.0);
    let mut top: Vec<(Foreign, u64)> =
        values.filter_map(|value| Some((value.value.foreign()?, value.count.non_negative()?))).collect();
    if wire.key.as_deref().is_some_and(is_version_tag) {
        top = top.into_iter().map(|(value, count)| (value.into_version(), count)).collect();
    }
    top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Some(TagSpread {
        key: TagKey::parse(wire.key.as_deref()?).ok()?,
        total: wire.total_values.non_negative()?,
        top,
    })
}

/// The commits that Sentry suspects, the most suspect first.
pub(super) fn commits(wire: wire::Committers) -> Vec<SuspectCommit> {
    let mut found = Vec::new();
    for committer in wire.committers.0.into_iter().filter_map(|committer| committer.0) {
        let author = committer.author.0.unwrap_or_default();
        let author_id = author.id.as_deref().and_then(|id| MemberId::parse(id).ok());
        let author = author.name.foreign();
        for commit in committer.commits.0.into_iter().filter_map(|commit| commit.0) {
            let first_line = commit.message.as_deref().and_then(|message| message.lines().next());
            let subject = Foreign::new(first_line.unwrap_or_default());
            let files = commit.patch_set.0.into_iter().filter_map(|patch| patch.0?.path.foreign());
            let Some(id) = commit.id.foreign() else { continue };
            found.push(SuspectCommit {
                id,
                subject,
                author: author.clone(),
                author_id: author_id.clone(),
                is_blamed: commit.suspect_commit_type.as_deref() == Some("via SCM integration"),
                files: files.collect(),
            });
        }
    }
    found
}
