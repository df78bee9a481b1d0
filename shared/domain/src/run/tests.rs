mod changes;
mod fixtures;
