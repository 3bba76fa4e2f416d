//! The house rules of DESIGN.md §1 and STYLE.md, held over the tree itself: who may depend on whom,
//! how long a file may be, how a module opens, which licences come in, that no dependency is idle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// Lines of one file: the aim is 400; this fails.
const MAX_LINES: usize = 800;
/// Bytes of one file in the tree that is not a model we trained.
const MAX_FILE_BYTES: u64 = 3_000_000;
/// Bytes of one file of a model we trained.
const MAX_MODEL_BYTES: u64 = 20_000_000;
/// Bytes of everything under `models/`.
const MAX_MODELS_BYTES: u64 = 60_000_000;

/// Licences that may come in with a dependency: permissive, or weak copyleft by file (MPL).
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// `who` must never come to depend on `whom`, directly or through others.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "shoki-core",
        &[
            "shoki-store",
            "shoki-decode",
            "shoki-engine",
            "shoki-ocr",
            "shoki-speech",
            "shoki-api",
            "shoki-app",
        ],
    ),
    ("shoki-engine", &["shoki-store", "shoki-api", "shoki-app"]),
    ("shoki-decode", &["shoki-store", "shoki-api", "shoki-app"]),
    ("shoki-ocr", &["shoki-store", "shoki-api", "shoki-app"]),
    (
        "shoki-speech",
        &[
            "shoki-store",
            "shoki-ocr",
            "shoki-search",
            "shoki-api",
            "shoki-app",
        ],
    ),
    (
        "shoki-api",
        &[
            "shoki-ocr",
            "shoki-speech",
            "shoki-engine",
            "shoki-decode",
            "shoki-app",
        ],
    ),
    (
        "shoki-store",
        &[
            "shoki-decode",
            "shoki-engine",
            "shoki-ocr",
            "shoki-speech",
            "shoki-api",
            "shoki-app",
        ],
    ),
];

/// A heavy dependency and the one crate that fences it off.
const FENCES: &[(&str, &str)] = &[
    ("sqlx", "shoki-store"),
    ("object_store", "shoki-store"),
    ("pdfium-render", "shoki-decode"),
    ("tiff", "shoki-decode"),
    ("symphonia", "shoki-decode"),
    ("symphonia-adapter-libopus", "shoki-decode"),
    ("rubato", "shoki-decode"),
    ("ort", "shoki-engine"),
    ("tokenizers", "shoki-engine"),
    ("tantivy", "shoki-search"),
    ("qdrant-client", "shoki-search"),
    ("askama", "shoki-api"),
    ("axum", "shoki-api"),
    ("utoipa", "shoki-api"),
    ("clap", "shoki-app"),
    ("tokio-rustls", "shoki-app"),
    ("figment", "shoki-app"),
];

/// What may lie at the top beside dotfiles.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "bench",
    "crates",
    "models",
    "pipelines",
    "rustfmt.toml",
    "tests",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies under the root")
        .to_owned()
}

/// What is built on this platform: crates for other systems are not fetched and need no check here.
fn metadata() -> Metadata {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(
            ["--offline", "--locked", "--filter-platform", &platform]
                .map(str::to_owned)
                .to_vec(),
        )
        .exec()
        .expect("cargo metadata")
}

/// The files git would commit, so that build outputs never count.
fn tracked_files() -> Vec<PathBuf> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .expect("git ls-files");
    let listed = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let files: Vec<_> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .collect();
    assert!(files.len() > 50, "git lists only {} files", files.len());
    files
        .into_iter()
        .filter(|file| root().join(file).is_file())
        .collect()
}

fn normal_dependencies(package: &Package) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == cargo_metadata::DependencyKind::Normal)
        .map(|dependency| dependency.name.clone())
        .collect()
}

