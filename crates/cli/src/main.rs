//! The `beleg` command: arguments, environment, terminal, progress, exit code.
//!
//! This is the one place that asks the system for the time, for variables, for randomness and for
//! signals, and hands them on. It decides nothing about evidence.

mod arguments;
mod commands;
mod destination;
mod exit;
mod heads;
mod ledgers;
mod output;
mod private;
mod progress;
mod project;
mod refused;
mod rules;
mod system;

use arguments::Arguments;
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    arguments.global.advisories.take_if(|folder| folder.as_os_str().is_empty());
    output::start_logging(&arguments.global);
    if let Err(error) = system::begin_in(&mut arguments.global) {
        output::error(&error);
        return exit::Exit::of_error(&error).into();
    }
    match commands::dispatch(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::error(&error);
            exit::Exit::of_error(&error).into()
        }
    }
}
