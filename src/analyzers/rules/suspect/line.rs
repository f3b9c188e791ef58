//! The role of a frame in the failure, from its source line.

/// The action of a source line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Line {
    /// The source is not available.
    Unknown,
    /// It raises on purpose.
    Raises,
    /// It hands an error to Sentry.
    Reports,
    /// It calls a function that it was given: `func(*args, **kwargs)`.
    Forwards,
    /// It looks up a computed name: `getattr(target, prefix + name)`.
    LooksUp,
    /// It does something else, so the failure happened in it.
    Works,
}

/// Words at the beginning of a statement that raises.
const RAISES: &[&str] = &[
    "raise",
    "throw",
    "panic",
    "abort",
    "die",
    "bail",
    "fail",
    "assert",
    "unreachable",
    "todo",
    "unimplemented",
    "fatalError",
    "preconditionFailure",
    "precondition",
    "trigger_error",
    "reject",
    "exit",
];
/// Parts of a line that raise, at any position.
const RAISES_ANYWHERE: &[&str] =
    &[" raise ", " throw ", "panic!(", "panic(", "Error(", "Exception(", "errors.New(", "Err("];
/// Calls of Sentry's SDKs that report an error.
const REPORTS: &[&str] = &["captureException(", "CaptureException(", "capture_exception(", "capture_error("];
const FORWARDS: &[&str] = &["(*args", "(**kwargs", "*args, **kwargs", "(*arguments"];
const LOOKS_UP: &[&str] = &["getattr(", ".public_send(", ".__send__(", ".send("];

impl Line {
    /// Classifies a source line.
    pub(in super::super) fn of(source: &str) -> Self {
        let source = source.trim_start();
        let word = source.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        if source.is_empty() {
            Self::Unknown
        } else if REPORTS.iter().any(|part| source.contains(part)) {
            Self::Reports
        } else if RAISES.contains(&word) || RAISES_ANYWHERE.iter().any(|part| source.contains(part)) {
            Self::Raises
        } else if FORWARDS.iter().any(|part| source.contains(part)) {
            Self::Forwards
        } else if LOOKS_UP.iter().any(|part| source.contains(part)) {
            Self::LooksUp
        } else {
            Self::Works
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_whether_it_raises() {
        let cases = [
            ("", Line::Unknown),
            ("    raise ValueError(", Line::Raises),
            ("if (!cart) throw new Error('no cart');", Line::Raises),
            ("panic(err)", Line::Raises),
            ("return nil, errors.New(\"no cart\")", Line::Raises),
            ("sentry.CaptureException(err)", Line::Reports),
            ("return func(*args, **kwargs)", Line::Forwards),
            ("visit = getattr(visitor, name)", Line::LooksUp),
            ("num[1] = long(num[1], 16)", Line::Works),
            ("throwaway = cart.total", Line::Works),
        ];
        for (source, line) in cases {
            assert_eq!(Line::of(source), line, "{source}");
        }
    }
}
