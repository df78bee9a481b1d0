//! The page docs/mutations.md: each mutant, and what catches it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::PathBuf,
    sync::LazyLock,
};

use super::{mutant::Mutant, write::Write};

/// Text above the table.
const HEAD: &str = include_str!("page_head.txt");
/// Begin of a cell that names a test of `tests/e2e`.
const TEST: &str = "e2e ";
/// Begin of a cell that names a race of the simulation.
const RACE: &str = "simulation ";
/// Begin of a cell with the reason why a mutant changes nothing.
const REDUNDANT: &str = "nothing: ";
/// Cell of a condition that is not there.
const NONE: &str = "none";

/// Catcher of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Catch {
    /// A race of the simulation, by its name.
    Race(String),
    /// A test of `tests/e2e`, by its name.
    Test(String),
    /// The mutant changes nothing, for this reason.
    Redundant(String),
    /// Nothing catches the mutant yet.
    Missing,
}

/// Content of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    rows: BTreeMap<Mutant, Catch>,
}

/// The committed page, as the tests began with it.
static COMMITTED: LazyLock<Page> = LazyLock::new(Page::read);
/// Writes of the committed page.
static WRITES: LazyLock<BTreeSet<Write>> = LazyLock::new(|| {
    let rows = Page::committed().rows.keys();
    rows.map(|mutant| mutant.write.clone()).collect()
});

impl Page {
    /// Returns the committed page.
    pub fn committed() -> &'static Self {
        &COMMITTED
    }

    /// Returns whether the committed page has a write.
    pub fn has(write: &Write) -> bool {
        WRITES.contains(write)
    }

    /// Returns the rows.
    pub fn rows(&self) -> impl Iterator<Item = (&Mutant, &Catch)> {
        self.rows.iter()
    }

    /// Adds the mutants of a write, without catchers. Mutants that are there stay.
    pub fn add(&mut self, write: &Write) {
        for mutant in Mutant::all(write) {
            self.rows.entry(mutant).or_insert(Catch::Missing);
        }
    }

    /// Sets the catcher of a mutant.
    pub fn set(&mut self, mutant: Mutant, catch: Catch) {
        self.rows.insert(mutant, catch);
    }

    /// Removes the rows for which `is_kept` returns false.
    pub fn retain(&mut self, is_kept: impl Fn(&Mutant, &Catch) -> bool) {
        self.rows.retain(|mutant, catch| is_kept(mutant, catch));
    }

    /// Reads the committed page.
    pub fn read() -> Self {
        let text = fs::read_to_string(path()).expect("docs/mutations.md");
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| ") && line.contains('`'));
        let rows = rows.filter_map(|line| {
            let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
            let mut next = || cells.next().map(|it| it.trim_matches('`').to_owned());
            let (name, condition, left) = (next()?, next()?, next()?);
            let left = if left == NONE { String::new() } else { left };
            let write = Write { name, condition };
            Some((Mutant { write, left }, Catch::read(cells.next()?)))
        });
        Self {
            rows: rows.collect(),
        }
    }

    /// Writes the page.
    pub fn write(&self) {
        fs::write(path(), self.to_string()).expect("docs/mutations.md");
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/mutations.md")
}

impl Catch {
    fn read(cell: &str) -> Self {
        let cell = cell.replace('`', "");
        let begins = |begin: &str| cell.strip_prefix(begin).map(str::to_owned);
        let race = begins(RACE).map(Self::Race);
        let test = || begins(TEST).map(Self::Test);
        let redundant = || begins(REDUNDANT).map(Self::Redundant);
        race.or_else(test)
            .or_else(redundant)
            .unwrap_or(Self::Missing)
    }
}

impl fmt::Display for Catch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Race(name) => write!(f, "{RACE}`{name}`"),
            Self::Test(name) => write!(f, "{TEST}`{name}`"),
            Self::Redundant(reason) => write!(f, "{REDUNDANT}{reason}"),
            Self::Missing => f.write_str("?"),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is_meant: fn(&Catch) -> bool| {
            self.rows.values().filter(|catch| is_meant(catch)).count()
        };
        let writes: BTreeSet<_> = self.rows.keys().map(|it| &it.write).collect();
        writeln!(f, "{HEAD}")?;
        writeln!(f, "| | number |\n| --- | --- |")?;
        for (what, number) in [
            ("conditional writes", writes.len()),
            ("mutants", self.rows.len()),
            (
                "caught by the simulation",
                count(|it| matches!(it, Catch::Race(_))),
            ),
            (
                "caught by a test of `tests/e2e`",
                count(|it| matches!(it, Catch::Test(_))),
            ),
            (
                "change nothing",
                count(|it| matches!(it, Catch::Redundant(_))),
            ),
            ("survive", count(|it| *it == Catch::Missing)),
        ] {
            writeln!(f, "| {what} | {number} |")?;
        }
        writeln!(
            f,
            "\n| write | condition | what is left of it | caught by |"
        )?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        for (Mutant { write, left }, catch) in &self.rows {
            let Write { name, condition } = write;
            let left = match left.as_str() {
                "" => NONE.to_owned(),
                left => format!("`{left}`"),
            };
            writeln!(f, "| {name} | `{condition}` | {left} | {catch} |")?;
        }
        Ok(())
    }
}