#[test]
fn arrows_point_one_way() {
    let metadata = metadata();
    let direct: BTreeMap<String, BTreeSet<String>> = metadata
        .workspace_packages()
        .iter()
        .map(|package| (package.name.to_string(), normal_dependencies(package)))
        .collect();
    let mut wrong = Vec::new();
    for (who, whom) in FORBIDDEN {
        let mut reached = BTreeSet::new();
        let mut open = vec![(*who).to_owned()];
        while let Some(name) = open.pop() {
            for next in direct.get(&name).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        wrong.extend(
            whom.iter()
                .filter(|name| reached.contains(**name))
                .map(|name| format!("{who} -> {name}")),
        );
    }
    assert!(wrong.is_empty(), "arrows against DESIGN.md §1: {wrong:?}");
}

#[test]
fn heavy_dependencies_stay_behind_their_fence() {
    let mut wrong = Vec::new();
    for package in metadata().workspace_packages() {
        // The load generator is a program of its own, not a part of the house.
        if package.name.as_str() == "shoki-bench" {
            continue;
        }
        let used = normal_dependencies(package);
        for (dependency, owner) in FENCES {
            if used.contains(*dependency) && package.name.as_str() != *owner {
                wrong.push(format!(
                    "{} uses {dependency}, which only {owner} may",
                    package.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn xtask_builds_with_nothing() {
    let metadata = metadata();
    let xtask = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == "shoki-xtask");
    let dependencies = &xtask.expect("shoki-xtask is in the workspace").dependencies;
    assert!(dependencies.is_empty(), "{dependencies:?}");
}

#[test]
fn no_dependency_is_idle() {
    let mut idle = Vec::new();
    for package in metadata().workspace_packages() {
        let home = package
            .manifest_path
            .parent()
            .expect("a manifest lies in a directory")
            .as_std_path();
        let sources: String = tracked_files()
            .iter()
            .map(|file| root().join(file))
            .filter(|file| file.starts_with(home) && file.extension().is_some_and(|kind| kind == "rs"))
            .map(|file| std::fs::read_to_string(file).expect("source"))
            .collect();
        for dependency in &package.dependencies {
            // A crate is imported under the name of its library target, which for these differs.
            let name = match dependency.name.as_str() {
                "kamadak-exif" => "exif".to_owned(),
                "md-5" => "md5".to_owned(),
                other => other.replace('-', "_"),
            };
            if !sources.contains(&name) {
                idle.push(format!("{}: {}", package.name, dependency.name));
            }
        }
    }
    assert!(
        idle.is_empty(),
        "declared and never named in the sources: {idle:?}"
    );
}

#[test]
fn every_dependency_is_pinned_from_the_registry_under_a_known_licence() {
    let mut wrong = Vec::new();
    for package in &metadata().packages {
        match &package.source {
            Some(source) if !source.is_crates_io() => {
                wrong.push(format!("{}: source {source}", package.name))
            }
            _ => {}
        }
        let licence = package.license.as_deref().unwrap_or("none");
        if !is_permitted(licence) {
            wrong.push(format!("{} {}: licence {licence}", package.name, package.version));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether an SPDX expression can be met by [`LICENCES`]: one alternative of each `AND` term.
fn is_permitted(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], " ").replace('/', " OR ");
    expression.split(" AND ").all(|term| {
        term.split(" OR ")
            .any(|licence| LICENCES.contains(&licence.trim()))
    })
}

#[test]
fn licence_expressions_are_understood() {
    assert!(is_permitted("MIT OR GPL-3.0"));
    assert!(is_permitted("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(is_permitted("MIT/Apache-2.0"));
    assert!(!is_permitted("GPL-3.0"));
    assert!(!is_permitted("MIT AND GPL-3.0"));
    assert!(!is_permitted("none"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for file in tracked_files() {
        let path = root().join(&file);
        let limit = if is_bundled_model(&path) {
            MAX_MODEL_BYTES
        } else {
            MAX_FILE_BYTES
        };
        if std::fs::metadata(&path).expect("size").len() > limit {
            wrong.push(format!("{}: more than {limit} bytes", file.display()));
        }
        let is_code = file
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "py" || kind == "js");
        if !is_code {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("source");
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{}: {lines} lines", file.display()));
        }
        let is_module = file.extension().is_some_and(|kind| kind == "rs");
        if is_module && !text.lines().take(3).any(|line| line.starts_with("//!")) {
            wrong.push(format!("{}: does not open with //!", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a manifest beside the file lists it and says that the project trained it.
fn is_bundled_model(path: &Path) -> bool {
    let listed = |manifest: &str| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let has = |line: String| manifest.lines().any(|found| found.trim() == line);
        has("kind = \"bundled\"".to_owned()) && has(format!("name = \"{}\"", name.unwrap_or_default()))
    };
    path.parent().and_then(Path::parent) == Some(&root().join("models"))
        && std::fs::read_to_string(path.with_file_name("manifest.toml")).is_ok_and(|text| listed(&text))
}

#[test]
fn the_models_we_trained_are_small_and_the_only_weights() {
    let models: Vec<PathBuf> = tracked_files()
        .iter()
        .filter(|file| file.starts_with("models"))
        .map(|file| root().join(file))
        .collect();
    let total: u64 = models
        .iter()
        .map(|file| std::fs::metadata(file).expect("size").len())
        .sum();
    assert!(total <= MAX_MODELS_BYTES, "models/ holds {total} bytes");
    let foreign: Vec<_> = models
        .iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "onnx") && !is_bundled_model(file))
        .collect();
    assert!(
        foreign.is_empty(),
        "weights without a bundled manifest: {foreign:?}"
    );
}

#[test]
fn the_top_level_holds_nothing_else() {
    let strays: BTreeSet<String> = tracked_files()
        .iter()
        .filter_map(|file| file.iter().next())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str()))
        .collect();
    assert!(strays.is_empty(), "not named by DESIGN.md §1: {strays:?}");
}

#[test]
fn nothing_is_unfinished_or_skipped() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
        concat!("FIX", "ME"),
    ];
    let mut found = Vec::new();
    for file in tracked_files()
        .iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
    {
        let text = std::fs::read_to_string(root().join(file)).expect("source");
        found.extend(
            marks
                .iter()
                .filter(|mark| text.contains(**mark))
                .map(|mark| format!("{}: {mark}", file.display())),
        );
    }
    assert!(found.is_empty(), "{found:?}");
}
