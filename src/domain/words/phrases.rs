//! What there is to say, phrase by phrase: each language's file has to have them all.

#[cfg(test)]
use super::Phrase;
use super::advice::Advices;

macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// All that Sidenote says in one language. `{0}`, `{1}` stand for what a sentence is about.
        #[derive(Debug)]
        pub struct Words {
            /// What is said of well-known failures.
            pub advice: fn() -> &'static Advices,
            $($(#[$doc])+ pub $name: &'static str,)+
        }

        /// Each phrase by its name, so that a test can compare the languages.
        #[cfg(test)]
        pub(super) const PHRASES: &[(&str, Phrase)] = &[$((stringify!($name), |words| words.$name),)+];
    };
}

words! {
    /// The note's heading.
    heading,
    /// Title of the frequency table.
    frequency,
    /// Row: the last 24 hours.
    last_24h,
    /// Row: the last 30 days.
    last_30d,
    /// Row: since it was first seen.
    all_time,
    /// Row: users affected.
    users_affected,
    /// Row: first event.
    first_seen,
    /// Row: latest event.
    last_seen,
    /// Column: events.
    events,
    /// Column: period.
    period,
    /// Title of the findings.
    findings,
    /// Title of the next steps.
    next_steps,
    /// Title of the list of what would settle the cause.
    would_settle,
    /// Title of the list of what would have helped.
    would_help,
    /// Title of the evidence.
    evidence,
    /// Title of the gaps.
    not_checked,
    /// Nothing to go on.
    undetermined,
    /// Earlier incidents began {0}.
    history_earlier,
    /// Regression number {0}; earlier incidents began {1}.
    history_regressions,
    /// The deadline cut the analysis short.
    cut_short,
    /// Sections were left out for length: {0} names them.
    left_out,
    /// Who wrote it: {0} the version, {1} the analyst.
    written_by,
    /// Link to the issue.
    open_in_sentry,
    /// The note could not be written: {0} says why.
    note_missing,
    /// A metric is critical.
    metric_critical,
    /// A metric is at its warning line.
    metric_warning,
    /// A metric is back to normal.
    metric_resolved,
    /// An alert rule fired: {0}.
    rule,

    /// A place in the code: {0} the function, {1} file and line.
    located,
    /// Headline: {0} the exception type, {1} its message, {2} the place.
    headline_full,
    /// Headline without a place: {0} the exception type, {1} its message.
    headline_exception,
    /// Headline from the issue's title: {0}.
    headline_title,
    /// Headline from the issue's title: {0} the title, {1} where Sentry places it.
    headline_where,
    /// {0} errors at once, the first of them {1}.
    headline_group,
    /// Headline when nothing is known but the id: {0}.
    headline_bare,

    /// The suspect frame is the newest of the user's own code.
    suspect_in_app,
    /// No frame is the user's own.
    suspect_library,
    /// Passed over: {0} only raises.
    rule_only_raises,
    /// Passed over: {0} calls what it was handed.
    rule_forwards,
    /// Passed over: {0} only takes what it is given.
    rule_takes_value,
    /// Passed over: {0} is another vendor's.
    rule_other_vendor,
    /// Passed over: {0} is a test.
    rule_test_code,
    /// In the recursion: {0}.
    rule_cycle,
    /// {0} source line at the suspect frame.
    suspect_line,
    /// {0} source line at the suspect frame, which only reports.
    suspect_line_reported,
    /// A local variable in the failing line: {0} its name, {1} its value.
    local_nothing,
    /// A list in the failing line: {0} its name, {1} its length, {2} the index.
    local_range,
    /// A call that failed just before: {0}.
    crumb_failed,
    /// An error that was logged just before: {0}.
    crumb_error,
    /// A part of a chain: {0} the outer type, {1} what caused it.
    exception_chain,
    /// An exception: {0} type, {1} message.
    exception_said,
    /// {0} errors of a group, one by one: {1}.
    group_told,
    /// {0}, then {1}.
    group_and,
    /// The outermost exception with its causes: {0}.
    exception_surfaced,
    /// The SDK made the exception up from a value that is no error.
    synthetic,
    /// Not an exception, a log message.
    log_message,
    /// A browser reports what a page's policy did not allow.
    policy_report,
    /// The same: {0} what was blocked, {1} the directive.
    policy_blocked,
    /// One of Sentry's detectors reports it.
    detector_report,
    /// It is usually noise.
    noise,

    /// {0} events in 24 h, {1} in 30 d: a burst.
    trend_burst,
    /// All {0} events of 30 d are of the last 24 h, and there were earlier ones.
    trend_burst_all,
    /// {0} events in 24 h, {1} in 30 d: fading.
    trend_fading,
    /// All {0} known events are of the last 24 h.
    trend_fresh,
    /// A single event so far.
    trend_single,
    /// New with release {0}.
    new_in_release,
    /// The first event of an issue, release unknown.
    new_issue,
    /// New in Sentry's sense, for up to seven days; first release unknown.
    new_this_week,
    /// Regressed, seen in release {0}.
    regressed_in_release,
    /// Regressed, release unknown.
    regressed,
    /// Escalating.
    escalating,
    /// First release {0}, latest {1}.
    releases_span,
    /// {0} users affected.
    users_many,
    /// One user affected.
    users_one,
    /// No user was recorded.
    users_unknown,
    /// The request {0} was being served; it may have changed something.
    request_served,
    /// The page or address {0}, method unknown.
    happened_at,
    /// {0} percent of the events have {1} = {2}.
    tag_concentrated,
    /// Suspect commit {0}: {1}. It is only known to be in the release.
    suspect_commit,
    /// Suspect commit {0}: {1}. It last changed the failing line.
    suspect_commit_blamed,
    /// Suspect commit {0}: {1}. It touches {2}.
    suspect_commit_file,
    /// Seer's root cause: {0}.
    seer_says,
    /// A step of Seer's reasoning: {0}.
    seer_reasons,

    /// Step: look at {0} first, which {1} called.
    step_open_frame,
    /// Step: look at {0} first; no own frame called it.
    step_open_alone,
    /// Step: look at {0}, where the code itself raises.
    step_open_raise,
    /// Step: follow {0}, which was {1}, back.
    step_local,
    /// Step: what to check first: {0}.
    step_check,
    /// Step: look at the call that failed before.
    step_crumb,
    /// Step: try the request {0}, which only reads.
    step_request,
    /// Step: compare release {0} with the one before.
    step_compare_release,
    /// Step: what Seer proposes to reproduce: {0}.
    step_reproduce,
    /// Step: read the newest event in Sentry.
    step_read_event,
    /// Step: look for the log message in the code.
    step_find_message,

    /// Title: how it came about.
    chain,
    /// Title: what the model said without evidence.
    inferred,
    /// Title: how to mend it.
    fix,
    /// Title: other explanations.
    alternatives,
    /// Title: excluded explanations.
    ruled_out,
    /// Title: who spoke, and what to be wary of.
    about,
    /// The root cause: {0}.
    root_cause,
    /// The probable cause: {0}.
    probable_cause,
    /// Because: the model quotes the failing line of the own code.
    sure_model_line,
    /// Because: the model names a value that is shown.
    sure_model_value,
    /// Because: the model does not say how sure it is.
    sure_model_unsaid,
    /// Because: the model's answer was cut short.
    sure_model_cut,
    /// Because: the model's statement rests on the stack.
    sure_model_stack,
    /// Because: the model's statement rests on little.
    sure_model_little,
    /// Because: nothing that the model says of the cause is shown.
    sure_model_nothing,
    /// Because: the model itself is no surer.
    sure_model_says,
    /// Because: the event's text gives instructions.
    sure_injection,
    /// A model spoke: {0}.
    model_spoke,
    /// A model's earlier answer is used: {0}.
    model_remembered,
    /// A model did not speak: {0} which, {1} why.
    model_silent,
    /// No model was asked, because Seer has spoken.
    model_not_asked,
    /// {0} statements were left out because they name what is not there.
    model_left_out,
    /// The model did not see {0}.
    model_not_shown,
    /// The model's answer was cut.
    model_cut,
    /// The event's text gives instructions.
    injection,
    /// Two in a list: {0}, {1}.
    two,
    /// Not shown: what is known of the issue.
    shown_issue,
    /// Not shown: exceptions and messages.
    shown_messages,
    /// Not shown: frames of the program's own code.
    shown_own,
    /// Not shown: flags, the request, extra values, contexts, packages.
    shown_attributes,
    /// Not shown: several events compared.
    shown_comparisons,
    /// Not shown: people's comments.
    shown_comments,
    /// Not shown: spread over tags.
    shown_tags,
    /// Not shown: breadcrumbs.
    shown_breadcrumbs,
    /// Not shown: suspect commits.
    shown_commits,
    /// Not shown: frames of libraries.
    shown_library,
    /// Not shown: what the rules say.
    shown_rules,
    /// Silent: a setting is missing: {0}.
    silent_not_configured,
    /// Silent: 401.
    silent_key_refused,
    /// Silent: 401 of a gateway without credentials.
    silent_gateway,
    /// Silent: 403.
    silent_forbidden,
    /// Silent: 404.
    silent_not_found,
    /// Silent: 429.
    silent_rate_limited,
    /// Silent: quota used up.
    silent_quota,
    /// Silent: our own limit of calls.
    silent_budget,
    /// Silent: no time was left.
    silent_no_time,
    /// Silent: overloaded.
    silent_overloaded,
    /// Silent: rejected.
    silent_rejected,
    /// Silent: prompt too long.
    silent_too_long,
    /// Silent: declined.
    silent_declined,
    /// Silent: filtered.
    silent_filtered,
    /// Silent: truncated.
    silent_truncated,
    /// Silent: wrong in form.
    silent_wrong_form,
    /// Silent: in another language.
    silent_other_language,

    /// How sure, and why: {0} the level, {1} the reason.
    confidence,
    /// Confidence: low.
    confidence_low,
    /// Confidence: medium.
    confidence_medium,
    /// Confidence: high.
    confidence_high,
    /// Because: a value in the failing line shows it.
    sure_value,
    /// Because: the source line names what the message names.
    sure_names,
    /// Because: the runtime gave up there, and the failure is well known.
    sure_gave_up,
    /// Because: Seer says so.
    sure_seer,
    /// Because: a well-known failure in a frame of the user's own code.
    sure_known_own,
    /// Because: the frame is the user's own, why it failed is open.
    sure_own,
    /// Because: newer own frames were passed over.
    sure_passed_over,
    /// Because: a well-known failure, but no frame of the user's own code.
    sure_known,
    /// Because: no frame is the user's own code.
    sure_library,
    /// Because: frames are not resolved.
    sure_unresolved,
    /// Because: no stack trace.
    sure_no_stack,
    /// Because: not an error issue.
    sure_not_error,
    /// Because: a browser's report on a policy.
    sure_policy,
    /// Because: a detector of Sentry's measured it.
    sure_detector,

    /// What is proposed: {0} the action, {1} why.
    proposed,
    /// Action: assign to the user {0}.
    action_assign_user,
    /// Action: assign to the team {0}.
    action_assign_team,
    /// Action: priority high.
    action_priority_high,
    /// Action: priority medium.
    action_priority_medium,
    /// Action: priority low.
    action_priority_low,
    /// Action: archive until escalating.
    action_archive,
    /// Action: resolve in the next release.
    action_resolve,
    /// Button: assign to {0}.
    button_assign,
    /// Button: priority high.
    button_priority_high,
    /// Button: priority medium.
    button_priority_medium,
    /// Button: priority low.
    button_priority_low,
    /// Button: archive until escalating.
    button_archive,
    /// Button: resolve in the next release.
    button_resolve,
    /// Button: post the note.
    button_post,
    /// Button: reject.
    button_reject,
    /// Button: analyse again.
    button_again,
    /// Title above a note that waits for approval.
    waiting_note,
    /// Decided: {0} the person, {1} when; it was done.
    decided_done,
    /// Decided: {0} the person, {1} when, {2} why it did not work.
    decided_failed,
    /// Decided: {0} the person, {1} when; rejected.
    decided_rejected,
    /// Decided: {0} the person, {1} when; analysed again.
    decided_again,
    /// Nobody decided in time.
    decided_expired,
    /// A newer analysis took its place.
    decided_superseded,
    /// Toast: it is being done.
    toast_approved,
    /// Toast: rejected.
    toast_rejected,
    /// Toast: analysed again.
    toast_again,
    /// Toast: somebody is at it.
    toast_busy,
    /// Toast: it was decided before.
    toast_closed,
    /// Toast: it has expired.
    toast_expired,
    /// Toast: a newer analysis took its place.
    toast_superseded,
    /// Toast: the button is in another message.
    toast_elsewhere,
    /// Toast: the button is not ours.
    toast_forged,
    /// Toast: {0} is not among the approvers of the variable {1}.
    toast_stranger,
    /// Toast: the approval is not known.
    toast_unknown,
    /// Toast: the message is too new.
    toast_unplaced,
    /// Toast: the state store cannot be asked.
    toast_state,
    /// Because: usually noise, and few users.
    because_noise,
    /// Because: usually noise, though {0} users see it.
    because_noise_many,
    /// Because: it is escalating.
    because_escalating,
    /// Because: {0} users are affected.
    because_users,
    /// Because: it came back.
    because_regressed,
    /// Because: the suspect commit {0} is theirs.
    because_commit,
    /// Because: {0} events in 30 days, none in the last days.
    because_silent,

    /// What would settle it: an event with a stack trace.
    settle_stack,
    /// What would settle it: attach stack traces to messages.
    settle_attach,
    /// What would settle it: a token with event:read.
    settle_token,
    /// What would settle it: source maps or debug files.
    settle_source_maps,
    /// What would have helped: source lines.
    settle_source,
    /// What would have helped: a release.
    settle_release,

    /// Wanted: the issue's details.
    wanted_issue,
    /// Wanted: an event.
    wanted_event,
    /// Wanted: the spread over tags.
    wanted_tags,
    /// Wanted: suspect commits.
    wanted_commits,
    /// Wanted: several events of the issue.
    wanted_samples,
    /// What several events have in common: {0} how many, {1} the name, {2} the value.
    same_in_all,
    /// Gap: {0} what, {1} why.
    gap,
    /// Why: a setting is missing: {0}.
    why_not_configured,
    /// Why: 401.
    why_unauthorized,
    /// Why: 403.
    why_forbidden,
    /// Why: 404.
    why_not_found,
    /// Why: 410.
    why_gone,
    /// Why: 429.
    why_rate_limited,
    /// Why: other 3xx and 4xx.
    why_refused,
    /// Why: 5xx.
    why_server_failed,
    /// Why: no answer in time.
    why_timeout,
    /// Why: no connection.
    why_unreachable,
    /// Why: a connection that broke.
    why_interrupted,
    /// Why: an answer that cannot be read.
    why_unreadable,
    /// This Sentry has no priorities.
    why_no_priorities,
    /// This Sentry did not assign the issue.
    why_not_assigned,
    /// This Sentry cannot archive until an issue escalates.
    why_not_until_escalating,
    /// This Sentry did not resolve the issue in a release.
    why_not_in_next_release,
    /// The bot was removed from the chat.
    why_bot_removed,
    /// The bot knows no such chat.
    why_chat_not_found,
    /// The chat has no such topic.
    why_thread_not_found,
    /// The topic is closed.
    why_topic_closed,
    /// The bot may not write in the chat.
    why_no_rights,
    /// Why: the state store cannot be asked.
    why_state,
    /// Why: a bug of ours.
    why_internal,

    // Kinds of issues (`analyzers/rules/kinds`).
    /// Headline of a recorded transaction: {0} its name.
    perf_transaction,
    /// {0} ran {1} times in {2}.
    perf_ran_times,
    /// {0} ran {1} times.
    perf_ran_times_somewhere,
    /// {0} calls ran one after the other in {1}, the first of them {2}.
    perf_in_row,
    /// {0} calls ran one after the other, the first of them {1}.
    perf_in_row_somewhere,
    /// Together they took {0}: {1} percent of the {2} of the transaction.
    perf_took_of,
    /// Together they took {0}.
    perf_took,
    /// It took {0}: {1} percent of the {2} of the transaction.
    perf_took_one_of,
    /// It took {0}.
    perf_took_one,
    /// The place in the code that started it: {0}.
    perf_code,
    /// The span that the calls belong to: {0}.
    perf_parent,
    /// The slowest part {0} took {1}.
    perf_slowest,
    /// Step: open the trace.
    perf_step_trace,
    /// Because: a transaction in which no problem is named.
    sure_transaction,
    /// Because: the spans show it.
    sure_spans,
    /// Because: Sentry observed it from outside.
    sure_observed,
    /// The job {0} did not check in.
    cron_missed,
    /// The job {0} did not finish in time.
    cron_too_long,
    /// The job {0} reported a failure.
    cron_failed,
    /// The monitor of the job {0} failed.
    cron_unknown,
    /// A monitor of Sentry noticed it.
    cron_seen,
    /// Step: did the scheduler start it?
    cron_step_missed,
    /// Step: how far did it come?
    cron_step_too_long,
    /// Step: read the log of the run.
    cron_step_failed,
    /// Step: widen the margin.
    cron_step_margin,
    /// The check of {0} failed.
    uptime_failed,
    /// The check of {0} failed; {1} why.
    uptime_failed_for,
    /// The server answered with the status {0}.
    uptime_status,
    /// A person wrote {0}.
    feedback_headline,
    /// Feedback whose words are not known.
    feedback_empty,
    /// A person wrote {0}, at length.
    feedback_said,
    /// It was sent from the page {0}.
    feedback_page,
    /// It is linked to the event {0}.
    feedback_event,
    /// Step: read the event {0}.
    feedback_step_event,
    /// Step: try it.
    feedback_step_try,
    /// Because: a person says so.
    sure_person,
    /// The value {0} is {1} the threshold {2}.
    metric_crossed,
    /// The value is {0}.
    metric_value,
    /// The threshold: {0} {1}.
    metric_threshold,
    /// Beyond an upper threshold.
    metric_above,
    /// Beyond a lower threshold.
    metric_below,
    /// Step: see what changed.
    metric_step,
    /// The replay {0} is recorded.
    replay_recorded,
    /// Step: watch the replay {0}.
    replay_step_watch,
    /// Step: watch a replay.
    replay_step_watch_some,
    /// A user clicked again and again.
    replay_rage,
    /// A user clicked in vain.
    replay_dead,
    /// Server and browser rendered different pages.
    replay_hydration,
    /// Step: look at the handler.
    replay_step_handler,
    /// Step: look for what differs.
    replay_step_hydration,
    /// Because: the replay shows it.
    sure_replay,
    /// Parameters {0} stand in the query.
    injection_of,
    /// Input stands in the query.
    injection_found,
    /// Step: bind it.
    injection_step_bind,
    /// Step: look for others.
    injection_step_others,
    /// Because: the value stands in the query.
    sure_query,
    /// Sentry's AI detection says {0}.
    ai_says,
    /// The impact it names: {0}.
    ai_impact,
    /// What it rests on: {0}.
    ai_evidence,
    /// Step: check it against the trace.
    ai_step,
    /// Because: Sentry's AI says so.
    sure_ai,
    /// A browser would block {0}, by the directive {1}.
    policy_would_block,
    /// The script {0} asked for it.
    policy_source,
    /// No pinned key of {0}.
    report_pinning,
    /// No proof of transparency of {0}.
    report_transparency,
    /// No OCSP answer of {0}.
    report_stapling,
    /// A browser met a certificate that it was told to refuse.
    report_certificate,
    /// Step: compare certificates.
    report_step_certificate,
    /// Step: who is affected?
    report_step_intercepted,
    /// {0} could not be reached: {1}.
    report_network,
    /// It failed at the name.
    report_phase_dns,
    /// It failed at the connection.
    report_phase_connection,
    /// The server answered with an error.
    report_phase_application,
    /// The HTTP status was {0}.
    report_status,
    /// Step: look at the name's records.
    report_step_dns,
    /// Step: was the server there?
    report_step_connection,
    /// Step: read the server's log.
    report_step_application,
    /// Because: a browser reports it.
    sure_report,
    /// The debug file of {0}, by the id {1}, is missing.
    native_missing_id,
    /// The debug file of {0} is missing.
    native_missing,
    /// No images are named.
    native_no_images,
    /// Step: upload the debug file of {0}.
    native_step_upload,
    /// A message carries the stack of another runtime; {0} raised there.
    embedded_stack,
    /// The app did not respond.
    hang_meaning,
    /// The stack is one moment of a hang.
    hang_stack,
    /// Step: see what it waits for.
    hang_step,
    /// Because: the stack is one moment.
    sure_hang,
    /// Headline of a resolved issue: {0}.
    standing_resolved,
    /// Headline of an archived issue: {0}.
    standing_archived,
    /// The issue is resolved.
    is_resolved,
    /// The issue is archived.
    is_archived,
    /// Suspect commit {0}: {1}. Sentry ties it to a file of the stack.
    suspect_commit_released,
}
