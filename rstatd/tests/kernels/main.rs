//! The real probe against the types of real kernels, without running any kernel.
//!
//! The files in `btf/` are cut out of Debian's kernels; the README there says how. The
//! expected offsets were read off the whole kernels' types with bpftool, so the loader is
//! not compared with itself. `run` in this folder boots the kernels.

use rstatd::loader::Object;
use rstatd::loader::btf::{Btf, Kind, Type, TypeId};
use rstatd::loader::relocate::{self, Outcome, Query, Relocation};

const KERNELS: [(&str, &[u8]); 6] = [
    ("5.10 amd64", include_bytes!("btf/5.10-cloud-amd64.btf")),
    ("6.1 amd64", include_bytes!("btf/6.1-cloud-amd64.btf")),
    ("6.1-rt amd64", include_bytes!("btf/6.1-rt-amd64.btf")),
    ("6.12 amd64", include_bytes!("btf/6.12-cloud-amd64.btf")),
    ("7.3 amd64", include_bytes!("btf/7.3-cloud-amd64.btf")),
    ("7.3 arm64", include_bytes!("btf/7.3-cloud-arm64.btf")),
];

/// Stands for a field that a kernel does not have.
const NONE: u64 = u64::MAX;

/// Byte offsets in the order of [`KERNELS`].
const OFFSETS: [(&str, [u64; 6]); 33] = [
    ("bpf_iter__task.task", [8, 8, 8, 8, 8, 8]),
    // The struct of this name; the array of the same name is another field.
    ("mm_struct.rss_stat", [712, 728, 816, NONE, NONE, NONE]),
    ("mm_struct.rss_stat.count", [712, 728, 816, NONE, NONE, NONE]),
    ("mm_struct.rss_stat.count[0].counter", [712, 728, 816, NONE, NONE, NONE]),
    ("mm_struct.rss_stat.count[1].counter", [720, 736, 824, NONE, NONE, NONE]),
    ("mm_struct.rss_stat.count[3].counter", [736, 752, 840, NONE, NONE, NONE]),
    ("mm_struct.rss_stat[0].count", [NONE, NONE, NONE, 832, 1216, 1104]),
    ("mm_struct.rss_stat[1].count", [NONE, NONE, NONE, 872, 1256, 1144]),
    ("mm_struct.rss_stat[3].count", [NONE, NONE, NONE, 952, 1336, 1224]),
    ("cgroup.kn", [248, 248, 248, 256, 296, 296]),
    ("css_set.dfl_cgrp", [120, 128, 128, 128, 128, 128]),
    ("kernfs_node.id", [104, 104, 104, 96, 96, 96]),
    ("signal_struct.live.counter", [4, 4, 4, 4, 4, 4]),
    ("hrtimer.function", [40, 40, 40, 40, 72, 72]),
    ("tick_sched.sched_timer", [0, 0, 0, 24, 24, 24]),
    ("tick_sched.idle_entrytime", [120, 120, 120, 128, 136, 136]),
    ("tick_sched.idle_sleeptime", [144, 144, 144, 200, NONE, NONE]),
    ("tick_sched.iowait_sleeptime", [152, 152, 152, 208, NONE, NONE]),
    ("task_struct.__state", [NONE, 24, 32, 24, 24, 32]),
    ("task_struct.cgroups", [3328, 3600, 3712, 3584, 4072, 2928]),
    ("task_struct.flags", [36, 44, 52, 44, 44, 52]),
    ("task_struct.se.exec_start", [192, 192, 256, 216, 240, 240]),
    ("task_struct.se.sum_exec_runtime", [200, 200, 264, 224, 248, 248]),
    ("task_struct.mm", [2056, 2272, 2336, 2304, 2744, 1752]),
    ("task_struct.exit_state", [2132, 2308, 2372, 2328, 2768, 1776]),
    ("task_struct.pid", [2232, 2416, 2480, 2432, 2872, 1880]),
    ("task_struct.tgid", [2236, 2420, 2484, 2436, 2876, 1884]),
    ("task_struct.group_leader", [2296, 2480, 2544, 2496, 2936, 1944]),
    ("task_struct.start_time", [2536, 2776, 2840, 2776, 3216, 2224]),
    ("task_struct.comm", [2736, 2976, 3040, 2976, 3408, 2416]),
    ("task_struct.signal", [2832, 3072, 3136, 3072, 3520, 2528]),
    ("task_struct.ioac.read_bytes", [3128, 3400, 3504, 3392, 3880, 2856]),
    ("task_struct.ioac.write_bytes", [3136, 3408, 3512, 3400, 3888, 2864]),
];

/// The arguments that the probe's tracepoints pass, after the first one, which is the kernel's
/// own.
const ARGUMENTS: [(&str, &str); 7] = [
    ("btf_trace_sched_switch", "bool, task_struct *, task_struct *"),
    ("btf_trace_sched_process_fork", "task_struct *, task_struct *"),
    ("btf_trace_sched_process_free", "task_struct *"),
    ("btf_trace_task_rename", "task_struct *, char *"),
    ("btf_trace_cgroup_attach_task", "cgroup *, char *, task_struct *, bool"),
    ("btf_trace_cpu_idle", "unsigned int, unsigned int"),
    ("btf_trace_hrtimer_start", "hrtimer *, hrtimer_mode"),
];
/// The last arguments, which all kernels here but 5.10 pass: the task's previous state, and
/// whether the timer was armed.
const LATER: [(&str, &str); 2] =
    [("btf_trace_sched_switch", ", unsigned int"), ("btf_trace_hrtimer_start", ", bool")];

