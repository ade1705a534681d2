//! The values of fields in a sample, found by the table alone.

use crate::fields::field::Field;
use crate::fields::lists::{End, List};
use crate::fields::names::{PROCESS_FLAGS, name_of};
use crate::fields::unit::{Kind, Unit};
use crate::snapshot::{KernelThreads, SNAPSHOT_WORDS, Snapshot, WordText};

/// What a field of a sample says.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A number in the unit of the field.
    Number(i128),
    /// Data from outside, not to be trusted.
    Text(WordText<'a>),
}

impl Field {
    /// The number in the words of a sample, whether it is known or not. The record begins
    /// so many bytes behind the start of the words.
    pub fn number(&self, words: &[u64; SNAPSHOT_WORDS], start: usize) -> i128 {
        let at = start + self.offset;
        let word = words[at / 8];
        let half = (word >> (at % 8 * 8)) as u32;
        match self.kind {
            Kind::U32 => i128::from(half),
            Kind::I32 => i128::from(half.cast_signed()),
            Kind::U64 | Kind::Text(_) => i128::from(word),
        }
    }

    /// Puts a number where [`number`](Self::number) finds it.
    pub fn put(&self, words: &mut [u64; SNAPSHOT_WORDS], start: usize, number: i128) {
        let at = start + self.offset;
        let mask = if self.kind.bytes() == 4 { u64::from(u32::MAX) << (at % 8 * 8) } else { !0 };
        let word = &mut words[at / 8];
        *word = *word & !mask | (number as u64) << (at % 8 * 8) & mask;
    }

    /// The field's value in a sample, or nothing when it is not known there.
    pub fn value(&self, sample: &Snapshot) -> Option<i128> {
        sample.has(self.valid).then(|| self.number(sample.as_words(), 0))
    }

    /// What the value names in a sample, where it names something, is known there,
    /// and is of a version that this one knows.
    pub fn value_name(&self, sample: &Snapshot) -> Option<&'static str> {
        match self.unit {
            Unit::Name(names) => name_of(names, self.value(sample)?),
            _ => None,
        }
    }
}

/// A row that is in use.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    list: &'static List,
    sample: &'a Snapshot,
    offset: usize,
}

impl<'a> Row<'a> {
    /// The value of a member, or nothing when it is not known.
    pub fn value(&self, member: &Field) -> Option<Value<'a>> {
        let has_row = member.row_valid == 0 || {
            let valid = self.list.record.member("valid")?;
            self.number(valid) & i128::from(member.row_valid) == i128::from(member.row_valid)
        };
        if !has_row || !self.sample.has(member.valid) {
            return None;
        }
        if matches!(member.kind, Kind::Text(_)) {
            let first = (self.offset + member.offset) / 8;
            let text = WordText(&self.sample.as_words()[first..first + member.kind.bytes() / 8]);
            return (!member.is_zero_unknown || !text.is_empty()).then_some(Value::Text(text));
        }
        let number = self.number(member);
        (!member.is_zero_unknown || number != 0).then_some(Value::Number(number))
    }

    /// The value of a member by its name, or nothing when there is none or it is not known.
    pub fn named(&self, member: &str) -> Option<Value<'a>> {
        self.value(self.list.record.member(member)?)
    }

    fn number(&self, member: &Field) -> i128 {
        member.number(self.sample.as_words(), self.offset)
    }

    fn is(&self, flag: Option<&Field>) -> bool {
        flag.is_some_and(|flags| self.number(flags) & 1 != 0)
    }
}

