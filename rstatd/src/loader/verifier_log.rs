//! The verifier's log: the few lines of it that a human needs.
//!
//! The log lists every instruction that the verifier walked, then the reason, then statistics.
//! Notes on precision may stand between them. The log is the kernel's text about a program's
//! own names, hence data: unprintable characters are replaced.

use std::borrow::Cow;

use super::relocate::POISON;

/// The number of lines to keep, and the characters of each.
const MAX_LINES: usize = 6;
const MAX_CHARACTERS: usize = 200;

/// The beginnings of statistics and of notes on precision.
const NOISE: [&str; 7] = [
    "processed ",
    "verification time ",
    "stack depth ",
    "last_idx ",
    "regs=",
    "parent ",
    "mark_precise: ",
];

/// The log itself. Some kernels take back their lines about a branch: then the end of a longer
/// text stands behind the final zero.
fn text(log: &[u8]) -> Cow<'_, str> {
    let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
    String::from_utf8_lossy(&log[..end])
}

/// The last lines without noise.
pub(super) fn last_lines(log: &[u8]) -> Vec<String> {
    let text = text(log);
    let is_useful =
        |line: &&str| !line.trim().is_empty() && !NOISE.iter().any(|start| line.starts_with(start));
    let mut lines: Vec<String> =
        text.lines().rev().filter(is_useful).take(MAX_LINES).map(printable).collect();
    lines.reverse();
    lines
}

/// The poisoned instruction that the verifier stopped at, if it was a poisoned one:
/// `12: (85) call unknown#195896080`.
pub(super) fn poisoned_instruction(log: &[u8]) -> Option<usize> {
    let text = text(log);
    let call = format!("#{POISON}");
    let mut calls = text.lines().rev().filter(|line| line.contains(&call));
    calls.find_map(|line| line.split_once(": (85)")?.0.trim().parse().ok())
}

fn printable(line: &str) -> String {
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    line.chars().take(MAX_CHARACTERS).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_stays_and_the_statistics_go() {
        let log = b"0: (79) r1 = *(u64 *)(r1 +0)\n\n1: (61) r0 = *(u32 *)(r1 +9)\n\
            last_idx 1 first_idx 0\nregs=4 stack=0 before 0: (b7) r2 = 0\n\
            access beyond struct\x07 task_struct at off 9 size 4\nverification time 12 usec\n\
            stack depth 0\nprocessed 2 insns (limit 1000000) max_states_per_insn 0\n\0of a longer log\n\0";
        assert_eq!(
            last_lines(log),
            [
                "0: (79) r1 = *(u64 *)(r1 +0)",
                "1: (61) r0 = *(u32 *)(r1 +9)",
                "access beyond struct  task_struct at off 9 size 4",
            ]
        );
        assert_eq!(last_lines(&b"line\n".repeat(100)).len(), MAX_LINES);
        assert!(last_lines(b"").is_empty());
    }

    #[test]
    fn a_poisoned_instruction_is_recognised() {
        let log =
            b"11: (b7) r1 = 0\n12: (85) call unknown#195896080\ninvalid func unknown#195896080\n";
        assert_eq!(poisoned_instruction(log), Some(12));
        assert_eq!(poisoned_instruction(b"12: (85) call pc+3\n"), None);
    }
}
