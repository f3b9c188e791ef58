//! The order of the exceptions of an event. In a chain each exception causes the next. An exception group is a tree
//! whose members, the siblings, did not cause each other.

use crate::domain::event::Event;
use crate::domain::order::sorted_by_key;

/// Returns the indexes of the exceptions of the main line, the innermost cause first and the outermost exception last.
/// In an exception group, the line goes through the first member.
///
/// Sentry's SDKs list a group's members in reverse order, so the ids of the exceptions decide. If ids are missing, the
/// order of the list is used. A cycle of ids ends the line.
pub(super) fn main_line(event: &Event) -> Vec<usize> {
    let chain = &event.exceptions;
    let in_order = || (0..chain.len()).collect();
    if !chain.iter().any(|exception| exception.is_group) {
        return in_order();
    }
    let root = chain.iter().rposition(|exception| exception.parent.is_none() && exception.number.is_some());
    let Some(root) = root else { return in_order() };
    let mut line = vec![root];
    while let Some(child) = line.last().and_then(|last| first_child(event, *last)) {
        if line.contains(&child) || line.len() > chain.len() {
            break;
        }
        line.push(child);
    }
    line.reverse();
    line
}

/// Returns the first member of the exception group `of`, or the cause of the exception `of`.
fn first_child(event: &Event, of: usize) -> Option<usize> {
    children(event, of).first().copied()
}

/// Returns the members of the exception group `of`, or the cause of the exception `of`, in the order of their ids.
fn children(event: &Event, of: usize) -> Vec<usize> {
    let Some(number) = event.exceptions.get(of).and_then(|exception| exception.number) else {
        return Vec::new();
    };
    let children = event.exceptions.iter().enumerate().filter(|(_, child)| child.parent == Some(number));
    sorted_by_key(children, |(_, child)| child.number).into_iter().map(|(at, _)| at).collect()
}

/// Returns the indexes of the exceptions in a group, in the order of the program. A nested group is replaced by its
/// members. Returns nothing if the event has no group.
pub(super) fn members(event: &Event) -> Vec<usize> {
    let root =
        event.exceptions.iter().rposition(|exception| exception.is_group && exception.number.is_some());
    let mut found = Vec::new();
    let mut open: Vec<usize> = root.into_iter().collect();
    // Ids can form a cycle, so each exception is visited once.
    let mut opened = vec![false; event.exceptions.len()];
    while let Some(at) = open.pop() {
        let Some((exception, opened)) = event.exceptions.get(at).zip(opened.get_mut(at)) else { continue };
        if std::mem::replace(opened, true) {
            continue;
        }
        if exception.is_group {
            let mut children = children(event, at);
            children.reverse();
            open.extend(children);
        } else {
            found.push(at);
        }
    }
    found
}

/// Returns the number of siblings of an exception group. Returns `None` if the event has no group with several members.
pub(super) fn group_size(event: &Event) -> Option<u64> {
    let siblings = members(event).len();
    (siblings > 1).then(|| u64::try_from(siblings).ok()).flatten()
}

/// Returns the index of the innermost cause of the exception at `at`, or `at` itself.
pub(super) fn innermost(event: &Event, at: usize) -> usize {
    let mut line = vec![at];
    while let Some(child) = line.last().and_then(|last| first_child(event, *last)) {
        if line.contains(&child) {
            break;
        }
        line.push(child);
    }
    line.last().copied().unwrap_or(at)
}

/// Returns the index of the exception for the headline. `suspect` is the exception of the frame that most likely
/// contains the bug. If that exception wraps one with a message and without a stack trace, the wrapped one is returned,
/// because it describes the failure.
pub(super) fn leading(event: &Event, suspect: Option<usize>) -> Option<usize> {
    let line = main_line(event);
    let Some(suspect) = suspect else { return line.first().copied() };
    let has_stack = |at: usize| event.frames.iter().any(|frame| frame.exception == Some(at));
    let speaks =
        |at: usize| event.exceptions.get(at).is_some_and(|x| x.kind.is_some() && x.message.is_some());
    let Some(end) = line.iter().position(|at| *at == suspect) else { return Some(suspect) };
    let inner = line.get(..end).unwrap_or_default();
    let without_stack = inner.iter().rev().take_while(|at| !has_stack(**at) && speaks(**at));
    without_stack.last().copied().or(Some(suspect))
}

/// Returns the indexes of all exceptions, those of [`main_line`] first.
pub(super) fn by_weight(event: &Event) -> Vec<usize> {
    let mut order = main_line(event);
    let others = (0..event.exceptions.len()).filter(|at| !order.contains(at)).collect::<Vec<usize>>();
    order.extend(others);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Exception;

    fn event(numbers: &[(u64, Option<u64>)]) -> Event {
        let exception = |&(number, parent): &(u64, Option<u64>)| Exception {
            number: Some(number),
            parent,
            is_group: parent.is_none(),
            ..Exception::default()
        };
        Event { exceptions: numbers.iter().map(exception).collect(), ..Event::default() }
    }

    #[test]
    fn the_main_line_follows_the_first_member_of_an_exception_group() {
        let group = event(&[(3, Some(1)), (2, Some(0)), (1, Some(0)), (0, None)]);
        assert_eq!(main_line(&group), [0, 2, 3]);
        assert_eq!(by_weight(&group), [0, 2, 3, 1]);
    }

    #[test]
    fn members_of_an_exception_group_have_separate_causes() {
        let mut group = event(&[(4, Some(2)), (3, Some(1)), (2, Some(0)), (1, Some(0)), (0, None)]);
        assert_eq!(members(&group), [3, 2]);
        assert_eq!([innermost(&group, 3), innermost(&group, 2)], [1, 0]);
        // A nested group.
        group.exceptions[2].is_group = true;
        assert_eq!(members(&group), [3, 0]);
        assert!(members(&Event { exceptions: vec![Exception::default(); 2], ..Event::default() }).is_empty());
    }

    #[test]
    fn a_cause_without_a_stack_is_shown_instead_of_its_wrapper() {
        use crate::domain::event::Frame;
        use crate::domain::text::Untrusted;
        let said = |message: Option<&str>| Exception {
            kind: Some(Untrusted::new("Error")),
            message: message.map(Untrusted::new),
            ..Exception::default()
        };
        let at = |exception| Frame { exception: Some(exception), ..Frame::default() };
        let chain = vec![said(Some("no digit")), said(Some("no price"))];
        let mut event = Event { exceptions: chain, frames: vec![at(1)], ..Event::default() };
        assert_eq!(leading(&event, Some(1)), Some(0));
        event.exceptions[0] = said(None);
        assert_eq!(leading(&event, Some(1)), Some(1), "it adds nothing");
        event.exceptions[0] = said(Some("no digit"));
        event.frames.push(at(0));
        assert_eq!(leading(&event, Some(1)), Some(1), "its own stack was looked at");
    }

    #[test]
    fn exception_chains_and_ambiguous_groups_keep_their_order() {
        assert_eq!(
            main_line(&Event { exceptions: vec![Exception::default(); 3], ..Event::default() }),
            [0, 1, 2]
        );
        assert_eq!(main_line(&event(&[(0, Some(1)), (1, Some(0))])), [0, 1]);
        assert_eq!(main_line(&event(&[(0, Some(0)), (0, None)])), [0, 1]);
    }
}
