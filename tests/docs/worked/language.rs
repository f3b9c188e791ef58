//! The worked example of a further language: German, with a few phrases.

use sidenote::domain::words::{Arg, Language, Sentence, Words};

/// The German phrases. A real language file contains every phrase; this short example takes the others from English.
fn german() -> Words {
    Words {
        heading: "KI-Fehleranalyse",
        next_steps: "Nächste Schritte",
        rule: "Alarmregel: {0}",
        // `{0}` and `{1}` may be in any order, but each must occur.
        history_regressions: "Seit {1} zum {0}. Mal zurückgekehrt.",
        ..*Language::English.words()
    }
}

#[test]
fn a_sentence_is_written_in_the_words_of_its_language() {
    let german = german();
    let sentence = Sentence::new(|w| w.history_regressions, [Arg::Number(3), Arg::Name("Mai".to_owned())]);
    assert_eq!(sentence.plain_text(&german), "Seit Mai zum 3. Mal zurückgekehrt.");
    assert_eq!(
        sentence.plain_text(Language::English.words()),
        "Regressions so far: 3. Earlier incidents began Mai."
    );
    assert_eq!((german.heading, german.frequency), ("KI-Fehleranalyse", "Frequency"));
}