impl List {
    /// A row that is in use, by its number among the wanted rows.
    pub fn row<'a>(
        &'static self,
        sample: &'a Snapshot,
        index: usize,
        kernel_threads: KernelThreads,
    ) -> Option<Row<'a>> {
        match self.end {
            End::Member(_) => self.rows(sample, kernel_threads).nth(index),
            _ => self.used(sample, index),
        }
    }

    /// All rows that are in use and wanted, up to the first that is not in use.
    pub fn rows<'a>(
        &'static self,
        sample: &'a Snapshot,
        kernel_threads: KernelThreads,
    ) -> impl Iterator<Item = Row<'a>> {
        let flags = self.record.member("flags").filter(|it| it.unit == Unit::Bits(PROCESS_FLAGS));
        let hidden = flags.filter(|_| kernel_threads == KernelThreads::Hidden);
        (0..self.rows)
            .map_while(move |index| self.used(sample, index))
            .filter(move |row| !row.is(hidden))
    }

    /// The row of an index, if it is in use.
    fn used<'a>(&'static self, sample: &'a Snapshot, index: usize) -> Option<Row<'a>> {
        let row = Row { list: self, sample, offset: self.offset + index * self.stride() };
        let number = |at: usize| (sample.as_words()[at / 8] >> (at % 8 * 8)) as u32;
        let is_used = match self.end {
            End::Member(_) => number(row.offset + self.end_offset) != 0,
            End::Count(_) => index < number(self.end_offset) as usize,
            End::Bitmap(_) => number(self.end_offset + index / 32 * 4) >> (index % 32) & 1 == 1,
            End::Full => true,
        };
        (is_used && sample.has(self.valid)).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use crate::fields::{self, find, find_list};
    use crate::snapshot::{
        Application, Gpu, KernelThreads, Process, ProcessState, Snapshot, valid,
    };

    use super::*;

    fn text(value: Option<Value>) -> String {
        match value {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => text.to_string(),
            None => "–".to_owned(),
        }
    }

    #[test]
    fn a_value_is_read_from_its_place_and_only_when_known() {
        let mut sample = Snapshot::EMPTY;
        sample.cpu_temperature_mc = -5_000;
        sample.cpu_busy_ppm = 42;
        assert_eq!(find("cpu_temperature_mc").unwrap().value(&sample), None);
        sample.valid = valid::CPU_TEMPERATURE | valid::CPU;
        assert_eq!(find("cpu_temperature_mc").unwrap().value(&sample), Some(-5_000));
        assert_eq!(find("cpu_busy_ppm").unwrap().value(&sample), Some(42));
        assert!(find("no_such_field").is_none());
    }

    #[test]
    fn a_number_that_names_something_has_its_name_when_both_are_known() {
        let profile = find("platform_profile").unwrap();
        let check = |valid, number, name| {
            let sample = Snapshot { valid, platform_profile: number, ..Snapshot::EMPTY };
            assert_eq!(profile.value_name(&sample), name, "{number}");
        };
        check(valid::PLATFORM_PROFILE, 1, Some("low-power"));
        check(valid::PLATFORM_PROFILE, 8, Some("custom"));
        check(valid::PLATFORM_PROFILE, 9, None);
        check(valid::PLATFORM_PROFILE, 0, None);
        check(0, 1, None);
        assert_eq!(find("cpu_count").unwrap().value_name(&Snapshot::EMPTY), None);
    }

    #[test]
    fn a_row_is_found_behind_those_that_are_hidden_and_only_while_the_list_is_known() {
        let mut sample = Snapshot { valid: valid::PROCESS_CPU, ..Snapshot::EMPTY };
        for (pid, row) in (1..).zip(&mut sample.top_cpu[..4]) {
            let flags = if pid % 2 == 0 { Process::KERNEL_THREAD } else { 0 };
            *row = Process { pid, count: 1, flags, cpu_ppm: 10 * pid, ..Process::default() };
        }
        let list = find_list("top_cpu").unwrap();
        let named = |sample: &Snapshot, index, which, member: &str| {
            text(list.row(sample, index, which).and_then(|row| row.named(member)))
        };
        assert_eq!(named(&sample, 1, KernelThreads::Shown, "pid"), "2");
        assert_eq!(named(&sample, 1, KernelThreads::Hidden, "pid"), "3");
        assert_eq!(named(&sample, 2, KernelThreads::Hidden, "pid"), "–");
        assert_eq!(named(&sample, 1, KernelThreads::Hidden, "cpu_ppm"), "30");
        assert_eq!(named(&sample, 1, KernelThreads::Hidden, "rss_bytes"), "–", "no such group");
        assert_eq!(named(&sample, 0, KernelThreads::Hidden, "comm"), "–", "an empty name is none");
        sample.top_cpu[0].comm.0[..4].copy_from_slice(b"bash");
        sample.top_cpu[0].pid = 0;
        assert_eq!(named(&sample, 0, KernelThreads::Hidden, "comm"), "bash");
        assert_eq!(named(&sample, 0, KernelThreads::Hidden, "pid"), "–", "no process exists");
        sample.valid = 0;
        assert_eq!(named(&sample, 0, KernelThreads::Hidden, "comm"), "–");
    }

    #[test]
    fn each_list_ends_in_its_own_way() {
        let mut sample = Snapshot { valid: u64::MAX, ..Snapshot::EMPTY };
        let count = |sample: &Snapshot, list| {
            find_list(list).unwrap().rows(sample, KernelThreads::Shown).count()
        };
        for list in fields::public_lists() {
            assert_eq!(count(&sample, list.name), 0, "{}", list.name);
        }
        sample.blocked[0] = ProcessState { pid: 7, ..ProcessState::default() };
        sample.top_io_applications[0] = Application { count: 3, ..Application::default() };
        sample.gpu_count = u32::MAX;
        sample.fan_count = 2;
        sample.cores_online[1] = 1 << 6;
        assert_eq!(count(&sample, "blocked"), 1);
        assert_eq!(count(&sample, "top_io_applications"), 1);
        assert_eq!(count(&sample, "gpus"), sample.gpus.len());
        assert_eq!(count(&sample, "fans_rpm"), 2);
        let core = |cpu| find_list("cores").unwrap().row(&sample, cpu, KernelThreads::Shown);
        assert!(core(70).is_some() && core(69).is_none());
    }

    #[test]
    fn a_member_is_known_by_its_row_s_own_bit() {
        let mut sample = Snapshot { valid: valid::GPU, gpu_count: 1, ..Snapshot::EMPTY };
        sample.gpus[0] = Gpu { valid: Gpu::POWER, power_uw: 5, busy_ppm: 6, ..Gpu::default() };
        let row = find_list("gpus").unwrap().row(&sample, 0, KernelThreads::Shown).unwrap();
        assert_eq!(text(row.named("power_uw")), "5");
        assert_eq!(text(row.named("busy_ppm")), "–");
        assert_eq!(text(row.named("driver")), "0");
        assert_eq!(text(row.named("no such member")), "–");
    }
}
