//! The list of all phrases. Each language's file defines every one of them.
//!
//! A phrase is a template. `{0}`, `{1}` and so on are replaced by the arguments of a [`Sentence`](super::Sentence). A
//! *reason* is written so that it completes "because …". The *confidence level* of an analysis is low, medium or high; the
//! note states it with a reason.

#[cfg(test)]
use super::Phrase;
use super::advice::Advices;

macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// All phrases in one language. `{0}`, `{1}` and so on stand for the arguments of a sentence.
        #[derive(Debug)]
        pub struct Words {
            /// The advice on well-known failures.
            pub advice: fn() -> &'static Advices,
            $($(#[$doc])+ pub $name: &'static str,)+
        }

        /// All phrases with their names, so that a test can compare the languages.
        #[cfg(test)]
        pub(super) const PHRASES: &[(&str, Phrase)] = &[$((stringify!($name), |words| words.$name),)+];
    };
}

words! {
    /// The note's heading.
    heading,
    /// Section title: the table of frequencies.
    frequency,
    /// A row of a table in one line: label, value.
    table_row,
    /// The title of a message: one affected user.
    title_user,
    /// The title of a message: affected users.
    title_users,
    /// An update of a message: by whom, when.
    update_resolved,
    /// An update of a message: by whom, when.
    update_archived,
    /// An update of a message: by whom, when.
    update_unresolved,
    /// An update of a message: by whom, when, to whom.
    update_assigned,
    /// An update of a message: when.
    update_regressed,
    /// An update of a message: when.
    update_escalating,
    /// An update of a message: when.
    update_seen,
    /// An update of a message: when.
    update_analysed,
    /// The announcement of a regression.
    reply_regressed,
    /// The announcement of an escalation.
    reply_escalating,
    /// The announcement of another occurrence.
    reply_seen,
    /// The author of a change that Sentry itself made.
    by_sentry,
    /// An unknown person.
    someone,
    /// An update of a message: by whom, when.
    update_unassigned,
    /// An update of a message: by whom, when, the priority.
    update_priority,
    /// An action of the menu that failed: by whom, when, the action, the reason.
    menu_failed,
    /// The action: resolve the issue at once.
    action_resolve_now,
    /// The action: make the issue unresolved again.
    action_reopen,
    /// The action: remove the assignee.
    action_unassign,
    /// A button: resolve.
    menu_resolve,
    /// A button: assign to the person who presses it.
    menu_assign,
    /// A button: show the priorities.
    menu_priority,
    /// A button: the priority.
    menu_high,
    /// A button: the priority.
    menu_medium,
    /// A button: the priority.
    menu_low,
    /// A button: back to the other buttons.
    menu_back,
    /// A button: undo the last action.
    menu_undo,
    /// The answer to a press of the menu that is being carried out.
    toast_menu,
    /// The answer to a press that only shows other buttons.
    toast_choose,
    /// The answer to a press whose effect the issue already has.
    toast_already,
    /// The answer to an undo that comes too late.
    toast_undo_late,
    /// The answer to a person who has no member of Sentry: the id, the setting.
    toast_no_member,
    /// Sentry did not change the status.
    why_no_status,
    /// Row label: the last 24 hours.
    last_24h,
    /// Row label: the last 30 days.
    last_30d,
    /// Row label: since it was first seen.
    all_time,
    /// Row label: users affected.
    users_affected,
    /// Row label: first event.
    first_seen,
    /// Row label: latest event.
    last_seen,
    /// Column head: events.
    events,
    /// Column head: period.
    period,
    /// Section title: the findings.
    findings,
    /// Section title: the next steps.
    next_steps,
    /// Section title: information that would confirm the cause.
    would_settle,
    /// Section title: information that would have helped.
    would_help,
    /// Section title: the evidence.
    evidence,
    /// Section title: the missing evidence.
    not_checked,
    /// The statement that nothing in the evidence points to a cause.
    undetermined,
    /// Past incidents began at {0}.
    history_earlier,
    /// This is regression number {0}. Past incidents began at {1}.
    history_regressions,
    /// The deadline cut the analysis short.
    cut_short,
    /// Sections were left out because the text was too long: {0} lists them.
    left_out,
    /// Last line of the note: {0} is the version, {1} the analyst.
    written_by,
    /// Text of the link to the issue.
    open_in_sentry,
    /// The note could not be written: {0} is the reason.
    note_missing,
    /// A metric is critical.
    metric_critical,
    /// A metric crossed its warning threshold.
    metric_warning,
    /// A metric is back to normal.
    metric_resolved,
    /// The alert rule {0} fired.
    rule,

    /// A place in the code: {0} is the function, {1} file and line.
    located,
    /// Headline: {0} is the exception type, {1} its message, {2} the place.
    headline_full,
    /// Headline without a place: {0} is the exception type, {1} its message.
    headline_exception,
    /// Headline that is the issue's title {0}.
    headline_title,
    /// Headline from the issue's title {0} and its culprit {1}.
    headline_where,
    /// Headline of an exception group: {0} is the number of errors, {1} the first of them.
    headline_group,
    /// Headline if nothing but the id {0} is known.
    headline_bare,

    /// No frame is the program's own code, so the place is the newest frame outside the runtime.
    suspect_library,
    /// Frame {0} was passed over because its name shows that it checks or raises for its caller, and what would make it
    /// the place.
    rule_only_raises,
    /// Frame {0} was passed over because it only calls a function that it received.
    rule_forwards,
    /// Frame {0} was passed over because its name tells that it works on a value from its caller.
    rule_takes_value,
    /// Frame {0} was passed over because it belongs to another vendor.
    rule_other_vendor,
    /// Frame {0} was passed over because it is test code.
    rule_test_code,
    /// Frame {0} is part of a recursion.
    rule_cycle,
    /// The source line {0} of the suspect frame.
    suspect_line,
    /// The source line {0} of the suspect frame, which only reports the failure.
    suspect_line_reported,
    /// A local variable in the failing line is empty: {0} is its name, {1} its value.
    local_nothing,
    /// The index of a list in the failing line is out of range: {0} is the name, {1} the length, {2} the index.
    local_range,
    /// The call {0} failed shortly before.
    crumb_failed,
    /// The error {0} was logged shortly before.
    crumb_error,
    /// A link of a chain: {0} is the outer exception, {1} its cause.
    exception_chain,
    /// An exception: {0} is its type, {1} its message.
    exception_said,
    /// A group of {0} errors, listed in {1}.
    group_told,
    /// A list: {0}, then {1}.
    group_and,
    /// An explanation {0} of the first error of a group.
    group_first,
    /// The outermost exception {0}, before its causes.
    exception_surfaced,
    /// The SDK created the exception for a value that is not an error.
    synthetic,
    /// The event is a log message and not an exception.
    log_message,
    /// A browser reported the issue, and no code raised it.
    policy_report,
    /// A browser blocked {0} because of the directive {1}.
    policy_blocked,
    /// A detector of Sentry reported the issue, and no code raised it.
    detector_report,
    /// This kind of failure is usually noise.
    noise,

    /// A burst: {0} events in 24 hours, {1} in 30 days.
    trend_burst,
    /// A burst: all {0} events of 30 days are from the last 24 hours, and there were earlier ones.
    trend_burst_all,
    /// The frequency declines: {0} events in 24 hours, {1} in 30 days.
    trend_fading,
    /// All {0} known events are from the last 24 hours.
    trend_fresh,
    /// A single event so far.
    trend_single,
    /// The issue is new in release {0}.
    new_in_release,
    /// The issue is new, and its release is unknown.
    new_issue,
    /// The issue is new by Sentry's definition (up to seven days), and its first release is unknown.
    new_this_week,
    /// The issue regressed and was seen in release {0}.
    regressed_in_release,
    /// The issue regressed, and the release is unknown.
    regressed,
    /// The issue occurs much more often than before.
    escalating,
    /// The first release {0} and the latest release {1} of the issue.
    releases_span,
    /// {0} users affected.
    users_many,
    /// One user affected.
    users_one,
    /// No user was recorded.
    users_unknown,
    /// The request {0} during which the event happened. It may have changed data.
    request_served,
    /// The page or URL {0} of the event, without a known HTTP method.
    happened_at,
    /// The share {0} in percent of the events that have the value {2} of the tag {1}.
    tag_concentrated,
    /// Suspect commit {0} with the subject {1}. It is only known to be in the release.
    suspect_commit,
    /// Suspect commit {0} with the subject {1}. It is the last change of the failing line.
    suspect_commit_blamed,
    /// Suspect commit {0} with the subject {1}. It changes the file {2}.
    suspect_commit_file,
    /// The root cause {0} according to Seer.
    seer_says,
    /// A step of Seer's reasoning: {0}.
    seer_reasons,

    /// Next step: read frame {0}, which {1} called.
    step_open_frame,
    /// Next step: read frame {0}, which no in-app frame called.
    step_open_alone,
    /// Next step: read frame {0}, where the code itself raises.
    step_open_raise,
    /// Next step: find out why {0} was {1}.
    step_local,
    /// Next step: check {0}, the advice on a well-known failure.
    step_check,
    /// Next step: look at the call that failed before.
    step_crumb,
    /// Next step: repeat the request {0}, which only reads.
    step_request,
    /// Next step: compare release {0} with the one before.
    step_compare_release,
    /// Next step: {0}, as Seer suggests to reproduce the problem.
    step_reproduce,
    /// Next step: read the newest event in Sentry.
    step_read_event,
    /// Step: search the code for the words {0} of the log message.
    step_find_words,
    /// Next step: search the code for the log message.
    step_find_message,

    /// Section title: the chain of events that led to the failure.
    chain,
    /// Section title: the model's statements without evidence.
    inferred,
    /// Section title: the fix.
    fix,
    /// Section title: other explanations.
    alternatives,
    /// Section title: excluded explanations.
    ruled_out,
    /// Section title: remarks about the analysis.
    about,
    /// The root cause {0}.
    root_cause,
    /// The probable cause {0}.
    probable_cause,
    /// Reason for the confidence level in the note: the model quotes the failing line of the program's own code.
    sure_model_line,
    /// Reason for the confidence level in the note: the model names a value of the event.
    sure_model_value,
    /// Reason for the confidence level in the note: the model states no confidence.
    sure_model_unsaid,
    /// Reason for the confidence level in the note: the model's answer was cut short.
    sure_model_cut,
    /// Reason for the confidence level in the note: the evidence of the model is the stack.
    sure_model_stack,
    /// Reason for the confidence level in the note: the model has little evidence.
    sure_model_little,
    /// Reason for the confidence level in the note: no statement of the model about the cause was verified.
    sure_model_nothing,
    /// Reason for the confidence level in the note: the model itself states this confidence.
    sure_model_says,
    /// Reason for the confidence level in the note: the text of the event contains instructions to a model.
    sure_injection,
    /// Remark: the model {0} was used.
    model_spoke,
    /// Remark: an earlier answer of the model {0} is used.
    model_remembered,
    /// Remark: the model {0} gave no answer because of {1}.
    model_silent,
    /// Remark: no model was used because Seer already analysed the issue.
    model_not_asked,
    /// Remark: {0} statements were left out because they name code that the event lacks, or would be harmful.
    model_left_out,
    /// Remark: {0} was left out of the prompt.
    model_not_shown,
    /// Remark: the model's answer was cut off.
    model_cut,
    /// Remark: the text of the event contains instructions to a model.
    injection,
    /// Two elements of a list: {0}, {1}.
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
    /// Part left out of the prompt: people's comments.
    shown_comments,
    /// Part left out of the prompt: the distribution over tags.
    shown_tags,
    /// Part left out of the prompt: breadcrumbs.
    shown_breadcrumbs,
    /// Part left out of the prompt: suspect commits.
    shown_commits,
    /// Part left out of the prompt: frames of libraries.
    shown_library,
    /// Part left out of the prompt: the rules' analysis.
    shown_rules,
    /// Reason why a model gave no answer: the setting {0} is missing.
    silent_not_configured,
    /// Reason why a model gave no answer: 401, the key was rejected.
    silent_key_refused,
    /// Reason why a model gave no answer: 401 of a gateway without credentials.
    silent_gateway,
    /// Reason why a model gave no answer: 403, the key has no permission.
    silent_forbidden,
    /// Reason why a model gave no answer: 404, the model or the path is unknown.
    silent_not_found,
    /// Reason why a model gave no answer: 429, the rate limit.
    silent_rate_limited,
    /// Reason why a model gave no answer: the account's quota is used up.
    silent_quota,
    /// Reason why a model gave no answer: Sidenote's daily limit of calls.
    silent_budget,
    /// Reason why a model gave no answer: no time was left.
    silent_no_time,
    /// Reason why a model gave no answer: the provider is overloaded, with the HTTP status {0}.
    silent_overloaded,
    /// Reason why a model gave no answer: the request was rejected with the HTTP status {0}.
    silent_rejected,
    /// Reason why a model gave no answer: the prompt is too long.
    silent_too_long,
    /// Reason why a model gave no answer: the model refused.
    silent_declined,
    /// Reason why a model gave no answer: a content filter withheld it.
    silent_filtered,
    /// Reason why a model gave no answer: it was cut off.
    silent_truncated,
    /// Reason why a model gave no answer: it has the wrong form.
    silent_wrong_form,
    /// Reason why a model gave no answer: it is in another language.
    silent_other_language,

    /// The confidence: {0} is the level, {1} the reason.
    confidence,
    /// The confidence in the place in the code: {0} is the level, {1} the reason.
    confidence_place,
    /// The confidence in a model's cause: {0} is the level, {1} the reason.
    confidence_cause,
    /// Confidence level: low.
    confidence_low,
    /// Confidence level: medium.
    confidence_medium,
    /// Confidence level: high.
    confidence_high,
    /// Reason for the confidence level in the note: a value in the failing line shows it.
    sure_value,
    /// Reason for the confidence level in the note: the source line names what the message names.
    sure_names,
    /// Reason for the confidence level in the note: the runtime stopped the program there, and the failure is well
    /// known.
    sure_gave_up,
    /// Reason for the confidence level in the note: it is the analysis by Seer.
    sure_seer,
    /// Reason for the confidence level in the note: the failure is well known and happened in the program's own code.
    sure_known_own,
    /// Reason for the confidence level in the note: the frame is the program's own code, but the cause is unknown.
    sure_own,
    /// Reason for the confidence level in the note: the code at the place only reports the error.
    sure_reported,
    /// Reason for the confidence level in the note: a rule prefers the place to a newer in-app frame.
    sure_passed_over,
    /// Reason for the confidence level in the note: the failure is well known, but no frame is the program's own code.
    sure_known,
    /// Reason for the confidence level in the note: no frame is the program's own code.
    sure_library,
    /// Reason for the confidence level in the note: the frames have no symbols.
    sure_unresolved,
    /// Reason for the confidence level in the note: there is no stack trace.
    sure_no_stack,
    /// Reason for the confidence level in the note: the issue is not an error.
    sure_not_error,
    /// Reason for the confidence level in the note: it is a browser's report about a policy.
    sure_policy,
    /// Reason for the confidence level in the note: a detector of Sentry measured it.
    sure_detector,

    /// A proposal: {0} is the action, {1} the reason.
    proposed,
    /// Name of a proposed action: assign to the user {0}.
    action_assign_user,
    /// Name of a proposed action: assign to the team {0}.
    action_assign_team,
    /// Name of a proposed action: priority high.
    action_priority_high,
    /// Name of a proposed action: priority medium.
    action_priority_medium,
    /// Name of a proposed action: priority low.
    action_priority_low,
    /// Name of a proposed action: archive until escalating.
    action_archive,
    /// Name of a proposed action: resolve in the next release.
    action_resolve,
    /// Button label: assign to {0}.
    button_assign,
    /// Button label: priority high.
    button_priority_high,
    /// Button label: priority medium.
    button_priority_medium,
    /// Button label: priority low.
    button_priority_low,
    /// Button label: archive until escalating.
    button_archive,
    /// Button label: resolve in the next release.
    button_resolve,
    /// Button label: post the note.
    button_post,
    /// Button label: reject.
    button_reject,
    /// Button label: analyse again.
    button_again,
    /// Title above a note that waits for approval.
    waiting_note,
    /// Decision of the person {0} at {1}: the action was executed.
    decided_done,
    /// Decision of the person {0} at {1}: the action failed because of {2}.
    decided_failed,
    /// Decision of the person {0} at {1}: rejected.
    decided_rejected,
    /// Decision of the person {0} at {1}: analysed again.
    decided_again,
    /// No decision: the approval expired.
    decided_expired,
    /// No decision: a newer analysis replaced the approval.
    decided_superseded,
    /// Answer to a button press: the action is being executed.
    toast_approved,
    /// Answer to a button press: rejected.
    toast_rejected,
    /// Answer to a button press: the issue is being analysed again.
    toast_again,
    /// Answer to a button press: another decision is being executed.
    toast_busy,
    /// Answer to a button press: it was decided before.
    toast_closed,
    /// Answer to a button press: it has expired.
    toast_expired,
    /// Answer to a button press: a newer analysis replaced the approval.
    toast_superseded,
    /// Answer to a button press: the button is in another message.
    toast_elsewhere,
    /// Answer to a button press: the button was not created by Sidenote.
    toast_forged,
    /// Answer to a button press: the user {0} is not in the list of approvers of the variable {1}.
    toast_stranger,
    /// Answer to a button press: the approval does not exist.
    toast_unknown,
    /// Answer to a button press: the message is too new to be recorded.
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
    /// Reason for the proposed action: {0} events in 30 days, and none in the last days.
    because_silent,

    /// Information that would confirm the cause: an event with a stack trace.
    settle_stack,
    /// Information that would confirm the cause: attach stack traces to messages.
    settle_attach,
    /// Information that would confirm the cause: an event, which needs a token with the scope event:read.
    settle_token,
    /// Information that would confirm the cause: source maps or debug files.
    settle_source_maps,
    /// Missing: the mapping {0} of obfuscated code.
    settle_mapping,
    /// Information that would have helped: source lines.
    settle_source,
    /// Information that would have helped: a release.
    settle_release,

    /// Kind of evidence: the issue's details.
    wanted_issue,
    /// Kind of evidence: an event.
    wanted_event,
    /// Kind of evidence: the distribution over tags.
    wanted_tags,
    /// Kind of evidence: suspect commits.
    wanted_commits,
    /// Kind of evidence: a sample of events.
    wanted_samples,
    /// A value that several events have in common: {0} is their number, {1} the name, {2} the value.
    same_in_all,
    /// Missing evidence: {0} is the kind, {1} the reason.
    gap,
    /// Reason why a step failed or evidence is missing: the setting {0} is missing.
    why_not_configured,
    /// Reason why a step failed or evidence is missing: 401, the token was rejected.
    why_unauthorized,
    /// Reason why a step failed or evidence is missing: 403, the token has no permission.
    why_forbidden,
    /// Reason why a step failed or evidence is missing: 404, the resource does not exist or is not accessible.
    why_not_found,
    /// Reason why a step failed or evidence is missing: 410, the route was removed.
    why_gone,
    /// Reason why a step failed or evidence is missing: 429, the rate limit.
    why_rate_limited,
    /// Reason why a step failed or evidence is missing: another 3xx or 4xx.
    why_refused,
    /// Reason why a step failed or evidence is missing: 5xx.
    why_server_failed,
    /// Reason why a step failed or evidence is missing: there was no response in time.
    why_timeout,
    /// Reason why a step failed or evidence is missing: there was no connection.
    why_unreachable,
    /// Reason why a step failed or evidence is missing: the connection broke.
    why_interrupted,
    /// Reason why a step failed or evidence is missing: the response could not be parsed.
    why_unreadable,
    /// Reason why an action failed: this version of Sentry has no priorities.
    why_no_priorities,
    /// Reason why an action failed: Sentry did not assign the issue.
    why_not_assigned,
    /// Reason why an action failed: this version of Sentry cannot archive an issue until it escalates.
    why_not_until_escalating,
    /// Reason why an action failed: Sentry did not resolve the issue in a release.
    why_not_in_next_release,
    /// Reason why a message was not sent: the bot was removed from the chat.
    why_bot_removed,
    /// Reason why a message was not sent: the bot is not a member of the chat.
    why_not_member,
    /// Reason why a message was not sent: the chat can only be read.
    why_archived,
    /// Reason why a message was not sent: the chat does not exist for the bot.
    why_chat_not_found,
    /// Reason why a message was not sent: the chat has no such topic.
    why_thread_not_found,
    /// Reason why a message was not sent: the topic is closed.
    why_topic_closed,
    /// Reason why a message was not sent: the bot may not write in the chat.
    why_no_rights,
    /// Reason why a step failed or evidence is missing: the state store is not available.
    why_state,
    /// Reason why a step failed or evidence is missing: a bug in Sidenote.
    why_internal,

    // Kinds of issues (`analyzers/rules/kinds`).
    /// Headline of the recorded transaction {0}.
    perf_transaction,
    /// The query or call {0} ran {1} times in the transaction {2}.
    perf_ran_times,
    /// The query or call {0} ran {1} times. The transaction is unknown.
    perf_ran_times_somewhere,
    /// {0} queries or calls ran one after the other in {1}. The first of them is {2}.
    perf_in_row,
    /// {0} queries or calls ran one after the other. The first of them is {1}.
    perf_in_row_somewhere,
    /// The calls together took {0}, which is {1} percent of the {2} of the transaction.
    perf_took_of,
    /// The calls together took {0}.
    perf_took,
    /// The call took {0}, which is {1} percent of the {2} of the transaction.
    perf_took_one_of,
    /// The call took {0}.
    perf_took_one,
    /// The place {0} in the code that started the operation.
    perf_code,
    /// The span {0} that contains the calls.
    perf_parent,
    /// The slowest span {0} took {1}.
    perf_slowest,
    /// Next step: open the trace.
    perf_step_trace,
    /// Reason for the confidence level in the note: the transaction has no reported problem.
    sure_transaction,
    /// Reason for the confidence level in the note: the spans show the problem.
    sure_spans,
    /// Reason for the confidence level in the note: Sentry observed the failure from outside.
    sure_observed,
    /// The job {0} did not check in at the planned time.
    cron_missed,
    /// The job {0} did not finish in time.
    cron_too_long,
    /// The job {0} reported a failure.
    cron_failed,
    /// The monitor of the job {0} failed.
    cron_unknown,
    /// The failure was detected by a monitor of Sentry.
    cron_seen,
    /// Next step: find out whether the scheduler started the job.
    cron_step_missed,
    /// Next step: find out how far the job got.
    cron_step_too_long,
    /// Next step: read the log of the run.
    cron_step_failed,
    /// Next step: increase the margin of the monitor.
    cron_step_margin,
    /// The uptime check of {0} failed.
    uptime_failed,
    /// The uptime check of {0} failed with the reason {1}.
    uptime_failed_for,
    /// The server answered with the status {0}.
    uptime_status,
    /// Headline of feedback with the text {0}.
    feedback_headline,
    /// Headline of feedback whose text is unknown.
    feedback_empty,
    /// The text {0} of the feedback, longer than in the headline.
    feedback_said,
    /// The feedback was sent from the page {0}.
    feedback_page,
    /// The feedback is linked to the event {0}.
    feedback_event,
    /// Next step: read the event {0}.
    feedback_step_event,
    /// Next step: try to reproduce the person's problem.
    feedback_step_try,
    /// Reason for the confidence level in the note: a person reported it.
    sure_person,
    /// The value {0} is {1} (above or below) the threshold {2}.
    metric_crossed,
    /// The value of the metric is {0}.
    metric_value,
    /// The threshold with its direction: {0} is the direction, {1} the value.
    metric_threshold,
    /// Direction of a threshold: values above it are bad.
    metric_above,
    /// Direction of a threshold: values below it are bad.
    metric_below,
    /// Next step: find out what changed at that time.
    metric_step,
    /// The replay {0} of the session exists.
    replay_recorded,
    /// Next step: watch the replay {0}.
    replay_step_watch,
    /// Next step: watch any replay of the issue.
    replay_step_watch_some,
    /// A user clicked many times on an element that did not react.
    replay_rage,
    /// A user clicked on an element that did not react.
    replay_dead,
    /// Server and browser rendered different pages.
    replay_hydration,
    /// Next step: read the event handler of the element.
    replay_step_handler,
    /// Next step: find the difference between the two pages.
    replay_step_hydration,
    /// Reason for the confidence level in the note: the replay shows the problem.
    sure_replay,
    /// The parameters {0} of the request are part of a database query.
    injection_of,
    /// Input of the request is part of a database query.
    injection_found,
    /// Next step: pass the input as a bound parameter.
    injection_step_bind,
    /// Next step: search for similar queries.
    injection_step_others,
    /// Reason for the confidence level in the note: the query contains the value.
    sure_query,
    /// Statement {0} by Sentry's AI detection.
    ai_says,
    /// The impact {0} according to Sentry's AI detection.
    ai_impact,
    /// The evidence {0} of Sentry's AI detection.
    ai_evidence,
    /// Next step: compare the statement with the trace.
    ai_step,
    /// Reason for the confidence level in the note: it is a statement by Sentry's AI.
    sure_ai,
    /// A browser would block {0} because of the directive {1}. The policy only reports.
    policy_would_block,
    /// The script {0} requested the blocked resource.
    policy_source,
    /// The certificate chain of the host {0} contains no pinned key.
    report_pinning,
    /// The certificate of the host {0} has no proof of transparency.
    report_transparency,
    /// The certificate of the host {0} has no valid OCSP response.
    report_stapling,
    /// A browser received a certificate that its policy tells it to reject.
    report_certificate,
    /// Next step: compare the certificate with the expected one.
    report_step_certificate,
    /// Next step: find out which users are affected.
    report_step_intercepted,
    /// The URL {0} could not be reached because of the error {1}.
    report_network,
    /// The request failed at the name resolution.
    report_phase_dns,
    /// The request failed at the connection.
    report_phase_connection,
    /// The server replied with an error or an incomplete response.
    report_phase_application,
    /// The HTTP status was {0}.
    report_status,
    /// Next step: check the DNS records of the host.
    report_step_dns,
    /// Next step: find out whether the server was running.
    report_step_connection,
    /// Next step: read the server's log.
    report_step_application,
    /// Reason for the confidence level in the note: a browser reported it.
    sure_report,
    /// The debug file of the image {0} with the id {1} is missing.
    native_missing_id,
    /// The debug file of the image {0} is missing.
    native_missing,
    /// The address {0} of a bad memory access is close to zero.
    native_null,
    /// The event lists no images.
    native_no_images,
    /// Next step: upload the debug file of {0}.
    native_step_upload,
    /// A message contains the stack of another runtime, where frame {0} raised.
    embedded_stack,
    /// The app did not respond.
    hang_meaning,
    /// The stack is only one moment of the hang.
    hang_stack,
    /// Next step: find out what the app waits for.
    hang_step,
    /// Reason for the confidence level in the note: the stack is only one moment of the hang.
    sure_hang,
    /// Headline {0} of a resolved issue.
    standing_resolved,
    /// Headline {0} of an archived issue.
    standing_archived,
    /// The issue is resolved.
    is_resolved,
    /// The issue is archived.
    is_archived,
    /// Suspect commit {0} with the subject {1}. Sentry links it to a file of the stack.
    suspect_commit_released,
    /// Reason: the HTTP proxy refused its credentials.
    why_proxy_refused,
    /// Announcement: {0} issues since {1}, in the projects {2}, had no webhook. {3} is a command that looks for the cause.
    silence_began,
    /// The same announcement while the silence lasts.
    silence_lasts,
    /// Announcement: webhooks arrive again. {0}, {1} and {2} as above.
    silence_over,
    /// Kind of evidence: the source code of the frames.
    wanted_source,
    /// Reason for a failure: no mapping leads from the file to a repository.
    why_not_mapped,
    /// Reason for a failure: Sentry's code mapping leads to another code host than the configured one.
    why_other_host,
    /// Reason for a failure: the code host redirects to another repository.
    why_moved,
    /// Reason for a failure: a file is larger than the limit.
    why_too_large,
    /// Reason for a failure: a file is binary or has another encoding.
    why_not_text,
    /// Section title: a change of the source code that a model suggests.
    suggested_change,
    /// The file {0} of the suggested change, and the state {1} of the repository.
    suggested_in,
    /// Name of a section of the prompt: source code of the repository.
    shown_source,
    /// Section title: the links to the source code.
    source_links,
    /// A state of a repository: the commit {0}.
    source_at_commit,
    /// A state of a repository: the default branch, because the commit of the release is unknown.
    source_at_head,
    /// The source code was read at the commit {0}, which only the event names.
    source_unconfirmed,
    /// The source line {1} of the suspect frame, read from the repository at {0}.
    source_line,
    /// The line of a frame has another text in the repository at {0}.
    source_changed,
    /// The file of a frame is too short for its line. {0} is the state of the repository, {1} the number of lines.
    source_shorter,
    /// The commit {0} last changed the failing line. {1} is the time.
    source_line_changed,
    /// The commit {0} last changed the file of the failing line. {1} is the time.
    source_file_changed,
    /// A commit {0} and its author {1}.
    source_by,
    /// A time: {0} days before the first event.
    source_days_before,
    /// A time: less than two days before the first event.
    source_day_before,
    /// A time: the date {0}.
    source_on,
    /// Suspect commit {0} with the subject {1}. It changed the function of the failing line.
    suspect_commit_function,
}