#[test]
fn every_relocation_of_the_probe_finds_its_field_in_every_kernel() {
    let object = Object::parse(rstat_probe::OBJECT).unwrap();
    let relocations = || object.programs().iter().flat_map(|program| &program.relocations);
    assert!(relocations().count() > 30);
    for (number, (kernel, bytes)) in KERNELS.iter().enumerate() {
        let types = Btf::parse(bytes).unwrap();
        for relocation in relocations() {
            let field = path(object.btf(), relocation);
            let row = OFFSETS.iter().find(|(name, _)| *name == field);
            let (_, offsets) = row.unwrap_or_else(|| {
                panic!("{field} is in no row: btf/README.md says where offsets come from")
            });
            let type_name = field.split('.').next().unwrap();
            let found = types.find(&[type_name]);
            let outcome = relocate::resolve(relocation, object.btf(), &types, &found).unwrap();
            let exists = offsets[number] != NONE;
            let expected = match relocation.query {
                Query::FieldExists => Some(u64::from(exists)),
                Query::FieldByteOffset => exists.then_some(offsets[number]),
                other => panic!("this test has no rule for {other:?} of {field}"),
            };
            assert!(is(&outcome, expected), "{kernel}: {field}: {outcome:?}, not {expected:?}");
        }
    }
}

#[test]
fn the_arguments_that_the_probe_takes_by_number_are_the_tasks() {
    for (kernel, bytes) in KERNELS {
        let types = Btf::parse(bytes).unwrap();
        for (tracepoint, arguments) in ARGUMENTS {
            let later = LATER.iter().filter(|(name, _)| *name == tracepoint);
            let later: String = later.map(|(_, more)| *more).collect();
            let later = if kernel.starts_with("5.10") { "" } else { &*later };
            let expected = format!("{arguments}{later}");
            assert_eq!(parameters(&types, tracepoint), expected, "{kernel}: {tracepoint}");
        }
    }
    let taken = taken_by_number(include_str!("../../../probe/probe.bpf.c"));
    assert!(taken.len() > 5, "{taken:?}");
    for (tracepoint, number, type_name) in taken {
        let is_its =
            |(name, _): &&(&str, &str)| name.strip_prefix("btf_trace_") == Some(tracepoint);
        let (_, arguments) = ARGUMENTS.iter().find(is_its).expect(tracepoint);
        let expected = format!("{type_name} *");
        assert_eq!(arguments.split(", ").nth(number), Some(&*expected), "{tracepoint}: {number}");
    }
}

#[test]
fn the_state_of_a_task_was_renamed_in_5_14() {
    for (kernel, bytes) in KERNELS {
        let task = Btf::parse(bytes).unwrap().structure("task_struct").unwrap();
        let states = task.fields.iter().filter(|field| field.name.ends_with("state"));
        let states: Vec<_> = states.map(|field| (field.name.as_str(), field.size)).collect();
        let state = if kernel.starts_with("5.10") { ("state", 8) } else { ("__state", 4) };
        assert_eq!(states, [state, ("exit_state", 4)], "{kernel}");
    }
}

/// Whether an outcome is the expected value, or a poisoned instruction where none is expected.
fn is(outcome: &Outcome, expected: Option<u64>) -> bool {
    match (outcome, expected) {
        // The value is private to the loader; only the debug output shows it.
        (Outcome::Patch(patch), Some(value)) => {
            format!("{patch:?}").contains(&format!(" value: {value},"))
        }
        (Outcome::Poison(_), None) => true,
        _ => false,
    }
}

/// The field of a relocation as C would write it, without flavours.
fn path(local: &Btf<'_>, relocation: &Relocation) -> String {
    let name = local.name_of(relocation.type_id).unwrap();
    let mut parts = vec![name.split("___").next().unwrap().to_owned()];
    let mut at = relocation.type_id;
    // The first number is an index into the pointer itself.
    for number in relocation.access.split(':').skip(1) {
        let (_, found) = local.resolve(at).unwrap();
        let number: usize = number.parse().unwrap();
        at = if let Some((element, _)) = found.array() {
            parts.push(format!("[{number}]"));
            element
        } else {
            let member = found.members().nth(number).unwrap();
            parts.push(format!(".{}", local.string(member.name).unwrap()));
            member.type_id
        };
    }
    parts.concat()
}

/// The pointers that the probe takes from its arguments: tracepoint, number, type pointed to.
fn taken_by_number(source: &str) -> Vec<(&str, usize, &str)> {
    let mut taken = Vec::new();
    for section in source.split("SEC(\"tp_btf/").skip(1) {
        let (tracepoint, program) = section.split_once('"').unwrap();
        for line in program.lines() {
            let mut words = line.split_whitespace();
            let type_name = words.find(|word| !["const", "struct"].contains(word));
            for rest in line.split("*)ctx[").skip(1) {
                let number = rest.split(']').next().unwrap().parse().unwrap();
                taken.push((tracepoint, number, type_name.unwrap()));
            }
        }
    }
    taken
}

/// The parameters of a tracepoint's function, after the first one.
fn parameters(types: &Btf<'_>, tracepoint: &str) -> String {
    let found = types.find(&[tracepoint]);
    let typedef = types.find_exact(&found, tracepoint, Kind::Typedef).unwrap();
    let pointer = types.get(types.get(typedef).unwrap().target()).unwrap();
    let prototype = types.get(pointer.target()).unwrap();
    let parameters = prototype.parameters().skip(1).map(|id| type_name(types, id));
    parameters.collect::<Vec<_>>().join(", ")
}

fn type_name(types: &Btf<'_>, id: TypeId) -> String {
    let found: Type<'_> = types.get(id).unwrap();
    match found.kind {
        Kind::Pointer => type_name(types, found.target()) + " *",
        Kind::Const => type_name(types, found.target()),
        _ => types.string(found.name).unwrap().to_owned(),
    }
}
