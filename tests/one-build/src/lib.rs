//! Empty: the features that this package's Cargo.toml names are its purpose.
