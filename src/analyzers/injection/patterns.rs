//! The patterns by which instructions to a model or a reader are recognised in the texts of an event.
//!
//! One phrase that addresses a model about its task is enough. A phrase that ordinary messages also contain, such as
//! `act as`, counts only together with a second one.

use std::sync::LazyLock;

use regex_lite::Regex;

/// At most this many characters of a text are searched for invisible characters.
const LOOKED_AT: usize = 8_000;

/// A row of [`ORDERS`] or [`SIGNS`]: words, and a regular expression that is tried only if one of the words occurs.
/// Both are compared with a text in lower case.
type Row = (&'static [&'static str], &'static str);
/// The words of a [`Row`], with its compiled regular expression.
type Rule = (&'static [&'static str], Regex);

/// Phrases that address a model about its task. Ordinary programs do not write them, so one match is enough.
const ORDERS: &[Row] = &[
    (
        &["ignor", "disregard", "forget", "overrid", "bypass", "supersed"],
        r"\b(?:ignor|disregard|forget|overrid|bypass|supersed)\w*\b.{0,20}\b(?:all|any|every|previous|prior|earlier|above|preceding|foregoing|your|these)\b.{0,30}\b(?:instructions?|prompts?|rules?|guidelines?|directions?|context|orders|everything|safety)\b",
    ),
    (
        &["from now on", "you are now"],
        r"\bfrom now on\b.{0,20}\byou (?:will|must|are|should|shall|answer|act)\b|\byou are now\b.{0,40}\b(?:\w*gpt|dan|agent|assistant|ai|bot|model|root|unrestricted|jailbroken|unfiltered)\b",
    ),
    (
        &["#", "**"],
        r"(?:^|\s)(?:#{1,6}\s+|\*\*)(?:suggested |recommended |required )?(?:resolution|remediation|fix|solution|instructions?|action required|root cause|next steps?|how to fix)\b",
    ),
    (
        &[
            "<|",
            "[inst",
            "[/inst",
            "<<sys",
            "<</sys",
            "<start_of",
            "<end_of",
            "<tool_",
            "</tool_",
            "untrusted",
        ],
        r"<\|[\w ]{2,30}\|>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_(?:turn|text)>|</?tool_?(?:call|use|result)s?\b[^>]{0,60}>|</?untrusted\w*\b[^>]{0,60}>",
    ),
    (
        &["evidence", "untrusted", "<<<"],
        r"\b(?:begin|end) of (?:the )?(?:evidence|untrusted|system prompt|prompt|user (?:data|input))\b|<<<\s*/?(?:end_|begin_)?(?:evidence|external|untrusted|instructions?|system|prompt)|\bevidence\b[^<>]{0,40}>>>",
    ),
    (
        &["assistant", "human"],
        r"(?:^|[\s.!?])(?:assistant|system)\s?:\s.{1,400}(?:^|[\s.!?])human\s?:\s|(?:^|[\s.!?])human\s?:\s.{1,400}(?:^|[\s.!?])assistant\s?:\s",
    ),
    (
        &["curl", "wget", "npx"],
        r"\b(?:curl|wget)\b.{1,200}\|\s*(?:sudo\s+)?(?:ba|z)?sh\b|\bnpx\s+(?:-y|--yes)\b",
    ),
    (
        &["respond", "reply", "answer", "output", "confidence"],
        r"\b(?:respond|reply|answer)\s+(?:only|exactly)\s+(?:with|as|the)\b|\b(?:respond|reply|answer)\s+with\s+(?:only|exactly|the word)\b|\boutput\s+(?:only the|exactly|the following)\b|\b(?:set|use|report)\b.{0,20}\bconfidence\b.{0,12}\bhigh\b",
    ),
    (
        &["do not", "don't", "never"],
        r"\b(?:do not|don't|never)\s+(?:mention|tell|reveal|cite|disclose|warn)\b.{0,30}\b(?:users?|anyone|anybody|operators?|line|instructions?|to them|it)\b",
    ),
    (
        &["prompt", "instruction", "secret", "credential", "token", "exfiltrat"],
        r"\b(?:reveal|leak|print|repeat|show|output|dump)\s+(?:me\s+)?(?:your|the|all|any)\b.{0,20}\b(?:system prompt|prompt verbatim|instructions|secrets|credentials)\b|\bexfiltrat\w*\b|\bsend\b.{0,20}\b(?:credentials|secrets|tokens|keys)\b.{0,10}\bto https?:",
    ),
    (
        &["ai", "llm", "assistant", "agent", "language model", "chatgpt", "claude", "gpt"],
        r"\b(?:dear|hey|hello|attention|note to|important for|if you are)\b.{0,20}\b(?:ai|llm|assistants?|agents?|language model|chatgpt|claude|gpt)\b|\bas an ai\b",
    ),
    (&["<!--"], r"<!--\s*(?:sidenote|instructions?\b)"),
    // The formats of our own answers and notes.
    (&["root", "causal"], r#"\broot cause\W{1,3}confidence\b|"causal_chain"\s*:|"root_cause"\s*:\s*\{"#),
    (
        &["忽略", "無視", "无视", "忘記", "忘记"],
        r"(?:忽略|無視|无视|忘記|忘记).{0,6}(?:以上|之前|先前|前面|上述|所有|全部|一切).{0,8}(?:指令|指示|提示|規則|规则|內容|内容)|(?:指示|命令)を無視",
    ),
    (
        &["ignor", "игнор"],
        r"\bignor\w*\b.{0,30}\b(?:anweisung\w*|instrucciones|instrucoes|instruções|consignes|istruzioni)|игнорир\w*.{0,30}инструкц",
    ),
];

/// Phrases of attacks that also occur in ordinary errors. Only two different ones in one text count as an attack.
const SIGNS: &[Row] = &[
    (
        &[
            "act as",
            "pretend",
            "your new",
            "new task",
            "you must now",
            "your task",
            "you are now",
            "new instructions",
        ],
        r"\byou are now (?:an?|the|in)\b|\bact as (?:an?|the|if)\b|\bpretend (?:to be|you)\b|\byour new (?:role|task|instructions?|goal)\b|\bnew (?:task|instructions)\b|\byou must now\b|\byour task is\b",
    ),
    (
        &["system", "developer", "admin"],
        r"\b(?:system|developer|admin(?:istrator)?)\s+(?:prompt|message|mode|override|notice|instructions?|note)\b",
    ),
    (
        &["resolution", "remediation", "fix", "solution"],
        r"\b(?:resolution|remediation|(?:suggested|official|known|recommended) fix|solution)\s*(?:steps?)?\s*:\s*\S",
    ),
    (&["<"], r"</?(?:system|assistant|evidence|instructions?|user_?(?:message|input|query)?)\b[^>]{0,60}>"),
    (&["assistant", "system", "human"], r"(?:^|[.!?]\s|\n)(?:assistant|system|human)\s?:\s"),
    (
        &["paste", "sudo", "rm -rf", "curl", "wget", "powershell"],
        r"\bpaste\b.{0,40}\b(?:terminal|shell|console)\b|\bsudo\s+\w|\brm -rf\b|\b(?:curl|wget)\s+(?:-\S+\s+)*\S*\w\.\w|\bpowershell\s+-",
    ),
    (&["root", "confidence", "causal"], r"\broot[ _]cause\b|\bcausal_chain\b|confidence\W{1,6}high\b"),
    (
        &["disable", "turn off", "remove"],
        r"\b(?:disable|turn off|remove)\b.{0,20}\b(?:auth\w*|security|tls|ssl|firewall|verification|validation|alerts?)\b",
    ),
    (&["tool", "agent"], r"\b(?:call|use|invoke)\s+(?:the|your)\s+\S{0,30}\s?(?:tool|agent)\b"),
    (
        &["resolve", "assign", "archive", "approve", "close"],
        r"\b(?:resolve|archive|approve|close|assign)\s+(?:this|the)\s+(?:issue|alert|incident|action|request)\b",
    ),
    (
        &["mark", "false positive", "lower the priority", "archive the"],
        r"\bmark (?:it|this|the \w+|this \w+) as (?:resolved|ignored|closed)\b|\bfalse positive\b|\blower the priority\b|\barchive the\b",
    ),
    (
        &[" ai ", "llm", "language model", "chatgpt", "claude", "gpt"],
        r"\b(?:ai|llm|language model|chatgpt|claude|gpt)\b.{0,20}\b(?:must|should|please)\b",
    ),
    (&["<!--"], r"<!--\s*(?:system|ai|note)\b"),
    (&["系統", "系统"], r"(?:系統|系统)(?:提示|指令|訊息|消息)"),
    (&["你現在", "你现在"], r"你(?:現在|现在)是"),
    (&["請執行", "请执行", "請運行", "请运行"], r"(?:請|请)(?:執行|执行|運行|运行)"),
    (&["解決方", "解决方"], r"(?:解決|解决)(?:方法|方案)\s*[:：]"),
];

/// The compiled rows of [`ORDERS`] and of [`SIGNS`]. They are compiled on first use, which is after the answer to the
/// webhook.
static RULES: LazyLock<[Vec<Rule>; 2]> = LazyLock::new(|| {
    // A test below shows that every row compiles.
    [ORDERS, SIGNS].map(|rows| {
        rows.iter().filter_map(|(hints, pattern)| Some((*hints, Regex::new(pattern).ok()?))).collect()
    })
});

/// Whether a text gives instructions to a model or a reader. `text` must be scrubbed and shortened, as a note or a
/// prompt shows it.
pub(super) fn instructs(text: &str) -> bool {
    let text = folded(text);
    let matches =
        |(hints, rule): &&Rule| hints.iter().any(|hint| text.contains(hint)) && rule.is_match(&text);
    let [orders, signs] = &*RULES;
    orders.iter().any(|rule| matches(&rule)) || signs.iter().filter(matches).nth(1).is_some()
}

/// Whether a text hides another text in invisible characters (Unicode tags). A few of them are allowed, because the
/// emoji of a flag contains some.
pub(super) fn hides(text: &str) -> bool {
    let is_tag = |c: &char| ('\u{e0020}'..='\u{e007e}').contains(c);
    text.chars().take(LOOKED_AT).filter(is_tag).count() > 8
}

/// Returns the text in lower case. Unless most of its letters are Cyrillic, each Cyrillic or Greek letter that looks
/// like a Latin letter is replaced by the Latin one, and full-width characters and curly quotation marks are replaced
/// by those of ASCII.
fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        'а' => 'a',
        'е' | 'ё' => 'e',
        'і' | 'ı' => 'i',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' => 'y',
        'х' => 'x',
        '‘' | '’' => '\'',
        '＃' => '#',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    // Text in Cyrillic keeps its letters, because folding them would hide its words.
    let is_cyrillic = text.chars().filter(|c| ('\u{400}'..='\u{4ff}').contains(c)).count() * 2
        > text.chars().filter(|c| c.is_alphabetic()).count();
    let lower = text.chars().flat_map(char::to_lowercase);
    if is_cyrillic { lower.collect() } else { lower.map(fold).flat_map(char::to_lowercase).collect() }
}

#[cfg(test)]
mod tests;
