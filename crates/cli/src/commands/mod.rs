//! One file a command.

mod backup;
mod db;
mod demo;
mod explain;
mod ledger;
mod missed;
mod pack;
mod plan;
mod report;
mod run;
mod sbom;
mod scan;
mod schedule;
mod verify;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

/// Runs the command that the arguments name.
pub(crate) fn dispatch(arguments: Arguments) -> anyhow::Result<Exit> {
    let global = arguments.global;
    match arguments.command {
        Command::Run(arguments) if arguments.dry_run => plan::dry_run(&global, arguments.name),
        Command::Run(arguments) => run::run(&global, arguments),
        Command::Plan(arguments) => plan::plan(&global, arguments),
        Command::Schedule(command) => schedule::schedule(&global, &command),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Report(arguments) => report::report(&global, &arguments),
        Command::Ledger(command) => ledger::ledger(&global, command),
        Command::Pack(command) => pack::pack(&global, command),
        Command::Backup(command) => backup::backup(&global, command),
        Command::Sbom(command) => sbom::sbom(command),
        Command::Db(command) => db::db(command),
        Command::Scan(arguments) => scan::scan(&global, *arguments),
        Command::Verify(command) => verify::verify(&global, *command),
        Command::Demo(arguments) => demo::demo(&global, &arguments),
    }
}
