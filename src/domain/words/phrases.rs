//! The list of all phrases. The file of each language defines every phrase.
//!
//! A phrase is a template. `{0}`, `{1}` and so on are replaced by the arguments of a [`Sentence`](super::Sentence).
//!
//! A *failure reason* says why evidence is missing, why an action failed, why a message or a note was not written, or
//! why a language model gave no answer; it is a part of the sentence about that. A *confidence reason* completes
//! "because …" after the confidence level. The *confidence level* of an analysis is low, medium or high. A *finding* is
//! a statement with evidence: the note shows it as the cause or in the section of findings. A *remark* is a statement
//! about the analysis itself, in a section of the note. A *place* is a function with its file and line. The *suspect
//! frame* is the frame that most likely has to change. The *actor* of a change is a person or Sentry itself.

#[cfg(test)]
use super::Phrase;
use super::advice::Advices;
#[cfg(feature = "cli")]
use super::page::PageWords;

macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// All phrases in one language. `{0}`, `{1}` and so on stand for the arguments of a sentence.
        #[derive(Debug)]
        pub struct Words {
            /// The advice on well-known failures.
            pub advice: fn() -> &'static Advices,
            /// The texts of the local page.
            #[cfg(feature = "cli")]
            pub page: &'static PageWords,
            $($(#[$doc])+ pub $name: &'static str,)+
        }

        /// All phrases with their names, so that a test can compare the languages.
        #[cfg(test)]
        pub(super) const PHRASES: &[(&str, Phrase)] = &[$((stringify!($name), |words| words.$name),)+];
    };
}

