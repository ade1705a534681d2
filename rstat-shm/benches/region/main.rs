//! What a sample costs on its way through the region, against what cannot be avoided
//! (a memcpy of the same bytes) and against other ways to hand a value across.
//!
//! Criterion and divan measure one thing after another. Here only ratios of the same
//! moments count, so contenders take turns in loops of our own (`rstat_testbed::bench`).

mod copy;
mod crowd;
mod others;
mod place;
mod race;

use rstat_testbed::bench::Table;

fn main() {
    let mut table = Table::new("region");
    copy::snapshot(&mut table);
    copy::publish(&mut table);
    race::snapshot_under_a_writer(&mut table);
    crowd::writer_with_readers(&mut table);
    table.finish();
}
