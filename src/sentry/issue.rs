//! The API's issue, tags and committers → domain.

use super::wire;
use crate::domain::evidence::{SuspectCommit, TagSpread};
use crate::domain::ids::{IssueId, Slug, TagKey};
use crate::domain::issue::{Issue, Substatus};
use crate::domain::lenient::{Int, List, Maybe, Text};
use crate::domain::text::Foreign;
use crate::domain::timestamp::Timestamp;

fn foreign(text: Text) -> Option<Foreign> {
    text.into_option().map(Foreign::new)
}

/// The API's issue → [`Issue`]. `asked` is the id that it was asked for by, and stays when none comes back.
pub(super) fn issue(wire: wire::Issue, asked: &IssueId) -> Issue {
    let stats = wire.stats.0.unwrap_or_default();
    let id = wire.id.as_deref().and_then(|id| IssueId::parse(id).ok()).unwrap_or_else(|| asked.clone());
    Issue {
        id,
        short_id: foreign(wire.short_id),
        title: foreign(wire.title),
        culprit: foreign(wire.culprit),
        level: foreign(wire.level),
        project: wire.project.0.and_then(|project| Slug::parse(project.slug.as_deref()?).ok()),
        status: foreign(wire.status),
        substatus: wire.substatus.as_deref().and_then(Substatus::parse),
        priority: foreign(wire.priority),
        category: foreign(wire.issue_category),
        assignee: wire.assigned_to.0.and_then(|someone| foreign(someone.name)),
        first_seen: wire.first_seen.as_deref().and_then(Timestamp::parse),
        last_seen: wire.last_seen.as_deref().and_then(Timestamp::parse),
        events: wire.count.non_negative(),
        users: wire.user_count.non_negative(),
        first_release: wire.first_release.0.and_then(release),
        last_release: wire.last_release.0.and_then(release),
        hourly: stats.hours.map(counts),
        daily: stats.days.map(counts),
    }
}

/// The version people know a release by.
pub(super) fn release(wire: wire::Release) -> Option<Foreign> {
    foreign(wire.short_version).or_else(|| foreign(wire.version))
}

/// The events of `[second, events]` pairs.
fn counts(series: List<List<Int>>) -> Vec<u64> {
    series.0.iter().map(|point| point.0.get(1).and_then(|count| count.non_negative()).unwrap_or(0)).collect()
}

/// How the issue's events spread over its tags.
pub(super) fn spreads(tags: List<Maybe<wire::Tag>>) -> Vec<TagSpread> {
    tags.0.into_iter().filter_map(|tag| spread(tag.0?)).collect()
}

fn spread(wire: wire::Tag) -> Option<TagSpread> {
    let values = wire.top_values.0.into_iter().filter_map(|value| value.0);
    let mut top: Vec<(Foreign, u64)> =
        values.filter_map(|value| Some((foreign(value.value)?, value.count.non_negative()?))).collect();
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
        let author = committer.author.0.and_then(|author| foreign(author.name));
        for commit in committer.commits.0.into_iter().filter_map(|commit| commit.0) {
            let first_line = commit.message.as_deref().and_then(|message| message.lines().next());
            let subject = Foreign::new(first_line.unwrap_or_default());
            found.extend(foreign(commit.id).map(|id| SuspectCommit { id, subject, author: author.clone() }));
        }
    }
    found
}