words! {
    /// Title of the note.
    heading,
    /// Section title: the table with numbers of events.
    frequency,
    /// Row of a table as one line of text: {0} is the label, {1} the value.
    table_row,
    /// Part of a message's title: {0} user is affected.
    title_user,
    /// Part of a message's title: {0} users are affected.
    title_users,
    /// Line in a message: the actor {0} resolved the issue at the time {1}.
    update_resolved,
    /// Line in a message: the actor {0} archived the issue at the time {1}.
    update_archived,
    /// Line in a message: the actor {0} reopened the issue at the time {1}.
    update_unresolved,
    /// Line in a message: the actor {0} assigned the issue to {2} at the time {1}.
    update_assigned,
    /// Line in a message: the issue regressed at the time {0}.
    update_regressed,
    /// Line in a message: the issue escalates since the time {0}.
    update_escalating,
    /// Line in a message: the issue occurred again at the time {0}, in a new incident.
    update_seen,
    /// Line in a message: the issue was analysed again at the time {0}.
    update_analysed,
    /// Line in a message: the issue was found deleted or merged at the time {0}.
    update_gone,
    /// Line in a message: the issue was found merged into the issue {0} at the time {1}.
    update_merged,
    /// Reply to an earlier message: the issue regressed.
    reply_regressed,
    /// Reply to an earlier message: the issue escalates.
    reply_escalating,
    /// Reply to an earlier message: the issue occurred again.
    reply_seen,
    /// Name of Sentry as the actor of a change.
    by_sentry,
    /// Name of an assignee whom Sentry does not name.
    someone,
    /// Line in a message: the person {0} removed the assignee at the time {1}.
    update_unassigned,
    /// Line in a message: the person {0} set the priority {2} at the time {1}.
    update_priority,
    /// Line in a message: the person {0} requested the action {2} at the time {1}, and it failed. {3} is the failure
    /// reason.
    menu_failed,
    /// Name of an action: resolve the issue at once.
    action_resolve_now,
    /// Name of an action: make the issue unresolved again.
    action_reopen,
    /// Name of an action: remove the assignee.
    action_unassign,
    /// Button label: resolve the issue.
    menu_resolve,
    /// Button label: assign the issue to the person who presses the button.
    menu_assign,
    /// Button label: show the buttons for the priorities.
    menu_priority,
    /// Button label: priority high.
    menu_high,
    /// Button label: priority medium.
    menu_medium,
    /// Button label: priority low.
    menu_low,
    /// Button label: show the previous buttons again.
    menu_back,
    /// Button label: reopen a resolved or archived issue.
    menu_reopen,
    /// Button label: undo the last action.
    menu_undo,
    /// Answer to a button press: the requested action is being executed.
    toast_menu,
    /// Answer to a button press that only shows other buttons.
    toast_choose,
    /// Answer to a button press: the issue already is in the requested state.
    toast_already,
    /// Answer to a button press: the issue was deleted or merged in Sentry.
    toast_gone,
    /// Answer to a button press: it is too late to undo the action.
    toast_undo_late,
    /// Answer to a button press: the setting {1} names no member of Sentry for the chat user with the id {0}.
    toast_no_member,
    /// Failure reason: Sentry did not change the status of the issue.
    why_no_status,
    /// Row label: the number of events in the last 24 hours.
    last_24h,
    /// Row label: the number of events in the last 30 days.
    last_30d,
    /// Row label: the number of events since the first one.
    all_time,
    /// Row label: the number of affected users.
    users_affected,
    /// Row label: the time of the first event.
    first_seen,
    /// Row label: the time of the latest event.
    last_seen,
    /// Column head: numbers of events.
    events,
    /// Column head: periods of time.
    period,
    /// Section title: the statements that the evidence supports.
    findings,
    /// Section title: the next steps.
    next_steps,
    /// Section title: information that would confirm the cause, if the cause is unknown.
    would_settle,
    /// Section title: information that would have made the analysis easier.
    would_help,
    /// Section title: the evidence.
    evidence,
    /// Section title: evidence that is missing, with the reasons.
    not_checked,
    /// Statement in the note and the message if nothing in the evidence points to a cause.
    undetermined,
    /// Line in the note: the issue had earlier incidents, which began at the times {0}.
    history_earlier,
    /// Line in the note: the issue regressed {0} times, and its earlier incidents began at the times {1}.
    history_regressions,
    /// Line in the section about missing evidence: the deadline ended the analysis early.
    cut_short,
    /// Line in the note: sections were left out because the text was too long. {0} lists their titles.
    left_out,
    /// Last line of the note: {0} is the version of Sidenote, {1} the name of the analyzer.
    written_by,
    /// Text of the link to the issue in Sentry.
    open_in_sentry,
    /// Line in a message: no note was written on the issue. {0} is the failure reason.
    note_missing,
    /// State of a metric: it crossed the critical threshold.
    metric_critical,
    /// State of a metric: it crossed the warning threshold.
    metric_warning,
    /// State of a metric: it is back to normal.
    metric_resolved,
    /// Line in the note or a message: the alert rule {0} fired.
    rule,

    /// Part of a sentence: a place in the code. {0} is the function, {1} the file and line.
    located,
    /// Headline: {0} is the exception type or the issue's title, {1} the message or a detail, {2} the place.
    headline_full,
    /// Headline without a place: {0} is the exception type or the issue's title, {1} the message or a detail.
    headline_exception,
    /// Headline that is only the issue's title or the exception type: {0}.
    headline_title,
    /// Headline without a message: {0} is the issue's title or the exception type, {1} the place.
    headline_where,
    /// Headline of a group of exceptions: {0} is their number, {1} the first of them.
    headline_group,
    /// Headline if nothing but the issue's id {0} is known.
    headline_bare,

    /// Finding: no frame is marked as the program's own code, so the suspect frame is the newest frame outside the
    /// runtime.
    suspect_library,
    /// Finding: frame {0} could also be the place, but its name shows that it only checks or raises for its caller.
    rule_only_raises,
    /// Finding: frame {0} could also be the place, but it only calls a function that it received.
    rule_forwards,
    /// Finding: frame {0} could also be the place, but its name shows that it works on a value from its caller.
    rule_takes_value,
    /// Finding: frame {0} could also be the place, but its package has the name of another vendor.
    rule_other_vendor,
    /// Finding: frame {0} was not chosen as the suspect frame because it is test code.
    rule_test_code,
    /// Finding: frame {0} repeats in the recursion that used up the stack.
    rule_cycle,
    /// Finding: the source line of the suspect frame is {0}.
    suspect_line,
    /// Finding: the source line {0} of the suspect frame only reports the error.
    suspect_line_reported,
    /// Finding: the feature flag {0} has the value {1} in {2} percent of the issue's events, and in {3} percent of all
    /// errors of the project.
    suspect_flag,
    /// Finding: the error was raised in frame {0}, which the suspect frame {1} called.
    raised_in,
    /// Finding: the error was raised in frame {0} of a library, which the suspect frame {1} called.
    raised_in_library,
    /// Finding: a local variable in the suspect frame is empty, or zero as a divisor: {0} is its name, {1} its value.
    local_nothing,
    /// Finding: an index in the suspect frame is out of range: {0} is the list's name, {1} its length, {2} the index.
    local_range,
    /// Finding: the call {0} failed shortly before the event.
    crumb_failed,
    /// Finding: the error {0} was logged shortly before the event.
    crumb_error,
    /// Part of a sentence: two exceptions of a chain. {0} was raised after {1}.
    exception_chain,
    /// Part of a sentence: an exception. {0} is its type, {1} its message.
    exception_said,
    /// Finding: none of the {0} errors of a group caused another. {1} lists those that the headline does not name.
    group_told,
    /// Part of a sentence: two elements of a list of errors, {0} and then {1}.
    group_and,
    /// Finding: the explanation {0} is about the first error of a group.
    group_first,
    /// Finding: {0} is the chain of exceptions, the outermost first.
    exception_surfaced,
    /// Finding: the SDK created the exception for a thrown value that is not an error object.
    synthetic,
    /// Finding: the event is a log message and not an exception.
    log_message,
    /// Finding: a browser reported the issue, and no code raised it.
    policy_report,
    /// Finding: a browser blocked {0}, because the directive {1} of the page's policy does not allow it.
    policy_blocked,
    /// Finding: a detector of Sentry reported the issue, and no code raised it.
    detector_report,
    /// Finding: this kind of failure is usually noise.
    noise,

    /// Finding: a burst of events: {0} of the {1} events of the last 30 days are from the last 24 hours.
    trend_burst,
    /// Finding: a burst of events: all {0} events of the last 30 days are from the last 24 hours.
    trend_burst_all,
    /// Finding: the number of events declines: {0} in the last 24 hours, {1} in the last 30 days.
    trend_fading,
    /// Finding: all {0} known events are from the last 24 hours.
    trend_fresh,
    /// Finding: the issue has had only one event so far.
    trend_single,
    /// Finding: the issue is new in release {0}.
    new_in_release,
    /// Finding: the issue is new: the event is its first one.
    new_issue,
    /// Finding: the issue is new: its first event was within the last seven days.
    new_this_week,
    /// Finding: the issue was resolved and has occurred again in release {0}.
    regressed_in_release,
    /// Finding: the issue was resolved and has occurred again.
    regressed,
    /// Finding: the issue occurs much more often than before.
    escalating,
    /// Finding: the issue was first seen in release {0} and last seen in release {1}.
    releases_span,
    /// Finding: {0} users are affected.
    users_many,
    /// Finding: one user is affected.
    users_one,
    /// Finding: the number of affected users is unknown, because no event has a user.
    users_unknown,
    /// Finding: the event happened during the HTTP request {0}.
    request_served,
    /// Finding: the event happened at the page or URL {0}. The HTTP method is unknown.
    happened_at,
    /// Finding: {0} percent of the events have the value {2} of the tag {1}.
    tag_concentrated,
    /// Finding: suspect commit {0} with the subject {1}. Sentry names it without the files that it changed.
    suspect_commit,
    /// Finding: suspect commit {0} with the subject {1}. It last changed a line of the stack.
    suspect_commit_blamed,
    /// Finding: suspect commit {0} with the subject {1}. It changed the file {2}.
    suspect_commit_file,
    /// Finding: {0} is the root cause according to Seer, Sentry's own AI.
    seer_says,
    /// Finding: {0} is a step in the reasoning of Seer, Sentry's own AI.
    seer_reasons,

    /// Next step: read frame {0}, which frame {1} called.
    step_open_frame,
    /// Next step: read frame {0}.
    step_open_alone,
    /// Next step: read the condition above frame {0}, where the program itself raises or reports the error.
    step_open_raise,
    /// Next step: find out where the variable {0} got the value {1}.
    step_local,
    /// Next step: {0} is the check from the advice on a well-known failure.
    step_check,
    /// Next step: find out why the call before the event failed.
    step_crumb,
    /// Next step: reproduce the failure with the HTTP request {0}.
    step_request,
    /// Next step: compare release {0} with the release before it.
    step_compare_release,
    /// Next step: {0} is a step of Seer to reproduce the problem.
    step_reproduce,
    /// Next step: read the newest event in Sentry.
    step_read_event,
    /// Next step: search the code for the words {0} of the log message.
    step_find_words,
    /// Next step: search the code for the fixed words of the log message.
    step_find_message,

    /// Section title: the chain of events that led to the failure.
    chain,
    /// Section title: the language model's statements without evidence.
    inferred,
    /// Section title: the steps of the language model's fix.
    fix,
    /// Section title: other explanations that the evidence allows.
    alternatives,
    /// Section title: explanations that the evidence excludes.
    ruled_out,
    /// Section title: remarks about the analysis.
    about,
    /// Statement of the cause in the note: {0} is the root cause, which the language model has shown with evidence.
    root_cause,
    /// Statement of the cause in the note: {0} is the probable cause according to the language model.
    probable_cause,
    /// Confidence reason: the model quotes the failing line of the program's own code.
    sure_model_line,
    /// Confidence reason: the model names a value of the event.
    sure_model_value,
    /// Confidence reason: the model states no confidence.
    sure_model_unsaid,
    /// Confidence reason: the model's answer was cut short.
    sure_model_cut,
    /// Confidence reason: the model's only evidence is the stack trace.
    sure_model_stack,
    /// Confidence reason: the model cites little evidence.
    sure_model_little,
    /// Confidence reason: the evidence supports no statement of the model about the cause.
    sure_model_nothing,
    /// Confidence reason: the model itself states this confidence.
    sure_model_says,
    /// Confidence reason: the text of the event contains instructions to its reader, as in an attack.
    sure_injection,
    /// Remark: the language model {0} read the evidence.
    model_spoke,
    /// Remark: an earlier answer of the language model {0} is used again.
    model_remembered,
    /// Remark: the language model {0} gave no answer, so the analysis is by rules. {1} is the failure reason.
    model_silent,
    /// Remark: no language model was asked, because the analysis by Seer is quoted.
    model_not_asked,
    /// Remark: {0} statements of the model were left out, because they name code that the event lacks, or would be
    /// harmful.
    model_left_out,
    /// Remark: the parts {0} of the evidence were left out of the model's prompt.
    model_not_shown,
    /// Remark: the model's answer was cut off at its token limit.
    model_cut,
    /// Remark: the text of the event contains instructions to its reader, as in an attack, and no advice of the model
    /// is used.
    injection,
    /// Part of a sentence: two elements of a list, {0} and then {1}.
    two,
    /// Part left out of the prompt: the details of the issue.
    shown_issue,
    /// Part left out of the prompt: exceptions and messages.
    shown_messages,
    /// Part left out of the prompt: frames of the program's own code.
    shown_own,
    /// Part left out of the prompt: the attributes (flags, the request, extra values, contexts, packages).
    shown_attributes,
    /// Part left out of the prompt: comparisons of events.
    shown_comparisons,
    /// Part left out of the prompt: comments of people on the issue.
    shown_comments,
    /// Part left out of the prompt: the distribution of events over the values of tags.
    shown_tags,
    /// Part left out of the prompt: breadcrumbs.
    shown_breadcrumbs,
    /// Part left out of the prompt: suspect commits.
    shown_commits,
    /// Part left out of the prompt: frames of libraries.
    shown_library,
    /// Part left out of the prompt: the findings of the analysis by rules.
    shown_rules,
    /// Failure reason: the setting {0} is missing.
    silent_not_configured,
    /// Failure reason: the API key was refused (401).
    silent_key_refused,
    /// Failure reason: the gateway has no credentials for the model (401).
    silent_gateway,
    /// Failure reason: the API key may not use the model, or the server refuses access (403).
    silent_forbidden,
    /// Failure reason: the model or the path is unknown (404).
    silent_not_found,
    /// Failure reason: there were too many requests (429).
    silent_rate_limited,
    /// Failure reason: the account's quota is used up.
    silent_quota,
    /// Failure reason: Sidenote's limit of calls per day is used up.
    silent_budget,
    /// Failure reason: no time was left to ask the model.
    silent_no_time,
    /// Failure reason: the provider is overloaded, with the HTTP status {0}.
    silent_overloaded,
    /// Failure reason: the request was rejected with the HTTP status {0}.
    silent_rejected,
    /// Failure reason: the prompt is too long.
    silent_too_long,
    /// Failure reason: the model refused to answer.
    silent_declined,
    /// Failure reason: a content filter withheld the answer.
    silent_filtered,
    /// Failure reason: the answer was cut off at the token limit.
    silent_truncated,
    /// Failure reason: the answer has the wrong form.
    silent_wrong_form,
    /// Failure reason: the answer is in another language.
    silent_other_language,

    /// Line in the note: the confidence in the analysis. {0} is the level, {1} the confidence reason.
    confidence,
    /// Line in the note: the confidence in the place in the code. {0} is the level, {1} the confidence reason.
    confidence_place,
    /// Line in the note: the confidence in the cause that a model names. {0} is the level, {1} the confidence reason.
    confidence_cause,
    /// Confidence level: low.
    confidence_low,
    /// Confidence level: medium.
    confidence_medium,
    /// Confidence level: high.
    confidence_high,
    /// Confidence reason: a value in the suspect frame explains the failure.
    sure_value,
    /// Confidence reason: the source line contains the name in the error message.
    sure_names,
    /// Confidence reason: the runtime stopped the program in this line of its own code, and the failure is well known.
    sure_gave_up,
    /// Confidence reason: the analysis is by Seer, and nothing contradicts it.
    sure_seer,
    /// Confidence reason: the failure is well known, and the suspect frame is the program's own code.
    sure_known_own,
    /// Confidence reason: the suspect frame is the program's own code, but the cause is unknown.
    sure_own,
    /// Confidence reason: the code of the suspect frame only reports the error.
    sure_reported,
    /// Confidence reason: a rule prefers the suspect frame to a newer frame of the program's own code.
    sure_passed_over,
    /// Confidence reason: the failure is well known, but no frame is the program's own code.
    sure_known,
    /// Confidence reason: no frame is the program's own code.
    sure_library,
    /// Confidence reason: the frames are minified or have no symbols.
    sure_unresolved,
    /// Confidence reason: the frames of a native crash have no symbols.
    sure_no_symbols,
    /// Confidence reason: there is no stack trace.
    sure_no_stack,
    /// Confidence reason: the issue is not an error.
    sure_not_error,
    /// Confidence reason: the browser itself reports the blocked resource.
    sure_policy,
    /// Confidence reason: a detector of Sentry measured the problem, but the event shows no code.
    sure_detector,

    /// Line in the note: the proposed action {0}, with the reason {1} for it.
    proposed,
    /// Name of a proposed action: assign the issue to the user {0}.
    action_assign_user,
    /// Name of a proposed action: assign the issue to the team {0}.
    action_assign_team,
    /// Name of a proposed action: set the priority to high.
    action_priority_high,
    /// Name of a proposed action: set the priority to medium.
    action_priority_medium,
    /// Name of a proposed action: set the priority to low.
    action_priority_low,
    /// Name of a proposed action: archive the issue until it escalates.
    action_archive,
    /// Name of a proposed action: resolve the issue in the next release.
    action_resolve,
    /// Button label: assign the issue to {0}.
    button_assign,
    /// Button label: set the priority to high.
    button_priority_high,
    /// Button label: set the priority to medium.
    button_priority_medium,
    /// Button label: set the priority to low.
    button_priority_low,
    /// Button label: archive the issue until it escalates.
    button_archive,
    /// Button label: resolve the issue in the next release.
    button_resolve,
    /// Button label: write the note on the issue.
    button_post,
    /// Button label: reject the proposed action or the note.
    button_reject,
    /// Button label: analyse the issue again.
    button_again,
    /// Title above a note that waits for approval.
    waiting_note,
    /// Line in a message: the person {0} approved the action at the time {1}, and it was executed.
    decided_done,
    /// Line in a message: the person {0} approved the action at the time {1}, and it failed. {2} is the failure reason.
    decided_failed,
    /// Line in a message: the person {0} rejected the action at the time {1}.
    decided_rejected,
    /// Line in a message: the person {0} requested a new analysis at the time {1}.
    decided_again,
    /// Line in a message: the time to decide is over.
    decided_expired,
    /// Line in a message: a newer analysis replaced the question.
    decided_superseded,
    /// Answer to a button press: the approved action is being executed.
    toast_approved,
    /// Answer to a button press: the action was rejected.
    toast_rejected,
    /// Answer to a button press: the issue is being analysed again.
    toast_again,
    /// Answer to a button press: an earlier decision is being executed.
    toast_busy,
    /// Answer to a button press: the question was decided before.
    toast_closed,
    /// Answer to a button press: the time to decide is over.
    toast_expired,
    /// Answer to a button press: a newer analysis replaced the question.
    toast_superseded,
    /// Answer to a button press: the button belongs to another message.
    toast_elsewhere,
    /// Answer to a button press: the button's signature is invalid.
    toast_forged,
    /// Answer to a button press: the setting {1} does not list the chat user with the id {0} as an approver.
    toast_stranger,
    /// Answer to a button press: the question is no longer stored.
    toast_unknown,
    /// Answer to a button press: the message was sent a moment ago and is not stored yet.
    toast_unplaced,
    /// Answer to a button press: the state store is not available.
    toast_state,
    /// Reason for the proposed action: the failure is usually noise, and few users are affected.
    because_noise,
    /// Reason for the proposed action: the failure is usually noise, although {0} users are affected.
    because_noise_many,
    /// Reason for the proposed action: the issue escalates.
    because_escalating,
    /// Reason for the proposed action: {0} users are affected.
    because_users,
    /// Reason for the proposed action: the issue regressed.
    because_regressed,
    /// Reason for the proposed action: the assignee is the author of the suspect commit {0}.
    because_commit,
    /// Reason for the proposed action: the issue had {0} events in the last 30 days, but none in the last three.
    because_silent,

    /// Information that would confirm the cause: an event with a stack trace.
    settle_stack,
    /// Information that would confirm the cause: stack traces of log messages, which a setting of the SDK adds.
    settle_attach,
    /// Information that would confirm the cause: the newest event, which needs a token with the scope `event:read`.
    settle_token,
    /// Information that would confirm the cause: the source maps, debug files or mapping of the release.
    settle_source_maps,
    /// Information that would confirm the cause: the R8 or `ProGuard` mapping {0}, without which names are obfuscated.
    settle_mapping,
    /// Information that would have helped: the source lines of the frames.
    settle_source,
    /// Information that would have helped: the release of the event.
    settle_release,

    /// Kind of evidence: the details and statistics of the issue.
    wanted_issue,
    /// Kind of evidence: an event.
    wanted_event,
    /// Kind of evidence: the distribution of events over the values of tags.
    wanted_tags,
    /// Kind of evidence: suspect commits.
    wanted_commits,
    /// Kind of evidence: other events of the issue.
    wanted_samples,
    /// Kind of evidence: the distribution of errors over the values of feature flags.
    wanted_flags,
    /// Finding: all {0} compared events have the value {2} of {1}.
    same_in_all,
    /// Line in the section about missing evidence: {0} is the kind of evidence, {1} the failure reason.
    gap,
    /// Failure reason: the setting {0} is missing.
    why_not_configured,
    /// Failure reason: the token was refused (401).
    why_unauthorized,
    /// Failure reason: the token lacks a permission (403).
    why_forbidden,
    /// Failure reason: the resource does not exist, or the token cannot access it (404).
    why_not_found,
    /// Failure reason: the route was removed (410).
    why_gone,
    /// Failure reason: there were too many requests (429).
    why_rate_limited,
    /// Failure reason: the request was refused with the HTTP status {0}.
    why_refused,
    /// Failure reason: the server failed with the HTTP status {0}.
    why_server_failed,
    /// Failure reason: there was no response in time, or no time was left to request one.
    why_timeout,
    /// Failure reason: there was no connection.
    why_unreachable,
    /// Failure reason: the connection broke.
    why_interrupted,
    /// Failure reason: the response could not be parsed.
    why_unreadable,
    /// Failure reason: this version of Sentry has no priorities.
    why_no_priorities,
    /// Failure reason: Sentry did not assign the issue.
    why_not_assigned,
    /// Failure reason: this version of Sentry cannot archive an issue until it escalates.
    why_not_until_escalating,
    /// Failure reason: Sentry did not resolve the issue in a release.
    why_not_in_next_release,
    /// Failure reason: the bot was removed from the chat.
    why_bot_removed,
    /// Failure reason: the bot is not a member of the chat.
    why_not_member,
    /// Failure reason: the chat is archived.
    why_archived,
    /// Failure reason: the bot cannot find the chat.
    why_chat_not_found,
    /// Failure reason: the topic does not exist in the chat.
    why_thread_not_found,
    /// Failure reason: the topic is closed.
    why_topic_closed,
    /// Failure reason: the bot may not write in the chat.
    why_no_rights,
    /// Failure reason: the state store is not available.
    why_state,
    /// Failure reason: a bug in Sidenote.
    why_internal,

    // Kinds of issues (`analyzers/rules/kinds`).
    /// Headline of the recorded transaction {0}.
    perf_transaction,
    /// Finding: the query or call {0} ran {1} times in the transaction {2}.
    perf_ran_times,
    /// Finding: the query or call {0} ran {1} times. The transaction is unknown.
    perf_ran_times_somewhere,
    /// Finding: {0} queries or calls ran one after the other in the transaction {1}. The first of them is {2}.
    perf_in_row,
    /// Finding: {0} queries or calls ran one after the other. The first of them is {1}.
    perf_in_row_somewhere,
    /// Finding: the calls together took the time {0}, which is {1} percent of the transaction's time {2}.
    perf_took_of,
    /// Finding: the calls together took the time {0}.
    perf_took,
    /// Finding: the call took the time {0}, which is {1} percent of the transaction's time {2}.
    perf_took_one_of,
    /// Finding: the call took the time {0}.
    perf_took_one,
    /// Finding: {0} is the place in the code that started the operation.
    perf_code,
    /// Finding: {0} is the span that contains the calls.
    perf_parent,
    /// Finding: {0} is the slowest single span, which took the time {1}.
    perf_slowest,
    /// Next step: open the trace in Sentry.
    perf_step_trace,
    /// Confidence reason: the event is a transaction in which Sentry names no problem.
    sure_transaction,
    /// Confidence reason: the spans show the problem, but not the line of code.
    sure_spans,
    /// Confidence reason: Sentry observed the failure from outside, but not its cause.
    sure_observed,
    /// Headline: the job {0} did not check in at the planned time.
    cron_missed,
    /// Headline: the job {0} did not finish in time.
    cron_too_long,
    /// Headline: the job {0} reported a failure.
    cron_failed,
    /// Headline: Sentry's monitor of the job {0} reports a failure.
    cron_unknown,
    /// Finding: Sentry's cron monitor noticed the failure from the job's check-ins.
    cron_seen,
    /// Next step: find out whether the scheduler started the job.
    cron_step_missed,
    /// Next step: find out how far the job got.
    cron_step_too_long,
    /// Next step: read the job's log of the failed run.
    cron_step_failed,
    /// Next step: increase the time margin of the job's monitor.
    cron_step_margin,
    /// Headline: the uptime check of the URL {0} failed.
    uptime_failed,
    /// Headline: the uptime check of the URL {0} failed with the reason {1}.
    uptime_failed_for,
    /// Finding: the server answered the uptime check with the HTTP status {0}.
    uptime_status,
    /// Headline of user feedback with the text {0}.
    feedback_headline,
    /// Headline of user feedback whose text is unknown.
    feedback_empty,
    /// Finding: {0} is the text of the user feedback, longer than in the headline.
    feedback_said,
    /// Finding: the user feedback was sent from the page {0}.
    feedback_page,
    /// Finding: the user feedback is linked to the error event {0}.
    feedback_event,
    /// Next step: read the error event {0}, to which the feedback is linked.
    feedback_step_event,
    /// Next step: try what the person describes.
    feedback_step_try,
    /// Confidence reason: a person wrote it, and nothing verifies it.
    sure_person,
    /// Finding: the value of the metric is {0}, and the alert fires {1} (above or below) the threshold {2}.
    metric_crossed,
    /// Finding: the value of the metric is {0}.
    metric_value,
    /// Finding, or line in a message: the alert fires {0} (above or below) the threshold {1}.
    metric_threshold,
    /// Direction of a threshold: the alert fires above it.
    metric_above,
    /// Direction of a threshold: the alert fires below it.
    metric_below,
    /// Next step: find out in Sentry's chart what changed when the alert fired.
    metric_step,
    /// Finding: the session was recorded in the replay {0}.
    replay_recorded,
    /// Next step: watch the replay {0}.
    replay_step_watch,
    /// Next step: watch any replay of the issue.
    replay_step_watch_some,
    /// Finding: a user clicked many times on an element that did not react.
    replay_rage,
    /// Finding: a user clicked on an element that did not react.
    replay_dead,
    /// Finding: the page that the server rendered differs from the page that the browser rendered.
    replay_hydration,
    /// Next step: check the event handler of the clicked element.
    replay_step_handler,
    /// Next step: look for values that differ between server and browser.
    replay_step_hydration,
    /// Confidence reason: the replay shows the problem, but not its cause.
    sure_replay,
    /// Finding: the parameters {0} of the request are part of a database query without being escaped.
    injection_of,
    /// Finding: input of the request is part of a database query without being escaped.
    injection_found,
    /// Next step: pass the input as a bound parameter of the query.
    injection_step_bind,
    /// Next step: look for other queries that are built in the same way.
    injection_step_others,
    /// Confidence reason: Sentry saw the input in the query, but does not know whether it can be exploited.
    sure_query,
    /// Finding: {0} is a statement of Sentry's AI detection.
    ai_says,
    /// Finding: {0} is the impact according to Sentry's AI detection.
    ai_impact,
    /// Finding: {0} is the evidence of Sentry's AI detection.
    ai_evidence,
    /// Next step: compare the statement of Sentry's AI with the spans of the trace.
    ai_step,
    /// Confidence reason: the statement is by Sentry's AI, and nothing verifies it.
    sure_ai,
    /// Finding: a browser would have blocked {0} because of the directive {1}, but the policy only reports.
    policy_would_block,
    /// Finding: the script {0} requested the blocked resource.
    policy_source,
    /// Headline: the certificate chain of the host {0} contains no pinned key.
    report_pinning,
    /// Headline: the certificate of the host {0} has no proof of transparency.
    report_transparency,
    /// Headline: the certificate of the host {0} has no valid OCSP response.
    report_stapling,
    /// Finding: a browser received a certificate that violates the policy that the host announced.
    report_certificate,
    /// Next step: compare the host's certificate with the announced policy.
    report_step_certificate,
    /// Next step: check whether all reports come from one network, which may replace the certificate.
    report_step_intercepted,
    /// Headline of a browser's request to {0} that failed with the error {1}.
    report_network,
    /// Finding: the request failed because the host's name could not be resolved.
    report_phase_dns,
    /// Finding: the request failed because there was no connection, or the connection broke.
    report_phase_connection,
    /// Finding: the request failed because the server's response was an error or incomplete.
    report_phase_application,
    /// Finding: the server answered the browser's request with the HTTP status {0}.
    report_status,
    /// Next step: check the DNS records of the host.
    report_step_dns,
    /// Next step: check whether the server, its load balancer and its firewall accepted connections.
    report_step_connection,
    /// Next step: read the server's log of the URL.
    report_step_application,
    /// Confidence reason: a browser reported it, and the cause may be one person's network.
    sure_report,
    /// Finding: the debug file of the library {0} is missing. {1} is its debug id.
    native_missing_id,
    /// Finding: the debug file of the library {0} is missing.
    native_missing,
    /// Finding: the address {0} of a bad memory access is close to zero, so the pointer was null.
    native_null,
    /// Finding: the event does not list the loaded libraries.
    native_no_images,
    /// Next step: upload the debug file of the library {0} to Sentry.
    native_step_upload,
    /// Remark about the place: the message contains the stack of another runtime, whose function {0} raised the error.
    embedded_stack,
    /// Finding: the app did not respond.
    hang_meaning,
    /// Finding: the stack shows the work of the app at the moment when Sentry noticed the hang.
    hang_stack,
    /// Next step: find out what the call in the stack waits for, and move it off the main thread.
    hang_step,
    /// Confidence reason: the stack is only one moment of the hang.
    sure_hang,
    /// Headline of a resolved issue: {0} is the headline that an open issue would have.
    standing_resolved,
    /// Headline of an archived issue: {0} is the headline that an open issue would have.
    standing_archived,
    /// Finding: the issue is resolved in Sentry, so no action is proposed.
    is_resolved,
    /// Finding: the issue is archived in Sentry, so no action is proposed.
    is_archived,
    /// Finding: suspect commit {0} with the subject {1}. According to Sentry, it changed a file of the stack.
    suspect_commit_released,
    /// Failure reason: the HTTP proxy refused the credentials of Sidenote (407).
    why_proxy_refused,
    /// Announcement: Sentry's webhooks do not arrive. {0} issues in the projects {2} had no webhook since the time {1}.
    /// The command {3} looks for the cause.
    silence_began,
    /// Announcement: Sentry's webhooks still do not arrive. {0} issues in the projects {2} had no webhook since the
    /// time {1}. The command {3} looks for the cause.
    silence_lasts,
    /// Announcement: Sentry's webhooks arrive again. {0} issues in the projects {2} had no webhook since the time {1}.
    silence_over,
    /// Kind of evidence: the commit of the event's release.
    wanted_release_commit,
    /// Kind of evidence: the source code of the frames.
    wanted_source,
    /// Kind of evidence: the last changes of the lines of source code.
    wanted_last_changes,
    /// Kind of evidence: the diffs of the suspect commits.
    wanted_diffs,
    /// Failure reason: no mapping leads from the file to a repository.
    why_not_mapped,
    /// Failure reason: the path is not that of a source file, or a folder of it is hidden.
    why_not_code,
    /// Failure reason: Sentry's code mapping leads to another code host than the configured one.
    why_other_host,
    /// Failure reason: the issue was deleted or merged in Sentry.
    why_no_such_issue,
    /// Failure reason: the code host redirects to another repository.
    why_moved,
    /// Failure reason: a reply of the code host is larger than the limit.
    why_too_large,
    /// Failure reason: a file of a repository is not UTF-8 text.
    why_not_text,
    /// Failure reason: Sidenote's own limit of calls to the code host for one event is reached.
    why_too_many_calls,
    /// Failure reason: the part of the file that was read does not contain the frame's line.
    why_line_not_read,
    /// Section title: a change of the source code that a model suggests.
    suggested_change,
    /// Line above a suggested change: {0} is the file of the change, {1} the state of the repository.
    suggested_in,
    /// Name of a section of the prompt: source code of the repository.
    shown_source,
    /// Section title: the links to the source code.
    source_links,
    /// State of a repository: the commit {0}.
    source_at_commit,
    /// State of a repository: the commit {0}, which only the event names.
    source_at_named,
    /// State of a repository: the default branch, because the commit of the release is unknown.
    source_at_head,
    /// Finding: the variable {0} of the failing line was empty. Above it, the function last sets the variable in the
    /// line with the number {1} and the text {2}.
    body_set,
    /// Finding: the parameter {0} was empty, and {1} is its default.
    body_default,
    /// Finding: the variable {0} of the failing line was empty, and no line above checks it.
    body_unchecked,
    /// Finding: the failing line raises the error, under the condition in the line with the number {0} and the text
    /// {1}.
    body_raised,
    /// Finding: the source code was read at the commit {0}, which only the event names. The commit is not known to be in
    /// the history of the default branch.
    source_unconfirmed,
    /// Finding: the source code was read at the commit {0} of the default branch's history, which only the event names.
    source_named,
    /// Finding: {1} is the source line of the suspect frame, read from the repository in the state {0}.
    source_line,
    /// Finding: the line {1} of the file {2} has another text in the repository in the state {0}.
    source_changed,
    /// Finding: the file {2} is too short for the line of its frame. {0} is the state of the repository, {1} the number
    /// of lines in the file.
    source_shorter,
    /// Finding: the commit {0} last changed the failing line. {1} is the time of the commit.
    source_line_changed,
    /// Finding: the commit {0} last changed the file of the failing line. {1} is the time of the commit.
    source_file_changed,
    /// Part of a finding: the commit {0} with its author {1}.
    source_by,
    /// Part of a finding: the time of a commit, {0} days before the first event.
    source_days_before,
    /// Part of a finding: the time of a commit, shortly before the first event. {0} is the date.
    source_day_before,
    /// Part of a finding: the time of a commit, the date {0}.
    source_on,
    /// Part of a finding: the time of a commit {0}, and the release {1} that contains the commit.
    source_in_release,
    /// Finding: suspect commit {0} with the subject {1}. It changed the function of the failing line.
    suspect_commit_function,
}
