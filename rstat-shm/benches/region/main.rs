//! What a sample costs on its way through the region. The rivals are the least possible
//! work (a memcpy of the same bytes) and other ways to pass a value between threads.
//!
//! Criterion and divan measure one contender after another. Here only ratios from the same
//! moments count, so contenders take turns in the loops of `rstat_testbed::bench`.

mod copy;
mod crowd;
mod others;
mod race;
mod region;

use rstat_testbed::bench::Table;

fn main() {
    let mut table = Table::new("region");
    copy::snapshot(&mut table);
    copy::publish(&mut table);
    race::snapshot_under_a_writer(&mut table);
    crowd::writer_with_readers(&mut table);
    table.finish();
}
