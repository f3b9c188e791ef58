//! Finds the name that an error message contains, such as a missing key or the address of a service.

use serde::Deserialize;

use crate::domain::text::Untrusted;
use crate::domain::words::{MESSAGE, NAME};

/// The text before a name in a message, and the text after the name. They locate the name.
///
/// If the first text is empty, the name is the last word before the second text. If the second text is empty, the name
/// is the first word after the first text.
#[derive(Debug, Deserialize)]
pub(super) struct Naming(Box<str>, Box<str>);

impl Naming {
    fn find<'m>(&self, message: &'m str) -> Option<&'m str> {
        let Self(before, after) = self;
        let (_, rest) = message.split_once(&**before)?;
        let name = match (before.is_empty(), after.is_empty()) {
            (true, _) => rest.split_once(&**after)?.0.split_whitespace().next_back()?,
            (_, true) => rest.split_whitespace().next()?.trim_end_matches([',', '.', ';', ')']),
            _ => rest.split_once(&**after)?.0,
        };
        let name = name.trim_matches(['"', '`']);
        let is_name = !name.is_empty() && !name.contains('\n') && name.chars().count() <= NAME;
        is_name.then_some(name)
    }
}

/// Returns the name in a message. The name is searched in the scrubbed message, because the words before a name can
/// show that it is a secret.
pub(super) fn name(message: &str, namings: &[Naming]) -> Option<Untrusted> {
    let shown = Untrusted::new(message).line(MESSAGE);
    let name = namings.iter().find_map(|naming| naming.find(&shown))?;
    Some(Untrusted::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_extracted_between_its_prefix_and_suffix() {
        let found = |message: &str, before: &str, after: &str| {
            name(message, &[Naming(Box::from(before), Box::from(after))]).map(|name| name.raw().to_owned())
        };
        assert_eq!(found("'card'", "'", "'").as_deref(), Some("card"));
        assert_eq!(
            found("connect ECONNREFUSED 10.0.0.1:80, no", "ECONNREFUSED ", "").as_deref(),
            Some("10.0.0.1:80")
        );
        assert_eq!(
            found("Uncaught: cart.map is not a function", "", " is not a function").as_deref(),
            Some("cart.map")
        );
        assert_eq!(found("''", "'", "'"), None);
        assert_eq!(found("nothing here", "key '", "'"), None);
    }

    #[test]
    fn an_extracted_name_contains_no_secret() {
        let secret = ["sk_live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_");
        let found = name(&format!("'{secret}'"), &[Naming("'".into(), "'".into())]);
        assert!(found.is_none_or(|name| !name.raw().contains("4eC39")));
    }
}
