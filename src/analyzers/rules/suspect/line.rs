//! The action of a stack frame's source line: it raises an exception, passes a call on, or does other work.

/// The action of the source line at which a stack frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Line {
    /// The source line is not available.
    Unknown,
    /// The line raises an exception on purpose.
    Raises,
    /// The line reports an error to Sentry.
    Reports,
    /// The line calls a function that was passed in, with arguments that were passed in: `func(*args, **kwargs)`.
    Forwards,
    /// The line looks up a computed name: `getattr(target, prefix + name)`.
    LooksUp,
    /// The line does something else, so the failure happened in this line.
    Works,
}

/// Words at the beginning of a statement that raises an exception.
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
/// Texts at any position of a line that raises an exception.
const RAISES_ANYWHERE: &[&str] =
    &[" raise ", " throw ", "panic!(", "panic(", "Error(", "Exception(", "errors.New(", "Err("];
/// Calls of Sentry's SDKs that report an error.
const REPORTS: &[&str] = &["captureException(", "CaptureException(", "capture_exception(", "capture_error("];
const FORWARDS: &[&str] = &["(*args", "(**kwargs", "*args, **kwargs", "(*arguments"];
const LOOKS_UP: &[&str] = &["getattr(", ".public_send(", ".__send__(", ".send("];

impl Line {
    /// Returns the action of a source line, by the words in it.
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
