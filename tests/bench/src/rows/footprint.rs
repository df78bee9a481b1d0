//! `zip_size` and `peak_memory`: what is uploaded, and how much memory the process takes.

use std::{fs, time::Duration};

use serde_json::json;
use tokio::process::Command;

use crate::{
    Result, events,
    report::Report,
    world::{World, accepted},
};

const REQUESTS: u32 = 1_000;

pub(crate) async fn measure(world: &World, report: &mut Report) -> Result<()> {
    let mut largest = 0.0_f64;
    let mut sizes = serde_json::Map::new();
    for function in ["api", "start-workflow", "requeue-starts"] {
        let bootstrap = world.bootstrap(function);
        if !bootstrap.is_file() {
            continue;
        }
        let zip = world.folder.join(format!("{function}.zip"));
        // `sam deploy` packs with this module, at its own level.
        let packed = Command::new("python3")
            .args(["-m", "zipfile", "-c"])
            .args([&zip, &bootstrap])
            .status()
            .await?;
        if !packed.success() {
            return Err(format!("python3 cannot pack {}", bootstrap.display()).into());
        }
        let bytes = |path| Ok::<_, std::io::Error>(fs::metadata(path)?.len() as f64 / 1e6);
        let (packed, unpacked) = (bytes(&zip)?, bytes(&bootstrap)?);
        fs::remove_file(&zip)?;
        largest = largest.max(packed);
        sizes.insert(
            function.to_owned(),
            json!({"zip_mb": packed, "bootstrap_mb": unpacked}),
        );
    }

    let aws = world.tls(Duration::ZERO).await?;
    let mut api = world.start_function("api", &aws).await?;
    for _ in 0..REQUESTS {
        accepted(api.invoke(events::LEAD).await?)?;
    }
    let peak = f64::from(api.peak_memory()?) / 1_024.0;
    api.stop().await?;
    report.detail("footprint", json!({"sizes": sizes, "peak_mib": peak}));
    report.value("zip_size", largest);
    report.value("peak_memory", peak);
    Ok(())
}
