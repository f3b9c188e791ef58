//! The list of all texts of the local page. The file of each language defines every text.
//!
//! A text is a template like the other phrases. It is shown as it is, so it may contain any character.

macro_rules! page_words {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// All texts of the local page in one language. `{0}` and `{1}` stand for arguments.
        #[derive(Debug)]
        pub struct PageWords {
            $($(#[$doc])+ pub $name: &'static str,)+
        }

        /// All texts with their names, so that a test can compare the languages.
        #[cfg(test)]
        const TEXTS: &[(&str, fn(&PageWords) -> &'static str)] = &[$((stringify!($name), |words| words.$name),)+];
    };
}

page_words! {
    /// Link for keyboards, before everything else: go to the delivery.
    skip,
    /// Line below the title of the page.
    tagline,
    /// State of the connection: changes appear at once.
    live,
    /// State of the connection: the page is connecting again.
    reconnecting,
    /// Line about the chats: {0} messages, edits and replies are missing since the start of the program.
    not_told,
    /// Heading: the list of deliveries.
    deliveries,
    /// Link to the form for a preview.
    preview,
    /// The language to which the reader can switch, in that language.
    other_language,
    /// In place of the list: there is no delivery yet.
    none_yet,
    /// Before the address for webhooks.
    none_yet_how,
    /// Link from one delivery to the list.
    all_deliveries,
    /// Announcement for screen readers: a delivery has arrived.
    arrived,
    /// Label: the time when the delivery was received.
    received,
    /// Label: the issue.
    issue,
    /// Label: the resource of the webhook.
    resource,
    /// Label: what led to the delivery.
    trigger,
    /// Link to the issue in Sentry.
    open_in_sentry,
    /// Button: handle the delivery again.
    replay,
    /// Below that button: the effect of a replay.
    replay_says,
    /// In place of that button: the payload is gone.
    replay_off,
    /// The delivery repeats the delivery {0}.
    replay_of,
    /// In place of a title: the delivery has none.
    untitled,
    /// Title of a request that was rejected.
    refused_title,
    /// Heading: the steps of a delivery.
    timeline,
    /// Step: the signature is verified.
    step_verified,
    /// Step: the incident is claimed.
    step_claimed,
    /// Step: evidence is gathered.
    step_evidence,
    /// Step: the evidence is analysed.
    step_analysis,
    /// Step: the note is written.
    step_note,
    /// Step: the message is sent to Telegram.
    step_message,
    /// Step: the message is sent to Slack.
    step_slack,
    /// Step: a person decides on an action.
    step_approval,
    /// State of a step: it has not started.
    is_ahead,
    /// State of a step: it is running.
    is_now,
    /// State of a step: it is done.
    is_done,
    /// State of a step: it waits for a person.
    is_waiting,
    /// State of a step: it was skipped, because a setting is missing.
    is_skipped,
    /// State of a step: it failed.
    is_failed,
    /// State of a step: this delivery does not need it.
    is_none,
    /// Time of a step: {0} after the delivery was received.
    at,
    /// Detail of a step: the signature is valid.
    signature_valid,
    /// Detail of a step: the delivery was requested on this page.
    asked_here,
    /// Detail of a step: the incident is claimed, and the response was sent before the work.
    claimed,
    /// Detail of a step: the incident is claimed, and the response is sent after the work.
    claimed_first,
    /// Detail of a step: the delivery is a repeat.
    duplicate,
    /// Detail of a step: the delivery needs no work, for the reason {0}.
    ignored,
    /// Detail of a step: the change {0} is shown in the issue's message.
    noted,
    /// Detail of a step: another delivery about this issue is being handled.
    busy,
    /// Detail of a step: {0} pieces of evidence were gathered.
    gathered,
    /// Detail of a step: {0} pieces of evidence were gathered, and some could not be read.
    with_gaps,
    /// Detail of a step: {0} is the name of the analyzer.
    by_analyzer,
    /// Detail of a step: the analysis found no root cause.
    undetermined,
    /// Detail of a step: the note or message was there before.
    already_there,
    /// Detail of a step: {0} is the id of the comment on the issue.
    comment_id,
    /// Detail of a step: {0} is the id of the message.
    message_id,
    /// Detail of a step: no action is proposed.
    nothing_proposed,
    /// Detail of a step: a person has to decide.
    asks_person,
    /// Detail of a step: {0} approved the action.
    approved_by,
    /// Detail of a step: {0} rejected the action.
    rejected_by,
    /// Detail of a step: {0} asked for another analysis.
    again_by,
    /// Detail of a step: the action was approved, and failed for the reason {0}.
    approval_failed,
    /// Detail of a step: the approval expired.
    approval_expired,
    /// Detail of a step: a newer analysis has replaced the approval.
    approval_superseded,
    /// In place of a person's name: it is unknown.
    someone,
    /// Status of a delivery: it is being handled.
    status_working,
    /// Status of a delivery: all steps are done.
    status_completed,
    /// Status of a delivery: some steps are done.
    status_partial,
    /// Status of a delivery: it failed.
    status_failed,
    /// Status of a delivery: it needs no work.
    status_ignored,
    /// Status of a delivery: it is a repeat.
    status_duplicate,
    /// Status of a delivery: the request was rejected.
    status_refused,
    /// Heading: the failures of a delivery.
    troubles,
    /// Failure: the evidence {0} could not be read, for the reason {1}.
    gap,
    /// Failure: the note was not written, for the reason {0}.
    note_trouble,
    /// Failure: the message was not sent to Telegram, for the reason {0}.
    message_trouble,
    /// Failure: the message was not sent to Slack, for the reason {0}.
    slack_trouble,
    /// Failure: the request was rejected, for the reason {0}.
    refused_trouble,
    /// Heading: the note.
    note,
    /// Tab: the note as Sentry shows it.
    note_as_shown,
    /// Tab: the note's Markdown.
    note_source,
    /// Above a note that was not written.
    note_unwritten,
    /// Heading: the message in Telegram.
    message,
    /// Above a message that was not sent.
    message_unsent,
    /// Below a message of the demo: its buttons work.
    chat_is_standin,
    /// Before a command: a decision is made in Telegram or with this command.
    decide_elsewhere,
    /// Mark at a message: it was edited.
    edited,
    /// Heading: the evidence.
    evidence,
    /// Below that heading: the meaning of the mark.
    evidence_says,
    /// Mark at a piece of evidence: the note cites it.
    cited,
    /// Kind of evidence: exceptions.
    kind_exceptions,
    /// Kind of evidence: a log message.
    kind_message,
    /// Kind of evidence: stack frames.
    kind_frames,
    /// Kind of evidence: breadcrumbs.
    kind_breadcrumbs,
    /// Kind of evidence: tags.
    kind_tags,
    /// Kind of evidence: the issue and its statistics.
    kind_issue,
    /// Kind of evidence: suspect commits.
    kind_commits,
    /// Kind of evidence: the results of Seer.
    kind_seer,
    /// End of a shortened list: {0} pieces are left out.
    more_pieces,
    /// Mark at a stack frame: it is in a library.
    library,
    /// Above the form for a preview: the accepted content and the effect.
    payload_says,
    /// Below the form for a preview: the calls to services.
    payload_reads,
    /// Button: show the preview.
    show_preview,
    /// Heading: the preview.
    preview_of,
    /// In place of a preview: the content needs no work, for the reason {0}.
    preview_ignored,
    /// In place of a preview: the content cannot be read, for the reason {0}.
    preview_unreadable,
    /// In place of a preview: another one is in progress.
    preview_busy,
    /// In place of a delivery: it is no longer available.
    not_here,
    /// At the end of the page: the page is local.
    footer,
}

#[cfg(test)]
mod tests {
    use super::TEXTS;
    use crate::domain::words::{LANGUAGES, Language};

    #[test]
    fn both_languages_have_all_texts_and_placeholders() {
        let holes = |text: &str| ["{0}", "{1}"].map(|hole| text.matches(hole).count());
        for (name, text) in TEXTS {
            let english = holes(text(Language::English.words().page));
            for (code, _, words) in LANGUAGES {
                assert!(!text(words.page).is_empty(), "{code}: {name}");
                assert_eq!(holes(text(words.page)), english, "{code}: {name}");
            }
        }
    }
}
