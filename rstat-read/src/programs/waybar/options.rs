//! The command line of `rstat-waybar`: the options of the module, and the program's own.

use rstat_options::{Opt, Program, Section};

use crate::module::options::{LOOK, ModuleOptions, RUNNING};

/// `rstat-waybar`.
pub static PROGRAM: Program<ModuleOptions> = Program {
    name: "rstat-waybar",
    about: "Prints a line of JSON for a Waybar module whenever rstatd has something new.",
    usage: &["[OPTION]..."],
    sections: &[
        Section { title: "What it shows", options: LOOK },
        Section { title: "How it runs", options: RUNNING },
        Section {
            title: "",
            options: &[Opt::flag(
                "once",
                "print one line and exit, for modules with an \"interval\"",
                |it| it.once = true,
            )],
        },
    ],
    notes: &["
In Waybar's configuration:

  \"custom/rstat\": { \"exec\": \"exec rstat-waybar\", \"return-type\": \"json\" }

Leave \"escape\" off: text and tooltip are Pango markup, and escaped already. Classes,
the first also as \"alt\": ok, warning, critical, stale (no new samples), offline (no
daemon); besides warning and critical there are their causes, such as cpu-warning.

Figures that have levels: cpu, memory (mem), swap, gpu and cpu-pressure (cpu-psi),
memory-pressure (psi), io-pressure (io-psi) in per cent; temperature (temp) and
gpu-temperature (gpu-temp) in °C, of the busiest and the hottest GPU where there are
several. A level is left a little below where it begins.

It stays when rstatd goes and shows the next one's samples; it ends when its output
is closed. Exit codes: 0 done, 1 the output failed, 2 the command line is wrong.
"],
};
