//! Renders made-up runs in every format into a folder, to look at:
//! `cargo run -p beleg-report --example render -- FOLDER`.

#[path = "../src/sample.rs"]
mod sample;

use beleg_report::{FORMATS, Options};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a folder")?;
    for (name, run) in sample::all() {
        for format in FORMATS {
            let bytes = format.render(&run, &Options::default())?;
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(format.file_name()), bytes)?;
        }
    }
    Ok(())
}
