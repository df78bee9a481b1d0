//! `zip_size` and `peak_memory`: the size of the upload and of the process.

use std::{fs, io, time::Duration};

use harness::{Report, Result, Setup, events};
use serde_json::json;
use tokio::process::Command;

/// Requests before the memory is read.
const REQUESTS: u32 = 1_000;

/// Measures `zip_size` and `peak_memory`.
pub async fn measure(setup: &Setup, report: &mut Report) -> Result<()> {
    let mut largest = 0.0_f64;
    let mut sizes = serde_json::Map::new();
    for function in [
        "api",
        "start-workflow",
        "requeue-starts",
        "wake-runs",
        "dispatch-touchpoints",
    ] {
        let bootstrap = setup.bootstrap(function);
        if !bootstrap.is_file() {
            continue;
        }
        let zip = setup.folder.join(format!("{function}.zip"));
        // `sam deploy` uses this module too, with its default level.
        let packed = Command::new("python3")
            .args(["-m", "zipfile", "-c"])
            .args([&zip, &bootstrap])
            .status()
            .await?;
        if !packed.success() {
            return Err(format!("python3 cannot pack {}", bootstrap.display()).into());
        }
        let megabytes = |path| Ok::<_, io::Error>(fs::metadata(path)?.len() as f64 / 1e6);
        let (packed, unpacked) = (megabytes(&zip)?, megabytes(&bootstrap)?);
        fs::remove_file(&zip)?;
        largest = largest.max(packed);
        sizes.insert(
            function.to_owned(),
            json!({"zip_mb": packed, "bootstrap_mb": unpacked}),
        );
    }

    let endpoints = setup.tls(Duration::ZERO).await?;
    let mut api = setup.start_function("api", &endpoints).await?;
    for _ in 0..REQUESTS {
        api.invoke(events::LEAD).await?.accepted()?;
    }
    let peak = f64::from(api.peak_memory()?) / 1_024.0;
    api.stop().await?;
    report.detail("footprint", json!({"sizes": sizes, "peak_mib": peak}));
    report.value("zip_size", largest);
    report.value("peak_memory", peak);
    Ok(())
}
