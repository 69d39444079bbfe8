//! Plans in files: `--plan FILE` writes one, `--apply FILE` reads it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use ordway_anrok::Plan;

/// The plan in a file.
pub fn read(path: &Path) -> anyhow::Result<Plan> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the plan {} cannot be read; make one with --plan", path.display()))?;
    Plan::from_json(&text).with_context(|| path.display().to_string())
}

/// Puts the plan into a file that only its owner may read: whole, or not at all.
pub fn write(path: &Path, plan: &Plan) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("--plan needs the name of a file")?;
    let beside = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = write_new(&beside, plan).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Nothing half-written stays behind; where even that fails, the message below names the folder.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| format!("the plan cannot be written to {}", path.display()))
}

fn write_new(path: &Path, plan: &Plan) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(plan.to_json().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
