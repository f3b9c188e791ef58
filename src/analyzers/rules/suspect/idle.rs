//! Detects threads that wait for work. The stack of such a thread does not show the cause of a hang.

use super::facts::Facts;
use super::owner::Owner;
use super::place::bare_function;

/// Functions in which event loops wait for work.
const WAITS: &[&str] = &[
    "nativePollOnce",
    "mach_msg",
    "mach_msg_trap",
    "mach_msg2_trap",
    "mach_msg_overwrite",
    "__CFRunLoopServiceMachPort",
    "epoll_wait",
    "epoll_pwait",
    "__epoll_pwait",
    "kevent",
    "poll",
    "__poll",
    "ppoll",
    "GetMessageW",
    "NtUserGetMessage",
    "MsgWaitForMultipleObjectsEx",
    "NtUserMsgWaitForMultipleObjectsEx",
    "g_main_context_iterate",
];
/// Functions in which programs start.
const ENTRIES: &[&str] =
    &["main", "$main", "UIApplicationMain", "NSApplicationMain", "WinMain", "wWinMain", "_start", "start"];

/// Whether a thread waits for work: its newest frame is a function of [`WAITS`], and the program's own functions in the
/// stack are only those in which programs start.
pub(super) fn is_idle(frames: &[Facts<'_>]) -> bool {
    let is_own = |frame: &&Facts<'_>| frame.in_app && Owner::of(frame) == Owner::Program;
    // Own functions may be named `poll`, too. A wait of the system has no source file, or is not the program's own.
    let is_of_system = |frame: &&Facts<'_>| frame.filename.is_empty() || !is_own(frame);
    let waits = |frame: &Facts<'_>| WAITS.contains(&bare_function(frame.function));
    frames.first().filter(is_of_system).is_some_and(waits)
        && frames.iter().skip(1).filter(is_own).all(|frame| ENTRIES.contains(&bare_function(frame.function)))
}
