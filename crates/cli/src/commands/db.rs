use crate::arguments::{Compare, Db as Command};
use crate::exit::{Exit, UsageError};
use beleg_ecosystem::{ECOSYSTEMS, Ecosystem, Registry};
use std::cmp::Ordering;
use std::io::{self, BufRead as _, BufWriter, Write as _};

/// The longest line that is read: an ecosystem and two versions, with room.
const MAX_LINE: usize = 8 << 10;

/// Looks into what is known about packages.
pub(crate) fn db(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Compare(Compare { ecosystem, left: Some(left), right: Some(right) }) => {
            one(&ecosystem, &left, &right)
        }
        Command::Compare(Compare { ecosystem, .. }) if ecosystem == "-" => lines(),
        Command::Compare(_) => Err(UsageError(
            "name an ecosystem and two versions, or `-` to read them from standard input".into(),
        )
        .into()),
    }
}

fn one(name: &str, left: &str, right: &str) -> anyhow::Result<Exit> {
    let ecosystem = Registry::built_in().find(name).ok_or_else(|| UsageError(unknown(name)))?;
    let order = ecosystem.order.compare(left, right);
    crate::output::result(format!("{}\n", sign(order)).as_bytes(), None)?;
    if order.is_some() {
        return Ok(Exit::Pass);
    }
    for version in [left, right].iter().filter(|it| !ecosystem.order.is_version(it)) {
        let specification = ecosystem.order.specification();
        tracing::warn!("`{version}` is not a version that {specification} can order");
    }
    Ok(Exit::Unknown)
}

/// Answers line by line, so that whole tables can be tried.
fn lines() -> anyhow::Result<Exit> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut unknown_lines = 0_u64;
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line.map_err(|error| UsageError(format!("standard input: {error}")))?;
        let place = number.saturating_add(1);
        let (ecosystem, left, right) = fields(&line)
            .ok_or_else(|| UsageError(format!("line {place} of standard input is not ECOSYSTEM, VERSION and VERSION with tabs between them")))?;
        let order = ecosystem
            .map_err(|text| UsageError(format!("line {place} of standard input: {text}")))?
            .order
            .compare(left, right);
        unknown_lines = unknown_lines.saturating_add(u64::from(order.is_none()));
        writeln!(output, "{}", sign(order))?;
    }
    output.flush()?;
    if unknown_lines == 0 {
        return Ok(Exit::Pass);
    }
    tracing::warn!("{unknown_lines} lines hold something that is no version of their ecosystem");
    Ok(Exit::Unknown)
}

type Fields<'a> = (Result<&'static Ecosystem, String>, &'a str, &'a str);

fn fields(line: &str) -> Option<Fields<'_>> {
    if line.len() > MAX_LINE {
        return None;
    }
    let mut fields = line.trim_end_matches('\r').split('\t');
    let name = fields.next()?;
    let (left, right) = (fields.next()?, fields.next()?);
    let ecosystem = Registry::built_in().find(name).ok_or_else(|| unknown(name));
    fields.next().is_none().then_some((ecosystem, left, right))
}

/// Names the ecosystem that was meant, or all there are.
fn unknown(name: &str) -> String {
    let bare = name.split(':').next().unwrap_or(name);
    let is_type = |it: &Ecosystem| it.purl.is_some_and(|it| it.kind.eq_ignore_ascii_case(bare));
    let meant = ECOSYSTEMS.iter().find(|it| it.name.eq_ignore_ascii_case(bare) || is_type(it));
    match meant {
        Some(meant) => format!("`{name}` is no ecosystem; did you mean `{}`?", meant.name),
        None => {
            let names: Vec<_> = ECOSYSTEMS.iter().map(|it| it.name).collect();
            format!("`{name}` is no ecosystem; there are {}", names.join(", "))
        }
    }
}

fn sign(order: Option<Ordering>) -> &'static str {
    match order {
        Some(Ordering::Less) => "<",
        Some(Ordering::Equal) => "=",
        Some(Ordering::Greater) => ">",
        None => "?",
    }
}
