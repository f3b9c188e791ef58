//! The canaries: a unique value in every secret of a process. Tests search the output of the process for these values,
//! in any encoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of `SENTRY_AUTH_TOKEN`. No canary looks like a real secret, so that masking by form cannot hide a leak.
pub(crate) const AUTH_TOKEN: &str = "q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P";
/// The value of `SENTRY_CLIENT_SECRET`.
pub(crate) const CLIENT_SECRET: &str = "y5Gm1Jf8Qk3Tw7Zs2Nx6Bv9D";
/// The value of `TELEGRAM_BOT_TOKEN`.
pub(crate) const BOT_TOKEN: &str = "7001002003:u4Rp9Yc2Wd7Hk5Lz1Fq8Tn3";
/// The value of `SLACK_BOT_TOKEN`, which only tests with Slack set.
pub(crate) const SLACK_TOKEN: &str = "xoxb-w8Jn2Fs7Tc4Yd9Rm3Gb6";
/// The value of `SLACK_SIGNING_SECRET`, which only tests with Slack's buttons set.
pub(crate) const SLACK_SECRET: &str = "z3Qv7Mf1Rk9Bx5Ht2Wc8Gs6J";
/// Every secret variable except those of Slack, with its default value.
pub(crate) const CANARIES: [(&str, &str); 6] = [
    ("SENTRY_AUTH_TOKEN", AUTH_TOKEN),
    ("SENTRY_CLIENT_SECRET", CLIENT_SECRET),
    ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
    ("TELEGRAM_WEBHOOK_SECRET", "e8Xv3Sb6Mj1Cw9Gt4Ly7Pz2KhB5nRf0DqU7s"),
    ("LLM_API_KEY", "k2Dn7Hr4Vf9Qs1Wx6Tb3Jm8Y"),
    ("SOURCE_TOKEN", "h3Ks8Vd2Xp6Tc9Ym4Wr1Qz7N"),
];

/// The search looks for parts of a secret that have this many bytes. It finds the first eight bytes of a secret, and
/// any eleven bytes in a row.
const PART: usize = 8;
/// The distance between the beginnings of two parts, in bytes.
const STRIDE: usize = 4;
/// The length of the parts of a secret in base64 that are searched for, in characters.
const BASE64_PART: usize = 12;

/// Returns the forms in which `text` contains `secret`: `plain text`, `hex`, `base64`, `percent-encoded`, `list of
/// bytes`. The search ignores case.
pub(crate) fn leaks(secret: &str, text: &str) -> Vec<&'static str> {
    let text = text.to_ascii_lowercase();
    let mut found: Vec<&'static str> = forms(secret)
        .into_iter()
        .filter(|(_, part)| text.contains(&part.to_ascii_lowercase()))
        .map(|(form, _)| form)
        .collect();
    found.dedup();
    found
}

fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&[u8]> = secret.as_bytes().windows(PART).step_by(STRIDE).collect();
    let written = |form: &'static str, write: fn(&u8) -> String, between: &str| {
        let each = parts.iter().map(|part| part.iter().map(write).collect::<Vec<_>>().join(between));
        each.map(|text| (form, text)).collect::<Vec<_>>()
    };
    let mut forms = written("plain text", |byte| char::from(*byte).to_string(), "");
    forms.extend(written("hex", |byte| format!("{byte:02x}"), ""));
    forms.extend(written("percent-encoded", |byte| format!("%{byte:02x}"), ""));
    forms.extend(written("list of bytes", ToString::to_string, ", "));
    for text in (0..3).map(|before| base64_after(before, secret)) {
        for part in text.as_bytes().windows(BASE64_PART).step_by(STRIDE) {
            let part = String::from_utf8_lossy(part);
            forms.push(("base64", part.replace('+', "-").replace('/', "_")));
            forms.push(("base64", part.into_owned()));
        }
    }
    forms
}

/// Returns `secret` in base64, as it looks after `before` other bytes, without the characters that its neighbours
/// change.
fn base64_after(before: usize, secret: &str) -> String {
    let bytes = [&vec![0; before][..], secret.as_bytes()].concat();
    let encoded = STANDARD.encode(&bytes[..bytes.len() / 3 * 3]);
    encoded[if before == 0 { 0 } else { 4 }..].to_owned()
}

#[test]
fn a_canary_is_found_in_every_form_and_only_there() {
    let bytes = |write: fn(u8) -> String| AUTH_TOKEN.bytes().map(write).collect::<Vec<_>>().concat();
    let rows = [
        (format!("Bearer {AUTH_TOKEN}"), "plain text"),
        (AUTH_TOKEN.to_uppercase(), "plain text"),
        (format!("token {}…", &AUTH_TOKEN[..PART]), "plain text"),
        (format!("…{}", &AUTH_TOKEN[13..]), "plain text"),
        (bytes(|byte| format!("{byte:02X}")), "hex"),
        (bytes(|byte| format!("%{byte:02X}")), "percent-encoded"),
        (format!("{:?}", AUTH_TOKEN.as_bytes()), "list of bytes"),
        (STANDARD.encode(AUTH_TOKEN), "base64"),
        (STANDARD.encode(format!("u:{AUTH_TOKEN}@host")), "base64"),
        (STANDARD.encode(format!("user:{AUTH_TOKEN}")), "base64"),
        (STANDARD.encode(format!("{AUTH_TOKEN}:")), "base64"),
    ];
    for (text, form) in rows {
        assert_eq!(leaks(AUTH_TOKEN, &text), [form], "{text}");
    }
    for innocent in ["", "SENTRY_AUTH_TOKEN is not set", &AUTH_TOKEN[..PART - 1], CLIENT_SECRET, BOT_TOKEN] {
        assert!(leaks(AUTH_TOKEN, innocent).is_empty(), "{innocent}");
    }
}
