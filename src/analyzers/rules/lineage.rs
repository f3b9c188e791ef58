//! Which exception is the cause? A chain has one line; a group is a tree, and its first member leads.

use crate::domain::event::Event;

/// The exceptions of the main line by their places: the innermost cause first, the outermost last.
///
/// SDKs list a group's members backwards. Numbers can be missing, stand twice or go in circles; then the list's own
/// order counts, or what was found before the circle closed.
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

/// The member with the lowest number, or the cause.
fn first_child(event: &Event, of: usize) -> Option<usize> {
    let number = event.exceptions.get(of)?.number?;
    let children = event.exceptions.iter().enumerate().filter(|(_, child)| child.parent == Some(number));
    children.min_by_key(|(_, child)| child.number).map(|(at, _)| at)
}

/// All exceptions, those of the main line first.
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
    fn the_first_member_of_a_group_leads() {
        let group = event(&[(3, Some(1)), (2, Some(0)), (1, Some(0)), (0, None)]);
        assert_eq!(main_line(&group), [0, 2, 3]);
        assert_eq!(by_weight(&group), [0, 2, 3, 1]);
    }

    #[test]
    fn chains_and_what_is_unclear_keep_their_order() {
        assert_eq!(
            main_line(&Event { exceptions: vec![Exception::default(); 3], ..Event::default() }),
            [0, 1, 2]
        );
        assert_eq!(main_line(&event(&[(0, Some(1)), (1, Some(0))])), [0, 1]);
        assert_eq!(main_line(&event(&[(0, Some(0)), (0, None)])), [0, 1]);
    }
}
