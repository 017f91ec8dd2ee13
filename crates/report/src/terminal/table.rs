//! Aligned columns whose cells wrap.

use super::paint::Paint;
use super::wrap::{columns, wrap};
use beleg_model::Verdict;

/// No column becomes narrower than this, unless its content is.
const NARROWEST: usize = 5;

/// The space between two columns.
const GAP: &str = "  ";

/// A row of a table. The verdict colours the first cell; a row without one is the head.
pub(crate) struct Row<const COLUMNS: usize> {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) cells: [String; COLUMNS],
}

/// Returns the lines of a table that is at most `width` columns wide.
pub(crate) fn table<const COLUMNS: usize>(
    rows: &[Row<COLUMNS>],
    width: usize,
    paint: Paint,
) -> Vec<String> {
    let widths = fit(rows, width);
    rows.iter().flat_map(|row| row_lines(row, widths, paint)).collect()
}

fn row_lines<const COLUMNS: usize>(
    row: &Row<COLUMNS>,
    widths: [usize; COLUMNS],
    paint: Paint,
) -> Vec<String> {
    let cells: Vec<Vec<String>> =
        row.cells.iter().zip(widths).map(|(cell, width)| wrap(cell, width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(1);
    let line = |number: usize| {
        let mut line = String::new();
        for (position, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let text = cell.get(number).map_or("", String::as_str);
            let padding = " ".repeat(width.saturating_sub(columns(text)));
            match (position, row.verdict) {
                (0, Some(verdict)) => line.push_str(&paint.verdict(verdict, text)),
                (0, None) => line.push_str(&paint.faint(text)),
                (_, None) => {
                    line.push_str(GAP);
                    line.push_str(&paint.faint(text));
                }
                (_, Some(_)) => {
                    line.push_str(GAP);
                    line.push_str(text);
                }
            }
            line.push_str(&padding);
        }
        line.truncate(line.trim_end().len());
        line
    };
    (0..height).map(line).collect()
}

/// Gives every column the width of its widest cell, then takes from the widest until all fit.
fn fit<const COLUMNS: usize>(rows: &[Row<COLUMNS>], width: usize) -> [usize; COLUMNS] {
    let mut widths = [0_usize; COLUMNS];
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(&row.cells) {
            *widest = columns(cell).min(width).max(*widest);
        }
    }
    let gaps = GAP.len().saturating_mul(COLUMNS.saturating_sub(1));
    let room = width.saturating_sub(gaps);
    while widths.iter().fold(0, |sum: usize, width| sum.saturating_add(*width)) > room {
        let widest = widths.iter_mut().skip(1).max().filter(|width| **width > NARROWEST);
        let Some(widest) = widest else { break };
        *widest = widest.saturating_sub(1);
    }
    widths
}
