//! Temporary.
use beleg_image::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let start = std::time::Instant::now();
    let layout = Layout::open(path.as_ref()).unwrap();
    let image = layout.image(&Selection::only()).unwrap();
    let contents = image.files(
        &|p| {
            (p.ends_with(".dist-info/METADATA")
                || p == "var/lib/dpkg/status"
                || p.ends_with("os-release"))
            .then_some(64 << 20)
        },
        &Watch::default(),
    );
    let took = start.elapsed();
    match contents {
        Ok(c) => eprintln!(
            "{:?}\nfiles {} unread {:?} odd {} entries {}",
            c.layers,
            c.files.len(),
            c.unread,
            c.oddities.len(),
            c.layers.iter().map(|l| l.entries).sum::<u64>()
        ),
        Err(e) => eprintln!("ERROR {e} {e:?}"),
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    eprintln!("{took:?} {}", status.lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
