//! Placeholders of phrases and advice, such as `{0}`.

/// Returns the text before the first placeholder `{N}`, the number N, and the text after the placeholder. `None` if
/// there is no placeholder.
pub(super) fn next_place(template: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place.parse().ok()?, after))
}
