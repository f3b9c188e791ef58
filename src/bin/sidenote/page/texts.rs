//! The local page's texts in English and Traditional Chinese.

use sidenote::domain::words::Language;

/// A function that selects one of the local page's texts in a language.
pub(super) type Pick = fn(&Texts) -> &'static str;

macro_rules! texts {
    ($($name:ident: $english:literal, $chinese:literal;)+) => {
        /// All texts of the local page in one language.
        pub(super) struct Texts {
            $(pub(super) $name: &'static str,)+
        }

        static ENGLISH: Texts = Texts { $($name: $english,)+ };
        static CHINESE: Texts = Texts { $($name: $chinese,)+ };

        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $english, $chinese),)+];
    };
}

texts! {
    skip: "Skip to the delivery", "跳到事件內容";
    tagline: "deliveries and their results", "收到的事件與處理結果";
    live: "Live", "即時更新中";
    reconnecting: "Reconnecting …", "重新連線中⋯⋯";
    deliveries: "Deliveries", "送達事件";
    preview: "Preview a payload", "預覽承載內容";
    other_language: "繁體中文", "English";
    none_yet: "No deliveries yet.", "尚未收到任何事件。";
    none_yet_how: "Send a webhook to this address to see it here at once:", "將 webhook 送到以下位址，就會立即顯示在這裡：";
    all_deliveries: "All deliveries", "所有送達事件";
    arrived: "New delivery", "新事件";
    received: "Received", "收到時間";
    issue: "Issue", "issue";
    resource: "Resource", "資源";
    trigger: "Trigger", "觸發原因";
    open_in_sentry: "Open in Sentry", "在 Sentry 開啟";
    replay: "Replay", "重新執行";
    replay_says: "Handles the delivery again: the note and the message are updated.", "再次處理：更新註記與訊息。";
    replay_off: "Its payload is no longer kept, so it cannot be replayed.", "其承載內容已不再保留，無法重新執行。";
    replay_of: "Replay of delivery {0}", "重新執行事件 {0}";
    untitled: "A delivery without a title", "無標題的事件";
    refused_title: "A rejected request", "遭拒絕的請求";
    timeline: "Timeline", "時間軸";
    step_verified: "Verified", "驗證";
    step_claimed: "Claimed", "認領";
    step_evidence: "Evidence", "證據";
    step_analysis: "Analysis", "分析";
    step_note: "Note", "註記";
    step_message: "Message", "訊息";
    step_slack: "Slack", "Slack";
    step_approval: "Approval", "核准";
    is_ahead: "not started", "尚未開始";
    is_now: "running", "進行中";
    is_done: "done", "完成";
    is_waiting: "waiting", "等待中";
    is_skipped: "skipped", "略過";
    is_failed: "failed", "失敗";
    is_none: "not needed", "不需要";
    at: "after {0}", "經過 {0}";
    signature_valid: "The signature is valid.", "簽章有效。";
    asked_here: "Requested on this page.", "由本頁面發出。";
    claimed: "Claimed; the response was sent.", "已取得處理權，並已回應。";
    claimed_first: "Claimed; the response follows after the work.", "已取得處理權，完成處理後才回應。";
    duplicate: "A repeat: this issue was handled already, or is being handled.", "重複事件：此 issue 已處理或正在處理。";
    ignored: "Nothing to do: {0}.", "不需處理：{0}。";
    noted: "Shown in the issue's message: {0}.", "已顯示於該 issue 的訊息：{0}。";
    busy: "This issue is being handled now.", "此 issue 正在處理中。";
    gathered: "{0} pieces", "{0} 項";
    with_gaps: "{0} pieces; some could not be read.", "{0} 項，部分內容無法取得。";
    by_analyzer: "by {0}", "由 {0}";
    undetermined: "The root cause is unknown.", "根本原因尚未確定。";
    already_there: "It was there already.", "先前已存在。";
    comment_id: "comment {0}", "留言 {0}";
    message_id: "message {0}", "訊息 {0}";
    nothing_proposed: "No action is proposed.", "沒有提出任何動作。";
    asks_person: "Waiting for a person.", "等待有人決定。";
    approved_by: "Approved by {0}.", "由 {0} 核准。";
    rejected_by: "Rejected by {0}.", "由 {0} 拒絕。";
    again_by: "{0} asked for another analysis.", "{0} 要求重新分析。";
    approval_failed: "Approved, but it failed: {0}", "已核准，但未能完成：{0}";
    approval_expired: "It expired without a decision.", "逾時未決定。";
    approval_superseded: "A newer analysis has replaced it.", "已由較新的分析取代。";
    someone: "someone", "某人";
    status_working: "working", "處理中";
    status_completed: "completed", "完成";
    status_partial: "partly done", "部分完成";
    status_failed: "failed", "失敗";
    status_ignored: "nothing to do", "不需處理";
    status_duplicate: "repeat", "重複";
    status_refused: "rejected", "已拒絕";
    troubles: "Failures", "未能完成的部分";
    gap: "{0} could not be read: {1}.", "無法取得{0}：{1}。";
    note_trouble: "The note was not written: {0}.", "註記未寫入：{0}。";
    message_trouble: "The message was not sent: {0}.", "訊息未傳送：{0}。";
    slack_trouble: "The message was not sent to Slack: {0}.", "訊息未傳送至 Slack：{0}。";
    refused_trouble: "Rejected: {0}.", "已拒絕：{0}。";
    note: "The note on the issue", "issue 上的註記";
    note_as_shown: "As Sentry shows it", "Sentry 的顯示效果";
    note_source: "Source", "原始內容";
    note_unwritten: "It was not written. This is how it would look.", "尚未寫入；以下為寫入後的樣子。";
    message: "The message in Telegram", "Telegram 訊息";
    message_unsent: "It was not sent. This is how it would look.", "尚未傳送；以下為傳送後的樣子。";
    chat_is_standin: "This chat is a stand-in: its buttons work.", "這是模擬的聊天室，按鈕可以使用。";
    decide_elsewhere: "Decide in Telegram, or with", "請在 Telegram 決定，或使用";
    edited: "edited", "已編輯";
    evidence: "Evidence", "證據";
    evidence_says: "Statements of the note cite the marked pieces.", "有標記的項目為註記內容的依據。";
    cited: "cited", "已引用";
    kind_exceptions: "Exceptions", "例外";
    kind_message: "Log message", "紀錄訊息";
    kind_frames: "Frames", "堆疊框";
    kind_breadcrumbs: "Breadcrumbs", "操作軌跡";
    kind_tags: "Tags", "標籤";
    kind_issue: "Issue and statistics", "issue 與統計";
    kind_commits: "Suspect commits", "可疑提交";
    kind_seer: "Seer", "Seer";
    more_pieces: "and {0} more", "另有 {0} 項";
    library: "library", "函式庫";
    payload_says: "A webhook's body, a Lambda event that contains one, or a bare event, as JSON. Neither a note nor a message is sent.", "webhook 的內容、包含它的 Lambda 事件，或單一事件，格式為 JSON。不會寫入註記，也不會傳送訊息。";
    payload_reads: "Reads Sentry if there is a token, and asks the model if one is configured.", "若有設定權杖，會讀取 Sentry；若有設定模型，會詢問模型。";
    show_preview: "Show the preview", "顯示預覽";
    preview_of: "Preview", "預覽";
    preview_ignored: "Nothing to do: {0}.", "不需處理：{0}。";
    preview_unreadable: "This cannot be read: {0}.", "無法讀取：{0}。";
    preview_busy: "Another preview is in progress. Try again in a moment.", "正在產生另一份預覽，請稍後再試。";
    not_here: "This delivery is no longer available.", "此事件已不存在。";
    footer: "This page is served by this machine only and loads nothing from elsewhere.", "本頁面僅由這台電腦提供，不會載入任何外部內容。";
}

/// Returns the local page's texts in a language.
pub(super) fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::TraditionalChinese => &CHINESE,
    }
}

/// Returns the text with `value` in place of its `{0}`.
pub(super) fn with(phrase: &str, value: &str) -> String {
    phrase.replacen("{0}", value, 1)
}

#[cfg(test)]
mod tests {
    use super::PAIRS;

    #[test]
    fn both_languages_have_all_texts_and_placeholders() {
        for (name, english, chinese) in PAIRS {
            let holes = |text: &str| ["{0}", "{1}"].map(|hole| text.matches(hole).count());
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
            assert_eq!(holes(english), holes(chinese), "{name}");
        }
    }
}
